import type { StateOf } from './definition.ts';
import type { Exit, Visit } from './visit.ts';

/** RFC 3339 in full, with a T and an offset: what the specification asks of a Timestamp. */
const timestamp = /^(\d{4}-\d{2}-\d{2})T(?!24)\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/** Waits for some seconds or until an instant; one that has passed is no wait. */
export async function wait(state: StateOf<'Wait'>, visit: Visit): Promise<Exit> {
  await visit.line.sleep(await endOf(state, visit));
  return { next: state.Next, fields: state, unwritten: visit.input };
}

async function endOf({ Seconds, Timestamp }: StateOf<'Wait'>, visit: Visit): Promise<number> {
  if (Seconds !== undefined)
    return visit.line.run.now() + 1000 * (await visit.fillAs<number>(Seconds, 'Seconds', 'non-negative integer'));
  const value = await visit.fill(Timestamp as string, 'Timestamp');
  const end = instantOf(value);
  if (end !== undefined) return end;
  const expected = 'The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string';
  throw visit.failed(`${expected}: ${typeof value === 'string' ? value : JSON.stringify(value)}`, 'Timestamp', false);
}

/** Milliseconds, or undefined when the text is no instant that exists. */
export function instantOf(value: unknown): number | undefined {
  const day = typeof value === 'string' ? timestamp.exec(value)?.[1] : undefined;
  // Date.parse rolls 31 February over to March.
  if (day === undefined || new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) !== day) return undefined;
  const end = Date.parse(value as string);
  return Number.isNaN(end) ? undefined : end;
}
