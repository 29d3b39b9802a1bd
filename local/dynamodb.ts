import { check, type EngineOperation, type Input, type Item, rules, Work } from './dynamodb-engine.ts';
import { ExpiryTimer, expiryOf, isExpired } from './dynamodb-expiry.ts';
import { permissionsOf } from './dynamodb-permissions.ts';
import { type Table, type TableDefinition, Tables } from './dynamodb-tables.ts';
import { carryOut, forgetTokens, isRepeated, itemsOf, keyOf, plan, remember } from './dynamodb-transactions.ts';
import { AwsError, type Call, type Clock, type Service, type Store } from './service.ts';
import { openStore } from './store.ts';
import { Turns } from './turns.ts';

export type { TableDefinition } from './dynamodb-tables.ts';

/** DynamoDB, with the number of operations that changed something. */
export interface DynamoDb extends Service {
  writes(): number;
}

interface Options {
  readonly dir: string;
  readonly clock: Clock;
  readonly tables: readonly TableDefinition[];
}

/** Opens DynamoDB on a folder; tables that are not there are made. Rejects when one is there with another schema. */
export async function openDynamoDb({ dir, clock, tables: definitions }: Options): Promise<DynamoDb> {
  const store = await openStore(dir);
  const tables = new Tables(store, () => clock.now());
  await tables.open(definitions);
  const database = new Database(store, tables, clock);
  await database.begin();
  return {
    signingName: 'dynamodb',
    permissions: (call) => permissionsOf(operationOf(call), inputOf(call), tables.all),
    handle: async (call, response) => {
      const output = await (operations[operationOf(call)] as Operation)(database, inputOf(call));
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(output));
    },
    writes: () => database.writes,
    close: () => database.close().then(() => store.close()),
  };
}

function operationOf(call: Call): string {
  const target = call.headers['x-amz-target'];
  const [version, name = ''] = typeof target === 'string' ? target.split('.') : [];
  if (version === 'DynamoDB_20120810' && Object.hasOwn(operations, name)) return name;
  throw new AwsError('UnknownOperationException', `The local cloud does not model dynamodb:${name}.`);
}

function inputOf({ body }: Call): Input {
  try {
    const input: unknown = JSON.parse(body.toString('utf8') || '{}');
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input as Input;
  } catch {
    // Said below.
  }
  throw new AwsError('SerializationException', 'The body is not a JSON object.');
}

/** What all operations share: the store, the tables, and who may write when. */
class Database {
  readonly store: Store;
  readonly tables: Tables;
  readonly clock: Clock;
  readonly turns = new Turns();
  private readonly expiry: ExpiryTimer;
  writes = 0;

  constructor(store: Store, tables: Tables, clock: Clock) {
    this.store = store;
    this.tables = tables;
    this.clock = clock;
    this.expiry = new ExpiryTimer(clock, () => this.sweep());
  }

  async begin(): Promise<void> {
    await forgetTokens(this.store, this.clock.now());
    for await (const [, at] of this.expiring()) this.expiry.notice(at);
  }

  async close(): Promise<void> {
    this.expiry.stop();
  }

  work(): Work {
    return new Work(this.store, this.tables.all);
  }

  async commit(work: Work): Promise<void> {
    if (await work.commit()) this.writes += 1;
    for (const { table, item } of work.puts) this.expiry.notice(expiryOf(this.tables.get(table), item));
  }

  /** Items with a time to live, with their keys in the store and that time. */
  async *expiring(): AsyncGenerator<readonly [key: string, at: number, table: Table]> {
    for (const table of [...this.tables.all.values()].filter(({ ttlAttribute }) => ttlAttribute !== undefined)) {
      const range = { gte: `item/${table.TableName}/`, lt: `item/${table.TableName}0` };
      for await (const [key, item] of this.store.entries<Item>(range)) {
        const at = expiryOf(table, item);
        if (at !== undefined) yield [key, at, table] as const;
      }
    }
  }

  async sweep(): Promise<void> {
    const now = this.clock.now();
    await forgetTokens(this.store, now);
    for await (const [key, at, table] of this.expiring()) {
      if (isExpired(at, now)) await this.turns.take([key], () => this.expire(key, table, now));
      else this.expiry.notice(at);
    }
  }

  /** Looks again: the item may have been written since. */
  private async expire(key: string, table: Table, now: Date): Promise<void> {
    const item = await this.store.get<Item>(key);
    if (item === undefined || !isExpired(expiryOf(table, item), now)) return;
    const work = this.work();
    const Key = Object.fromEntries(table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]));
    await work.run('DeleteItem', check('DeleteItem', { TableName: table.TableName, Key }));
    await this.commit(work);
  }
}

// Operations.

type Operation = (database: Database, input: Input) => Promise<Input>;

const operations: Readonly<Record<string, Operation>> = {
  GetItem: read('GetItem'),
  BatchGetItem: read('BatchGetItem'),
  Query: read('Query'),
  Scan: read('Scan'),
  PutItem: write('PutItem'),
  UpdateItem: write('UpdateItem'),
  DeleteItem: write('DeleteItem'),
  BatchWriteItem: batchWrite,
  TransactWriteItems: transactWrite,
  TransactGetItems: transactGet,
  CreateTable: async ({ tables }, input) => ({ TableDescription: described(await tables.create(input)) }),
  DescribeTable: async ({ tables }, { TableName }) => ({ Table: described(tables.get(TableName)) }),
  DeleteTable: async ({ tables }, { TableName }) => {
    const table = tables.get(TableName);
    await tables.drop(table);
    return { TableDescription: { ...described(table), TableStatus: 'DELETING' } };
  },
  UpdateTable: updateTable,
  ListTables: async ({ tables }, input) => listTables([...tables.all.keys()].sort(), input),
  DescribeTimeToLive: async ({ tables }, { TableName }) => {
    const { ttlAttribute } = tables.get(TableName);
    const enabled = { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute };
    return { TimeToLiveDescription: ttlAttribute === undefined ? { TimeToLiveStatus: 'DISABLED' } : enabled };
  },
  UpdateTimeToLive: updateTimeToLive,
  DescribeContinuousBackups: async ({ tables }, { TableName }) => backups(tables.get(TableName)),
  UpdateContinuousBackups: updateBackups,
};

function read(operation: EngineOperation): Operation {
  return async (database, input) => {
    const data = check(operation, input);
    const output = await database.work().run(operation, data);
    return leastRead(output, data);
  };
}

/** A read that finds nothing still costs one unit, or half of one when it is eventually consistent. */
function leastRead(output: Input, { ConsistentRead }: Input): Input {
  const consumed = output.ConsumedCapacity as { CapacityUnits?: number } | undefined;
  if (consumed?.CapacityUnits === 0) consumed.CapacityUnits = ConsistentRead ? 1 : 0.5;
  return output;
}

function write(operation: EngineOperation): Operation {
  return (database, input) => {
    const { ReturnValuesOnConditionCheckFailure: returns, ...rest } = input;
    const data = check(operation, rest);
    const key = keyOf(operation, data, database.tables.get(data.TableName));
    return database.turns.take(key === undefined ? [] : [key], async () => {
      const work = database.work();
      const output = await work.run(operation, data).catch(async (error: unknown) => {
        throw returns === 'ALL_OLD' && key !== undefined ? await withItem(error, work, key) : error;
      });
      await database.commit(work);
      return billed(output, work);
    });
  };
}

/** The error of a failed condition with the item that failed it. */
async function withItem(error: unknown, work: Work, key: string): Promise<unknown> {
  if (!(error instanceof AwsError) || error.code !== 'ConditionalCheckFailedException') return error;
  const item = await work.get(key);
  return item === undefined ? error : new AwsError(error.code, error.message, error.status, { Item: item });
}

interface Consumed {
  TableName: string;
  CapacityUnits: number;
  Table?: { CapacityUnits: number };
  GlobalSecondaryIndexes?: Record<string, { CapacityUnits: number }>;
}

/** Adds what the secondary indexes cost; `times` is 2 for a transaction. */
function billed(output: Input, work: Work, times = 1): Input {
  const one = output.ConsumedCapacity as Consumed | Consumed[] | undefined;
  for (const consumed of [one ?? []].flat()) {
    const indexes = [...(work.indexUnits.get(consumed.TableName) ?? [])];
    consumed.CapacityUnits += times * indexes.reduce((sum, [, units]) => sum + units, 0);
    if (consumed.Table === undefined || indexes.length === 0) continue;
    consumed.GlobalSecondaryIndexes = Object.fromEntries(
      indexes.map(([name, units]) => [name, { CapacityUnits: times * units }]),
    );
  }
  return output;
}

function batchWrite(database: Database, input: Input): Promise<Input> {
  const data = check('BatchWriteItem', input);
  const requests = Object.entries(data.RequestItems as Record<string, { PutRequest?: Input; DeleteRequest?: Input }[]>);
  const keys = requests.flatMap(([name, writes]) => {
    const table = database.tables.get(name);
    return writes.flatMap(
      ({ PutRequest, DeleteRequest }) =>
        keyOf(PutRequest ? 'PutItem' : 'DeleteItem', PutRequest ?? DeleteRequest ?? {}, table) ?? [],
    );
  });
  return database.turns.take(keys, async () => {
    const work = database.work();
    const output = await work.run('BatchWriteItem', data);
    await database.commit(work);
    return billed(output, work);
  });
}

const transactionFields = [
  'TransactItems',
  'ClientRequestToken',
  'ReturnConsumedCapacity',
  'ReturnItemCollectionMetrics',
];

function transactWrite(database: Database, input: Input): Promise<Input> {
  refuseOthers('TransactWriteItems', input, transactionFields);
  const planned = plan(withCapacity(input), (name) => database.tables.get(name));
  const { ClientRequestToken: token } = input;
  const keys = [...planned.flatMap(({ key }) => key ?? []), ...(token === undefined ? [] : [`token/${token}`])];
  return database.turns.take(keys, async () => {
    const now = database.clock.now();
    if (await isRepeated(database.store, input, now)) return {};
    const work = database.work();
    const results = await carryOut(planned, work);
    remember(work, input, now);
    await database.commit(work);
    return input.ReturnConsumedCapacity === undefined ? {} : billed(summed(results, planned), work, 2);
  });
}

/** Lets each write of a transaction count its own cost. */
function withCapacity(input: Input): Input {
  const { ReturnConsumedCapacity } = input;
  if (ReturnConsumedCapacity === undefined) return input;
  const TransactItems = itemsOf(input.TransactItems).map((item) =>
    Object.fromEntries(Object.entries(item).map(([kind, write]) => [kind, { ReturnConsumedCapacity, ...write }])),
  );
  return { ...input, TransactItems };
}

/** A transaction costs twice: once to prepare, once to commit. A check costs as much as a write. */
function summed(results: readonly Input[], planned: readonly { readonly table: Table; readonly data: Input }[]): Input {
  const tables = new Map<string, Consumed>();
  results.forEach((result, n) => {
    const { table, data } = planned[n] as (typeof planned)[number];
    const { CapacityUnits } = (result.ConsumedCapacity as Consumed | undefined) ?? { CapacityUnits: 1 };
    const sum = 2 * CapacityUnits + (tables.get(table.TableName)?.CapacityUnits ?? 0);
    const perTable = data.ReturnConsumedCapacity === 'INDEXES' && { Table: { CapacityUnits: sum } };
    tables.set(table.TableName, { TableName: table.TableName, CapacityUnits: sum, ...perTable });
  });
  return { ConsumedCapacity: [...tables.values()] };
}

async function transactGet(database: Database, input: Input): Promise<Input> {
  refuseOthers('TransactGetItems', input, ['TransactItems', 'ReturnConsumedCapacity']);
  const gets = itemsOf(input.TransactItems).map(({ Get = {} }) => {
    const data = check('GetItem', { ...Get, ConsistentRead: true });
    const table = database.tables.get(data.TableName);
    return { data, key: keyOf('GetItem', data, table) };
  });
  const keys = gets.flatMap(({ key }) => key ?? []);
  const items = await database.turns.take(keys, () =>
    Promise.all(gets.map(({ data }) => database.work().run('GetItem', data))),
  );
  const Responses = items.map(({ Item }) => (Item === undefined ? {} : { Item }));
  if (input.ReturnConsumedCapacity === undefined) return { Responses };
  return { Responses, ConsumedCapacity: readCost(gets.map(({ data }, n) => [data, items[n]?.Item as Item])) };
}

/** Two units per 4,096 bytes. */
function readCost(reads: readonly (readonly [data: Input, item: Item | undefined])[]): Consumed[] {
  const tables = new Map<string, number>();
  for (const [data, item] of reads) {
    const name = data.TableName as string;
    const units = item === undefined ? 1 : Math.ceil(rules.itemSize(item) / 4096);
    tables.set(name, (tables.get(name) ?? 0) + 2 * units);
  }
  return [...tables].map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits }));
}

// Tables.

/** What DescribeTable answers: the record without what is ours. */
function described({ ttlAttribute: _, recovery: __, ...table }: Table): Input {
  return { ...table };
}

async function updateTable({ tables }: Database, input: Input): Promise<Input> {
  refuseOthers('UpdateTable', input, ['TableName', 'DeletionProtectionEnabled']);
  const { TableName, DeletionProtectionEnabled } = input;
  const table = tables.get(TableName);
  if (typeof DeletionProtectionEnabled !== 'boolean')
    throw new AwsError('ValidationException', 'At least one of the table settings must be given');
  return { TableDescription: described(await tables.keep({ ...table, DeletionProtectionEnabled })) };
}

function listTables(names: readonly string[], { ExclusiveStartTableName: from, Limit }: Input): Input {
  const rest = typeof from === 'string' ? names.filter((name) => name > from) : names;
  const page = rest.slice(0, typeof Limit === 'number' ? Limit : 100);
  return { TableNames: page, ...(page.length < rest.length && { LastEvaluatedTableName: page.at(-1) }) };
}

async function updateTimeToLive(database: Database, input: Input): Promise<Input> {
  const { TableName, TimeToLiveSpecification } = input;
  const { AttributeName, Enabled } = (TimeToLiveSpecification ?? {}) as { AttributeName?: string; Enabled?: boolean };
  if (AttributeName === undefined || Enabled === undefined)
    throw new AwsError('ValidationException', 'TimeToLiveSpecification needs AttributeName and Enabled');
  const table = database.tables.get(TableName);
  if ((table.ttlAttribute !== undefined) === Enabled)
    throw new AwsError('ValidationException', `TimeToLive is already ${Enabled ? 'enabled' : 'disabled'}`);
  await database.tables.keep({ ...table, ttlAttribute: Enabled ? AttributeName : undefined });
  await database.begin();
  return { TimeToLiveSpecification };
}

async function updateBackups({ tables }: Database, input: Input): Promise<Input> {
  const { TableName, PointInTimeRecoverySpecification: wanted } = input;
  const recovery =
    (wanted as { PointInTimeRecoveryEnabled?: boolean } | undefined)?.PointInTimeRecoveryEnabled === true;
  return backups(await tables.keep({ ...tables.get(TableName), recovery }));
}

/** Recovery is switched, not done: on a laptop there is nothing to restore from. */
function backups({ recovery = false }: Table): Input {
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: recovery ? 'ENABLED' : 'DISABLED' },
    },
  };
}

function refuseOthers(operation: string, input: Input, known: readonly string[]): void {
  const other = Object.keys(input).find((field) => !known.includes(field));
  if (other !== undefined)
    throw new AwsError('ValidationException', `The local cloud does not model ${other} of ${operation}.`);
}
