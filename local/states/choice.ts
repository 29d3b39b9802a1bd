import type { StateOf } from './definition.ts';
import { StateError } from './errors.ts';
import type { Exit, Visit } from './visit.ts';

/** Goes where the first condition that holds leads, or to the default. */
export async function choice(state: StateOf<'Choice'>, visit: Visit): Promise<Exit> {
  const { input } = visit;
  for (const [n, rule] of state.Choices.entries())
    if (await visit.fillAs<boolean>(rule.Condition, `Choices[${n}]/Condition`, 'boolean'))
      return { next: rule.Next, fields: rule, unwritten: input, place: `Choices[${n}]/` };
  if (state.Default !== undefined) return { next: state.Default, fields: state, unwritten: input };
  // The specification has States.NoChoiceMatched for it; AWS fails the execution, as was measured more than once.
  const problem = 'Failed to transition out of the state. The state does not point to a next state.';
  throw new StateError('States.Runtime', visit.within(problem));
}
