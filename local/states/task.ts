import { fill, fillAs, type Visit } from './branch.ts';
import type { StateOf } from './definition.ts';
import { StateError } from './errors.ts';
import { ask, type Flow, type Json, type Outcome, type TaskCall } from './flow.ts';
import type { Integration } from './integration.ts';
import { checkSize } from './limits.ts';
import type { Exit } from './program.ts';
import { type TaskEvents, taskEvents } from './task-events.ts';

interface Limits {
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly heartbeat: number | undefined;
}

/** Calls what its Resource names, and waits for the answer: of the call, or of whoever was given the token. */
export function* task(state: StateOf<'Task'>, visit: Visit): Flow<Exit> {
  const { run } = visit.branch;
  const integration = state.integration as Integration;
  const id = run.nextId();
  const token = integration.waitsForToken ? run.token(id) : undefined;
  visit.task = token === undefined ? undefined : { Token: token };
  const limits = yield* limitsOf(state, visit);
  const input = state.Arguments === undefined ? visit.input : yield* fill(visit, state.Arguments, 'Arguments');
  const call = callOf(id, integration, input, limits, run.now(), token);
  const events = taskEvents(visit.branch, integration);
  events.scheduled(input, limits);
  events.started();
  const result = yield* resultOf(call, events);
  visit.task = undefined;
  return { next: state.Next, fields: state, unwritten: result, more: { result } };
}

function* limitsOf({ TimeoutSeconds, HeartbeatSeconds }: StateOf<'Task'>, visit: Visit): Flow<Limits> {
  const timeout = yield* optional(visit, TimeoutSeconds, 'TimeoutSeconds');
  const heartbeat = yield* optional(visit, HeartbeatSeconds, 'HeartbeatSeconds');
  return { timeout, heartbeat };
}

function* optional(visit: Visit, template: Json | undefined, location: string): Flow<number | undefined> {
  return template === undefined ? undefined : yield* fillAs<number>(visit, template, location, 'positive integer');
}

function callOf(
  id: number,
  integration: Integration,
  input: Json,
  { timeout, heartbeat }: Limits,
  now: number,
  token: string | undefined,
): TaskCall {
  return {
    id,
    target: integration.target(input),
    ...(token !== undefined && { token }),
    ...(timeout !== undefined && { timeoutAt: now + timeout * 1000 }),
    ...(heartbeat !== undefined && { heartbeat: { from: now, every: heartbeat * 1000 } }),
  };
}

function* resultOf(call: TaskCall, events: TaskEvents): Flow<Json> {
  let outcome = yield* ask<Outcome>({ kind: 'call', call });
  if (outcome.type === 'submitted') {
    events.submitted(outcome.output);
    outcome = yield* ask<Outcome>({ kind: 'answer', id: call.id });
  }
  return settle(outcome, events);
}

function settle(outcome: Outcome, events: TaskEvents): Json {
  if (outcome.type === 'timedOut') {
    events.timedOut(outcome.error);
    throw new StateError(outcome.error);
  }
  const failure = outcome.type === 'succeeded' ? tooLarge(outcome.output, events) : (outcome as Failure);
  if (failure !== undefined) {
    events.failed(failure.error, failure.cause);
    throw new StateError(failure.error, failure.cause);
  }
  const { output } = outcome as { output: Json };
  events.succeeded(output);
  return output;
}

interface Failure {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

function tooLarge(output: Json, { resource }: TaskEvents): Failure | undefined {
  try {
    checkSize(`state/task '${resource}'`, output);
  } catch (error) {
    if (error instanceof StateError) return { error: error.error, cause: error.reason };
    throw error;
  }
}
