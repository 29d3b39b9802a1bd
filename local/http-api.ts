import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, type Clock, type InvokeFunction, type InvokeResult } from './service.ts';
import { place } from './template-resources.ts';

/** An HTTP API of the template with payload format 2.0. */
export interface HttpApiDefinition {
  readonly id: string;
  readonly routes: readonly Route[];
  /** Requests per second and at once, over all routes. */
  readonly throttle?: { readonly rate: number; readonly burst: number };
  /** One line per request with `$context` variables. */
  readonly accessLog?: string;
}

export interface Route {
  /** `GET /item/{id}`, `ANY /files/{path+}` or `$default`. */
  readonly key: string;
  readonly functionArn: string;
  /** Real time; default 30,000, which is also the most. */
  readonly timeoutMs?: number;
}

interface Options {
  readonly clock: Clock;
  readonly api: HttpApiDefinition;
  readonly invoke: InvokeFunction;
  /** Whether the function's own policy lets this API call it by this ARN. */
  allowed(functionArn: string, sourceArn: string): boolean;
  /** Takes a line of the access log. */
  log(line: string): void;
}

/** API Gateway's own limits: bytes of a body, milliseconds an integration may take. */
const limits = { body: 10_485_760, integrationMs: 30_000 };

/** Answers the requests of the site as API Gateway does. Throws at load on a log variable it does not know. */
export function openHttpApi(options: Options): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { clock, api } = options;
  const routes = api.routes.map(parsedRoute);
  const bucket = new TokenBucket(api.throttle);
  checkAccessLog(api.accessLog);
  return async (request, response) => {
    const began = performance.now();
    const at = clock.now();
    const url = new URL(request.url ?? '/', 'http://site');
    const match = matched(routes, request.method ?? 'GET', url.pathname);
    const exchange: Exchange = { id: randomUUID(), at, request, url, match };
    const reply = bucket.take() ? await answered(options, exchange) : failure(429, 'Too Many Requests');
    const length = send(response, request.method, exchange.id, reply);
    options.log(accessLine(api, exchange, reply, { ms: performance.now() - began, length }));
  };
}

interface Exchange {
  readonly id: string;
  readonly at: Date;
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly match: Match | undefined;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies?: readonly string[];
  readonly body: Buffer;
  /** What went wrong between API and function, for the access log. */
  readonly integrationError?: string;
}

function failure(status: number, message: string, integrationError?: string): Reply {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { 'content-type': 'application/json' }, body, integrationError };
}

async function answered(options: Options, exchange: Exchange): Promise<Reply> {
  const { match, request } = exchange;
  if (match === undefined) return failure(404, 'Not Found');
  const body = await readBody(request);
  if (body === undefined) return failure(413, 'Request Entity Too Large');
  const { functionArn, timeoutMs = limits.integrationMs, key } = match.route;
  const sourceArn = `arn:aws:execute-api:${place.region}:${place.account}:${options.api.id}/*/*${pathOf(key)}`;
  if (!options.allowed(functionArn, sourceArn)) {
    return failure(
      500,
      'Internal Server Error',
      'The API may not invoke its function: no Lambda permission allows it.',
    );
  }
  const event = JSON.stringify(eventOf(options.api, exchange, match, body));
  return replyOf(options.invoke(functionArn, event), timeoutMs);
}

/** Undefined when the body is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= limits.body) chunks.push(chunk);
  }
  return size > limits.body ? undefined : Buffer.concat(chunks);
}

async function replyOf(invoked: Promise<InvokeResult>, timeoutMs: number): Promise<Reply> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.min(timeoutMs, limits.integrationMs));
  });
  try {
    const result = await Promise.race([invoked, late]);
    if (result === undefined) return failure(503, 'Service Unavailable', 'Endpoint request timed out');
    if (!result.ok) return failure(500, 'Internal Server Error', result.error.errorType);
    return structured(JSON.parse(result.payload || 'null'));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return failure(
      error.status === 429 ? 503 : 500,
      error.status === 429 ? 'Service Unavailable' : 'Internal Server Error',
      error.code,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** An answer without a status code is the body itself, as JSON. */
function structured(answer: unknown): Reply {
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) {
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  }
  const { statusCode, headers = {}, cookies, body = '', isBase64Encoded = false } = answer as Record<string, unknown>;
  const status = Number(statusCode);
  const isSound = Number.isInteger(status) && status >= 100 && status <= 599 && typeof body === 'string';
  if (!isSound) return failure(500, 'Internal Server Error', 'The function’s answer is not in payload format 2.0.');
  return {
    status,
    headers: lowerCased(headers as Record<string, unknown>),
    cookies: Array.isArray(cookies) ? cookies.map(String) : [],
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** Headers that API Gateway sets itself, whatever the function says. */
const ownHeaders = new Set(['connection', 'content-length', 'date', 'server', 'transfer-encoding', 'upgrade']);

function lowerCased(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return Object.fromEntries(entries.filter(([name]) => !ownHeaders.has(name)));
}

/** Answers how many bytes of body went out. */
function send(response: ServerResponse, method: string | undefined, id: string, reply: Reply): number {
  const body = method === 'HEAD' ? Buffer.alloc(0) : reply.body;
  const { cookies = [] } = reply;
  response.writeHead(reply.status, {
    'content-type': 'text/plain;charset=UTF-8',
    ...reply.headers,
    ...(cookies.length > 0 ? { 'set-cookie': [...cookies] } : {}),
    'content-length': String(reply.body.length),
    'apigw-requestid': id,
  });
  response.end(body);
  return body.length;
}

// Routes.

interface ParsedRoute {
  readonly route: Route;
  readonly method: string;
  readonly segments: readonly string[];
}

interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

function parsedRoute(route: Route): ParsedRoute {
  const [method = '', path = ''] = route.key.split(' ');
  return { route, method, segments: path.split('/').slice(1) };
}

function pathOf(key: string): string {
  return key === '$default' ? '/$default' : (key.split(' ')[1] ?? '');
}

/** The most specific route: each segment by word before by parameter before by greedy parameter, then by method. */
function matched(routes: readonly ParsedRoute[], method: string, pathname: string): Match | undefined {
  const segments = pathname.split('/').slice(1);
  const fitting = routes.flatMap((parsed) => {
    const fit = fitOf(parsed, method, segments);
    return fit === undefined ? [] : [{ ...fit, route: parsed.route }];
  });
  return fitting.sort((a, b) => (a.rank < b.rank ? 1 : -1))[0];
}

type Fit = { readonly rank: string; readonly parameters: Record<string, string> };

function fitOf({ route, method, segments }: ParsedRoute, asked: string, path: readonly string[]): Fit | undefined {
  if (route.key === '$default') return { rank: '', parameters: {} };
  if (method !== 'ANY' && method !== asked) return undefined;
  const parameters: Record<string, string> = {};
  let rank = '';
  for (const [place, segment] of segments.entries()) {
    const [, name, greedy] = segment.match(/^\{(.+?)(\+)?\}$/) ?? [];
    const value = greedy === undefined ? path[place] : path.slice(place).join('/');
    if (value === undefined || (name === undefined ? value !== segment : value === '')) return undefined;
    if (name !== undefined) parameters[name] = decodedOr(value);
    rank += name === undefined ? '3' : greedy === undefined ? '2' : '1';
    if (greedy !== undefined) return { rank: `${rank}${method === 'ANY' ? 0 : 1}`, parameters };
  }
  return path.length === segments.length ? { rank: `${rank}4${method === 'ANY' ? 0 : 1}`, parameters } : undefined;
}

function decodedOr(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

// The event.

/** Bodies of these types come as text, all others in base64; a form does too. */
const textual = /^(text\/|application\/(json|javascript|xml)\b|[^;]+\+(json|xml)\b)/i;

function eventOf(api: HttpApiDefinition, exchange: Exchange, { route, parameters }: Match, body: Buffer): object {
  const { request, url } = exchange;
  const { cookie, ...headers } = joinedHeaders(request);
  const isText = textual.test(headers['content-type'] ?? '');
  const query = joinedQuery(url.searchParams);
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie === undefined ? {} : { cookies: cookie.split(/;\s*/) }),
    headers: {
      ...headers,
      // As API Gateway does: what the client claims stays in front, so nobody may trust it.
      'x-forwarded-for': [headers['x-forwarded-for'], sourceOf(request)].filter(Boolean).join(', '),
      'x-forwarded-port': String(request.socket.localPort ?? ''),
      'x-forwarded-proto': 'http',
    },
    ...(Object.keys(query).length === 0 ? {} : { queryStringParameters: query }),
    requestContext: contextOf(api, exchange, route),
    ...(Object.keys(parameters).length === 0 ? {} : { pathParameters: parameters }),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function contextOf(api: HttpApiDefinition, { id, at, request, url }: Exchange, route: Route): object {
  return {
    accountId: place.account,
    apiId: api.id,
    domainName: request.headers.host ?? '',
    domainPrefix: api.id,
    http: {
      method: request.method,
      path: url.pathname,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: sourceOf(request),
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: id,
    routeKey: route.key,
    stage: '$default',
    time: clfTime(at),
    timeEpoch: at.getTime(),
  };
}

function joinedHeaders({ headers }: IncomingMessage): Record<string, string> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** A parameter that stands several times has its values joined by commas. */
function joinedQuery(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]));
}

/** From the connection, never from a header. */
function sourceOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}

/** `12/Mar/2026:19:03:58 +0000` */
function clfTime(at: Date): string {
  const [, day, month, year, time] = at.toUTCString().split(/[ ,]+/);
  return `${day}/${month}/${year}:${time} +0000`;
}

// The access log.

interface Outcome {
  readonly ms: number;
  readonly length: number;
}
type LogVariable = (api: HttpApiDefinition, exchange: Exchange, reply: Reply, outcome: Outcome) => string | undefined;

/** The `$context` variables that are modelled. An empty one is written as `-`. */
const logVariables: Readonly<Record<string, LogVariable>> = {
  accountId: () => place.account,
  apiId: ({ id }) => id,
  domainName: (_, { request }) => request.headers.host,
  'error.message': (_, __, { status, body }) => (status >= 400 ? messageOf(body) : undefined),
  httpMethod: (_, { request }) => request.method,
  'identity.sourceIp': (_, { request }) => sourceOf(request),
  'identity.userAgent': (_, { request }) => request.headers['user-agent'],
  integrationErrorMessage: (_, __, { integrationError }) => integrationError,
  'integration.error': (_, __, { integrationError }) => integrationError,
  integrationLatency: (_, __, ___, { ms }) => String(Math.round(ms)),
  path: (_, { url }) => url.pathname,
  protocol: (_, { request }) => `HTTP/${request.httpVersion}`,
  requestId: (_, { id }) => id,
  requestTime: (_, { at }) => clfTime(at),
  requestTimeEpoch: (_, { at }) => String(at.getTime()),
  responseLatency: (_, __, ___, { ms }) => String(Math.round(ms)),
  responseLength: (_, __, ___, { length }) => String(length),
  routeKey: (_, { match }) => match?.route.key,
  stage: () => '$default',
  status: (_, __, { status }) => String(status),
};

const logVariable = /\$context\.([\w.]+)/g;

function messageOf(body: Buffer): string | undefined {
  const [, message] = body.toString('utf8').match(/^\{"message":"([^"]*)"\}$/) ?? [];
  return message;
}

function checkAccessLog(format = ''): void {
  for (const [whole, name = ''] of format.matchAll(logVariable)) {
    if (!Object.hasOwn(logVariables, name)) throw new Error(`access log: the local cloud does not model ${whole}`);
  }
}

function accessLine(api: HttpApiDefinition, exchange: Exchange, reply: Reply, outcome: Outcome): string {
  const value = (name: string) => logVariables[name]?.(api, exchange, reply, outcome) || '-';
  return (api.accessLog ?? '').replaceAll(logVariable, (_, name: string) => value(name));
}

/** The stage's throttling: so many at once, then so many per second of real time. */
class TokenBucket {
  private readonly limit: { readonly rate: number; readonly burst: number } | undefined;
  private tokens: number;
  private last = performance.now();

  constructor(limit: { readonly rate: number; readonly burst: number } | undefined) {
    this.limit = limit;
    this.tokens = limit?.burst ?? 0;
  }

  take(): boolean {
    if (this.limit === undefined) return true;
    const now = performance.now();
    this.tokens = Math.min(this.limit.burst, this.tokens + ((now - this.last) / 1000) * this.limit.rate);
    this.last = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
