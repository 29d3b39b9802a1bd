import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breachClock, InvalidBreachFacts } from '../../domain/breach-clock.ts';

const timeZone = 'Europe/Copenhagen';
const hour = 3_600_000;

describe('the breach clock', () => {
  test.each([
    ['2026-11-20T15:00:00+01:00', '2026-11-23T14:00:00Z', '2026-11-23T15:00:00Z', 'a full hour moves on too'],
    ['2026-11-20T15:00:01+01:00', '2026-11-23T14:00:01Z', '2026-11-23T15:00:00Z', 'the rest of the hour is given'],
    ['2026-11-20T15:59:59+01:00', '2026-11-23T14:59:59Z', '2026-11-23T15:00:00Z', 'to the last second'],
    ['2026-12-24T10:30:00Z', '2026-12-27T10:30:00Z', '2026-12-27T11:00:00Z', 'a holiday and a Sunday count'],
    ['2026-03-27T20:15:00+01:00', '2026-03-30T19:15:00Z', '2026-03-30T20:00:00Z', 'summer time moves the wall clock'],
    ['2026-10-25T02:30:00+02:00', '2026-10-28T00:30:00Z', '2026-10-28T01:00:00Z', 'the first of the doubled hours'],
    ['2026-10-25T02:30:00+01:00', '2026-10-28T01:30:00Z', '2026-10-28T02:00:00Z', 'the second of the doubled hours'],
  ])('from %s has its target at %s and its legal end at %s: %s', (awareAt, target, legal) => {
    expect(breachClock({ awareAt, timeZone })).toEqual({ target, legal });
  });

  test('counts the hours of the wall clock where a zone is half an hour off', () => {
    const clock = breachClock({ awareAt: '2026-11-20T10:00:00Z', timeZone: 'Asia/Kolkata' });
    // 15:30 there: the hour that is not counted ends at 16:00, which is 10:30 UTC.
    expect(clock.legal).toBe('2026-11-23T10:30:00Z');
  });

  test('gives at most one hour more than 72, and the target is never the later', () => {
    const instants = fc.integer({ min: Date.parse('2018-05-25'), max: Date.parse('2045-01-01') });
    fc.assert(
      fc.property(instants, (aware) => {
        const { target, legal } = breachClock({ awareAt: new Date(aware).toISOString(), timeZone });
        const more = Date.parse(legal) - Date.parse(target);
        expect(Date.parse(target) - aware).toBe(72 * hour);
        expect(more > 0 && more <= hour && Date.parse(legal) % hour === 0).toBe(true);
      }),
    );
  });

  test.each([
    ['2026-02-30T10:00:00Z', timeZone, 'awareAt'],
    ['2026-02-20T10:00:00', timeZone, 'awareAt'],
    ['', timeZone, 'awareAt'],
    ['2026-02-20T10:00:00Z', 'Mars/Olympus', 'timeZone'],
    ['2026-02-20T10:00:00Z', '+01:00', 'timeZone'],
  ])('refuses %s in %s by the name of %s', (awareAt, zone, field) => {
    const run = () => breachClock({ awareAt, timeZone: zone });
    expect(run).toThrow(InvalidBreachFacts);
    expect(run).toThrow(expect.objectContaining({ name: 'InvalidBreachFacts', field }));
  });
});
