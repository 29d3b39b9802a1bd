import type { Language } from '../domain/config.ts';
import type { DeadlineStep } from '../domain/deadline-steps.ts';
import { localeOf, textsIn } from './text.ts';
import da from './texts/deadline.da.json' with { type: 'json' };
import en from './texts/deadline.en.json' with { type: 'json' };

const { t } = textsIn<DeadlineStep['rule']>({ da, en });

const partOf = (date: string, language: Language, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(localeOf(language), { ...options, timeZone: 'UTC' }).format(new Date(date));

const dateIn = (language: Language, date: string): string => partOf(date, language, { dateStyle: 'long' });

/** "Danmark"; a part of the United Kingdom by its code: "Storbritannien (SCT)". */
const countryIn = (language: Language, code: string): string => {
  const [country = '', part] = code.split('-');
  const name = new Intl.DisplayNames(localeOf(language), { type: 'region' }).of(country);
  return part ? `${name} (${part})` : `${name}`;
};

const daysIn = (language: Language, days: number): string =>
  new Intl.NumberFormat(localeOf(language), { style: 'unit', unit: 'day', unitDisplay: 'long' }).format(days);

/** A step of a time limit as a phrase, with the source of its rule: "30. april 2026 er en torsdag, en arbejdsdag: ...". */
export const deadlineWords = (step: DeadlineStep, language: Language): string => {
  const { rule, date = '', asked = '', answered = '', days = 0, day = 0, year = 0, country = '', timeZone = '' } = step;
  return t(language)(rule, {
    ...(date && {
      date: dateIn(language, date),
      weekday: partOf(date, language, { weekday: 'long' }),
      month: partOf(date, language, { month: 'long' }),
    }),
    ...(country && { country: countryIn(language, country), law: country.startsWith('GB') ? 'UK GDPR' : 'GDPR' }),
    ...(asked && { asked: dateIn(language, asked) }),
    ...(answered && { answered: dateIn(language, answered) }),
    days: daysIn(language, days),
    day,
    year,
    timeZone,
  });
};
