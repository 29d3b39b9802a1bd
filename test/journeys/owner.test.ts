import { afterAll, beforeAll, expect, test } from 'vitest';
import { approve, ask, download, expectStatus, last4, linkIn, prove, start } from './access.ts';
import { formsOf, type Page, textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** Posts a file by the page's form, as a browser without JavaScript does, and comes back to the page. */
const upload = async (visitor: Visitor, page: Page, name: string, content: string): Promise<Page> => {
  const form = formsOf(page).find(({ hidden }) => 'Policy' in hidden);
  if (!form) throw new Error('the page has no form for files');
  const body = new FormData();
  for (const [field, value] of Object.entries(form.hidden)) body.append(field, value);
  body.append('file', new Blob([Buffer.from(content, 'latin1')]), name);
  const response = await fetch(form.action, { method: 'POST', body, redirect: 'manual' });
  expect(response.status).toBe(303);
  return expectStatus(await visitor.get(response.headers.get('location') ?? ''), 200);
};

test('T48: an owner reads at once which file is not what its name says; it is in no answer, and everything else is', async () => {
  const email = 'mappe@fremmed.example';
  const { reference } = await ask(world, { name: 'En Person', email });
  await prove(world, email, reference);
  await start(world, reference);
  const mail = await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const visitor = new Visitor(world.site);
  let page = expectStatus(await visitor.get(linkIn(mail, 'o')), 200);

  page = await upload(visitor, page, "Kasse 12 (æ!'*).pdf", 'MZ\x90\0 a program');
  expect(textOf(page.html)).toContain('Ikke taget med: filen er et program');
  page = await upload(visitor, page, 'billede.png', '<html>not a picture</html>');
  expect(textOf(page.html)).toContain('filen er ikke det, dens navn siger');
  const empty = await visitor.submit(page, { answer: 'found', text: '', last4: last4(reference) }, 'answer');
  expect(empty.status).toBe(400);

  page = await upload(visitor, page, 'kontrakt.pdf', '%PDF-1.7 kontrakt');
  page = await upload(visitor, page, 'noter.txt', 'kasse 12');
  const wrong = await visitor.submit(page, { answer: 'found', text: 'Mappe 3', last4: 'XXXX' }, 'answer');
  expect(wrong.status).toBe(400);
  expect(wrong.html).toContain('Mappe 3');
  expect(textOf(wrong.html)).toContain('kontrakt.pdf');
  expectStatus(
    await visitor.submit(wrong, { answer: 'found', text: 'Mappe 3', last4: last4(reference) }, 'answer'),
    200,
  );

  await approve(world, reference);
  const { zip } = await download(world, email, reference);
  const entries = await unzip(zip);
  const given = [...entries]
    .filter(([name]) => name.includes('-archive/'))
    .map(([name, held]) => [name, `${held}`] as const);
  const texts = given.filter(([name]) => !name.endsWith('.html'));
  expect(texts.map(([name]) => name.split('/').slice(2).join('/')).sort()).toEqual([
    'filer/owner-0001.pdf',
    'filer/owner-0002.txt',
    'svar.txt',
  ]);
  expect([...entries.values()].some((held) => held.includes('a program'))).toBe(false);
});
