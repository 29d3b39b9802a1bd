import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import { decidersOf } from '../../domain/deciders.ts';
import {
  answerTask,
  ask,
  asksWho,
  decide,
  dpo,
  expectStatus,
  last4,
  linkIn,
  lookAt,
  lookedAt,
  openAsDpo,
  prove,
  signInAs,
  start,
  undoTime,
} from '../journeys/access.ts';
import { caseOf, clearFaults, fault, isHeld, itemsOf } from '../journeys/faults.ts';
import { type Page, textOf, Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';
import { synthWith } from './settings.ts';

let world: World;
let people = 0;

/** A request that waits for the DPO's decision. */
const toReview = async (): Promise<string> => {
  people += 1;
  const email = `person${people}@fremmed.example`;
  const { reference } = await ask(world, { name: 'En Person', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  return reference;
};

/** A request about somebody of whom all systems hold something. */
const toReviewFull = async (): Promise<string> => {
  const email = peopleToTry.everywhere;
  const { reference } = await ask(world, { name: 'Mette Kjærgaard', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'found', 'Kasse 12 i kælderen');
  return reference;
};

const open = (reference: string, visitor = new Visitor(world.site)) => openAsDpo(world, reference, 2, visitor);

const approving = (reference: string) => ({ action: 'decide', last4: last4(reference), 'outcome-access': 'approve' });
const refusing = (reference: string) => ({
  action: 'decide',
  last4: last4(reference),
  'outcome-access': 'refuse',
  'ground-access': 'other',
  'reason-access': 'Nej.',
});

const statusOf = async (reference: string): Promise<string> =>
  String((await caseOf(world, reference)).find(({ sk }) => sk === 'REQUEST')?.status);

const auditOf = async (reference: string, what: string) => {
  const items = await caseOf(world, reference);
  return items.filter((item) => item.sk.startsWith('AUDIT#') && item.what === what);
};

/** Sends the form and waits for the code's mail; answers the page that asks for it, and the code. */
const askForCode = async (page: Page, visitor: Visitor, fields: Record<string, string>, who = dpo) => {
  const before = (await world.mails()).length;
  const asked = expectStatus(await visitor.submit(page, fields, 'manifest'), 200);
  const mail = await world.mail(who, /kode til at afgøre sagen/, before);
  return { asked, mail, code: /\b(\d{4}) ?(\d{4})\b/.exec(mail.text)?.slice(1).join('') ?? '' };
};

describe('a link to the DPO alone', () => {
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  test('T25: whoever got a forwarded DPO link decides nothing: the code goes to the DPO’s own address', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    expect(page.html).not.toContain('value="decide"');
    const { asked, mail, code } = await askForCode(page, visitor, approving(reference));
    expect(mail.to).toEqual([dpo]);
    expect(asked.html).not.toContain(code);
    expect(await statusOf(reference)).toBe('REVIEW');
    for (const guess of ['', '00000000', 'ABCDEFGH']) {
      await visitor.submit(asked, { ...approving(reference), code: guess }, 'code');
      expect(await statusOf(reference)).toBe('REVIEW');
    }
  });

  test('T25: whoever got a forwarded DPO link asks the person nothing in our name, gives no more time, and notes no answer of theirs', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    const person = `person${people}@fremmed.example`;
    const toPerson = async () => (await world.mails()).filter(({ to }) => to.includes(person)).length;
    const before = await toPerson();
    const asking = { action: 'ask', kind: 'identity', question: 'Hvad er dit CPR-nummer?' };
    const extending = { action: 'extend', ground: 'number', reason: 'Mange sager.' };
    for (const fields of [asking, extending]) {
      const { asked } = await askForCode(page, visitor, { ...fields, last4: last4(reference) });
      expect(asked.html).toContain('name="code"');
      await visitor.submit(asked, { ...fields, last4: last4(reference), code: '00000000' }, 'code');
    }
    await world.quiet();
    expect(await toPerson()).toBe(before);
    for (const what of ['ASKED', 'EXTENDED']) expect(await auditOf(reference, what)).toEqual([]);
  });

  /** Values that only a system holds: no form of the person had them. */
  const onlyGathered = (): string[] => {
    const { notes, orders, customers } = holdings(peopleToTry.everywhere);
    const words = notes.map(({ text }) => text);
    return [...words, ...orders.map(({ orderId }) => String(orderId)), ...customers.map(({ id }) => String(id))];
  };

  const gatheredPages = (reference: string): string[] =>
    [
      'data/crm/notes',
      'data/crm/notes/0',
      'data/crm/customers/0',
      'data/webshop/orders',
      'data/support/attachments',
      'data/support/attachments?document=0',
      'preview/START-HER.html',
      'preview/systemer/02-crm/index.html',
      'preview/systemer/02-crm/notes.csv',
    ].map((path) => `/dpo/request/${reference}/${path}`);

  const marksOf = async () => (await itemsOf(world)).filter(({ sk }) => sk.startsWith('MARK#'));

  test('T25: whoever got a forwarded DPO link reads no byte of what was gathered and changes no choice, with any cookie that can be made up', async () => {
    const reference = await toReviewFull();
    const { page, visitor } = await open(reference);
    const [first] = decidersOf({ dpo: { name: 'DPO', email: dpo, language: 'da' } } as never);
    visitor.cookies.set('__Host-decider-hint', first?.key ?? '');
    visitor.cookies.set('__Host-decider', `${'A'.repeat(43)}.${'A'.repeat(43)}`);
    visitor.cookies.set('__Host-dpo', `${'A'.repeat(43)}.${'A'.repeat(43)}`);
    const gathered = onlyGathered();
    expect(gathered.length).toBeGreaterThan(3);
    const choice = { target: 'row', choice: 'withhold', ground: 'others' };
    const mailed = (await world.mails()).length;
    const shown = [page, await visitor.get(`/dpo/request/${reference}`)];
    for (const path of gatheredPages(reference)) {
      const asked = [
        await visitor.get(path),
        await visitor.post(path, choice),
        await visitor.post(path, { ...choice, target: 'field:text', action: 'open' }),
        await visitor.post(path, { ...choice, target: 'document:0', action: 'code-open' }),
      ];
      for (const each of asked) {
        expect(asksWho(each), each.url).toBe(true);
        expect(each.trail).toHaveLength(1);
      }
      shown.push(...asked);
    }
    for (const { html } of shown) {
      for (const value of [...gathered, 'Kasse 12', 'attachments-', '.json']) expect(html).not.toContain(value);
    }
    expect(await marksOf()).toEqual([]);
    await world.quiet();
    expect((await world.mails()).length).toBe(mailed);
  });

  test('T25: what was gathered opens with the code of the decider’s mailbox, on the page that was asked for, and a choice sent before waits for it', async () => {
    const reference = await toReviewFull();
    const { visitor } = await open(reference);
    const path = `/dpo/request/${reference}/data/crm/notes/0`;
    const choice = { target: 'row', choice: 'withhold', ground: 'others' };
    const waiting = await visitor.post(path, choice);
    const before = (await world.mails()).length;
    const named = { last4: last4(reference) };
    const sent = expectStatus(await visitor.submit(waiting, { action: 'code-open', ...named }, 'last4'), 200);
    const mail = await world.mail(dpo, /kode til at afgøre sagen/, before);
    const code = /\b(\d{4}) ?(\d{4})\b/.exec(mail.text)?.slice(1).join('') ?? '';
    const wrong = await visitor.submit(sent, { action: 'open', ...named, code: '00000000' }, 'code');
    expect(wrong.status).toBe(400);
    expect(await marksOf()).toEqual([]);
    const done = expectStatus(await visitor.submit(wrong, { action: 'open', ...named, code }, 'code'), 200);
    expect(done.url).toBe(`${world.site}${path}`);
    expect(done.html).toContain('<code>author</code>');
    expect(await marksOf()).toEqual([expect.objectContaining({ row: 0, choice: 'withhold', ground: 'others' })]);

    const mailed = (await world.mails()).length;
    for (const each of gatheredPages(reference)) expect(asksWho(await visitor.get(each)), each).toBe(false);
    expect((await world.mails()).length).toBe(mailed);
  });

  test('a sign-in with the verified address of somebody who decides is the second factor: it shows what was gathered, and decides', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    expectStatus(await signInAs(visitor), 200);
    const before = (await world.mails()).length;
    const path = `/dpo/request/${reference}/preview/START-HER.html`;
    expect(asksWho(expectStatus(await visitor.get(path), 200))).toBe(false);
    expect(asksWho(await (await open(reference)).visitor.get(path))).toBe(true);
    expectStatus(await visitor.submit(page, approving(reference), 'manifest'), 200);
    expect(await statusOf(reference)).not.toBe('REVIEW');
    const codes = (await world.mails()).slice(before).filter(({ subject }) => /kode til at afgøre/.test(subject));
    expect(codes).toEqual([]);
    expect((await auditOf(reference, 'DECIDED'))[0]?.by).toBe('dpo');
  });

  test('T24: a scanner that sends every form of the DPO’s page, with what stands in it, decides nothing and has no code mailed', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    const before = (await world.mails()).length;
    for (const action of ['decide', 'code-decide', 'agree', 'code-agree', 'refuse', 'code-refuse', 'forget'])
      await visitor.post(page.url, { action });
    await world.quiet();
    expect((await world.mails()).length).toBe(before);
    expect(await statusOf(reference)).toBe('REVIEW');
  });

  test('T20: of a hundred guesses at once at most five are compared, and the right code is refused after them', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    const { asked, code } = await askForCode(page, visitor, approving(reference));
    const guesses = Array.from({ length: 100 }, (_, n) => String(n).padStart(8, '0'));
    await Promise.all(guesses.map((guess) => visitor.submit(asked, { ...approving(reference), code: guess }, 'code')));
    const place = (await itemsOf(world)).find(
      (item) => item.purpose === 'decider-code' && item.reference === reference,
    );
    expect(place?.attempts).toBe(5);
    const late = await visitor.submit(asked, { ...approving(reference), code }, 'code');
    expect(late.status).toBe(400);
    expect(textOf(late.html)).toMatch(/gælder ikke mere/);
    expect(await statusOf(reference)).toBe('REVIEW');
  });

  test('T20: five codes a day are mailed for a request, and what was typed stands in the form each time', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    let asked: Page = page;
    for (let n = 0; n < 5; n += 1)
      asked = (
        await askForCode(asked, visitor, {
          ...refusing(reference),
          'reason-access': 'Skrevet én gang.',
          action: 'code-decide',
        })
      ).asked;
    expect(asked.html).toContain('Skrevet én gang.');
    const sixth = await visitor.submit(asked, { ...refusing(reference), action: 'code-decide' }, 'manifest');
    expect(sixth.status).toBe(400);
    expect(textOf(sixth.html)).toMatch(/for mange koder i dag/);
  });

  test('T21, T28: a code is good once and for ten minutes, and a new one voids the one before', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    const first = await askForCode(page, visitor, approving(reference));
    const second = await askForCode(first.asked, visitor, { ...approving(reference), action: 'code-decide' });
    expect((await visitor.submit(second.asked, { ...approving(reference), code: first.code }, 'code')).status).toBe(
      400,
    );
    await world.advance('PT11M');
    expect((await visitor.submit(second.asked, { ...approving(reference), code: second.code }, 'code')).status).toBe(
      400,
    );
    expect(await statusOf(reference)).toBe('REVIEW');

    const third = await askForCode(second.asked, visitor, { ...approving(reference), action: 'code-decide' });
    const other = new Visitor(world.site);
    const { page: theirs } = await open(reference, other);
    const typed = { ...approving(reference), code: third.code };
    const both = await Promise.all([
      visitor.submit(third.asked, typed, 'code'),
      other.submit(theirs, typed, 'manifest'),
    ]);
    // The other browser opened the same link: one of the two spends the code.
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await auditOf(reference, 'DECIDED')).toHaveLength(1);
  });

  test('T22: a code for one request is none for another', async () => {
    const [one, two] = [await toReview(), await toReview()];
    const [first, second] = [await open(one), await open(two)];
    const { code } = await askForCode(first.page, first.visitor, approving(one));
    const { asked } = await askForCode(second.page, second.visitor, approving(two));
    expect((await second.visitor.submit(asked, { ...approving(two), code }, 'code')).status).toBe(400);
    expect(await statusOf(two)).toBe('REVIEW');
  });

  test('the DPO’s browser is known for the working day, in a cookie that no other site’s page brings along and the table holds hashed', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    const { asked, code } = await askForCode(page, visitor, approving(reference));
    const body = new URLSearchParams({
      ...approving(reference),
      code,
      person: /name="person" value="(\w+)"/.exec(asked.html)?.[1] ?? '',
    });
    body.set('manifest', /name="manifest" value="(\w+)"/.exec(asked.html)?.[1] ?? '');
    const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: world.site, cookie };
    const done = await fetch(asked.url, { method: 'POST', headers, body, redirect: 'manual' });
    const kept = done.headers.getSetCookie().find((line) => line.startsWith('__Host-decider=')) ?? '';
    expect(kept).toMatch(/; Path=\/; Max-Age=28800; Secure; HttpOnly; SameSite=Strict$/);
    const browser = /=([\w.-]+);/.exec(kept)?.[1] ?? '';
    expect(JSON.stringify(await itemsOf(world))).not.toContain(browser.split('.')[1]);

    const known = new Visitor(world.site);
    known.cookies.set('__Host-decider', browser);
    const mailed = async () => (await world.mails()).filter(({ subject }) => /kode til at afgøre/.test(subject)).length;
    const before = await mailed();
    for (const next of [await toReview(), await toReview()]) {
      const opened = await open(next, known);
      expectStatus(await known.submit(opened.page, approving(next), 'manifest'), 200);
      expect(await statusOf(next)).not.toBe('REVIEW');
    }
    expect(await mailed()).toBe(before);

    const last = await toReview();
    const opened = await open(last, known);
    expectStatus(await known.post(opened.page.url, { action: 'forget' }), 200);
    known.cookies.set('__Host-decider', browser);
    await askForCode(opened.page, known, approving(last));
    expect(await statusOf(last)).toBe('REVIEW');
  });

  test('T58: who knows a decider’s address and no session of theirs signs them out nowhere', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    expectStatus(await decide(world, page, visitor, approving(reference)), 200);
    const [person = ''] = (visitor.cookies.get('__Host-decider') ?? '').split('.');
    expect(person).toMatch(/^[\w-]{43}$/);
    // All of it follows from the address; only the second half of the cookie does not.
    const made = `${person}.${'A'.repeat(43)}`;
    const stranger = new Visitor(world.site);
    stranger.cookies.set('__Host-dpo', made);
    expectStatus(await stranger.post('/dpo/sign-out', { action: 'everywhere' }), 200);
    const forwarded = (await open(reference)).visitor;
    forwarded.cookies.set('__Host-decider', made);
    expectStatus(await forwarded.post(`/dpo/request/${reference}`, { action: 'forget' }), 200);
    expect(asksWho(await visitor.get(`/dpo/request/${reference}/preview/START-HER.html`))).toBe(false);
  });

  test('T29: a double click is one decision, and the second sees who decided and when, not an error', async () => {
    const [known, reference] = [await toReview(), await toReview()];
    const first = await open(known);
    expectStatus(await decide(world, first.page, first.visitor, approving(known)), 200);
    const { page, visitor } = await open(reference, first.visitor);
    const clicks = [1, 2].map(() => visitor.submit(page, approving(reference), 'manifest'));
    const pages = await Promise.all(clicks);
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(textOf(pages.find(({ status }) => status === 409)?.html ?? '')).toMatch(/blev ikke gemt.*Imødekommet, DPO,/);
    expect(await auditOf(reference, 'DECIDED')).toHaveLength(1);
  });

  test('T29: a refusal that was read before an approval was written, and comes to be written after it, changes nothing', async () => {
    const [known, reference] = [await toReview(), await toReview()];
    const first = await open(known);
    expectStatus(await decide(world, first.page, first.visitor, approving(known)), 200);
    const { page, visitor } = await open(reference, first.visitor);
    await world.quiet();
    await fault(world, { service: 'dynamodb', operation: 'TransactWriteItems', mode: 'delay', ms: 3_000 });
    const late = visitor.submit(page, refusing(reference), 'manifest');
    expect(await isHeld(world)).toBe(true);
    expectStatus(await visitor.submit(page, approving(reference), 'manifest'), 200);
    expect((await late).status).toBe(409);
    await clearFaults(world);
    expect(await statusOf(reference)).toBe('APPROVED');
    const [decided, ...more] = await auditOf(reference, 'DECIDED');
    expect([decided?.facts, more]).toEqual([expect.objectContaining({ approved: 'access' }), []]);
  });
});

describe('four eyes', () => {
  const [anna, bo] = ['anna.dpo@nordlys.example', 'bo.dpo@nordlys.example'];
  let cdkOut: string;
  beforeAll(async () => {
    cdkOut = await synthWith({
      config: ({ dpo: first }) => {
        first.fourEyes = true;
        first.deputies = [anna, bo].map((email) => ({
          name: email.split('.')[0] ?? '',
          email,
          language: 'da' as const,
        }));
      },
    });
    world = await openWorld({ cdkOut });
  });
  afterAll(async () => {
    await world.close();
    rmSync(cdkOut, { recursive: true });
  });

  /** Opens the page in a browser of one of the people; what it answers sends a form of it. */
  const openAs = async (who: string, reference: string, count = 2) => {
    const { page, visitor } = await openAsDpo(world, reference, count);
    const place = [dpo, anna, bo].indexOf(who);
    const person = [...page.html.matchAll(/name="person" value="(\w+)"/g)][place]?.[1] ?? '';
    return (fields: Record<string, string | readonly string[]>, having = 'manifest') =>
      decide(world, page, visitor, { ...fields, person }, { who, having });
  };
  const decideAs = async (
    who: string,
    reference: string,
    fields: Record<string, string | readonly string[]>,
    having?: string,
  ) => (await openAs(who, reference))(fields, having);
  const agreeing = (reference: string) => ({ action: 'agree', last4: last4(reference) });

  /** The row of the timeline that tells of it. */
  const timelineOf = ({ html }: Page, what: string): string[] => {
    const part = html.slice(html.indexOf('<h2>Forløb</h2>'));
    const rows = [...part.matchAll(/<tr>.*?<\/tr>/gs)].map(([row]) => textOf(row));
    return rows.filter((row) => row.includes(what));
  };

  test('the timeline and the audit chain tell which of those who decide did what, and what was held back', async () => {
    const reference = await toReviewFull();
    const { visitor } = await open(reference);
    const rows = `/dpo/request/${reference}/data/crm/notes`;
    expectStatus(await lookAt(world, visitor, rows, anna), 200);
    const hide = { target: 'row', choice: 'withhold', ground: 'others' };
    expectStatus(await visitor.post(`${rows}/1`, hide), 200);
    const stale = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
    expectStatus(await visitor.submit(stale, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
    const fresh = await openAsDpo(world, reference, 3);
    const looked = lookedAt(fresh.page);
    const shown = await openAs(dpo, reference, 3);
    expectStatus(await shown({ ...approving(reference), looked }), 200);
    expectStatus(await decideAs(bo, reference, agreeing(reference), 'proposal'), 200);
    for (const what of ['MARKED', 'MADE_ANEW'])
      expect((await auditOf(reference, what)).map(({ facts }) => facts)).toEqual([
        expect.objectContaining({ by: 'deputy-1' }),
      ]);
    const page = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
    expect(timelineOf(page, 'valgt, hvad der sendes')).toEqual([
      expect.stringMatching(
        /Kundekartotek, Notater om samtaler, post 2: udelades \(hensyn til andre\).*Stedfortræder 1/,
      ),
    ]);
    expect(timelineOf(page, 'Svaret blev lavet om')).toEqual([expect.stringContaining('Stedfortræder 1')]);
    expect(timelineOf(page, 'en anden skal være enig')).toEqual([expect.stringMatching(/ DPO /)]);
    expect(timelineOf(page, 'Anmodningen blev afgjort')).toEqual([expect.stringContaining('DPO og stedfortræder 2')]);
    // Whoever has the link starts it: nobody was asked who they are.
    expect(timelineOf(page, 'Indsamlingen blev startet')).toEqual([expect.stringContaining('Via DPO’ens link')]);
  });

  const keyOf = (email: string) => decidersOf({ dpo: { name: '', email, language: 'da' } })[0]?.key ?? '';
  const handOver = (who: string, to: string, reference: string, ground: string) =>
    decideAs(who, reference, { action: 'hand-over', to: keyOf(to), ground, last4: last4(reference) }, 'to');
  const askedToAgree = async (who: string, reference: string) =>
    (await world.mails()).filter(
      ({ to, subject }) => to.includes(who) && subject.includes(`${reference} mangler dit ja`),
    ).length;

  test('who gives a case away for a conflict of interest decides nothing about it any more, and is not asked to', async () => {
    const reference = await toReviewFull();
    expectStatus(await handOver(dpo, anna, reference, 'conflict'), 200);
    const { page } = await open(reference);
    expect(textOf(page.html)).toContain('Dorte Ågård (DPO) er inhabil og kan ikke afgøre sagen');
    const looked = lookedAt(page);
    for (const fields of [{ ...approving(reference), looked }, refusing(reference)]) {
      const own = await decideAs(dpo, reference, fields);
      expect(own.status).toBe(400);
      expect(textOf(own.html)).toContain('Du er inhabil i sagen: en anden skal afgøre den');
    }
    const { visitor } = await open(reference);
    const rows = `/dpo/request/${reference}/data/crm/notes`;
    expectStatus(await lookAt(world, visitor, rows), 200);
    const hide = { target: 'row', choice: 'withhold', ground: 'others' };
    expect((await visitor.post(`${rows}/1`, hide)).status).toBe(400);
    expect(await auditOf(reference, 'MARKED')).toEqual([]);

    expectStatus(await decideAs(anna, reference, { ...approving(reference), looked }), 200);
    await world.quiet();
    expect(await askedToAgree(bo, reference)).toBe(1);
    expect(await askedToAgree(dpo, reference)).toBe(0);
    const agreed = await decideAs(dpo, reference, agreeing(reference), 'proposal');
    expect(agreed.status).toBe(400);
    expect(textOf(agreed.html)).toContain('Du er inhabil i sagen');
    expectStatus(await decideAs(bo, reference, agreeing(reference), 'proposal'), 200);
    expect((await auditOf(reference, 'DECIDED'))[0]?.facts).toMatchObject({ by: 'deputy-1', second: 'deputy-2' });
  });

  test('what somebody proposed falls away when they give the case away for a conflict of interest, and the page tells', async () => {
    const reference = await toReview();
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    const late = await openAs(bo, reference);
    expectStatus(await handOver(dpo, anna, reference, 'conflict'), 200);
    expect((await late(agreeing(reference), 'proposal')).status).toBe(409);
    const { page } = await open(reference);
    expect(textOf(page.html)).toMatch(
      /Et forslag gælder ikke mere Dorte Ågård \(DPO\) afgjorde .*, men er siden meldt inhabil/,
    );
    expect(await auditOf(reference, 'DECIDED')).toEqual([]);
  });

  test('a yes is no longer awaited from who gives the case away for a conflict of interest', async () => {
    const reference = await toReview();
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    expectStatus(await handOver(anna, bo, reference, 'conflict'), 200);
    const request = (await caseOf(world, reference)).find(({ sk }) => sk === 'REQUEST');
    expect(request?.proposal).toMatchObject({ asked: [keyOf(bo)] });
    expect((await decideAs(anna, reference, agreeing(reference), 'proposal')).status).toBe(400);
    expectStatus(await decideAs(bo, reference, agreeing(reference), 'proposal'), 200);
  });

  test('where too few are left without a conflict of interest everybody may decide, and the page says so', async () => {
    const reference = await toReview();
    expectStatus(await handOver(dpo, anna, reference, 'conflict'), 200);
    expectStatus(await handOver(anna, bo, reference, 'conflict'), 200);
    const { page } = await open(reference);
    expect(textOf(page.html)).toContain('Der er ikke andre nok i konfigurationen, så alle kan stadig afgøre sagen');
    expectStatus(await decideAs(bo, reference, approving(reference)), 200);
    expectStatus(await decideAs(dpo, reference, agreeing(reference), 'proposal'), 200);
    expect(await auditOf(reference, 'DECIDED')).toHaveLength(1);
  });

  test('a proposal that fell away because what is held back changed is told on the page; the next mail says the answer was made anew', async () => {
    const reference = await toReviewFull();
    const { page, visitor } = await open(reference);
    const looked = lookedAt(page);
    expectStatus(await decideAs(dpo, reference, { ...approving(reference), looked }), 200);
    const rows = `/dpo/request/${reference}/data/crm/notes`;
    expectStatus(await lookAt(world, visitor, rows, anna), 200);
    const hide = { target: 'row', choice: 'withhold', ground: 'others' };
    expectStatus(await visitor.post(`${rows}/1`, hide), 200);
    const stale = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
    const fell =
      /Et forslag gælder ikke mere Dorte Ågård \(DPO\) afgjorde .*, men bagefter blev det, der sendes, ændret/;
    expect(textOf(stale.html)).toMatch(fell);
    expect(textOf(stale.html)).toContain('Bagefter får Dorte Ågård en mail');
    expectStatus(await visitor.submit(stale, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
    const { mail, page: fresh } = await openAsDpo(world, reference, 3);
    expect(textOf(fresh.html)).toMatch(fell);
    expect(mail.subject).toMatch(/^Svaret i sagen .* er lavet om/);
    expect(mail.text).toContain('Svaret er lavet om, fordi det, der udelades, blev ændret');
    expectStatus(await (await openAs(anna, reference, 3))({ ...approving(reference), looked }), 200);
    const { page: proposed } = await openAsDpo(world, reference, 3);
    expect(textOf(proposed.html)).not.toContain('Et forslag gælder ikke mere');
  });

  test('T30: one person alone releases nothing, not even by deciding twice; a second person’s yes sends it', async () => {
    const reference = await toReview();
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    const own = await decideAs(dpo, reference, agreeing(reference), 'proposal');
    expect(own.status).toBe(400);
    expect(textOf(own.html)).toMatch(/en anden skal være enig/);
    expect(await statusOf(reference)).toBe('REVIEW');

    const asked = await world.mail(anna, new RegExp(`${reference} mangler dit ja`));
    expect(linkIn(asked, 'dpo')).toContain('/dpo/');
    expectStatus(await decideAs(anna, reference, agreeing(reference), 'proposal'), 200);
    expect(await statusOf(reference)).not.toBe('REVIEW');
    const [decided] = await auditOf(reference, 'DECIDED');
    expect(decided?.facts).toMatchObject({ by: 'dpo', second: 'deputy-1' });
  });

  test('while a second yes is missing, alarms go to those who can give it, and to nobody who decided already', async () => {
    const reference = await toReview();
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    await world.advance('P20D');
    const alarms = (await world.mails()).filter(
      ({ subject, text }) => subject.includes(reference) && text.includes('dit ja til det, en kollega har besluttet'),
    );
    expect(new Set(alarms.flatMap(({ to }) => to))).toEqual(new Set([anna, bo]));
    const late = (await world.mails()).filter(({ to, subject }) => to.includes(dpo) && subject.includes(reference));
    expect(late.every(({ subject }) => !/dage/.test(subject))).toBe(true);
  });

  test('T30: a person must choose who they are, and decides only with a code from that person’s own mailbox', async () => {
    const reference = await toReview();
    const { page, visitor } = await open(reference);
    const nobody = await visitor.submit(page, approving(reference), 'manifest');
    expect(nobody.status).toBe(400);
    expect(textOf(nobody.html)).toContain('Vælg, hvem du er');
    const keys = [...page.html.matchAll(/name="person" value="(\w+)"/g)].map(([, key = '']) => key);
    const { asked, code } = await askForCode(page, visitor, { ...approving(reference), person: keys[2] ?? '' }, bo);
    const asAnna = await visitor.submit(asked, { ...approving(reference), person: keys[1] ?? '', code }, 'code');
    expect(asAnna.status).toBe(400);
    expect(await auditOf(reference, 'PROPOSED')).toEqual([]);
  });

  test('T30: any refusal of the whole request wins at once', async () => {
    const reference = await toReview();
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    const late = await openAs(anna, reference);
    expectStatus(await decideAs(bo, reference, refusing(reference)), 200);
    expect((await late(agreeing(reference), 'proposal')).status).toBe(409);
    await world.advance(undoTime);
    expect(await statusOf(reference)).toBe('REFUSED');
  });

  test('T31: a yes is to what was shown: one to a decision that another has put in its place meanwhile is refused', async () => {
    const reference = await toReview();
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    const late = await openAs(anna, reference);
    expectStatus(await decideAs(bo, reference, { ...approving(reference), incomplete: 'Uden arkivet.' }), 200);
    const answer = await late(agreeing(reference), 'proposal');
    expect(answer.status).toBe(409);
    expect(textOf(answer.html)).toContain('Uden arkivet.');
    expect(await auditOf(reference, 'DECIDED')).toEqual([]);
    expectStatus(await decideAs(anna, reference, agreeing(reference), 'proposal'), 200);
    expect(await auditOf(reference, 'DECIDED')).toHaveLength(1);
  });

  test('T29, T30: a yes and a refusal at the same instant are one decision, and the loser sees it', async () => {
    const reference = await toReview();
    expectStatus(await decideAs(dpo, reference, approving(reference)), 200);
    const [yes, no] = [await openAs(anna, reference), await openAs(bo, reference)];
    const pages = await Promise.all([yes(agreeing(reference), 'proposal'), no(refusing(reference))]);
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(textOf(pages.find(({ status }) => status === 409)?.html ?? '')).toMatch(/blev ikke gemt/);
    expect(await auditOf(reference, 'DECIDED')).toHaveLength(1);
  });
});
