import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { s3 } from '../../connectors/s3.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { liveBytes } from './live-memory.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';
import { collectionOf, systemOf } from './systems.ts';

const bucket = 'demo-support-attachments';
let aws: LocalAws;
let client: S3Client;

const put = (key: string, body: string | Uint8Array) =>
  client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));

beforeAll(async () => {
  aws = await startLocalAws();
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  client = new S3Client({ forcePathStyle: true });
  const queue = heldRows.values();
  const worker = async () => {
    for (const { owner, id, n } of queue) await put(`held/${owner}/${id}-${n}.txt`, `${n}`);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}, 120_000);

afterEach(() => {
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
});

afterAll(async () => {
  client.destroy();
  vi.unstubAllEnvs();
  await aws.close();
});

const fields = ['key', 'owner', 'name', 'size', 'lastModified', 'contentType'];
const described = (prefix: string) => collectionOf({ fields, primaryKey: ['key'], options: { prefix } });
const held = described('held/{value}/');

const connect = (collection = held, options: object = { bucket }): Connector =>
  s3({ system: systemOf('s3', { held: collection }, { ...options }), secret: {}, allowLoopback: true });

const lookup = (values: readonly string[], collection = held): Lookup => ({
  name: 'held',
  collection,
  field: 'owner',
  values,
});

const find = async (values: readonly string[], collection = held, signal?: AbortSignal): Promise<Found[]> => {
  const found: Found[] = [];
  for await (const page of connect(collection).find(lookup(values, collection), { signal })) found.push(...page.found);
  return found;
};

const keys = (found: readonly Found[]) => found.map(({ row }) => row.key);

const bytes = async (found: Found | undefined): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of found?.documents?.[0]?.open() ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
};

describe('s3', () => {
  keepsTheContract({
    connector: () => connect(),
    lookup,
    ignoresCase: false,
    heldOf: ({ row }) => {
      const [, id = '', n] = /^(\d+)-(\d+)\.txt$/.exec(String(row.name)) ?? [];
      return { id, owner: String(row.owner), n: Number(n) };
    },
    down: () => {
      // The client reads its endpoint when it is first used.
      vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
      return connect();
    },
  });
});

describe('files in s3', () => {
  test('tell their path, name, size, time and type, and stream their bytes as often as asked', async () => {
    const body = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index % 256));
    await put('files/7/fotos/skade æøå +%.png', body);
    const [file] = await find(['7'], described('files/{value}/'));
    expect(file?.row).toEqual({
      key: 'files/7/fotos/skade æøå +%.png',
      owner: '7',
      name: 'fotos/skade æøå +%.png',
      size: 5_000,
      lastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      contentType: 'image/png',
    });
    expect(await bytes(file)).toEqual(body);
    expect(await bytes(file)).toEqual(body);
  });

  test('of 12 are not those of 123, nor those below a path that a value spells', async () => {
    for (const key of ['12/a.txt', '123/b.txt', '12/34/c.txt', '/d.txt']) await put(`p/${key}`, 'x');
    const collection = described('p/{value}/');
    expect(keys(await find(['12'], collection))).toEqual(['p/12/34/c.txt', 'p/12/a.txt']);
    for (const value of ['12/34', '..', '', '.', '/', '1', '12/']) expect(await find([value], collection)).toEqual([]);
  });

  test('are told from the empty objects that stand for folders', async () => {
    await put('f/1/', new Uint8Array());
    await put('f/1/empty.txt', new Uint8Array());
    const found = await find(['1'], described('f/{value}/'));
    expect(keys(found)).toEqual(['f/1/empty.txt']);
    expect(await bytes(found[0])).toHaveLength(0);
  });

  test('that changed since they were listed are not passed on as what was listed', async () => {
    await put('c/1/a.txt', 'one');
    const [file] = await find(['1'], described('c/{value}/'));
    await put('c/1/a.txt', 'two');
    await expect(bytes(file)).rejects.toMatchObject({ name: 'SourceUnavailable' });
  });

  test('of 200 MB stream in the memory of a few chunks', async () => {
    const Body = Buffer.alloc(200 * 1_048_576, 'x');
    await new Upload({ client, params: { Bucket: bucket, Key: 'big/1/a.bin', Body } }).done();
    const [file] = await find(['1'], described('big/{value}/'));
    const before = liveBytes();
    let most = 0;
    let size = 0;
    let chunks = 0;
    for await (const chunk of file?.documents?.[0]?.open() ?? []) {
      size += chunk.length;
      chunks += 1;
      if (chunks % 100 === 0) most = Math.max(most, liveBytes());
    }
    expect(size).toBe(200 * 1_048_576);
    expect(most).toBeGreaterThan(0);
    expect(most - before).toBeLessThan(100 * 1_048_576);
  });

  test('stop streaming when they are told to', async () => {
    const stop = new AbortController();
    const [file] = await find(['1'], described('big/{value}/'), stop.signal);
    const reader = file?.documents?.[0]?.open()[Symbol.asyncIterator]();
    await reader?.next();
    stop.abort(new Error('stopped'));
    const rest = async () => {
      while (!(await reader?.next())?.done);
    };
    await expect(rest()).rejects.toThrow('stopped');
  });

  test('in a bucket that is not there are a mistake of the data map', async () => {
    const connector = connect(held, { bucket: 'not-a-bucket-of-ours' });
    await expect(connector.check()).rejects.toMatchObject({ name: 'SourceMalformed' });
  });

  test.each(['held/{value}', 'held/', '/held/{value}/', 'held/{value}-{value}/', 'held/{other}/'])(
    'are not looked for below the prefix %s',
    (prefix) => {
      expect(() => connect(described(prefix))).toThrow(/collections\.held\.options\.prefix/);
    },
  );

  test('need a bucket', () => {
    expect(() => connect(held, {})).toThrow(/connector\.options\.bucket/);
  });
});
