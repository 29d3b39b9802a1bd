import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, linkIn, prove } from '../journeys/access.ts';
import { itemsOf } from '../journeys/faults.ts';
import { openWorld, type World } from '../journeys/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ now: new Date('2026-11-02T10:00:00.000Z') });
});
afterAll(() => world?.close());

const day = 86_400_000;

/** Instants at which an address got mail, in order. */
const timesOf = async (email: string): Promise<number[]> =>
  (await world.mails()).filter(({ to }) => to.includes(email)).map(({ at }) => Date.parse(at));

const askOften = async (email: string, times: number): Promise<string[]> => {
  const references: string[] = [];
  for (let n = 0; n < times; n += 1) references.push((await ask(world, { name: 'En Person', email })).reference);
  await world.quiet();
  return references;
};

test('T16: after three mails to an address the next waits a day and then goes, never more than three in any 24 hours', async () => {
  const email = 'overfyldt@fremmed.example';
  const references = await askOften(email, 8);
  expect(await timesOf(email)).toHaveLength(3);
  await ask(world, { name: 'En Anden', email: 'upaavirket@fremmed.example' });
  await world.mail('upaavirket@fremmed.example', /\/c\//);

  await world.advance('PT23H');
  expect(await timesOf(email)).toHaveLength(3);
  await world.advance('PT3H');
  const times = await timesOf(email);
  expect(times).toHaveLength(6);
  for (const [n, at] of times.slice(3).entries()) expect(at - (times[n] as number)).toBeGreaterThanOrEqual(day);

  const fourth = references[3] as string;
  const { page } = await prove(world, email, fourth);
  expect(page.url).toContain(`/request/${fourth}`);
});

test('T16: a mail that waits for its place is no mail that got stuck, and one without a place is tried as a reminder', async () => {
  const email = 'venter@fremmed.example';
  const references = await askOften(email, 7);
  const last = references.at(-1) as string;
  const requests = (await itemsOf(world)).filter(({ sk }) => sk === 'REQUEST');
  expect(requests.find(({ reference }) => reference === last)).toMatchObject({ silent: true, confirmMails: 0 });
  await world.advance('PT20H');
  expect((await itemsOf(world)).filter(({ about }) => about === 'outbox-stuck')).toEqual([]);
  await world.advance('P8D');
  const reminder = (await world.mails()).find(({ to, text }) => to.includes(email) && text.includes(last));
  expect(linkIn(reminder ?? { text: '' }, 'c')).toContain('/c/');
  const times = await timesOf(email);
  for (const [n, at] of times.slice(3).entries()) expect(at - (times[n] as number)).toBeGreaterThanOrEqual(day);
});
