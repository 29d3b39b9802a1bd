import { Temporal } from 'temporal-polyfill';
import { AwsError } from '../service.ts';

/** Further than any legal time limit; a longer jump is a slip of the pen that would take minutes. */
const mostYears = 10;

type Read = (text: string, now: Temporal.ZonedDateTime) => { readonly epochMilliseconds: number };

/** The two ways to say when. */
const ways: Readonly<Record<string, { readonly wanted: string; readonly read: Read }>> = {
  advance: {
    wanted: 'an ISO 8601 duration such as P3DT1H',
    read: (text, now) => now.add(Temporal.Duration.from(text)),
  },
  now: { wanted: 'an ISO 8601 instant with Z or offset', read: (text) => Temporal.Instant.from(text) },
};

/**
 * The instant that `{"advance": "P3DT1H"}` or `{"now": "2027-01-31T12:00:00Z"}` asks for.
 * Months and years follow the calendar in UTC: P1M from 31 January is the last of February.
 * Throws AwsError, whose message begins with the name of the field.
 */
export function jumpTarget(input: object, from: Date): Date {
  const [[field, value] = ['advance', undefined], ...others] = Object.entries(input);
  const refused = (why: string) => new AwsError('ValidationException', `${field}: ${why}`);
  const way = Object.hasOwn(ways, field) ? ways[field] : undefined;
  if (way === undefined) throw refused('unknown field; send advance or now');
  if (others.length > 0) throw refused('send either advance or now');
  const now = Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO('UTC');
  const asked = typeof value === 'string' ? read(way.read, value, now) : undefined;
  if (asked === undefined) throw refused(`must be text, ${way.wanted}`);
  if (asked < from.getTime()) throw refused(`the clock does not go backwards; it is ${from.toISOString()}`);
  if (asked > now.add({ years: mostYears }).epochMilliseconds) throw refused(`at most ${mostYears} years at once`);
  return new Date(asked);
}

function read(way: Read, text: string, now: Temporal.ZonedDateTime): number | undefined {
  try {
    return way(text, now).epochMilliseconds;
  } catch {
    return undefined;
  }
}
