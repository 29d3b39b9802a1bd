import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Cloud, openCloud } from '../../local/cloud.ts';
import { fixtureApp } from './fixture/app.ts';

let cdkOut: string;
let stateDir: string;
beforeAll(() => {
  cdkOut = mkdtempSync(join(tmpdir(), 'cloud-app-'));
  fixtureApp(cdkOut).synth();
});
afterAll(() => rmSync(cdkOut, { recursive: true, force: true }));
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'cloud-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

interface Outputs {
  readonly site: string;
  readonly endpoint: string;
  readonly stacks: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
const outputs = (): Outputs => JSON.parse(readFileSync(join(stateDir, 'outputs.json'), 'utf8')) as Outputs;

const clientOf = (endpoint: string, keys: readonly [string, string] = ['local', 'local']) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: keys[0], secretAccessKey: keys[1] },
});

async function post(url: string, body: object): Promise<{ status: number; body: unknown }> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

async function get<T>(url: string): Promise<T> {
  const response = await fetch(url);
  return (await response.json()) as T;
}

describe('A cloud', () => {
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = await openCloud({ cdkOut, stateDir, port: 0, awsPort: 0, now: new Date('2027-01-01T00:00:00Z') });
  });
  afterEach(() => cloud.close());

  test('serves the site, the AWS services and its own pages, and tells where', async () => {
    expect((await fetch(`${cloud.site}/_local/health`)).status).toBe(200);
    const answer = await fetch(`${cloud.site}/item/1`);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([201, ['a=1; HttpOnly', 'b=2']]);
    expect(outputs()).toMatchObject({ site: cloud.site, endpoint: cloud.aws });
    expect(outputs().stacks.Service?.Url).toBe(cloud.site);
  });

  test('tells a person who they are and which functions there are', async () => {
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const who = await signed(cloud.aws, { service: 'sts', method: 'POST', path: '/', body });
    expect(await who.text()).toContain('<Arn>arn:aws:iam::123456789012:root</Arn>');
    const list = await signed(cloud.aws, { service: 'lambda', method: 'GET', path: '/2015-03-31/functions' });
    const { Functions } = (await list.json()) as { Functions: { FunctionName: string }[] };
    expect(Functions.map(({ FunctionName }) => FunctionName)).toContain(outputs().stacks.Service?.FunctionName);
  });

  test('says 503 until everything is up, and 404 for an execution that is not there', async () => {
    const port = Number(new URL(cloud.site).port);
    await cloud.close();
    const opening = openCloud({ cdkOut, stateDir, port, awsPort: 0 });
    const statuses: number[] = [];
    const health = `http://127.0.0.1:${port}/_local/health`;
    const look = () => fetch(health).then(({ status }) => statuses.push(status));
    while (statuses.at(-1) !== 200) await look().catch(() => setTimeout(1));
    cloud = await opening;
    expect(statuses.slice(0, -1).every((status) => status === 503)).toBe(true);
    expect(statuses.length).toBeGreaterThan(1);
    expect((await fetch(`${cloud.site}/_local/executions/none`)).status).toBe(404);
  });

  test('lets a person with the root key read and write', async () => {
    const client = new DynamoDBClient(clientOf(cloud.aws));
    const TableName = outputs().stacks.Service?.Table?.split('/')[1];
    await client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, sk: { S: 'b' } } }));
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: { pk: { S: 'a' }, sk: { S: 'b' } } }));
    expect(Item).toEqual({ pk: { S: 'a' }, sk: { S: 'b' } });
  });

  test('gives each function its own key, and no more rights than its role has', async () => {
    const { env } = await get<{ env: Record<string, string> }>(`${cloud.site}/env`);
    const keys = [env.AWS_ACCESS_KEY_ID ?? '', env.AWS_SECRET_ACCESS_KEY ?? ''] as const;
    const client = new DynamoDBClient(clientOf(cloud.aws, keys));
    const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
    await client.send(new GetItemCommand({ TableName: env.TABLE, Key }));
    const write = client.send(new PutItemCommand({ TableName: env.TABLE, Item: Key }));
    await expect(write).rejects.toThrow(/not authorized to perform: dynamodb:PutItem on resource: .*Notes/);
    const wrong = new DynamoDBClient(clientOf(cloud.aws, [keys[0], 'guessed']));
    await expect(wrong.send(new GetItemCommand({ TableName: env.TABLE, Key }))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    const resource = outputs().stacks.Service?.Table;
    const of = (action: string) => expect.objectContaining({ action, resource });
    const report = await get<{ used: object[]; unused: object[] }>(`${cloud.site}/_local/permissions`);
    expect(report.used).toContainEqual(of('dynamodb:GetItem'));
    expect(report.unused).toContainEqual(of('dynamodb:Scan'));
    expect(report.unused).not.toContainEqual(of('dynamodb:GetItem'));
  });

  test('runs an execution to its end when the clock passes its waits', async () => {
    const { MachineArn } = outputs().stacks.Service ?? {};
    const states = new SFNClient(clientOf(cloud.aws));
    await states.send(new StartExecutionCommand({ stateMachineArn: MachineArn, name: 'one', input: '{}' }));
    const moved = await post(`${cloud.site}/_local/clock`, { advance: 'PT2H' });
    expect(moved.body).toMatchObject({ now: expect.stringMatching(/^2027-01-01T02:00/) });
    const executions = await get<object[]>(`${cloud.site}/_local/executions`);
    expect(executions).toMatchObject([{ name: 'one', status: 'SUCCEEDED' }]);
  });

  test('puts a fault where it is told to, and takes it away again', async () => {
    const fault = { service: 'dynamodb', operation: 'GetItem', mode: 'refuse', times: 9 };
    expect((await post(`${cloud.site}/_local/faults`, fault)).status).toBe(200);
    const client = new DynamoDBClient({ ...clientOf(cloud.aws), maxAttempts: 1 });
    const read = () =>
      client.send(
        new GetItemCommand({
          TableName: outputs().stacks.Service?.Table?.split('/')[1],
          Key: { pk: { S: 'a' }, sk: { S: 'b' } },
        }),
      );
    await expect(read()).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(await get(`${cloud.site}/_local/faults`)).toMatchObject([{ fired: 1 }]);
    await fetch(`${cloud.site}/_local/faults`, { method: 'DELETE' });
    await read();
  });

  test('writes one line of access log per request', async () => {
    await fetch(`${cloud.site}/item/secret`);
    await cloud.close();
    expect(readFileSync(join(stateDir, 'logs', 'site.log'), 'utf8')).toMatch(/^ANY \/item\/\{id\} 201\n$/);
  });
});

test('Two months of a schedule that has nothing to do pass in under two seconds, its ticks left out and counted', async () => {
  await using cloud = disposable(await openCloud({ cdkOut, stateDir, port: 0, awsPort: 0 }));
  const began = performance.now();
  const { body } = await post(`${cloud.site}/_local/clock`, { advance: 'P2M' });
  expect(performance.now() - began).toBeLessThan(2000);
  const { fired, coalesced } = body as { fired: number; coalesced: number };
  expect(coalesced).toBeGreaterThan(16_000);
  expect(fired).toBeLessThan(100);
});

test('A port that is taken is told, and what was opened is closed again', async () => {
  await using cloud = disposable(await openCloud({ cdkOut, stateDir, port: 0, awsPort: 0 }));
  const port = Number(new URL(cloud.site).port);
  const other = mkdtempSync(join(tmpdir(), 'cloud-other-'));
  await expect(openCloud({ cdkOut, stateDir: other, port, awsPort: 0 })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const again = await openCloud({ cdkOut, stateDir: other, port: 0, awsPort: 0 });
  await again.close();
  rmSync(other, { recursive: true });
});

test('After kill -9 an execution goes on, an accepted event is delivered and the clock has not turned back', async () => {
  const first = await startProcess();
  const moved = await post(`${first.site}/_local/clock`, { advance: 'P30D' });
  const { now } = moved.body as { now: string };
  const { MachineArn } = outputs().stacks.Service ?? {};
  const states = new SFNClient(clientOf(first.aws));
  await states.send(new StartExecutionCommand({ stateMachineArn: MachineArn, name: 'survivor', input: '{}' }));
  await sendEvent(first.aws, { do: 'throw' });
  first.process.kill('SIGKILL');
  await once(first.process, 'exit');

  await using cloud = disposable(await openCloud({ cdkOut, stateDir, port: 0, awsPort: 0 }));
  expect(cloud.clock.now().getTime()).toBeGreaterThan(Date.parse(now));
  await post(`${cloud.site}/_local/clock`, { advance: 'PT2H' });
  await vi.waitFor(async () => {
    const executions = await get<object[]>(`${cloud.site}/_local/executions`);
    expect(executions).toMatchObject([{ name: 'survivor', status: 'SUCCEEDED' }]);
  }, 5000);
  const [queue] = await get<{ messages: { body: string }[] }[]>(`${cloud.site}/_local/queues`);
  expect(queue?.messages).toHaveLength(1);
  expect(JSON.parse(queue?.messages[0]?.body ?? '')).toMatchObject({ requestPayload: { do: 'throw' } });
});

interface Asked {
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One call, signed by the person at this machine. */
async function signed(aws: string, { service, method, path, headers = {}, body }: Asked): Promise<Response> {
  const { hostname, port, host } = new URL(aws);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const signer = new SignatureV4({ service, region: 'eu-west-1', credentials, sha256: Sha256 });
  const place = { protocol: 'http:', hostname, port: Number(port) };
  const request = new HttpRequest({ ...place, method, path, headers: { host, ...headers }, body });
  return fetch(aws + path, { method, headers: (await signer.sign(request)).headers, body });
}

/** Invokes the function without waiting for it; resolves when Lambda has accepted the event. */
async function sendEvent(aws: string, event: object): Promise<void> {
  const path = `/2015-03-31/functions/${outputs().stacks.Service?.FunctionName}/invocations`;
  const headers = { 'x-amz-invocation-type': 'Event' };
  const body = JSON.stringify(event);
  const { status } = await signed(aws, { service: 'lambda', method: 'POST', path, headers, body });
  expect(status).toBe(202);
}

/** SHA-256 and HMAC-SHA-256 in the shape that the signer takes. */
class Sha256 {
  private readonly hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as NodeJS.ArrayBufferView);
  }
  update(data: string | Uint8Array): void {
    this.hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
}

/** A cloud in a process of its own, as `npm start` has it. */
async function startProcess(): Promise<{ process: ChildProcess; site: string; aws: string }> {
  const script = join(import.meta.dirname, '../../local/cloud.ts');
  const child = spawn(process.execPath, [script, '--cdk-out', cdkOut, '--state', stateDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { site, aws } = JSON.parse(line) as { site: string; aws: string };
    return { process: child, site, aws };
  }
  throw new Error('the process ended before it was ready');
}

function disposable(cloud: Cloud): Cloud & AsyncDisposable {
  return { ...cloud, [Symbol.asyncDispose]: () => cloud.close() };
}
