import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalAws, startLocalAws } from '../connectors/local-aws.ts';
import { startVendor, vendors } from '../connectors/vendors.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'privacy-connector-'));
let aws: LocalAws;
let vendor: Awaited<ReturnType<typeof startVendor>>;

const map = (options: string) =>
  readFileSync(join(root, 'systems/orders.yaml'), 'utf8')
    .replace('connector: { type: dynamodb }', `connector: { type: rest, secret: demo/newsletter, options: ${options} }`)
    .replace('order:', 'customer:')
    .replace('at: orders', 'at: customer')
    .replace('[customerId, orderId]', '[orderId]')
    .replace(
      'references:\n          - { field: customerId, from: customers.person.id }',
      'identity: { email: customerId }',
    )
    .concat(
      '      invoice:\n        title: { da: Fakturaer, en: Invoices }\n        primaryKey: [id]\n        references:\n' +
        '          - { field: customer, from: orders.customer.orderId }\n        fields:\n' +
        '          id: { label: { da: Nummer, en: Number } }\n          customer: { label: { da: Kunde, en: Customer } }\n',
    );

const environment = () => ({
  ...process.env,
  AWS_ENDPOINT_URL: aws.endpoint,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  ALLOW_LOOPBACK: 'true',
});

const privacy = (...args: readonly string[]) =>
  new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    const all = [join(root, 'cli/privacy.ts'), 'connector', 'test', ...args, '--map', folder];
    execFile(process.execPath, all, { env: environment() }, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

const putText = async (SecretString: string): Promise<void> => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SecretsManagerClient({ endpoint: aws.endpoint, region: 'eu-west-1', credentials });
  await client.send(new PutSecretValueCommand({ SecretId: 'demo/newsletter', SecretString }));
  client.destroy();
};
const putSecret = (value: object): Promise<void> => putText(JSON.stringify(value));

beforeAll(async () => {
  aws = await startLocalAws();
  vendor = await startVendor(vendors.stripe);
  await putSecret({ baseUrl: vendor.base, token: 'rk-1' });
  const options = '{ preset: stripe, requestsPerSecond: 1000 }';
  const text = map(options).replace(
    'fields:\n          customerId',
    'options: { fields: { customerId: email, orderId: id } }\n        fields:\n          customerId',
  );
  writeFileSync(join(folder, 'orders.yaml'), text);
});
afterAll(async () => {
  vendor.close();
  await aws.close();
  rmSync(folder, { recursive: true });
});

const email = 'jens.hansen1@nordlys.example';

test('prints how many rows of an address each collection holds, and nothing of what they hold', async () => {
  const { status, stdout, stderr } = await privacy('orders', '--email', email, '--json');
  expect(stderr).toBe('found by reference, so not asked here: invoice\n');
  expect(JSON.parse(stdout)).toEqual({
    system: 'orders',
    answers: true,
    collections: [
      { collection: 'customer', state: 'OK', rows: 2, possibleMatches: 0, pages: 1, seconds: expect.any(Number) },
    ],
    others: ['invoice'],
  });
  expect(status).toBe(0);
  expect(`${stdout}${stderr}`).not.toMatch(/jens|@/);
});

test('says when nobody is found, in words and exit 0', async () => {
  const { status, stdout } = await privacy('orders', '--email', 'nobody@nordlys.example');
  expect(stdout).toMatch(/^customer {2}EMPTY {2}0 rows/);
  expect(status).toBe(0);
});

test('exits with 1 when the source refuses to answer, and repeats no secret', async () => {
  await putSecret({ baseUrl: vendor.base, token: 'rk-other' });
  const { status, stdout, stderr } = await privacy('orders', '--email', email);
  expect(stdout).toMatch(/^customer {2}SourceUnavailable/);
  expect(stderr).toContain('check: customer: answered 401');
  expect(`${stdout}${stderr}`).not.toMatch(/jens|rk-other/);
  expect(status).toBe(1);
});

test('a secret that is no JSON is said to be none, and nothing of it is repeated', async () => {
  await putText('hunter2 is no JSON');
  const { status, stdout, stderr } = await privacy('orders', '--email', email);
  expect([status, stdout, stderr]).toEqual([1, '', 'privacy: the secret is no JSON object of names and texts\n']);
});

test('wrong calls exit with 2 and say what there is', async () => {
  const unknown = await privacy('order', '--email', email);
  expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('orders')]);
  const address = await privacy('orders', '--email', 'jens hansen');
  expect([address.status, address.stderr]).toEqual([2, expect.stringContaining('--email')]);
  expect(address.stderr).not.toContain('jens');
});
