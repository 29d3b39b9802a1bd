import type { StateOf } from './definition.ts';
import type { Exit, Visit } from './visit.ts';

/** Passes its input on. */
export function pass(state: StateOf<'Pass'>, { input }: Visit): Exit {
  return { next: state.Next, fields: state, unwritten: input };
}
