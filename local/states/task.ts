import type { StateOf } from './definition.ts';
import { checkSize, HeartbeatLost, StateError } from './errors.ts';
import type { Json } from './expression.ts';
import { dataOf } from './history.ts';
import type { Integration } from './integration.ts';
import type { Outcome } from './journal.ts';
import type { Exit, Visit } from './visit.ts';

/** Calls what its Resource names, and waits for the answer: of the call, or of whoever was given the token. */
export async function task(state: StateOf<'Task'>, visit: Visit): Promise<Exit> {
  const { run } = visit.line;
  const integration = state.integration as Integration;
  const id = run.nextId();
  const token = integration.waitsForToken ? run.token(id) : undefined;
  visit.task = token === undefined ? undefined : { Token: token };
  const timeout = await seconds(visit, state.TimeoutSeconds, 'TimeoutSeconds');
  const heartbeat = await seconds(visit, state.HeartbeatSeconds, 'HeartbeatSeconds');
  const input = await visit.given(state.Arguments, 'Arguments');
  const attempt = integration.attempt(input);
  const events = new TaskEvents(visit, integration);
  events.scheduled(input, timeout, heartbeat);
  const now = run.now();
  const timeoutAt = timeout && now + timeout * 1000;
  const silence = heartbeat === undefined ? undefined : { from: now, every: heartbeat * 1000 };
  const result = await answerTo(visit, events, { id, attempt, token, timeoutAt, heartbeat: silence });
  visit.task = undefined;
  return { next: state.Next, fields: state, unwritten: result, more: { result } };
}

async function seconds(visit: Visit, template: Json | undefined, location: string): Promise<number | undefined> {
  return template === undefined ? undefined : visit.fillAs<number>(template, location, 'positive integer');
}

type Request = Parameters<Visit['line']['run']['threads']['ask']>[1];

async function answerTo({ line }: Visit, events: TaskEvents, request: Request): Promise<Json> {
  const { threads } = line.run;
  let outcome = await threads.ask(line, request);
  if (outcome.type === 'submitted') {
    events.note('Submitted', dataOf('output', outcome.output));
    outcome = await threads.ask(line, request);
  }
  return settled(outcome, events);
}

/** The result of a task. Throws StateError, its event written, when it failed, took too long or gave too much. */
function settled(outcome: Outcome, events: TaskEvents): Json {
  try {
    if (outcome.type === 'failed') throw new StateError(outcome.error, outcome.cause);
    if (outcome.type === 'timedOut')
      throw outcome.error === 'States.Timeout' ? new StateError(outcome.error) : new HeartbeatLost();
    const { output } = outcome as { output: Json };
    checkSize(`state/task '${events.service}'`, [output]);
    events.note('Succeeded', dataOf('output', output));
    return output;
  } catch (error) {
    const { error: name, reason: cause } = error as StateError;
    events.note(outcome.type === 'timedOut' ? 'TimedOut' : 'Failed', { cause, error: name });
    throw error;
  }
}

/** The events of one attempt. A function's own ARN has those of Lambda; every other integration has those of tasks. */
class TaskEvents {
  /** What AWS calls it when its result is too large. */
  readonly service: string;
  private readonly resource: string;
  private readonly visit: Visit;
  private readonly bare: boolean;
  private readonly named: object;

  constructor(visit: Visit, { resource, resourceType }: Integration) {
    this.visit = visit;
    this.service = resourceType ?? resource;
    this.resource = resource;
    this.bare = resourceType === undefined;
    this.named = this.bare ? {} : { resource, resourceType };
  }

  note(event: string, details: object = {}): void {
    const all = { ...details, ...this.named };
    const prefix = this.bare ? 'LambdaFunction' : 'Task';
    this.visit.note(prefix + event, Object.keys(all).length === 0 ? undefined : all);
  }

  scheduled(input: Json, timeout: number | undefined, heartbeat: number | undefined): void {
    const { resource } = this;
    const call = { parameters: JSON.stringify(input), region: 'eu-west-1' };
    const limits = { timeoutInSeconds: timeout, heartbeatInSeconds: heartbeat };
    this.note('Scheduled', { ...(this.bare ? { ...dataOf('input', input), resource } : call), ...limits });
    this.note('Started');
  }
}
