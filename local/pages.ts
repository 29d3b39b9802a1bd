import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Mailbox } from './mailbox.ts';
import { ClockInputError, jumpTarget } from './pages/jump.ts';
import { type Markup, styleSheet } from './pages/layout.ts';
import { framed, mailPage, mailSandbox } from './pages/mail.ts';
import { type AlarmSummary, type ExecutionSummary, overviewPage } from './pages/overview.ts';
import type { Queues } from './queues.ts';
import { AwsError, type Clock } from './service.ts';
import type { Behaviours } from './ses.ts';

/** What the pages show and move. */
export interface PagesOptions {
  readonly clock: Clock;
  /** Resolves when everything due until then is quiet. Its answer goes out with `now`: `{fired, coalesced}`. */
  jump(to: Date): Promise<object>;
  readonly mailbox: Mailbox;
  readonly behaviours: Behaviours;
  readonly queues: Queues;
  readonly executions: {
    list(): Promise<readonly ExecutionSummary[]>;
    /** AWS's own event shapes. Rejects with AwsError, or answers undefined, when there is none of that name. */
    history(name: string): Promise<unknown>;
  };
  alarms?(): readonly AlarmSummary[];
  /** Whether everything is up. */
  ready(): boolean;
  /** The triples (role, action, resource) used so far and the granted ones never used. */
  permissions(): unknown;
  readonly faults: {
    /** Throws, naming the field, on a fault it does not know. */
    add(fault: unknown): unknown;
    list(): unknown;
    clear(): unknown;
  };
}

/** Answers `/_local` and everything under it; resolves to false for any other path. */
export function openPages(
  options: PagesOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://local');
    if (pathname !== '/_local' && !pathname.startsWith('/_local/')) return false;
    try {
      refuseStrangers(request);
      const answer = await answerTo(options, request, pathname);
      send(response, answer);
    } catch (error) {
      send(response, refusalOf(error));
    }
    return true;
  };
}

/** Why a request is refused. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

type Handle = (options: PagesOptions, request: IncomingMessage, part: string) => Answer | Promise<Answer>;

const routes: readonly (readonly [path: RegExp, handlers: Readonly<Record<string, Handle>>])[] = [
  [/^\/_local$/, { GET: () => ({ status: 308, headers: { location: '/_local/' }, body: '' }) }],
  [/^\/_local\/$/, { GET: overview }],
  [/^\/_local\/style\.css$/, { GET: () => text(styleSheet, 'text/css') }],
  [/^\/_local\/mail$/, { GET: listMail }],
  [
    /^\/_local\/mail\/behaviour$/,
    {
      GET: async ({ behaviours }) => json(await behaviours.list()),
      POST: setBehaviour,
      DELETE: async ({ behaviours }) => empty(await behaviours.clear()),
    },
  ],
  [/^\/_local\/mail\/([\w-]+)\.eml$/, { GET: rawMail }],
  [/^\/_local\/mail\/([\w-]+)\.html$/, { GET: mailHtml }],
  [/^\/_local\/mail\/([\w-]+)$/, { GET: showMail }],
  [/^\/_local\/clock$/, { GET: ({ clock }) => json({ now: clock.now().toISOString() }), POST: jump }],
  [/^\/_local\/executions$/, { GET: async ({ executions }) => json(await executions.list()) }],
  [/^\/_local\/executions\/([^/]+)$/, { GET: history }],
  [/^\/_local\/queues$/, { GET: async ({ queues }) => json(await queues.list()) }],
  [
    /^\/_local\/health$/,
    { GET: ({ ready }) => (ready() ? json({ status: 'up' }) : json({ status: 'starting' }, 503)) },
  ],
  [/^\/_local\/permissions$/, { GET: async ({ permissions }) => json(await permissions()) }],
  [
    /^\/_local\/faults$/,
    {
      GET: async ({ faults }) => json(await faults.list()),
      POST: addFault,
      DELETE: async ({ faults }) => empty(await faults.clear()),
    },
  ],
];

async function answerTo(options: PagesOptions, request: IncomingMessage, pathname: string): Promise<Answer> {
  for (const [path, handlers] of routes) {
    const match = path.exec(pathname);
    if (match === null) continue;
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    const handle = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
    const allow = Object.keys(handlers).join(', ');
    if (handle === undefined) throw new Refusal(405, `${method} is not for ${pathname}; use ${allow}`, { allow });
    return handle(options, request, decoded(match[1] ?? ''));
  }
  throw new Refusal(404, `There is nothing at ${pathname}`);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, 'path: is not valid percent-encoding');
  }
}

/** Any page in the same browser can reach a port on loopback: only this host's names and its own pages are served. */
function refuseStrangers(request: IncomingMessage): void {
  const host = request.headers.host ?? '';
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host))
    throw new Refusal(403, 'host: must be 127.0.0.1 or localhost');
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, 'sec-fetch-site': site } = request.headers;
  const foreign = origin !== undefined && origin !== `http://${host}`;
  if (foreign || site === 'cross-site' || site === 'same-site')
    throw new Refusal(403, 'origin: another site may not do this');
}

function refusalOf(error: unknown): Answer {
  if (error instanceof Refusal) return json({ error: error.message }, error.status, error.headers);
  if (error instanceof ClockInputError) return json({ error: error.message }, 400);
  if (error instanceof AwsError) return json({ error: error.message }, error.status);
  console.error('pages:', error);
  return json({ error: 'The local cloud failed; its own output says why' }, 500);
}

// Answers.

const headers = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
};
const pagePolicy =
  "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const mailPolicy = `sandbox ${mailSandbox}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'`;

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers }).end(body);
}

function json(value: unknown, status = 200, extra: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...headers, 'content-type': 'application/json', ...extra }, body: JSON.stringify(value) };
}

function text(body: string | Buffer, type: string, extra: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { ...headers, 'content-type': `${type}; charset=utf-8`, ...extra }, body };
}

async function page(markup: Markup): Promise<Answer> {
  return text(String(await markup), 'text/html', { 'content-security-policy': pagePolicy });
}

const empty = (_done: unknown): Answer => ({ status: 204, headers, body: '' });

// Handlers.

async function overview(options: PagesOptions): Promise<Answer> {
  const { clock, mailbox, executions, queues, alarms } = options;
  const lists = { mails: await mailbox.list(), executions: await executions.list(), queues: await queues.list() };
  return page(overviewPage({ now: clock.now(), ...lists, alarms: alarms?.() ?? [] }));
}

/** All mails, or with `?to=` those to one address: what a test polls should not grow with everybody else's mail. */
async function listMail({ mailbox }: PagesOptions, request: IncomingMessage): Promise<Answer> {
  const to = new URL(request.url ?? '/', 'http://local').searchParams.get('to');
  const mails = await mailbox.list();
  return json(to === null ? mails : mails.filter((mail) => mail.to.includes(to)));
}

async function foundMail({ mailbox }: PagesOptions, id: string) {
  const mail = await mailbox.get(id);
  if (mail === undefined) throw new Refusal(404, `There is no mail ${id}`);
  return mail;
}

async function showMail(options: PagesOptions, _request: IncomingMessage, id: string): Promise<Answer> {
  return page(mailPage(await foundMail(options, id)));
}

async function mailHtml(options: PagesOptions, _request: IncomingMessage, id: string): Promise<Answer> {
  const mail = await foundMail(options, id);
  return text(framed(mail.html), 'text/html', { 'content-security-policy': mailPolicy });
}

async function rawMail(options: PagesOptions, _request: IncomingMessage, id: string): Promise<Answer> {
  const raw = await options.mailbox.raw(id);
  if (raw === undefined) throw new Refusal(404, `There is no mail ${id}`);
  return { status: 200, headers: { ...headers, 'content-type': 'message/rfc822' }, body: raw };
}

async function setBehaviour({ behaviours }: PagesOptions, request: IncomingMessage): Promise<Answer> {
  const { address, event } = (await readJson(request)) as { address?: unknown; event?: unknown };
  if (typeof address !== 'string' || !address.includes('@'))
    throw new Refusal(400, 'address: must be an e-mail address');
  if (typeof event !== 'string') throw new Refusal(400, 'event: must be text');
  await behaviours.set(address, event);
  return json({ address, event });
}

async function history({ executions }: PagesOptions, _request: IncomingMessage, name: string): Promise<Answer> {
  const events = await executions.history(name).catch((error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
  });
  if (events === undefined) throw new Refusal(404, `There is no execution ${name}`);
  return json(events);
}

async function addFault({ faults }: PagesOptions, request: IncomingMessage): Promise<Answer> {
  const fault = await readJson(request);
  try {
    return json(await faults.add(fault));
  } catch (error) {
    throw new Refusal(400, (error as Error).message);
  }
}

async function jump(options: PagesOptions, request: IncomingMessage): Promise<Answer> {
  const isForm = mediaTypeOf(request) === 'application/x-www-form-urlencoded';
  const input = isForm ? Object.fromEntries(new URLSearchParams(await readBody(request))) : await readJson(request);
  const result = await options.jump(jumpTarget(input, options.clock.now()));
  if (isForm) return { status: 303, headers: { ...headers, location: '/_local/' }, body: '' };
  return json({ now: options.clock.now().toISOString(), ...result });
}

// Bodies.

const mostBytes = 65_536;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Refusal(413, `body: at most ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The object in a JSON body. */
async function readJson(request: IncomingMessage): Promise<object> {
  const type = mediaTypeOf(request);
  if (type !== 'application/json') {
    throw new Refusal(415, `content-type: must be application/json, not ${type || 'absent'}`);
  }
  const value = parseJson(await readBody(request));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refusal(400, 'body: must be a JSON object');
  return value;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, 'body: is not valid JSON');
  }
}
