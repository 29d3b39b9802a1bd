import { randomUUID } from 'node:crypto';
import {
  type AttributeDefinition,
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
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
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openDynamoDb, type Table } from '../../local/dynamodb.ts';
import { Reads } from '../../local/reads.ts';
import { signedGateway, temporaryFolder } from './signed-gateway.ts';
import { stillClock } from './small-gateway.ts';

const text = (AttributeName: string): AttributeDefinition & { AttributeName: string; AttributeType: string } => ({
  AttributeName,
  AttributeType: 'S',
});
const requests: Table = {
  TableName: 'Requests',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [text('pk'), text('sk'), text('due')],
  GlobalSecondaryIndexes: [
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
type Attributes = Record<string, AttributeValue>;
type Comparison = readonly [expression: string, value?: object];
type Page = { readonly Items?: Attributes[]; readonly LastEvaluatedKey?: Attributes };

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
      KeySchema: [...requests.KeySchema] as never,
      AttributeDefinitions: [...requests.AttributeDefinitions] as never,
      GlobalSecondaryIndexes: requests.GlobalSecondaryIndexes as never,
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
    const twice = 'Transaction request cannot include multiple operations on one item';
    expect((await failure(transact([item, item]))).message).toBe(twice);
    const Get = { TableName, Key: key('twice') };
    const read = db.send(new TransactGetItemsCommand({ TransactItems: [{ Get }, { Get }] }));
    expect((await failure(read)).message).toBe(twice);
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

  test('a list is extended, a counter is begun and a field is removed in one update', async () => {
    await put({ ...key('updated'), tries: { L: [S('a')] }, old: S('x') });
    const { Attributes } = await db.send(
      new UpdateItemCommand({
        TableName,
        Key: key('updated'),
        UpdateExpression: 'SET tries = list_append(tries, :b), sent = if_not_exists(sent, :zero) + :one REMOVE #old',
        ConditionExpression: 'attribute_not_exists(sent) OR sent < :one',
        ExpressionAttributeNames: { '#old': 'old' },
        ExpressionAttributeValues: { ':b': { L: [S('b')] }, ':zero': { N: '0' }, ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      }),
    );
    expect(Attributes).toEqual({ ...key('updated'), tries: { L: [S('a'), S('b')] }, sent: { N: '1' } });
    expect(await get('updated')).toEqual(Attributes);
  });

  test('elements of a list are removed as they stood in the list before', async () => {
    const N = (...values: number[]) => ({ L: values.map((value) => ({ N: String(value) })) });
    await put({ ...key('elements'), l: N(0, 1, 2, 3), m: { L: [{ M: { x: S('x') } }, { M: { l: N(0, 1) } }] } });
    const update = (UpdateExpression: string, more = {}) =>
      db.send(new UpdateItemCommand({ TableName, Key: key('elements'), UpdateExpression, ...more }));
    await update('REMOVE l[0], m[0], l[2], m[1].l[0]');
    expect(await get('elements')).toMatchObject({ l: N(1, 3), m: { L: [{ M: { l: N(1) } }] } });
    const ExpressionAttributeValues = { ':n': { N: '9' } };
    await update('REMOVE l[0], l[1], l[7] SET l[5] = :n', { ExpressionAttributeValues });
    expect(await get('elements')).toMatchObject({ l: N(9) });
    const nothing = await update('REMOVE nothing', { ReturnValues: 'UPDATED_NEW' });
    expect(nothing.Attributes).toBe(undefined);
  });

  test('values are compared by what they are worth, and what is missing equals nothing', async () => {
    const item = {
      ...key('compared'),
      things: { L: [{ N: '1.0' }, { M: { x: { NS: ['1', '2'] }, y: S('y') } }, { BOOL: false }, S('')] },
      twin: { L: [{ N: '1' }, { M: { y: S('y'), x: { NS: ['2', '1'] } } }, { BOOL: false }, S('')] },
      ...{ nope: { BOOL: false }, never: { BOOL: false }, blank: S(''), island: S('Ærø') },
      ...{ duo: { SS: ['a', 'b'] }, octets: { B: Buffer.from([250, 1]) } },
    };
    await put(item);
    const isMet = async (expression: string, value?: object) => {
      const values = { ...(value && { ':v': value }) };
      const { Count } = await db.send(
        new QueryCommand({
          ...{ TableName, KeyConditionExpression: 'pk = :pk', FilterExpression: expression, ConsistentRead: true },
          ExpressionAttributeValues: { ...values, ':pk': S('compared') } as never,
        }),
      );
      const more = { ConditionExpression: expression, ...(value && { ExpressionAttributeValues: values }) };
      expect([Count, (await failure(put(item, more))).message]).toEqual(
        Count === 1 ? [1, 'nothing failed'] : [0, 'The conditional request failed'],
      );
      return Count === 1;
    };
    const met: readonly Comparison[] = [
      ['things = twin'],
      ['things = :v', item.twin],
      ['things IN (gone, twin)'],
      ['things IN (:v)', item.twin],
      ['contains(things, :v)', item.twin.L[1]],
      ['contains(things, :v)', item.nope],
      ['contains(things, :v)', S('')],
      ['gone <> away'],
      ['NOT gone = away'],
      ['duo = :v', { SS: ['b', 'a'] }],
      ['nope IN (:v)', item.nope],
      ['blank IN (:v)', S('')],
      ['blank BETWEEN :v AND island', S('')],
      ['size(blank) = :v', { N: '0' }],
      ['size(island) = :v', { N: '3' }],
      ['size(octets) = :v', { N: '2' }],
      ['begins_with(octets, :v)', { B: Buffer.from([250]) }],
      ['attribute_type(blank, :v)', S('S')],
    ];
    const unmet: readonly Comparison[] = [
      ['things <> twin'],
      ['things <> :v', item.twin],
      ['things = :v', { L: item.things.L.toReversed() }],
      ['gone = away'],
      ['gone <= away'],
      ['nope <= never'],
      ['begins_with(gone, away)'],
      ['blank BETWEEN :v AND gone', S('')],
      [':v IN (gone)', S('')],
      ['size(gone) = :v', { N: '0' }],
      ['begins_with(octets, :v)', { B: Buffer.from([251]) }],
      ['contains(duo, :v)', S('c')],
    ];
    for (const [expression, value] of met)
      expect([expression, await isMet(expression, value)]).toEqual([expression, true]);
    for (const [expression, value] of unmet)
      expect([expression, await isMet(expression, value)]).toEqual([expression, false]);
  });

  test('a field is set to a copy: what is done to the one leaves the other as it was', async () => {
    const before = { letters: { SS: ['a'] }, box: { M: { x: S('x'), y: S('y') } } };
    await put({ ...key('copied'), ...before, things: { L: [{ SS: ['a'] }, S('b')] } });
    const ExpressionAttributeValues = { ':a': { SS: ['a'] }, ':b': { SS: ['b'] } };
    const UpdateExpression =
      'SET letters2 = letters, box2 = box ADD letters :b REMOVE box.x, things[1] DELETE things[0] :a';
    await db.send(
      new UpdateItemCommand({ TableName, Key: key('copied'), UpdateExpression, ExpressionAttributeValues }),
    );
    expect(await get('copied')).toEqual({
      ...{ ...key('copied'), letters2: before.letters, box2: before.box },
      ...{ letters: { SS: ['a', 'b'] }, box: { M: { y: S('y') } }, things: { L: [] } },
    });
  });

  test('a sum that is too large for a number is refused', async () => {
    await put({ ...key('summed'), n: { N: '9e125' } });
    const summed = { TableName, Key: key('summed'), ExpressionAttributeValues: { ':n': { N: '9e125' } } };
    for (const UpdateExpression of ['SET n = n + :n', 'ADD n :n', 'SET more = n + :n'])
      expect((await failure(db.send(new UpdateItemCommand({ ...summed, UpdateExpression })))).message).toContain(
        'Number overflow',
      );
    expect(await get('summed')).toEqual({ ...key('summed'), n: { N: `9${'0'.repeat(125)}` } });
  });

  test('an empty text is no key of an index, however it is written', async () => {
    const words = /The AttributeValue for a key attribute cannot contain an empty string value/;
    const Item = { ...key('empty'), due: S('') };
    const ExpressionAttributeValues = { ':empty': S('') };
    const update = { Key: key('empty'), UpdateExpression: 'SET due = :empty', ExpressionAttributeValues };
    const writes = [
      () => put(Item),
      () => db.send(new UpdateItemCommand({ TableName, ...update })),
      () => db.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [{ PutRequest: { Item } }] } })),
      () => transact([{ Put: { TableName, Item } }]),
    ];
    for (const write of writes)
      expect(await failure(write())).toMatchObject({
        name: 'ValidationException',
        message: expect.stringMatching(words),
      });
    expect(await get('empty')).toBe(undefined);
  });

  test('an index is not asked for what it does not hold', async () => {
    const query = (more: object) => {
      const ExpressionAttributeValues = { ':due': S('friday'), ...('FilterExpression' in more && { ':v': S('v') }) };
      const asked = { IndexName: 'Due', KeyConditionExpression: 'due = :due', ExpressionAttributeValues, ...more };
      return failure(db.send(new QueryCommand({ TableName, ...asked })));
    };
    expect((await query({ ProjectionExpression: 'pk, v' })).message).toContain(
      'Global secondary index Due does not project [v]',
    );
    expect((await query({ FilterExpression: 'v.x = :v' })).message).toContain(
      'Secondary index Due does not project one or more filter attributes: [v]',
    );
    expect((await query({ ProjectionExpression: 'pk, sk, due' })).message).toBe('nothing failed');
  });

  test('an expression has its limits, and a count shows no fields', async () => {
    const scan = (FilterExpression: string, values: number, more = {}) => {
      const entries = Array.from({ length: values }, (_, n) => [`:v${n}`, S('x')] as const);
      const asked = { FilterExpression, ExpressionAttributeValues: Object.fromEntries(entries), ...more };
      return failure(db.send(new ScanCommand({ TableName, Limit: 1, ...asked })));
    };
    const operands = (count: number) => `pk IN (${Array.from({ length: count }, (_, n) => `:v${n}`).join()})`;
    expect((await scan(operands(100), 100)).message).toBe('nothing failed');
    expect((await scan(operands(101), 101)).message).toContain('too many operands; number of operands: 101');
    expect((await scan(`pk = :v0${' '.repeat(4089)}`, 1)).message).toContain('expression size: 4097');
    const count = await scan('pk = :v0', 1, { Select: 'COUNT', ProjectionExpression: 'pk' });
    expect(count.message).toContain('when choosing to get only the Count');
    const specific = await scan('pk = :v0', 1, { Select: 'SPECIFIC_ATTRIBUTES' });
    expect(specific.message).toContain('when choosing to get SPECIFIC_ATTRIBUTES');
    expect(
      (await failure(db.send(new ScanCommand({ TableName, Select: 'ALL_PROJECTED_ATTRIBUTES' })))).message,
    ).toContain('can be used only when Querying using an IndexName');
    const asked = { TableName, FilterExpression: 'pk < :v', ExpressionAttributeValues: { ':v': { L: [] } } };
    expect((await failure(db.send(new ScanCommand(asked)))).message).toContain('Incorrect operand type for operator');
  });

  test('a query takes a range of keys, and gives only the fields that are asked for', async () => {
    for (const sk of ['1', '2', '3', '4']) await put({ ...key('range', sk), size: S(sk), other: S('x') });
    const query = async (condition: string, values: Record<string, string>) => {
      const all = Object.entries({ ':pk': 'range', ...values }).map(([name, value]) => [name, S(value)]);
      const { Items } = await db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: `pk = :pk AND ${condition}`,
          ExpressionAttributeValues: Object.fromEntries(all),
          ProjectionExpression: '#size',
          ExpressionAttributeNames: { '#size': 'size' },
        }),
      );
      return Items?.map((item) => item);
    };
    const sizes = (...all: string[]) => all.map((size) => ({ size: S(size) }));
    expect(await query('sk BETWEEN :a AND :b', { ':a': '2', ':b': '3' })).toEqual(sizes('2', '3'));
    expect(await query('sk >= :a', { ':a': '3' })).toEqual(sizes('3', '4'));
    expect(await query('sk > :a', { ':a': '3' })).toEqual(sizes('4'));
    expect(await query('sk < :a', { ':a': '2' })).toEqual(sizes('1'));
    expect(await query('sk <= :a', { ':a': '2' })).toEqual(sizes('1', '2'));
  });

  test('an index and a scan are read page by page, each item once', async () => {
    const pages = ['1', '2', '3', '4', '5'];
    for (const sk of pages) await put({ ...key('paged', sk), due: S('paged') });
    const collect = async (page: (from?: Attributes) => Promise<Page>) => {
      const found: string[] = [];
      for (let next: Page['LastEvaluatedKey'], first = true; first || next; first = false) {
        const { Items = [], LastEvaluatedKey } = await page(next);
        found.push(...Items.filter(({ pk }) => pk?.S === 'paged').map(({ sk }) => sk?.S ?? ''));
        next = LastEvaluatedKey;
      }
      return found;
    };
    const due = { KeyConditionExpression: 'due = :due', ExpressionAttributeValues: { ':due': S('paged') } };
    const ofIndex = { TableName, IndexName: 'Due', Limit: 2, ...due };
    const from = (key: Page['LastEvaluatedKey']) => ({ ExclusiveStartKey: key });
    expect(await collect((next) => db.send(new QueryCommand({ ...ofIndex, ...from(next) })))).toEqual(pages);
    const scanned = await collect((next) => db.send(new ScanCommand({ TableName, Limit: 2, ...from(next) })));
    expect(scanned.sort()).toEqual(pages);
  });

  test('an index tells items apart that have its key in common', async () => {
    // dynalite's hash of these two begins alike.
    const names = ['shared 1594', 'shared 3690'];
    for (const pk of names) await put({ ...key(pk), due: S('shared') });
    const due = { KeyConditionExpression: 'due = :due', ExpressionAttributeValues: { ':due': S('shared') } };
    const found = async () => (await db.send(new QueryCommand({ TableName, IndexName: 'Due', ...due }))).Items;
    expect((await found())?.map(({ pk }) => pk?.S).sort()).toEqual(names);
    await put(key('shared 1594'));
    expect(await found()).toEqual([{ ...key('shared 3690'), due: S('shared') }]);
  });

  test('a batch of keys gives the items that are there, and refuses a key that stands twice', async () => {
    await put(key('together', '1'));
    const batch = (...sks: string[]) =>
      db.send(
        new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: sks.map((sk) => key('together', sk)) } } }),
      );
    expect((await batch('1', '2')).Responses).toEqual({ [TableName]: [key('together', '1')] });
    const large = ['3', '4', '5', '6', '7'];
    for (const sk of large) await put({ ...key('together', sk), blob: S('x'.repeat(400_000)) });
    expect((await batch(...large)).Responses?.[TableName]).toHaveLength(5);
    expect((await failure(batch('1', '1'))).message).toBe('Provided list of item keys contains duplicates');
  });

  test('a transaction with an empty key, or whose table is not there, writes nothing', async () => {
    const good = { Put: { TableName, Item: key('whole') } };
    const nowhere = await failure(transact([good, { Put: { TableName: 'Nowhere', Item: key('x') } }]));
    expect(nowhere.name).toBe('ResourceNotFoundException');
    const empty = await failure(transact([good, { Put: { TableName, Item: key('') } }]));
    expect(empty.name).toBe('ValidationException');
    expect((await failure(get(''))).message).toBe(
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: pk',
    );
    expect(await get('whole')).toBeUndefined();
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
    expect((await failure(put({ pk: S('no sort key') }))).name).toBe('ValidationException');
    const missing = db.send(new GetItemCommand({ TableName: 'Nowhere', Key: key('x') }));
    expect((await failure(missing)).name).toBe('ResourceNotFoundException');
    const large = put({ ...key('large'), blob: S('x'.repeat(410_000)) });
    expect((await failure(large)).message).toContain('maximum allowed size');
    const UpdateExpression = 'SET due = :empty';
    const emptied = { UpdateExpression, ExpressionAttributeValues: { ':empty': S('') } };
    expect((await failure(transact([{ Update: { TableName, Key: key('wrong'), ...emptied } }]))).message).toContain(
      'The update expression attempted to update a secondary index key to a value that is not supported.',
    );
    const deleted = db.send(new DeleteItemCommand({ TableName, Key: key('wrong'), ReturnValues: 'UPDATED_OLD' }));
    expect((await failure(deleted)).name).toBe('ValidationException');
    const wide = put({ ...key('wide'), blob: S('å'.repeat(205_000)) });
    expect((await failure(wide)).message).toContain('maximum allowed size');
  });

  // DynamoDB Local says "One of the required keys was not given a value" and names no key.
  test.skipIf(elsewhere !== undefined)('the error of an item without a key names the key', async () => {
    const error = await failure(put({ pk: S('no sort key') }));
    expect(error.message).toBe('One or more parameter values were invalid: Missing the key sk in the item');
  });

  // AWS cancels these transactions with reasons; DynamoDB Local answers both with a ValidationException.
  test.skipIf(elsewhere !== undefined)(
    'a key of the wrong type is the reason why its transaction is cancelled',
    async () => {
      const good = { Put: { TableName, Item: key('whole') } };
      const Item = { ...key('x'), pk: { N: '1' } };
      const error = await failure(
        transact([good, { Put: { TableName, Item } }, { Delete: { TableName, Key: { pk: S('x') } } }]),
      );
      expect((error as TransactionCanceledException).CancellationReasons).toMatchObject([
        { Code: 'None' },
        { Code: 'ValidationError', Message: expect.stringContaining('Type mismatch for key pk') },
        { Code: 'ValidationError', Message: 'The provided key element does not match the schema' },
      ]);
      expect(await get('whole')).toBeUndefined();
    },
  );

  test.skipIf(elsewhere !== undefined)('an update that does not fit its item cancels the transaction', async () => {
    await put({ ...key('text'), n: S('no number') });
    const add = { UpdateExpression: 'ADD n :one', ExpressionAttributeValues: { ':one': { N: '1' } } };
    const error = await failure(transact([{ Update: { TableName, Key: key('text'), ...add } }]));
    expect((error as TransactionCanceledException).CancellationReasons).toMatchObject([
      { Code: 'ValidationError', Message: 'An operand in the update expression has an incorrect data type' },
    ]);
  });
});

describe.skipIf(elsewhere !== undefined)('DynamoDB of the local cloud', () => {
  const start = async (dir: string, tables: readonly Table[] = [requests]) => {
    const clock = stillClock(new Date().toISOString());
    const reads = new Reads();
    const service = await openDynamoDb({ dir, clock, tables, reads });
    const gateway = await signedGateway(service, clock);
    return {
      clock,
      reads,
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
    const changed = { ...requests, GlobalSecondaryIndexes: [] };
    const opened = openDynamoDb({ dir: folder.path, clock: stillClock(), tables: [changed] });
    await expect(opened).rejects.toThrow('Requests was made with other keys or indexes');
  });

  test('entries of an index that an older version left under other keys are made anew', async () => {
    using folder = temporaryFolder('dynamodb');
    const TableName = 'Requests';
    const ExpressionAttributeValues = { ':due': S('monday') };
    const query = { TableName, IndexName: 'Due', KeyConditionExpression: 'due = :due', ExpressionAttributeValues };
    {
      await using first = await start(folder.path);
      for (const pk of ['one', 'two'])
        await first.client.send(new PutItemCommand({ TableName, Item: { ...key(pk), due: S('monday') } }));
    }
    const level = new ClassicLevel<string, string>(folder.path);
    for await (const [place, value] of level.iterator()) {
      if (place.includes('index-format')) await level.del(place);
      if (!place.includes('index/Requests/Due/')) continue;
      await level.del(place);
      // One of them was lost, too.
      if (value.includes('one')) await level.put(place.slice(0, -8), value);
    }
    await level.close();
    await using second = await start(folder.path);
    const found = async () => (await second.client.send(new QueryCommand(query))).Items?.map(({ pk }) => pk?.S).sort();
    expect(await found()).toEqual(['one', 'two']);
    await second.client.send(new DeleteItemCommand({ TableName, Key: key('one') }));
    expect(await found()).toEqual(['two']);
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
    expect(local.asked).toEqual([
      { action: 'dynamodb:PutItem', resource: table },
      { action: 'dynamodb:ConditionCheckItem', resource: table },
      { action: 'dynamodb:Query', resource: `${table}/index/Due` },
    ]);
  });

  test('a transaction that DynamoDB would not take is not taken', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path);
    const call = async (target: string, TransactItems: object[], more = {}) => {
      const headers = { 'x-amz-target': `DynamoDB_20120810.${target}` };
      const body = Buffer.from(JSON.stringify({ TransactItems, ...more }));
      return local.service.prepare({ headers, body } as never).answer({} as never);
    };
    const Put = { TableName: 'Requests', Item };
    const write = (...rest: [object[], object?]) => call('TransactWriteItems', ...rest);
    await expect(write([{ constructor: {} }])).rejects.toThrow('can only contain one of Check, Put, Update or Delete');
    for (const ClientRequestToken of ['', 'x'.repeat(37)])
      await expect(write([{ Put }], { ClientRequestToken })).rejects.toThrow('clientRequestToken');
    await expect(write([{ Put: { ...Put, ReturnValuesOnConditionCheckFailure: 'FOO' } }])).rejects.toThrow(
      "Value 'FOO'",
    );
    await expect(call('TransactGetItems', [{ Put }])).rejects.toThrow('can only contain Get');
    const large = (sk: string) => ({ ...key('large', sk), blob: S('x'.repeat(400_000)) });
    const puts = Array.from({ length: 11 }, (_, n) => ({ Put: { ...Put, Item: large(String(n)) } }));
    await expect(write(puts)).rejects.toThrow('cannot exceed 4 MB');
    const Get = { TableName: 'Requests', Key: { pk: S('a') } };
    const whole = { TableName: 'Requests', Key: key('a') };
    await expect(call('TransactGetItems', [{ Get: whole }, { Get }])).rejects.toMatchObject({
      code: 'TransactionCanceledException',
      extra: { CancellationReasons: [{ Code: 'None' }, { Code: 'ValidationError' }] },
    });
  });

  test('a token counts for ten minutes', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path);
    const ExpressionAttributeValues = { ':one': { N: '1' } };
    const Update = {
      TableName: 'Requests',
      Key: key('kept'),
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues,
    };
    const add = async () => {
      const again = { TransactItems: [{ Update }], ClientRequestToken: 'one' };
      await local.client.send(new TransactWriteItemsCommand(again));
      const { Item } = await local.client.send(new GetItemCommand({ TableName: 'Requests', Key: key('kept') }));
      return Item?.n?.N;
    };
    expect([await add(), await add()]).toEqual(['1', '1']);
    await local.clock.move(new Date(local.clock.now().getTime() + 601_000));
    expect(await add()).toBe('2');
  });

  /** A client whose calls come from one run of a function, and whether that run would meet something new. */
  const runOf = (local: Awaited<ReturnType<typeof start>>) => {
    const requestId = randomUUID();
    const client = new DynamoDBClient(local.functionConfig);
    const trace = `Root=1-6a0b1c2d-${requestId.replaceAll('-', '').slice(0, 24)}`;
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: object }).headers, { 'x-amzn-trace-id': trace });
        return next(args);
      },
      { step: 'build' },
    );
    return { client, observe: () => local.reads.observe({ functionArn: 'Sweep', requestId }) };
  };

  test('a run meets something new once others have written what it read', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path);
    const { client: run, observe } = runOf(local);
    const TableName = 'Requests';
    const ExpressionAttributeValues = { ':due': S('monday') };
    const query = new QueryCommand({
      ...{ TableName, IndexName: 'Due', KeyConditionExpression: 'due = :due', ExpressionAttributeValues },
    });
    const put = (by: DynamoDBClient, pk: string, due: string, more: object = {}) =>
      by.send(new PutItemCommand({ TableName, Item: { ...key(pk), due: S(due) }, ...more }));

    let isStale = observe();
    await run.send(query);
    await put(local.client, 'other', 'tuesday');
    await put(run, 'own', 'monday');
    expect(isStale()).toBe(false);
    await put(local.client, 'other', 'monday');
    expect(isStale()).toBe(true);
    // What it reads again is new no more.
    await run.send(query);
    expect(isStale()).toBe(false);

    isStale = observe();
    await failure(put(run, 'other', 'friday', { ConditionExpression: 'attribute_not_exists(pk)' }));
    expect(isStale()).toBe(false);
    await put(local.client, 'other', 'friday');
    expect(isStale()).toBe(true);
  });

  test('what a run did not ask to see is nothing new to it: fields left out, items filtered out', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path);
    const { client, observe } = runOf(local);
    const TableName = 'Requests';
    const put = (item: object) =>
      local.client.send(new PutItemCommand({ TableName, Item: { ...key('one'), ...item } }));
    await put({ at: S('monday'), due: S('tuesday') });
    const asked = {
      ...{ TableName, FilterExpression: '#at > :at', ProjectionExpression: 'pk, #at' },
      ...{ ExpressionAttributeNames: { '#at': 'at' }, ExpressionAttributeValues: { ':at': S('m') } },
    };
    const scan = async (more: object = {}) => {
      const isStale = observe();
      await client.send(new ScanCommand({ ...asked, ...more }));
      return isStale;
    };

    let isStale = await scan();
    await put({ at: S('monday'), due: S('wednesday') });
    await local.client.send(new PutItemCommand({ TableName, Item: { ...key('two'), at: S('friday') } }));
    expect(isStale()).toBe(false);
    await put({ at: S('sunday'), due: S('wednesday') });
    expect(isStale()).toBe(true);

    isStale = await scan();
    await local.client.send(new PutItemCommand({ TableName, Item: { ...key('two'), at: S('saturday') } }));
    expect(isStale()).toBe(true);

    isStale = await scan();
    await local.client.send(new DeleteItemCommand({ TableName, Key: key('one') }));
    expect(isStale()).toBe(true);

    // What an index holds of an item is the same when it is written again.
    isStale = observe();
    const KeyConditionExpression = 'due = :due';
    const ExpressionAttributeValues = { ':due': S('friday') };
    await local.client.send(new PutItemCommand({ TableName, Item: { ...key('due'), due: S('friday') } }));
    await client.send(
      new QueryCommand({ TableName, IndexName: 'Due', KeyConditionExpression, ExpressionAttributeValues }),
    );
    await local.client.send(new PutItemCommand({ TableName, Item: { ...key('due'), due: S('friday'), more: S('x') } }));
    expect(isStale()).toBe(false);
    await local.client.send(new PutItemCommand({ TableName, Item: { ...key('due'), due: S('saturday') } }));
    expect(isStale()).toBe(true);

    // Items that are left out count towards a limit.
    isStale = await scan({ Limit: 1 });
    await local.client.send(new PutItemCommand({ TableName, Item: { ...key('three'), at: S('friday') } }));
    expect(isStale()).toBe(true);
  });

  const projected = { TableName: 'Requests', Key: key('one'), ProjectionExpression: 'due' };
  const oneByOne: readonly (readonly [string, (run: DynamoDBClient) => Promise<unknown>])[] = [
    ['GetItem', (run) => run.send(new GetItemCommand(projected))],
    ['TransactGetItems', (run) => run.send(new TransactGetItemsCommand({ TransactItems: [{ Get: projected }] }))],
    [
      'BatchGetItem',
      (run) =>
        run.send(
          new BatchGetItemCommand({ RequestItems: { Requests: { Keys: [key('one')], ProjectionExpression: 'due' } } }),
        ),
    ],
  ];
  test.each(oneByOne)('%s sees a field that it asked for change, and an item come and expire', async (name, read) => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path, [{ ...requests, ttlAttribute: 'ttl' }]);
    const { client: run, observe } = runOf(local);
    const isNewAfter = async (write: () => Promise<unknown>) => {
      const isStale = observe();
      await read(run);
      await write();
      return isStale();
    };
    const put = (more: object) => () =>
      local.client.send(new PutItemCommand({ TableName: 'Requests', Item: { ...key('one'), ...more } }));
    const now = local.clock.now().getTime();
    const ttl = { N: String(Math.floor(now / 1000) + 600) };

    expect(await isNewAfter(put({ due: S('monday') }))).toBe(true);
    expect(await isNewAfter(put({ due: S('tuesday') }))).toBe(true);
    // A batch is not looked at field by field: rather one run too many.
    expect(await isNewAfter(put({ due: S('tuesday'), ttl }))).toBe(name === 'BatchGetItem');
    expect(await isNewAfter(() => local.clock.move(new Date(now + 7_200_000)))).toBe(true);
    expect((await local.client.send(new GetItemCommand({ TableName: 'Requests', Key: key('one') }))).Item).toBe(
      undefined,
    );
  });

  test('a record that is broken on disk is reported with its position', async () => {
    using folder = temporaryFolder('dynamodb');
    {
      await using first = await start(folder.path);
      await first.client.send(new PutItemCommand({ TableName: 'Requests', Item }));
    }
    const level = new ClassicLevel<string, string>(folder.path);
    const place = (await level.keys().all()).find((one) => one.includes('item/Requests/')) as string;
    await level.put(place, '{"half":');
    await level.close();
    await using second = await start(folder.path);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const scan = second.client.send(new ScanCommand({ TableName: 'Requests' }));
    expect((await failure(scan)).name).toBe('InternalFailure');
    expect(String(logged.mock.calls[0]?.[1])).toMatch(/the record "item\/Requests\/.+" is broken/);
    logged.mockRestore();
  });

  test('an operation and a field that are not modelled are refused by name', async () => {
    using folder = temporaryFolder('dynamodb');
    await using local = await start(folder.path);
    const call = async (target: string, body: object) => {
      const headers = { 'x-amz-target': `DynamoDB_20120810.${target}` };
      return local.service.prepare({ headers, body: Buffer.from(JSON.stringify(body)) } as never).answer({} as never);
    };
    await expect(call('ExportTableToPointInTime', {})).rejects.toMatchObject({ code: 'UnknownOperationException' });
    await expect(call('GetItem', { TableName: 'Requests', Key: {}, Colour: 'red' })).rejects.toThrow(
      'does not model Colour of GetItem',
    );
    const Expected = { pk: { Exists: false } };
    await expect(call('PutItem', { TableName: 'Requests', Item, Expected })).rejects.toThrow(
      'does not model Expected of',
    );
    await expect(call('Scan', { TableName: 'Requests', ReturnConsumedCapacity: 'TOTAL' })).rejects.toThrow(
      'does not model ReturnConsumedCapacity TOTAL of Scan',
    );
  });
});
