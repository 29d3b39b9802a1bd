import { Temporal } from 'temporal-polyfill';

/** Further than any legal time limit; a longer jump is a slip of the pen that would take minutes. */
const mostYears = 10;

/** Why a clock input is refused: `message` begins with the name of the field. */
export class ClockInputError extends Error {
  override readonly name = 'ClockInputError';
}

/**
 * The instant that `{"advance": "P3DT1H"}` or `{"now": "2027-01-31T12:00:00Z"}` asks for.
 * Months and years follow the calendar in UTC: P1M from 31 January is the last of February.
 * Throws ClockInputError.
 */
export function jumpTarget(input: unknown, from: Date): Date {
  const now = Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO('UTC');
  const target = askedInstant(fieldsOf(input), now);
  const to = new Date(target.epochMilliseconds);
  if (to < from)
    throw new ClockInputError(`${fieldOf(input)}: the clock does not go backwards; it is ${from.toISOString()}`);
  if (target.epochMilliseconds <= now.add({ years: mostYears }).epochMilliseconds) return to;
  throw new ClockInputError(`${fieldOf(input)}: at most ${mostYears} years at once`);
}

type Fields = { readonly advance: string } | { readonly now: string };

function fieldsOf(input: unknown): Fields {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new ClockInputError('advance: send {"advance": "P3DT1H"} or {"now": "2027-01-31T12:00:00Z"}');
  }
  const other = Object.keys(input).find((name) => name !== 'advance' && name !== 'now');
  if (other !== undefined) throw new ClockInputError(`${other}: unknown field; send advance or now`);
  if ('advance' in input === 'now' in input) throw new ClockInputError('advance: send either advance or now');
  const [[name, value] = ['', undefined]] = Object.entries(input);
  if (typeof value !== 'string') throw new ClockInputError(`${name}: must be text`);
  return input as Fields;
}

const fieldOf = (input: unknown): string => Object.keys(input as object)[0] ?? '';

function askedInstant(fields: Fields, now: Temporal.ZonedDateTime): { readonly epochMilliseconds: number } {
  if ('now' in fields)
    return parsed(() => Temporal.Instant.from(fields.now), 'now', 'an ISO 8601 instant with Z or offset');
  return parsed(
    () => now.add(Temporal.Duration.from(fields.advance)),
    'advance',
    'an ISO 8601 duration such as P3DT1H',
  );
}

function parsed<T>(parse: () => T, field: string, wanted: string): T {
  try {
    return parse();
  } catch {
    throw new ClockInputError(`${field}: must be ${wanted}`);
  }
}
