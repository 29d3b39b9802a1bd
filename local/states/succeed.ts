import type { StateOf } from './definition.ts';
import type { Exit, Visit } from './visit.ts';

/** Ends its line of states. */
export function succeed({ Output }: StateOf<'Succeed'>, { input }: Visit): Exit {
  return { next: undefined, fields: { Output }, unwritten: input };
}
