import { afterAll, beforeAll, expect, test } from 'vitest';
import { referenceFrom } from '../../domain/reference.ts';
import { expectStatus } from './access.ts';
import { formsOf, type Page, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ demo: false });
});
afterAll(() => world?.close());

const stampOf = (page: Page): string => formsOf(page).find(({ names }) => names.includes('stamp'))?.hidden.stamp ?? '';

/** The form filled in up to the page that sends it. */
const filledIn = async (email: string) => {
  const visitor = new Visitor(world.site);
  const steps = [
    { rights: ['access'] },
    { who: 'me' },
    { name: 'Anna Berg', email, customerNumber: '', alsoKnownAs: '' },
    { details: '' },
    { language: 'da' },
  ];
  let page = await visitor.get('/want?lang=da');
  for (const fields of steps) page = expectStatus(await visitor.submit(page, fields as never), 200);
  return { visitor, page };
};

test('a stamp that is not ours gets the page again, never a 5xx', async () => {
  const { visitor, page } = await filledIn('stamp@example.org');
  const [seconds, nonce, mac = ''] = stampOf(page).split('.');
  for (const given of ['', '.', 'é'.repeat(43), `${seconds}.${nonce}.${'é'.repeat(mac.length)}`, `9${stampOf(page)}`]) {
    const again = await visitor.submit(page, { stamp: given }, 'stamp');
    expect([again.status, new URL(again.url).pathname], given).toEqual([200, '/check']);
  }
  expect(await world.executions()).toEqual([]);
});

test('somebody who sends the form at once is asked to send it again, and is not lost', async () => {
  const { visitor, page } = await filledIn('quick@example.org');
  const again = await visitor.submit(page, {}, 'stamp');
  expect(new URL(again.url).pathname).toBe('/check');
  expect(stampOf(again)).toBe(stampOf(page));
  await world.advance('PT4S');
  const sent = await visitor.submit(again, {}, 'stamp');
  const reference = /\/sent\/([^?]+)/.exec(sent.url)?.[1] ?? '';
  expect(reference).toMatch(/^\w{3}-\w{3}-\w{3}$/);
  expect((await world.mail('quick@example.org', new RegExp(reference))).to).toEqual(['quick@example.org']);
});

test('a day that does not exist is no address of the receipt', async () => {
  const reference = referenceFrom(new Uint8Array(8));
  const visit = async (on: string) => (await new Visitor(world.site).get(`/sent/${reference}?on=${on}`)).status;
  expect([await visit('2026-02-28'), await visit('2026-02-31')]).toEqual([200, 404]);
});
