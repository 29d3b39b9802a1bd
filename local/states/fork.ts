import type { Branch } from './branch.ts';
import { StateError } from './errors.ts';
import { ask, type Flow, type Json, type StartThread } from './flow.ts';

/** States whose abort is an event of its own. */
const abortable = new Set(['Task', 'Wait', 'Parallel', 'Map']);

/** Runs lines of states side by side, at most `limit` at once, and answers their outputs in order. The first failure ends the others. */
export function* fork(branch: Branch, count: number, limit: number, start: StartThread): Flow<readonly Json[]> {
  branch.inner.clear();
  try {
    return yield* ask<readonly Json[]>({ kind: 'fork', count, limit, start });
  } catch (error) {
    if (error instanceof StateError) for (const inner of branch.inner) abort(inner);
    throw error;
  }
}

/** Notes which states a line was in when its execution went on without it. */
function abort(branch: Branch): void {
  for (const inner of branch.inner) abort(inner);
  if (branch.open !== undefined && abortable.has(branch.open))
    branch.run.history.add(branch.trail, `${branch.open}StateAborted`);
  branch.open = undefined;
  branch.whenAborted?.();
}
