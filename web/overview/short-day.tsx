import type { Language } from '../../domain/config.ts';
import { localeOf } from '../text.ts';

/** "20. nov. 2026": for columns. `day`: YYYY-MM-DD. */
export const shortDay = (day: string, language: Language, withYear = true): string =>
  new Intl.DateTimeFormat(localeOf(language), {
    day: 'numeric',
    month: 'short',
    ...(withYear ? { year: 'numeric' } : {}),
    timeZone: 'UTC',
  }).format(new Date(day));

/** A day in a column, with its machine form. */
export const ShortDay = ({ day, language }: { day: string; language: Language }) => (
  <time class="nobreak" datetime={day}>
    {shortDay(day, language)}
  </time>
);
