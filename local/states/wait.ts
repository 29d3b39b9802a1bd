import { evaluationFailed, fill, fillAs, sleep, type Visit } from './branch.ts';
import type { StateOf } from './definition.ts';
import type { Flow } from './flow.ts';
import type { Exit } from './program.ts';

/** RFC 3339 in full, with a T and an offset: what the specification asks of a Timestamp. */
const timestamp = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Waits for some seconds or until an instant; one that has passed is no wait. */
export function* wait(state: StateOf<'Wait'>, visit: Visit): Flow<Exit> {
  yield* sleep(visit.branch, yield* endOf(state, visit));
  return { next: state.Next, fields: state, unwritten: visit.input };
}

function* endOf({ Seconds, Timestamp }: StateOf<'Wait'>, visit: Visit): Flow<number> {
  if (Seconds !== undefined)
    return visit.branch.run.now() + (yield* fillAs<number>(visit, Seconds, 'Seconds', 'non-negative integer')) * 1000;
  const value = yield* fill(visit, Timestamp as string, 'Timestamp');
  const end = instantOf(value);
  if (end !== undefined) return end;
  const expected = 'The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string';
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  throw evaluationFailed(visit, `${expected}: ${shown}`, 'Timestamp', false);
}

/** Milliseconds, or undefined when the text is no instant that exists. */
function instantOf(value: unknown): number | undefined {
  const day = typeof value === 'string' ? timestamp.exec(value)?.[1] : undefined;
  // Date.parse rolls 31 February over to March.
  if (day === undefined || new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) !== day) return undefined;
  const end = Date.parse(value as string);
  return Number.isNaN(end) ? undefined : end;
}
