import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, expectStatus, linkIn } from '../journeys/access.ts';
import { itemsOf } from '../journeys/faults.ts';
import { Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';
import { call, filledIn, type Reply, stampsOf, synthWithLimits } from './raw.ts';

let world: World;
let cdkOut: string;
beforeAll(async () => {
  cdkOut = await synthWithLimits({ requestsPerClientPerHour: 10_000, requestsPerHour: 1_000_000 });
  world = await openWorld({ demo: false, cdkOut });
});
afterAll(async () => {
  await world?.close();
  rmSync(cdkOut, { recursive: true });
});

/** So many at once; the stage lets a burst of two hundred through, and a hundred a second. */
const abreast = 50;

const inParallel = async (count: number, one: (n: number) => Promise<Reply>): Promise<Reply[]> => {
  const replies: Reply[] = [];
  for (let from = 0; from < count; from += abreast) {
    const some = Array.from({ length: Math.min(abreast, count - from) }, (_, n) => one(from + n));
    replies.push(...(await Promise.all(some)));
    // The stage counts in real time.
    await new Promise((done) => setTimeout(done, 400));
  }
  return replies;
};

/** All thousand take six minutes of two cores: `POSTS=1000`. */
const posts = Number(process.env.POSTS ?? 100);

const alphabet = '23456789BCDFGHJKMNPQRSTVWXYZ';

test('T20: of 500 codes guessed at the same time at most five are compared, and the right one is refused after them', async () => {
  const email = 'gaettet@fremmed.example';
  const { reference } = await ask(world, { name: 'Gættet Kode', email });
  const mail = await world.mail(email, new RegExp(reference));
  const visitor = new Visitor(world.site);
  const page = expectStatus(await visitor.get(linkIn(mail, 'c')), 200);
  const cookie = [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const right = /^ *([2-9B-DF-HJKMNP-TV-Z]{3})[ -]?([2-9B-DF-HJKMNP-TV-Z]{3}) *$/m.exec(mail.text) ?? [];
  const guess = (n: number) => `ZZZZ${alphabet[n % 28]}${alphabet[Math.floor(n / 28) % 28]}`;
  const { pathname: path } = new URL(page.url);
  const headers = { cookie, origin: world.site };
  const replies = await inParallel(500, (n) => call(world.site, { path, headers, fields: { code: guess(n) } }));
  // The fifth comparison locks: its page is the one of those that were not compared.
  expect(replies.filter(({ status }) => status === 400)).toHaveLength(4);
  expect(replies.filter(({ status }) => status === 429)).toHaveLength(496);
  const [token] = (await itemsOf(world)).filter(({ purpose }) => purpose === 'confirm');
  expect(token?.attempts).toBe(5);
  const late = await call(world.site, { path, headers, fields: { code: `${right[1]}${right[2]}` } });
  expect(late.status).toBe(429);
  const [request] = (await itemsOf(world)).filter((item) => item.reference === reference && item.sk === 'REQUEST');
  expect(request?.status).toBe('AWAITING_PROOF');
});

test(`T16: ${posts} posts for one address at once are at most three mails in a day, and nobody else loses one`, {
  timeout: 600_000,
}, async () => {
  const victim = 'bombet@fremmed.example';
  const cookie = await filledIn(world, victim);
  const replies: Reply[] = [];
  for (let round = 0; round < posts / 50; round += 1) {
    const stamps = await stampsOf(world, cookie, 50);
    await new Promise((done) => setTimeout(done, 3_100));
    replies.push(
      ...(await inParallel(50, (n) =>
        call(world.site, {
          path: '/check',
          headers: { cookie, origin: world.site },
          fields: { stamp: stamps[n] ?? '', website: '' },
          from: `127.0.${round + 1}.${n + 1}`,
        }),
      )),
    );
    await ask(world, { name: 'En Anden', email: `anden.${round}@fremmed.example` });
  }
  expect(replies).toHaveLength(posts);
  expect(replies.filter(({ status }) => status !== 303)).toEqual([]);
  await world.quiet();
  const count = async (email: string) => (await world.mails()).filter(({ to }) => to.includes(email)).length;
  expect(await count(victim)).toBe(3);
  for (let round = 0; round < posts / 50; round += 1) expect(await count(`anden.${round}@fremmed.example`)).toBe(1);
});
