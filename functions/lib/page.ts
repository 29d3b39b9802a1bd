import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Language } from '../../domain/config.ts';
import type { Failure } from '../../domain/errors.ts';
import { isPlain } from '../../domain/typed-text.ts';
import { asLanguage } from '../../web/frame.ts';
import { errorName, log } from './log.ts';
import { networkOf } from './network.ts';

/** What a page handler gets: nothing of Lambda, nothing that a caller could forge but the fields. */
export interface Visit {
  readonly method: 'GET' | 'POST';
  /** The route's own path, with its parameters filled in. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Fields of a form; a Map, so that no name can be a prototype's. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly cookies: ReadonlyMap<string, string>;
  /** Address or network, from the connection itself, never from a header (T18). */
  readonly client: string;
  readonly language: Language | undefined;
  readonly acceptLanguage: string;
}

/** What it answers: a page, or where to go. */
export interface Answer {
  readonly status?: number;
  readonly html?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly location?: string;
  /** Where the page goes on to by itself. Its link says the same. */
  readonly goOn?: string;
  readonly cookies?: readonly string[];
  /** Origins that a form of this page posts to besides our own: the bucket (decisions.md 12). */
  readonly formTo?: string;
  readonly cache?: string;
  /** In place of `html`: any bytes. */
  readonly bytes?: Buffer;
  /** A page of somebody else's making: it runs nothing and sends nothing. */
  readonly sandbox?: boolean;
  /** Offered as a download under this name. */
  readonly download?: string;
}

export type Handle = (visit: Visit) => Promise<Answer> | Answer;

/** Refuses a visit with a status and a page that says why. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  constructor(status: number) {
    super(String(status));
    this.status = status;
  }
}

export const maxBody = 16_384;

/** Every failure has a status: leaving one out does not compile. */
const statusOf: Record<Failure['name'], number> = {
  RequestNotFound: 404,
  TransitionRefused: 409,
  Conflict: 409,
  SourceUnavailable: 503,
  SourceMalformed: 503,
  NotFinished: 503,
  ServiceUnavailable: 503,
  ManifestMismatch: 409,
  LetterNotWritten: 503,
};

const statusFor = (error: unknown): number => {
  if (error instanceof Refusal) return error.status;
  const name = errorName(error);
  return Object.hasOwn(statusOf, name) ? statusOf[name as Failure['name']] : 500;
};

const policy = (formTo = ''): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action 'self'${formTo && ` ${formTo}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

const sandboxed = [
  // The origin stays ours, or no Strict cookie would come along from one of these pages to the next. Nothing in them can run.
  'sandbox allow-same-origin allow-downloads',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Parts of an address may come from the visitor's own, decoded: no line break, blank or sign beyond ASCII goes into a header (T41). */
const inHeader = (address: string): string => address.replaceAll(/[^\x21-\x7e]/gu, encodeURIComponent);

const headersFor = ({
  sandbox,
  download,
  contentType = 'text/html; charset=utf-8',
  formTo,
  cache = 'no-store',
  location,
  goOn,
}: Answer) => ({
  'content-type': contentType,
  'content-security-policy': sandbox ? sandboxed : policy(formTo),
  // With no-referrer browsers send "Origin: null", and the check of a form's origin would refuse everyone (decisions.md 12).
  'referrer-policy': 'same-origin',
  'cache-control': cache,
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  ...(location ? { location: inHeader(location) } : {}),
  ...(download ? { 'content-disposition': `attachment; filename="${download}"` } : {}),
  ...(goOn ? { refresh: `0; url=${goOn}` } : {}),
});

const render = (answer: Answer): APIGatewayProxyStructuredResultV2 => ({
  statusCode: answer.status ?? (answer.location ? 303 : 200),
  headers: headersFor(answer),
  ...(answer.bytes
    ? { body: answer.bytes.toString('base64'), isBase64Encoded: true }
    : { body: answer.html ?? answer.body ?? '' }),
  ...(answer.cookies ? { cookies: [...answer.cookies] } : {}),
});

const bodyOf = ({ body = '', isBase64Encoded }: APIGatewayProxyEventV2, most: number): string => {
  if (Buffer.byteLength(body) > most * 1.4) throw new Refusal(413);
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body;
  if (Buffer.byteLength(text) > most) throw new Refusal(413);
  return text;
};

const fieldsOf = (event: APIGatewayProxyEventV2, most: number): ReadonlyMap<string, readonly string[]> => {
  const type = event.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') throw new Refusal(415);
  const text = bodyOf(event, most);
  // Broken percent signs and bytes that are not UTF-8 would be replaced in silence.
  if (/%(?![0-9a-f]{2})/i.test(text)) throw new Refusal(400);
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) fields.set(name, [...(fields.get(name) ?? []), value]);
  if (
    fields.size > 60 ||
    text.includes('\uFFFD') ||
    [...fields.values()].flat().some((value) => value.includes('\uFFFD'))
  ) {
    throw new Refusal(400);
  }
  return fields;
};

/** A form must come from a page of ours: Sec-Fetch-Site where the browser sends it, else Origin (T33). */
const mustBeOurs = ({ headers }: APIGatewayProxyEventV2, baseUrl: string): void => {
  const site = headers['sec-fetch-site'];
  if (site) {
    if (site !== 'same-origin' && site !== 'none') throw new Refusal(403);
    return;
  }
  const { origin } = headers;
  if (origin && origin !== new URL(baseUrl).origin) throw new Refusal(403);
};

const cookiesOf = ({ cookies = [] }: APIGatewayProxyEventV2): ReadonlyMap<string, string> =>
  new Map(
    cookies.map((cookie) => [cookie.slice(0, cookie.indexOf('=')), cookie.slice(cookie.indexOf('=') + 1)] as const),
  );

const methodOf = (event: APIGatewayProxyEventV2): 'GET' | 'POST' | undefined => {
  const { method } = event.requestContext.http;
  if (method === 'HEAD') return 'GET';
  return method === 'GET' || method === 'POST' ? method : undefined;
};

/** The language asked for in an address. */
export const languageIn = (query: URLSearchParams): Language | undefined => {
  const asked = query.get('lang');
  return asked === 'da' || asked === 'en' ? asked : undefined;
};

const visitOf = (event: APIGatewayProxyEventV2, baseUrl: string, most = maxBody): Visit => {
  const method = methodOf(event);
  if (!method) throw new Refusal(405);
  if (method === 'POST') mustBeOurs(event, baseUrl);
  const query = new URLSearchParams(event.rawQueryString);
  return {
    method,
    path: event.rawPath,
    parameters: Object.fromEntries(
      Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, value ?? '']),
    ),
    query,
    fields: method === 'POST' ? fieldsOf(event, most) : new Map(),
    cookies: cookiesOf(event),
    client: networkOf(event.requestContext.http.sourceIp),
    language: languageIn(query),
    acceptLanguage: event.headers['accept-language'] ?? '',
  };
};

/** Whoever asked for a language keeps it where a page of ours sends them on to another. */
const keepingLanguage = (answer: Answer, { language }: Visit): Answer => {
  const { location } = answer;
  if (!language || !location?.startsWith('/') || /[?&]lang=/.test(location)) return answer;
  return { ...answer, location: asLanguage(location, language) };
};

interface FailedVisit {
  readonly acceptLanguage: string;
  readonly query: string;
  /** Texts that were typed on a page of ours. */
  readonly typed: readonly string[];
}

export interface Site {
  readonly baseUrl: string;
  /** The page of a refused or failed visit, in the visitor's language. */
  errorPage(status: number, event: FailedVisit): string;
}

/** `GET /want`, `ANY /you/{x}`: as in routes.ts. */
export type Pages = Readonly<Record<string, Handle>>;

/** Far more than a form takes, so that a text that was too long comes back too. */
const mostGivenBack = 8 * maxBody;

/** What was typed: texts have a blank, a line break or a sign beyond ASCII, and nothing that a page sends by itself has one. */
const typedIn = (event: APIGatewayProxyEventV2, baseUrl: string): string[] => {
  try {
    const values = [...visitOf(event, baseUrl, mostGivenBack).fields.values()].flat();
    return values.map((value) => value.trim()).filter((value) => /[^\x21-\x7e]/.test(value));
  } catch {
    return [];
  }
};

/** Names of a system's own things and of files, which may hold any sign: nobody typed them. */
const carried: readonly string[] = ['target', 'remove'];

/** No page takes a typed text that could forge what its reader sees. */
const mustBePlain = ({ fields }: Visit): void => {
  const typed = [...fields].filter(([name]) => !carried.includes(name)).flatMap(([, values]) => values);
  if (!typed.every(isPlain)) throw new Refusal(422);
};

interface PageOptions {
  /** The pages say themselves, at the field, that they do not take a sign. */
  readonly tellSigns?: true;
}

/** Binds pages to API Gateway by route key. One place parses, one place turns failures into pages, one place sets the headers. */
export const onPage = (site: () => Site, pages: () => Pages, { tellSigns }: PageOptions = {}) => {
  let built: { site: Site; pages: Pages } | undefined;
  const answerTo = async (event: APIGatewayProxyEventV2): Promise<Answer> => {
    built ??= { site: site(), pages: pages() };
    const handle = built.pages[event.routeKey];
    if (!handle) throw new Refusal(404);
    const visit = visitOf(event, built.site.baseUrl);
    if (visit.method === 'POST' && event.routeKey.startsWith('GET ')) throw new Refusal(405);
    if (!tellSigns) mustBePlain(visit);
    return keepingLanguage(await handle(visit), visit);
  };
  const failed = {
    onError: (request: { error: Error | null; event: APIGatewayProxyEventV2; response: unknown }) => {
      const status = statusFor(request.error);
      if (status >= 500)
        log.error('page failed', { route: request.event.routeKey, status, error: errorName(request.error) });
      const { headers, rawQueryString } = request.event;
      const html = built?.site.errorPage(status, {
        acceptLanguage: headers['accept-language'] ?? '',
        query: rawQueryString,
        typed: typedIn(request.event, built.site.baseUrl),
      });
      request.response = render({ status, html: html ?? '' });
    },
  };
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(failed)
    .handler(async (event) => render(await answerTo(event)));
};
