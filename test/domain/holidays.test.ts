import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { complaintBody } from '../../domain/complaint-bodies.ts';
import { countries, holidayCalendar } from '../../domain/holidays.ts';
import { easter, holidaysByRule, secondCountries } from './day-sheet.ts';

const members = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' ');

const calendarOf = (country: string) => {
  const calendar = holidayCalendar(country);
  if (!calendar) throw new Error(`no calendar of ${country}`);
  return calendar;
};

const years = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);

function listed(country: string, year: number): string[] {
  const calendar = calendarOf(country);
  const days = Array.from({ length: 366 }, (_, i) => new Date(Date.UTC(year, 0, 1 + i)).toISOString().slice(0, 10));
  return days.filter((date) => date.startsWith(`${year}-`) && calendar.isHoliday(date));
}

describe('the lists of public holidays', () => {
  test('are there for every state of the EEA and each jurisdiction of the United Kingdom, 2018 to 2045', () => {
    expect([...countries].sort()).toEqual([...members, 'GB-EAW', 'GB-NIR', 'GB-SCT'].sort());
    for (const country of countries) {
      for (const year of years(2018, 2045)) {
        expect(calendarOf(country).knows(year)).toBe(true);
        expect(listed(country, year).length, `${country} ${year}`).toBeGreaterThanOrEqual(8);
      }
      expect(calendarOf(country).knows(2017) || calendarOf(country).knows(2046)).toBe(false);
    }
  });

  test('every country keeps New Year, Christmas Day and some Easter Monday', () => {
    // Ireland and the rest keep the western one, four the Orthodox one; Malta, Portugal, Spain and Scotland keep none.
    const without = ['ES', 'MT', 'PT', 'GB-SCT', 'EE', 'BG', 'CY', 'GR', 'RO'];
    for (const country of countries) {
      const days = listed(country, 2026);
      expect(days).toContain('2026-01-01');
      expect(days).toContain('2026-12-25');
      expect(days.includes('2026-04-06'), country).toBe(!without.includes(country));
    }
  });

  test.each(secondCountries)('of %s equal the rules of its law, 2024 to 2045', (country) => {
    for (const year of years(2024, 2045)) expect(listed(country, year)).toEqual(holidaysByRule(country, year));
  });

  test('of Denmark equal its list in the Official Journal: no 1 May, 5 June, 24 or 31 December', () => {
    expect(listed('DK', 2025).map((date) => date.slice(5))).toEqual(
      '01-01 04-17 04-18 04-20 04-21 05-29 06-08 06-09 12-25 12-26'.split(' '),
    );
  });

  test('of Denmark have Store Bededag until 2023 and never after', () => {
    const bededag = (year: number): string =>
      new Date(Date.parse(easter(year)) + 26 * 86_400_000).toISOString().slice(0, 10);
    for (const year of years(2018, 2045)) expect(calendarOf('DK').isHoliday(bededag(year))).toBe(year < 2024);
  });

  test.each([
    ['GB-EAW', '2020-05-08', true, 'the early May holiday was moved to the 75th VE day'],
    ['GB-EAW', '2020-05-04', false, 'from here'],
    ['GB-EAW', '2022-06-03', true, 'jubilee'],
    ['GB-EAW', '2022-09-19', true, 'state funeral'],
    ['GB-EAW', '2023-05-08', true, 'coronation'],
    ['GB-SCT', '2022-01-04', true, 'second substitute of New Year'],
    ['GB-NIR', '2026-03-17', true, 'Saint Patrick'],
    ['GB-EAW', '2026-03-17', false, 'who is not kept in England'],
    ['IE', '2026-04-03', false, 'Good Friday'],
    ['IE', '2026-02-02', true, 'Saint Brigid'],
    ['CY', '2026-02-23', true, 'Green Monday'],
    ['CY', '2026-02-24', false, 'not the Tuesday'],
    ['BG', '2025-12-26', true, 'second day of Christmas'],
    ['FI', '2025-06-20', true, 'Midsummer Eve'],
    ['SE', '2025-06-20', false, 'Midsummer Eve is no public holiday in Sweden'],
    ['IS', '2026-12-24', false, 'a half day'],
    ['LI', '2026-05-15', false, 'a bridge day'],
    ['RO', '2023-01-06', false, 'before it became one'],
    ['RO', '2026-01-06', true, 'since'],
    ['RO', '2026-01-02', true, 'the second day of a holiday of two'],
    ['SK', '2026-09-15', false, 'abolished'],
    ['PL', '2024-12-24', false, 'before it became one'],
    ['PL', '2026-12-24', true, 'since'],
  ])('%s %s is a holiday: %s (%s)', (country, date, expected) => {
    expect(calendarOf(country).isHoliday(date)).toBe(expected);
  });

  test('a country outside has none', () => {
    expect(['US', 'GB', 'dk', '', 'constructor'].map((country) => holidayCalendar(country))).toEqual(
      Array(5).fill(undefined),
    );
  });

  test('say where they come from, and equal what the generator writes', { timeout: 30_000 }, () => {
    const file = new URL('../../domain/holidays/table.ts', import.meta.url);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/date-holidays.*ISC.*CC BY 3\.0/s);
    const generator = new URL('../../bench/generate-holidays.ts', import.meta.url).pathname;
    // In another zone: the list must not depend on where it was made.
    const made = execFileSync(process.execPath, [generator, '--stdout'], {
      env: { ...process.env, TZ: 'America/Los_Angeles' },
      encoding: 'utf8',
    });
    expect(made).toBe(text);
  });
});

describe('the complaint bodies', () => {
  test('are known for every country whose holidays are', () => {
    for (const country of countries) expect(complaintBody(country).url).toMatch(/^https:\/\/[a-z.-]+$/);
    expect(complaintBody('DK').name).toBe('Datatilsynet');
    expect(complaintBody('GB-SCT')).toEqual(complaintBody('GB'));
  });

  test('are all different', () => {
    const urls = members.map((country) => complaintBody(country).url);
    expect(new Set(urls).size).toBe(members.length);
  });

  test('are not made up for other countries', () => {
    expect(() => complaintBody('US')).toThrow(RangeError);
    expect(() => complaintBody('constructor')).toThrow(RangeError);
  });
});
