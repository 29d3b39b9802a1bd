import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoBuckets, demoSecrets, demoTables } from '../../demo/tables.ts';
import { openDynamoDb, type Table } from '../../local/dynamodb.ts';
import { openFaults } from '../../local/faults.ts';
import { openGateway } from '../../local/gateway.ts';
import { openS3 } from '../../local/s3.ts';
import { openSecretsManager } from '../../local/secrets-manager.ts';
import { memoryStore, stillClock } from '../local/small-gateway.ts';

/** The local cloud's DynamoDB, S3 and Secrets Manager, for whoever asks. */
export interface LocalAws {
  readonly endpoint: string;
  close(): Promise<void>;
}

type Keys = { readonly partitionKey: string; readonly sortKey?: string };

const keySchema = ({ partitionKey, sortKey }: Keys) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  ...(sortKey ? [{ AttributeName: sortKey, KeyType: 'RANGE' as const }] : []),
];

// A table as infrastructure would make it: every key is a text, every index holds all fields.
const tableOf = ({
  name,
  indexes,
  ...keys
}: Keys & { name: string; indexes: readonly (Keys & { name: string })[] }): Table => ({
  TableName: name,
  KeySchema: keySchema(keys),
  AttributeDefinitions: [
    ...new Set([keys, ...indexes].flatMap(keySchema).map(({ AttributeName }) => AttributeName)),
  ].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
  ...(indexes.length > 0 && {
    GlobalSecondaryIndexes: indexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index),
      Projection: { ProjectionType: 'ALL' as const },
    })),
  }),
});

/** Opens the services with the demo's tables (or others), bucket and secrets on a free port and in a folder of their own. */
export const startLocalAws = async (tables: readonly Table[] = demoTables.map(tableOf)): Promise<LocalAws> => {
  const dir = mkdtempSync(join(tmpdir(), 'local-aws-'));
  const clock = stillClock(new Date().toISOString());
  const services = await Promise.all([
    openDynamoDb({ dir: join(dir, 'dynamodb'), clock, tables }),
    openS3({ dir: join(dir, 's3'), clock, buckets: demoBuckets.map((name) => ({ name, versioned: false })) }),
    openSecretsManager({ store: memoryStore(), clock, secrets: demoSecrets.map((name) => ({ name })) }),
  ]);
  const gateway = await openGateway({
    port: 0,
    clock,
    services,
    faults: openFaults(),
    authenticate: () => ({ accessKeyId: 'local' }),
    authorise: () => undefined,
  });
  const close = async () => {
    await gateway.close();
    for (const service of services) await service.close?.();
    rmSync(dir, { recursive: true });
  };
  return { endpoint: `http://127.0.0.1:${gateway.port}`, close };
};
