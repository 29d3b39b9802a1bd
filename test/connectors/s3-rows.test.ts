import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { s3 } from '../../connectors/s3.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import { type Held, heldRows, keepsTheContract } from './contract.ts';
import { liveBytes } from './live-memory.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';
import { collectionOf, systemOf } from './systems.ts';

const bucket = 'demo-support-attachments';
let aws: LocalAws;
let client: S3Client;

const put = (key: string, body: string | Uint8Array) =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));

const cell = (value: string | number): string => `"${String(value).replaceAll('"', '""')}"`;

/** How a part of the rows is written as a file of each format. */
const written: Readonly<Record<string, (rows: readonly Held[]) => string | Uint8Array>> = {
  jsonl: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
  csv: (rows) => `id,owner,n\r\n${rows.map(({ id, owner, n }) => [id, owner, n].map(cell).join(',')).join('\r\n')}\r\n`,
  parquet: (rows) =>
    new Uint8Array(
      parquetWriteBuffer({
        rowGroupSize: 300,
        columnData: [
          { name: 'id', data: rows.map(({ id }) => id), type: 'STRING' },
          { name: 'owner', data: rows.map(({ owner }) => owner), type: 'STRING' },
          { name: 'n', data: rows.map(({ n }) => n), type: 'INT32' },
        ],
      }),
    ),
};

beforeAll(async () => {
  aws = await startLocalAws();
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  client = new S3Client({ forcePathStyle: true });
  for (const [format, write] of Object.entries(written)) {
    for (let start = 0; start < heldRows.length; start += 800)
      await put(`${format}/${start}.${format}`, write(heldRows.slice(start, start + 800)));
  }
  await put('gzip/1.jsonl.gz', gzipSync(written.jsonl?.(heldRows) ?? ''));
}, 60_000);

afterEach(() => {
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
});

afterAll(async () => {
  client.destroy();
  vi.unstubAllEnvs();
  await aws.close();
});

const described = (options: object, fields: readonly string[] = ['id', 'owner', 'n']) =>
  collectionOf({ fields, identity: { email: 'owner' }, options: { ...options } });

type Described = ReturnType<typeof described>;

const connect = (collection: Described): Connector =>
  s3({ system: systemOf('s3', { held: collection }, { bucket }), secret: {}, allowLoopback: true });

const lookupIn = (collection: Described, values: readonly string[], field = 'owner'): Lookup => ({
  name: 'held',
  collection,
  field,
  values,
});

const find = async (options: object, values: readonly string[], fields?: readonly string[], field?: string) => {
  const found: Found[] = [];
  const collection = described(options, fields);
  for await (const page of connect(collection).find(lookupIn(collection, values, field))) found.push(...page.found);
  return found.map(({ row }) => row);
};

for (const [format, prefix] of [...Object.keys(written), 'gzip'].map((name) => [name, `${name}/`] as const))
  describe(`rows in files of ${format} in s3`, () => {
    const collection = described({ prefix, format: format === 'gzip' ? 'jsonl' : format });
    keepsTheContract({
      connector: () => connect(collection),
      lookup: (values) => lookupIn(collection, values),
      ignoresCase: true,
      down: () => {
        vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
        return connect(collection);
      },
    });
  });

const me = ['me@nordlys.example'];

describe('a file of JSON lines', () => {
  test('gives numbers as they are written, and says where a row stands that has no key', async () => {
    const lines = [
      '{"owner":"me@nordlys.example","n":1.50,"big":12345678901234567890,"deep":{"æ":["ø"]}}',
      '',
      '{"owner":"other@nordlys.example"}\r',
      '{"owner":"ME@nordlys.example","n":null}',
    ];
    await put('numbers/a.jsonl', `\ufeff${lines.join('\n')}`);
    const fields = ['key', 'line', 'owner', 'n', 'big', 'deep'];
    expect(await find({ prefix: 'numbers/', format: 'jsonl' }, me, fields)).toEqual([
      { key: 'numbers/a.jsonl', line: 1, owner: me[0], n: 1.5, big: 12345678901234567890n, deep: { æ: ['ø'] } },
      { key: 'numbers/a.jsonl', line: 4, owner: 'ME@nordlys.example', n: null },
    ]);
  });

  test('is looked through for numbers by all their digits', async () => {
    await put(
      'digits/a.jsonl',
      '{"id":9007199254740993,"owner":"a"}\n{"id":9007199254740992,"owner":"b"}\n{"id":7,"owner":"c"}',
    );
    const by = (value: string) => find({ prefix: 'digits/', format: 'jsonl' }, [value], undefined, 'id');
    expect(await by('9007199254740993')).toEqual([{ id: 9007199254740993n, owner: 'a' }]);
    expect(await by('7')).toEqual([{ id: 7, owner: 'c' }]);
  });

  test.each([
    ['a line that is no JSON', '{"owner":"me"}\n{"owner":'],
    ['a line that is no object', '["me"]'],
    ['a member named __proto__', '{"owner":"me@nordlys.example","__proto__":{"admin":true}}'],
    ['letters that are not UTF-8', Buffer.from('{"owner":"s\xf8ren"}', 'latin1')],
    ['a line without end', `{"owner":"${'x'.repeat(17_000_000)}`],
  ])('is refused for %s, and what it holds is not repeated', async (_, body) => {
    await put('broken-jsonl/a.jsonl', body);
    const failure = await find({ prefix: 'broken-jsonl/', format: 'jsonl' }, me).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'SourceMalformed' });
    expect(String(failure)).not.toMatch(/me@|owner/);
  });

  test('that says it is gzip and is not, or ends early, is refused', async () => {
    const whole = gzipSync('{"owner":"me@nordlys.example"}\n'.repeat(1_000));
    for (const body of [Buffer.from('{}'), whole.subarray(0, whole.length - 10)]) {
      await put('broken-gzip/a.jsonl.gz', body);
      await expect(find({ prefix: 'broken-gzip/', format: 'jsonl' }, me)).rejects.toMatchObject({
        name: 'SourceMalformed',
      });
    }
  });

  test('of 100 MB that was packed needs the memory of a few lines', async () => {
    const line = `{"owner":"other@nordlys.example","text":"${'x'.repeat(1_000)}"}\n`;
    await put('bomb/a.jsonl.gz', gzipSync(line.repeat(100_000)));
    const before = liveBytes();
    expect(await find({ prefix: 'bomb/', format: 'jsonl' }, me)).toEqual([]);
    expect(liveBytes() - before).toBeLessThan(60 * 1_048_576);
  });
});

describe('a file of CSV', () => {
  test('is read with quotes, line ends in cells, any of its delimiters and a byte order mark', async () => {
    const text =
      '\ufeffid;owner;n\r\n1;me@nordlys.example;"a;b\r\n""c"" æ"\r\n2;ME@nordlys.example;\r\n\r\n3;"other@nordlys.example";x';
    await put('semicolons/a.csv', text);
    expect(await find({ prefix: 'semicolons/', format: 'csv', delimiter: ';' }, me)).toEqual([
      { id: '1', owner: me[0], n: 'a;b\r\n"c" æ' },
      { id: '2', owner: 'ME@nordlys.example', n: '' },
    ]);
  });

  test.each([
    ['no column of that name', 'id,email\n1,me@nordlys.example'],
    ['a column twice', 'id,owner,owner\n1,me@nordlys.example,x'],
    ['more cells than columns', 'id,owner\n1,me@nordlys.example,x'],
    ['fewer cells than columns', 'id,owner,n\n1,me@nordlys.example'],
    ['a quote without end', 'id,owner\n1,"me@nordlys.example\n2,x'],
    ['a quote inside a cell', 'id,owner\n1,me"@"nordlys.example'],
  ])('is refused for %s', async (_, body) => {
    await put('broken-csv/a.csv', body);
    await expect(find({ prefix: 'broken-csv/', format: 'csv' }, me)).rejects.toMatchObject({ name: 'SourceMalformed' });
  });
});

describe('a file of Parquet', () => {
  test('gives 64-bit numbers, times, bytes and nothing as they are', async () => {
    const columnData = [
      { name: 'owner', data: [me[0], 'other'], type: 'STRING' as const },
      { name: 'id', data: [9007199254740993n, 1n], type: 'INT64' as const },
      { name: 'at', data: [new Date('2027-02-28T23:30:00.123Z'), new Date(0)], type: 'TIMESTAMP' as const },
      { name: 'bytes', data: [new Uint8Array([0, 255]), new Uint8Array()], type: 'BYTE_ARRAY' as const },
      { name: 'raw', data: [new TextEncoder().encode('søren'), new Uint8Array()], type: 'BYTE_ARRAY' as const },
      { name: 'none', data: [null, 'x'], type: 'STRING' as const, nullable: true },
    ];
    await put('types/a.parquet', new Uint8Array(parquetWriteBuffer({ columnData })));
    const fields = ['id', 'owner', 'at', 'bytes', 'raw', 'none'];
    expect(await find({ prefix: 'types/', format: 'parquet' }, me, fields)).toEqual([
      { id: 9007199254740993n, owner: me[0], at: '2027-02-28T23:30:00.123Z', bytes: 'AP8=', raw: 'søren', none: null },
    ]);
    expect(await find({ prefix: 'types/', format: 'parquet' }, ['9007199254740993'], fields, 'id')).toHaveLength(1);
  });

  test.each([
    ['GZIP', gzipSync],
    ['ZSTD', zstdCompressSync],
    ['BROTLI', brotliCompressSync],
  ] as const)('is read where its pages are packed with %s', async (codec, pack) => {
    const packed = (bytes: Uint8Array) => new Uint8Array(pack(bytes));
    const columnData = [{ name: 'owner', data: Array.from({ length: 500 }, () => me[0]), type: 'STRING' as const }];
    const compressors = { [codec]: packed };
    await put(`packed-${codec}/a.parquet`, new Uint8Array(parquetWriteBuffer({ columnData, codec, compressors })));
    expect(await find({ prefix: `packed-${codec}/`, format: 'parquet' }, me, ['owner'])).toHaveLength(500);
  });

  test('that is none, is cut, or has not the column, is refused', async () => {
    const whole = Buffer.from(written.parquet?.(heldRows.slice(0, 50)) ?? '');
    const bodies = [Buffer.from('x'), Buffer.from('PAR1xxxxxxxxPAR1'), whole.subarray(0, 200), whole.subarray(100)];
    for (const body of bodies) {
      await put('broken-parquet/a.parquet', body);
      const refused = find({ prefix: 'broken-parquet/', format: 'parquet' }, me);
      await expect(refused).rejects.toMatchObject({ name: 'SourceMalformed' });
    }
    const other = find({ prefix: 'parquet/', format: 'parquet' }, me, undefined, 'email');
    await expect(other).rejects.toThrow('no column email');
  });
});

test('a file that is written anew while it is gone on in is read from its beginning', async () => {
  const rows = (of: string) =>
    Array.from({ length: 1_500 }, (_, n) => `{"id":"${of}${n}","owner":"${me[0]}"}`).join('\n');
  await put('anew/a.jsonl', rows('old'));
  const collection = described({ prefix: 'anew/', format: 'jsonl' });
  const pages = connect(collection).find(lookupIn(collection, me))[Symbol.asyncIterator]();
  const { value: first } = await pages.next();
  await put('anew/a.jsonl', rows('new'));
  const later: Found[] = [];
  for await (const page of connect(collection).find(lookupIn(collection, me), { cursor: first?.cursor }))
    later.push(...page.found);
  expect(first?.found).toHaveLength(1_000);
  expect(later.map(({ row }) => row.id)).toEqual(Array.from({ length: 1_500 }, (_, n) => `new${n}`));
});

test('the files of everybody have a prefix without a value', () => {
  expect(() => connect(described({ prefix: 'rows/{value}/', format: 'csv' }))).toThrow(
    /collections\.held\.options\.prefix/,
  );
});
