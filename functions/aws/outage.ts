import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import * as failures from '../../domain/errors.ts';
import { errorName } from '../lib/log.ts';

/** What the SDK itself would have tried again, and gave up after its own tries. */
const isOutage = (error: Error): boolean =>
  [isThrottlingError, isTransientError, isServerError].some((is) => is(error as Parameters<typeof is>[0]));

/** The name of a failed step as the state machine reads it: one for whatever AWS could not do now, by any service and in any words (F08). */
export const failureName = (error: unknown): string => {
  const name = errorName(error);
  if (Object.hasOwn(failures, name) || !(error instanceof Error)) return name;
  return isOutage(error) ? 'ServiceUnavailable' : name;
};
