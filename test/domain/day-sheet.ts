// A second computation of the time limit that shares nothing with domain/: a sheet of days in a row, holidays by rule.

/** One day of the sheet. */
interface Day {
  readonly date: string;
  readonly working: boolean;
}

/** Every day of some years in order, and where each stands. */
export interface DaySheet {
  readonly days: readonly Day[];
  readonly place: ReadonlyMap<string, number>;
}

const day = 86_400_000;
const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const weekday = (date: string): number => new Date(date).getUTCDay();
const shifted = (date: string, n: number): string => dateOf(Date.parse(date) + n * day);

/** Gauss's rule for Easter Sunday in the Gregorian calendar, good for 1900 to 2099. */
export function easter(year: number): string {
  const d = (19 * (year % 19) + 24) % 30;
  const e = (2 * (year % 4) + 4 * (year % 7) + 6 * d + 5) % 7;
  const offset = d + e === 35 || (d === 28 && e === 6 && year % 19 > 10) ? d + e - 7 : d + e;
  return shifted(`${year}-03-22`, offset);
}

const easterDays = (year: number, ...offsets: number[]): string[] => offsets.map((n) => shifted(easter(year), n));
const fixedDays = (year: number, ...days: string[]): string[] => days.map((monthDay) => `${year}-${monthDay}`);

const firstMonday = (year: number, month: string): string => {
  const first = `${year}-${month}-01`;
  return shifted(first, (8 - weekday(first)) % 7);
};

const lastMonday = (last: string): string => shifted(last, -((weekday(last) + 6) % 7));

// Substitutes for a bank holiday at a weekend: the next working day that is not one already.
function withSubstitutes(dates: readonly string[]): string[] {
  const taken = new Set(dates);
  for (const date of dates) {
    if (![0, 6].includes(weekday(date))) continue;
    let substitute = date;
    while ([0, 6].includes(weekday(substitute)) || taken.has(substitute)) substitute = shifted(substitute, 1);
    taken.add(substitute);
  }
  return [...taken];
}

const brigid = (year: number): string => (weekday(`${year}-02-01`) === 5 ? `${year}-02-01` : firstMonday(year, '02'));

const holidayRules: Record<string, (year: number) => string[]> = {
  DK: (year) => [...fixedDays(year, '01-01', '12-25', '12-26'), ...easterDays(year, -3, -2, 0, 1, 39, 49, 50)],
  DE: (year) => [...fixedDays(year, '01-01', '05-01', '10-03', '12-25', '12-26'), ...easterDays(year, -2, 1, 39, 50)],
  FR: (year) => [
    ...fixedDays(year, '01-01', '05-01', '05-08', '07-14', '08-15', '11-01', '11-11', '12-25'),
    ...easterDays(year, 1, 39, 50),
  ],
  IE: (year) => [
    ...fixedDays(year, '01-01', '03-17', '12-25', '12-26'),
    ...easterDays(year, 1),
    ...['05', '06', '08'].map((month) => firstMonday(year, month)),
    brigid(year),
    lastMonday(`${year}-10-31`),
  ],
  'GB-EAW': (year) => [
    ...withSubstitutes(fixedDays(year, '01-01', '12-25', '12-26')),
    ...easterDays(year, -2, 1),
    firstMonday(year, '05'),
    lastMonday(`${year}-05-31`),
    lastMonday(`${year}-08-31`),
  ],
};

/** The countries that the sheet knows. */
export const secondCountries: readonly string[] = Object.keys(holidayRules);

/** The public holidays of a year by rule, sorted. */
export const holidaysByRule = (country: string, year: number): string[] =>
  [...new Set(holidayRules[country]?.(year) ?? [])].sort();

/** The sheet of all days of the years given. */
export function daySheet(country: string, firstYear: number, lastYear: number): DaySheet {
  const days: Day[] = [];
  for (let year = firstYear; year <= lastYear; year += 1) {
    const holidays = holidaysByRule(country, year);
    for (let date = `${year}-01-01`; date <= `${year}-12-31`; date = shifted(date, 1)) {
      days.push({ date, working: ![0, 6].includes(weekday(date)) && !holidays.includes(date) });
    }
  }
  return { days, place: new Map(days.map(({ date }, i) => [date, i])) };
}

/** The due date by walking: forward to the month meant, to the day or the last before it, then on to a working day. */
export function dueByDaySheet({ days, place }: DaySheet, received: string, months: number): string | undefined {
  const wanted = Number(received.slice(8));
  let at = place.get(received) ?? Number.NaN;
  for (let crossed = 0; crossed < months; at += 1) {
    if (days[at + 1]?.date.endsWith('-01')) crossed += 1;
  }
  while (Number(days[at]?.date.slice(8)) < wanted && !days[at + 1]?.date.endsWith('-01')) at += 1;
  while (days[at] && !days[at]?.working) at += 1;
  return days[at]?.date;
}
