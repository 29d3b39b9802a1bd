import { BatchWriteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { dynamodb } from '../../connectors/dynamodb.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import type { Table } from '../../local/dynamodb.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';
import { collectionOf, systemOf } from './systems.ts';

let aws: LocalAws;
let client: DynamoDBClient;

type Type = 'S' | 'N';
type Keys = readonly (readonly [string, Type])[];

const schema = (keys: Keys) =>
  keys.map(([AttributeName], place) => ({
    AttributeName,
    KeyType: place === 0 ? ('HASH' as const) : ('RANGE' as const),
  }));

const table = (name: string, keys: Keys, index?: Keys): Table => ({
  TableName: name,
  KeySchema: schema(keys),
  AttributeDefinitions: [...new Map([...keys, ...(index ?? [])])].map(([AttributeName, AttributeType]) => ({
    AttributeName,
    AttributeType,
  })),
  ...(index && {
    GlobalSecondaryIndexes: [
      { IndexName: 'by-owner', KeySchema: schema(index), Projection: { ProjectionType: 'ALL' as const } },
    ],
  }),
});

const tables = [
  table('by-key', [
    ['owner', 'S'],
    ['id', 'S'],
  ]),
  table(
    'by-index',
    [['id', 'S']],
    [
      ['owner', 'S'],
      ['id', 'S'],
    ],
  ),
  table('numbers', [['id', 'N']]),
];

const fill = async (name: string): Promise<void> => {
  for (let start = 0; start < heldRows.length; start += 25) {
    const puts = heldRows.slice(start, start + 25).map((row) => ({ PutRequest: { Item: marshall(row) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [name]: puts } }));
  }
};

beforeAll(async () => {
  aws = await startLocalAws(tables);
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  client = new DynamoDBClient({});
  await fill('by-key');
  await fill('by-index');
  const every = {
    id: { N: '12345678901234567890' },
    big: { N: '0.12345678901234567890' },
    small: { N: '1.5' },
    yes: { BOOL: true },
    none: { NULL: true },
    bytes: { B: Buffer.from([0, 255]) },
    set: { NS: ['1', '9007199254740993'] },
    list: { L: [{ S: 'æ' }, { M: { deep: { N: '2' } } }] },
    undescribed: { S: 'x' },
  };
  await client.send(new PutItemCommand({ TableName: 'numbers', Item: every }));
}, 60_000);

afterEach(() => {
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
});

afterAll(async () => {
  client.destroy();
  vi.unstubAllEnvs();
  await aws.close();
});

const described = (at: string, options: object): Collection =>
  collectionOf({ fields: ['id', 'owner', 'n'], identity: { email: 'owner' }, at, options: { ...options } });

const connect = (collection: Collection, options = {}): Connector =>
  dynamodb({ system: systemOf('dynamodb', { held: collection }, options), secret: {}, allowLoopback: true });

const rowsOf = async (collection: Collection, field: string, values: readonly string[]) => {
  const found: Found[] = [];
  for await (const page of connect(collection).find({ name: 'held', collection, field, values }))
    found.push(...page.found);
  return found.map(({ row }) => row);
};

const down = (collection: Collection): Connector => {
  // The client reads its endpoint when it is first used.
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1');
  return connect(collection);
};

const ways: Record<string, Collection> = {
  'by the partition key': described('by-key', {}),
  'by an index': described('by-index', { index: 'by-owner' }),
  'by a declared scan': described('by-index', { scan: true }),
};

for (const [way, collection] of Object.entries(ways))
  describe(`dynamodb ${way}`, () => {
    const lookup = (values: readonly string[]): Lookup => ({ name: 'held', collection, field: 'owner', values });
    keepsTheContract({
      connector: () => connect(collection),
      lookup,
      down: () => down(collection),
      ignoresCase: false,
    });
  });

describe('dynamodb', () => {
  test('keeps every type, and of numbers every digit', async () => {
    const fields = ['id', 'big', 'small', 'yes', 'none', 'bytes', 'set', 'list', 'absent'];
    const collection = collectionOf({ fields, at: 'numbers', options: { keyType: 'N' } });
    expect(await rowsOf(collection, 'id', ['12345678901234567890', 'not a number'])).toEqual([
      {
        id: 12345678901234567890n,
        big: '0.1234567890123456789',
        small: 1.5,
        yes: true,
        none: null,
        bytes: 'AP8=',
        set: [1, 9007199254740993n],
        list: ['æ', { deep: 2 }],
      },
    ]);
  });

  test('does not scan a table unless the map says so', async () => {
    await expect(rowsOf(described('by-index', {}), 'owner', ['x'])).rejects.toMatchObject({ name: 'SourceMalformed' });
  });

  test('calls a table or an index that is not there malformed', async () => {
    for (const collection of [described('nowhere', {}), described('by-index', { index: 'nowhere' })])
      await expect(rowsOf(collection, 'owner', ['x'])).rejects.toMatchObject({ name: 'SourceMalformed' });
  });

  test('names what is wrong with its options', () => {
    expect(() => connect(described('by-key', { index: 'x', scann: true }))).toThrow(/held\.options\.index.*scann/);
    expect(() => connect(described('by-key', {}), { table: 'x' })).toThrow(/connector\.options.*table/);
  });
});
