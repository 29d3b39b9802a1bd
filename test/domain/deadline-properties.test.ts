import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DeadlineFacts, deadlineOf, deadlineWith } from '../../domain/deadline.ts';
import { countries, holidayCalendar } from '../../domain/holidays.ts';
import { daySheet, dueByDaySheet, secondCountries } from './day-sheet.ts';

const day = 86_400_000;
const runs = { numRuns: 400 };
const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);
const plusDays = (date: string, n: number): string => isoDay(Date.parse(date) + n * day);

const zones = ['Europe/Copenhagen', 'Europe/London', 'Europe/Helsinki', 'Atlantic/Azores', 'America/New_York'];

const instants = fc
  .integer({ min: Date.parse('2018-01-01'), max: Date.parse('2045-07-01') })
  .map((time) => new Date(time).toISOString());

const plainFacts = fc.record({
  receivedAt: instants,
  country: fc.constantFrom(...countries),
  timeZone: fc.constantFrom(...zones),
  extended: fc.boolean(),
});

const spans = fc.array(fc.record({ after: fc.integer({ min: 1, max: 30 }), days: fc.integer({ min: 0, max: 40 }) }), {
  maxLength: 4,
});

const suspendedFacts = fc.tuple(plainFacts, spans).map(
  ([facts, given]): DeadlineFacts => ({
    ...facts,
    suspensions: given.map(({ after, days }) => {
      const asked = plusDays(facts.receivedAt.slice(0, 10), after);
      return { asked, answered: plusDays(asked, days) };
    }),
  }),
);

const policies = fc.constantFrom<DeadlineFacts['policy']>('suspend', 'restart', 'uk-pause');

const isWorkingDay = (date: string, country: string): boolean =>
  ![0, 6].includes(new Date(date).getUTCDay()) && !holidayCalendar(country)?.isHoliday(date);

describe('for any facts', () => {
  test('the due date is a working day on or after the strict one', () => {
    fc.assert(
      fc.property(suspendedFacts, policies, (facts, policy) => {
        const { due, strictDate, internalTarget } = deadlineOf({ ...facts, policy });
        expect(isWorkingDay(due, facts.country)).toBe(true);
        expect(isWorkingDay(internalTarget, facts.country)).toBe(true);
        expect(due >= strictDate && internalTarget < due).toBe(true);
      }),
      runs,
    );
  });

  test('the due date lies within the months, the suspended days and twelve more', () => {
    fc.assert(
      fc.property(suspendedFacts, (facts) => {
        const unsuspended = deadlineOf({ ...facts, suspensions: [] }).strictDate;
        const days =
          facts.suspensions?.map(({ asked, answered = asked }) => Date.parse(answered) - Date.parse(asked)) ?? [];
        const most = days.reduce((sum, n) => sum + n / day, 0);
        const { due } = deadlineOf(facts);
        expect(due >= unsuspended && due <= plusDays(unsuspended, most + 12)).toBe(true);
      }),
      runs,
    );
  });

  test('later receipt never gives an earlier date', () => {
    fc.assert(
      fc.property(plainFacts, instants, (facts, other) => {
        const [early = '', late = ''] = [facts.receivedAt, other].sort();
        const first = deadlineOf({ ...facts, receivedAt: early });
        const second = deadlineOf({ ...facts, receivedAt: late });
        expect(first.dueExclusive <= second.dueExclusive && first.strictDate <= second.strictDate).toBe(true);
      }),
      runs,
    );
  });

  test('one more holiday never gives an earlier date, and moves the date that it falls on', () => {
    fc.assert(
      fc.property(suspendedFacts, fc.integer({ min: 0, max: 3 }), (facts, offset) => {
        const calendar = holidayCalendar(facts.country);
        if (!calendar) throw new Error('no calendar');
        const before = deadlineOf(facts).due;
        const extra = plusDays(before, offset);
        const isHoliday = (date: string): boolean => date === extra || calendar.isHoliday(date);
        const after = deadlineWith(facts, { ...calendar, isHoliday }).due;
        expect(after >= before && (offset > 0 || after > before)).toBe(true);
      }),
      runs,
    );
  });

  test('it ends exactly where the wall clock of the zone turns to the day after', () => {
    const wallDate = (instant: number, timeZone: string): string =>
      new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(instant);
    fc.assert(
      fc.property(suspendedFacts, (facts) => {
        const { due, dueExclusive } = deadlineOf(facts);
        const end = Date.parse(dueExclusive);
        expect(wallDate(end - 1, facts.timeZone)).toBe(due);
        expect(wallDate(end, facts.timeZone)).toBe(plusDays(due, 1));
      }),
      runs,
    );
  });

  test('suspended days never make it earlier, nor does extending', () => {
    fc.assert(
      fc.property(suspendedFacts, policies, (facts, policy) => {
        const { due, dueWithoutSuspension } = deadlineOf({ ...facts, policy });
        expect(due >= dueWithoutSuspension).toBe(true);
        expect(deadlineOf({ ...facts, policy, extended: true }).due >= due).toBe(true);
      }),
      runs,
    );
  });
});

describe('two implementations', () => {
  const firstDay = Date.parse('2024-01-01');
  const lastDay = Date.parse('2043-12-31');

  // About 1.5 s each on an idle core.
  test.each(secondCountries)('agree on every day of twenty years in %s', { timeout: 30_000 }, (country) => {
    const sheet = daySheet(country, 2024, 2044);
    const wrong: string[] = [];
    for (let time = firstDay; time <= lastDay; time += day) {
      const received = isoDay(time);
      for (const extended of [false, true]) {
        const facts = { receivedAt: `${received}T12:00:00Z`, country, timeZone: 'Europe/Paris', extended };
        if (deadlineOf(facts).due !== dueByDaySheet(sheet, received, extended ? 3 : 1)) wrong.push(received);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('the time zone of the process', () => {
  const facts: DeadlineFacts[] = [
    '2026-03-31T22:30:00Z',
    '2026-10-24T21:59:59Z',
    '2026-02-27T23:30:00Z',
    '2025-12-31T12:00:00Z',
  ].flatMap((receivedAt) => zones.map((timeZone) => ({ receivedAt, country: 'DK', timeZone })));

  const script = `
    const { deadlineOf } = await import(${JSON.stringify(new URL('../../domain/deadline.ts', import.meta.url).href)});
    const { breachClock } = await import(${JSON.stringify(new URL('../../domain/breach-clock.ts', import.meta.url).href)});
    const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    const dates = ${JSON.stringify(facts)}.map((facts) => deadlineOf(facts));
    const clock = breachClock({ awareAt: '2026-10-24T13:20:00Z', timeZone: 'Europe/Copenhagen' });
    console.log(JSON.stringify({ zone, dates, clock }));`;

  const answerIn = (TZ: string): { zone: string; dates: unknown; clock: unknown } =>
    JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, TZ },
        encoding: 'utf8',
      }),
    );

  test.each(['Pacific/Kiritimati', 'America/Los_Angeles', 'Asia/Tokyo'])('%s changes nothing', (zone) => {
    const answer = answerIn(zone);
    expect(answer.zone).toBe(zone);
    expect(answer.dates).toEqual(facts.map((given) => deadlineOf(given)));
    expect(answer.clock).toEqual({ target: '2026-10-27T13:20:00Z', legal: '2026-10-27T14:00:00Z' });
  });
});
