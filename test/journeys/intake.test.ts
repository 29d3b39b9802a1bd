import { afterAll, beforeAll, expect, test } from 'vitest';
import { referenceFrom } from '../../domain/reference.ts';
import { ask, expectStatus, last4, linkIn } from './access.ts';
import { formsOf, type Page, textOf, Visitor } from './visitor.ts';
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
  expect(textOf(again.html)).toContain('Anmodningen er ikke sendt endnu');
  await world.advance('PT4S');
  const sent = await visitor.submit(again, {}, 'stamp');
  const reference = /\/sent\/([^?]+)/.exec(sent.url)?.[1] ?? '';
  expect(reference).toMatch(/^\w{3}-\w{3}-\w{3}$/);
  expect((await world.mail('quick@example.org', new RegExp(reference))).to).toEqual(['quick@example.org']);
});

test('a day that does not exist, or is still to come, is no address of the receipt', async () => {
  const reference = referenceFrom(new Uint8Array(8));
  const visit = async (on: string) => (await new Visitor(world.site).get(`/sent/${reference}?on=${on}`)).status;
  expect(await Promise.all(['2026-02-28', '2026-02-31', '2099-01-01'].map(visit))).toEqual([200, 404, 404]);
});

const languageOf = ({ html }: Page): string | undefined => /<html lang="(\w\w)"/.exec(html)?.[1];

test('the language that somebody chose stays from page to page and after an error, whatever their browser asks for', async () => {
  for (const [chosen, browser] of [
    ['da', 'en'],
    ['en', 'da'],
  ] as const) {
    const visitor = new Visitor(world.site, browser);
    let page = await visitor.get(`/?lang=${chosen}`);
    const next = /href="(\/want[^"]*)"/.exec(page.html)?.[1] ?? '';
    page = await visitor.get(next);
    const seen = [languageOf(page)];
    page = await visitor.submit(page, {}, 'rights');
    seen.push(languageOf(page));
    page = await visitor.submit(page, { rights: 'access' });
    seen.push(languageOf(page));
    seen.push(languageOf(await visitor.get(/href="(\/want[^"]*)"/.exec(page.html)?.[1] ?? '')));
    seen.push(languageOf(await visitor.submit(page, { who: 'x'.repeat(20_000) })));
    expect(seen).toEqual(Array(5).fill(chosen));
  }
});

test('the language that somebody chose stays where a form or a link sends them on to', async () => {
  const email = 'sprog@example.org';
  const { reference } = await ask(world, { name: 'Anna Berg', email });
  const visitor = new Visitor(world.site);
  const mail = await world.mail(email, new RegExp(reference));
  const page = await visitor.get(`${linkIn(mail, 'c')}?lang=en`);
  const code = /^ *([2-9B-DF-HJKMNP-TV-Z]{3}[ -]?[2-9B-DF-HJKMNP-TV-Z]{3}) *$/m.exec(mail.text)?.[1] ?? '';
  const status = await visitor.submit(page, { code });
  expect([new URL(status.url).pathname, languageOf(page), languageOf(status)]).toEqual([
    `/request/${reference}`,
    'en',
    'en',
  ]);
  const over = await visitor.submit(status, { action: 'withdraw', last4: last4(reference) }, 'last4');
  expect([over.status, languageOf(over)]).toEqual([200, 'en']);
});
