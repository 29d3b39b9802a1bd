import { choice } from './choice.ts';
import type { MachineProgram, Program, State, StateOf } from './definition.ts';
import { covers, StateError } from './errors.ts';
import type { Json } from './expression.ts';
import { fail } from './fail.ts';
import { dataOf, type History, type Trail } from './history.ts';
import type { Line } from './line.ts';
import { map } from './map.ts';
import { parallel } from './parallel.ts';
import { pass } from './pass.ts';
import type { Handled } from './schema.ts';
import { succeed } from './succeed.ts';
import { task } from './task.ts';
import { type Exit, Visit } from './visit.ts';
import { wait } from './wait.ts';

/** How each type of state does its work. */
const work: { readonly [Type in State['Type']]: (state: StateOf<Type>, visit: Visit) => Promise<Exit> | Exit } = {
  Task: task,
  Pass: pass,
  Choice: choice,
  Wait: wait,
  Parallel: parallel,
  Map: map,
  Succeed: succeed,
  Fail: fail,
};

/** Runs the states of a scope from the first to the last, and answers the output of the last. */
export async function runProgram({ startAt, states }: Program, line: Line, input: Json): Promise<Json> {
  let at: { next: string | undefined; output: Json } = { next: startAt, output: input };
  while (at.next !== undefined) at = await runState(at.next, states[at.next] as State, line, at.output);
  return at.output;
}

/** Entry; the work of its type; exit. After a failure Retry, then Catch. */
async function runState(name: string, state: State, line: Line, input: Json) {
  const visit = new Visit(line, name, state.Type, input);
  const attempts: number[] = [];
  for (;;) {
    try {
      visit.begin(state.inputPath);
      const exit = await (work[state.Type] as (state: State, visit: Visit) => Promise<Exit> | Exit)(state, visit);
      return await visit.leave(exit);
    } catch (error) {
      noteEvaluation(visit, error);
      if (await retries(state, visit, error, attempts)) continue;
      noteEnd(visit, error);
      const exit = caught(state, error);
      // What a catcher writes can fail too; nothing catches that.
      return await visit.leave(exit).catch((second: unknown) => {
        noteEvaluation(visit, second);
        noteEnd(visit, second);
        throw second;
      });
    }
  }
}

/** Writes the evaluation that failed, if one did. What is no StateError goes on. */
function noteEvaluation(visit: Visit, error: unknown): asserts error is StateError {
  if (!(error instanceof StateError)) throw error;
  visit.noteEvaluation(error);
}

/** Writes that a state that holds others has failed for good. */
function noteEnd(visit: Visit, { isFinal }: StateError): void {
  if (!isFinal && (visit.type === 'Map' || visit.type === 'Parallel')) visit.note(`${visit.type}StateFailed`);
}

/** Waits for the next attempt; false when there is none. Each retrier keeps its own count in `attempts`. */
async function retries(state: State, visit: Visit, error: StateError, attempts: number[]): Promise<boolean> {
  const { Retry = [] } = state as Handled;
  const index = Retry.findIndex(({ ErrorEquals }) => covers(ErrorEquals, error));
  const retrier = Retry[index];
  const done = attempts[index] ?? 0;
  if (retrier === undefined || done >= (retrier.MaxAttempts ?? 3)) return false;
  attempts[index] = done + 1;
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY, JitterStrategy } = retrier;
  const delay = Math.min(IntervalSeconds * BackoffRate ** done, MaxDelaySeconds);
  const { run } = visit.line;
  await visit.line.sleep(run.now() + 1000 * (JitterStrategy === 'FULL' ? delay * run.random() : delay));
  visit.retryCount += 1;
  return true;
}

/** How the first catcher that covers an error leaves the state; without one the error goes on. */
function caught(state: State, error: StateError): Exit {
  const { Catch = [] } = state as Handled;
  const n = Catch.findIndex(({ ErrorEquals }) => covers(ErrorEquals, error));
  const catcher = Catch[n];
  if (catcher === undefined) throw error;
  const { output } = error;
  return {
    next: catcher.Next,
    fields: catcher,
    unwritten: output,
    more: { errorOutput: output },
    place: `Catch[${n}]/`,
  };
}

/** How an execution ended. */
export type Conclusion =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | { readonly status: keyof typeof endings; readonly error?: string; readonly cause?: string };

/** Runs a whole machine, from ExecutionStarted to its end. */
export async function runMachine(
  program: MachineProgram,
  line: Line,
  input: Json,
  roleArn: string,
): Promise<Conclusion> {
  const { history } = line.run;
  history.addAside(line.trail, 'ExecutionStarted', { ...dataOf('input', input), roleArn });
  try {
    const output = await runProgram(program, line, input);
    history.add(line.trail, 'ExecutionSucceeded', dataOf('output', output));
    return { status: 'SUCCEEDED', output };
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    return conclude(history, line.trail, 'FAILED', { error: error.error, cause: error.reason });
  }
}

const endings = { FAILED: 'ExecutionFailed', TIMED_OUT: 'ExecutionTimedOut', ABORTED: 'ExecutionAborted' } as const;

/** Writes the last event of an execution that did not succeed. */
export function conclude(
  history: History,
  trail: Trail,
  status: keyof typeof endings,
  { error, cause }: { readonly error?: string; readonly cause?: string },
): Conclusion {
  history.add(trail, endings[status], { cause, error });
  return { status, cause, error };
}
