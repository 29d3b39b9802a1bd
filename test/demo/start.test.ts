import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectors } from '../../connectors/index.ts';
import { peopleToTry } from '../../demo/people.ts';
import { type Attachment, holdings, seed } from '../../demo/seed.ts';
import type { Connector, Found } from '../../domain/connector.ts';
import type { System } from '../../domain/data-map.ts';
import { type LocalAws, startLocalAws } from '../connectors/local-aws.ts';
import { systemNamed } from './organisation.ts';

const state = mkdtempSync(join(tmpdir(), 'demo-start-'));
let aws: LocalAws;

interface Ready {
  readonly ready: true;
  readonly seconds: number;
}

const start = async (endpoint: string): Promise<{ process: ChildProcess; ready: Ready | undefined }> => {
  const child = spawn(process.execPath, ['demo/start.ts', '--state', state, '--aws', endpoint], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) return { process: child, ready: JSON.parse(line) };
  return { process: child, ready: undefined };
};

const stop = async (child: ChildProcess): Promise<number | null> => {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const [code] = await ended;
  return code;
};

const secretOf = async (name: string): Promise<Record<string, string>> => {
  const client = new SecretsManagerClient({});
  const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
  client.destroy();
  return Object.fromEntries(
    Object.entries(JSON.parse(SecretString ?? '{}')).map(([field, value]) => [field, `${value}`]),
  );
};

const connect = async (system: System): Promise<Connector> => {
  const { type, secret } = system.connector;
  if (type === 'manual') throw new Error('a person is asked');
  const factory = await connectors[type]();
  return factory({ system, secret: secret ? await secretOf(secret) : {}, allowLoopback: true });
};

/** All that a system's connector finds in one of its collections. */
const found = async (system: string, name: string, field: string, values: readonly string[]): Promise<Found[]> => {
  const described = systemNamed(system);
  const collection = described.collections[name];
  if (!collection) throw new Error(`${system} has no ${name}`);
  const connector = await connect(described);
  const all: Found[] = [];
  for await (const page of connector.find({ name, collection, field, values })) all.push(...page.found);
  await connector.close?.();
  return all;
};

const rows = async (...ask: Parameters<typeof found>) => (await found(...ask)).map(({ row }) => row);

const withBytes = async ({ row, documents = [] }: Found): Promise<Readonly<Record<string, unknown>>> => {
  const chunks: Uint8Array[] = [];
  for (const document of documents) for await (const chunk of document.open()) chunks.push(chunk);
  const { lastModified, size, ...rest } = row;
  return { ...rest, body: Buffer.concat(chunks).toString('base64') };
};

const expectedFile = ({ body, ...rest }: Attachment): Readonly<Record<string, unknown>> => ({
  ...rest,
  body: Buffer.from(body).toString('base64'),
});

const byKey = (a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>) =>
  String(a.key).localeCompare(String(b.key));

beforeAll(async () => {
  aws = await startLocalAws();
  vi.stubEnv('AWS_ENDPOINT_URL', aws.endpoint);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
}, 60_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.close();
  rmSync(state, { recursive: true });
});

describe('the demo organisation', () => {
  test('starts its systems, which hold exactly the seed, and starts again in a fraction of the time', async () => {
    const first = await start(aws.endpoint);
    expect(first.ready).toMatchObject({ ready: true, customers: seed().customers.length });
    const { failing: _, ...others } = peopleToTry;
    const sample = [...Object.values(others), 'jens.hansen1@postkasse.example', 'nobody@postkasse.example'];
    for (const email of sample) {
      const held = holdings(email);
      const customers = await rows('crm', 'customers', 'email', [email]);
      expect(customers).toEqual(held.customers);
      const ids = customers.map(({ id }) => `${id}`);
      const letters = await rows('newsletter', 'subscriptions', 'email', [email]);
      const linked = letters.flatMap(({ contact }) => (contact === undefined ? [] : [`${contact}`]));
      const persons = await rows('sales', 'subscribers', 'personId', linked);
      expect(persons).toEqual(held.contacts);
      const inShop = [...ids, ...persons.map(({ customerNumber }) => `${customerNumber}`)];
      const orders = await rows('webshop', 'orders', 'customerId', inShop);
      expect(orders).toEqual(held.orders);
      const orderIds = orders.map(({ orderId }) => `${orderId}`);
      expect(await rows('webshop', 'shipments', 'orderId', orderIds)).toEqual(held.shipments);
      const files = await Promise.all((await found('support', 'attachments', 'customerId', ids)).map(withBytes));
      expect(files.toSorted(byKey)).toEqual(held.attachments.map(expectedFile).toSorted(byKey));
      expect(letters).toEqual(held.subscriptions);
    }
    expect(await stop(first.process)).toBe(0);

    const second = await start(aws.endpoint);
    // On an idle machine 8 and 2 seconds; under load both grow.
    expect(second.ready?.seconds).toBeLessThan(Number(first.ready?.seconds) * 0.7);
    const { everywhere } = peopleToTry;
    expect(await rows('crm', 'customers', 'email', [everywhere])).toEqual(holdings(everywhere).customers);
    expect(await stop(second.process)).toBe(0);
  }, 120_000);

  test('ends with an error when there is no AWS to fill', async () => {
    const failed = await start('http://127.0.0.1:1');
    expect(failed.ready).toBeUndefined();
    const code = failed.process.exitCode ?? (await once(failed.process, 'exit'))[0];
    expect(code).toBe(1);
  }, 30_000);
});
