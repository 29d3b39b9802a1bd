import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { AwsError, type Store } from './service.ts';

// dynalite's rules of expressions, keys and sizes, over our own durable store. Its own store writes item and index apart; ours collects
// what one operation changes and commits it in one batch, which LevelDB writes to its log whole or not at all.

/** An attribute value such as `{S: 'text'}`. */
type Value = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, Value>>;
export type Input = Record<string, unknown>;

export interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: string;
}

/** What the engine wants to know of a table. */
export interface TableSchema {
  readonly TableName: string;
  readonly TableStatus: 'ACTIVE';
  readonly KeySchema: readonly KeyElement[];
  readonly AttributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
  readonly GlobalSecondaryIndexes?: readonly {
    readonly IndexName: string;
    readonly KeySchema: readonly KeyElement[];
    readonly Projection: { readonly ProjectionType?: string; readonly NonKeyAttributes?: readonly string[] };
  }[];
}

type Callback<T = unknown> = (error: unknown, value?: T) => void;

interface Rules {
  validateItem(item: Item, table: TableSchema): Error | null | undefined;
  validateKey(key: Item, table: TableSchema): Error | null | undefined;
  createKey(item: Item, table: TableSchema): string;
  checkConditional(data: Input, existing: Item | undefined): Error | null | undefined;
  itemSize(item: Item): number;
}

interface Validations {
  checkTypes(data: Input, types: Fields): Input;
  checkValidations(data: Input, types: Fields, custom: unknown, store: unknown): void;
}
type Fields = Readonly<Record<string, unknown>>;

const load = createRequire(import.meta.url);
export const rules = load('dynalite/db') as Rules;
const validations = load('dynalite/validations') as Validations;

const operations = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'GetItem',
  'PutItem',
  'Query',
  'Scan',
  'UpdateItem',
] as const;
export type EngineOperation = (typeof operations)[number];

interface Loaded {
  readonly types: Fields;
  readonly custom: unknown;
  readonly action: (store: unknown, data: Input, callback: Callback<Input>) => void;
}

/** A field that dynalite's action knows and its validation forgets. */
const added: Readonly<Partial<Record<EngineOperation, Fields>>> = { Scan: { ConsistentRead: 'Boolean' } };

const loaded = Object.fromEntries(
  operations.map((name) => {
    const file = name.charAt(0).toLowerCase() + name.slice(1);
    const { types, custom } = load(`dynalite/validations/${file}`) as Omit<Loaded, 'action'>;
    return [name, { types: { ...types, ...added[name] }, custom, action: load(`dynalite/actions/${file}`) }];
  }),
) as Readonly<Record<EngineOperation, Loaded>>;

/** DynamoDB's largest item, in bytes. */
const options = { maxItemSize: 409_600 };

/** Checks a request as DynamoDB does and answers it with its expressions parsed. Throws AwsError. */
export function check(operation: EngineOperation, input: Input): Input {
  const { types, custom } = loaded[operation];
  const unknown = Object.keys(input).find((field) => !Object.hasOwn(types, field));
  if (unknown !== undefined)
    throw new AwsError('ValidationException', `The local cloud does not model ${unknown} of ${operation}.`);
  try {
    const data = validations.checkTypes(structuredClone(input), types);
    validations.checkValidations(data, types, custom, { options });
    return data;
  } catch (error) {
    throw asAwsError(error);
  }
}

/** dynalite's errors carry AWS's name and text in a body. */
export function asAwsError(error: unknown): unknown {
  const { body } = error as { body?: { __type?: string; message?: string; Message?: string } };
  if (body?.__type === undefined) return error;
  return new AwsError(body.__type.replace(/^.*#/, ''), body.message ?? body.Message ?? '');
}

export const itemKey = (table: string, key: string) => `item/${table}/${key}`;

/** One operation's view of the store: reads see what is committed, writes wait for `commit`. */
export class Work {
  private readonly store: Store;
  private readonly tables: ReadonlyMap<string, TableSchema>;
  private readonly changes: Parameters<Store['batch']>[0][number][] = [];
  /** Items that were put, by table; the sweeper of expired items wants to see them. */
  readonly puts: { readonly table: string; readonly item: Item }[] = [];
  /** Write units of secondary indexes, by table and index. */
  readonly indexUnits = new Map<string, Map<string, number>>();

  constructor(store: Store, tables: ReadonlyMap<string, TableSchema>) {
    this.store = store;
    this.tables = tables;
  }

  /** Runs one checked operation. Throws AwsError. */
  run(operation: EngineOperation, data: Input): Promise<Input> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => reject(asAwsError(error));
      const store = this.facade(fail);
      try {
        loaded[operation].action(store, data, (error, value) => (error ? fail(error) : resolve(value ?? {})));
      } catch (error) {
        fail(error);
      }
    });
  }

  get(key: string): Promise<Item | undefined> {
    return this.store.get<Item>(key);
  }

  /** Adds a record of our own to the commit. */
  put(key: string, value: unknown): void {
    this.changes.push({ type: 'put', key, value });
  }

  /** Writes everything, whole or not at all; on disk when it resolves. Answers whether there was anything. */
  async commit(): Promise<boolean> {
    await this.store.batch(this.changes);
    return this.changes.length > 0;
  }

  /** The store as dynalite's actions know it. */
  private facade(fail: (error: unknown) => void) {
    return {
      options,
      getTable: (name: string, ...rest: unknown[]) => {
        const table = this.tables.get(name);
        (rest.at(-1) as Callback<TableSchema>)(table === undefined ? tableNotFound() : null, table);
      },
      getItemDb: (table: string) =>
        this.part(itemKey(table, ''), fail, {
          put: async (key, value) => {
            this.puts.push({ table, item: value });
            this.put(key, value);
          },
          del: async (key) => void this.changes.push({ type: 'del', key }),
        }),
      getIndexDb: (_: string, table: string, index: string) =>
        this.part(`index/${table}/${index}/`, fail, {
          put: (key, value) => this.putInIndex(table, index, key, value),
          del: (key) => this.deleteFromIndex(table, index, key),
        }),
    };
  }

  private part(prefix: string, fail: (error: unknown) => void, writes: Writes) {
    const answer = <T>(work: Promise<T>, callback: Callback<T>) =>
      void work.then((value) => callback(null, value)).catch(fail);
    return {
      get: (key: string, callback: Callback<Item | undefined>) =>
        answer<Item | undefined>(this.get(prefix + key), callback),
      put: (key: string, value: Item, callback: Callback) => answer(writes.put(prefix + key, value), callback),
      del: (key: string, callback: Callback) => answer(writes.del(prefix + key), callback),
      // The turns of the keys are taken before the engine runs.
      lock: (_: string, work: (release: <T>(callback: T) => T) => void) => work((callback) => callback),
      createValueStream: (range: Range) => Readable.from(this.values(prefix, range)),
    };
  }

  private async *values(prefix: string, { gt, gte, lt, lte, reverse, limit }: Range) {
    const range = {
      gte: prefix + (gt === undefined ? (gte ?? '') : after(gt)),
      lt: lte === undefined ? (lt === undefined ? endOf(prefix) : prefix + lt) : prefix + after(lte),
      reverse: reverse ?? false,
      limit: limit ?? -1,
    };
    for await (const [, item] of this.store.entries<Item>(range)) yield item;
  }

  /** DynamoDB writes, and bills, an index entry only when it changes. */
  private async putInIndex(table: string, index: string, key: string, item: Item): Promise<void> {
    const old = await this.get(key);
    if (old !== undefined && JSON.stringify(old) === JSON.stringify(item)) return;
    this.put(key, item);
    this.bill(table, index, Math.max(unitsOf(item), old === undefined ? 0 : unitsOf(old)));
  }

  private async deleteFromIndex(table: string, index: string, key: string): Promise<void> {
    const old = await this.get(key);
    this.changes.push({ type: 'del', key });
    this.bill(table, index, old === undefined ? 0 : unitsOf(old));
  }

  private bill(table: string, index: string, units: number): void {
    const ofTable = this.indexUnits.get(table) ?? new Map<string, number>();
    this.indexUnits.set(table, ofTable);
    ofTable.set(index, (ofTable.get(index) ?? 0) + units);
  }
}

interface Writes {
  put(key: string, value: Item): Promise<void>;
  del(key: string): Promise<void>;
}

interface Range {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** The first text after this one. */
const after = (text: string) => `${text}\u0000`;
/** The end of everything under a prefix that ends in a slash: 0 comes right after it. */
const endOf = (prefix: string) => `${prefix.slice(0, -1)}0`;

/** A write unit is 1,024 bytes or a part of it. */
const unitsOf = (item: Item) => Math.ceil(rules.itemSize(item) / 1024);

function tableNotFound(): AwsError {
  return new AwsError('ResourceNotFoundException', 'Requested resource not found');
}
