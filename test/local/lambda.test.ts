import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openClock, type VirtualClock } from '../../local/clock.ts';
import { type Lambda, type LambdaFunction, type Limits, openLambda } from '../../local/lambda.ts';
import type { Store } from '../../local/service.ts';
import { memoryStore, serve } from './small-gateway.ts';

const start = new Date('2027-06-01T00:00:00.000Z');
const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:Echo';
const other = 'arn:aws:lambda:eu-west-1:123456789012:function:Other';
const queueArn = 'arn:aws:sqs:eu-west-1:123456789012:Undelivered';

let logsDir: string;
let store: Store;
let clock: VirtualClock;
let lambda: Lambda;
let delivered: { to: string; body: string }[];

beforeEach(async () => {
  logsDir = join(await mkdtemp(join(tmpdir(), 'lambda-')), 'logs');
  await mkdir(logsDir);
  store = memoryStore();
  clock = await openClock(store.sub('clock'), start);
  delivered = [];
  lambda = open();
});
afterEach(async () => {
  await lambda.close();
  clock.close();
  await rm(join(logsDir, '..'), { recursive: true, force: true });
});

function open(changes: Partial<LambdaFunction> = {}, limits: Partial<Limits> = {}): Lambda {
  const fn: LambdaFunction = {
    name: 'Echo',
    arn,
    roleArn: 'arn:aws:iam::123456789012:role/Echo',
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    codeDir: join(import.meta.dirname, 'fixture/echo'),
    environment: { TABLE: 'Notes' },
    timeoutSeconds: 2,
    memoryMb: 64,
    logGroup: '/aws/lambda/Echo',
    async: {},
    ...changes,
  };
  return openLambda({
    store,
    clock,
    functions: [fn, { ...fn, name: 'Other', arn: other }],
    logsDir,
    compiledDir: join(logsDir, '../compiled'),
    endpoint: () => 'http://127.0.0.1:4566',
    credentialsOf: () => ({ accessKeyId: 'key of Echo', secretAccessKey: 'secret of Echo' }),
    deliver: async (to, body) => void delivered.push({ to, body }),
    limits,
  });
}

/** Opens the functions again with changes to the one there is. */
async function reopen(changes: Partial<LambdaFunction>, limits?: Partial<Limits>) {
  await lambda.close();
  lambda = open(changes, limits);
}

async function echo(event: object): Promise<never> {
  const result = await lambda.invoke(arn, JSON.stringify(event));
  if (!result.ok) throw new Error(`${result.error.errorType}: ${result.error.errorMessage}`);
  return JSON.parse(result.payload) as never;
}

async function errorOf(event: object): Promise<{ errorType: string; errorMessage: string; trace?: readonly string[] }> {
  const result = await lambda.invoke(arn, JSON.stringify(event));
  if (result.ok) throw new Error(`no error but ${result.payload}`);
  return result.error;
}

interface Echo {
  readonly event: object;
  readonly calls: number;
  readonly now: string;
  readonly env: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, unknown>>;
}

test('A function gets its event and a context, and its answer comes back', async () => {
  const { event, context }: Echo = await echo({ do: 'echo', æ: 'ø' });
  expect(event).toEqual({ do: 'echo', æ: 'ø' });
  expect(context).toMatchObject({ functionName: 'Echo', invokedFunctionArn: arn, memoryLimitInMB: '64' });
  expect(await lambda.invoke(arn, '{"do":"answer"}')).toEqual({ ok: true, payload: 'null' });
});

test('The environment is that of the template and of Lambda, and nothing of this machine but PATH', async () => {
  vi.stubEnv('SECRET_OF_THIS_MACHINE', 'x');
  const { env }: Echo = await echo({});
  vi.unstubAllEnvs();
  expect(env).toMatchObject({
    TABLE: 'Notes',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'key of Echo',
    LAMBDA_TASK_ROOT: join(import.meta.dirname, 'fixture/echo'),
  });
  const foreign = Object.keys(env).filter((name) => !/^(_|AWS_|LAMBDA_|PATH$|LANG$|TZ$|TABLE$)/.test(name));
  expect(foreign).toEqual([]);
});

test('The process stays warm and each invocation carries virtual time into it', async () => {
  const first: Echo = await echo({});
  expect(new Date(first.now).getTime() - start.getTime()).toBeLessThan(10_000);
  expect(new Date(first.now).getTime()).toBeGreaterThanOrEqual(start.getTime());
  await clock.jump(new Date('2027-08-01T00:00:00.000Z'));
  const second: Echo = await echo({});
  expect(second.calls).toBe(2);
  expect(second.now).toMatch(/^2027-08-01T00:00/);
});

test('What a handler throws comes back as errorType, errorMessage and trace', async () => {
  const error = await errorOf({ do: 'throw' });
  expect(error).toMatchObject({ errorType: 'OnPurpose', errorMessage: 'on purpose' });
  expect(error.trace?.[0]).toContain('on purpose');
  const { calls }: Echo = await echo({});
  expect(calls).toBe(1);
});

test('A function that runs out of time is killed, and the next event gets a new process', async () => {
  await reopen({ timeoutSeconds: 0.3 });
  const error = await errorOf({ do: 'hang' });
  expect(error.errorType).toBe('Sandbox.Timedout');
  expect(error.errorMessage).toMatch(/^RequestId: [\w-]+ Error: Task timed out after 0\.30 seconds$/);
  const { calls }: Echo = await echo({});
  expect(calls).toBe(1);
});

test.for([
  ['exit', 'Runtime.ExitError', /Runtime exited with error: exit status 3$/],
  ['reject', 'Runtime.UnhandledPromiseRejection', /nobody waits/],
  ['eat', 'Runtime.ExitError', /signal: aborted$/],
  ['big', 'Function.ResponseSizeTooLarge', /7000002 bytes/],
] as const)('A function that does %s fails with %s, and the next event is answered', async ([way, type, message]) => {
  await reopen({ timeoutSeconds: 20 });
  const error = await errorOf({ do: way });
  expect(error.errorType).toBe(type);
  expect(error.errorMessage).toMatch(message);
  await echo({});
});

test.for([
  ['nothing.handler', 'Runtime.ImportModuleError'],
  ['index.nothing', 'Runtime.HandlerNotFound'],
  ['broken.handler', 'Runtime.UserCodeSyntaxError'],
  ['callback.handler', 'Runtime.CallbackHandlerDeprecated'],
] as const)('The handler %s is refused with %s', async ([handler, type]) => {
  await writeFile(join(logsDir, 'broken.mjs'), 'export const handler = async () => {;');
  await writeFile(join(logsDir, 'index.mjs'), 'export const other = 1;');
  await writeFile(join(logsDir, 'callback.cjs'), 'exports.handler = (event, context, callback) => callback(null, 1);');
  await reopen({ handler, codeDir: logsDir });
  expect((await errorOf({})).errorType).toBe(type);
  expect((await errorOf({})).errorType).toBe(type);
});

test('Beyond its reserved concurrency a function is throttled, not queued', async () => {
  await reopen({ reservedConcurrency: 2 });
  const both = [echo({ do: 'wait', ms: 200 }), echo({ do: 'wait', ms: 200 })];
  await expect(echo({})).rejects.toMatchObject({ code: 'TooManyRequestsException', status: 429 });
  await Promise.all(both);
  await echo({});
});

test('Beyond the most processes events wait in order, and all are answered', async () => {
  await reopen({}, { mostProcesses: 2 });
  const began = performance.now();
  const all = await Promise.all(Array.from({ length: 6 }, () => echo({ do: 'wait', ms: 150 })));
  expect(all).toHaveLength(6);
  expect(performance.now() - began).toBeGreaterThanOrEqual(450);
});

test('A function that calls another one gets its answer when every process is taken', async () => {
  const code = `export const handler = async ({ url }) =>
    url ? (await fetch(url, { method: 'POST', body: '{}' })).json() : 'from within';`;
  await writeFile(join(logsDir, 'index.mjs'), code);
  await reopen({ codeDir: logsDir }, { mostProcesses: 1 });
  await using server = await serve(lambda, 'json');
  const url = `${server.config.endpoint}/2015-03-31/functions/Other/invocations`;
  const payload = JSON.stringify({ url });
  const both = await Promise.all([lambda.invoke(arn, payload), lambda.invoke(arn, payload)]);
  expect(both).toEqual(Array(2).fill({ ok: true, payload: '"from within"' }));
});

test('Many events of one function do not keep the only one of another waiting', async () => {
  await reopen({}, { mostProcesses: 2 });
  const ended: string[] = [];
  const run = async (name: string, ms: number) => {
    await lambda.invoke(name, JSON.stringify({ do: 'wait', ms }));
    ended.push(name);
  };
  await Promise.all([...Array.from({ length: 9 }, () => run(arn, 100)), run(other, 0)]);
  expect(ended.indexOf(other)).toBeLessThan(6);
});

test('When every process is taken, a function with its share waits for its own and makes no other one cold', async () => {
  await reopen({}, { mostProcesses: 2, share: 1 });
  const callsOfOther = async () => {
    const result = await lambda.invoke(other, '{}');
    return result.ok && (JSON.parse(result.payload) as Echo).calls;
  };
  expect(await callsOfOther()).toBe(1);
  await Promise.all(Array.from({ length: 4 }, () => echo({ do: 'wait', ms: 20 })));
  expect(await callsOfOther()).toBe(2);
});

test('A function whose share is held up gets a process that nobody has used for a while', async () => {
  await reopen({}, { mostProcesses: 2, share: 1, unusedMs: 100 });
  await lambda.invoke(other, '{}');
  const ended: string[] = [];
  const run = async (name: string, event: object) => {
    await echo(event);
    ended.push(name);
  };
  await Promise.all([run('held up', { do: 'wait', ms: 1_500 }), run('after it', {})]);
  expect(ended).toEqual(['after it', 'held up']);
});

test('A function can be named by its ARN or its account, and has one version; in another region there is none', async () => {
  const name = arn.replace(/^.*:/, '');
  for (const given of [arn, `${arn}:$LATEST`, name, `${name}:$LATEST`, `123456789012:function:${name}`])
    expect(await lambda.invoke(given, '{"do":"answer","answer":1}')).toEqual({ ok: true, payload: '1' });
  for (const given of [`${arn}:live`, `${name}:1`, arn.replace('eu-west-1', 'us-east-1')])
    await expect(lambda.invoke(given, '{}'), given).rejects.toMatchObject({ code: 'ResourceNotFoundException' });
});

test('A process that nothing uses ends', async () => {
  await reopen({}, { idleMs: 50 });
  await echo({});
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { calls }: Echo = await echo({});
  expect(calls).toBe(1);
});

test('The log holds START, what was printed on one line, END and REPORT', async () => {
  await echo({ do: 'log' });
  await lambda.close();
  const lines = (await readFile(join(logsDir, 'Echo.log'), 'utf8')).split('\n');
  expect(lines[0]).toMatch(/^START RequestId: [\w-]+ Version: \$LATEST$/);
  expect(lines[1]).toMatch(/^2027-06-01T00:00:\d\d\.\d{3}Z\t[\w-]+\tINFO\ta line\rof two$/);
  expect(lines[2]).toMatch(/^END RequestId/);
  expect(lines[3]).toMatch(/^REPORT RequestId: .*Memory Size: 64 MB\tMax Memory Used: \d+ MB\tInit Duration/);
});

test('An asynchronous event that fails is tried again after one and two minutes, then goes to its destination', async () => {
  await reopen({ async: { onFailureArn: queueArn } });
  await lambda.invoke(arn, '{"do":"throw"}', { type: 'Event' });
  await clock.quiet();
  expect(delivered).toHaveLength(0);
  await clock.jump(new Date(clock.now().getTime() + 61_000));
  expect(delivered).toHaveLength(0);
  await clock.jump(new Date(clock.now().getTime() + 121_000));
  expect(delivered[0]?.to).toBe(queueArn);
  expect(JSON.parse(delivered[0]?.body ?? '')).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
    requestPayload: { do: 'throw' },
    responsePayload: { errorType: 'OnPurpose' },
  });
});

test('An asynchronous event that was accepted runs after a restart', async () => {
  await lambda.close();
  await lambda.invoke(arn, '{"do":"throw"}', { type: 'Event' });
  lambda = open({ async: { onFailureArn: queueArn, maximumRetryAttempts: 0 } });
  await lambda.resume();
  await vi.waitFor(() => expect(delivered).toHaveLength(1), 5000);
});

test('An event is refused when it is not JSON or too large, and an unknown function as Lambda does it', async () => {
  await using server = await serve(lambda, 'json');
  const send = async (name: string, body: string, type = 'RequestResponse', more = {}) => {
    const path = `/2015-03-31/functions/${name}/invocations`;
    const headers = { 'x-amz-invocation-type': type, ...more };
    const response = await fetch(server.config.endpoint + path, { method: 'POST', body, headers });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const refused = async (...call: Parameters<typeof send>) => {
    const { status, headers } = await send(...call);
    return [status, headers.get('x-amzn-errortype')];
  };
  expect(await refused('Echo', '{')).toEqual([400, 'InvalidRequestContentException']);
  expect(await refused('Echo', JSON.stringify('x'.repeat(6_300_000)))).toEqual([413, 'RequestTooLargeException']);
  expect(await refused('Nobody', '{}')).toEqual([404, 'ResourceNotFoundException']);
  expect(await refused('Echo', '{}', 'DryRun')).toEqual([400, 'InvalidParameterValueException']);
  for (const more of [{ 'x-amz-log-type': 'Tail' }, { 'x-amz-client-context': 'e30=' }])
    expect(await refused('Echo', '{}', undefined, more)).toEqual([400, 'InvalidParameterValueException']);
  expect(await send('Echo', '{}', 'Event')).toMatchObject({ status: 202, body: '' });
  const failed = await send('Echo', '{"do":"throw"}');
  expect([failed.status, failed.headers.get('x-amz-function-error')]).toEqual([200, 'Unhandled']);
  const answered = await send('Echo', '{"do":"answer","answer":1}');
  expect([answered.headers.get('x-amz-function-error'), answered.body]).toEqual([null, '1']);
  expect(server.asked.at(-1)).toEqual({ action: 'lambda:InvokeFunction', resource: arn });
});
