import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from './faults.ts';
import { decodedOr } from './http-api.ts';
import type { Mailbox } from './mailbox.ts';
import { jumpTarget } from './pages/jump.ts';
import { type Markup, styleSheet } from './pages/layout.ts';
import { framed, mailPage, mailSandbox } from './pages/mail.ts';
import { overviewPage } from './pages/overview.ts';
import { readBody } from './protocol.ts';
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
    list(): Promise<readonly { readonly name: string; readonly status: string; readonly startedAt: string }[]>;
    /** AWS's own event shapes; none when no execution has that name. */
    history(name: string): Promise<readonly unknown[]>;
  };
  /** The triples (role, action, resource) used so far and the granted ones never used. */
  permissions(): unknown;
  readonly faults: Omit<Faults, 'meet'>;
}

/** Answers `/_local` and everything under it; resolves to false for any other path. */
export function openPages(
  options: PagesOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const [pathname = ''] = (request.url ?? '').split('?');
    if (pathname !== '/_local' && !pathname.startsWith('/_local/')) return false;
    const { status = 200, headers, body = '' } = await answerTo(options, request, pathname).catch(refusalOf);
    response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...common, ...headers }).end(body);
    return true;
  };
}

type Headers = Readonly<Record<string, string>>;

interface Answer {
  readonly status?: number;
  readonly headers?: Headers;
  readonly body?: string | Buffer;
}

interface Ask extends PagesOptions {
  readonly request: IncomingMessage;
  /** The changing part of the path. */
  readonly part: string;
}

type Handle = (ask: Ask) => Answer | Promise<Answer>;

/** `*` is the changing part of a path; the first path that fits counts. */
const routes: Readonly<Record<string, Handle>> = {
  'GET ': () => ({ status: 308, headers: { location: '/_local/' } }),
  'GET /': async (options) => page(await overviewPage(options), pagePolicy),
  'GET /style.css': () => text(styleSheet, 'text/css; charset=utf-8'),
  'GET /mail': listMail,
  'GET /mail/behaviour': ({ behaviours }) => json(behaviours.list()),
  'POST /mail/behaviour': setBehaviour,
  'DELETE /mail/behaviour': async ({ behaviours }) => done(await behaviours.clear()),
  'GET /mail/*.eml': async ({ mailbox, part }) => text(found(await mailbox.raw(part), part), 'message/rfc822'),
  'GET /mail/*.html': ({ mailbox, part }) => page(framed(found(mailbox.get(part), part).html), mailPolicy),
  'GET /mail/*': async ({ mailbox, part }) => page(await mailPage(found(mailbox.get(part), part)), pagePolicy),
  'GET /clock': ({ clock }) => json({ now: clock.now() }),
  'POST /clock': moveClock,
  'GET /executions': async ({ executions }) => json(await executions.list()),
  'GET /executions/*': async ({ executions, part }) => json(found(someOf(await executions.history(part)), part)),
  'GET /queues': async ({ queues }) => json(await queues.list()),
  'GET /health': () => json({ status: 'up' }),
  'GET /permissions': ({ permissions }) => json(permissions()),
  'GET /faults': ({ faults }) => json(faults.list()),
  'POST /faults': addFault,
  'DELETE /faults': ({ faults }) => done(faults.clear()),
};

const table = Object.entries(routes).map(([key, handle]) => {
  const [method = '', path = ''] = key.split(' ');
  return { method, path: new RegExp(`^/_local${path.replace('.', '\\.').replace('*', '([^/]+)')}$`), handle };
});

async function answerTo(options: PagesOptions, request: IncomingMessage, pathname: string): Promise<Answer> {
  refuseStrangers(request);
  const fitting = table.filter(({ path }) => path.test(pathname));
  if (fitting.length === 0) throw refusal(404, `There is nothing at ${pathname}`);
  const asked = request.method === 'HEAD' ? 'GET' : request.method;
  const route = fitting.find(({ method }) => method === asked);
  const allow = [...new Set(fitting.map(({ method }) => method))].join(', ');
  if (route === undefined) return json({ error: `${asked} is not for ${pathname}; use ${allow}` }, 405, { allow });
  return route.handle({ ...options, request, part: decodedOr(route.path.exec(pathname)?.[1] ?? '') });
}

/** Any page in the same browser can reach a port on loopback: only this host's names and its own pages are served. */
function refuseStrangers({ method = 'GET', headers }: IncomingMessage): void {
  const { host = '', origin = `http://${host}`, 'sec-fetch-site': site = '' } = headers;
  const isOurs = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host);
  if (!isOurs) throw refusal(403, 'host: must be 127.0.0.1 or localhost');
  const isForeign = origin !== `http://${host}` || ['cross-site', 'same-site'].includes(site);
  if (isForeign && !['GET', 'HEAD'].includes(method)) throw refusal(403, 'origin: another site may not do this');
}

const refusal = (status: number, message: string) => new AwsError('Refused', message, status);

function refusalOf(error: unknown): Answer {
  if (error instanceof AwsError) return json({ error: error.message }, error.status);
  console.error('pages:', error);
  return json({ error: 'The local cloud failed; its own output says why' }, 500);
}

// Answers.

const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' };
const pagePolicy =
  "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const mailPolicy = `sandbox ${mailSandbox}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'`;

function text(body: string | Buffer, type: string, headers: Headers = {}): Answer {
  return { status: 200, headers: { 'content-type': type, ...headers }, body };
}

function json(value: unknown, status = 200, headers: Headers = {}): Answer {
  return { ...text(JSON.stringify(value), 'application/json', headers), status };
}

function page(body: string | Awaited<Markup>, policy: string): Answer {
  return text(String(body), 'text/html; charset=utf-8', { 'content-security-policy': policy });
}

/** A history that holds nothing is that of an execution that is not there. */
const someOf = (events: readonly unknown[]) => (events.length === 0 ? undefined : events);
const done = (_: unknown): Answer => ({ status: 204 });

function found<T>(thing: T | undefined, name: string): T {
  if (thing === undefined) throw refusal(404, `There is no ${name}`);
  return thing;
}

// Handlers.

/** All mails, or with `?to=` those to one address: what a test polls should not grow with everybody else's mail. */
function listMail({ mailbox, request }: Ask): Answer {
  const to = new URLSearchParams(request.url?.split('?')[1]).get('to');
  const mails = mailbox.list();
  return json(to === null ? mails : mails.filter((mail) => mail.to.includes(to)));
}

async function setBehaviour({ behaviours, request }: Ask): Promise<Answer> {
  const { address, event } = (await readJson(request)) as { address?: unknown; event?: unknown };
  if (typeof address !== 'string' || !address.includes('@')) throw refusal(400, 'address: must be an e-mail address');
  if (typeof event !== 'string') throw refusal(400, 'event: must be text');
  await behaviours.set(address, event);
  return json({ address, event });
}

async function addFault({ faults, request }: Ask): Promise<Answer> {
  const fault = await readJson(request);
  try {
    return json(faults.add(fault));
  } catch (error) {
    throw refusal(400, (error as Error).message);
  }
}

async function moveClock({ clock, jump, request }: Ask): Promise<Answer> {
  const isForm = mediaTypeOf(request) === 'application/x-www-form-urlencoded';
  const input = isForm ? Object.fromEntries(new URLSearchParams(await textOf(request))) : await readJson(request);
  const result = await jump(jumpTarget(input, clock.now()));
  return isForm ? { status: 303, headers: { location: '/_local/' } } : json({ now: clock.now(), ...result });
}

// Bodies.

const mostBytes = 65_536;

async function textOf(request: IncomingMessage): Promise<string> {
  const body = await readBody(request, mostBytes);
  if (body === undefined) throw refusal(413, `body: at most ${mostBytes} bytes`);
  return body.toString('utf8');
}

function mediaTypeOf({ headers }: IncomingMessage): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** The object in a JSON body. */
async function readJson(request: IncomingMessage): Promise<object> {
  const type = mediaTypeOf(request) || 'absent';
  if (type !== 'application/json') throw refusal(415, `content-type: must be application/json, not ${type}`);
  const value = parsed(await textOf(request));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw refusal(400, 'body: must be a JSON object');
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw refusal(400, 'body: is not valid JSON');
  }
}
