import { type Branch, noteEvaluation, sleep, type Variables, type Visit, type Written, written } from './branch.ts';
import { choice } from './choice.ts';
import type { MachineProgram, Program, State, StateOf } from './definition.ts';
import { covers, StateError } from './errors.ts';
import { fail } from './fail.ts';
import type { Flow, Json } from './flow.ts';
import { dataOf, type Trail } from './history.ts';
import { map } from './map.ts';
import { parallel } from './parallel.ts';
import { pass } from './pass.ts';
import { delayOf, type Retriers } from './retry.ts';
import { succeed } from './succeed.ts';
import { task } from './task.ts';
import { wait } from './wait.ts';

/** How a state is left: where to, and what it writes on the way. */
export interface Exit {
  readonly next: string | undefined;
  readonly fields: Written;
  /** The output when no Output is written. */
  readonly unwritten: Json;
  /** What Assign and Output see besides the input: `result` or `errorOutput`. */
  readonly more?: Variables;
}

/** How each type of state does its work. */
const work: { readonly [Type in State['Type']]: (state: StateOf<Type>, visit: Visit) => Flow<Exit> } = {
  Task: task,
  Pass: pass,
  Choice: choice,
  Wait: wait,
  Parallel: parallel,
  Map: map,
  Succeed: succeed,
  Fail: fail,
};

/** States whose failure is an event of its own. */
const failing = new Set(['Map', 'Parallel']);

/** Runs the states of a scope from the first to the last, and answers the output of the last. */
export function* runProgram({ startAt, states }: Program, branch: Branch, input: Json): Flow<Json> {
  let name: string | undefined = startAt;
  let data = input;
  while (name !== undefined) {
    const state: State = states[name] as State;
    const left: { next: string | undefined; output: Json } = yield* runState(name, state, branch, data);
    name = left.next;
    data = left.output;
  }
  return data;
}

function* runState(
  name: string,
  state: State,
  branch: Branch,
  input: Json,
): Flow<{ next: string | undefined; output: Json }> {
  const visit = enter(name, state, branch, input);
  const counts: number[] = [];
  for (;;) {
    try {
      return yield* leave(
        state,
        visit,
        yield* (work[state.Type] as (state: State, visit: Visit) => Flow<Exit>)(state, visit),
      );
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const caught = yield* handle(state, visit, error, counts);
      if (caught !== undefined) return caught;
    }
  }
}

function enter(name: string, state: State, branch: Branch, input: Json): Visit {
  const { run, trail } = branch;
  const before = trail.last;
  const entered = run.history.add(trail, `${state.Type}StateEntered`, { ...dataOf('input', input), name });
  branch.open = state.Type;
  const enteredTime = new Date(run.now()).toISOString();
  return { branch, name, input, entered, before, enteredTime, retryCount: 0, task: undefined };
}

function* leave(state: State, visit: Visit, { next, fields, unwritten, more }: Exit) {
  const { branch, name } = visit;
  const { output, assigned } = yield* written(visit, fields, unwritten, more);
  if (assigned !== undefined) branch.assign(assigned);
  branch.run.history.add(branch.trail, `${state.Type}StateExited`, {
    ...(assigned && { assignedVariables: textsOf(assigned), assignedVariablesDetails: { truncated: false } }),
    name,
    ...dataOf('output', output),
  });
  branch.open = undefined;
  return { next, output };
}

/** Variables as events carry them: JSON text each, by name. */
function textsOf(variables: Variables): Readonly<Record<string, string>> {
  const names = Object.keys(variables).sort();
  return Object.fromEntries(names.map((name) => [name, JSON.stringify(variables[name])]));
}

/** After a failure: Retry first, then Catch; undefined means that the state tries again. Otherwise the error goes on. */
function* handle(state: State, visit: Visit, error: StateError, counts: number[]) {
  note(state, visit, error);
  const { Retry, Catch } = state as { Retry?: Retriers; Catch?: (Written & { ErrorEquals: string[]; Next: string })[] };
  const delay = delayOf(Retry ?? [], error, counts, () => visit.branch.run.random());
  if (delay !== undefined) return yield* retry(visit, delay);
  const catcher = Catch?.find(({ ErrorEquals }) => covers(ErrorEquals, error));
  if (catcher === undefined) throw error;
  const { output } = error;
  return yield* catching(state, visit, {
    next: catcher.Next,
    fields: catcher,
    unwritten: output,
    more: { errorOutput: output },
  });
}

/** What a catcher writes can fail too; nothing catches that. */
function* catching(state: State, visit: Visit, exit: Exit) {
  try {
    return yield* leave(state, visit, exit);
  } catch (error) {
    if (error instanceof StateError) note(state, visit, error);
    throw error;
  }
}

function* retry(visit: Visit, seconds: number): Flow<undefined> {
  const { run } = visit.branch;
  yield* sleep(visit.branch, run.now() + seconds * 1000);
  visit.retryCount += 1;
}

/** Writes the events of a failure: the evaluation that failed, and the state that holds others. */
function note(state: State, visit: Visit, error: StateError): void {
  noteEvaluation(visit, error);
  const { run, trail } = visit.branch;
  if (failing.has(state.Type)) run.history.add(trail, `${state.Type}StateFailed`);
}

/** How an execution ended. */
export type Conclusion =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | { readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'; readonly error?: string; readonly cause?: string };

/** Runs a whole machine, from ExecutionStarted to its end. */
export function* runMachine(program: MachineProgram, branch: Branch, input: Json, roleArn: string): Flow<Conclusion> {
  const { run, trail } = branch;
  run.history.addAside(trail, 'ExecutionStarted', { ...dataOf('input', input), roleArn });
  try {
    const output = yield* runProgram(program, branch, input);
    run.history.add(trail, 'ExecutionSucceeded', dataOf('output', output));
    return { status: 'SUCCEEDED', output };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return conclude(run, trail, 'FAILED', error);
  }
}

const endings = { FAILED: 'ExecutionFailed', TIMED_OUT: 'ExecutionTimedOut', ABORTED: 'ExecutionAborted' } as const;

/** Writes the last event of an execution that did not succeed. */
export function conclude(
  { history }: Branch['run'],
  trail: Trail,
  status: keyof typeof endings,
  { error, reason }: { readonly error?: string | undefined; readonly reason?: string | undefined },
): Conclusion {
  const details = { ...(reason !== undefined && { cause: reason }), ...(error !== undefined && { error }) };
  history.add(trail, endings[status], details);
  return { status, ...details };
}
