import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Connector } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import type { Request } from '../../domain/request.ts';
import { filesIn } from '../../functions/aws/files.ts';
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

const gather = (count: number, from = source(count), address = email) => {
  const files = filesIn('demo-support-attachments', client);
  const request = {
    language: 'en',
    evidence: `evidence/${count}`,
    round: 1,
    person: { email: address },
  } as unknown as Request;
  const place = { request, attempt: 'a', system: 'shop', systems: ['shop'], files };
  const inputs = [{ field: 'email', from: 'identity.email' }];
  return gatherCollection(place, from, collection, { name: 'order', inputs, gives: ['id'] });
};

test('more values than later steps look for are said, and every row is in the answer', async () => {
  expect(await gather(10_000)).toMatchObject({ rows: 10_000, possibleMatches: 1, cut: false });
  expect(await gather(10_001)).toMatchObject({ rows: 10_001, possibleMatches: 1, cut: true });
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
