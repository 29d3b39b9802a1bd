import {
  BatchWriteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import { type Attachment, type Seed, seedVersion } from './seed.ts';
import { demoBuckets, demoTables } from './tables.ts';

const [orders, shipments] = demoTables;

// No order has this number; it says that everything below was written, and from which seed.
const marker = { orderId: { S: '#seed' } };

const batches = <T>(items: readonly T[], size: number): T[][] =>
  items.flatMap((_, index) => (index % size === 0 ? [items.slice(index, index + size)] : []));

const inParallel = async <T>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> => {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: count }, worker));
};

const fillTable = (client: DynamoDBClient, table: string, items: readonly object[]): Promise<void> =>
  inParallel(batches(items, 25), 8, async (batch) => {
    let left: WriteRequest[] = batch.map((item) => ({ PutRequest: { Item: marshall(item) } }));
    while (left.length > 0) {
      const answer = await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
      left = answer.UnprocessedItems?.[table] ?? [];
    }
  });

const fillBucket = (client: S3Client, attachments: readonly Attachment[]): Promise<void> =>
  inParallel(attachments, 16, ({ key, contentType, body }) =>
    client.send(new PutObjectCommand({ Bucket: demoBuckets[0], Key: key, Body: body, ContentType: contentType })),
  );

const isFilled = async (client: DynamoDBClient): Promise<boolean> => {
  const { Item } = await client.send(new GetItemCommand({ TableName: orders.name, Key: marker, ConsistentRead: true }));
  return Item?.version?.S === seedVersion;
};

/** Fills the shop's tables and support's bucket, unless that was done before with the same seed. Answers whether it wrote. */
export const fillShopAndSupport = async (config: DynamoDBClientConfig, seed: Seed): Promise<boolean> => {
  const database = new DynamoDBClient(config);
  if (await isFilled(database)) return false;
  const { region, endpoint, credentials } = config;
  const files = new S3Client({ region, endpoint: endpoint as string, credentials, forcePathStyle: true });
  await Promise.all([
    fillTable(database, orders.name, seed.orders),
    fillTable(database, shipments.name, seed.shipments),
    fillBucket(files, seed.attachments),
  ]);
  await database.send(new PutItemCommand({ TableName: orders.name, Item: { ...marker, version: { S: seedVersion } } }));
  return true;
};
