import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, createDeflateRaw } from 'node:zlib';
import type { Row } from '../domain/connector.ts';
import type { ManifestFile } from '../domain/manifest.ts';
import { csvFile, jsonFile } from '../domain/rendering.ts';
import type { Request } from '../domain/request.ts';
import type { Files } from '../functions/aws/files.ts';
import { collectionFiles } from '../functions/lib/collection-files.ts';
import { deflateOptions, hashed, measured, packed, packedInPieces } from '../functions/lib/packing.ts';
import { verified } from '../functions/lib/verified.ts';
import { type ZipMember, zip } from '../functions/lib/zip.ts';
import { collectionOf } from '../test/connectors/systems.ts';
import { median } from './median.ts';

// What an answer costs to build, in terms of what nothing can save: to deflate the same texts of its tables, and the CRC-32 that a ZIP
// wants of its documents. CPU and memory of a process for each, those that are compared in turn, `rounds` times; the median ratio counts.

const [small, large, attachment, rounds] = [100_000, 1_000_000, 1_500_000_000, 3];
const limits = { rendering: 1.2, memory: 1.15, assembly: 0.02, attachment: 3 };
/** A small heap: what is kept shows, or the process ends without memory. */
const heap = ['--max-old-space-size=96', '--max-semi-space-size=8'];

const block = 65_536;
const words = 'bestilt leveret returneret kunde ordre faktura besked svar Århus Ærø telefon aftale tilbud pris'.split(
  ' ',
);

/** Rows of 300 bytes of JSON, the same each time, with text as repetitive as notes are. */
function* rowsUpTo(count: number): Generator<Row> {
  let seed = 1;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  for (let id = 1; id <= count; id += 1) {
    let text = '';
    for (let at = 0; at < 20; at += 1) text += `${words[next(words.length)]} `;
    const email = `kunde${next(90_000)}@example.org`;
    yield { id, name: `Søren ${id % 977}`, email, amount: next(900_000) / 100, written: '2024-02-29T08:30:00Z', text };
  }
}

const fields = ['id', 'name', 'email', 'amount', 'written', 'text'];
const collection = collectionOf({ fields, identity: { email: 'email' } });

function* noise(bytes: number): Generator<Uint8Array> {
  const pool = randomFillSync(Buffer.alloc(64 * block));
  for (let at = 0; at < bytes; at += block) {
    const from = at % pool.length;
    yield pool.subarray(from, from + Math.min(block, bytes - at));
  }
}

async function* flowing(source: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* source;
}

const drained = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
  for await (const _ of source);
};

const deflated = () => {
  const stream = createDeflateRaw(deflateOptions).resume();
  let held = '';
  return {
    async add(text: string): Promise<void> {
      held += text;
      if (held.length < block) return;
      const isFull = !stream.write(held);
      held = '';
      if (isFull) await once(stream, 'drain');
    },
    async end(): Promise<void> {
      const ended = once(stream, 'end');
      stream.end(held);
      await ended;
    },
  };
};

/** A bucket that is a folder. One buffer serves all reads: what a stream would leave to the collector is not the answer's. */
const filesIn = (place: (key: string) => string) => {
  const written = async <T>(
    key: string,
    flow: (done: (result: T) => void) => AsyncIterable<Uint8Array>,
  ): Promise<T> => {
    let result: T | undefined;
    const file = openSync(place(key), 'w');
    for await (const chunk of flow((done) => (result = done))) writeSync(file, chunk);
    closeSync(file);
    return result as T;
  };
  const gathering = {
    pack: (key, source) => written(key, (done) => packed(source, done)),
    packInPieces: (key, source) => written(key, (done) => packedInPieces(source, done)),
    writeText: async (key, text) => writeFileSync(place(key), text),
  } satisfies Pick<Files, 'pack' | 'packInPieces' | 'writeText'>;
  return {
    ...gathering,
    async *read(key: string): AsyncGenerator<Uint8Array> {
      const [buffer, file] = [Buffer.alloc(block), openSync(place(key), 'r')];
      for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer))
        yield buffer.subarray(0, length);
      closeSync(file);
    },
  };
};

const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

const intoZip = async (size: number, through: (flow: AsyncGenerator<Uint8Array>) => AsyncIterable<Uint8Array>) => {
  let hash = '';
  await drained(measured(noise(0), ({ sha256 }) => (hash = sha256)));
  const open = () => verified(flowing(noise(size)), hash);
  await drained(through(zip([{ path: 'notes-0001.bin', bytes: size, crc32: 0, open }]))).catch((error: Error) => {
    // The noise is another one each time: that its hash is not the one told comes at the end.
    if (error.name !== 'ManifestMismatch') throw error;
  });
};

const request = { language: 'da', evidence: 'e' } as Request;

const runs: Readonly<Record<string, (size: number, folder: string) => Promise<number> | number>> = {
  /** The texts of the same tables through zlib, and nothing else. */
  async deflate(size) {
    const [json, csv, table] = [deflated(), deflated(), csvFile(collection, 'da')];
    for (const row of rowsUpTo(size)) {
      await json.add(jsonFile.row(row, row.id === 1));
      await csv.add(table.row(row));
    }
    await Promise.all([json.end(), csv.end()]);
    return 0;
  },
  /** The tables as gathering writes them, then the ZIP of them; answers the microseconds of CPU of the latter. */
  async answer(size, folder) {
    const bucket = filesIn((key) => join(folder, key.replaceAll('/', '_')));
    const place = { request, attempt: 'a', system: 'crm', systems: ['crm'], files: bucket as unknown as Files };
    const writer = collectionFiles(place, 'notes', collection);
    for (const row of rowsUpTo(size)) await writer.add(row);
    const { files } = await writer.end();
    const member = ({ path, bytes, crc32: sum, packed: lies }: ManifestFile): ZipMember => ({
      path,
      bytes,
      crc32: sum,
      deflated: lies?.bytes ?? 0,
      open: () => verified(bucket.read(`e/a/files/${path}`), lies?.sha256 ?? ''),
    });
    const before = cpu();
    await drained(zip(files.map(member)));
    return cpu() - before;
  },
  crc32(size) {
    let sum = 0;
    for (const each of noise(size)) sum = crc32(each, sum);
    return sum && 0;
  },
  sha256(size) {
    const hash = createHash('sha256');
    for (const each of noise(size)) hash.update(each);
    return hash.digest().length && 0;
  },
  /** A document on its way into the bucket. */
  async gather(size) {
    await drained(measured(noise(size), () => undefined));
    return 0;
  },
  /** A document on its way into the ZIP. */
  async document(size) {
    await intoZip(size, (flow) => flow);
    return 0;
  },
  /** The same, and the ZIP's own SHA-256. */
  async written(size) {
    await intoZip(size, (flow) => hashed(flow, () => undefined));
    return 0;
  },
};

interface Cost {
  /** Microseconds of CPU; MB of resident memory at the peak; what the run answered. */
  readonly cpu: number;
  readonly peak: number;
  readonly answered: number;
}

const child = async ([name = '', size = '', folder = '']: readonly string[]): Promise<void> => {
  const before = cpu();
  const answered = (await runs[name]?.(Number(size), folder)) ?? 0;
  console.log(JSON.stringify({ cpu: cpu() - before, peak: process.resourceUsage().maxRSS / 1024, answered }));
};

const costOf = async (folder: string, name: string, size: number): Promise<Cost> => {
  const args = [...heap, import.meta.filename, name, String(size), folder];
  const run = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  run.stdout.on('data', (part: Buffer) => {
    text += part;
  });
  const [code] = await once(run, 'close');
  if (code !== 0) throw new Error(`${name} of ${size} failed`);
  return JSON.parse(text) as Cost;
};

/** The costs of each in turn, so that what else the machine does meets all of them. */
const inTurn = async (folder: string, asked: readonly (readonly [name: string, size: number])[]): Promise<Cost[][]> => {
  const all: Cost[][] = [];
  for (let round = 0; round < rounds; round += 1) {
    const costs: Cost[] = [];
    for (const [name, size] of asked) costs.push(await costOf(folder, name, size));
    all.push(costs);
  }
  return all;
};

let over = 0;
const tell = (what: string, ratios: readonly number[], limit?: number): void => {
  const ratio = median(ratios);
  if (limit && ratio > limit) over += 1;
  const each = ratios.map((one) => one.toFixed(3)).join(' ');
  console.log(`${what.padEnd(58)} ${ratio.toFixed(3)}${limit ? ` of ${limit}` : ''} (${each})`);
};

const ratios = (all: readonly Cost[][], at: number, to: number, of: 'cpu' | 'peak' = 'cpu'): number[] =>
  all.map((costs) => (costs[at]?.[of] ?? 0) / (costs[to]?.[of] ?? 1));

const main = async (folder: string): Promise<void> => {
  const tables = await inTurn(folder, [
    ['deflate', large],
    ['answer', large],
    ['answer', small],
  ]);
  tell('1,000,000 rows: CPU to render and zip / to deflate', ratios(tables, 1, 0), limits.rendering);
  tell('1,000,000 rows: CPU to assemble the ZIP / to render', assemblies(tables), limits.assembly);
  tell('1,000,000 rows: peak memory / that of 100,000', ratios(tables, 1, 2, 'peak'), limits.memory);
  console.log(
    `peak memory: ${tables.map((costs) => costs.map(({ peak }) => peak.toFixed(0)).join(' ')).join(', ')} MB`,
  );
  const documents = await inTurn(folder, [
    ['crc32', attachment],
    ['document', attachment],
    ['gather', attachment],
    ['sha256', attachment],
    ['written', attachment],
  ]);
  tell('1.5 GB document: CPU to put it into the ZIP / its CRC-32', ratios(documents, 1, 0), limits.attachment);
  tell('1.5 GB document: CPU to hash it as it is gathered / same', ratios(documents, 2, 0));
  tell('1.5 GB document: its SHA-256 alone / same', ratios(documents, 3, 0));
  tell('1.5 GB document: into the ZIP, with the SHA-256 of that / same', ratios(documents, 4, 0));
  console.log(`package: ${over} over their limit`);
  process.exitCode = over > 0 ? 1 : 0;
};

const assemblies = (all: readonly Cost[][]): number[] =>
  all.map(([, { cpu: whole, answered } = { cpu: 1, answered: 0 }]) => answered / (whole - answered));

const args = process.argv.slice(2);
if (args.length > 0) await child(args);
else {
  const folder = mkdtempSync(join(tmpdir(), 'privacy-bench-package-'));
  await main(folder).finally(() => rmSync(folder, { recursive: true }));
}
