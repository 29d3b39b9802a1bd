import * as Instant from 'temporal-polyfill/fns/Instant';
import * as PlainDate from 'temporal-polyfill/fns/PlainDate';
import * as ZonedDateTime from 'temporal-polyfill/fns/ZonedDateTime';

// Dates here are local dates of the controller as `YYYY-MM-DD`: they sort as text and can be stored as they are.
// Every function throws RangeError for a date, an instant or a zone that does not exist.

function plainDate(date: string): PlainDate.Record {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (!parts) throw new RangeError(`not a date (YYYY-MM-DD): ${date}`);
  return PlainDate.create(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}

/** The date that a wall clock in the zone shows at an instant (ISO 8601 with Z or an offset). */
export const localDateAt = (instant: string, timeZone: string): string =>
  PlainDate.toString(ZonedDateTime.toPlainDate(Instant.toZonedDateTimeISO(Instant.fromString(instant), timeZone)));

/** The first instant of a date in a zone, UTC with Z; not always midnight: some zones change their clock there. */
export const startOfDay = (date: string, timeZone: string): string =>
  Instant.toString(ZonedDateTime.toInstant(PlainDate.toZonedDateTime(plainDate(date), timeZone)));

/** The same day n months later, or the last of that month where the day is missing. */
export const addMonths = (date: string, n: number): string =>
  PlainDate.toString(PlainDate.addMonths(plainDate(date), n));

export const addDays = (date: string, n: number): string => PlainDate.toString(PlainDate.addDays(plainDate(date), n));

/** Whole days from one date to another, negative when the second is earlier. */
export const daysBetween = (from: string, to: string): number => PlainDate.diffDays(plainDate(from), plainDate(to));

/** 1 is Monday, 7 is Sunday. */
export const dayOfWeek = (date: string): number => PlainDate.dayOfWeek(plainDate(date));

export const isWeekend = (date: string): boolean => dayOfWeek(date) >= 6;

export const yearOf = (date: string): number => Number(date.slice(0, 4));
