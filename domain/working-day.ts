import { addDays, isWeekend, yearOf } from './calendar.ts';
import type { HolidayCalendar } from './holidays.ts';

const isWorkingDay = (date: string, calendar: HolidayCalendar): boolean =>
  !isWeekend(date) && !calendar.isHoliday(date);

/** Where a date goes when the last day must be a working day (Reg. 1182/71 Art. 3(4)). */
export interface Roll {
  readonly due: string;
  /** The days that were passed over, in order. */
  readonly over: readonly string[];
  /** The year that the holiday list lacks: nothing is passed over then, the date is earlier and safe. */
  readonly unknownYear?: number;
}

/** The first working day on or after a date. */
export function roll(date: string, calendar: HolidayCalendar): Roll {
  const over: string[] = [];
  let due = date;
  while (calendar.knows(yearOf(due)) && !isWorkingDay(due, calendar)) {
    over.push(due);
    due = addDays(due, 1);
  }
  return calendar.knows(yearOf(due)) ? { due, over } : { due: date, over: [], unknownYear: yearOf(due) };
}

/** The nth working day before a date. */
export function workingDaysBefore(date: string, n: number, calendar: HolidayCalendar): string {
  let day = date;
  for (let left = n; left > 0; ) {
    day = addDays(day, -1);
    if (isWorkingDay(day, calendar)) left -= 1;
  }
  return day;
}
