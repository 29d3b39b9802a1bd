import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type Packed, packed } from '../../functions/lib/packing.ts';
import { type ZipMember, zip } from '../../functions/lib/zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'privacy-zip-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const has = (tool: string): boolean => spawnSync('which', [tool]).status === 0;

const collect = async (from: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  for await (const part of from) parts.push(part);
  return Buffer.concat(parts);
};

const stored = (path: string, content: Buffer): ZipMember => ({
  path,
  bytes: content.length,
  crc32: crc32(content),
  open: () => [content],
});

const deflatedMember = async (path: string, content: Buffer): Promise<ZipMember> => {
  let result: Packed | undefined;
  const bytes = await collect(
    packed([content], (done) => {
      result = done;
    }),
  );
  if (!result) throw new Error('nothing was packed');
  return { path, bytes: result.bytes, crc32: result.crc32, deflated: result.packed.bytes, open: () => [bytes] };
};

const contents: Readonly<Record<string, Buffer>> = {
  'START-HER.html': Buffer.from('<p>æøå 😀</p>'.repeat(50_000)),
  'systemer/01-crm/customers.json': Buffer.from('{"a":1}\n'),
  'systemer/01-crm/filer/notes-0001.bin': createHash('sha512').update('x').digest(),
  'empty.txt': Buffer.alloc(0),
};

const members = () =>
  Promise.all(
    Object.entries(contents).map(([path, content]) =>
      path.endsWith('.bin') ? stored(path, content) : deflatedMember(path, content),
    ),
  );

const write = async (name: string, from: Iterable<ZipMember>): Promise<string> => {
  const file = join(folder, name);
  await pipeline(zip(from), createWriteStream(file));
  return file;
};

const extractors: readonly (readonly [tool: string, args: (file: string, to: string) => string[]])[] = [
  ['unzip', (file, to) => ['-q', file, '-d', to]],
  ['7z', (file, to) => ['x', '-y', `-o${to}`, file]],
  ['python3', (file, to) => ['-W', 'error', '-m', 'zipfile', '-e', file, to]],
];

const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

describe.each(extractors)('a ZIP put together from members that are deflated already opens with %s', (tool, args) => {
  test.skipIf(!has(tool))(`${tool} writes every file as it was, and complains of nothing`, async () => {
    const file = await write(`${tool}.zip`, await members());
    const to = join(folder, tool);
    mkdirSync(to);
    const { status, stderr } = spawnSync(tool, args(file, to), { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(filesIn(to)).toEqual(Object.keys(contents).sort());
    for (const [path, content] of Object.entries(contents))
      expect(readFileSync(join(to, path)).equals(content)).toBe(true);
  });
});

test('the same members give the same bytes', async () => {
  const [once, again] = [await collect(zip(await members())), await collect(zip(await members()))];
  expect(once.equals(again)).toBe(true);
});

test('more members than 16 bits count, and none at all, can be read back', async () => {
  const many = Array.from({ length: 70_000 }, (_, n) => stored(`f/${n}.txt`, Buffer.from('x')));
  for (const [name, from] of [
    ['many', many],
    ['none', []],
  ] as const) {
    const file = await write(`${name}.zip`, from);
    const script = 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); print(len(z.namelist()), z.testzip())';
    const { stdout } = spawnSync('python3', ['-c', script, file], { encoding: 'utf8' });
    expect(stdout.trim()).toBe(`${from.length} None`);
  }
});

test('a member of more than 4 GB, and one that stands behind it, can be read back', { timeout: 240_000 }, async () => {
  const block = Buffer.alloc(1 << 22);
  const blocks = 1025;
  let sum = 0;
  for (let n = 0; n < blocks; n += 1) sum = crc32(block, sum);
  const huge: ZipMember = {
    path: 'huge.bin',
    bytes: block.length * blocks,
    crc32: sum,
    *open() {
      for (let n = 0; n < blocks; n += 1) yield block;
    },
  };
  // The reader of the command line says what it thinks of it; the zeros stay a hole on the disk.
  const file = join(folder, 'huge.zip');
  const script = [
    'import sys,zipfile,hashlib',
    "out=open(sys.argv[1],'wb')",
    "while True:\n  b=sys.stdin.buffer.read(1<<22)\n  if not b: break\n  out.seek(len(b),1) if not any(b[:64]) and not b.strip(b'\\0') else out.write(b)",
    'out.close()',
    'z=zipfile.ZipFile(sys.argv[1])',
    'print([(i.filename,i.file_size) for i in z.infolist()], z.read("last.txt"))',
  ].join('\n');
  const python = spawn('python3', ['-c', script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = collect(python.stdout);
  await pipeline(zip([huge, stored('last.txt', Buffer.from('last'))]), python.stdin);
  expect((await said).toString().trim()).toBe(`[('huge.bin', ${block.length * blocks}), ('last.txt', 4)] b'last'`);
  rmSync(file);
});

test('a member that is shorter than it says ends the ZIP with an error', async () => {
  const short = { ...stored('a.txt', Buffer.from('abc')), bytes: 4 };
  await expect(collect(zip([short]))).rejects.toThrow(RangeError);
});

test('a source that fails while it is packed hands its error on', async () => {
  // biome-ignore lint/correctness/useYield: it fails before it gives anything
  const failing = async function* (): AsyncGenerator<string> {
    throw new Error('source is gone');
  };
  await expect(collect(packed(failing(), () => undefined))).rejects.toThrow('source is gone');
});
