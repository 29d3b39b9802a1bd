import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import {
  answerTask,
  approve,
  ask,
  askForFile,
  download,
  expectStatus,
  last4,
  lookAt,
  lookedAt,
  openAsDpo,
  prove,
  start,
} from './access.ts';
import { type Page, textOf } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** A request that every system has answered. */
const gathered = async (name: string, email: string, rights: readonly string[]): Promise<string> => {
  const { reference } = await ask(world, { name, email, rights });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  return reference;
};

const check = (zip: Buffer): unknown => {
  const file = join(world.state, 'checked.zip');
  writeFileSync(file, zip);
  const { stdout } = spawnSync(process.execPath, ['cli/privacy.ts', 'package', 'check', file, '--json'], {
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
};

const fetched = async (email: string, reference: string) => {
  const { zip } = await download(world, email, reference);
  expect(check(zip)).toEqual({ findings: [] });
  return unzip(zip);
};

test('access refused and portability granted: what goes out tells nothing of what was refused, and is bound to what was approved', async () => {
  const email = peopleToTry.everywhere;
  const reference = await gathered('Mette Kjærgaard', email, ['access', 'portability']);
  const refused = { 'outcome-access': 'refuse', 'ground-access': 'excessive', 'reason-access': 'Gentaget for ofte.' };
  const { shown } = await approve(world, reference, ['portability'], refused);
  const { ready, page } = await askForFile(world, email, reference);
  expect(ready.text).toContain('Pak filen ud, og åbn dataportabilitet/LAES-MIG.txt.');
  expect(textOf(page.html)).toContain('Start med filen dataportabilitet/LAES-MIG.txt i den');
  for (const said of [ready.text, textOf(page.html)]) expect(said).not.toContain('START-HER');
  const entries = await fetched(email, reference);
  expect(entries.has('dataportabilitet/LAES-MIG.txt')).toBe(true);
  const text = String(entries.get('manifest.json'));
  const manifest = JSON.parse(text) as { approved: string; systems: object[]; files: { path: string }[] };
  const own = ['KONTROLSUMMER.sha256', 'manifest.json'];
  expect(manifest.files.map(({ path }) => path)).toEqual([...entries.keys()].filter((path) => !own.includes(path)));
  expect(manifest.files.filter(({ path }) => !path.startsWith('dataportabilitet/'))).toEqual([]);
  expect(manifest).toMatchObject({ version: 1, reference, round: 1, approved: shown, systems: [] });
  for (const told of ['support', 'notes', 'Brev.pdf', 'rows']) expect(text).not.toContain(told);
});

/** Holds back what each place says, and makes the answer anew. */
const holdBack = async (reference: string, marks: readonly (readonly [path: string, target: string])[]) => {
  const { visitor } = await openAsDpo(world, reference, 2);
  for (const [path, target] of marks) {
    const page = await lookAt(world, visitor, `/dpo/request/${reference}/data/${path}`);
    expectStatus(await visitor.post(page.url, { target, choice: 'withhold', ground: 'others' }), 200);
  }
  const stale = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
  expectStatus(await visitor.submit(stale, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
  return openAsDpo(world, reference, 3);
};

test('portability alone: what is held back is said and why, and no value stands for it where machines read', async () => {
  const email = peopleToTry.everywhere;
  const reference = await gathered('Mette Kjærgaard', email, ['portability']);
  await holdBack(reference, [
    ['crm/customers', 'field:phone'],
    ['newsletter/subscriptions/0', 'row'],
    ['crm/notes/0', 'row'],
  ]);
  const { page, visitor } = await openAsDpo(world, reference, 3);
  const said = textOf(page.html);
  expect(said).toContain('Personen får kun det, personen selv har givet');
  expect(said).not.toContain('Personen får filerne ovenfor');
  // A customer, an order or more, and the rows of newsletters that are left: no note and no document.
  const { customers, orders, subscriptions } = holdings(email);
  const sent = customers.length + orders.length + subscriptions.length - 1;
  expect(said).toContain(`Du afgør ${sent} rækker og 0 dokumenter`);
  expect(lookedAt(page)).toEqual([]);
  const previews = [...page.html.matchAll(/href="([^"]*\/preview\/[^"]*)"/g)].map(([, path = '']) => path);
  expect(previews).toHaveLength(4);
  const previewed: Page[] = [];
  for (const path of previews) previewed.push(expectStatus(await lookAt(world, visitor, path), 200));
  await approve(world, reference, ['portability'], {}, 3);
  const entries = await fetched(email, reference);
  for (const [at, path] of previews.entries())
    expect(previewed[at]?.html).toBe(String(entries.get(path.split('/preview/')[1] ?? '')).replace(/^\uFEFF/, ''));
  for (const [path, content] of entries)
    if (/\.(json|csv|vcf)$/.test(path)) expect(String(content)).not.toContain('[udeladt');
  const [customer] = recordsOf(entries, 'crm', 'customers');
  expect(customer).toHaveProperty('email');
  expect(customer).not.toHaveProperty('phone');
  const readme = String(entries.get('dataportabilitet/LAES-MIG.txt'));
  const why = 'Det handler også om andre mennesker, og deres rettigheder vejer tungere her (artikel 20, stk. 4).';
  expect(readme).toContain(`- Kundekartotek, Stamdata, Telefon: 1 værdi er udeladt. ${why}`);
  expect(readme).toContain(`- Nyhedsbreve, Tilmeldinger: 1 post er udeladt. ${why}`);
  expect(readme).toContain('Du kan også klage til Datatilsynet');
  // Nobody provided the notes of colleagues.
  expect(readme).not.toContain('Notater');
});

test('where all that was found is held back, the answer says so in every part, and not that there is nothing', async () => {
  const email = peopleToTry.newsletterOnly;
  const reference = await gathered('Åse Ørskov', email, ['access', 'portability']);
  const rows = (
    await lookAt(
      world,
      (
        await openAsDpo(world, reference, 2)
      ).visitor,
      `/dpo/request/${reference}/data/newsletter/subscriptions`,
    )
  ).html;
  const all = new Set([...rows.matchAll(/subscriptions\/(\d+)/g)].map(([, n]) => n));
  expect(all.size).toBeGreaterThan(1);
  await holdBack(
    reference,
    [...all].map((n) => [`newsletter/subscriptions/${n}`, 'row'] as const),
  );
  await approve(world, reference, ['access', 'portability'], {}, 3);
  const entries = await fetched(email, reference);
  const start = String(entries.get('START-HER.html'));
  expect(start).toContain('Vi har data om dig, men du får dem ikke');
  expect(start).toContain('Alt er udeladt: hensyn til andre');
  expect(start).not.toContain('Vi fandt ingen data om dig');
  const readme = String(entries.get('dataportabilitet/LAES-MIG.txt'));
  expect(readme).toContain('Her er ingen filer');
  expect(readme).toContain(`${all.size} poster er udeladt.`);
});
