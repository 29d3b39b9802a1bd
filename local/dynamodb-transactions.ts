import { createHash } from 'node:crypto';
import {
  asAwsError,
  check,
  type EngineOperation,
  type Input,
  type Item,
  itemKey,
  rules,
  type Work,
} from './dynamodb-engine.ts';
import type { Table } from './dynamodb-tables.ts';
import { AwsError, type Store } from './service.ts';

/** One write of a transaction, checked. */
export interface Planned {
  readonly kind: Kind;
  readonly operation: EngineOperation;
  readonly table: Table;
  readonly data: Input;
  /** Where the item stands in the store; undefined when its key is not valid. */
  readonly key: string | undefined;
  readonly returnsOld: boolean;
}

type Kind = 'Put' | 'Update' | 'Delete' | 'ConditionCheck';

/** What each kind must say, and the single operation whose rules it follows. */
const kinds: Readonly<Record<Kind, { readonly operation: EngineOperation; readonly must: readonly string[] }>> = {
  Put: { operation: 'PutItem', must: ['Item'] },
  Update: { operation: 'UpdateItem', must: ['Key', 'UpdateExpression'] },
  Delete: { operation: 'DeleteItem', must: ['Key'] },
  ConditionCheck: { operation: 'DeleteItem', must: ['Key', 'ConditionExpression'] },
};

/** DynamoDB's longest transaction. */
const longest = 100;
/** DynamoDB remembers a request token for ten minutes, in milliseconds. */
const remembered = 600_000;

/** The writes of a transaction, in order. Throws AwsError on what DynamoDB refuses before it looks at any item. */
export function plan(input: Input, tableOf: (name: unknown) => Table): readonly Planned[] {
  const planned = itemsOf(input.TransactItems).map((item, n) => planOne(item, n + 1, tableOf));
  const keys = planned.flatMap(({ key }) => key ?? []);
  if (new Set(keys).size < keys.length)
    throw invalid('Transaction request cannot include multiple operations on one item');
  return planned;
}

/** The `TransactItems` of a request. Throws when there are none or too many. */
export function itemsOf(items: unknown): Record<string, Input>[] {
  const count = Array.isArray(items) ? items.length : 0;
  const bound = count === 0 ? 'greater than or equal to 1' : `less than or equal to ${longest}`;
  if (count === 0 || count > longest)
    throw invalid(
      `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have length ${bound}`,
    );
  return items as Record<string, Input>[];
}

function planOne(item: Record<string, Input>, n: number, tableOf: (name: unknown) => Table): Planned {
  const [[kind, input] = ['', {}], ...more] = Object.entries(item);
  if (!isKind(kind) || more.length > 0)
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  const { ReturnValuesOnConditionCheckFailure: returns, ...rest } = input;
  const { operation, must } = kinds[kind];
  const missing = must.find((field) => rest[field] === undefined);
  if (missing !== undefined) throw missingMember(n, kind, missing);
  const table = tableOf(rest.TableName);
  const data = check(operation, rest);
  return { kind, operation, table, data, key: keyOf(operation, data, table), returnsOld: returns === 'ALL_OLD' };
}

const isKind = (kind: string): kind is Kind => Object.hasOwn(kinds, kind);

function missingMember(n: number, kind: string, field: string): AwsError {
  const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
  const place = `transactItems.${n}.member.${lower(kind)}.${lower(field)}`;
  return invalid(
    `1 validation error detected: Value null at '${place}' failed to satisfy constraint: Member must not be null`,
  );
}

/** Where the item of a checked request stands in the store; undefined when its key does not fit the table. */
export function keyOf(operation: EngineOperation, data: Input, table: Table): string | undefined {
  const item = (operation === 'PutItem' ? data.Item : data.Key) as Item;
  const error = operation === 'PutItem' ? rules.validateItem(item, table) : rules.validateKey(item, table);
  return error == null ? itemKey(table.TableName, rules.createKey(item, table)) : undefined;
}

interface Reason {
  readonly Code: string;
  readonly Message?: string;
  readonly Item?: Item;
}

/** Puts every write into the work, or throws TransactionCanceledException with a reason per item. */
export async function carryOut(planned: readonly Planned[], work: Work): Promise<Input[]> {
  const reasons: Reason[] = [];
  const results: Input[] = [];
  for (const one of planned) {
    const outcome = await attempt(one, work);
    reasons.push('Code' in outcome ? (outcome as unknown as Reason) : { Code: 'None' });
    results.push(outcome);
  }
  if (reasons.every(({ Code }) => Code === 'None')) return results;
  const codes = reasons.map(({ Code }) => Code).join(', ');
  throw new AwsError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    400,
    { CancellationReasons: reasons },
  );
}

async function attempt(planned: Planned, work: Work): Promise<Input> {
  try {
    return planned.kind === 'ConditionCheck'
      ? await checkOnly(planned, work)
      : await work.run(planned.operation, planned.data);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { ...(await reasonOf(error, planned, work)) };
  }
}

async function checkOnly({ data, table, key }: Planned, work: Work): Promise<Input> {
  const error =
    key === undefined ? rules.validateKey(data.Key as Item, table) : rules.checkConditional(data, await work.get(key));
  if (error != null) throw asAwsError(error);
  return {};
}

async function reasonOf(error: AwsError, { key, returnsOld }: Planned, work: Work): Promise<Reason> {
  if (error.code === 'ValidationException') return { Code: 'ValidationError', Message: error.message };
  if (error.code !== 'ConditionalCheckFailedException') throw error;
  const item = returnsOld && key !== undefined ? await work.get(key) : undefined;
  return { Code: 'ConditionalCheckFailed', Message: error.message, ...(item && { Item: item }) };
}

// The request token.

interface Token {
  readonly at: number;
  readonly hash: string;
}

const tokenKey = (token: string) => `token/${token}`;

/** Whether this very request was carried out in the last ten minutes. Throws when its token was used for another one. */
export async function isRepeated(store: Store, input: Input, now: Date): Promise<boolean> {
  const { ClientRequestToken: token } = input;
  if (typeof token !== 'string') return false;
  const kept = await store.get<Token>(tokenKey(token));
  if (kept === undefined || now.getTime() - kept.at > remembered) return false;
  if (kept.hash === hashOf(input)) return true;
  throw new AwsError(
    'IdempotentParameterMismatchException',
    'The request uses the same client token as a previous, but non-identical request.',
  );
}

/** Remembers the request in the same commit as its writes. */
export function remember(work: Work, input: Input, now: Date): void {
  const { ClientRequestToken: token } = input;
  if (typeof token === 'string') work.put(tokenKey(token), { at: now.getTime(), hash: hashOf(input) } satisfies Token);
}

/** Forgets tokens that are too old to count. */
export async function forgetTokens(store: Store, now: Date): Promise<void> {
  const old: string[] = [];
  for await (const [key, { at }] of store.entries<Token>({ gte: tokenKey(''), lt: 'token0' }))
    if (now.getTime() - at > remembered) old.push(key);
  await store.batch(old.map((key) => ({ type: 'del', key })));
}

const hashOf = ({ TransactItems }: Input) => createHash('sha256').update(JSON.stringify(TransactItems)).digest('hex');

const invalid = (message: string) => new AwsError('ValidationException', message);
