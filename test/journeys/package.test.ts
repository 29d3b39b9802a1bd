import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseExactly } from '../../connectors/exact-json.ts';
import { peopleToTry } from '../../demo/people.ts';
import { startBrowser } from '../web/site.ts';
import { answerTask, approve, ask, download, prove, start } from './access.ts';
import { fillWild, hostile, wild, wildNames, wildOrder } from './hostile.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, unzip } from './zip.ts';

/** Says by name what is not tested here. */
const lacks = (tool: string): boolean => {
  const isThere = spawnSync('which', [tool]).status === 0;
  if (!isThere) console.log(`SKIPPED: ${tool} is not on this machine`);
  return !isThere;
};

let world: World;
let texts: string[];
let file: string;
/** Where unzip put the answer. */
let root: string;

beforeAll(async () => {
  world = await openWorld();
  texts = await fillWild(world);
  const rights = ['access', 'portability'];
  const { reference } = await ask(world, { name: wild.name, email: wild.email, rights });
  await prove(world, wild.email, reference);
  await start(world, reference);
  await answerTask(
    world,
    reference,
    'found',
    Object.values(hostile)
      .join('\n')
      .slice(0, 4_000)
      .replaceAll(/[\0\u202A-\u202E]/g, ''),
  );
  await approve(world, reference, rights);
  const { zip } = await download(world, wild.email, reference);
  file = join(world.state, 'wild.zip');
  writeFileSync(file, zip);
  root = join(world.state, 'unzip');
  mkdirSync(root);
  spawnSync('unzip', ['-q', file, '-d', root]);
}, 240_000);
afterAll(() => world?.close());

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Table {
  readonly records: readonly Record<string, unknown>[];
}
const tableIn = (path: string): Table => parseExactly(read(path)) as never;

const extractors: readonly (readonly [tool: string, args: (to: string) => string[]])[] = [
  ['unzip', (to) => ['-q', file, '-d', to]],
  ['7z', (to) => ['x', '-y', `-o${to}`, file]],
  ['python3', (to) => ['-W', 'error', '-m', 'zipfile', '-e', file, to]],
];

describe('the answer to a person with every kind of value', () => {
  test.for(extractors)(
    'unpacks with %s without a warning, and nothing outside its folder',
    ([tool, args], { skip }) => {
      skip(lacks(tool));
      const outer = join(world.state, `with-${tool}`);
      const inner = join(outer, 'a', 'b');
      mkdirSync(inner, { recursive: true });
      const { status, stderr } = spawnSync(tool, args(inner), { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(filesIn(outer).every((path) => path.startsWith('a/b/'))).toBe(true);
      expect(filesIn(inner)).toEqual(filesIn(root));
    },
  );

  test('T39: has names that differ in more than case, in plain signs, without a device or a path of the source', () => {
    const names = filesIn(root);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[\w./-]+$/);
    const documents = names.filter((name) => name.includes('-support/filer/'));
    expect(documents).toHaveLength(wildNames.length);
    expect(documents.filter((name) => /\.(exe|js)$/.test(name))).toEqual([]);
    const told = tableIn('systemer/05-support/attachments.json').records.map(({ name }) => name);
    expect(told.sort()).toEqual([...wildNames].sort());
  });

  test('is accepted by sha256sum and by the checker', () => {
    const sums = spawnSync('sha256sum', ['-c', '--strict', '--quiet', 'KONTROLSUMMER.sha256'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status: sums.status, stdout: sums.stdout }).toEqual({ status: 0, stdout: '' });
    const args = ['cli/privacy.ts', 'package', 'check', file, '--json'];
    const checked = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(JSON.parse(checked.stdout)).toEqual({ findings: [] });
  });

  test('has a letter to the person, tagged, that names every system searched', ({ skip }) => {
    skip(lacks('pdftotext'));
    const { stdout } = spawnSync('pdftotext', ['-layout', '-enc', 'UTF-8', join(root, 'Brev.pdf'), '-'], {
      encoding: 'utf8',
    });
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const part of ['Svar på din anmodning om indsigt', 'Åse =cmd|', 'behandler oplysninger om dig.']) {
      expect(text).toContain(part);
    }
    // What the owner of the archive gave was taken over before the letter was written.
    expect(text).toMatch(/Papirarkiv 1 dokument|Papirarkiv 1 post/);
    expect(text).toContain('Nyhedsbreve Intet fundet');
    expect(spawnSync('pdfinfo', [join(root, 'Brev.pdf')], { encoding: 'utf8' }).stdout).toMatch(/Tagged: +yes/);
  });

  test('holds in JSON exactly what the systems hold', () => {
    const notes = tableIn('systemer/02-crm/notes.json').records.map(({ text }) => text);
    expect(notes).toEqual(texts);
    const [order] = tableIn('systemer/06-webshop/orders.json').records;
    expect(order).toEqual(wildOrder);
    const [customer] = tableIn('systemer/02-crm/customers.json').records;
    expect(customer).toMatchObject({ name: wild.name, postcode: '0800', born: '1899-12-31', phone: hostile.plus });
  });

  test('T37: runs no script of the data in a browser, and asks for nothing', async () => {
    const { browser, stop } = await startBrowser();
    for (const path of filesIn(root).filter((name) => name.endsWith('.html'))) {
      const tab = await browser.newPage();
      const requests: string[] = [];
      tab.on('request', (request) => requests.push(request.url()));
      const complaints: string[] = [];
      tab.on('console', (message) => complaints.push(message.text()));
      await tab.goto(pathToFileURL(join(root, path)).href);
      expect(requests).toEqual([tab.url()]);
      expect(complaints).toEqual([]);
      expect(await tab.title()).not.toBe('run');
      expect(await tab.locator('script').count()).toBe(1);
      await tab.close();
    }
    await stop();
  });

  test('shows every value on its pages', async () => {
    const { browser, stop } = await startBrowser();
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(join(root, 'systemer/06-webshop/index.html')).href);
    const text = await tab.locator('main').innerText();
    for (const part of ['9223372036854775807', '-9007199254740993', hostile.script, 'før\ufffdefter']) {
      expect(text).toContain(part);
    }
    await stop();
  });

  test('loads into a table with every cell as text or number as intended', () => {
    const script = [
      'import csv,json,sys',
      'rows=list(csv.reader(open(sys.argv[1],encoding="utf-8-sig",newline=""),delimiter=";",strict=True))',
      'print(json.dumps(rows))',
    ].join('\n');
    const rowsOf = (path: string): string[][] => {
      // The longest cell is above what Python allows by itself.
      const limited = `import csv;csv.field_size_limit(1<<30)\n${script}`;
      const { stdout } = spawnSync('python3', ['-c', limited, join(root, path)], { encoding: 'utf8', maxBuffer: 1e9 });
      return JSON.parse(stdout);
    };
    const [heads, ...notes] = rowsOf('systemer/02-crm/notes.csv');
    expect(heads?.at(-1)).toBe('Notat');
    const guarded = (text: string) => (/^[=+\-@]/.test(text) ? `'${text}` : text);
    expect(notes.map((row) => row.at(-1))).toEqual(texts.map(guarded));
    const [, order] = rowsOf('systemer/06-webshop/orders.csv');
    expect(order).toContain('9223372036854775807');
    expect(order).toContain('førefter');
  });

  test('loads into LibreOffice', ({ skip }) => {
    skip(lacks('soffice'));
    const from = join(root, 'systemer/02-crm/customers.csv');
    const filter = '--infilter=CSV:59,34,76,1,,0,false,true,false';
    const to = join(world.state, 'office');
    const args = ['--headless', filter, '--convert-to', 'fods', '--outdir', to, from];
    expect(spawnSync('soffice', args, { timeout: 100_000 }).status).toBe(0);
    const sheet = readFileSync(join(to, 'customers.fods'), 'utf8');
    expect(sheet).not.toContain('table:formula');
    expect(sheet).toContain('&apos;+45 20 00 00 00');
  });

  test('gives the person back what they provided, and no field more', () => {
    const [customer] = tableIn('dataportabilitet/02-crm/customers.json').records;
    expect(Object.keys(customer ?? {}).sort()).toEqual(
      ['born', 'email', 'marketing', 'name', 'phone', 'postcode', 'street', 'town'].sort(),
    );
    const [order] = tableIn('dataportabilitet/06-webshop/orders.json').records;
    expect(Object.keys(order ?? {}).sort()).toEqual(['lines', 'orderId', 'placed', 'total']);
    const names = filesIn(join(root, 'dataportabilitet'));
    expect(names).toContain('data/crm.customers.vcf');
    expect(names).toContain('datapackage.json');
    expect(names.filter((name) => name.includes('notes') || name.endsWith('.html'))).toEqual([]);
    const card = read('dataportabilitet/data/crm.customers.vcf');
    expect(card).toMatch(/^BEGIN:VCARD\r\nVERSION:4\.0\r\nFN:Åse =cmd\|/);
    expect(card).toContain('BDAY:18991231');
  });

  test('asked for alone is a package of its own: where the collection says nothing, the fields that say so themselves', async () => {
    const { newsletterOnly: email } = peopleToTry;
    const { reference } = await ask(world, { name: 'Åse Ørskov', email, rights: ['portability'] });
    await prove(world, email, reference);
    await start(world, reference);
    await answerTask(world, reference, 'nothing');
    await approve(world, reference, ['portability']);
    const entries = await unzip((await download(world, email, reference)).zip);
    const [subscription] = recordsOf(entries, 'newsletter', 'subscriptions');
    expect(Object.keys(subscription ?? {}).sort()).toEqual(['email', 'list', 'since']);
    const others = [...entries.keys()].filter((path) => !path.startsWith('dataportabilitet/'));
    expect(others.sort()).toEqual(['KONTROLSUMMER.sha256', 'manifest.json']);
  });
});
