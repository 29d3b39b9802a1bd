import { createHash } from 'node:crypto';
import * as z from 'zod';
import {
  bytesOf,
  check,
  checkIndexKeys,
  checkProjected,
  type EngineOperation,
  type Input,
  type Item,
  indexEntries,
  keyOf,
  refuseOthers,
  type Work,
  workOn,
} from './dynamodb-engine.ts';
import { type Table, Tables, tableArn } from './dynamodb-tables.ts';
import { answerJson, jsonInput, operationOf } from './protocol.ts';
import { Reads, runOf } from './reads.ts';
import { AwsError, type Change, type Clock, type Permission, type Service, type Store } from './service.ts';
import { openStore } from './store.ts';
import { Turns } from './turns.ts';

export type { Table } from './dynamodb-tables.ts';

interface Options {
  readonly dir: string;
  readonly clock: Clock;
  readonly tables: readonly Table[];
  /** Is told what each run of a function reads, and what is written. */
  readonly reads?: Reads;
}

/** Opens DynamoDB on a folder; tables that are not there are made. Rejects when one is there with another schema. */
export async function openDynamoDb({ dir, clock, tables: definitions, reads }: Options): Promise<Service> {
  const store = await openStore(dir);
  const tables = new Tables(store, () => clock.now());
  await tables.open(definitions);
  await makeIndexes(store, tables);
  const database = new Database(store, tables, clock, reads);
  await database.sweep();
  return {
    signingName: 'dynamodb',
    prepare(call) {
      const { name, found } = operationOf('dynamodb', operations, call);
      const input = jsonInput(call, AnyInput);
      return {
        operation: name,
        permissions: permissionsOf(name, input),
        answer: async (response) => answerJson(response, await found(database, input, runOf(call))),
      };
    },
    close: async () => {
      database.stop();
      await store.close();
    },
  };
}

/** Which keys the entries of indexes have. */
const format = 2;

/** Entries that another version of ours left have other keys, under which nobody would take them away: they are made anew. */
async function makeIndexes(store: Store, tables: Tables): Promise<void> {
  if ((await store.get('index-format')) === format) return;
  const changes: Change[] = [{ type: 'put', key: 'index-format', value: format }];
  for await (const [key] of store.entries({ gte: 'index/', lt: 'index0' })) changes.push({ type: 'del', key });
  for (const table of tables.all.values()) {
    const range = { gte: `item/${table.TableName}/`, lt: `item/${table.TableName}0` };
    // An item that can't be read is told of when it is asked for.
    for await (const [, item] of store.entries<Item>({ ...range, broken: () => {} }))
      changes.push(...indexEntries(table, item));
  }
  await store.batch(changes);
}

const AnyInput = z.looseObject({});

/** A transaction needs, per item, what the single operation needs; there is no permission of its own. */
function permissionsOf(operation: string, { TableName, IndexName, RequestItems, TransactItems }: Input): Permission[] {
  const on = (name: string, table: unknown, index?: unknown) => ({
    action: `dynamodb:${name}`,
    resource: tableArn(table) + (index === undefined ? '' : `/index/${index}`),
  });
  if (operation === 'ListTables') return [{ action: 'dynamodb:ListTables', resource: '*' }];
  if (operation.startsWith('Batch')) return Object.keys(RequestItems ?? {}).map((table) => on(operation, table));
  if (!operation.startsWith('Transact')) return [on(operation, TableName, IndexName)];
  return itemsOf(TransactItems).map(([kind, { TableName }]) => on(`${kind}Item`, TableName));
}

// What all operations share.

/** Expired items are swept at full hours: readable until then, as AWS deletes late too. Milliseconds. */
const hour = 3_600_000;
/** Five years. */
const tooLongAgo = 5 * 365 * 24 * hour;
/** A request token counts for ten minutes. */
const remembered = 600_000;

type Keys = readonly (string | undefined)[];

/** The store, the tables, who may write when, and the end of what expires. */
class Database {
  readonly store: Store;
  readonly tables: Tables;
  readonly clock: Clock;
  private readonly reads: Reads;
  private readonly turns = new Turns();
  private due = Number.POSITIVE_INFINITY;
  stop: () => void = () => {};

  constructor(store: Store, tables: Tables, clock: Clock, reads = new Reads()) {
    this.store = store;
    this.tables = tables;
    this.clock = clock;
    this.reads = reads;
  }

  work(run?: string): Work {
    return workOn(this.store, this.tables.all, (gte, lt, view) => this.reads.read(run, gte, lt, view));
  }

  /** Does the work when no other is under way on these items. Its changes are on disk, whole or not at all, when it resolves. */
  alone<T>(keys: Keys, act: (work: Work) => Promise<T>, run?: string): Promise<T> {
    const known = keys.filter((key) => key !== undefined);
    return this.turns.take(known, async () => {
      const work = this.work(run);
      const output = await act(work);
      const before = await Promise.all(work.changes.map(({ key }) => this.store.get(key)));
      await this.store.batch(work.changes);
      const after = (change: Change) => (change.type === 'put' ? change.value : undefined);
      const written = work.changes.map((one, n) => ({ key: one.key, before: before[n], after: after(one) }));
      this.reads.wrote(run, written);
      for (const change of work.changes) {
        const [part, name = ''] = change.key.split('/');
        if (change.type === 'put' && part === 'item')
          this.notice(expiryOf(this.tables.get(name), change.value as Item));
      }
      return output;
    });
  }

  /** Sets one timer, for the full hour after the earliest expiry: no ticks while nothing expires. */
  private notice(at: number | undefined): void {
    const now = this.clock.now().getTime();
    if (at === undefined || !(at > now - tooLongAgo)) return;
    const due = Math.ceil((Math.max(at, now) + 1) / hour) * hour;
    // A date beyond what Date holds never comes.
    if (due >= this.due || due > 8.64e15) return;
    this.stop();
    this.due = due;
    this.stop = this.clock.at(new Date(due), () => {
      this.due = Number.POSITIVE_INFINITY;
      return this.clock.busy(this.sweep());
    });
  }

  /** Deletes what has expired and forgets old tokens; looks at the rest when it is due. */
  async sweep(): Promise<void> {
    const now = this.clock.now().getTime();
    for await (const [key, { at }] of this.store.entries<Token>({ gte: 'token/', lt: 'token0' }))
      if (now - at > remembered) await this.store.del(key);
    for (const table of [...this.tables.all.values()].filter(({ ttlAttribute }) => ttlAttribute !== undefined)) {
      const items = this.store.entries<Item>({ gte: `item/${table.TableName}/`, lt: `item/${table.TableName}0` });
      for await (const [key, item] of items) {
        const at = expiryOf(table, item);
        if (isExpired(at, now)) await this.alone([key], (work) => this.expire(work, key, table, now));
        else this.notice(at);
      }
    }
  }

  /** Looks again: the item may have been written since. */
  private async expire(work: Work, key: string, table: Table, now: number): Promise<void> {
    const item = await this.store.get<Item>(key);
    if (item === undefined || !isExpired(expiryOf(table, item), now)) return;
    const Key = Object.fromEntries(table.KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]]));
    await work.run('DeleteItem', check('DeleteItem', { TableName: table.TableName, Key }));
  }
}

/** AWS leaves items alone that expired long ago: a wrong unit must not empty a table. */
const isExpired = (at: number | undefined, now: number): boolean =>
  at !== undefined && at <= now && at > now - tooLongAgo;

/** When an item expires, in milliseconds, or undefined. */
function expiryOf(table: Table | undefined, item: Item): number | undefined {
  const seconds = table?.ttlAttribute === undefined ? undefined : item[table.ttlAttribute]?.N;
  return typeof seconds === 'string' ? Number(seconds) * 1000 : undefined;
}

// Operations.

type Operation = (database: Database, input: Input, run?: string) => Promise<Input>;

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
  DescribeTable: async ({ tables }, { TableName }) => ({ Table: described(tables.named(TableName)) }),
  ListTables: async ({ tables }, input) => {
    refuseOthers('ListTables', input, []);
    return { TableNames: [...tables.all.keys()].sort() };
  },
  DescribeTimeToLive: async ({ tables }, { TableName }) => {
    const { ttlAttribute } = tables.named(TableName);
    const enabled = { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute };
    return { TimeToLiveDescription: ttlAttribute === undefined ? { TimeToLiveStatus: 'DISABLED' } : enabled };
  },
};

/** What DescribeTable answers: the record without what is ours. */
function described({ ttlAttribute: _, ...table }: Table): Input {
  return { ...table };
}

function read(operation: EngineOperation): Operation {
  return (database, input, run) => {
    const data = check(operation, input);
    if (data.IndexName !== undefined) checkProjected(data, database.tables.get(data.TableName));
    return database.work(run).run(operation, data);
  };
}

function write(operation: EngineOperation): Operation {
  return (database, input, run) => {
    const planned = plan(database, operation, input);
    return database.alone([planned.key], (work) => carryOut(database, planned, work), run);
  };
}

type Planned = ReturnType<typeof plan>;

/** One write, checked. Its key is undefined when the item does not fit its table. */
function plan(
  { tables }: Database,
  operation: EngineOperation,
  { ReturnValuesOnConditionCheckFailure: returns, ...input }: Input,
) {
  if (returns !== undefined && returns !== 'NONE' && returns !== 'ALL_OLD')
    throw constraint(
      'returnValuesOnConditionCheckFailure',
      `Value '${returns}'`,
      'Member must satisfy enum value set: [ALL_OLD, NONE]',
    );
  const data = check(operation, input);
  if (data.Item !== undefined) checkIndexKeys(tables.get(data.TableName), data.Item as Item);
  const key = keyOf((data.Item ?? data.Key) as Item, tables.get(data.TableName));
  return { operation, data, key, returnsOld: returns === 'ALL_OLD' };
}

/** Puts one write into the work. Throws AwsError, with the item that failed the condition when it is asked for. */
async function carryOut(
  { store }: Database,
  { operation, data, key, returnsOld }: Planned,
  work: Work,
): Promise<Input> {
  try {
    const { Attributes, ...answer } = await work.run(operation, data);
    return Object.keys(Attributes ?? {}).length > 0 ? { ...answer, Attributes } : answer;
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'ConditionalCheckFailedException') throw error;
    const Item = returnsOld && key !== undefined ? await store.get<Item>(key) : undefined;
    throw new AwsError(error.code, error.message, error.status, { Item });
  }
}

type BatchWrites = Record<string, { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } }[]>;

async function batchWrite(database: Database, input: Input, run?: string): Promise<Input> {
  const data = check('BatchWriteItem', input);
  const keys = Object.entries(data.RequestItems as BatchWrites).flatMap(([name, writes]) =>
    writes.map((one) => keyOf(one.PutRequest?.Item ?? one.DeleteRequest?.Key ?? {}, database.tables.get(name))),
  );
  return database.alone(keys, (work) => work.run('BatchWriteItem', data), run);
}

// Transactions.

/** DynamoDB's longest transaction, and its largest, in bytes. */
const longest = 100;
const largest = 4 * 2 ** 20;

/** The kinds and requests of a transaction. Throws when there are none or too many. */
function itemsOf(items: unknown): [kind: string, input: Input][] {
  const list = Array.isArray(items) ? (items as Record<string, Input>[]) : [];
  const bound = list.length === 0 ? 'greater than or equal to 1' : `less than or equal to ${longest}`;
  if (list.length === 0 || list.length > longest)
    throw constraint('transactItems', list.length === 0 ? "Value '[]'" : 'Value', `Member must have length ${bound}`);
  return list.map((item) => {
    const [one, ...more] = Object.entries(item ?? {});
    if (one?.[1] instanceof Object && more.length === 0) return one;
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  });
}

async function transactGet(database: Database, input: Input, run?: string): Promise<Input> {
  refuseOthers('TransactGetItems', input, ['TransactItems', 'ReturnConsumedCapacity']);
  const gets = itemsOf(input.TransactItems).map(([kind, get]) => {
    if (kind !== 'Get') throw invalid('TransactItems of TransactGetItems can only contain Get');
    return plan(database, 'GetItem', { ...get, ConsistentRead: true });
  });
  const read = async (work: Work) => {
    const reading = gets.map(({ data }) => work.run('GetItem', data).then((found) => ({ found }), reasonOf));
    const answers = await Promise.all(reading);
    cancelUnless(answers.map((one) => ('found' in one ? { Code: 'None' } : one)));
    const found = answers.map((one) => one.found as Input);
    checkSize(found.map(({ Item }) => Item));
    return found;
  };
  return { Responses: await database.alone(keysOf(gets), read, run) };
}

/** The keys of all items. Throws when two are one. */
function keysOf(planned: readonly Planned[]): string[] {
  const keys = planned.flatMap(({ key }) => key ?? []);
  if (new Set(keys).size === keys.length) return keys;
  throw invalid('Transaction request cannot include multiple operations on one item');
}

function checkSize(items: readonly unknown[]): void {
  if (bytesOf(items) > largest) throw invalid('The aggregate size of the items in the transaction cannot exceed 4 MB');
}

/** Throws the reasons, one per item, unless there is none. */
function cancelUnless(reasons: readonly Input[]): void {
  if (reasons.every(({ Code }) => Code === 'None')) return;
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const text = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  throw new AwsError('TransactionCanceledException', text, 400, { CancellationReasons: reasons });
}

/** The single operation whose rules each kind of write follows, and what it must say. */
const kinds = new Map<string, readonly [operation: EngineOperation, ...must: string[]]>([
  ['Put', ['PutItem', 'Item']],
  ['Update', ['UpdateItem', 'Key', 'UpdateExpression']],
  ['Delete', ['DeleteItem', 'Key']],
  ['ConditionCheck', ['DeleteItem', 'Key', 'ConditionExpression']],
]);

/** All writes or none: the answer is on disk, or TransactionCanceledException has a reason per item. */
async function transactWrite(database: Database, input: Input, run?: string): Promise<Input> {
  refuseOthers('TransactWriteItems', input, ['TransactItems', 'ClientRequestToken', 'ReturnConsumedCapacity']);
  const { ClientRequestToken: token, TransactItems } = input;
  const length = String(token ?? '-').length;
  if (length < 1 || length > 36) {
    const bound = length < 1 ? 'greater than or equal to 1' : 'less than or equal to 36';
    throw constraint('clientRequestToken', `Value '${token}'`, `Member must have length ${bound}`);
  }
  const planned = itemsOf(TransactItems).map(([kind, one], n) => planOf(database, kind, one, n + 1));
  const keys = keysOf(planned);
  const mark = token === undefined ? undefined : `token/${token}`;
  const hash = createHash('sha256').update(JSON.stringify(TransactItems)).digest('hex');
  const act = async (work: Work): Promise<Input> => {
    const at = database.clock.now().getTime();
    if (mark !== undefined && isRepeated(await database.store.get<Token>(mark), hash, at)) return {};
    if (mark !== undefined) work.changes.push({ type: 'put', key: mark, value: { at, hash } satisfies Token });
    await carryOutAll(database, planned, work, run);
    return {};
  };
  return database.alone([...keys, mark], act, run);
}

function planOf(database: Database, kind: string, input: Input, n: number) {
  const [operation, ...must] = kinds.get(kind) ?? [];
  if (operation === undefined) throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  const missing = must.find((field) => input[field] === undefined);
  const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
  if (missing === undefined) return { ...plan(database, operation, input), kind };
  const place = `transactItems.${n}.member.${lower(kind)}.${lower(missing)}`;
  throw constraint(place, 'Value null', 'Member must not be null');
}

async function carryOutAll(
  database: Database,
  planned: readonly (Planned & { kind: string })[],
  work: Work,
  run: string | undefined,
): Promise<void> {
  const reasons: Input[] = [];
  for (const one of planned) {
    // A check is a delete that nobody commits.
    const writing = carryOut(database, one, one.kind === 'ConditionCheck' ? database.work(run) : work);
    reasons.push(await writing.then(() => ({ Code: 'None' }), reasonOf));
  }
  cancelUnless(reasons);
  const items = work.changes.filter(({ key }) => key.startsWith('item/'));
  checkSize(items.map((change) => ('value' in change ? change.value : undefined)));
}

const reasonCodes: Readonly<Record<string, string>> = {
  ConditionalCheckFailedException: 'ConditionalCheckFailed',
  ValidationException: 'ValidationError',
};

function reasonOf(error: unknown): Input {
  if (!(error instanceof AwsError) || reasonCodes[error.code] === undefined) throw error;
  // AWS looks for an empty key before it looks at any item.
  if (error.message.includes('cannot contain an empty')) throw error;
  return { Code: reasonCodes[error.code], Message: error.message, ...error.extra };
}

/** A request that was carried out, under its token, in the same commit as its writes. */
interface Token {
  readonly at: number;
  readonly hash: string;
}

/** Whether this very request was carried out in the last ten minutes. Throws when its token was used for another one. */
function isRepeated(kept: Token | undefined, hash: string, at: number): boolean {
  if (kept === undefined || at - kept.at > remembered) return false;
  if (kept.hash === hash) return true;
  throw new AwsError(
    'IdempotentParameterMismatchException',
    'The request uses the same client token as a previous, but non-identical request.',
  );
}

const invalid = (message: string) => new AwsError('ValidationException', message);
const constraint = (place: string, what: string, must: string) =>
  invalid(`1 validation error detected: ${what} at '${place}' failed to satisfy constraint: ${must}`);
