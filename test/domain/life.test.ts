import fc from 'fast-check';
import { expect, test } from 'vitest';
import { askAgain, lateAnswer, withFollowers } from '../../domain/ask-again.ts';
import { type AuditEntry, append, emptyChain, entryHash } from '../../domain/audit.ts';
import type { Change } from '../../domain/change.ts';
import { type Chore, nextChore } from '../../domain/chores.ts';
import type { Collection } from '../../domain/data-map.ts';
import { decide, refuseRequest, review, takeBack, undoableUntil } from '../../domain/decision.ts';
import { deliver, needsPackage, sends } from '../../domain/delivery.ts';
import { askOwner, askToStart, inForce, ownerAnswered, planned, start, waitingFor } from '../../domain/gathering.ts';
import { doChore } from '../../domain/housekeeping.ts';
import { exactly } from '../../domain/identity.ts';
import { receive } from '../../domain/intake.ts';
import { sendNewLink } from '../../domain/new-link.ts';
import { ownersDay } from '../../domain/owner-time.ts';
import { askForProof, askForProofAgain, prove } from '../../domain/proof.ts';
import { needsPerson, takeOver, tryAgain, withdraw } from '../../domain/recovery.ts';
import { parseReference, referenceFrom } from '../../domain/reference.ts';
import { csvFile } from '../../domain/rendering.ts';
import { type Case, isOver, type Right, type SourceRecord } from '../../domain/request.ts';
import { watch } from '../../domain/watch.ts';

const now = new Date('2026-03-02T09:00:00.000Z');
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000);

/** What the watchdog sees of an execution that ended long ago. */
const gone = { running: false, noticed: true };

/** The case as it is after a change, as the table would give it back. */
const after = (held: Case, change: Change | undefined): Case => {
  if (!change) return held;
  const name = ({ system, round, wave }: SourceRecord) => `${round} ${system} ${wave}`;
  const written = new Set((change.sources ?? []).map(name));
  const kept = held.sources.filter((source) => !written.has(name(source)));
  const { request, rights = held.rights, sources = [] } = change;
  return { request, rights, sources: [...kept, ...sources] };
};

const received = (rights: readonly Right[] = ['access']): Case => {
  const person = { name: 'Anna Berg', email: 'anna@example.org' };
  const ids = { requestId: 'r1', reference: 'K7F-4QX-92M', evidence: 'evidence/1', language: 'da' as const };
  const rules = { country: 'DK', timeZone: 'Europe/Copenhagen', policy: 'suspend' } as const;
  return after(
    { request: undefined as never, rights: [], sources: [] },
    receive({ ...ids, person, rights, silent: false }, rules, now),
  );
};

const source = (system: string, wave: number, state: SourceRecord['state'] = 'OK'): SourceRecord => {
  const found = { rows: 1, documents: 0, possibleMatches: 0, collections: [] };
  return { system, wave, round: 1, state, at: now.toISOString(), ...found };
};

const awaiting = (rights?: readonly Right[]): Case => after(received(rights), askForProof(received(rights), now, now));
const verified = (rights?: readonly Right[]): Case => after(awaiting(rights), prove(awaiting(rights), now));
const gathering = (rights?: readonly Right[]): Case => {
  const started = after(verified(rights), start(verified(rights), 'dpo', now));
  const systems = [
    { system: 'crm', wave: 0 },
    { system: 'archive', wave: 0 },
    { system: 'shop', wave: 1 },
  ];
  const plan = after(
    started,
    planned(started, { systems, dataMap: 'm' }, () => [], now),
  );
  return after({ ...plan, sources: [source('crm', 0)] }, askOwner(plan, 'archive', 0, now));
};
const reviewed = (rights?: readonly Right[], shop = source('shop', 1)): Case => {
  const answered = after(
    gathering(rights),
    ownerAnswered(gathering(rights), 'owner:archive', { answer: 'nothing' }, now),
  );
  const whole = { ...answered, sources: [...answered.sources, shop] };
  return after(whole, review(whole, { hash: 'h', rows: 2, documents: 0, attempt: 'a' }, now));
};

const approve = { outcome: 'approve' } as const;
const refused = (run: () => unknown) =>
  expect(run).toThrowError(expect.objectContaining({ name: 'TransitionRefused' }));

test('T31: a decision on another manifest than the one shown is refused', () => {
  refused(() => decide(reviewed(), { access: approve }, { manifest: 'other' }, now));
  refused(() => decide(reviewed(), { access: approve }, { manifest: '' }, now));
  expect(decide(reviewed(), { access: approve }, { manifest: 'h' }, now).request.status).toBe('APPROVED');
});

test('a decision is taken once: the second is refused', () => {
  const decided = after(reviewed(), decide(reviewed(), { access: approve }, { manifest: 'h' }, now));
  refused(() => decide(decided, { access: { outcome: 'refuse', reason: 'no' } }, { manifest: 'h' }, now));
});

test('a decision can be taken back for 15 minutes, whole, and is then made anew', () => {
  const held = reviewed(['access', 'erasure']);
  const erasure = { outcome: 'refuse', reason: 'kept by law' } as const;
  const decided = after(held, decide(held, { access: approve, erasure }, { manifest: 'h' }, now));
  const minutes = (n: number) => new Date(now.getTime() + n * 60_000);
  expect(undoableUntil(decided.request, minutes(14))).toBe(minutes(15).toISOString());
  refused(() => takeBack(decided, minutes(15)));
  const open = after(decided, takeBack(decided, minutes(14)));
  expect(open.rights.map(({ status, decision }) => [status, decision])).toEqual([
    ['REVIEW', undefined],
    ['REVIEW', undefined],
  ]);
  const again = after(open, decide(open, { access: approve, erasure: approve }, { manifest: 'h' }, minutes(14)));
  expect(again.request.segment.from).toBe(minutes(29).toISOString());
  expect(sends(again, decided.request.segment.n)).toBe(false);
  expect(sends(again, again.request.segment.n)).toBe(true);
});

test('a refusal can be taken back for 15 minutes as an approval can, before gathering too, and the person hears nothing before', () => {
  const minutes = (n: number) => new Date(now.getTime() + n * 60_000);
  const reason = 'kept by law';
  const refusedAll = { access: { outcome: 'refuse', reason }, erasure: { outcome: 'refuse', reason } } as const;
  for (const [held, change] of [
    [
      verified(['access', 'erasure']),
      refuseRequest(verified(['access', 'erasure']), { ground: 'unfounded', reason }, 'dpo', now),
    ],
    [reviewed(['access', 'erasure']), decide(reviewed(['access', 'erasure']), refusedAll, { manifest: 'h' }, now)],
  ] as const) {
    const decided = after(held, change);
    expect(change.mails ?? []).toEqual([]);
    expect(isOver(decided.request.status)).toBe(false);
    expect(undoableUntil(decided.request, minutes(14))).toBe(minutes(15).toISOString());
    const open = after(decided, takeBack(decided, minutes(14)));
    expect(open.request.status).toBe(held.request.status);
    expect(open.rights).toEqual(held.rights);
    expect(deliver(open, decided.request.segment.n, minutes(16))).toBeUndefined();
    const sent = deliver(decided, decided.request.segment.n, minutes(16));
    expect(sent?.mails).toMatchObject([{ template: 'answered', to: 'subject' }]);
    const told = after(decided, sent);
    expect(told.request).toMatchObject({ status: 'REFUSED' });
    expect(told.request).not.toHaveProperty('nextActionAt');
    expect(told.request).not.toHaveProperty('deliveredAt');
    expect(told.rights.map(({ status, decision }) => [status, decision?.reason])).toEqual([
      ['REFUSED', reason],
      ['REFUSED', reason],
    ]);
  }
});

test('a system asked again opens a new round: the old one can not be decided on, and the other answers stay', () => {
  const again = after(reviewed(), askAgain(reviewed(), ['crm'], now));
  expect(again.request).toMatchObject({ status: 'GATHERING', round: 2, segment: { step: 'gather' } });
  refused(() => decide(again, { access: approve }, { manifest: 'h' }, now));
  expect(waitingFor(again)).toEqual(['crm']);
  const answered = { ...again, sources: [...again.sources, { ...source('crm', 0), round: 2, rows: 5 }] };
  expect(waitingFor(answered)).toEqual([]);
  expect(inForce(answered).map(({ system, rows }) => [system, rows])).toContainEqual(['crm', 5]);
});

test('a system whose values others are asked for takes them along when it is asked again', () => {
  const planned = [
    { system: 'crm', wave: 0, from: [] },
    { system: 'news', wave: 0, from: [] },
    { system: 'post', wave: 1, from: ['news'] },
    { system: 'shop', wave: 1, from: ['crm'] },
    { system: 'bank', wave: 2, from: ['shop'] },
  ];
  expect(withFollowers(['crm'], { planned }).sort()).toEqual(['bank', 'crm', 'shop']);
  expect(withFollowers(['shop'], { planned }).sort()).toEqual(['bank', 'shop']);
});

test('a record that does not say whose values a system is asked for takes every later wave along', () => {
  const planned = [
    { system: 'crm', wave: 0 },
    { system: 'news', wave: 0 },
    { system: 'shop', wave: 1 },
  ];
  expect(withFollowers(['news'], { planned }).sort()).toEqual(['news', 'shop']);
});

test('an answer that comes after its system was noted as failed opens a new round once the DPO was shown the old one', () => {
  const failed = reviewed(['access'], source('shop', 1, 'FAILED'));
  const late = { ...source('shop', 1), attempt: 'x' };
  const held = after(failed, lateAnswer(failed, late, now));
  expect(held.request).toMatchObject({ status: 'GATHERING', round: 2, segment: { step: 'review' } });
  expect(held.request.manifest).toBeUndefined();
  expect(waitingFor(held)).toEqual([]);
  expect(inForce(held).find(({ system }) => system === 'shop')).toMatchObject({ state: 'OK', round: 2 });
  refused(() => decide(held, { access: approve }, { manifest: 'h', incomplete: 'gone' }, now));
});

test('an answer that comes late beside one that counts changes nothing', () => {
  expect(lateAnswer(reviewed(), { ...source('shop', 1), attempt: 'x' }, now)).toBeUndefined();
  const failed = reviewed(['access'], source('shop', 1, 'FAILED'));
  const decided = after(failed, decide(failed, { access: approve }, { manifest: 'h', incomplete: 'gone' }, now));
  expect(lateAnswer(decided, { ...source('shop', 1), attempt: 'x' }, now)).toBeUndefined();
});

test('what is no longer as it was approved is gathered anew, and decided on anew', () => {
  const decided = after(reviewed(), decide(reviewed(), { access: approve }, { manifest: 'h' }, now));
  const stuck = after(decided, needsPerson(decided, 'deliver', 'ManifestMismatch', now));
  const again = after(stuck, tryAgain(stuck, now));
  expect(again.request).toMatchObject({ status: 'GATHERING', round: 2, segment: { step: 'gather' } });
  expect(again.rights[0]?.decision).toBeUndefined();
  expect(waitingFor(again).length).toBe(3);
});

test('a refusal needs a reason', () => {
  refused(() => decide(reviewed(), { access: { outcome: 'refuse' } }, { manifest: 'h' }, now));
  const { rights } = decide(reviewed(), { access: { outcome: 'refuse', reason: 'why' } }, { manifest: 'h' }, now);
  expect(rights?.map(({ decision }) => [decision?.outcome, decision?.reason])).toEqual([['refuse', 'why']]);
});

test('every right asked for is decided, each on its own', () => {
  const held = reviewed(['access', 'erasure']);
  refused(() => decide(held, { access: approve }, { manifest: 'h' }, now));
  const erasure = { outcome: 'refuse', reason: 'kept by law' } as const;
  const decided = after(held, decide(held, { access: approve, erasure }, { manifest: 'h' }, now));
  expect(decided.request.status).toBe('APPROVED');
  expect(decided.rights.map(({ decision }) => decision?.outcome)).toEqual(['approve', 'refuse']);
  const sent = after(decided, deliver(decided, decided.request.segment.n, later(1)));
  expect(sent.rights.map(({ right, status }) => [right, status])).toEqual([
    ['access', 'DELIVERED'],
    ['erasure', 'REFUSED'],
  ]);
  expect(sent.request.status).toBe('DELIVERED');
});

test('what is refused is in no package, and a refusal of all data needs none', () => {
  const reason = 'kept by law';
  const held = reviewed(['access', 'erasure']);
  const decided = (access: Parameters<typeof decide>[1]['access']) =>
    after(held, decide(held, { access, erasure: { outcome: 'refuse', reason } }, { manifest: 'h' }, now));
  expect(needsPackage(decided(approve))).toBe(true);
  expect(needsPackage(decided({ outcome: 'refuse', reason }))).toBe(false);
});

test.each(['FAILED', 'PARTIAL'] as const)('delivery while a system is %s needs a reason for it', (state) => {
  const held = reviewed(['access'], source('shop', 1, state));
  refused(() => decide(held, { access: approve }, { manifest: 'h' }, now));
  const { rights } = decide(held, { access: approve }, { manifest: 'h', incomplete: 'the shop is gone' }, now);
  expect(rights?.[0]?.decision?.incomplete).toBe('the shop is gone');
});

test("the first owner's answer wins", () => {
  const answered = after(gathering(), ownerAnswered(gathering(), 'owner:archive', { answer: 'nothing' }, now));
  refused(() => ownerAnswered(answered, 'owner:archive', { answer: 'not-me', named: 'Bo' }, now));
  expect(answered.sources.find(({ system }) => system === 'archive')?.state).toBe('EMPTY');
});

test('proof is asked for again at most three times, and never once it was given', () => {
  let held = awaiting();
  for (let n = 0; n < 3; n += 1) held = after(held, askForProofAgain(held, now));
  refused(() => askForProofAgain(held, now));
  refused(() => askForProofAgain(verified(), now));
});

test('asking the DPO to start twice is one mail', () => {
  const asked = askToStart(verified(), 'ask', now);
  expect(asked?.mails).toHaveLength(1);
  expect(askToStart(after(verified(), asked), 'ask', now)).toBeUndefined();
});

test('the watchdog starts again a step whose mail to the DPO was never caused, and leaves one that was to the DPO', () => {
  expect(watch(verified(), gone, later(2))?.goOn).toBe(true);
  const asked = after(verified(), askToStart(verified(), 'ask', now));
  expect(watch(asked, gone, later(2))?.goOn).toBeUndefined();
});

test('taking over changes nothing but the segment', () => {
  for (const held of [received(), awaiting(), verified(), gathering(), reviewed()]) {
    const { request, rights, sources, mails } = takeOver(held, later(1));
    expect({ ...request, segment: held.request.segment }).toEqual(held.request);
    expect(request.segment.n).toBe(held.request.segment.n + 1);
    expect([rights, sources, mails]).toEqual([undefined, undefined, undefined]);
  }
});

test('gathering is taken over as gathering, even when an owner answered before every system was asked', () => {
  const answered = after(gathering(), ownerAnswered(gathering(), 'owner:archive', { answer: 'nothing' }, now));
  expect(answered.request.segment.step).toBe('review');
  expect(takeOver(answered, later(1)).request.segment.step).toBe('gather');
  const whole = { ...answered, sources: [...answered.sources, source('shop', 1)] };
  expect(takeOver(whole, later(1)).request.segment.step).toBe('review');
});

test('a failure is told once, and not at all about a request that is over', () => {
  const told = needsPerson(gathering(), 'gather', 'Conflict', now);
  expect(told?.mails).toHaveLength(1);
  const stuck = after(gathering(), told);
  expect(needsPerson(stuck, 'gather', 'Conflict', now)).toBeUndefined();
  const withdrawn = after(stuck, withdraw(stuck, now));
  expect(needsPerson(withdrawn, 'gather', 'TransitionRefused', now)).toBeUndefined();
  refused(() => tryAgain(withdrawn, now));
});

const chain = fc
  .array(fc.record({ what: fc.stringMatching(/^[A-Z_]{1,12}$/), rows: fc.nat() }), { minLength: 2, maxLength: 8 })
  .map((facts) => {
    let head = emptyChain;
    const entries = facts.map(({ what, rows }) => {
      const next = append('r1', head, { what, by: 'workflow', facts: { rows } }, now.toISOString());
      head = next.head;
      return next.entry;
    });
    return { entries, head };
  });

/** Whether the entries are the whole chain that ends at the head. */
const holds = (entries: readonly AuditEntry[], head: { n: number; hash: string }): boolean => {
  let previous = emptyChain.hash;
  for (const [index, entry] of entries.entries()) {
    if (entry.n !== index + 1 || entry.previous !== previous) return false;
    previous = entryHash(entry);
  }
  return entries.length === head.n && previous === head.hash;
};

test('the audit chain shows any edit, removal and reorder', () => {
  fc.assert(
    fc.property(chain, fc.nat(), ({ entries, head }, seed) => {
      const at = seed % entries.length;
      const entry = entries[at] as AuditEntry;
      expect(holds(entries, head)).toBe(true);
      expect(holds(entries.with(at, { ...entry, facts: { rows: -1 } }), head)).toBe(false);
      expect(holds(entries.with(at, { ...entry, by: 'dpo' }), head)).toBe(false);
      expect(holds(entries.toSpliced(at, 1), head)).toBe(false);
      expect(holds(entries.toReversed(), head)).toBe(false);
    }),
  );
});

test('the check sign of a case number catches every single wrong sign', () => {
  const signs = [...'23456789BCDFGHJKMNPQRSTVWXYZ'];
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
      const nine = [...referenceFrom(bytes).replaceAll('-', '')];
      expect(parseReference(nine.join(''))).toBe(referenceFrom(bytes));
      for (const place of nine.keys()) {
        for (const sign of signs.filter((other) => other !== nine[place])) {
          expect(parseReference(nine.with(place, sign).join(''))).toBeUndefined();
        }
      }
    }),
    { numRuns: 30 },
  );
});

const matches = (asked: string, held: string) => exactly('email', new Set([asked]), true)({ email: held });

test.each([
  ['a Kelvin sign', 'mike@example.org', 'mi\u212Ae@example.org'],
  ['a dotless i', 'mike@example.org', 'm\u0131ke@example.org'],
  ['a full-width @', 'mike@example.org', 'mike\uFF20example.org'],
  ['an accent', 'jon@example.org', 'jón@example.org'],
  ['a combining accent', 'j\u00F3n@example.org', 'jo\u0301n@example.org'],
  ['a blank behind', 'jon@example.org', 'jon@example.org '],
  ['a wild card', 'j_n@example.org', 'jon@example.org'],
])('T04: %s never makes one address another', (_, asked, held) => {
  expect(matches(asked, held)).toBe(false);
  expect(matches(held, asked)).toBe(false);
});

test('T04: two addresses match only when their bytes do, ASCII case aside', () => {
  const lower = (text: string) => text.replace(/[A-Z]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 32));
  // Signs that some database takes for one another: two addresses of them look alike sign by sign.
  const alike = ['aAá\uFF41', 'kK\u212A', 'iI\u0131\u0130', '@\uFF20', 'sS\u00DF'].map((signs) => [...signs]);
  const pair = fc.constantFrom(...alike, ['', '\u0301', '\u200B', ' '], ['ff', 'ﬀ']).chain((signs) => {
    const one = fc.constantFrom(...signs);
    return fc.tuple(one, one);
  });
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 4 }), (pairs) => {
      const [a, b] = [pairs.map(([one]) => one).join(''), pairs.map(([, other]) => other).join('')];
      expect(matches(a, b)).toBe(lower(a) === lower(b));
      expect(matches(a, lower(a))).toBe(true);
    }),
  );
});

const cellOf = (value: string | number | bigint): string => {
  const label = { da: 'x', en: 'x' };
  const collection = { fields: { x: { label } } } as unknown as Collection;
  return csvFile(collection, 'da').row({ x: value }).slice(0, -2).replace(/^"/, '');
};

test('T38: no cell of a CSV file begins a formula, and negative numbers stay numbers', () => {
  fc.assert(
    fc.property(fc.constantFrom(...'=+-@\t\r\n＝＋－＠\0'), fc.string(), (sign, rest) => {
      fc.pre(!/^-\d+(\.\d+)?$/.test(sign + rest));
      expect(cellOf(sign + rest)).not.toMatch(/^[=+\-@\t\r\n\0＝＋－＠]/);
    }),
  );
  expect([cellOf(-12), cellOf(-12n), cellOf('-12.5')]).toEqual(['-12', '-12', '-12.5']);
});

test('an owner is never asked to answer by a day that is over, and is told where it is urgent', () => {
  const place = { country: 'DK', timeZone: 'Europe/Copenhagen' };
  const askedAt = (at: string): Case => {
    const held = gathering();
    return { ...held, sources: held.sources.map((each) => (each.system === 'archive' ? { ...each, at } : each)) };
  };
  const day = (asked: string, today = asked) =>
    ownersDay(askedAt(`${asked}T09:00:00.000Z`), 'archive', place, new Date(`${today}T09:00:00.000Z`));
  // The internal target is Thursday 26 March, the date that the person was given 2 April, before Easter.
  expect(day('2026-03-02')).toEqual({ day: '2026-03-26', urgent: false });
  expect(day('2026-03-02', '2026-03-26')).toEqual({ day: '2026-03-26', urgent: false });
  expect(day('2026-03-02', '2026-03-27')).toEqual({ day: '2026-03-30', urgent: true });
  expect(day('2026-03-28')).toEqual({ day: '2026-04-02', urgent: false });
  expect(day('2026-04-03')).toEqual({ day: '2026-04-07', urgent: true });
  expect(day('2026-04-10')).toEqual({ day: '2026-04-13', urgent: true });
  expect(day('2026-04-10', '2026-04-20')).toEqual({ day: '2026-04-21', urgent: true });
});

test('where housekeeping comes late, an owner hears of 80 % of their time, and not of 50 % beside it', () => {
  const rules = {
    country: 'DK',
    timeZone: 'Europe/Copenhagen',
    retention: { evidenceDays: 30, personDays: 90, recordYears: 5 },
  };
  type OwnersChore = Chore & { readonly name: 'owner-50' };
  const next = (held: Case) => nextChore(held, rules) as OwnersChore;
  const held = gathering();
  const deputies = { mayMail: true, deputies: 2 };
  const half = next(held);
  expect(doChore(held, half, deputies, new Date(half.at)).mails?.map(({ to }) => to)).toEqual(['owner:archive']);
  const late = doChore(held, half, deputies, later(60));
  expect(late).toMatchObject({ mails: [], audit: { what: 'REMINDER_LEFT_OUT' } });
  const noted = after(held, late);
  const last = doChore(noted, next(noted), deputies, later(60));
  expect(last.mails?.map(({ to }) => to)).toEqual(['owner:archive', 'owner:archive:1', 'owner:archive:2']);
  expect(next(after(noted, last))).toBeUndefined();
});

test('for an ended link to an answer in another mailbox than the one that asked, the page of the case is mailed to nobody', () => {
  const { request, rights, sources } = received();
  const at = now.toISOString();
  const authority = { email: 'mor@example.org', answerTo: 'person', reason: 'Fuldmagt', by: 'dpo', at } as const;
  const proven = { ...request, status: 'REVIEW', proof: { at, method: 'mailbox' } } as const;
  const linksFor = (asked: Case['request']) => sendNewLink({ request: asked, rights, sources }, 'download', now)?.mails;
  expect(linksFor(proven)).toMatchObject([{ template: 'new-link', to: 'subject' }]);
  expect(linksFor({ ...proven, authority })).toBeUndefined();
});
