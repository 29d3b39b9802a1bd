import type { Input, Item } from './dynamodb-engine.ts';
import { type Table, tableArn } from './dynamodb-tables.ts';
import { AwsError, type Permission } from './service.ts';

type Tables = ReadonlyMap<string, Table>;
type Needs = (input: Input, tables: Tables, operation: string) => readonly Permission[];

/** Which permissions an operation needs. */
export function permissionsOf(operation: string, input: Input, tables: Tables): readonly Permission[] {
  return (needs[operation] ?? onTable)(input, tables, operation);
}

const needs: Readonly<Record<string, Needs>> = {
  GetItem: ({ TableName, Key }, tables, name) => [onItem(name, TableName, Key, tables)],
  DeleteItem: ({ TableName, Key }, tables, name) => [onItem(name, TableName, Key, tables)],
  UpdateItem: ({ TableName, Key }, tables, name) => [onItem(name, TableName, Key, tables)],
  PutItem: ({ TableName, Item }, tables, name) => [onItem(name, TableName, Item, tables)],
  Query: onTableOrIndex,
  Scan: onTableOrIndex,
  BatchGetItem: ({ RequestItems }, tables, name) =>
    Object.entries((RequestItems ?? {}) as Record<string, { Keys?: unknown[] }>).map(([table, { Keys = [] }]) =>
      onItems(name, table, Keys, tables),
    ),
  BatchWriteItem: ({ RequestItems }, tables, name) =>
    Object.entries((RequestItems ?? {}) as Record<string, BatchWrite[]>).map(([table, writes]) =>
      onItems(
        name,
        table,
        writes.map(({ PutRequest, DeleteRequest }) => PutRequest?.Item ?? DeleteRequest?.Key),
        tables,
      ),
    ),
  TransactGetItems: (input, tables, name) => enclosed(input, tables, name),
  TransactWriteItems: (input, tables, name) => enclosed(input, tables, name),
  ListTables: () => [{ action: 'dynamodb:ListTables', resource: '*' }],
};

interface BatchWrite {
  readonly PutRequest?: { readonly Item: unknown };
  readonly DeleteRequest?: { readonly Key: unknown };
}

/** A transaction needs, per item, what the single operation needs; there is no permission of its own. */
const enclosedActions: Readonly<Record<string, string>> = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
};

function enclosed({ TransactItems }: Input, tables: Tables, name: string): Permission[] {
  const items = Array.isArray(TransactItems) ? (TransactItems as Record<string, Input>[]) : [];
  return items
    .flatMap((item) => Object.entries(item))
    .map(([kind, { TableName, Key, Item }]) => {
      const action = enclosedActions[kind];
      if (action === undefined)
        throw new AwsError('ValidationException', `The local cloud does not model ${kind} of ${name}.`);
      const permission = onItem(action, TableName, Key ?? Item, tables);
      return { ...permission, context: { ...permission.context, 'dynamodb:EnclosingOperation': name } };
    });
}

function onTable({ TableName }: Input, _: Tables, operation: string): Permission[] {
  return [{ action: `dynamodb:${operation}`, resource: tableArn(String(TableName)) }];
}

const onItem = (operation: string, table: unknown, item: unknown, tables: Tables) =>
  onItems(operation, String(table), [item], tables);

function onItems(operation: string, table: string, items: readonly unknown[], tables: Tables): Permission {
  const name = tables.get(table)?.KeySchema[0]?.AttributeName ?? '';
  const leading = items.flatMap((item) => textOf((item as Item | undefined)?.[name]));
  return {
    action: `dynamodb:${operation}`,
    resource: tableArn(table),
    ...(leading.length > 0 && { context: { 'dynamodb:LeadingKeys': [...new Set(leading)] } }),
  };
}

const textOf = (value: Readonly<Record<string, unknown>> | undefined): string[] =>
  value === undefined ? [] : Object.values(value).map(String).slice(0, 1);

function onTableOrIndex(input: Input, tables: Tables, operation: string): Permission[] {
  const { TableName, IndexName, Select } = input;
  const table = tables.get(String(TableName));
  const index = table?.GlobalSecondaryIndexes?.find((one) => one.IndexName === IndexName);
  const partition = (index ?? table)?.KeySchema[0]?.AttributeName;
  const leading = partition === undefined ? [] : askedPartition(input, partition);
  const context = {
    ...(leading.length > 0 && { 'dynamodb:LeadingKeys': leading }),
    ...(typeof Select === 'string' && { 'dynamodb:Select': Select }),
  };
  const resource = tableArn(String(TableName)) + (IndexName === undefined ? '' : `/index/${IndexName}`);
  return [{ action: `dynamodb:${operation}`, resource, context }];
}

/** The partition key that a key condition such as `#pk = :pk AND ...` asks for. */
function askedPartition(input: Input, partition: string): string[] {
  const { KeyConditionExpression, ExpressionAttributeNames: names, ExpressionAttributeValues: values } = input;
  const equalities = String(KeyConditionExpression ?? '').matchAll(/([#\w.-]+)\s*=\s*(:\w+)/g);
  const found = [...equalities].find(
    ([, name = '']) => ((names as Record<string, string> | undefined)?.[name] ?? name) === partition,
  );
  return textOf((values as Item | undefined)?.[found?.[2] ?? '']);
}
