import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectStatus } from '../journeys/access.ts';
import { itemsOf } from '../journeys/faults.ts';
import { logOf } from '../journeys/permissions.ts';
import { textOf, Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';
import { type Call, call, filledIn, type Reply, stampsOf, synthWithLimits } from './raw.ts';

const perClient = 6;
const perHour = 14;

let world: World;
let cdkOut: string;
beforeAll(async () => {
  cdkOut = await synthWithLimits({ requestsPerClientPerHour: perClient, requestsPerHour: perHour });
  world = await openWorld({ demo: false, cdkOut });
});
afterAll(async () => {
  await world?.close();
  rmSync(cdkOut, { recursive: true });
});

/** Sends the form so often, each under a stamp of its own. */
const sendForm = async (email: string, count: number, more: (n: number) => Partial<Call> = () => ({})) => {
  const cookie = await filledIn(world, email);
  const stamps = await stampsOf(world, cookie, count);
  await world.advance('PT4S');
  const replies: Reply[] = [];
  for (const [n, stamp] of stamps.entries()) {
    const { headers = {}, fields = {}, from } = more(n);
    const headersOf = { cookie, origin: world.site, ...headers };
    replies.push(
      await call(world.site, {
        path: '/check',
        headers: headersOf,
        fields: { stamp, website: '', ...fields },
        ...(from ? { from } : {}),
      }),
    );
  }
  return replies;
};

const referenceIn = ({ headers }: Reply): string => /\/sent\/([\w-]+)/.exec(String(headers.location))?.[1] ?? '';

/** An answer without its case number, date and length. */
const faceOf = (reply: Reply): string => {
  const { date: _, 'content-length': __, ...headers } = reply.headers;
  const names = Object.entries(headers).filter(([name]) => !name.startsWith('apigw') && !name.startsWith('x-amzn'));
  return JSON.stringify([reply.status, Object.fromEntries(names), reply.body]).replaceAll(referenceIn(reply), 'REF');
};

const requests = async () => (await itemsOf(world)).filter(({ sk }) => sk === 'REQUEST');

test('T14: a customer, a stranger, a duplicate, one too many and a machine get the same answer to the byte', async () => {
  const known = await sendForm('mette.kjaergaard@skovmail.example', 1);
  const unknown = await sendForm('ukendt@fremmed.example', 4, (n) => ({ from: `127.0.1.${n + 1}` }));
  const machine = await sendForm('maskine@fremmed.example', 1, () => ({
    fields: { website: 'https://x.example' },
    from: '127.0.1.9',
  }));
  const faces = [...known, ...unknown, ...machine].map(faceOf);
  expect(known[0]?.status).toBe(303);
  expect(new Set(faces).size).toBe(1);
  const pages = await Promise.all(
    [...known, ...unknown, ...machine].map(async (reply) => {
      const { html } = expectStatus(await new Visitor(world.site).get(String(reply.headers.location)), 200);
      return html.replaceAll(referenceIn(reply), 'REF');
    }),
  );
  expect(new Set(pages).size).toBe(1);
});

test('T57: what fills in the field that people do not see leaves nothing behind', async () => {
  await world.quiet();
  const emails = (await requests()).map(({ person }) => (person as { email: string }).email);
  expect(emails).toContain('ukendt@fremmed.example');
  expect(emails).not.toContain('maskine@fremmed.example');
  expect((await world.mails()).flatMap(({ to }) => to)).not.toContain('maskine@fremmed.example');
});

test('T18: a forged header gives nobody another place in the count, and nobody takes the place of another', async () => {
  await world.advance('PT1H');
  const forged = (n: number) => ({
    from: '127.0.2.1',
    headers: { 'x-forwarded-for': `203.0.113.${n}`, 'x-real-ip': `203.0.113.${n}`, forwarded: `for=203.0.113.${n}` },
  });
  const replies = await sendForm('forfalsket@fremmed.example', perClient + 2, forged);
  expect(replies.map(({ status }) => status)).toEqual([...Array(perClient).fill(303), 429, 429]);
  expect(textOf(replies.at(-1)?.body ?? '').length).toBeGreaterThan(60);
  const [victim] = await sendForm('uskyldig@fremmed.example', 1, () => ({ from: '127.0.2.2' }));
  expect(victim?.status).toBe(303);
});

test('T16: one client that sends too much, and all together, are told to come back later, and the log says so', async () => {
  await world.advance('PT1H');
  const replies = await sendForm('mange@fremmed.example', perHour + 2, (n) => ({ from: `127.0.3.${n + 1}` }));
  expect(replies.map(({ status }) => status)).toEqual([...Array(perHour).fill(303), 503, 503]);
  expect(textOf(replies.at(-1)?.body ?? '')).toMatch(/prøv igen/i);
  expect(logOf(world.state, 'Intake')).toMatch(/"what":"page failed","route":"ANY \/check","status":503/);
  await world.advance('PT1H');
  expect((await sendForm('senere@fremmed.example', 1))[0]?.status).toBe(303);
});

test.each([
  ['a dotless i', 'm\u0131ke@example.org'],
  ['a Kelvin sign', 'mi\u212Ae@example.org'],
  ['a full-width @', 'mike\uFF20example.org'],
  ['a zero-width blank', 'mi\u200Bke@example.org'],
  ['a combining accent', 'mike\u0301@example.org'],
  ['two addresses', 'a@example.org, b@example.org'],
  ['another header line', 'a@example.org\r\nBcc: b@example.org'],
  ['a name that hides an address', '"a@example.org" <b@example.org>'],
])('T04, T41: an address with %s is refused where it is typed', async (_, email) => {
  const visitor = new Visitor(world.site);
  let page = await visitor.get('/want?lang=da');
  page = await visitor.submit(page, { rights: ['access'] });
  page = await visitor.submit(page, { who: 'me' });
  page = await visitor.submit(page, { name: 'A', email, customerNumber: '', alsoKnownAs: '' });
  expect(page.status).toBe(400);
  expect(page.html).toContain('email-error');
});

test('T26: a forged Host sends no link elsewhere', async () => {
  await world.advance('PT1H');
  const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
  const [reply] = await sendForm('vaert@fremmed.example', 1, () => ({ headers: evil }));
  expect(reply?.status).toBe(303);
  const mail = await world.mail('vaert@fremmed.example', /\/c\//);
  expect(mail.text + mail.html).not.toContain('evil.example');
  expect(mail.text).toContain(`${world.site}/c/`);
});
