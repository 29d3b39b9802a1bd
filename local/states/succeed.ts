import type { Visit } from './branch.ts';
import type { StateOf } from './definition.ts';
import type { Flow } from './flow.ts';
import type { Exit } from './program.ts';

/** Ends its line of states. */
// biome-ignore lint/correctness/useYield: every type of state is a flow, also one that asks for nothing.
export function* succeed(state: StateOf<'Succeed'>, { input }: Visit): Flow<Exit> {
  return { next: undefined, fields: 'Output' in state ? { Output: state.Output } : {}, unwritten: input };
}
