import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { Conflict } from '../../domain/errors.ts';
import { partitionKey } from './keys.ts';

export type Item = Record<string, unknown>;
export type Key = Readonly<Record<string, string>>;

const pack = (item: object) => marshall(item, { removeUndefinedValues: true });
/** DynamoDB refuses an empty list of values. */
const valuesOf = (values: object) =>
  Object.keys(values).length > 0 ? { ExpressionAttributeValues: pack(values) } : {};

/** What Lambda's environment settles anyway: said here, the client looks for no profile and no file at every cold start. */
const settled: DynamoDBClientConfig = {
  region: process.env.AWS_REGION ?? '',
  defaultsMode: 'standard',
  retryMode: 'standard',
  maxAttempts: 4,
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  accountIdEndpointMode: 'disabled',
  ...(process.env.AWS_ENDPOINT_URL ? { endpoint: process.env.AWS_ENDPOINT_URL } : {}),
};

/** A table as this project uses it: plain objects in and out, consistent reads unless an index is named. */
export const tableNamed = (name: string, db: DynamoDBClient = new DynamoDBClient(settled)) => ({
  async get(key: Key): Promise<Item | undefined> {
    const { Item } = await db.send(new GetItemCommand({ TableName: name, Key: pack(key), ConsistentRead: true }));
    return Item && unmarshall(Item);
  },

  async *query(
    ask: Omit<QueryCommandInput, 'TableName' | 'ExpressionAttributeValues'> & { values: object },
  ): AsyncIterable<Item> {
    const { values, ...rest } = ask;
    const input = { ...rest, TableName: name, ExpressionAttributeValues: pack(values) };
    let next: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page = await db.send(
        new QueryCommand({ ConsistentRead: !rest.IndexName, ...input, ExclusiveStartKey: next }),
      );
      for (const item of page.Items ?? []) yield unmarshall(item);
      next = rest.Limit ? undefined : page.LastEvaluatedKey;
    } while (next);
  },

  /** Everything that a filter lets through; reads the whole table. */
  async *scan(
    ask: Omit<ScanCommandInput, 'TableName' | 'ExpressionAttributeValues'> & { values: object },
  ): AsyncIterable<Item> {
    const { values, ...rest } = ask;
    const input = { ...rest, TableName: name, ExpressionAttributeValues: pack(values) };
    let next: ScanCommandInput['ExclusiveStartKey'];
    do {
      const page = await db.send(new ScanCommand({ ...input, ExclusiveStartKey: next }));
      for (const item of page.Items ?? []) yield unmarshall(item);
      next = page.LastEvaluatedKey;
    } while (next);
  },

  put: (item: object, condition?: string) =>
    db.send(new PutItemCommand({ TableName: name, Item: pack(item), ConditionExpression: condition })),

  /** Writes an item unless there is one; answers whether it did. */
  async add(item: object): Promise<boolean> {
    const ConditionExpression = `attribute_not_exists(${partitionKey})`;
    try {
      await db.send(new PutItemCommand({ TableName: name, Item: pack(item), ConditionExpression }));
      return true;
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  },

  /** Answers the item as it is after the write, or undefined when the condition refused it. */
  async update(
    key: Key,
    expression: string,
    values: object,
    more: Pick<UpdateItemCommandInput, 'ConditionExpression' | 'ExpressionAttributeNames'> = {},
  ): Promise<Item | undefined> {
    const input = { TableName: name, Key: pack(key), UpdateExpression: expression, ...more };
    try {
      const { Attributes } = await db.send(
        new UpdateItemCommand({ ...input, ...valuesOf(values), ReturnValues: 'ALL_NEW' }),
      );
      return Attributes && unmarshall(Attributes);
    } catch (error) {
      if ((error as Error).name === 'ConditionalCheckFailedException') return undefined;
      throw error;
    }
  },

  /** All or nothing; a refused condition is a Conflict. */
  async transact(writes: readonly Write[]): Promise<void> {
    try {
      await db.send(new TransactWriteItemsCommand({ TransactItems: writes.map((write) => itemOf(name, write)) }));
    } catch (error) {
      if (error instanceof TransactionCanceledException) throw new Conflict('somebody else wrote first');
      throw error;
    }
  },
});
export type Table = ReturnType<typeof tableNamed>;

/** One write of a transaction. */
export type Write =
  | {
      readonly put: object;
      readonly condition?: string;
      readonly values?: object;
      readonly names?: Record<string, string>;
    }
  | {
      readonly update: Key;
      readonly expression: string;
      readonly values: object;
      readonly condition?: string;
      readonly names?: Record<string, string>;
    };

const itemOf = (TableName: string, write: Write): TransactWriteItem => {
  const shared = {
    TableName,
    ConditionExpression: write.condition,
    ExpressionAttributeNames: write.names,
    ...(write.values ? { ExpressionAttributeValues: pack(write.values) } : {}),
  };
  return 'put' in write
    ? { Put: { ...shared, Item: pack(write.put) } }
    : { Update: { ...shared, Key: pack(write.update), UpdateExpression: write.expression } };
};
