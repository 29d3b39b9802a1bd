import { setTimeout as sleep } from 'node:timers/promises';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { referenceKey } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import type { Connector, Found } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import type { Request } from '../../domain/request.ts';
import { filesIn } from '../../functions/aws/files.ts';
import { checkpointsOf } from '../../functions/lib/checkpoints.ts';
import { documentsOf } from '../../functions/lib/document-list.ts';
import { gatherCollection } from '../../functions/lib/gathering.ts';
import { type LocalAws, startLocalAws } from '../connectors/local-aws.ts';

let aws: LocalAws;
let client: S3Client;
beforeAll(async () => {
  aws = await startLocalAws();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = new S3Client({ endpoint: aws.endpoint, region: 'eu-west-1', credentials, forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await aws.close();
});

const email = 'anna@example.org';
const text = { da: 'x', en: 'x' };
const collection = {
  title: text,
  primaryKey: ['id'],
  identity: { email: 'email' },
  fields: { id: { label: text }, email: { label: text } },
} as unknown as Collection;

/** A source that holds `count` rows of the person, and one of somebody with a like address. */
const source = (count: number): Connector => ({
  async *find() {
    yield { found: [{ row: { id: 'other', email: 'ANNA@example.org\u0301' } }] };
    yield { found: Array.from({ length: count }, (_, id) => ({ row: { id, email } })) };
  },
  check: async () => {},
});

/** Where the last checkpoints lie, as the record keeps it. */
const last = new Map<string, string>();
const cases = {
  checkpoint: async (id: string) => last.get(id),
  putCheckpoint: async (id: string, _round: number, _turn: object, at: string) => void last.set(id, at),
};

let attempts = 0;
const gather = async (count: number, from = source(count), address = email, evidence = `${count}`, left = 900_000) => {
  const files = filesIn('demo-support-attachments', client);
  const request = {
    requestId: `request-${evidence}`,
    language: 'en',
    evidence: `evidence/${evidence}`,
    round: 1,
    person: { email: address },
  } as unknown as Request;
  attempts += 1;
  const attempt = `attempt-${attempts}`;
  const place = { request, attempt, system: 'shop', systems: ['shop'], files };
  const inputs = [{ field: 'email', from: 'identity.email' }];
  const time = { getRemainingTimeInMillis: () => left };
  const checkpoints = await checkpointsOf({ ...request, attempt }, { system: 'shop', wave: 0 }, { cases, files }, time);
  const run = { checkpoints, signal: AbortSignal.timeout(60_000) };
  return gatherCollection(place, from, collection, { name: 'order', inputs, gives: ['id'] }, run);
};

test('more values than later steps look for are said, and every row is in the answer', async () => {
  const all = await gather(10_000);
  expect(all).toMatchObject({ rows: 10_000, possibleMatches: 1 });
  expect(all).not.toHaveProperty('lack');
  expect(await gather(10_001)).toMatchObject({ rows: 10_001, possibleMatches: 1, lack: 'LimitReached' });
});

test('T05: a row that a source gives and that is not the person, byte for byte, is counted for the DPO and in no file', async () => {
  const like = [
    'ANNA@example.org\u0301',
    'Ånna@example.org',
    'anna@example.org ',
    'anna@example_org',
    'xanna@example.org',
    null,
  ];
  const over: Connector = {
    async *find() {
      yield { found: [...like, email].map((held, id) => ({ row: { id, email: held } })) };
    },
    check: async () => {},
  };
  const gathered = await gather(3, over);
  expect(gathered).toMatchObject({ rows: 1, possibleMatches: like.length });
});

test('a row that several forms of an address find is in the answer once', async () => {
  const twice: Connector = {
    async *find({ values }) {
      for (const _ of values) yield { found: [{ row: { id: 1, email } }, { row: { id: 2, email } }] };
    },
    check: async () => {},
  };
  expect(await gather(2, twice, 'Anna@Example.org')).toMatchObject({ rows: 2, possibleMatches: 0 });
});

/** Pages that follow each other by cursor; the process dies in the middle of one, once. */
const cutOff = (pages: readonly (readonly number[])[], diesIn: number, withFiles = false) => {
  const asked: number[] = [];
  const opened: number[] = [];
  let dies = true;
  const open = (id: number) =>
    async function* () {
      opened.push(id);
      yield Buffer.from(`file ${id}`);
    };
  const found = (id: number): Found => ({
    row: { id, email },
    ...(withFiles ? { documents: [{ name: 'a.txt', contentType: 'text/plain', open: open(id) }] } : {}),
  });
  const killed = (): Found => {
    dies = false;
    return Object.defineProperty({}, 'row', {
      get: () => {
        throw new Error('killed');
      },
    }) as Found;
  };
  const connector: Connector = {
    async *find(_, { cursor = '0' } = {}) {
      for (let page = Number(cursor); page < pages.length; page += 1) {
        asked.push(page);
        const all = (pages[page] ?? []).map(found);
        const next = page + 1 < pages.length ? { cursor: `${page + 1}` } : {};
        yield { found: page === diesIn && dies ? [...all.slice(0, 2), killed()] : all, ...next };
      }
    },
    check: async () => {},
  };
  return { connector, asked, opened };
};

const namesOf = ({ files }: Awaited<ReturnType<typeof gather>>) => files.map(({ path, sha256 }) => `${path} ${sha256}`);
const pages = [
  [1, 2],
  [3, 4],
  [5, 6, 7, 8],
  [9, 10],
];

test.each([
  ['rows', false],
  ['files', true],
])(
  'a run that is cut off in a page of %s is gone on with there, and the answer is the same',
  async (name, withFiles) => {
    const whole = await gather(0, cutOff(pages, -1, withFiles).connector, email, `${name}-whole`);
    const { connector, asked, opened } = cutOff(pages, 2, withFiles);
    // So little time is left that a checkpoint is always due.
    const again = () => gather(0, connector, email, `${name}-cut`, 0);
    await expect(again()).rejects.toThrow('killed');
    const resumed = await again();
    expect(resumed).toMatchObject({ rows: 10, possibleMatches: 0 });
    expect(await namesOf(resumed)).toEqual(await namesOf(whole));
    expect(asked).toEqual([0, 1, 2, 2, 3]);
    expect(opened).toEqual(withFiles ? [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : []);
  },
);

/** Rows with a file each, of which it is seen how many are read at once; the one in `fails` breaks off. */
const watched = (sizes: readonly (number | undefined)[], fails = -1) => {
  const seen = { open: 0, most: 0, ended: 0 };
  const open = (id: number) =>
    async function* () {
      seen.open += 1;
      seen.most = Math.max(seen.most, seen.open);
      // The first is the slowest: those behind it wait for their turn.
      await sleep(id === 0 ? 100 : 5);
      seen.open -= 1;
      if (id === fails) throw new Error('gone');
      yield Buffer.from(`file ${id}`);
      seen.ended += 1;
    };
  const connector: Connector = {
    async *find() {
      yield {
        found: sizes.map((size, id) => ({
          row: { id, email },
          documents: [
            { name: `${id}.txt`, contentType: 'text/plain', open: open(id), ...(size === undefined ? {} : { size }) },
          ],
        })),
      };
    },
    check: async () => {},
  };
  return { connector, seen };
};

const listed = async (gathered: Awaited<ReturnType<typeof gather>>, evidence: string) =>
  documentsOf(
    { evidence: `evidence/${evidence}`, system: 'shop' },
    gathered,
    filesIn('demo-support-attachments', client),
  );

test('small documents of rows that follow each other are written eight at once, and stand in the order of the rows', async () => {
  const { connector, seen } = watched(Array(20).fill(6));
  const gathered = await gather(0, connector, email, 'at-once');
  expect(seen).toEqual({ open: 0, most: 8, ended: 20 });
  expect(gathered).toMatchObject({ rows: 20, documents: 20 });
  const documents = await listed(gathered, 'at-once');
  expect(documents.map((each) => each.sha256)).toEqual(documents.map((_, id) => sha256(`file ${id}`)));
  expect(documents.map(({ path }) => path)).toEqual(documents.map(({ path }) => path).toSorted());
});

test('a document that is large, or does not say, is written alone', async () => {
  const large = watched([2_000_000, 2_000_000, 6, 6, 2_000_000]);
  await gather(0, large.connector, email, 'large');
  const unsaid = watched([undefined, undefined, undefined]);
  await gather(0, unsaid.connector, email, 'unsaid');
  expect([large.seen.most, unsaid.seen.most]).toEqual([2, 1]);
});

test('a document that breaks off fails the run, once all that were begun have ended', async () => {
  const { connector, seen } = watched(Array(20).fill(6), 3);
  await expect(gather(0, connector, email, 'fails')).rejects.toThrow('gone');
  expect(seen.open).toBe(0);
  expect(seen.ended).toBeLessThan(20);
});

test('later steps look for each value of a list by itself, and for nothing of an object', async () => {
  const lists: Connector = {
    async *find() {
      yield { found: [{ row: { id: ['a', ['b', null], { c: 'd' }], email: ['x@example.org', email] } }] };
    },
    check: async () => {},
  };
  expect(await gather(0, lists, email, 'lists')).toMatchObject({ rows: 1, possibleMatches: 0 });
  const key = referenceKey('evidence/lists', `attempt-${attempts}`, 'shop.order.id');
  expect(await filesIn('demo-support-attachments', client).readText(key)).toBe('["a","b"]');
});

test('what is small has no checkpoint', async () => {
  last.clear();
  await gather(1_000);
  expect(last.size).toBe(0);
});
