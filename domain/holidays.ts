import { yearOf } from './calendar.ts';
import { holidayListVersion, holidayTable } from './holidays/table.ts';

/** The public holidays of one country, as far as a list is known. */
export interface HolidayCalendar {
  readonly version: string;
  /** False when the list has no such year: then nothing may be concluded from `isHoliday`. */
  readonly knows: (year: number) => boolean;
  readonly isHoliday: (date: string) => boolean;
}

/** The countries whose holidays are known: ISO 3166, the United Kingdom by jurisdiction (GB-EAW, GB-SCT, GB-NIR). */
export const countries: readonly string[] = Object.keys(holidayTable);

/** The public holidays of a country in `countries`; undefined for any other. */
export function holidayCalendar(country: string): HolidayCalendar | undefined {
  if (!countries.includes(country)) return undefined;
  const row = holidayTable[country];
  if (!row) return undefined;
  const every = row.every.split(' ');
  return {
    version: holidayListVersion,
    knows: (year) => row.years[year] !== undefined,
    isHoliday: (date) => {
      const moving = row.years[yearOf(date)];
      const day = date.slice(5, 7) + date.slice(8);
      return moving !== undefined && (every.includes(day) || moving.split(' ').includes(day));
    },
  };
}

/** The year that the list of public holidays should hold by a date and does not: this year's, and from November on the next one's (F36). */
export function holidaysMissing(country: string, today: string): number | undefined {
  const calendar = holidayCalendar(country);
  const years = today.slice(5) >= '11-01' ? [yearOf(today), yearOf(today) + 1] : [yearOf(today)];
  return years.find((year) => !calendar?.knows(year));
}
