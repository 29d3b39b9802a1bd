import { fillAs, type Visit, within } from './branch.ts';
import type { StateOf } from './definition.ts';
import { StateError } from './errors.ts';
import type { Flow } from './flow.ts';
import type { Exit } from './program.ts';

/** Goes where the first condition that holds leads, or to the default. */
export function* choice(state: StateOf<'Choice'>, visit: Visit): Flow<Exit> {
  const { input } = visit;
  for (const [n, rule] of state.Choices.entries()) {
    const holds = yield* fillAs<boolean>(visit, rule.Condition, `Choices[${n}]/Condition`, 'boolean');
    if (holds) return { next: rule.Next, fields: rule, unwritten: input };
  }
  if (state.Default === undefined) throw noneMatched(visit);
  return { next: state.Default, fields: state, unwritten: input };
}

function noneMatched(visit: Visit): StateError {
  const problem = `Failed to transition out of the state. The state '${visit.name}' does not point to a next state.`;
  return new StateError('States.NoChoiceMatched', within(visit, problem));
}
