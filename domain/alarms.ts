import { addDays, startOfDay } from './calendar.ts';

/** How close the last day is: days before it, the internal target, or that it has passed. */
export const thresholds = ['14', '7', 'target', '3', '1', 'due'] as const;
export type Threshold = (typeof thresholds)[number];

/** One moment to say that time runs out, an instant in UTC, and the last day it counts down to (YYYY-MM-DD). */
export interface Alarm {
  readonly threshold: Threshold;
  readonly at: string;
  readonly date: string;
}

/**
 * The alarms before a last day, in order: at the start of the local day 14, 7, 3 and 1 days before it and of the internal target, and at the
 * first instant after it. Throws RangeError for a date or zone that does not exist.
 */
export const alarmsOf = (date: string, target: string, timeZone: string): Alarm[] => {
  const start = (day: string): string => new Date(startOfDay(day, timeZone)).toISOString();
  const before = (days: number): string => start(addDays(date, -days));
  const at: Readonly<Record<Threshold, string>> = {
    '14': before(14),
    '7': before(7),
    target: start(target),
    '3': before(3),
    '1': before(1),
    due: before(-1),
  };
  return thresholds
    .map((threshold) => ({ threshold, at: at[threshold], date }))
    .sort((a, b) => a.at.localeCompare(b.at, 'en'));
};

/** An alarm's name among those raised: a new last day has alarms of its own. */
export const alarmKey = ({ threshold, date }: Alarm): string => `${threshold}@${date}`;
