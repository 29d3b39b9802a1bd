import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Running } from './crm.ts';
import type { Subscription } from './seed.ts';

// Small on purpose: most people's subscriptions take more than one page.
const pageSize = 2;

const mayRead = ({ headers }: IncomingMessage, token: string): boolean => {
  const given = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
};

const itemOf = ({ since, consent, ...rest }: Subscription) => ({ ...rest, consent: { at: since, text: consent } });

/** One page of an address' subscriptions, after the subscription of that id. The service does not mind the case of letters. */
const page = (subscriptions: readonly Subscription[], query: URLSearchParams) => {
  const email = query.get('email')?.toLowerCase();
  const mine = subscriptions.filter((one) => one.email.toLowerCase() === email);
  const start = mine.findIndex(({ id }) => id === query.get('after')) + 1;
  const items = mine.slice(start, start + pageSize);
  const next = start + pageSize < mine.length ? items.at(-1)?.id : undefined;
  return { items: items.map(itemOf), total: mine.length, next: next ?? null };
};

/** The newsletter service: GET /v1/subscriptions?email=...&after=... on a free port, for those who hold the token. */
export const startNewsletter = async (token: string, subscriptions: readonly Subscription[]): Promise<Running> => {
  const host = '127.0.0.1';
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${host}`);
    if (!mayRead(request, token)) return answer(401, { error: 'no token, or a wrong one' });
    if (request.method !== 'GET' || pathname !== '/v1/subscriptions') return answer(404, { error: 'no such page' });
    return answer(200, page(subscriptions, searchParams));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { host, port: (server.address() as AddressInfo).port, close };
};
