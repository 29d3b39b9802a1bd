import type { Language } from '../domain/config.ts';
import { localeOf } from './text.ts';

const isDay = (when: string): boolean => /^\d{4}-\d\d-\d\d$/.test(when);

/** "onsdag den 23. december 2026". `when`: a day (YYYY-MM-DD) or an instant, which the zone places on a day. */
export const longDate = (when: string, language: Language, timeZone: string): string =>
  new Intl.DateTimeFormat(localeOf(language), {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: isDay(when) ? 'UTC' : timeZone,
  }).format(new Date(when));

/** The local day (YYYY-MM-DD) of an instant in a zone. */
export const dayIn = (timeZone: string, at: Date): string => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(at);

/** "23. december 2026 kl. 14.05". `instant`: ISO. */
export const dateAndTime = (instant: string, language: Language, timeZone: string): string =>
  new Intl.DateTimeFormat(localeOf(language), { dateStyle: 'long', timeStyle: 'short', timeZone }).format(
    new Date(instant),
  );

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** "1,2 MB": in steps of 1,000 as file managers show them. */
export const size = (bytes: number, language: Language): string => {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return new Intl.NumberFormat(localeOf(language), {
    style: 'unit',
    unit: units[step],
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: step < 2 ? 0 : 1,
  }).format(bytes / 1000 ** step);
};

/** "indsigt, sletning og indsigelse". */
export const list = (items: readonly string[], language: Language): string =>
  new Intl.ListFormat(localeOf(language)).format(items);

/** "1.234". */
export const number = (n: number, language: Language): string => new Intl.NumberFormat(localeOf(language)).format(n);

/** With a capital letter, as a line or a sentence begins. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
