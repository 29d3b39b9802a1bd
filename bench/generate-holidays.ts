// Writes domain/holidays/table.ts. Run `npx node bench/generate-holidays.ts` after an update of date-holidays or of the
// corrections below, then read the difference: every new or missing day moves somebody's legal time limit.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import Holidays, { type HolidaysTypes } from 'date-holidays';

const firstYear = 2018; // the GDPR applies from 25 May 2018
const lastYear = 2045;
const target = new URL('../domain/holidays/table.ts', import.meta.url);

// Names of the library's own data; the United Kingdom is three jurisdictions with holidays of their own.
const regions: Record<string, [country: string, state?: string]> = {
  ...Object.fromEntries(
    'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'
      .split(' ')
      .map((country) => [country, [country]]),
  ),
  'GB-EAW': ['GB', 'ENG'],
  'GB-SCT': ['GB', 'SCT'],
  'GB-NIR': ['GB', 'NIR'],
};

interface Correction {
  readonly country: string;
  readonly reason: string;
  /** The library's rules that are not public holidays for Regulation 1182/71. */
  readonly without?: readonly string[];
  readonly with?: readonly string[];
  readonly until?: number;
}

// A day is added only when a statute and the list under Regulation 1182/71 name it; a day that is doubtful goes: then the
// time limit ends earlier, never later.
const corrections: readonly Correction[] = [
  { country: 'BG', with: ['12-26'], reason: 'Labour Code Art. 154(1) names 24, 25 and 26 December' },
  { country: 'CY', without: ['orthodox -47'], with: ['orthodox -48'], reason: 'Green Monday is a Monday' },
  {
    country: 'FI',
    with: ['friday after 06-19', '12-24'],
    reason: 'Midsummer Eve and Christmas Eve, Act on statutory time limits (150/1930) s. 5',
  },
  { country: 'LI', without: ['easter 40', 'easter 61'], reason: 'bridge days of the administration, not holidays' },
  { country: 'RO', without: ['01-06', '01-07'], until: 2023, reason: 'holidays only since 2024 (Law 52/2023)' },
];

const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

const daysFrom = (date: string, days: number): string[] =>
  Array.from({ length: days }, (_, i) => isoDay(Date.parse(date) + i * 86_400_000));

const correctionsOf = (country: string, year: number): Correction[] =>
  corrections.filter((c) => c.country === country && year <= (c.until ?? lastYear));

function holidaysOf(country: string): Holidays {
  const region = regions[country];
  if (!region) throw new Error(`no region for ${country}`);
  return region[1] ? new Holidays(region[0], region[1]) : new Holidays(region[0]);
}

function addedBy(correction: Correction, year: number): HolidaysTypes.Holiday[] {
  const calendar = new Holidays();
  for (const rule of correction.with ?? []) calendar.setHoliday(rule, { name: { en: rule }, type: 'public' });
  return calendar.getHolidays(year);
}

function corrected(country: string, year: number): HolidaysTypes.Holiday[] {
  const listed = holidaysOf(country)
    .getHolidays(year)
    .filter(({ type }) => type === 'public');
  const applying = correctionsOf(country, year);
  const without = applying.flatMap((correction) => correction.without ?? []);
  const stale = without.filter((rule) => !listed.some((holiday) => holiday.rule === rule));
  if (stale.length > 0) throw new Error(`${country} ${year}: the library has no rule ${stale.join(', ')} to leave out`);
  const kept = listed.filter(({ rule }) => !without.includes(rule));
  return [...kept, ...applying.flatMap((correction) => addedBy(correction, year))];
}

// A holiday of less than half a day (Christmas Eve from 14:00) is none: the time limit may end on it.
const wholeDays = ({ start, end }: HolidaysTypes.Holiday): number =>
  Math.round((end.getTime() - start.getTime()) / 86_400_000);

function daysOf(country: string, year: number): string[] {
  const days = corrected(country, year).flatMap((holiday) => daysFrom(holiday.date.slice(0, 10), wholeDays(holiday)));
  const inYear = days.filter((day) => day.startsWith(`${year}-`)).map((day) => day.slice(5).replace('-', ''));
  return [...new Set(inYear)].sort();
}

const years = Array.from({ length: lastYear - firstYear + 1 }, (_, i) => firstYear + i);

const key = (country: string): string => (country.includes('-') ? `'${country}'` : country);

function rowOf(country: string): string {
  const perYear = years.map((year) => daysOf(country, year));
  const every = (perYear[0] ?? []).filter((day) => perYear.every((days) => days.includes(day)));
  const moving = perYear.map((days) => days.filter((day) => !every.includes(day)).join(' '));
  const lines = years.map((year, i) => `      ${year}: '${moving[i]}',`);
  return [`  ${key(country)}: {`, `    every: '${every.join(' ')}',`, '    years: {', ...lines, '    },', '  },'].join(
    '\n',
  );
}

const libraryVersion = (): string => {
  const path = new URL('../node_modules/date-holidays/package.json', import.meta.url);
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
};

const rows = Object.keys(regions).sort().map(rowOf).join('\n');
const version = `${libraryVersion()}-${createHash('sha256').update(rows).digest('hex').slice(0, 8)}`;

const header = `// Generated by bench/generate-holidays.ts: do not edit.
// Public holidays ${firstYear} to ${lastYear}, month and day, from date-holidays ${libraryVersion()} (type "public", whole days).
// date-holidays is (c) commenthol and contributors, code ISC, data CC BY 3.0 (https://creativecommons.org/licenses/by/3.0/),
// https://github.com/commenthol/date-holidays. The data was changed:
${corrections.map(({ country, reason }) => `// - ${country}: ${reason}`).join('\n')}
// Denmark equals its list under Art. 2(1) of Regulation 1182/71 (OJ C/2024/7517).`;

const text = `${header}

/** One country's days: \`every\` year, and what else a year has. */
export interface HolidayRow {
  readonly every: string;
  readonly years: Readonly<Record<number, string>>;
}

/** Names this table: the library's version and the first signs of the table's SHA-256. */
export const holidayListVersion = '${version}';

export const holidayTable: Readonly<Record<string, HolidayRow>> = {
${rows}
};
`;

if (process.argv.includes('--stdout')) process.stdout.write(text);
else writeFileSync(target, text);
