import { randomUUID } from 'node:crypto';
import {
  type AttributeDefinition,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  type TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDynamoDb, type TableDefinition } from '../../local/dynamodb.ts';
import { signedGateway, temporaryFolder } from './signed-gateway.ts';
import { stillClock } from './small-gateway.ts';

const text = (AttributeName: string): AttributeDefinition & { AttributeName: string; AttributeType: string } => ({
  AttributeName,
  AttributeType: 'S',
});
const requests: TableDefinition = {
  name: 'Requests',
  keySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  attributeDefinitions: [text('pk'), text('sk'), text('due')],
  globalSecondaryIndexes: [
    {
      IndexName: 'Due',
      KeySchema: [
        { AttributeName: 'due', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
};
const S = (value: string) => ({ S: value });
const key = (pk: string, sk = 'A') => ({ pk: S(pk), sk: S(sk) });

// The suite of what our adapters use. DYNAMODB_ENDPOINT points it at another engine, such as Amazon's DynamoDB Local.
const elsewhere = process.env.DYNAMODB_ENDPOINT;
const TableName = `Requests-${randomUUID()}`;
let db: DynamoDBClient;
let stop = async () => {};

beforeAll(async () => {
  if (elsewhere === undefined) {
    const folder = temporaryFolder('dynamodb');
    const clock = stillClock(new Date().toISOString());
    const service = await openDynamoDb({ dir: folder.path, clock, tables: [] });
    const gateway = await signedGateway(service, clock);
    db = new DynamoDBClient(gateway.config);
    stop = async () => {
      await gateway.close();
      await service.close?.();
      folder[Symbol.dispose]();
    };
  } else {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    db = new DynamoDBClient({ endpoint: elsewhere, region: 'eu-west-1', credentials });
  }
  await db.send(
    new CreateTableCommand({
      TableName,
      KeySchema: [...requests.keySchema] as never,
      AttributeDefinitions: [...requests.attributeDefinitions] as never,
      GlobalSecondaryIndexes: requests.globalSecondaryIndexes as never,
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
});
afterAll(() => stop());

const put = (item: object, more: object = {}) =>
  db.send(new PutItemCommand({ TableName, Item: item as never, ...more }));
const get = async (pk: string, sk = 'A') =>
  (await db.send(new GetItemCommand({ TableName, Key: key(pk, sk), ConsistentRead: true }))).Item;
const transact = (TransactItems: object[], ClientRequestToken?: string) =>
  db.send(new TransactWriteItemsCommand({ TransactItems: TransactItems as never, ClientRequestToken }));
const failure = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('nothing failed'),
    (error) => error as Error,
  );

describe('DynamoDB as the adapters use it', () => {
  test('an item that is put is read back, and a condition keeps it from being put twice', async () => {
    const item = {
      ...key('once'),
      name: S('Ærlig Ærø'),
      n: { N: '1.50' },
      list: { L: [{ BOOL: true }, { NULL: true }] },
    };
    await put(item, { ConditionExpression: 'attribute_not_exists(pk)' });
    expect(await get('once')).toEqual({ ...item, n: { N: '1.5' } });
    const again = await failure(put(item, { ConditionExpression: 'attribute_not_exists(pk)' }));
    expect(again.name).toBe('ConditionalCheckFailedException');
    expect(again.message).toBe('The conditional request failed');
  });

  test('a failed condition gives the item that failed it when it is asked to', async () => {
    await put({ ...key('held'), version: { N: '3' } });
    const error = await failure(
      db.send(
        new UpdateItemCommand({
          TableName,
          Key: key('held'),
          UpdateExpression: 'SET version = :new',
          ConditionExpression: 'version = :old',
          ExpressionAttributeValues: { ':new': { N: '3' }, ':old': { N: '2' } },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    );
    expect(error).toMatchObject({ name: 'ConditionalCheckFailedException', Item: { version: { N: '3' } } });
  });

  test('500 writers that add one to a counter at the same time make exactly 500', async () => {
    const add = () =>
      db.send(
        new UpdateItemCommand({
          TableName,
          Key: key('counter'),
          UpdateExpression: 'ADD hits :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
          ReturnValues: 'ALL_NEW',
        }),
      );
    const answers = await Promise.all(Array.from({ length: 500 }, add));
    expect((await get('counter'))?.hits).toEqual({ N: '500' });
    expect(new Set(answers.map(({ Attributes }) => Attributes?.hits?.N)).size).toBe(500);
  });

  test('a transaction writes all its items', async () => {
    await transact([
      { Put: { TableName, Item: key('all', '1') } },
      {
        Update: {
          TableName,
          Key: key('all', '2'),
          UpdateExpression: 'SET a = :a',
          ExpressionAttributeValues: { ':a': S('x') },
        },
      },
    ]);
    expect(await get('all', '1')).toEqual(key('all', '1'));
    expect(await get('all', '2')).toEqual({ ...key('all', '2'), a: S('x') });
  });

  test('a transaction whose condition fails writes nothing and says which item failed and how it looks', async () => {
    await put({ ...key('guard'), state: S('CLOSED') });
    const error = (await failure(
      transact([
        { Put: { TableName, Item: key('never') } },
        {
          ConditionCheck: {
            TableName,
            Key: key('guard'),
            ConditionExpression: '#state = :open',
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: { ':open': S('OPEN') },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        { Delete: { TableName, Key: key('guard', 'other'), ConditionExpression: 'attribute_exists(pk)' } },
      ]),
    )) as TransactionCanceledException;
    expect(error.name).toBe('TransactionCanceledException');
    expect(error.message).toContain('[None, ConditionalCheckFailed, ConditionalCheckFailed]');
    expect(error.CancellationReasons?.map(({ Code }) => Code)).toEqual([
      'None',
      'ConditionalCheckFailed',
      'ConditionalCheckFailed',
    ]);
    expect(error.CancellationReasons?.[1]?.Item).toMatchObject({ state: S('CLOSED') });
    expect(error.CancellationReasons?.[2]?.Item).toBeUndefined();
    expect(await get('never')).toBeUndefined();
  });

  test('a transaction refuses two writes of one item, more than 100 writes, and none', async () => {
    const item = { Put: { TableName, Item: key('twice') } };
    expect((await failure(transact([item, item]))).message).toBe(
      'Transaction request cannot include multiple operations on one item',
    );
    const many = Array.from({ length: 101 }, (_, n) => ({ Put: { TableName, Item: key('many', `${n}`) } }));
    for (const items of [many, []]) expect((await failure(transact(items))).name).toBe('ValidationException');
  });

  test('a transaction that is sent again with its token changes nothing, and another one with that token is refused', async () => {
    const add = (n: string) => ({
      Update: {
        TableName,
        Key: key('token'),
        UpdateExpression: 'ADD hits :n',
        ExpressionAttributeValues: { ':n': { N: n } },
      },
    });
    const token = randomUUID();
    await transact([add('1')], token);
    await transact([add('1')], token);
    expect((await get('token'))?.hits).toEqual({ N: '1' });
    expect((await failure(transact([add('2')], token))).name).toBe('IdempotentParameterMismatchException');
  });

  test('300 transfers between three accounts, many at once, keep the sum', async () => {
    const accounts = ['a', 'b', 'c'];
    for (const name of accounts) await put({ ...key('bank', name), n: { N: '0' } });
    const move = (from: string, to: string) =>
      transact(
        [from, to].map((sk, n) => ({
          Update: {
            TableName,
            Key: key('bank', sk),
            UpdateExpression: 'ADD n :n',
            ExpressionAttributeValues: { ':n': { N: n === 0 ? '-1' : '1' } },
          },
        })),
      );
    const pick = (n: number) => accounts[n % 3] as string;
    await Promise.all(Array.from({ length: 300 }, (_, n) => move(pick(n), pick(n + 1 + (n % 2)))));
    const { Responses = [] } = await db.send(
      new TransactGetItemsCommand({
        TransactItems: accounts.map((sk) => ({ Get: { TableName, Key: key('bank', sk) } })),
      }),
    );
    expect(Responses.reduce((sum, { Item }) => sum + Number(Item?.n?.N), 0)).toBe(0);
  });

  test('a query answers a partition in order, forwards and backwards, page by page', async () => {
    for (const sk of ['AUDIT#2', 'AUDIT#1', 'MAIL#1', 'AUDIT#3']) await put(key('sorted', sk));
    const query = (more: object) =>
      db.send(
        new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
          ExpressionAttributeValues: { ':pk': S('sorted'), ':sk': S('AUDIT#') },
          ...more,
        }),
      );
    const names = ({ Items = [] }: { Items?: Record<string, { S?: string }>[] }) => Items.map(({ sk }) => sk?.S);
    expect(names((await query({})) as never)).toEqual(['AUDIT#1', 'AUDIT#2', 'AUDIT#3']);
    expect(names((await query({ ScanIndexForward: false, Limit: 1 })) as never)).toEqual(['AUDIT#3']);
    const first = await query({ Limit: 2 });
    const rest = await query({ ExclusiveStartKey: first.LastEvaluatedKey });
    expect([...names(first as never), ...names(rest as never)]).toEqual(['AUDIT#1', 'AUDIT#2', 'AUDIT#3']);
  });

  test('an index holds only items with its keys, follows their changes, and refuses consistent reads', async () => {
    const due = async (day: string) => {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName,
          IndexName: 'Due',
          KeyConditionExpression: 'due = :due',
          ExpressionAttributeValues: { ':due': S(day) },
        }),
      );
      return Items.map(({ pk }) => pk?.S);
    };
    await put({ ...key('indexed'), due: S('2026-02-01'), secret: S('not projected') });
    await put(key('not indexed'));
    expect(await due('2026-02-01')).toEqual(['indexed']);
    await put({ ...key('indexed'), due: S('2026-02-02') });
    expect([await due('2026-02-01'), await due('2026-02-02')]).toEqual([[], ['indexed']]);
    await db.send(new DeleteItemCommand({ TableName, Key: key('indexed') }));
    expect(await due('2026-02-02')).toEqual([]);
    const consistent = db.send(
      new QueryCommand({
        TableName,
        IndexName: 'Due',
        ConsistentRead: true,
        KeyConditionExpression: 'due = :due',
        ExpressionAttributeValues: { ':due': S('x') },
      }),
    );
    expect((await failure(consistent)).message).toBe('Consistent reads are not supported on global secondary indexes');
  });

  test('a batch writes and deletes, and a scan finds what is left', async () => {
    const RequestItems = { [TableName]: ['1', '2'].map((sk) => ({ PutRequest: { Item: key('batch', sk) } })) };
    await db.send(new BatchWriteItemCommand({ RequestItems }));
    await db.send(
      new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: key('batch', '1') } }] } }),
    );
    const { Items } = await db.send(
      new ScanCommand({ TableName, FilterExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': S('batch') } }),
    );
    expect(Items).toEqual([key('batch', '2')]);
  });

  test('what a request costs is told when it is asked', async () => {
    const ReturnConsumedCapacity = 'TOTAL' as const;
    const { ConsumedCapacity } = await put({ ...key('cost'), due: S('2026-03-01') }, { ReturnConsumedCapacity });
    expect(ConsumedCapacity).toMatchObject({ CapacityUnits: 2 });
    const read = await db.send(
      new GetItemCommand({ TableName, Key: key('cost'), ConsistentRead: true, ReturnConsumedCapacity }),
    );
    expect(read.ConsumedCapacity?.CapacityUnits).toBe(1);
    const both = await db.send(
      new TransactWriteItemsCommand({
        ReturnConsumedCapacity,
        TransactItems: ['1', '2'].map((sk) => ({ Put: { TableName, Item: key('cost twice', sk) } })),
      }),
    );
    expect(both.ConsumedCapacity?.[0]?.CapacityUnits).toBe(4);
  });

  test('wrong requests are refused in the words of DynamoDB', async () => {
    const reserved = db.send(
      new UpdateItemCommand({
        TableName,
        Key: key('wrong'),
        UpdateExpression: 'SET status = :s',
        ExpressionAttributeValues: { ':s': S('x') },
      }),
    );
    expect((await failure(reserved)).message).toContain('reserved keyword: status');
    const unused = put(key('wrong'), {
      ExpressionAttributeValues: { ':x': S('x') },
      ConditionExpression: 'attribute_exists(pk)',
    });
    expect((await failure(unused)).message).toContain('unused in expressions');
    expect((await failure(put({ pk: S('no sort key') }))).message).toContain('Missing the key sk in the item');
    const missing = db.send(new GetItemCommand({ TableName: 'Nowhere', Key: key('x') }));
    expect((await failure(missing)).name).toBe('ResourceNotFoundException');
    const large = put({ ...key('large'), blob: S('x'.repeat(410_000)) });
    expect((await failure(large)).message).toContain('maximum allowed size');
  });
});

describe.skipIf(elsewhere !== undefined)('DynamoDB of the local cloud', () => {
  const start = async (dir: string, tables: readonly TableDefinition[] = [requests]) => {
    const clock = stillClock(new Date().toISOString());
    const service = await openDynamoDb({ dir, clock, tables });
    const gateway = await signedGateway(service, clock);
    return {
      clock,
      service,
      ...gateway,
      client: new DynamoDBClient(gateway.config),
      async [Symbol.asyncDispose]() {
        await gateway.close();
        await service.close?.();
      },
    };
  };
  const Item = { ...key('kept'), n: { N: '1' } };

  test('tables and items are there again after a restart; another schema is refused', async () => {
    using folder = temporaryFolder('dynamodb');
    {
      await using first = await start(folder.path);
      await first.client.send(new PutItemCommand({ TableName: 'Requests', Item }));
    }
    {
      await using second = await start(folder.path);
      const { Item: read } = await second.client.send(new GetItemCommand({ TableName: 'Requests', Key: key('kept') }));
      expect(read).toEqual(Item);
      expect((await second.client.send(new ListTablesCommand({}))).TableNames).toEqual(['Requests']);
      const { Table } = await second.client.send(new DescribeTableCommand({ TableName: 'Requests' }));
      expect(Table).toMatchObject({ TableStatus: 'ACTIVE', TableArn: expect.stringMatching(/:table\/Requests$/) });
    }
    const changed = { ...requests, globalSecondaryIndexes: [] };
    const opened = openDynamoDb({ dir: folder.path, clock: stillClock(), tables: [changed] });
    await expect(opened).rejects.toThrow('Requests was made with other keys or indexes');
  });

  test('an expired item stays readable until the next full hour and is then deleted', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path, [{ ...requests, ttlAttribute: 'ttl' }]);
    const now = local.clock.now().getTime();
    const put = (pk: string, ms: number) =>
      local.client.send(
        new PutItemCommand({
          TableName: 'Requests',
          Item: { ...key(pk), ttl: { N: String(Math.floor((now + ms) / 1000)) } },
        }),
      );
    await put('soon', 60_000);
    await put('later', 86_400_000);
    const there = async () =>
      (await local.client.send(new ScanCommand({ TableName: 'Requests' }))).Items?.map(({ pk }) => pk?.S).sort();
    await local.clock.move(new Date(now + 61_000));
    expect(await there()).toContain('later');
    await local.clock.move(new Date(now + 2 * 3_600_000));
    expect(await there()).toEqual(['later']);
    await local.clock.move(new Date(now + 26 * 3_600_000));
    expect(await there()).toEqual([]);
    const { TimeToLiveDescription } = await local.client.send(new DescribeTimeToLiveCommand({ TableName: 'Requests' }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' });
    const backups = await local.client.send(new DescribeContinuousBackupsCommand({ TableName: 'Requests' }));
    expect(backups.ContinuousBackupsDescription?.ContinuousBackupsStatus).toBe('ENABLED');
  });

  test('a call needs the permissions that AWS asks for', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path);
    const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Requests';
    const TableName = 'Requests';
    await local.client.send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item } },
          { ConditionCheck: { TableName, Key: key('p2'), ConditionExpression: 'attribute_not_exists(pk)' } },
        ],
      }),
    );
    await local.client.send(
      new QueryCommand({
        TableName,
        IndexName: 'Due',
        KeyConditionExpression: 'due = :due',
        ExpressionAttributeValues: { ':due': S('monday') },
      }),
    );
    const context = { 'dynamodb:EnclosingOperation': 'TransactWriteItems' };
    expect(local.asked).toEqual([
      { action: 'dynamodb:PutItem', resource: table, context: { 'dynamodb:LeadingKeys': ['kept'], ...context } },
      {
        action: 'dynamodb:ConditionCheckItem',
        resource: table,
        context: { 'dynamodb:LeadingKeys': ['p2'], ...context },
      },
      { action: 'dynamodb:Query', resource: `${table}/index/Due`, context: { 'dynamodb:LeadingKeys': ['monday'] } },
    ]);
    expect(local.service.writes()).toBe(1);
  });

  test('an operation and a field that are not modelled are refused by name', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path);
    const call = (target: string, body: object) => {
      const headers = { 'x-amz-target': `DynamoDB_20120810.${target}` };
      return local.service.handle({ headers, body: Buffer.from(JSON.stringify(body)) } as never, {} as never);
    };
    await expect(call('ExportTableToPointInTime', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
    await expect(call('GetItem', { TableName: 'Requests', Key: {}, Colour: 'red' })).rejects.toThrow(
      'does not model Colour of GetItem',
    );
  });
});
