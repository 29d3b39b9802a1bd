import type { Program, StateOf } from './definition.ts';
import { checkSize } from './errors.ts';
import { runProgram } from './program.ts';
import type { Exit, Visit } from './visit.ts';

/** Runs its branches side by side; their outputs, in the order of the branches, are its result. */
export async function parallel({ Arguments, programs, ...state }: StateOf<'Parallel'>, visit: Visit): Promise<Exit> {
  const { line, name } = visit;
  const given = await visit.given(Arguments, 'Arguments');
  const started = visit.note('ParallelStateStarted');
  const { length } = programs;
  const result = await line.run.threads.fork(
    line,
    length,
    length,
    () => line.fork(started),
    (branch, index) => runProgram(programs[index] as Program, branch, given),
  );
  checkSize(`state/task '${name}'`, [result]);
  line.run.history.addAside(line.trail, 'ParallelStateSucceeded');
  return { next: state.Next, fields: state, unwritten: result, more: { result } };
}
