import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { smallCall } from '../../functions/aws/small-call.ts';

/** What the service answers, call by call; `broken` cuts the connection. The last is repeated. */
type Answer = 'broken' | { readonly status: number; readonly text: string };

let server: Server;
let answers: Answer[];
let calls: { authorization: string; body: string }[];
beforeEach(async () => {
  calls = [];
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    calls.push({ authorization: request.headers.authorization ?? '', body: Buffer.concat(parts).toString() });
    const answer = answers[calls.length - 1] ?? (answers.at(-1) as Answer);
    if (answer === 'broken') return request.socket.destroy();
    return response.writeHead(answer.status).end(answer.text);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
});
afterEach(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const call = () => smallCall({ service: 'kms', body: '{"KeyId":"k"}' });
const ok = { status: 200, text: 'done' };
const throttled = { status: 400, text: '{"__type":"ThrottlingException"}' };

test.each<[string, Answer]>([
  ['is broken', { status: 500, text: '' }],
  ['is not there', { status: 503, text: '' }],
  ['says there are too many', { status: 429, text: '' }],
  ['says so with status 400', throttled],
  ['cuts the connection', 'broken'],
])('a service that %s twice is asked a third time, with the same signed words', async (_, answer) => {
  answers = [answer, answer, ok];
  expect(await call()).toBe('done');
  expect(calls).toHaveLength(3);
  expect(new Set(calls.map(({ body }) => body))).toEqual(new Set(['{"KeyId":"k"}']));
  for (const { authorization } of calls) expect(authorization).toMatch(/^AWS4-HMAC-SHA256 /);
});

test.each<[string, Answer, string]>([
  ['stays broken', { status: 502, text: '' }, 'Status502'],
  ['stays busy', throttled, 'Status400'],
])('a service that %s is asked three times, and fails by its status', async (_, answer, name) => {
  answers = [answer];
  await expect(call()).rejects.toMatchObject({ name });
  expect(calls).toHaveLength(3);
});

test('a connection that stays broken is tried three times', async () => {
  answers = ['broken'];
  await expect(call()).rejects.toThrow();
  expect(calls).toHaveLength(3);
});

test.each([400, 403, 404])('a refusal with %d is not asked twice', async (status) => {
  answers = [{ status, text: '{"__type":"AccessDeniedException"}' }, ok];
  await expect(call()).rejects.toMatchObject({ name: `Status${status}` });
  expect(calls).toHaveLength(1);
});
