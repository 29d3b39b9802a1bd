import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { dataPackage } from '../../domain/data-package.ts';
import { manifestText } from '../../domain/manifest.ts';
import { kindsSeen, recordSchema } from '../../domain/record-schema.ts';
import { csvFile, jsonFile } from '../../domain/rendering.ts';
import { card, contactFields } from '../../domain/vcard.ts';
import { letterPdf } from '../../web/package/pdf.ts';
import { readme } from '../../web/package/readme.ts';
import { startPage } from '../../web/package/start-page.tsx';
import { systemPage } from '../../web/package/system-page.tsx';
import { withheldPage } from '../../web/package/withheld-page.tsx';
import { letterFonts } from '../web/letter-fonts.ts';
import { answerFacts } from '../web/package-facts.ts';

const program = join(import.meta.dirname, '../../cli/privacy.ts');
const folder = mkdtempSync(join(tmpdir(), 'privacy-package-'));

afterAll(() => rmSync(folder, { recursive: true }));

type Files = Readonly<Record<string, string | Buffer>>;

const facts = answerFacts('da', (text) => `=${text};"\r\n-1`);
const crm = facts.systems.find(({ name }) => name === 'crm');
if (!crm) throw new Error('the customer register is not in the facts');

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

const fileOf = (path: string, text: string) => ({
  path,
  bytes: Buffer.byteLength(text),
  sha256: sha256(text),
  crc32: crc32(text),
});

const tables = crm.collections.map(({ name, sample, json = '', csv = '' }) => {
  const collection = crm.system.collections[name];
  if (!collection) throw new Error(`the data map has no ${name}`);
  const rows = sample.map((row, at) => jsonFile.row(row, at === 0)).join('');
  const lines = csvFile(collection, 'da');
  const seen = kindsSeen();
  for (const row of sample) seen.add(row);
  const contacts = contactFields(collection);
  const schema = recordSchema(collection, seen.kinds(), 'da');
  const text = {
    json: `${jsonFile.open({ collection: name })}${rows}${jsonFile.close}`,
    csv: `${lines.open}${sample.map(lines.row).join('')}`,
  };
  const files: Files = {
    [json]: text.json,
    [csv]: text.csv,
    [`data/schema/crm.${name}.json`]: JSON.stringify(schema),
    ...(contacts ? { [`data/crm.${name}.vcf`]: sample.map((row) => card(row, contacts)).join('') } : {}),
  };
  const described = {
    system: 'crm',
    of: crm.system,
    name,
    collection,
    json: fileOf(json, text.json),
    csv: fileOf(csv, text.csv),
    schemaPath: `data/schema/crm.${name}.json`,
    schema,
  };
  return { files, described };
});

const descriptor = dataPackage(
  { ...facts, title: 'Dine data', created: facts.gatheredAt },
  tables.map(({ described }) => described),
);

const letter = await letterPdf(facts, letterFonts);

/** Files as the service renders them, about a person whose every text looks like a formula. */
const good: Files = {
  'START-HER.html': startPage(facts),
  'Brev.pdf': letter,
  'LAES-MIG.txt': readme(facts),
  'udeladt.html': withheldPage(facts),
  [crm.page]: systemPage(facts, crm),
  'datapackage.json': descriptor ?? '',
  ...Object.assign({}, ...tables.map(({ files }) => files)),
  // A document of a source is handed over as it is: neither UTF-8 nor harmless in a spreadsheet.
  'systemer/02-crm/filer/notes-0001.csv': Buffer.from('=1+1;\xe6\xf8\xe5', 'latin1'),
};

const manifestOf = (files: Files): string =>
  manifestText({
    version: 1,
    reference: facts.reference,
    round: 1,
    language: 'da',
    dataMap: '',
    systems: [],
    files: Object.entries(files).map(([path, content]) => ({
      path,
      bytes: Buffer.byteLength(content),
      sha256: sha256(content),
      crc32: crc32(content),
    })),
  });

const sumsOf = (files: Files): string =>
  Object.entries(files)
    .map(([path, content]) => `${sha256(content)}  ${path}\n`)
    .join('');

const withManifest = (files: Files): Files => ({ ...files, 'manifest.json': manifestOf(files) });
const withSums = (files: Files): Files => ({ ...files, 'KONTROLSUMMER.sha256': sumsOf(files) });
const sealed = (files: Files): Files => withSums(withManifest(files));

const zipOf = async (files: Files): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const [path, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), path);
  zip.end();
  return buffer(zip.outputStream as NodeJS.ReadableStream);
};

const run = (...args: string[]) =>
  spawnSync(process.execPath, [program, 'package', 'check', ...args], { encoding: 'utf8' });

const check = (zip: Buffer): { status: number | null; findings: Record<string, unknown>[] } => {
  const file = join(folder, 'answer.zip');
  writeFileSync(file, zip);
  const { status, stdout } = run(file, '--json');
  return { status, findings: JSON.parse(stdout).findings };
};

const rulesIn = async (files: Files): Promise<string[]> => {
  const { status, findings } = check(await zipOf(files));
  expect(status).toBe(3);
  return findings.map(({ file, rule }) => `${file} ${rule}`);
};

describe('privacy package check', () => {
  test('finds nothing in an answer as the service writes it', async () => {
    expect(check(await zipOf(sealed(good)))).toEqual({ status: 0, findings: [] });
  });

  test('finds a file that was changed after it was sealed, by manifest and by sums', async () => {
    const changed = { ...sealed(good), 'LAES-MIG.txt': String(good['LAES-MIG.txt']).replace('Åbn', 'åbn') };
    expect(await rulesIn(changed)).toEqual(['LAES-MIG.txt manifest-hash', 'KONTROLSUMMER.sha256 checksum']);
    const longer = { ...sealed(good), 'LAES-MIG.txt': `${good['LAES-MIG.txt']} ` };
    expect(await rulesIn(longer)).toContain('LAES-MIG.txt manifest-size');
  });

  test('finds a missing file and one too many', async () => {
    const { 'LAES-MIG.txt': _, ...less } = sealed(good);
    expect(await rulesIn(less)).toEqual(['LAES-MIG.txt manifest-missing', 'KONTROLSUMMER.sha256 checksum']);
    const more = { ...sealed(good), 'ekstra.txt': 'x' };
    expect(await rulesIn(more)).toEqual(['ekstra.txt manifest-extra', 'ekstra.txt checksum-missing']);
  });

  test('finds a missing manifest, a broken one, and missing sums', async () => {
    expect(await rulesIn(withSums(good))).toEqual(['manifest.json manifest']);
    expect(await rulesIn(withSums({ ...good, 'manifest.json': '{"version":2,"files":[]}' }))).toEqual([
      'manifest.json manifest',
    ]);
    const [finding] = await rulesIn(withManifest(good));
    expect(finding).toContain('checksum-missing');
  });

  test('tells line and column of a formula in a CSV file, quoted or not, and leaves numbers alone', async () => {
    const files = { ...good, 'a.csv': '\uFEFFNavn;Tal\r\nAne;-12,5\r\n"to\r\nlinjer";"=1+1"\r\n＝2;-3\r\n' };
    const { findings } = check(await zipOf(sealed(files)));
    expect(findings).toMatchObject([
      { file: 'a.csv', line: 4, column: 9, rule: 'csv-formula' },
      { file: 'a.csv', line: 5, column: 1, rule: 'csv-formula' },
    ]);
  });

  test('finds what is wrong inside a file', async () => {
    const wrong: readonly (readonly [path: string, content: string | Buffer, rule: string])[] = [
      ['01.csv', 'Navn;Tal\r\n', 'csv-bom'],
      ['02.csv', '', 'csv-bom'],
      ['03.csv', '\uFEFFNavn;"Tal\r\n', 'csv-quote'],
      ['04.json', '{"records":[', 'json-syntax'],
      ['05.json', '', 'json-syntax'],
      ['06.txt', Buffer.from('\xe6', 'latin1'), 'encoding'],
      ['07.json', Buffer.from('"\xe6"', 'latin1'), 'encoding'],
      ['08.txt', Buffer.from([0x61, 0xc3]), 'encoding'],
      ['09.html', '<p>x</p>\n<script>1</script>', 'html-script'],
      ['10.html', '<p onclick="x()">x</p>', 'html-script'],
      ['11.html', '<a href="javascript:x()">x</a>', 'html-script'],
      ['12.html', '<img src="//outside.example/x.png">', 'html-outside'],
      ['13.html', '<link rel="stylesheet" href="https://outside.example/x.css">', 'html-outside'],
      ['14.html', '<style>p{background:url(https://outside.example/x)}</style>', 'html-outside'],
      ['15.html', '<meta http-equiv="refresh" content="0;url=https://outside.example/">', 'html-outside'],
    ];
    const files = Object.fromEntries(wrong.map(([path, content]) => [path, content]));
    const found = await rulesIn(sealed({ ...good, ...files }));
    expect(found.sort()).toEqual(wrong.map(([path, , rule]) => `${path} ${rule}`));
  });

  test('finds what is wrong in the description of the tables, and tables that are not as described', async () => {
    const described = String(good['datapackage.json']);
    const [first] = crm.collections;
    const { csv = '', json = '' } = first ?? {};
    const schema = 'data/schema/crm.customers.json';
    const changed = (path: string, from: string, to: string): Files => ({
      ...good,
      [path]: String(good[path]).replace(from, to),
    });
    const wrong: readonly (readonly [files: Files, rule: string])[] = [
      [changed('datapackage.json', '"resources"', '"tables"'), 'datapackage.json descriptor'],
      [changed('datapackage.json', csv, '../outside.csv'), 'datapackage.json descriptor'],
      [changed('datapackage.json', '"integer"', '"number-ish"'), 'datapackage.json descriptor'],
      [changed('datapackage.json', csv, 'absent.csv'), 'absent.csv descriptor-missing'],
      [changed('datapackage.json', '"name": "Navn"', '"name": "Efternavn"'), `${csv} descriptor-fields`],
      [changed(json, 'Søren', 'Sören'), `${json} descriptor-hash`],
      [changed(csv, 'Søren', 'Sören'), `${csv} descriptor-hash`],
      [changed(schema, '"records"', '"rows"'), `${json} schema-mismatch`],
      [changed(schema, '"integer"', '"boolean"'), `${json} schema-mismatch`],
      [changed(schema, '"object"', '"thing"'), `${schema} schema`],
      [{ ...good, 'a.csv': '\uFEFFa;b\r\n1;2\r\n3\r\n' }, 'a.csv csv-columns'],
      [changed('data/crm.customers.vcf', 'VERSION:4.0', 'VERSION:3.0'), 'data/crm.customers.vcf vcard'],
    ];
    expect(described).toContain('"Navn"');
    for (const [files, rule] of wrong) expect(await rulesIn(sealed(files))).toEqual([rule]);
  });

  test('finds a letter without tags, language or title, one that does more than be read, and none', async () => {
    const changed = (from: string, to: string): Files => ({
      ...good,
      'Brev.pdf': Buffer.from(letter.toString('latin1').replace(from, to), 'latin1'),
    });
    const wrong: readonly (readonly [files: Files, rule: string])[] = [
      [changed('%PDF-1.7', '%PDF-1.3'), 'letter-pdf'],
      [{ ...good, 'Brev.pdf': letter.subarray(0, -20) }, 'letter-pdf'],
      [changed('/Marked true', '/Marked null'), 'letter-tags'],
      [changed('/StructTreeRoot ', '/SomethingRoot '), 'letter-tags'],
      [changed('/Lang (da)', '/Wang (da)'), 'letter-language'],
      [changed('/DisplayDocTitle true', '/DisplayDocTitle null'), 'letter-title'],
      [changed('/Lang (da)', '/Lang (da) /OpenAction 1 0 R'), 'letter-active'],
    ];
    for (const [files, rule] of wrong) expect(await rulesIn(sealed(files))).toEqual([`Brev.pdf ${rule}`]);
    const { 'Brev.pdf': _, ...less } = good;
    expect(await rulesIn(sealed(less))).toEqual(['Brev.pdf or Letter.pdf letter-missing']);
  });

  test('finds nothing missing where the part of a refused right stays out, and what is missing within a part', async () => {
    const files = { ...good, 'dataportabilitet/LAES-MIG.txt': 'x' };
    const manifest = JSON.parse(manifestOf(files));
    for (const file of manifest.files) if (file.path.startsWith('dataportabilitet/')) file.right = 'portability';
    const access = withSums({ ...good, 'manifest.json': JSON.stringify(manifest) });
    expect(check(await zipOf(access))).toEqual({ status: 0, findings: [] });
    const { 'udeladt.html': _, ...less } = good;
    const cut = withSums({ ...less, 'manifest.json': JSON.stringify(manifest) });
    expect(await rulesIn(cut)).toEqual(['udeladt.html manifest-missing']);
  });

  test('tells where in a file of JSON the mistake is, without quoting what the file holds', async () => {
    const { findings } = check(await zipOf(sealed({ ...good, 'a.json': '{\n "name": "hemmelig" x\n}' })));
    expect(findings).toEqual([{ file: 'a.json', line: 2, column: 21, rule: 'json-syntax', message: 'is not JSON' }]);
  });

  test('finds names that write outside the folder, open a device, or hide what they are', async () => {
    const names = [
      '../../evil.txt',
      '/etc/evil1.txt',
      'C:evil-evil.txt',
      'x\\..\\evil1.txt',
      'x/../evil12.txt',
      'CON.evil12.txt',
      'x/aux.evil.txt',
      'x/evil123.txt.',
      'x/evil123.txt ',
      'x//evil123.txt',
      'evil\u202Etxt.exe',
      'evil\n12345.txt',
      'evil|12345.txt',
    ];
    // A library that writes ZIPs refuses such names: they are put in afterwards, at the same length.
    const stands = names.map((name, at) => String.fromCharCode(97 + at).repeat(Buffer.byteLength(name)));
    const zip = await zipOf({ ...sealed(good), ...Object.fromEntries(stands.map((stand) => [stand, '1'])) });
    const renamed = stands.reduce(
      (bytes, stand, at) => bytes.replaceAll(stand, Buffer.from(names[at] ?? '').toString('latin1')),
      zip.toString('latin1'),
    );
    const { status, findings } = check(Buffer.from(renamed, 'latin1'));
    expect(status).toBe(3);
    const found = new Set(findings.filter(({ rule }) => rule === 'entry-name').map(({ file }) => file));
    expect([...found]).toEqual(names);
  });

  test('finds two names that differ in case only', async () => {
    const files = { ...good, 'a.txt': '1', 'A.TXT': '2' };
    expect(await rulesIn(sealed(files))).toEqual(['A.TXT entry-duplicate']);
  });

  test('exits with 1 when the file is no ZIP or is cut off, and with 2 when none is given', async () => {
    const cut = (await zipOf(sealed(good))).subarray(0, 2_000);
    for (const content of [Buffer.from(''), Buffer.from('no zip'), cut]) {
      writeFileSync(join(folder, 'broken.zip'), content);
      expect(run(join(folder, 'broken.zip')).status).toBe(1);
    }
    expect(run(join(folder, 'absent.zip')).status).toBe(1);
    expect(run().status).toBe(2);
  });

  test('prints file, line, column, rule and message for people', async () => {
    writeFileSync(join(folder, 'answer.zip'), await zipOf(sealed({ ...good, 'a.json': '' })));
    expect(run(join(folder, 'answer.zip')).stdout).toBe('a.json:1:1 json-syntax is not JSON\n');
  });
});
