import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from './protocol.ts';
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

interface Route {
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
  const { clock, api, log } = options;
  const mayPass = throttled(api.throttle);
  checkAccessLog(api.accessLog);
  return async (request, response) => {
    const began = performance.now();
    const url = new URL(`http://site${request.url}`);
    const match = matched(api.routes, request.method ?? 'GET', url.pathname);
    const exchange: Exchange = { id: randomUUID(), at: clock.now(), request, url, match };
    const reply = mayPass() ? await answered(options, exchange) : failure(429, 'Too Many Requests');
    send(response, exchange, reply);
    if (api.accessLog !== undefined) log(accessLine(api.accessLog, exchange, reply, performance.now() - began));
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

const broken = (why: string): Reply => failure(500, 'Internal Server Error', why);

async function answered({ api, invoke, allowed }: Options, exchange: Exchange): Promise<Reply> {
  const { match, request } = exchange;
  if (match === undefined) return failure(404, 'Not Found');
  const body = await readBody(request, limits.body);
  if (body === undefined) return failure(413, 'Request Entity Too Large');
  const { functionArn, timeoutMs, key } = match.route;
  const path = key === '$default' ? '/$default' : key.replace(/^\S+ /, '');
  const sourceArn = `arn:aws:execute-api:${place.region}:${place.account}:${api.id}/*/*${path}`;
  if (!allowed(functionArn, sourceArn)) return broken('no Lambda permission lets the API invoke its function');
  return replyOf(invoke(functionArn, JSON.stringify(eventOf(api, exchange, match, body))), timeoutMs);
}

async function replyOf(invoked: Promise<InvokeResult>, timeoutMs = limits.integrationMs): Promise<Reply> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(timeoutMs, limits.integrationMs));
  try {
    const result = await Promise.race([invoked, late]);
    if (!result) return failure(503, 'Service Unavailable', 'Endpoint request timed out');
    return result.ok ? structured(JSON.parse(result.payload || 'null')) : broken(result.error.errorType);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return error.status === 429 ? failure(503, 'Service Unavailable', error.code) : broken(error.code);
  } finally {
    clearTimeout(timer);
  }
}

/** Headers that API Gateway sets itself, whatever the function says. */
const ownHeaders = new Set(['connection', 'content-length', 'date', 'server', 'transfer-encoding', 'upgrade']);

/** An answer without a status code is the body itself, as JSON. */
function structured(answer: unknown): Reply {
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) {
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  }
  const { statusCode, headers, cookies, body = '', isBase64Encoded } = answer as Record<string, unknown>;
  const status = Number(statusCode);
  const isSound = Number.isInteger(status) && status >= 100 && status <= 599 && typeof body === 'string';
  if (!isSound) return broken('the function’s answer is not in payload format 2.0');
  const lowerCased = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    status,
    headers: Object.fromEntries(lowerCased.filter(([name]) => !ownHeaders.has(name))),
    cookies: Array.isArray(cookies) ? cookies.map(String) : [],
    body: Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function send(
  response: ServerResponse,
  { id, request }: Exchange,
  { status, headers, cookies = [], body }: Reply,
): void {
  response.writeHead(status, {
    'content-type': 'text/plain;charset=UTF-8',
    ...headers,
    ...(cookies.length > 0 ? { 'set-cookie': [...cookies] } : {}),
    'content-length': String(body.length),
    'apigw-requestid': id,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

// Routes.

interface Match {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The most specific route: each segment by word before by parameter before by greedy parameter, then by method. */
function matched(routes: readonly Route[], method: string, pathname: string): Match | undefined {
  const fitting = routes.flatMap((route) => fitOf(route, method, pathname.split('/')) ?? []);
  return fitting.sort((a, b) => (a.rank < b.rank ? 1 : -1))[0];
}

function fitOf(route: Route, asked: string, path: readonly string[]): (Match & { readonly rank: string }) | undefined {
  if (route.key === '$default') return { route, rank: '', parameters: {} };
  const [method = '', template = ''] = route.key.split(' ');
  if (method !== 'ANY' && method !== asked) return undefined;
  const parameters: Record<string, string> = {};
  const segments = template.split('/');
  let rank = '';
  for (const [place, segment] of segments.entries()) {
    const [, name, greedy] = segment.match(/^\{(.+?)(\+)?\}$/) ?? [];
    const value = greedy === undefined ? path[place] : path.slice(place).join('/');
    if (value === undefined || (name === undefined ? value !== segment : value === '')) return undefined;
    if (name !== undefined) parameters[name] = decodedOr(value);
    rank += name === undefined ? '3' : greedy === undefined ? '2' : '1';
  }
  if (path.length !== segments.length && !rank.endsWith('1')) return undefined;
  return { route, rank: `${rank}${method === 'ANY' ? 0 : 1}`, parameters };
}

/** The text without its percent-encoding, or as it is when that is broken. */
export function decodedOr(value: string): string {
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
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const { cookie, ...others } = headers;
  const isText = textual.test(headers['content-type'] ?? '');
  const names = new Set(url.searchParams.keys());
  const query = Object.fromEntries([...names].map((name) => [name, url.searchParams.getAll(name).join(',')]));
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    cookies: cookie?.split(/;\s*/),
    headers: {
      ...others,
      // As API Gateway does: what the client claims stays in front, so nobody may trust it.
      'x-forwarded-for': [headers['x-forwarded-for'], sourceOf(request)].filter(Boolean).join(', '),
      'x-forwarded-port': String(request.socket.localPort ?? ''),
      'x-forwarded-proto': 'http',
    },
    queryStringParameters: orAbsent(query),
    requestContext: contextOf(api, exchange, route),
    pathParameters: orAbsent(parameters),
    body: body.length === 0 ? undefined : body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

const orAbsent = <Value extends object>(value: Value) => (Object.keys(value).length === 0 ? undefined : value);

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

type LogVariable = (exchange: Exchange, reply: Reply, ms: number) => string | number | undefined;

/** The `$context` variables that are modelled. An empty one is written as `-`. */
const logVariables: Readonly<Record<string, LogVariable>> = {
  integrationErrorMessage: (_, { integrationError }) => integrationError,
  requestId: ({ id }) => id,
  requestTimeEpoch: ({ at }) => at.getTime(),
  responseLatency: (_, __, ms) => Math.round(ms),
  routeKey: ({ match }) => match?.route.key,
  status: (_, { status }) => status,
};

const logVariable = /\$context\.([\w.]+)/g;

function checkAccessLog(format = ''): void {
  for (const [whole, name = ''] of format.matchAll(logVariable))
    if (!Object.hasOwn(logVariables, name)) throw new Error(`access log: the local cloud does not model ${whole}`);
}

function accessLine(format: string, exchange: Exchange, reply: Reply, ms: number): string {
  return format.replaceAll(logVariable, (_, name: string) => String(logVariables[name]?.(exchange, reply, ms) ?? '-'));
}

/** Whether a request may pass the stage's throttling: so many at once, then so many per second of real time. */
function throttled(limit: HttpApiDefinition['throttle']): () => boolean {
  let tokens = limit?.burst ?? 0;
  let last = performance.now();
  return () => {
    if (limit === undefined) return true;
    const now = performance.now();
    tokens = Math.min(limit.burst, tokens + ((now - last) / 1000) * limit.rate);
    last = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
