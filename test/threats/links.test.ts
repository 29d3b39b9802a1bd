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
} from '../journeys/access.ts';
import { itemsOf } from '../journeys/faults.ts';
import { type Page, textOf, Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const owner = 'arkiv@nordlys.example';

/** Where a link of each purpose leads: the link's own path, and the page that it opens. */
const places = {
  confirm: { path: 'c', page: (reference: string) => `/confirm/${reference}` },
  status: { path: 'r', page: (reference: string) => `/request/${reference}` },
  dpo: { path: 'dpo', page: (reference: string) => `/dpo/request/${reference}` },
  owner: { path: 'o', page: (reference: string) => `/task/${reference}/archive` },
  download: { path: 'd', page: (reference: string) => `/download/${reference}` },
  calendar: { path: 'calendar', page: undefined },
} as const;
type Purpose = keyof typeof places;
const purposes = Object.keys(places) as Purpose[];

/** Everything that was ever sent as a link: address, purpose, token. */
const tokensSent = async () =>
  (await world.mails()).flatMap(({ text }) =>
    [...text.matchAll(/https?:\/\/\S+\/(c|r|dpo|o|d|calendar)\/([\w-]{43})(?![\w-])/g)].map(([, path, token = '']) => ({
      purpose: purposes.find((each) => places[each].path === path) as Purpose,
      token,
    })),
  );

/** A visit with just this cookie, as somebody would make it by hand. */
const withCookie = (path: string, purpose: Purpose, reference: string, token: string, init: RequestInit = {}) => {
  const name = `__Host-${purpose}.${reference.replaceAll('-', '')}${purpose === 'owner' ? '.archive' : ''}`;
  const headers = { cookie: `${name}=${token}`, ...init.headers };
  return fetch(`${world.site}${path}`, { redirect: 'manual', ...init, headers });
};

/** Not found, or sent to where staff sign in, as for every number. */
const refusedBy = ({ status, headers }: Response): boolean =>
  status === 404 || (status === 303 && (headers.get('location') ?? '').startsWith('/dpo/sign-in?'));

const post = (fields: Readonly<Record<string, string>>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded', origin: world.site },
});

/** What a request's record holds, as text. */
const recordOf = async (reference: string): Promise<string[]> => {
  await world.quiet();
  const items = await itemsOf(world);
  const id = items.find((item) => item.sk === 'REQUEST' && item.reference === reference)?.pk;
  return items
    .filter(({ pk }) => pk === id)
    .map((item) => JSON.stringify(item))
    .sort();
};

/** Sends the same form again; answers its status, and whether the record stayed as it was. */
const again = async (reference: string, send: () => Promise<Page>) => {
  const before = await recordOf(reference);
  const { status } = await send();
  return { status, changed: JSON.stringify(await recordOf(reference)) !== JSON.stringify(before) };
};
const refused = { status: 409, changed: false };

/** The one-time code of a download, as its mail writes it. */
const codePattern = /\b(\d{8})\b/;

const anna = { name: 'Mette Kjærgaard', email: 'mette.kjaergaard@skovmail.example' };
const other = { name: 'Jens Hansen', email: 'jens.hansen@postkasse.example' };
let reference: string;

test('T21: every form that is sent a second time does nothing a second time', async () => {
  ({ reference } = await ask(world, anna));
  const { mail, visitor } = await prove(world, anna.email, reference);
  const code = /^ *([2-9B-DF-HJKMNP-TV-Z]{3}[ -]?[2-9B-DF-HJKMNP-TV-Z]{3}) *$/m.exec(mail.text)?.[1] ?? '';
  const proven = await again(reference, () => visitor.post(`/confirm/${reference}`, { code }));
  expect(proven).toEqual({ status: 200, changed: false });

  const started = { action: 'start', last4: last4(reference) };
  const { visitor: staff, page } = await openAsDpo(world, reference, 1);
  expectStatus(await staff.submit(page, started, 'last4'), 200);
  expect(await again(reference, () => staff.submit(page, started, 'last4'))).toEqual(refused);

  await answerTask(world, reference, 'nothing');
  expect(
    await again(reference, async () => {
      const task = new Visitor(world.site);
      await task.get(linkIn(await world.mail(owner, new RegExp(reference)), 'o'));
      return task.post(`/task/${reference}/archive`, { answer: 'found', text: 'x', last4: last4(reference) });
    }),
  ).toEqual(refused);
});

test('T31: a decision on another manifest than the one that stands is refused, and nothing is decided', async () => {
  const { visitor, page } = await openAsDpo(world, reference, 2);
  const choice = { action: 'decide', 'outcome-access': 'approve', looked: lookedAt(page) };
  const fields = { ...choice, last4: last4(reference), manifest: '0'.repeat(64) };
  // The first time the code is asked for; the browser is known then.
  expect((await decide(world, page, visitor, fields)).status).toBe(409);
  expect(await again(reference, () => decide(world, page, visitor, fields))).toEqual(refused);
});

test('T21: an approval that is sent a second time is refused, and the request delivered once', async () => {
  const { visitor, page } = await openAsDpo(world, reference, 2);
  await approve(world, reference);
  const refusal = { 'outcome-access': 'refuse', 'ground-access': 'other', 'reason-access': 'Nej' };
  const fields = { action: 'decide', ...refusal, last4: last4(reference) };
  await world.mail(anna.email, /\/d\//);
  expect(await again(reference, () => decide(world, page, visitor, fields))).toEqual(refused);
  const ready = (await world.mails()).filter(({ text }) => text.includes(reference) && /\/d\//.test(text));
  expect(ready).toHaveLength(1);
});

test('T25: whoever has only the link to the answer gets no byte of it: the code goes to the proven mailbox', async () => {
  const stranger = new Visitor(world.site);
  const before = (await world.mails()).length;
  const page = await stranger.get(linkIn(await world.mail(anna.email, /\/d\//), 'd'));
  const sent = await stranger.submit(page, { action: 'send-code', last4: last4(reference) }, 'last4');
  const code = await world.mail(anna.email, codePattern, before);
  expect(code.to).toEqual([anna.email]);
  expect((await world.mails()).slice(before).flatMap(({ to }) => to)).toEqual([anna.email]);
  const right = codePattern.exec(code.text)?.[1] ?? '';
  expect(right).toHaveLength(8);
  expect(sent.html + page.html).not.toContain(right);
  const guessed: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    const answer = await stranger.post(`/download/${reference}`, { code: `0000000${n}` });
    guessed.push(answer.status);
    expect(answer.html).not.toContain('X-Amz-Signature');
  }
  expect(guessed).toEqual([400, 400, 400, 400, 429, 429]);
});

test('T21: a one-time code opens the answer once', async () => {
  const { visitor, location } = await download(world, anna.email, reference);
  const mail = (await world.mails()).findLast(({ to, text }) => to.includes(anna.email) && codePattern.test(text));
  const code = codePattern.exec(mail?.text ?? '')?.[1] ?? '';
  for (let pressed = 0; pressed < 6; pressed += 1) {
    const second = await visitor.post(`/download/${reference}`, { code });
    expect([second.status, textOf(second.html).match(/for mange gange|kun én gang/)?.[0]]).toEqual([
      409,
      'kun én gang',
    ]);
  }
  expect(location).toContain('X-Amz-Expires=60');
});

test('T28: a one-time code is refused after ten minutes, and the file behind an opened address after one', async () => {
  const { location } = await download(world, anna.email, reference);
  const visitor = new Visitor(world.site);
  const before = (await world.mails()).length;
  const page = await visitor.get(linkIn(await world.mail(anna.email, /\/d\//), 'd'));
  await visitor.submit(page, { action: 'send-code', last4: last4(reference) }, 'last4');
  const code = codePattern.exec((await world.mail(anna.email, codePattern, before)).text)?.[1] ?? '';
  await world.advance('PT10M1S');
  expect((await visitor.post(`/download/${reference}`, { code })).status).toBe(409);
  expect((await fetch(location)).status).toBe(403);
});

test('T24: an empty code is no attempt, and nothing is sent, withdrawn or decided without the signs that a person types', async () => {
  const { reference: fresh } = await ask(world, { name: 'Tom Kode', email: 'tom@fremmed.example' });
  const mail = await world.mail('tom@fremmed.example', new RegExp(fresh));
  const scanner = new Visitor(world.site);
  await scanner.get(linkIn(mail, 'c'));
  await world.quiet();
  const attemptsOf = async (purpose: string, of: string) =>
    (await itemsOf(world))
      .filter((item) => item.purpose === purpose && item.reference === of)
      .map(({ attempts, codesSent = 0 }) => [attempts, codesSent]);
  const nothing = async (of: string, form: Readonly<Record<string, string>>, path: string, visitor: Visitor) =>
    expect(await again(of, () => visitor.post(path, form)), JSON.stringify(form)).toEqual({
      status: 400,
      changed: false,
    });
  for (const code of ['', ' ', 'abc']) await nothing(fresh, { code }, `/confirm/${fresh}`, scanner);
  await nothing(fresh, { action: 'again' }, `/confirm/${fresh}`, scanner);
  expect(await attemptsOf('confirm', fresh)).toEqual([[0, 0]]);

  const { visitor: proven } = await prove(world, 'tom@fremmed.example', fresh);
  await nothing(fresh, { action: 'withdraw' }, `/request/${fresh}`, proven);
  const { visitor: staff } = await openAsDpo(world, fresh, 1);
  const actions: Record<string, string>[] = [
    { action: 'start' },
    { action: 'refuse', reason: 'x' },
    { action: 'calendar' },
  ];
  for (const action of actions) await nothing(fresh, action, `/dpo/request/${fresh}`, staff);

  const person = new Visitor(world.site);
  await person.get(linkIn(await world.mail(anna.email, /\/d\//), 'd'));
  const before = await attemptsOf('download', reference);
  await nothing(reference, { action: 'send-code' }, `/download/${reference}`, person);
  await nothing(reference, { code: '' }, `/download/${reference}`, person);
  expect(await attemptsOf('download', reference)).toEqual(before);
});

test('T22: a link opens the page that it was sent for, and no other, in the address or in the cookie', async () => {
  const { visitor, page } = await openAsDpo(world, reference, 1);
  await visitor.submit(page, { action: 'calendar', last4: last4(reference) }, 'last4');
  await world.mail(dpo, /\/calendar\//);
  const sent = await tokensSent();
  expect(new Set(sent.map(({ purpose }) => purpose))).toEqual(new Set(purposes));
  const wrong: string[] = [];
  for (const { purpose, token } of sent) {
    for (const place of purposes.filter((each) => each !== purpose)) {
      const { status } = await fetch(`${world.site}/${places[place].path}/${token}`, { redirect: 'manual' });
      if (status !== 404) wrong.push(`${purpose} at /${places[place].path}: ${status}`);
      const target = places[place].page?.(reference);
      if (!target) continue;
      for (const init of [{}, post({ action: 'withdraw', last4: last4(reference), code: 'ZZZZZZ' })]) {
        const answer = await withCookie(target, place, reference, token, init);
        if (!refusedBy(answer)) wrong.push(`${purpose} in the cookie of ${place}: ${answer.status}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("T22: a link of one request opens nothing of another's", async () => {
  const { reference: second } = await ask(world, other);
  await prove(world, other.email, second);
  await world.quiet();
  const theirs = (await world.mails()).filter(({ text }) => text.includes(second));
  const tokens = theirs.flatMap(({ text }) =>
    [...text.matchAll(/\/(?:c|r|dpo)\/([\w-]{43})/g)].map(([, token = '']) => token),
  );
  expect(tokens.length).toBeGreaterThanOrEqual(2);
  for (const token of tokens) {
    for (const purpose of purposes) {
      const target = places[purpose].page?.(reference);
      if (target) expect(refusedBy(await withCookie(target, purpose, reference, token)), purpose).toBe(true);
    }
  }
});

test('T19: links are 256 random bits: none is like another, and the table holds none of them', async () => {
  const tokens = [...new Set((await tokensSent()).map(({ token }) => token))];
  expect(tokens.length).toBeGreaterThan(7);
  for (const token of tokens) expect(Buffer.from(token, 'base64url')).toHaveLength(32);
  expect(new Set(tokens.map((token) => token.slice(0, 6))).size).toBe(tokens.length);
  const held = JSON.stringify(await itemsOf(world));
  expect(tokens.filter((token) => held.includes(token))).toEqual([]);
});

test('T19, T28: a link works to its last second, and then looks like one that never was', async () => {
  const { reference: third } = await ask(world, { name: 'Sen Person', email: 'sen@fremmed.example' });
  const mail = await world.mail('sen@fremmed.example', new RegExp(third));
  const link = linkIn(mail, 'c');
  const token = (await itemsOf(world)).find((item) => item.purpose === 'confirm' && item.reference === third);
  const left = Date.parse(String(token?.expiresAt)) - Date.parse(mail.at);
  expect(left / 3_600_000).toBeCloseTo(72, 1);
  await world.advance('PT71H59M');
  const visitor = new Visitor(world.site);
  const open = await visitor.get(link);
  expect(open.status).toBe(200);
  await world.advance('PT2M');
  const code = /^ *([2-9B-DF-HJKMNP-TV-Z]{3}[ -]?[2-9B-DF-HJKMNP-TV-Z]{3}) *$/m.exec(mail.text)?.[1] ?? '';
  expect((await visitor.post(`/confirm/${third}`, { code })).status).toBe(404);
  const expired = await new Visitor(world.site).get(link);
  const unknown = await new Visitor(world.site).get(`/c/${'A'.repeat(43)}`);
  expect([expired.status, expired.html]).toEqual([404, unknown.html]);
  expect(textOf(unknown.html)).toContain('Få et nyt link');
});

/** The mails to an address from the n-th on. */
const mailsTo = async (email: string, from: number) => {
  await world.quiet();
  return (await world.mails()).filter(({ to }) => to.includes(email)).slice(from);
};

test('whoever has a link that ended gets a new one at the same address while the case is open, at most three; the page says the same to all', async () => {
  const email = 'for-sent@fremmed.example';
  const { reference: late } = await ask(world, { name: 'For Sent', email });
  const link = linkIn(await world.mail(email, new RegExp(late)), 'c');
  await world.advance('PT72H1M');
  await world.advance('P14D');
  const before = (await mailsTo(email, 0)).length;
  const visitor = new Visitor(world.site);
  const ended = await visitor.get(link);
  const unknown = await visitor.get(`/c/${'A'.repeat(43)}`);
  const send = async (page: Page, typed: string) => {
    const { status, html } = await visitor.submit(page, { last4: typed }, 'last4');
    return { status, html };
  };
  // A scanner that presses every button types nothing.
  expect((await send(ended, '')).status).toBe(400);
  const foreign = await send(unknown, last4(late));
  expect(await send(ended, last4(reference))).toEqual(foreign);
  expect(await mailsTo(email, before)).toEqual([]);
  for (let n = 0; n < 4; n += 1) expect(await send(ended, last4(late))).toEqual(foreign);
  expect(textOf(foreign.html)).toContain('Se i din mail');
  const sent = await mailsTo(email, before);
  expect(sent.map(({ subject }) => subject)).toEqual(Array(3).fill(`Din henvendelse ${late}: bekræft din e-mail`));
  const proven = await prove(world, email, late, new Visitor(world.site), sent[2]);
  expect(new URL(proven.page.url).pathname).toBe(`/request/${late}`);
  // Proven since: the link that ended leads to the case.
  await world.advance('PT72H1M');
  expect(await send(ended, last4(late))).toEqual(foreign);
  const follow = (await mailsTo(email, before + sent.length)).at(-1);
  expect(follow?.subject).toBe(`Din henvendelse ${late}: dit nye link`);
  const page = await visitor.get(linkIn(follow as { text: string }, 'r'));
  expect([page.status, new URL(page.url).pathname]).toEqual([200, `/request/${late}`]);
  await visitor.submit(page, { action: 'withdraw', last4: last4(late) }, 'last4');
  const closed = (await mailsTo(email, 0)).length;
  expect(await send(ended, last4(late))).toEqual(foreign);
  expect(await mailsTo(email, closed)).toEqual([]);
});
