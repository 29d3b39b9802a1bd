import { createServer, request as requestOf } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type HttpApiDefinition, openHttpApi } from '../../local/http-api.ts';
import { AwsError, type InvokeFunction } from '../../local/service.ts';
import { stillClock } from './small-gateway.ts';

const keys = ['GET /', 'ANY /item/{id}', 'GET /item/{id}', 'ANY /item/special', 'GET /files/{path+}', 'POST /form'];
const routes = keys.map((key) => ({ key, functionArn: 'arn:fn' }));
const answering =
  (answer: unknown): InvokeFunction =>
  async () => ({ ok: true, payload: JSON.stringify(answer) });
const echo: InvokeFunction = async (_, payload) => ({
  ok: true,
  payload: JSON.stringify({ statusCode: 200, body: payload }),
});

let stop = async (): Promise<void> => {};
afterEach(() => stop());

async function site(invoke: InvokeFunction, api: Partial<HttpApiDefinition> = {}, allowed = true) {
  const log: string[] = [];
  const answer = openHttpApi({
    clock: stillClock('2026-03-12T19:03:58.000Z'),
    api: { id: 'api', routes, ...api },
    invoke,
    allowed: () => allowed,
    log: (line) => log.push(line),
  });
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log };
}

// biome-ignore lint/suspicious/noExplicitAny: the event is asserted field by field
async function eventOf(path: string, init: RequestInit = {}): Promise<any> {
  const { url } = await site(echo);
  const response = await fetch(url + path, init);
  await stop();
  return response.json();
}

test('A request arrives in payload format 2.0', async () => {
  const event = await eventOf('/item/a%20b?x=1&y=æ&x=2', {
    headers: { cookie: 'a=1; b=2', 'X-Custom': 'Value', 'user-agent': 'me' },
  });
  expect(event).toMatchObject({
    version: '2.0',
    routeKey: 'GET /item/{id}',
    rawPath: '/item/a%20b',
    rawQueryString: 'x=1&y=%C3%A6&x=2',
    cookies: ['a=1', 'b=2'],
    headers: { 'x-custom': 'Value' },
    queryStringParameters: { x: '1,2', y: 'æ' },
    pathParameters: { id: 'a b' },
    isBase64Encoded: false,
    requestContext: {
      accountId: '123456789012',
      apiId: 'api',
      http: { method: 'GET', path: '/item/a%20b', sourceIp: '127.0.0.1', userAgent: 'me' },
      stage: '$default',
      time: '12/Mar/2026:19:03:58 +0000',
      timeEpoch: 1773342238000,
    },
  });
  expect(event.headers.cookie).toBeUndefined();
  expect(event.body).toBeUndefined();
});

test('The client’s address is that of the connection, whatever its headers claim', async () => {
  const event = await eventOf('/', { headers: { 'x-forwarded-for': '6.6.6.6' } });
  expect(event.requestContext.http.sourceIp).toBe('127.0.0.1');
  expect(event.headers['x-forwarded-for']).toBe('6.6.6.6, 127.0.0.1');
});

test('JSON arrives as text, a form and binary in base64', async () => {
  const post = (type: string, body: NonNullable<RequestInit['body']>) =>
    eventOf('/form', { method: 'POST', body, headers: { 'content-type': type } });
  expect(await post('application/json', '{"æ":1}')).toMatchObject({ body: '{"æ":1}', isBase64Encoded: false });
  expect(await post('text/plain; charset=utf-8', 'æ')).toMatchObject({ body: 'æ', isBase64Encoded: false });
  const form = await post('application/x-www-form-urlencoded', 'a=1');
  expect(form).toMatchObject({ body: 'YT0x', isBase64Encoded: true });
  const binary = await post('application/octet-stream', new Uint8Array([0, 255]));
  expect(binary).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
});

test.for([
  ['GET', '/', 'GET /'],
  ['GET', '/item/1', 'GET /item/{id}'],
  ['POST', '/item/1', 'ANY /item/{id}'],
  ['GET', '/item/special', 'ANY /item/special'],
  ['GET', '/files/a/b', 'GET /files/{path+}'],
  ['OPTIONS', '/item/1', 'ANY /item/{id}'],
  ['GET', '/nothing', undefined],
  ['OPTIONS', '/', undefined],
  ['GET', '//', undefined],
  ['GET', '/files/', undefined],
  ['POST', '/', undefined],
  ['GET', '/item/', undefined],
  ['GET', '/item/1/2', undefined],
] as const)('%s %s goes to the most specific route', async ([method, path, key]) => {
  const { url } = await site(echo);
  const response = await fetch(url + path, { method });
  const answer = (await response.json()) as { routeKey?: string; message?: string };
  expect(answer.routeKey).toBe(key);
  if (key === undefined) expect([response.status, answer]).toEqual([404, { message: 'Not Found' }]);
});

test('Status, headers, cookies and binary bodies go out; headers of the connection do not', async () => {
  const { url } = await site(
    answering({
      statusCode: 201,
      headers: { 'Content-Type': 'image/png', 'X-Number': 7, 'transfer-encoding': 'chunked' },
      cookies: ['a=1; HttpOnly', 'b=2'],
      isBase64Encoded: true,
      body: 'AP8=',
    }),
  );
  const response = await fetch(`${url}/`);
  expect(response.status).toBe(201);
  expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
  expect(response.headers.get('content-type')).toBe('image/png');
  expect(response.headers.get('x-number')).toBe('7');
  expect(response.headers.get('transfer-encoding')).toBeNull();
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(new Uint8Array([0, 255]));
});

test('An answer without a status code is the body', async () => {
  const object = await site(answering({ hello: 'world' }));
  expect(await (await fetch(`${object.url}/`)).json()).toEqual({ hello: 'world' });
  await stop();
  const text = await site(answering('hello'));
  expect(await (await fetch(`${text.url}/`)).text()).toBe('hello');
});

test.for([
  [
    'throws',
    async () => ({ ok: false, error: { errorType: 'E', errorMessage: 'secret' } }),
    500,
    'Internal Server Error',
  ],
  ['answers nonsense', answering({ statusCode: 'x' }), 500, 'Internal Server Error'],
  [
    'is throttled',
    async () => {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    },
    503,
    'Service Unavailable',
  ],
] as const)('A function that %s gives the client an error that tells nothing', async ([, invoke, status, message]) => {
  const { url } = await site(invoke as InvokeFunction);
  const response = await fetch(`${url}/`);
  expect([response.status, await response.json()]).toEqual([status, { message }]);
});

test('A function that takes longer than its integration allows gives 503', async () => {
  const slow = routes.map((route) => ({ ...route, timeoutMs: 50 }));
  const { url } = await site(async () => sleep(500, { ok: true, payload: '{}' }), { routes: slow });
  const response = await fetch(`${url}/`);
  expect([response.status, await response.json()]).toEqual([503, { message: 'Service Unavailable' }]);
});

test('A function that has no permission for this API is not called', async () => {
  const { url, log } = await site(echo, { accessLog: '$context.integrationErrorMessage' }, false);
  expect((await fetch(`${url}/`)).status).toBe(500);
  expect(log[0]).toContain('permission');
});

test('A body over ten megabytes gives 413', async () => {
  const { url } = await site(echo);
  const response = await fetch(`${url}/form`, { method: 'POST', body: new Uint8Array(10_485_761) });
  expect([response.status, await response.json()]).toEqual([413, { message: 'Request Entity Too Large' }]);
});

test('Beyond the stage’s burst requests get 429', async () => {
  const { url } = await site(echo, { throttle: { rate: 0.001, burst: 2 } });
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await fetch(`${url}/`)).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test('HEAD has no body', async () => {
  const { url } = await site(answering({ statusCode: 200, body: 'x' }));
  const { port } = new URL(url);
  const length = await new Promise((resolve, reject) => {
    const head = requestOf({ host: '127.0.0.1', port, method: 'HEAD', path: '/item/1' }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => resolve(bytes));
    });
    head.once('error', reject).end();
  });
  expect(length).toBe(0);
});

test('The access log is written in the stage’s format, and what is not there is a dash', async () => {
  const accessLog = '$context.routeKey|$context.status|$context.requestTimeEpoch|$context.integrationErrorMessage';
  const { url, log } = await site(echo, { accessLog });
  await fetch(`${url}/item/secret`);
  await fetch(`${url}/none`);
  expect(log).toEqual(['GET /item/{id}|200|1773342238000|-', '-|404|1773342238000|-']);
});

test('A log variable that is not modelled is refused by name', async () => {
  await expect(site(echo, { accessLog: '$context.authorizer.claims' })).rejects.toThrow('$context.authorizer.claims');
});
