import type { StateOf } from './definition.ts';
import { StateError } from './errors.ts';
import type { Visit } from './visit.ts';

/** Fails its line of states with an error and a cause. */
export async function fail({ Error: error, Cause: cause }: StateOf<'Fail'>, visit: Visit): Promise<never> {
  const name = error === undefined ? undefined : await visit.fillAs<string>(error, 'Error', 'string');
  throw new StateError(name, cause === undefined ? undefined : await visit.fillAs<string>(cause, 'Cause', 'string'));
}
