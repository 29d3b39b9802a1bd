import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  DeleteItemCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Item } from './faults.ts';
import type { World } from './world.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface Outputs {
  readonly RequestsTable: string;
  readonly EvidenceBucket: string;
  readonly AuditBucket: string;
  readonly AuditKey: string;
  readonly MailEventTopic: string;
}

export const outputsOf = ({ state }: Pick<World, 'state'>): Outputs => {
  const { stacks } = JSON.parse(readFileSync(join(state, 'outputs.json'), 'utf8')) as {
    stacks: { PrivacyDemo: Outputs };
  };
  return stacks.PrivacyDemo;
};

export const clientsOf = ({ aws }: Pick<World, 'aws'>) => {
  const settings = { endpoint: aws, region: 'eu-west-1', credentials };
  return { db: new DynamoDBClient(settings), s3: new S3Client({ ...settings, forcePathStyle: true }) };
};

interface Held {
  readonly place: string;
  readonly text: string;
}

/** Every object of the bucket; Evidence keeps no versions. */
export const objectsIn = async (world: World, Bucket: string): Promise<Held[]> => {
  const { s3 } = clientsOf(world);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const held: Held[] = [];
  for (const { Key = '' } of Contents) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    held.push({ place: `${Bucket}/${Key}`, text: (await Body?.transformToString('latin1')) ?? '' });
  }
  s3.destroy();
  return held;
};

const itemsOfAll = async (world: World): Promise<Held[]> => {
  const { db } = clientsOf(world);
  const { TableNames = [] } = await db.send(new ListTablesCommand({}));
  const held: Held[] = [];
  for (const TableName of TableNames.filter((name) => name.startsWith('PrivacyDemo'))) {
    const { Items = [] } = await db.send(new ScanCommand({ TableName }));
    for (const item of Items)
      held.push({ place: `${TableName} ${item.pk?.S} ${item.sk?.S}`, text: JSON.stringify(item) });
  }
  db.destroy();
  return held;
};

const logsOf = ({ state }: World): Held[] =>
  readdirSync(join(state, 'logs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.log'))
    .map((file) => ({ place: file, text: readFileSync(join(state, 'logs', file), 'utf8') }));

/** All that the service keeps anywhere: every table, every object, every log, every execution's history. */
export const everythingOf = async (world: World): Promise<Held[]> => {
  const { EvidenceBucket, AuditBucket } = outputsOf(world);
  const executions = await world.executions();
  const histories = executions.map(async ({ name }) => ({
    place: `execution ${name}`,
    text: JSON.stringify(await world.history(name)),
  }));
  return [
    ...(await itemsOfAll(world)),
    ...(await objectsIn(world, EvidenceBucket)),
    ...(await objectsIn(world, AuditBucket)),
    ...logsOf(world),
    ...(await Promise.all(histories)),
  ];
};

/** Puts a request's items back as they were, as a table restored to that moment would show them. */
export const restore = async (world: World, now: readonly Item[], before: readonly Item[]): Promise<void> => {
  const { db } = clientsOf(world);
  const TableName = outputsOf(world).RequestsTable;
  const kept = new Set(before.map(({ sk }) => sk));
  for (const { pk, sk } of now.filter((item) => !kept.has(item.sk)))
    await db.send(new DeleteItemCommand({ TableName, Key: marshall({ pk, sk }) }));
  for (const item of before) await db.send(new PutItemCommand({ TableName, Item: marshall(item) }));
  db.destroy();
};

const privacy = resolve(import.meta.dirname, '../../cli/privacy.ts');

/** The command line in a folder whose local cloud is this world, which runs in this very process: so it must not be waited for idly. */
export const runCli = (world: World, ...args: string[]) => {
  const cwd = mkdtempSync(join(tmpdir(), 'privacy-cli-'));
  symlinkSync(world.state, join(cwd, '.local'));
  return new Promise<{ status: number; stdout: string; stderr: string }>((done) => {
    const child = execFile(process.execPath, [privacy, ...args], { cwd }, (_, stdout, stderr) => {
      rmSync(cwd, { recursive: true });
      done({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
};
