import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  answerTask,
  approve,
  ask,
  decide,
  download,
  dpo,
  expectStatus,
  last4,
  linkIn,
  lookedAt,
  openAsDpo,
  prove,
  start,
  undoTime,
} from './access.ts';
import { caseOf, type Item } from './faults.ts';
import { textOf, Visitor } from './visitor.ts';
import { type Mail, openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const requestOf = async (reference: string) =>
  (await caseOf(world, reference)).find(({ sk }) => sk === 'REQUEST') as Item;

/** Mails about the case to an address, oldest first, as what they are. */
const mailsTo = async (to: string, reference: string) =>
  (await world.mails()).filter((mail) => mail.to.includes(to) && mail.text.includes(reference));
const templatesOf = async (reference: string) =>
  (await caseOf(world, reference))
    .filter(({ sk, state }) => sk.startsWith('MAIL#') && state === 'SENT')
    .sort((a, b) => String(a.sentAt).localeCompare(String(b.sentAt)))
    .map(({ template, to }) => `${template} ${to}`);

const deliver = async (email: string) => {
  const { reference } = await ask(world, { name: 'Henter Senere', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  await approve(world, reference);
  await world.mail(email, /\/d\/[\w-]{43}/);
  return reference;
};

test('a request that nobody proves is reminded on day 3 and 7, told to the DPO, and closed only after the last day by law', async () => {
  const email = 'glemsom@fremmed.example';
  const { reference } = await ask(world, { name: 'Glemsom Person', email });
  await world.advance('P2D');
  expect(await templatesOf(reference)).toEqual(['confirm subject']);
  await world.advance('P2D');
  expect(await templatesOf(reference)).toEqual(['confirm subject', 'remind subject']);
  await world.advance('P4D');
  expect(await templatesOf(reference)).toEqual(['confirm subject', 'remind subject', 'remind subject']);

  const right = (await caseOf(world, reference)).find(({ sk }) => sk === 'RIGHT#access') as Item;
  const { dueWithoutSuspension, internalTarget } = right.deadline as Record<string, string>;
  const until = async (date: string) => world.advance(`PT${Math.ceil((Date.parse(date) - (await now())) / 60_000)}M`);
  await until(`${internalTarget}T00:00:00Z`);
  await world.advance('P1D');
  expect((await templatesOf(reference)).filter((each) => each === 'unproven dpo')).toHaveLength(1);
  await until(`${dueWithoutSuspension}T22:00:00Z`);
  expect(await requestOf(reference)).toMatchObject({ status: 'AWAITING_PROOF' });

  await world.advance('P2D');
  const request = await requestOf(reference);
  expect(request).toMatchObject({ status: 'UNVERIFIED_CLOSED', endedAt: expect.any(String) });
  expect(request).not.toHaveProperty('nextActionAt');
  await world.advance('P20D');
  expect((await templatesOf(reference)).filter((each) => each.endsWith('subject'))).toEqual([
    'confirm subject',
    'remind subject',
    'remind subject',
    'expired subject',
  ]);
  const note = (await mailsTo(email, reference)).at(-1);
  expect(note?.text).toContain('Datatilsynet');
  expect((await world.mails()).map(({ text }) => text).join('')).not.toContain('Glemsom Person');
});

test('a reminder proves the address as the first mail does', async () => {
  const email = 'sent.ude@fremmed.example';
  const { reference } = await ask(world, { name: 'Sent Ude', email });
  await world.advance('P4D');
  const mails = await mailsTo(email, reference);
  expect(mails).toHaveLength(2);
  const visitor = new Visitor(world.site);
  expect((await visitor.get(linkIn(mails[0] as never, 'c'))).status).not.toBe(200);
  const page = await visitor.get(linkIn(mails[1] as never, 'c'));
  const code = /^ *([2-9B-DF-HJKMNP-TV-Z]{3}[ -]?[2-9B-DF-HJKMNP-TV-Z]{3}) *$/m.exec(mails[1]?.text ?? '')?.[1];
  expect((await visitor.submit(page, { code: code ?? '' }, 'code')).status).toBe(200);
  expect((await requestOf(reference)).status).toBe('VERIFIED');
});

test('reminders count among the mails that one address gets in a day', async () => {
  const email = 'mange@fremmed.example';
  for (let n = 0; n < 5; n += 1) await ask(world, { name: `Nummer ${n}`, email });
  expect((await world.mails()).filter(({ to }) => to.includes(email))).toHaveLength(3);
  await world.advance('P9D');
  const mails = (await world.mails()).filter(({ to }) => to.includes(email));
  const times = mails.map(({ at }) => Date.parse(at));
  for (const [n, at] of times.slice(3).entries()) expect(at - (times[n] as number)).toBeGreaterThanOrEqual(86_400_000);
  // Five first mails, and some of the ten reminders: one that finds no place is left out.
  expect(mails.length).toBeGreaterThan(8);
});

test('an answer that nobody fetched is reminded of once before its link ends, and closes with one mail when it has', async () => {
  const email = 'henter.ikke@fremmed.example';
  const reference = await deliver(email);
  const { package: built } = (await requestOf(reference)) as unknown as { package: { expiresAt: string } };
  await world.advance('P10D');
  const before = await templatesOf(reference);
  expect(before).not.toContain('expiring subject');
  await world.advance('P2D');
  expect(await templatesOf(reference)).toEqual([...before, 'expiring subject']);
  const reminder = (await mailsTo(email, reference)).at(-1);
  expect((await new Visitor(world.site).get(linkIn(reminder as never, 'd'))).status).toBe(200);
  expect((await requestOf(reference)).status).toBe('DELIVERED');
  await world.advance('P4D');
  expect(await now()).toBeGreaterThan(Date.parse(built.expiresAt));
  expect((await requestOf(reference)).status).toBe('CLOSED');
  await world.advance('P10D');
  expect(await templatesOf(reference)).toEqual([...before, 'expiring subject', 'closed subject']);
  const visitor = new Visitor(world.site);
  const ended = await visitor.get(linkIn(reminder as never, 'd'));
  expect([ended.status, textOf(ended.html)]).toEqual([404, expect.stringContaining('Et svar kan hentes i 14 dage')]);
  await visitor.submit(ended, { last4: last4(reference) }, 'last4');
  await world.quiet();
  expect(await templatesOf(reference)).toEqual([...before, 'expiring subject', 'closed subject']);
});

test('an answer that was fetched closes at its date without another mail', async () => {
  const email = 'hentede@fremmed.example';
  const reference = await deliver(email);
  await download(world, email, reference);
  const before = await templatesOf(reference);
  await world.advance('P16D');
  expect((await requestOf(reference)).status).toBe('CLOSED');
  expect(await templatesOf(reference)).toEqual(before);
});

test('of a part that nobody fetched the person is reminded too when the case was ended without the rest', async () => {
  const email = 'henter.ikke.delen@fremmed.example';
  const { reference } = await ask(world, { name: 'Henter Ikke', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'not-me', 'Bo Holm');
  await approve(world, reference, ['access'], { incomplete: 'Arkivet er lukket.' });
  const { page, visitor } = await openAsDpo(world, reference, 2);
  const fields = { action: 'end-without', reason: 'Arkivet brændte i 2011.', last4: last4(reference) };
  const ended = expectStatus(await decide(world, page, visitor, fields, { having: 'reason' }), 200);
  expect(textOf(ended.html)).toContain('Fortryd afgørelsen');
  await world.advance(undoTime);
  const told = await openAsDpo(world, reference, 2);
  expect(textOf(told.page.html)).toContain('Besvaret uden resten');
  const before = await templatesOf(reference);
  await world.advance('P12D');
  expect(await templatesOf(reference)).toEqual([...before, 'expiring subject']);
  await world.advance('P4D');
  expect(await templatesOf(reference)).toEqual([...before, 'expiring subject', 'closed subject']);
});

test('a link that was lost is sent again, at most three times; the DPO sees that the answer was fetched', async () => {
  const email = 'tabt.link@fremmed.example';
  const reference = await deliver(email);
  const links = async () =>
    (await mailsTo(email, reference)).flatMap(({ text }) => /\S+\/d\/[\w-]{43}/.exec(text)?.[0] ?? []);
  const visitor = new Visitor(world.site);
  const receipt = (await mailsTo(email, reference)).find(({ text }) => /\/r\/[\w-]{43}/.test(text)) as Mail;
  let page = await visitor.get(linkIn(receipt, 'r'));
  expect((await visitor.submit(page, { action: 'send-link', last4: 'XXXX' }, 'action')).status).toBe(400);
  for (const sent of [2, 3, 4]) {
    page = await visitor.get(page.url);
    expect((await visitor.submit(page, { action: 'send-link', last4: last4(reference) }, 'action')).status).toBe(200);
    while ((await links()).length < sent) await new Promise((done) => setTimeout(done, 50));
  }
  expect((await visitor.get(page.url)).html).not.toContain('value="send-link"');
  expect(new Set(await links()).size).toBe(4);
  for (const link of await links()) expect((await new Visitor(world.site).get(link)).status).toBe(200);

  await download(world, email, reference);
  const decide = (await mailsTo(dpo, reference)).findLast(({ text }) => /\/dpo\/[\w-]{43}/.test(text)) as Mail;
  const staff = await new Visitor(world.site).get(linkIn(decide, 'dpo'));
  expect(staff.html.replaceAll(/<[^>]+>/g, ' ')).toMatch(/Svaret er hentet\s+1 gang/);
});

test('who withdraws what was approved and not sent yet reads of no decision; the DPO and the owner read that it is over', async () => {
  const email = 'fortryder.sent@fremmed.example';
  const { reference } = await ask(world, { name: 'Fortryder Sent', email });
  const { page, visitor } = await prove(world, email, reference);
  await start(world, reference);
  await world.mail('arkiv@nordlys.example', new RegExp(reference));
  await world.quiet();
  const opened = await openAsDpo(world, reference, 1);
  const goOn = { action: 'go-on', last4: last4(reference) };
  expectStatus(await decide(world, opened.page, opened.visitor, goOn, { having: 'last4' }), 200);
  const dposPage = await openAsDpo(world, reference, 2);
  const outcome = { 'outcome-access': 'approve', incomplete: 'Arkivet er lukket.', looked: lookedAt(dposPage.page) };
  const fields = { action: 'decide', ...outcome, last4: last4(reference) };
  expectStatus(await decide(world, dposPage.page, dposPage.visitor, fields), 200);
  const withdrawn = await visitor.submit(
    await visitor.get(page.url),
    { action: 'withdraw', last4: last4(reference) },
    'last4',
  );
  expect(textOf(withdrawn.html)).not.toContain('Imødekommet');
  const after = await openAsDpo(world, reference, 2);
  expect(textOf(after.page.html)).not.toContain('Imødekommet');

  const mail = await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const task = await new Visitor(world.site).get(linkIn(mail, 'o'));
  expect(textOf(task.html)).toContain('Opgaven gælder ikke mere');

  // A page that was open before, in a browser that nobody is known by.
  await world.quiet();
  const count = (await world.mails()).length;
  const stranger = new Visitor(world.site);
  const late = await openAsDpo(world, reference, 2, stranger);
  const tooLate = await stranger.submit(
    { ...dposPage.page, url: late.page.url },
    { ...fields, action: 'code-decide' },
    'manifest',
  );
  expect(tooLate.status).toBe(409);
  expect((await world.mails()).length).toBe(count);
});

test('a withdrawal is confirmed to the person and told to the DPO and to the owners who were asked; nobody hears of the request after that', async () => {
  const email = 'fortryder@fremmed.example';
  const { reference } = await ask(world, { name: 'Fortryder Alt', email });
  const { page, visitor } = await prove(world, email, reference);
  await start(world, reference);
  await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const withdrawn = await visitor.submit(
    await visitor.get(page.url),
    { action: 'withdraw', last4: last4(reference) },
    'last4',
  );
  expect(withdrawn.status).toBe(200);
  await world.quiet();
  const last = async (to: string) => (await mailsTo(to, reference)).at(-1) as Mail;
  expect((await last(email)).subject).toBe(`Din henvendelse ${reference}: du har trukket den tilbage`);
  expect((await last(email)).text.replaceAll(/\s+/g, ' ')).toContain('Var det ikke dig?');
  expect((await last(dpo)).subject).toBe(`Sag ${reference}: personen har trukket den tilbage`);
  const stop = await last('arkiv@nordlys.example');
  expect(stop.subject).toBe(`Sag ${reference}: du skal ikke lede mere i Papirarkiv`);
  const [task] = await mailsTo('arkiv@nordlys.example', reference);
  expect(textOf((await new Visitor(world.site).get(linkIn(task as Mail, 'o'))).html)).toContain(
    'Opgaven gælder ikke mere',
  );
  for (const { text, html } of [await last(dpo), stop]) expect(`${text} ${html}`).not.toMatch(/Fortryder|fremmed/);
  const count = async () => (await world.mails()).filter(({ text }) => text.includes(reference)).length;
  const before = await count();
  await world.advance('P60D');
  expect(await count()).toBe(before);
  expect((await requestOf(reference)).status).toBe('WITHDRAWN');
  expect((await world.mails()).filter(({ to }) => to.includes(dpo)).length).toBeGreaterThan(0);
});

const now = async (): Promise<number> => {
  const response = await fetch(`${world.site}/_local/clock`);
  return Date.parse(((await response.json()) as { now: string }).now);
};
