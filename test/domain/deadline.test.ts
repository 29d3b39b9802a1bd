import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { breachClock } from '../../domain/breach-clock.ts';
import type { Language } from '../../domain/config.ts';
import { addMonths, type DeadlineFacts, deadlineOf, InvalidDeadlineFacts, localDate } from '../../domain/deadline.ts';
import { rules } from '../../domain/deadline-steps.ts';
import { deadlineWords } from '../../web/deadline-words.ts';

type Vector = Record<string, string>;

// RFC 4180 as far as the file needs it: quoted fields without quotes inside.
const fieldsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map((match) => match[1] ?? match[2] ?? '');

function vectors(): Vector[] {
  const text = readFileSync(new URL('deadline-vectors.csv', import.meta.url), 'utf8').replaceAll('""', '”');
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const names = fieldsOf(head);
  return lines.map((line) => Object.fromEntries(fieldsOf(line).map((field, i) => [names[i] ?? '', field])));
}

const suspensionsOf = (text = ''): DeadlineFacts['suspensions'] =>
  text.split(';').flatMap((part) => {
    const [asked, answered] = part.split('>');
    return asked && answered ? [{ asked, answered }] : [];
  });

const factsOf = (vector: Vector): DeadlineFacts => ({
  receivedAt: vector.received_at ?? '',
  country: vector.country ?? '',
  timeZone: vector.controller_tz ?? '',
  extended: vector.kind === 'art12_ext',
  refusal: vector.kind === 'art12_4',
  suspensions: suspensionsOf(vector.suspensions),
  policy: (vector.suspension_policy || undefined) as DeadlineFacts['policy'],
});

const dk = (receivedAt: string, more: Partial<DeadlineFacts> = {}): DeadlineFacts => ({
  receivedAt,
  country: 'DK',
  timeZone: 'Europe/Copenhagen',
  ...more,
});

const withSuspensions = (...ranges: [asked: string, answered?: string][]): Partial<DeadlineFacts> => ({
  suspensions: ranges.map(([asked, answered]) => ({ asked, answered })),
});

const wordsOf = (facts: DeadlineFacts, language: Language): string[] =>
  deadlineOf(facts).derivation.map((step) => deadlineWords(step, language));

const all = vectors();
const art12 = all.filter(({ kind }) => kind?.startsWith('art12'));
const art33 = all.filter(({ kind }) => kind?.startsWith('art33'));

describe('the worked examples', () => {
  test('there are examples of both articles', () => {
    expect(art12.length).toBeGreaterThan(15);
    expect(art33.length).toBe(2);
    expect(art12.length + art33.length).toBe(all.length);
  });

  test.each(art12)('$id: $derivation', (vector) => {
    const deadline = deadlineOf(factsOf(vector));
    expect([deadline.due, deadline.dueExclusive]).toEqual([
      vector.expected_due_date,
      vector.expected_due_exclusive_utc,
    ]);
  });

  test.each(art33)('$id: $derivation', (vector) => {
    const clock = breachClock({ awareAt: vector.received_at ?? '', timeZone: vector.controller_tz ?? '' });
    expect(vector.kind === 'art33_operational' ? clock.target : clock.legal).toBe(vector.expected_due_exclusive_utc);
  });
});

describe('the time limit', () => {
  test('is explained in the order of its computing, each rule with its source', () => {
    const facts = dk('2026-03-31T10:00:00Z');
    expect(wordsOf(facts, 'en')).toEqual([
      'received Tuesday 31 March 2026 in Europe/Copenhagen',
      'to be answered within one month of receipt (Art. 12(3) GDPR)',
      'there is no 31 April: 30 April 2026 instead (Reg. 1182/71 Art. 3(2)(c))',
      '30 April 2026 is a Thursday, a working day: it ends with the last hour of that day in Europe/Copenhagen',
    ]);
    expect(wordsOf(facts, 'da')).toEqual([
      'modtaget tirsdag den 31. marts 2026 i Europe/Copenhagen',
      'skal besvares senest en måned efter modtagelsen (GDPR art. 12, stk. 3)',
      'der er ingen 31. april: 30. april 2026 i stedet (forordning 1182/71, art. 3, stk. 2, litra c)',
      '30. april 2026 er en torsdag, en arbejdsdag: fristen udløber, når den dag er slut i Europe/Copenhagen',
    ]);
  });

  test('is explained in whole sentences of both languages, whatever rules it took', () => {
    const suspended = withSuspensions(['2026-02-03', '2026-02-09'], ['2026-02-20']);
    const uk = { country: 'GB-SCT', timeZone: 'Europe/London' };
    const facts = [
      dk('2026-03-02T12:00:00Z'),
      dk('2026-01-31T12:00:00Z', { extended: true }),
      dk('2026-02-10T12:00:00Z', { refusal: true }),
      dk('2026-02-02T09:00:00Z', withSuspensions(['2026-02-20', '2026-02-25'])),
      dk('2026-02-02T09:00:00Z', { ...suspended, policy: 'restart' }),
      dk('2026-02-02T09:00:00Z', { ...suspended, policy: 'restart', extended: true }),
      dk('2026-02-02T09:00:00Z', { ...suspended, ...uk, policy: 'uk-pause' }),
      dk('2026-02-02T09:00:00Z', suspended),
      dk('2026-10-30T12:00:00Z', uk),
      dk('2026-02-26T12:00:00Z'),
      dk('2046-03-01T12:00:00Z'),
    ];
    expect(new Set(facts.flatMap((each) => deadlineOf(each).derivation.map(({ rule }) => rule)))).toEqual(
      new Set(rules),
    );
    for (const language of ['da', 'en'] as const) {
      for (const line of facts.flatMap((each) => wordsOf(each, language)))
        expect(line).not.toMatch(/[{}]|undefined| {2}|: $/);
    }
  });

  test('passes over every day of Easter and says why', () => {
    const facts = dk('2026-03-02T12:00:00Z');
    const { strictDate, due } = deadlineOf(facts);
    const lines = wordsOf(facts, 'en');
    expect([strictDate, due]).toEqual(['2026-04-02', '2026-04-07']);
    expect(lines.filter((line) => line.includes('on to the next day'))).toHaveLength(5);
    expect(lines).toContainEqual(expect.stringContaining('5 April 2026 is a Sunday and a public holiday in Denmark'));
    expect(wordsOf(facts, 'da')).toContainEqual(
      expect.stringContaining('5. april 2026 er en søndag og helligdag i Danmark'),
    );
  });

  test('shows the person the strict date and keeps five working days before the legal one', () => {
    // 31 January 2026 + 1 month is a Saturday; Monday 2 March less five working days is Monday 23 February.
    expect(deadlineOf(dk('2026-01-31T13:00:00+01:00'))).toMatchObject({
      strictDate: '2026-02-28',
      due: '2026-03-02',
      internalTarget: '2026-02-23',
      firstMonthEnd: '2026-02-28',
    });
  });

  test('is three months from receipt when extended, not one and then two', () => {
    const facts = dk('2026-01-31T12:00:00Z', { extended: true });
    expect(deadlineOf(facts)).toMatchObject({ due: '2026-04-30', firstMonthEnd: '2026-02-28' });
    expect(wordsOf(facts, 'en')[1]).toContain('three months from receipt (Art. 12(3) GDPR)');
  });

  test('of a refusal cites Art. 12(4)', () => {
    expect(wordsOf(dk('2026-02-10T12:00:00Z', { refusal: true }), 'en')[1]).toContain('Art. 12(4) GDPR');
  });

  test('of the United Kingdom cites the UK GDPR', () => {
    const facts = { receivedAt: '2026-02-10T12:00:00Z', country: 'GB-SCT', timeZone: 'Europe/London' };
    expect(wordsOf(facts, 'en')[1]).toContain('UK GDPR');
  });

  test.each([
    ['IE', 'Europe/Dublin', '2026-03-03T12:00:00Z', '2026-04-03', 'Good Friday is no public holiday in Ireland'],
    ['DE', 'Europe/Berlin', '2026-03-03T12:00:00Z', '2026-04-07', 'Good Friday and Easter Monday'],
    ['SE', 'Europe/Stockholm', '2026-03-06T12:00:00Z', '2026-04-07', 'Easter Monday'],
    ['FR', 'Europe/Paris', '2025-11-26T12:00:00Z', '2025-12-26', '26 December is none in France'],
    ['DE', 'Europe/Berlin', '2025-11-26T12:00:00Z', '2025-12-29', '26 December, then a weekend'],
    ['FI', 'Europe/Helsinki', '2026-11-24T12:00:00Z', '2026-12-28', 'Christmas Eve counts in Finland'],
    ['FI', 'Europe/Helsinki', '2026-05-19T12:00:00Z', '2026-06-22', 'so does Midsummer Eve'],
    ['GB-EAW', 'Europe/London', '2026-11-26T12:00:00Z', '2026-12-29', 'Boxing Day on a Saturday has a substitute'],
    ['GB-SCT', 'Europe/London', '2026-03-06T12:00:00Z', '2026-04-06', 'Easter Monday is none in Scotland'],
    ['GB-EAW', 'Europe/London', '2026-03-06T12:00:00Z', '2026-04-07', 'but one in England and Wales'],
    ['GB-SCT', 'Europe/London', '2026-10-30T12:00:00Z', '2026-12-01', 'Saint Andrew'],
    ['GB-NIR', 'Europe/London', '2026-06-12T12:00:00Z', '2026-07-14', '12 July on a Sunday has a substitute'],
    ['NL', 'Europe/Amsterdam', '2026-03-03T12:00:00Z', '2026-04-03', 'Good Friday is doubtful: not extended'],
    ['GR', 'Europe/Athens', '2026-03-10T12:00:00Z', '2026-04-14', 'Orthodox Easter'],
  ])('of %s in %s for %s is %s: %s', (country, timeZone, receivedAt, due) => {
    expect(deadlineOf({ receivedAt, country, timeZone }).due).toBe(due);
  });

  test.each([
    ['2024-01-31T12:00:00Z', '2024-02-29', 'a leap year'],
    ['2023-01-31T12:00:00Z', '2023-02-28', 'no leap year'],
    ['2028-02-29T12:00:00Z', '2028-03-29', 'from a leap day'],
    ['2027-11-30T12:00:00Z', '2027-12-30', 'to the end of a year'],
  ])('of %s is %s: %s', (receivedAt, due) => {
    expect(deadlineOf(dk(receivedAt)).due).toBe(due);
  });

  test.each([
    ['2026-02-27T12:00:00Z', '2026-03-27', '2026-03-27T23:00:00Z', 'the Friday before summer time'],
    ['2026-02-28T12:00:00Z', '2026-03-30', '2026-03-30T22:00:00Z', 'over the Sunday that has 23 hours'],
    ['2026-09-25T12:00:00Z', '2026-10-26', '2026-10-26T23:00:00Z', 'over the Sunday that has 25 hours'],
  ])('received at %s ends with %s, that is before %s: %s', (receivedAt, due, dueExclusive) => {
    expect(deadlineOf(dk(receivedAt))).toMatchObject({ due, dueExclusive });
  });

  test('ends at the first instant of the next day where that day has no midnight', () => {
    // The Azores put their clocks forward at midnight: 25 March 2046 begins at 01:00 there, which is 01:00 UTC.
    const facts = { receivedAt: '2046-02-24T12:00:00Z', country: 'PT', timeZone: 'Atlantic/Azores' };
    expect(deadlineOf(facts)).toMatchObject({ due: '2046-03-24', dueExclusive: '2046-03-25T01:00:00Z' });
  });

  test('counts the wall clock of the controller, not UTC', () => {
    expect(localDate('2026-03-31T22:30:00Z', 'Europe/Copenhagen')).toBe('2026-04-01');
    expect(localDate('2026-03-31T23:59:59+02:00', 'Europe/Copenhagen')).toBe('2026-03-31');
  });

  test('clamps months to their last day', () => {
    expect([addMonths('2026-01-31', 1), addMonths('2026-01-31', 3), addMonths('2026-01-15', 1)]).toEqual([
      '2026-02-28',
      '2026-04-30',
      '2026-02-15',
    ]);
  });
});

describe('suspension', () => {
  const received = '2026-02-02T09:00:00Z';
  const dueOf = (more: Partial<DeadlineFacts>): string => deadlineOf(dk(received, more)).due;

  test('moves the date but not the one that alarms run on', () => {
    const facts = dk('2026-01-31T13:00:00+01:00', withSuspensions(['2026-02-02', '2026-02-05']));
    expect(deadlineOf(facts)).toMatchObject({
      due: '2026-03-03',
      strictDate: '2026-03-03',
      dueWithoutSuspension: '2026-03-02',
      firstMonthEnd: '2026-02-28',
    });
    expect(wordsOf(facts, 'en')).toContain('3 days added: 3 March 2026 (EDPB Guidelines 01/2022, 5.3)');
  });

  test('is rolled once and last, after the days are added', () => {
    // 2 March + 5 days is Saturday 7 March.
    expect(dueOf(withSuspensions(['2026-02-03', '2026-02-08']))).toBe('2026-03-09');
  });

  test('counts days once where two overlap, touch or contain each other', () => {
    const whole = dueOf(withSuspensions(['2026-02-03', '2026-02-10']));
    expect(dueOf(withSuspensions(['2026-02-05', '2026-02-10'], ['2026-02-03', '2026-02-06']))).toBe(whole);
    expect(dueOf(withSuspensions(['2026-02-03', '2026-02-05'], ['2026-02-05', '2026-02-10']))).toBe(whole);
    expect(dueOf(withSuspensions(['2026-02-03', '2026-02-10'], ['2026-02-04', '2026-02-06']))).toBe(whole);
  });

  test('counts when asked on the seventh day after receipt and not on the eighth', () => {
    expect(dueOf(withSuspensions(['2026-02-09', '2026-02-12']))).toBe('2026-03-05');
    expect(dueOf(withSuspensions(['2026-02-10', '2026-02-12']))).toBe('2026-03-02');
  });

  test('counts a later asking when the first came in time, under every policy', () => {
    const ranges = withSuspensions(['2026-02-03', '2026-02-04'], ['2026-02-20', '2026-02-25']);
    // 1 + 5 days; from 25 February; 2 + 6 days (10 March is the Tuesday).
    expect(dueOf(ranges)).toBe('2026-03-09');
    expect(dueOf({ ...ranges, policy: 'restart' })).toBe('2026-03-25');
    expect(dueOf({ ...ranges, policy: 'uk-pause' })).toBe('2026-03-10');
    const late = withSuspensions(['2026-02-20', '2026-02-25']);
    expect(dueOf({ ...late, policy: 'restart' })).toBe('2026-03-02');
    expect(dueOf({ ...late, policy: 'uk-pause' })).toBe('2026-03-02');
  });

  test('that starts anew counts three months from the answer when extended', () => {
    const ranges = withSuspensions(['2026-02-03', '2026-02-11']);
    expect(dueOf({ ...ranges, policy: 'restart', extended: true })).toBe('2026-05-11');
  });

  test('of the United Kingdom counts the days of asking and answering, each once', () => {
    expect(dueOf({ ...withSuspensions(['2026-02-03', '2026-02-03']), policy: 'uk-pause' })).toBe('2026-03-03');
    const touching = withSuspensions(['2026-02-03', '2026-02-04'], ['2026-02-04', '2026-02-05']);
    expect(dueOf({ ...touching, policy: 'uk-pause' })).toBe('2026-03-05');
  });

  test('that is still open counts nothing and says so', () => {
    const facts = dk(received, withSuspensions(['2026-02-03']));
    expect(deadlineOf(facts).due).toBe('2026-03-02');
    expect(wordsOf(facts, 'en')).toContainEqual(expect.stringContaining('not answered: counts nothing'));
  });
});

describe('facts that cannot be', () => {
  const refused: [string, Partial<Record<keyof DeadlineFacts, unknown>>, keyof DeadlineFacts][] = [
    ['a date that does not exist', { receivedAt: '2026-02-30T12:00:00Z' }, 'receivedAt'],
    ['a leap day of another year', { receivedAt: '2026-02-29T12:00:00Z' }, 'receivedAt'],
    ['a time without offset', { receivedAt: '2026-02-10T12:00:00' }, 'receivedAt'],
    ['an hour that does not exist', { receivedAt: '2026-02-10T25:00:00Z' }, 'receivedAt'],
    ['words', { receivedAt: 'yesterday' }, 'receivedAt'],
    ['nothing', { receivedAt: '' }, 'receivedAt'],
    ['the year 12026', { receivedAt: '+012026-01-01T00:00:00Z' }, 'receivedAt'],
    ['a zone that nobody keeps', { timeZone: 'Europe/Roskilde' }, 'timeZone'],
    ['an offset for a zone', { timeZone: '+01:00' }, 'timeZone'],
    ['a country outside', { country: 'US' }, 'country'],
    ['the United Kingdom without jurisdiction', { country: 'GB' }, 'country'],
    ['a word every object knows', { country: 'constructor' }, 'country'],
    ['an extended refusal', { extended: true, refusal: true }, 'refusal'],
    ['a policy of its own', { policy: 'toString' }, 'policy'],
    ['asking before receipt', withSuspensions(['2026-02-09', '2026-02-12']), 'suspensions'],
    ['answering before asking', withSuspensions(['2026-02-12', '2026-02-11']), 'suspensions'],
    ['asking on a day that does not exist', withSuspensions(['2026-02-30', '2026-03-11']), 'suspensions'],
    ['an answer in words', withSuspensions(['2026-02-12', 'soon']), 'suspensions'],
    ['an answer in the year 9999', withSuspensions(['2026-02-12', '9999-12-31']), 'suspensions'],
  ];

  test.each(refused)('are refused by the name of the field: %s', (_, facts, field) => {
    const run = () => deadlineOf(dk('2026-02-10T12:00:00Z', facts as Partial<DeadlineFacts>));
    expect(run).toThrow(InvalidDeadlineFacts);
    expect(run).toThrow(expect.objectContaining({ name: 'InvalidDeadlineFacts', field }));
  });
});

describe('a year without a list of holidays', () => {
  test.each([
    ['2046-03-01T12:00:00Z', '2046-04-01', 'a Sunday is not passed over'],
    ['2045-11-30T12:00:00Z', '2045-12-30', 'a Saturday whose Monday is in the unknown year is not passed over'],
    ['2017-12-01T12:00:00Z', '2018-01-02', 'New Year of the first year is'],
  ])('received at %s is due on %s: %s', (receivedAt, due) => {
    expect(deadlineOf(dk(receivedAt)).due).toBe(due);
  });

  test('is said in the derivation', () => {
    expect(wordsOf(dk('2046-03-01T12:00:00Z'), 'en')).toContainEqual(
      'no list of public holidays for Denmark in 2046: not moved, 1 April 2046 stays, which is the earlier date',
    );
  });
});
