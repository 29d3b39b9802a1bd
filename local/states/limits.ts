import { StateError } from './errors.ts';
import type { Json } from './flow.ts';

/** Step Functions' quota for the input or output of a state or task, in bytes of UTF-8. */
export const dataLimit = 262_144;
/** Step Functions' quota for the history of one execution, in events. */
export const eventLimit = 25_000;
/** Step Functions' quota for concurrent iterations of an inline Map. */
export const concurrencyLimit = 40;

/** Fails when data is larger than a state may pass on. `what` names where it comes from. */
export function checkSize(what: string, data: Json): void {
  if (Buffer.byteLength(JSON.stringify(data)) <= dataLimit) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `The ${what} returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}
