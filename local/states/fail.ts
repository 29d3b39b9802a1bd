import { fillAs, type Visit } from './branch.ts';
import type { StateOf } from './definition.ts';
import { StateError } from './errors.ts';
import type { Flow } from './flow.ts';
import type { Exit } from './program.ts';

/** Fails its line of states with an error and a cause. */
export function* fail(state: StateOf<'Fail'>, visit: Visit): Flow<Exit> {
  const fixed = state.QueryLanguage === 'JSONPath';
  const error = fixed ? state.Error : yield* optionalText(visit, state.Error, 'Error');
  const cause = fixed ? state.Cause : yield* optionalText(visit, state.Cause, 'Cause');
  throw new StateError(error, cause);
}

function* optionalText(visit: Visit, template: string | undefined, location: string): Flow<string | undefined> {
  return template === undefined ? undefined : yield* fillAs<string>(visit, template, location, 'string');
}
