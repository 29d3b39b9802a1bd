import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, type Faults, refusal } from './faults.ts';
import { elements, readBody } from './protocol.ts';
import { AwsError, type Call, type Caller, type Clock, type Permission, type Service } from './service.ts';
import { serviceOf } from './signature.ts';

export type Gateway = Awaited<ReturnType<typeof openGateway>>;

interface Options {
  readonly port: number;
  readonly clock: Clock;
  readonly services: readonly Service[];
  readonly faults: Faults;
  /** Who signed. Throws AwsError. */
  authenticate(request: IncomingMessage, body: Buffer): Caller | Promise<Caller>;
  /** Throws AwsError when the caller may not. */
  authorise(caller: Caller, permission: Permission): void;
  /** Told of every call that may be made: of one that changes nothing before it is served, of another after. */
  seen?(call: Call, service: string, isRead: boolean): void;
}

/** Bytes of a body, which is held in memory; a file that a browser uploads may have 50 MB. */
const largestBody = 67_108_864;

/** Opens the port where every AWS service answers; port 0 takes a free one. Rejects with EADDRINUSE when it is taken. */
export async function openGateway(options: Options) {
  const server = createServer((request, response) => {
    void options.clock.busy(answer(options, request, response));
  });
  // Clients keep connections: one that is closed under them looks like a fault nobody asked for.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  await listening(server, options.port);
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

/** Resolves when the server listens on this machine only. */
export function listening(server: NetServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

/** Resolves when the server and its connections are closed. */
export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Signature, then policy, then faults, then the service. */
async function answer(options: Options, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { headers, url = '/' } = request;
  const name = serviceOf({ url, headers });
  const refuse = (error: unknown, to = response) => {
    // A body that nobody reads would hold the connection.
    request.resume();
    renderError(to, name, url.replace(/\?.*/s, ''), error);
  };
  // Clients correct their clock by this header: it must show the time that functions live in.
  response.setHeader('date', options.clock.now().toUTCString());
  response.setHeader(name === 's3' ? 'x-amz-request-id' : 'x-amzn-requestid', randomUUID());
  try {
    const service = options.services.find(({ signingName }) => signingName === name);
    if (service === undefined) throw unknownService(request, name);
    const call = await callOf(options, request, name);
    const { operation, permissions, answer } = service.prepare(call);
    for (const permission of permissions) call.authorise(permission);
    const isRead = reads.test(operation);
    if (isRead) options.seen?.(call, name, isRead);
    const serve = (to: ServerResponse) => answer(to).catch((error: unknown) => refuse(error, to));
    await suffer(options.faults.meet(name, operation), response, serve);
    if (!isRead) options.seen?.(call, name, isRead);
  } catch (error) {
    refuse(error);
  }
}

async function callOf({ authenticate, authorise }: Options, request: IncomingMessage, service: string): Promise<Call> {
  const { method = 'GET', url = '/', headers } = request;
  // Taken apart by hand: a URL would make another key of one with dots between slashes.
  const [, pathname = '', search] = /^([^?]*)(?:\?(.*))?$/s.exec(url) ?? [];
  const [path, query] = [decoded(pathname), new URLSearchParams(search)];
  const body = await readBody(request, largestBody);
  if (body === undefined) {
    const code = service === 's3' ? 'EntityTooLarge' : 'RequestEntityTooLargeException';
    throw new AwsError(code, `The local cloud takes at most ${largestBody} bytes in one call.`, 413);
  }
  const caller = await authenticate(request, body);
  const may = (permission: Permission) => authorise(caller, permission);
  return { method, path, query, headers, body, request, caller, authorise: may };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/** Operations that change nothing. */
const reads =
  /^(Get|Head|List|Describe|Query|Scan|BatchGet|TransactGet|Verify|GenerateMac|GenerateDataKey|Sign$|Encrypt|Decrypt)/;

function unknownService({ headers }: IncomingMessage, name: string): AwsError {
  if (name === '') return new AwsError('IncompleteSignature', 'Authorization header requires a credential scope.', 403);
  const operation = headers['x-amz-target'] ?? '';
  return new AwsError('UnknownOperationException', `The local cloud does not model ${name} ${operation}`.trim(), 404);
}

// Faults.

type Serve = (response: ServerResponse) => Promise<unknown>;

/** Serves a call, or does to it what a fault says. */
async function suffer(fault: Fault | undefined, response: ServerResponse, serve: Serve): Promise<void> {
  const { mode, ms, service = '' } = fault ?? {};
  if (mode === 'refuse' || mode === 'throttle') throw refusal(service, mode);
  if (mode === 'delay') await sleep(ms);
  if (mode === 'repeat' || mode === 'drop-answer') await serve(unheard(response.req));
  if (mode === 'drop-answer') response.destroy();
  else await serve(response);
}

/** An answer that goes nowhere. */
function unheard(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  const nowhere = new Writable({ highWaterMark: Number.MAX_SAFE_INTEGER, write: (_, __, done) => done() });
  response.assignSocket(nowhere as Socket);
  return response;
}

// Errors.

type Rendered = readonly [type: string, body: string];

/** How the services say that something is wrong; the others do it as they were asked, by a form or in JSON. */
const errors: Readonly<Record<string, (error: AwsError, path: string) => Rendered>> = {
  dynamodb: ({ code, message, extra }) => [
    'application/x-amz-json-1.0',
    JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message, ...extra }),
  ],
  lambda: ({ message, extra }) => ['application/json', JSON.stringify({ message, Message: message, ...extra })],
  s3: ({ code, message, extra }, Resource) => [
    'application/xml',
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${elements({ Code: code, Message: message, ...extra, Resource })}</Error>`,
  ],
};

function queryError({ code, message, status }: AwsError): Rendered {
  const error = elements({ Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message });
  return ['text/xml', `<ErrorResponse><Error>${error}</Error></ErrorResponse>`];
}

const jsonError = ({ code, message, extra }: AwsError): Rendered => [
  'application/x-amz-json-1.1',
  JSON.stringify({ __type: code, message, ...extra }),
];

function renderError(response: ServerResponse, service: string, path: string, error: unknown): void {
  const known = error instanceof AwsError ? error : new AwsError('InternalFailure', 'The local cloud failed.', 500);
  if (known !== error) console.error(`${service}: the local cloud failed:`, error);
  if (response.headersSent) return void response.destroy();
  const isForm = response.req.headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  const own = Object.hasOwn(errors, service) ? errors[service] : undefined;
  const [type, body] = (own ?? (isForm ? queryError : jsonError))(known, path);
  const headers = { 'content-type': type, ...(type.includes('json') && { 'x-amzn-errortype': known.code }) };
  response.writeHead(known.status, headers).end(response.req.method === 'HEAD' ? '' : body);
}
