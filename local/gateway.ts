import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, request as requestOf, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Faults, refusal } from './faults.ts';
import { AwsError, type Call, type Caller, type Clock, type Permission, type Service } from './service.ts';

/** The port where every AWS service of the local cloud answers. */
export interface Gateway {
  readonly port: number;
  close(): Promise<void>;
}

interface Options {
  readonly port: number;
  readonly clock: Clock;
  readonly services: readonly Service[];
  readonly faults: Faults;
  /** Who signed. `body` is absent where the service reads the stream itself. Throws AwsError. */
  authenticate(request: IncomingMessage, body: Buffer | undefined): Caller | Promise<Caller>;
  /** Throws AwsError when the caller may not. */
  authorise(caller: Caller, permission: Permission): void;
  /** Told of every call that may change something. */
  written?(): void;
}

/** Bytes of a buffered body; a form of SES with a mail of ten megabytes comes closest. */
const largestBody = 67_108_864;
/** Marks a call that a fault sent a second time, for this process only. */
const again = { header: 'x-local-again', value: randomUUID() };

/** Opens the port; port 0 takes a free one. Rejects with EADDRINUSE when it is taken. */
export async function openGateway(options: Options): Promise<Gateway> {
  const services = new Map(options.services.map((service) => [service.signingName, service]));
  const server = createServer((request, response) => {
    void options.clock.busy(answer(options, services, request, response));
  });
  // Clients keep connections: one that is closed under them looks like a fault nobody asked for.
  server.keepAliveTimeout = 600_000;
  server.requestTimeout = 0;
  await listening(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closed(server),
  };
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

async function answer(
  options: Options,
  services: ReadonlyMap<string, Service>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = randomUUID();
  const url = new URL(request.url ?? '/', 'http://aws');
  const name = serviceOf(request, url);
  // Clients correct their clock by this header: it must show the time that functions live in.
  response.setHeader('date', options.clock.now().toUTCString());
  response.setHeader(name === 's3' ? 'x-amz-request-id' : 'x-amzn-requestid', requestId);
  try {
    const service = services.get(name);
    if (service === undefined) throw unknownService(request, name);
    await handle(options, service, request, url, response);
  } catch (error) {
    request.resume();
    renderError(response, name, error, { requestId, path: url.pathname, method: request.method ?? '' });
  }
}

/** Signature, then policy, then faults, then the service. */
async function handle(
  options: Options,
  service: Service,
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
) {
  const body = service.signingName === 's3' ? undefined : await readBody(request);
  const caller = await options.authenticate(request, body);
  const call: Call = {
    method: request.method ?? 'GET',
    path: decoded(url.pathname),
    query: url.searchParams,
    headers: request.headers,
    body: body ?? Buffer.alloc(0),
    stream: request,
    caller,
  };
  for (const permission of service.permissions(call)) options.authorise(caller, permission);
  const operation = operationOf(service.signingName, call);
  if (!reads.test(operation)) options.written?.();
  const isFirst = request.headers[again.header] !== again.value;
  const fault = isFirst ? options.faults.meet(service.signingName, operation) : undefined;
  if (fault !== undefined) await suffer(fault, service.signingName, request, body, response);
  if (!response.destroyed) await service.handle(call, response);
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > largestBody) throw new AwsError('RequestEntityTooLargeException', 'The request is too large.', 413);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

// Which service and operation.

/** Operations that change nothing. */
const reads =
  /^(Get|Head|List|Describe|Query|Scan|BatchGet|TransactGet|Verify|GenerateMac|GenerateDataKey|Sign$|Encrypt|Decrypt)/;

/** The service in the credential scope `KEY/DATE/REGION/SERVICE/aws4_request`; a browser's form goes to S3. */
function serviceOf(request: IncomingMessage, url: URL): string {
  const authorization = request.headers.authorization ?? '';
  const [, scope] = authorization.match(/Credential=([^,\s]+)/) ?? [];
  const [, , , name] = (scope ?? url.searchParams.get('X-Amz-Credential') ?? '').split('/');
  if (name !== undefined) return name;
  const isForm = (request.headers['content-type'] ?? '').startsWith('multipart/form-data');
  return isForm || authorization === '' ? 's3' : '';
}

function unknownService({ headers }: IncomingMessage, name: string): AwsError {
  if (name === '') return new AwsError('IncompleteSignature', 'Authorization header requires a credential scope.', 403);
  const operation = headers['x-amz-target'] ?? '';
  return new AwsError('UnknownOperationException', `The local cloud does not model ${name} ${operation}`.trim(), 404);
}

/** S3 and Lambda name no operation: method and parameters tell it. The first row that fits counts. */
const s3Operations: readonly (readonly [name: string, method: string, parameter?: string, header?: string])[] = [
  ['CreateMultipartUpload', 'POST', 'uploads'],
  ['CompleteMultipartUpload', 'POST', 'uploadId'],
  ['DeleteObjects', 'POST', 'delete'],
  ['PostObject', 'POST'],
  ['UploadPartCopy', 'PUT', 'partNumber', 'x-amz-copy-source'],
  ['UploadPart', 'PUT', 'partNumber'],
  ['CopyObject', 'PUT', undefined, 'x-amz-copy-source'],
  ['PutObject', 'PUT'],
  ['ListParts', 'GET', 'uploadId'],
  ['ListObjectsV2', 'GET', 'list-type'],
  ['GetObject', 'GET'],
  ['HeadObject', 'HEAD'],
  ['AbortMultipartUpload', 'DELETE', 'uploadId'],
  ['DeleteObject', 'DELETE'],
];

function operationOf(service: string, call: Call): string {
  const target = call.headers['x-amz-target'];
  if (typeof target === 'string') return target.slice(target.lastIndexOf('.') + 1);
  if (service === 'lambda') return 'Invoke';
  if (service !== 's3') return new URLSearchParams(call.body.toString('utf8')).get('Action') ?? '';
  const row = s3Operations.find(
    ([, method, parameter, header]) =>
      method === call.method &&
      (parameter === undefined || call.query.has(parameter)) &&
      (header === undefined || header in call.headers),
  );
  return row?.[0] ?? '';
}

// Faults.

async function suffer(
  { mode, ms }: { mode: string; ms: number },
  service: string,
  request: IncomingMessage,
  body: Buffer | undefined,
  response: ServerResponse,
): Promise<void> {
  if (mode === 'refuse' || mode === 'throttle') throw refusal(service, mode);
  if (mode === 'delay') return sleep(ms);
  if (mode === 'repeat' && body === undefined && request.method === 'PUT') {
    throw new AwsError('NotImplemented', 'A fault can repeat no call of S3 with a body: it is read once.', 501);
  }
  await sendAgain(request, body);
  if (mode === 'drop-answer') response.destroy();
}

/** The same signed call once more, to this very port; its answer is read to the end and thrown away. */
async function sendAgain(request: IncomingMessage, body: Buffer | undefined): Promise<void> {
  const { method, url, headers, socket } = request;
  const marked = { ...headers, [again.header]: again.value };
  const copy = requestOf({
    host: '127.0.0.1',
    port: socket.localPort,
    method,
    path: url,
    headers: marked,
    agent: false,
  });
  const answered = new Promise<void>((resolve, reject) => {
    copy.once('error', reject);
    copy.once('response', (answer) => answer.resume().once('close', () => resolve()));
  });
  if (body === undefined) await pipeline(request, copy);
  else copy.end(body);
  await answered;
}

// Errors.

interface Rendering {
  readonly requestId: string;
  readonly path: string;
  readonly method: string;
}
type Rendered = readonly [type: string, body: string, headers?: Readonly<Record<string, string>>];
type Render = (error: AwsError, context: Rendering) => Rendered;

const json: Render = ({ code, message, extra }) => [
  'application/x-amz-json-1.1',
  JSON.stringify({ __type: code, message, ...extra }),
  { 'x-amzn-errortype': code },
];
const query: Render = ({ code, message, status }, { requestId }) => [
  'text/xml',
  `<ErrorResponse><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code>` +
    `<Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
];

/** Each service's way to say that something is wrong; the others use JSON. */
const renderers: Readonly<Record<string, Render>> = {
  dynamodb: ({ code, message, extra }) => [
    'application/x-amz-json-1.0',
    JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message, ...extra }),
  ],
  lambda: ({ code, message, extra }) => [
    'application/json',
    JSON.stringify({ message, Message: message, ...extra }),
    { 'x-amzn-errortype': code },
  ],
  ses: query,
  sns: query,
  s3: ({ code, message, extra }, { requestId, path, method }) => [
    'application/xml',
    method === 'HEAD'
      ? ''
      : `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message>` +
        Object.entries(extra)
          .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
          .join('') +
        `<Resource>${escapeXml(path)}</Resource><RequestId>${requestId}</RequestId></Error>`,
  ],
};

function renderError(response: ServerResponse, service: string, error: unknown, context: Rendering): void {
  const known = error instanceof AwsError ? error : new AwsError('InternalFailure', 'The local cloud failed.', 500);
  if (known !== error) console.error(`${service}: the local cloud failed:`, error);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const [type, body, headers = {}] = (renderers[service] ?? json)(known, context);
  response.writeHead(known.status, { 'content-type': type, ...headers }).end(body);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
