import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { isOperation, matches, type Operation, type Part } from './dynamodb-conditions.ts';
import type { View } from './reads.ts';
import { AwsError, type Change, type Store } from './service.ts';

// dynalite's rules of expressions, keys and sizes, over our own durable store. Its own store writes item and index apart; ours collects
// what one operation changes and commits it in one batch, which LevelDB writes to its log whole or not at all.

/** Attribute values such as `{S: 'text'}` by name. */
export type Item = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
export type Input = Record<string, unknown>;

export interface KeyElement {
  readonly AttributeName: string;
  readonly KeyType: string;
}

/** What the engine wants to know of a table. */
export interface TableSchema {
  readonly TableName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly AttributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
  readonly GlobalSecondaryIndexes?: readonly Index[];
}

interface Index {
  readonly IndexName: string;
  readonly KeySchema: readonly KeyElement[];
  readonly Projection: { readonly ProjectionType?: string; readonly NonKeyAttributes?: readonly string[] };
}

type Callback<T = unknown> = (error: unknown, value?: T) => void;
type Fields = Readonly<Record<string, unknown>>;

interface Rules {
  validateItem(item: Item, table: TableSchema): Error | null | undefined;
  createKey(item: Item, table: TableSchema, keys?: readonly KeyElement[]): string;
  createIndexKey: Rules['createKey'];
  /** What an index holds of an item: one put, or none. */
  getIndexActions(...given: [Index[], undefined, Item | undefined, TableSchema]): { puts: { item: Item }[] };
  updateIndexes(...given: [Indexes, TableSchema, Item | undefined, Item | null | undefined, done: () => void]): void;
  mapPaths(paths: unknown, item: Item): Item;
  itemSize(item: Item, ...rest: unknown[]): number;
  checkConditional(data: Parsed, item?: Item): unknown;
  queryTable(store: unknown, table: unknown, data: Parsed, ...rest: unknown[]): void;
}
interface Indexes {
  getIndexDb(kind: string, table: string, index: string): ReturnType<typeof partOf>;
}
interface Validations {
  validateAttributeValue(value: Item[string]): string | undefined;
  checkTypes(data: Input, types: Fields): Input;
  checkValidations(data: Input, types: Fields, custom: unknown, store: unknown): void;
}
interface Loaded {
  readonly types: Fields;
  readonly custom: unknown;
  readonly action: (store: unknown, data: Input, callback: Callback<Input>) => void;
}

const load = createRequire(import.meta.url);
const rules = load('dynalite/db') as Rules;
const validations = load('dynalite/validations') as Validations;

const writes = ['BatchWriteItem', 'CreateTable', 'DeleteItem', 'PutItem', 'UpdateItem'] as const;
const reads = ['BatchGetItem', 'GetItem', 'Query', 'Scan'] as const;
const names = [...writes, ...reads];
export type EngineOperation = (typeof names)[number];

/** Local indexes, and the parameters of before there were expressions: their comparing is the engine's own. */
const notModelled =
  /^(LocalSecondaryIndexes|AttributesToGet|AttributeUpdates|ConditionalOperator|Expected|KeyConditions|QueryFilter|ScanFilter)$/;

const loaded = Object.fromEntries(
  names.map((name) => {
    const file = name.charAt(0).toLowerCase() + name.slice(1);
    const { types, custom } = load(`dynalite/validations/${file}`) as Omit<Loaded, 'action'>;
    const known = Object.entries(types).filter(([field]) => !notModelled.test(field));
    // The scan's action knows this field, its validation forgets it.
    const forgotten = name === 'Scan' && { ConsistentRead: 'Boolean' };
    const action = load(`dynalite/actions/${file}`);
    return [name, { types: { ...Object.fromEntries(known), ...forgotten }, custom, action }];
  }),
) as Readonly<Record<EngineOperation, Loaded>>;

/** DynamoDB's largest item, in bytes. */
const options = { maxItemSize: 409_600 };
/** The engine lets a batch read a megabyte and one largest item: together the 16 MB that AWS gives. */
const batchOptions = { maxItemSize: 15 * 2 ** 20 + 3 };

/** Bytes of all the items that are there. */
export const bytesOf = (items: readonly unknown[]): number =>
  items.reduce<number>((sum, item) => sum + rules.itemSize((item ?? {}) as Item), 0);

// What the engine's actions ask of its rules is answered here, where its own answer is not DynamoDB's.
const { itemSize, queryTable } = rules;

/** Counts the bytes of texts: the engine counts their characters. */
rules.itemSize = (item, ...rest) => {
  const text = JSON.stringify(item);
  const isPlain = Buffer.byteLength(text) === text.length;
  return itemSize(isPlain ? item : (JSON.parse(Buffer.from(text).toString('latin1')) as Item), ...rest);
};

rules.checkConditional = ({ _condition }, item = {}) =>
  _condition === undefined || matches(item, _condition.expression)
    ? undefined
    : new AwsError('ConditionalCheckFailedException', 'The conditional request failed');

rules.queryTable = (store, table, { _filter, _projection, Select, ...data }, ...rest) => {
  const done = rest.pop() as Callback;
  const shown = shownBy({ _filter, _projection });
  queryTable(store, table, data, ...rest, (error: unknown, page: { Items: Item[] }) => {
    if (error) return done(error);
    const Items = page.Items.flatMap((item) => shown(item) ?? []);
    done(undefined, { ...page, Count: Items.length, Items: Select === 'COUNT' ? undefined : Items });
  });
};

/** The engine tells items with one index key apart by six digits of a hash, and so loses some of many. */
rules.createIndexKey = (item, table, keys) => rules.createKey(item, table, keys) + rules.createKey(item, table);

/** What an index holds of an item, if it holds it. */
function entryOf(index: Index, table: TableSchema, item: Item | null | undefined) {
  const value = item ? rules.getIndexActions([index], undefined, item, table).puts[0]?.item : undefined;
  return value && { key: rules.createIndexKey(value, table, index.KeySchema), value };
}

rules.updateIndexes = (store, table, before, after, done) => {
  for (const index of table.GlobalSecondaryIndexes ?? []) {
    const part = store.getIndexDb('', table.TableName, index.IndexName);
    const [from, to] = [entryOf(index, table, before), entryOf(index, table, after)];
    if (from !== undefined && from.key !== to?.key) part.del(from.key, () => {});
    if (to !== undefined) part.put(to.key, to.value, () => {});
  }
  done();
};

const indexKey = (table: string, index: string, key: string) => `index/${table}/${index}/${key}`;

/** What the indexes of a table hold of an item. */
export function indexEntries(table: TableSchema, item: Item): Change[] {
  return (table.GlobalSecondaryIndexes ?? []).flatMap((index) => {
    const { key, value } = entryOf(index, table, item) ?? {};
    return key === undefined ? [] : { type: 'put', key: indexKey(table.TableName, index.IndexName, key), value };
  });
}

/** What a read shows of an item: nothing of one that its filter leaves out, else the fields that it asks for. */
const shownBy =
  ({ _filter, _projection }: Parsed) =>
  (item: Item): Item | undefined => {
    if (_filter !== undefined && !matches(item, _filter.expression)) return undefined;
    return _projection === undefined ? item : rules.mapPaths(_projection.paths, item);
  };

/** Checks a request as DynamoDB does and answers it with its expressions parsed. Throws AwsError. */
export function check(operation: EngineOperation, input: Input): Input {
  const { types, custom } = loaded[operation];
  refuseOthers(operation, input, Object.keys(types));
  try {
    const data = validations.checkTypes({ ...input }, types);
    validations.checkValidations(data, types, custom, { options });
    checkExpressions(data);
    checkSelect(data);
    if (operation === 'DeleteItem' && String(data.ReturnValues).startsWith('UPDATED'))
      throw invalid('ReturnValues can only be ALL_OLD or NONE');
    return inOrder(data);
  } catch (error) {
    throw asAwsError(error);
  }
}

/** Bytes of an expression, and operands of one IN. */
const limits = { expression: 4096, operands: 100 };

/** What DynamoDB does not take and the engine does. */
function checkExpressions(input: Parsed): void {
  const expressions = Object.entries(input).filter(([name]) => name.endsWith('Expression'));
  for (const [name, text] of expressions) {
    const size = Buffer.byteLength(String(text));
    if (size > limits.expression)
      throw invalid(`Invalid ${name}: Expression size has exceeded the maximum allowed size; expression size: ${size}`);
  }
  for (const [name, one] of Object.entries({ ConditionExpression: input._condition, FilterExpression: input._filter }))
    for (const fault of operationsIn(one?.expression).flatMap(faultsIn)) throw invalid(`Invalid ${name}: ${fault}`);
}

function faultsIn({ type, args }: Operation): string[] {
  const operands = args.length - 1;
  if (type === 'in' && operands > limits.operands)
    return [`The IN operator is provided with too many operands; number of operands: ${operands}`];
  const incorrect = 'Incorrect operand type for operator or function; operator or function';
  const unordered = ordering.includes(type) ? args.flatMap(unorderedIn) : [];
  return unordered.map((operand) => `${incorrect}: ${type.toUpperCase()}, operand type: ${operand}`);
}

function checkSelect({ Select, ProjectionExpression: projection, IndexName }: Input): void {
  const isSpecific = Select === 'SPECIFIC_ATTRIBUTES';
  if (Select !== undefined && !isSpecific && projection !== undefined)
    throw invalid(
      `Cannot specify the ProjectionExpression when choosing to get ${Select === 'COUNT' ? 'only the Count' : Select}`,
    );
  if (isSpecific && projection === undefined)
    throw invalid('Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES');
  if (Select === 'ALL_PROJECTED_ATTRIBUTES' && IndexName === undefined)
    throw invalid('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName');
}

const operationsIn = (part: Part | undefined): Operation[] =>
  part !== undefined && isOperation(part) ? [part, ...part.args.flatMap(operationsIn)] : [];

const ordering = ['<', '<=', '>', '>=', 'between'];
/** The type of a value that nothing is less than; none of a path or a function. */
const unorderedIn = (part: Part): string[] =>
  Array.isArray(part) || isOperation(part) ? [] : Object.keys(part).filter((type) => !['S', 'N', 'B'].includes(type));

/** Elements are removed from the last to the first, and after everything else: an index means the list as it was. */
function inOrder(data: Parsed): Input {
  const { _updates: updates } = data;
  if (updates === undefined) return data;
  const takesAway = ({ type }: Section) => type === 'remove' || type === 'delete';
  const last = updates.sections.filter(takesAway).sort(fromTheLast);
  const first = updates.sections.filter((section) => !takesAway(section)).map(copying);
  return { ...data, _updates: { ...updates, sections: [...first, ...last] } };
}

/** The engine would set a field to the very object that stands in another one, which the next section may change. */
function copying(section: Section): Section {
  let { val } = section;
  const set = (value: unknown) => {
    val = structuredClone(value);
  };
  return Object.defineProperty({ ...section }, 'val', { get: () => val, set });
}

function fromTheLast({ path: a }: Section, { path: b }: Section): number {
  const at = a.findIndex((step, n) => step !== b[n]);
  const [one = 0, other = 0] = [a[at], b[at]];
  return typeof one === 'number' && typeof other === 'number' ? other - one : String(one) < String(other) ? -1 : 1;
}

/** Refuses a read of an index that asks for what the index does not hold. */
export function checkProjected({ IndexName, _projection, _filter }: Parsed, table: TableSchema): void {
  const { GlobalSecondaryIndexes = [], KeySchema } = table;
  const index = GlobalSecondaryIndexes.find((one) => one.IndexName === IndexName);
  if (index === undefined || index.Projection.ProjectionType === 'ALL') return;
  const keys = [...KeySchema, ...index.KeySchema].map(({ AttributeName }) => AttributeName);
  const held = [...keys, ...(index.Projection.NonKeyAttributes ?? [])];
  const missing = (names: readonly unknown[] = []) => names.filter((name) => !held.includes(name as string)).join(', ');
  const shown = missing(_projection?.paths.map(([name]) => name));
  const asked = missing(Object.keys(_filter?.pathHeads ?? {}));
  const start = 'One or more parameter values were invalid:';
  if (shown !== '') throw invalid(`${start} Global secondary index ${IndexName} does not project [${shown}]`);
  if (asked !== '')
    throw invalid(`${start} Secondary index ${IndexName} does not project one or more filter attributes: [${asked}]`);
}

const invalid = (message: string) => new AwsError('ValidationException', message);

/** Refuses an item whose key of an index is empty, which the engine would keep. */
export function checkIndexKeys({ GlobalSecondaryIndexes = [] }: TableSchema, item: Item, isUpdate = false): void {
  for (const { IndexName, KeySchema } of GlobalSecondaryIndexes)
    for (const { AttributeName } of KeySchema) {
      const [type] = Object.entries(item[AttributeName] ?? {}).find(([, value]) => value === '') ?? [];
      const what = isUpdate
        ? 'The update expression attempted to update a secondary index key to a value that is not supported.'
        : 'A value specified for a secondary index key is not supported.';
      const must = `The AttributeValue for a key attribute cannot contain an empty ${type === 'B' ? 'binary' : 'string'} value.`;
      const where = isUpdate ? '' : ` IndexName: ${IndexName}, IndexKey: ${AttributeName}`;
      if (type !== undefined) throw invalid(`One or more parameter values are not valid. ${what} ${must}${where}`);
    }
}

/** Refuses, by name, a field that is not modelled. */
export function refuseOthers(operation: string, input: Input, known: readonly string[]): void {
  const other = Object.keys(input).find((field) => !known.includes(field));
  const units = input.ReturnConsumedCapacity ?? 'NONE';
  const refused = other ?? (units === 'NONE' ? undefined : `ReturnConsumedCapacity ${units}`);
  if (refused === undefined) return;
  throw new AwsError('ValidationException', `The local cloud does not model ${refused} of ${operation}.`);
}

/** dynalite's errors carry AWS's name and text in a body. */
function asAwsError(error: unknown): unknown {
  const { body } = error as { body?: { __type?: string; message?: string; Message?: string } };
  if (body?.__type === undefined) return error;
  const text = body.message ?? body.Message ?? '';
  // As DynamoDB says it now, whatever the key stands in.
  const now = text.replace('were invalid: The AttributeValue', 'are not valid. The AttributeValue');
  return new AwsError(body.__type.replace(/^.*#/, ''), now);
}

const itemKey = (table: string, key: string) => `item/${table}/${key}`;

/** Where an item, or the item of a key, stands in the store; undefined when it does not fit the table. */
export function keyOf(item: Item, table: TableSchema): string | undefined {
  return rules.validateItem(item, table) == null ? itemKey(table.TableName, rules.createKey(item, table)) : undefined;
}

export type Work = ReturnType<typeof workOn>;

/**
 * One operation's view of the store: reads see what is committed, writes wait in `changes`. `onRead` is told of every range of keys
 * before it is read, and what the operation shows of it.
 */
export function workOn(store: Store, tables: ReadonlyMap<string, TableSchema>, onRead: OnRead) {
  const changes: Change[] = [];
  /** Runs one checked operation. Rejects with AwsError, also when what would be kept is not what DynamoDB keeps. */
  const run = async (operation: EngineOperation, data: Input): Promise<Input> => {
    const before = changes.length;
    const output = await act(operation, data);
    for (const change of changes.slice(before)) checkKept(tables, change, operation === 'UpdateItem');
    return output;
  };
  const act = (operation: EngineOperation, data: Input) =>
    new Promise<Input>((resolve, reject) => {
      const fail = (error: unknown) => reject(asAwsError(error));
      const view = viewOf(data);
      const tell = (gte: string, lt: string) => onRead(gte, lt, view);
      const part = (prefix: string) => partOf({ store, changes, onRead: tell, fail }, prefix);
      const answer: Callback<Input> = (error, value) => (error ? fail(error) : resolve(value ?? {}));
      // The store as dynalite's actions know it.
      const facade = {
        options: operation === 'BatchGetItem' ? batchOptions : options,
        getTable: (name: string, ...rest: unknown[]) => {
          const callback = rest.at(-1) as Callback;
          if (tables.has(name)) callback(null, tables.get(name));
          else callback(new AwsError('ResourceNotFoundException', 'Requested resource not found'));
        },
        getItemDb: (table: string) => part(itemKey(table, '')),
        getIndexDb: (_: string, table: string, index: string) => part(indexKey(table, index, '')),
      };
      try {
        loaded[operation].action(facade, data, answer);
      } catch (error) {
        fail(error);
      }
    });
  return { changes, run };
}

/** Looks at what an update has come to; of other writes the request was looked at, but for the keys of indexes. */
function checkKept(tables: ReadonlyMap<string, TableSchema>, { key, ...change }: Change, isUpdate: boolean): void {
  const [part, name = ''] = key.split('/');
  const table = tables.get(name);
  if (part !== 'item' || !('value' in change) || table === undefined) return;
  const item = change.value as Item;
  checkIndexKeys(table, item, isUpdate);
  const [fault] = isUpdate ? Object.values(item).flatMap((one) => validations.validateAttributeValue(one) ?? []) : [];
  if (fault !== undefined) throw invalid(fault);
}

type OnRead = (gte: string, lt: string, view: View) => void;

/** A filter that holds the present instant shows another thing at the next one: nobody may be idle on the strength of it. */
function viewOf({ Limit, ScanIndexForward, ...parsed }: Parsed): View {
  const shown = shownBy(parsed);
  const view = (item: Item | undefined) => item && shown(item);
  // A limit counts items that are left out, too.
  const of = Limit === undefined ? view : (item: Item | undefined) => item;
  return { asked: [Limit, ScanIndexForward, parsed._filter, parsed._projection], of: of as View['of'] };
}

/** How dynalite's checks leave expressions. */
type Parsed = Input & {
  readonly _condition?: { readonly expression: Operation };
  readonly _filter?: { readonly expression: Operation; readonly pathHeads?: object } | undefined;
  readonly _projection?: { readonly paths: readonly (readonly unknown[])[] } | undefined;
  readonly _updates?: { readonly sections: readonly Section[] };
};

interface Section {
  readonly type: string;
  readonly path: readonly (string | number)[];
  readonly val?: unknown;
}

interface Ground {
  readonly store: Store;
  readonly changes: Change[];
  readonly onRead: (gte: string, lt: string) => void;
  readonly fail: (error: unknown) => void;
}

function partOf({ store, changes, onRead, fail }: Ground, prefix: string) {
  const change = (one: Change, callback: Callback) => {
    changes.push(one);
    callback(null);
  };
  return {
    get: (key: string, callback: Callback<Item>) => {
      onRead(prefix + key, `${prefix}${key}\u0000`);
      void store
        .get<Item>(prefix + key)
        .then((item) => callback(null, item))
        .catch(fail);
    },
    put: (key: string, value: Item, callback: Callback) => change({ type: 'put', key: prefix + key, value }, callback),
    del: (key: string, callback: Callback) => change({ type: 'del', key: prefix + key }, callback),
    // The turns of the keys are taken before the engine runs.
    lock: (_: string, work: (release: <T>(callback: T) => T) => void) => work((callback) => callback),
    createValueStream: (asked: Range) => {
      const range = rangeOf(prefix, asked);
      onRead(range.gte, range.lt);
      return Readable.from(valuesIn(store, range));
    },
  };
}

type Range = Readonly<Partial<Record<'gt' | 'gte' | 'lt' | 'lte', string>>> & { reverse?: boolean; limit?: number };

function rangeOf(prefix: string, { gt, gte = '', lt, lte, reverse, limit }: Range) {
  const after = (text: string) => `${prefix}${text}\u0000`;
  // 0 comes right after the slash at the prefix's end.
  const end = lt === undefined ? `${prefix.slice(0, -1)}0` : prefix + lt;
  const from = gt === undefined ? prefix + gte : after(gt);
  return { gte: from, lt: lte === undefined ? end : after(lte), reverse, limit };
}

async function* valuesIn(store: Store, range: ReturnType<typeof rangeOf>) {
  for await (const [, item] of store.entries<Item>(range)) yield item;
}
