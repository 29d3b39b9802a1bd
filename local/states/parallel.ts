import { type Branch, fill, type Visit } from './branch.ts';
import type { Program, StateOf } from './definition.ts';
import type { Flow, Json } from './flow.ts';
import { fork } from './fork.ts';
import { checkSize } from './limits.ts';
import { type Exit, runProgram } from './program.ts';

/** Runs its branches side by side; their outputs, in the order of the branches, are its result. */
export function* parallel(state: StateOf<'Parallel'>, visit: Visit): Flow<Exit> {
  const { branch, name } = visit;
  const { run, trail } = branch;
  const input = state.Arguments === undefined ? visit.input : yield* fill(visit, state.Arguments, 'Arguments');
  const started = run.history.add(trail, 'ParallelStateStarted');
  const { programs } = state;
  const start = (index: number) => line(programs[index] as Program, branch, started, input);
  const result = yield* fork(branch, programs.length, programs.length, start);
  checkSize(`state/task '${name}'`, result);
  run.history.addAside(trail, 'ParallelStateSucceeded');
  return { next: state.Next, fields: state, unwritten: result, more: { result } };
}

function* line(program: Program, outer: Branch, started: number, input: Json): Flow<Json> {
  const inner = outer.fork(started);
  try {
    return yield* runProgram(program, inner, input);
  } finally {
    outer.join(inner);
  }
}
