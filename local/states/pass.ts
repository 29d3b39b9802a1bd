import type { Visit } from './branch.ts';
import type { StateOf } from './definition.ts';
import type { Flow } from './flow.ts';
import type { Exit } from './program.ts';

/** Passes its input on, or the fixed Result of a JSONPath state. */
// biome-ignore lint/correctness/useYield: every type of state is a flow, also one that asks for nothing.
export function* pass(state: StateOf<'Pass'>, { input }: Visit): Flow<Exit> {
  const unwritten = 'Result' in state && state.Result !== undefined ? state.Result : input;
  return { next: state.Next, fields: state, unwritten };
}
