import { describe, expect, test } from 'vitest';
import { alarmsOf } from '../../domain/alarms.ts';
import type { Change } from '../../domain/change.ts';
import { askToStart, start } from '../../domain/gathering.ts';
import { holidaysMissing } from '../../domain/holidays.ts';
import { receive } from '../../domain/intake.ts';
import { askForProof, prove } from '../../domain/proof.ts';
import { askPerson, ifAnswered, personAnswered, suspendedBy } from '../../domain/question.ts';
import type { Case, Right } from '../../domain/request.ts';
import { extend } from '../../domain/time-limit.ts';
import { extendable, nextLook } from '../../domain/urgency.ts';
import { lookAgain, watch } from '../../domain/watch.ts';

const rules = { country: 'DK', timeZone: 'Europe/Copenhagen', policy: 'suspend' } as const;
// Monday 2 March 2026; the month ends on Thursday 2 April, which is Maundy Thursday, and rolls to Tuesday 7 April.
const received = new Date('2026-03-02T09:00:00.000Z');
const day = (date: string, hour = '09'): Date => new Date(`${date}T${hour}:00:00.000Z`);
const still = { running: false, noticed: true };

const applied = (held: Case, change: Change | undefined): Case =>
  change ? { ...held, request: change.request, rights: change.rights ?? held.rights } : held;

const verified = (rights: readonly Right[] = ['access']): Case => {
  const person = { name: 'Anna Berg', email: 'anna@example.org' };
  const ids = { requestId: 'r1', reference: 'K7F-4QX-92M', evidence: 'evidence/1', language: 'da' as const };
  let held: Case = { request: undefined as never, rights: [], sources: [] };
  held = applied(held, receive({ ...ids, person, rights, silent: false }, rules, received));
  held = applied(held, askForProof(held, received, received));
  held = applied(held, prove(held, received));
  return applied(held, askToStart(held, 'ask', received));
};

const why = { ground: 'complexity', reason: 'Two of the systems are on paper.' } as const;
const access = ({ rights }: Case) => rights[0]?.deadline;

describe('an extension', () => {
  test('gives three months from receipt, and leaves the limit of a refusal where it was', () => {
    const held = verified();
    expect(access(held)).toMatchObject({ strictDate: '2026-04-02', due: '2026-04-07', refuseBy: '2026-04-07' });
    const change = extend(held, { rights: ['access'], ...why }, rules, day('2026-03-31'));
    expect(access(applied(held, change))).toMatchObject({
      strictDate: '2026-06-02',
      due: '2026-06-02',
      refuseBy: '2026-04-07',
    });
    expect(change.mails).toMatchObject([{ template: 'extended', to: 'subject' }]);
  });

  test('holds for the rights it names; each right keeps its own date', () => {
    const held = verified(['access', 'erasure']);
    const next = applied(held, extend(held, { rights: ['erasure'], ...why }, rules, day('2026-03-10')));
    expect(next.rights.map(({ deadline }) => deadline.strictDate)).toEqual(['2026-04-02', '2026-06-02']);
    expect(extendable(next.rights, '2026-03-11')).toEqual(['access']);
  });

  test('is possible on the last day of the first month in the zone of the controller, and not an hour later', () => {
    const held = verified();
    const extendAt = (at: string) => extend(held, { rights: ['access'], ...why }, rules, new Date(at));
    expect(extendAt('2026-04-02T21:59:59Z').audit.what).toBe('EXTENDED');
    expect(() => extendAt('2026-04-02T22:00:00Z')).toThrow(/first month/);
  });

  test('comes once', () => {
    const held = verified();
    const next = applied(held, extend(held, { rights: ['access'], ...why }, rules, day('2026-03-10')));
    expect(() => extend(next, { rights: ['access'], ...why }, rules, day('2026-03-11'))).toThrow(/first time/);
  });

  test('of nothing, of what was not asked for, and of a request that nobody proved is refused', () => {
    const held = verified();
    expect(() => extend(held, { rights: [], ...why }, rules, received)).toThrow();
    expect(() => extend(held, { rights: ['erasure'], ...why }, rules, received)).toThrow();
    const unproven: Case = { ...held, request: { ...held.request, status: 'AWAITING_PROOF' } };
    expect(() => extend(unproven, { rights: ['access'], ...why }, rules, received)).toThrow(/AWAITING_PROOF/);
  });

  test('that the person was not told of by the end of the month is raised on the second channel, once', () => {
    const held = verified();
    const extended = applied(held, extend(held, { rights: ['access'], ...why }, rules, day('2026-03-20')));
    const look = (at: string, noticed: boolean, from = extended) =>
      watch(
        { ...from, request: { ...from.request, nextActionAt: received.toISOString() } },
        { running: false, noticed },
        day(at),
      );
    expect(look('2026-03-25', false)?.alerts).toBeUndefined();
    expect(look('2026-04-01', true)?.alerts).toBeUndefined();
    const raised = look('2026-04-01', false);
    expect(raised?.alerts).toMatchObject([{ about: 'notice-unsent', date: '2026-04-02', reference: 'K7F-4QX-92M' }]);
    expect(look('2026-04-02', false, applied(extended, raised))?.alerts).toBeUndefined();
  });
});

describe('a question to the person', () => {
  const asked = (at: Date) => {
    const held = verified();
    return applied(held, askPerson(held, { kind: 'identity', question: 'Which shop?' }, rules, at));
  };

  test('asked within a week adds the days until the answer; until then the date stays', () => {
    const open = asked(day('2026-03-04'));
    expect(access(open)?.strictDate).toBe('2026-04-02');
    const next = applied(open, personAnswered(open, 'The one in Odense.', 'subject', rules, day('2026-03-14')));
    expect(access(next)).toMatchObject({
      strictDate: '2026-04-12',
      due: '2026-04-13',
      dueWithoutSuspension: '2026-04-07',
    });
  });

  const dates = ({ rights }: Case) => rights.map(({ right, deadline }) => [right, deadline.strictDate]);
  const answeredOn = (
    kind: 'identity' | 'clarification',
    held: Case,
    asked = '2026-03-04',
    answered = '2026-03-14',
  ) => {
    const open = applied(held, askPerson(held, { kind, question: 'Which shop?' }, rules, day(asked)));
    return applied(open, personAnswered(open, 'Odense.', 'subject', rules, day(answered)));
  };

  test('for clarification suspends access alone; one about who asks suspends every right of the request', () => {
    const held = verified(['access', 'portability', 'erasure']);
    expect(dates(answeredOn('clarification', held))).toEqual([
      ['access', '2026-04-12'],
      ['portability', '2026-04-02'],
      ['erasure', '2026-04-02'],
    ]);
    expect(dates(answeredOn('identity', held)).map(([, date]) => date)).toEqual(Array(3).fill('2026-04-12'));
    const clarified = answeredOn('clarification', verified(['erasure']));
    expect(dates(clarified)).toEqual([['erasure', '2026-04-02']]);
    expect(clarified.rights[0]?.deadline.derivation.map((step) => typeof step === 'object' && step.rule)).toEqual([
      'received',
      'month',
      'same-day',
      'holiday',
      'holiday',
      'weekend',
      'weekend-holiday',
      'holiday',
      'working-day',
    ]);
  });

  test('counts as prompt by the first question that concerned the right, not by one that did not', () => {
    const clarified = answeredOn('clarification', verified(['access', 'erasure']), '2026-03-04', '2026-03-06');
    const both = answeredOn('identity', clarified, '2026-03-12', '2026-03-15');
    expect(dates(both)).toEqual([
      ['access', '2026-04-07'],
      ['erasure', '2026-04-02'],
    ]);
  });

  test('names the rights that wait for it, of those not answered yet, and tells the date that an answer would give', () => {
    const held = verified(['access', 'erasure', 'objection']);
    const answered = held.rights.map((each) => (each.right === 'objection' ? { ...each, status: 'DELIVERED' } : each));
    const partly = { ...held, rights: answered } as Case;
    const ask = (kind: 'identity' | 'clarification', at = '2026-03-04') =>
      suspendedBy(partly, { kind, at: day(at).toISOString() }, rules.timeZone);
    expect(ask('identity')).toEqual({ waiting: ['access', 'erasure'], running: [] });
    expect(ask('clarification')).toEqual({ waiting: ['access'], running: ['erasure'] });
    expect(ask('clarification', '2026-03-10')).toEqual({ waiting: [], running: ['access', 'erasure'] });
    const open = applied(held, askPerson(held, { kind: 'identity', question: 'Which?' }, rules, day('2026-03-04')));
    expect(ifAnswered(open, rules, day('2026-03-14'))[0]?.deadline).toMatchObject({
      due: '2026-04-13',
      dueWithoutSuspension: '2026-04-07',
    });
    expect(access(open)?.due).toBe('2026-04-07');
  });

  test('asked later suspends nothing', () => {
    const open = asked(day('2026-03-10'));
    expect(suspendedBy(open, { kind: 'identity', at: day('2026-03-10').toISOString() }, rules.timeZone)).toEqual({
      waiting: [],
      running: ['access'],
    });
    const next = applied(open, personAnswered(open, 'The one in Odense.', 'subject', rules, day('2026-03-20')));
    expect(access(next)?.strictDate).toBe('2026-04-02');
  });

  test('proving the mailbox suspends nothing, however long it takes', () => {
    expect(access(verified())?.strictDate).toBe(
      access(verified())?.dueWithoutSuspension === '2026-04-07' ? '2026-04-02' : '',
    );
  });

  test('leaves the alarms where they were without it', () => {
    const open = asked(day('2026-03-04'));
    const next = applied(open, personAnswered(open, 'Odense.', 'subject', rules, day('2026-03-24')));
    expect(access(next)?.due).toBe('2026-04-22');
    expect(access(next)?.alarms).toEqual(access(verified())?.alarms);
  });

  test('is one at a time, and is answered once', () => {
    const open = asked(day('2026-03-04'));
    expect(() => askPerson(open, { kind: 'clarification', question: 'When?' }, rules, day('2026-03-05'))).toThrow();
    const next = applied(open, personAnswered(open, 'Odense.', 'dpo', rules, day('2026-03-06')));
    expect(() => personAnswered(next, 'Aarhus.', 'subject', rules, day('2026-03-07'))).toThrow();
  });

  test('and its answer stand in no mail and in no audit entry', () => {
    const held = verified();
    const change = askPerson(held, { kind: 'identity', question: 'canary-question' }, rules, day('2026-03-04'));
    const answer = personAnswered(applied(held, change), 'canary-answer', 'subject', rules, day('2026-03-05'));
    expect(JSON.stringify([change.mails, change.audit, answer.mails, answer.audit])).not.toMatch(/canary/);
  });
});

describe('the day before the first month ends', () => {
  test('is a look of its own for an extension, whose notice must be out by then', () => {
    const held = verified();
    const extended = applied(held, extend(held, { rights: ['access'], ...why }, rules, day('2026-03-20')));
    expect(extended.request.nextActionAt).toBe('2026-04-01T00:00:00.000Z');
  });
});

describe('alarms', () => {
  test('come at the start of the local day 14, 7, 3 and 1 days before, at the internal target, and when the last day is over', () => {
    expect(
      alarmsOf('2026-04-07', '2026-03-26', 'Europe/Copenhagen').map(({ threshold, at }) => `${threshold} ${at}`),
    ).toEqual([
      '14 2026-03-23T23:00:00.000Z',
      'target 2026-03-25T23:00:00.000Z',
      '7 2026-03-30T22:00:00.000Z',
      '3 2026-04-03T22:00:00.000Z',
      '1 2026-04-05T22:00:00.000Z',
      'due 2026-04-07T22:00:00.000Z',
    ]);
  });

  test('say when a request that waits for a person is looked at; what the workflow should move is looked at after an hour', () => {
    const held = verified();
    expect(nextLook(held, day('2026-03-10'))).toBe('2026-03-23T23:00:00.000Z');
    expect(nextLook({ ...held, request: { ...held.request, status: 'GATHERING' } }, day('2026-03-10'))).toBe(
      '2026-03-10T10:00:00.000Z',
    );
    expect(nextLook(held, day('2026-03-23'))).toBe('2026-03-23T23:00:00.000Z');
  });

  test('are raised once each, together on both channels, and leave the request as it is', () => {
    let held = verified();
    const seen: string[] = [];
    for (let hour = 0; hour < 45 * 24; hour += 1) {
      const now = new Date(received.getTime() + hour * 3_600_000);
      const change = watch(held, still, now);
      held = applied(held, change);
      const mails = (change?.mails ?? []).map(({ about }) => about);
      expect((change?.alerts ?? []).map(({ about }) => about)).toEqual(mails);
      seen.push(...mails.map((about) => `${about} ${now.toISOString().slice(0, 13)}`));
    }
    expect(seen).toEqual(
      [
        '14 2026-03-23T23',
        'target 2026-03-25T23',
        '7 2026-03-30T22',
        '3 2026-04-03T22',
        '1 2026-04-05T22',
        'due 2026-04-07T22',
      ].map((line) => line),
    );
    expect(held.request.status).toBe('VERIFIED');
    expect(held.request.nextActionAt).toBeDefined();
  });

  test('of an extended time limit are new ones', () => {
    const held = verified();
    const early = applied(
      held,
      watch({ ...held, request: { ...held.request, nextActionAt: received.toISOString() } }, still, day('2026-03-24')),
    );
    expect(early.request.raised).toEqual(['14@2026-04-07']);
    const extended = applied(early, extend(early, { rights: ['access'], ...why }, rules, day('2026-03-25')));
    const late = { ...extended, request: { ...extended.request, nextActionAt: received.toISOString() } };
    expect(watch(late, still, day('2026-05-20'))?.mails).toMatchObject([{ cause: '14@2026-06-02' }]);
  });
});

describe('the watchdog', () => {
  const gathering = (): Case => {
    const held = verified();
    const started = applied(held, start(held, 'dpo', received));
    return { ...started, request: { ...started.request, nextActionAt: received.toISOString() } };
  };

  test('starts a step again only when its execution is gone, and says so', () => {
    const change = watch(gathering(), still, day('2026-03-02', '12'));
    expect(change?.goOn).toBe(true);
    expect(change?.alerts).toMatchObject([{ about: 'taken-over' }]);
    expect(watch(gathering(), { running: true, noticed: true }, day('2026-03-02', '12'))).toBeUndefined();
    expect(lookAgain(gathering(), day('2026-03-02', '12'))).toBe('2026-03-02T13:00:00.000Z');
  });

  test('shows an execution that has not moved for a day to the DPO, and does not start a second one beside it', () => {
    const change = watch(gathering(), { running: true, noticed: true }, day('2026-03-03', '10'));
    expect(change?.goOn).toBeUndefined();
    expect(change?.request.needsPerson).toMatchObject({ error: 'NoProgress', step: 'gather' });
    expect(change?.alerts).toMatchObject([{ about: 'no-progress' }]);
  });

  test('misses the list of public holidays from November on, when next year is not in it', () => {
    expect(holidaysMissing('DK', '2026-11-25')).toBeUndefined();
    expect(holidaysMissing('DK', '2045-10-31')).toBeUndefined();
    expect(holidaysMissing('DK', '2045-11-01')).toBe(2046);
    expect(holidaysMissing('DK', '2046-01-01')).toBe(2046);
  });
});
