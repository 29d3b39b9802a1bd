import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Held, heldRows } from './contract.ts';

/** What a vendor's stand-in was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly params: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** How a vendor answers, by what it documents: a status and a body, from a request read by a reader of our own for its language. */
export type Vendor = (asked: Asked, base: string) => readonly [status: number, body: unknown];

const pair = generateKeyPairSync('rsa', { modulusLength: 2_048 });
export const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

// Reads one quoted text whole, or refuses the query as a vendor would.
const literal = (text: string, form: RegExp): string | undefined => form.exec(text)?.[1];
const unescaped = (text: string, names: Readonly<Record<string, string>> = {}): string =>
  text.replace(/\\(.)/gs, (_, character: string) => names[character] ?? character);

const ownedBy = (owner: string, ignoreCase: boolean): readonly Held[] =>
  heldRows.filter((row) => row.owner === owner || (ignoreCase && row.owner.toLowerCase() === owner.toLowerCase()));

const wrong = [400, { message: 'the query can not be read' }] as const;
const noAccess = [401, { message: 'who are you?' }] as const;

const superoffice: Vendor = ({ path, params, headers, body }, base) => {
  if (path === '/Login/api/PartnerSystemUser/Authenticate') return superofficeLogin(body);
  if (headers.authorization !== 'SOTicket 7T:ticket' || headers['so-apptoken'] !== 'app') return noAccess;
  if (path !== '/Cust1/api/v1/Person') return [404, {}];
  const found = literal(params.get('$filter') ?? '', /^email\/emailAddress eq '((?:[^'\\]|\\.)*)'$/s);
  if (found === undefined) return wrong;
  const [skip, top] = [Number(params.get('$skip') ?? 0), Number(params.get('$top'))];
  const rows = ownedBy(unescaped(found), true);
  const value = rows.slice(skip, skip + top).map(({ id, owner, n }) => {
    const held: Readonly<Record<string, unknown>> = { personId: id, 'email/emailAddress': owner, n };
    return Object.fromEntries((params.get('$select') ?? '').split(',').map((name) => [name, held[name]]));
  });
  params.set('$skip', `${skip + top}`);
  const next = skip + top < rows.length ? `${base}${path}?${params}` : null;
  return [200, { 'odata.metadata': 'x', value, 'odata.nextLink': next }];
};

const superofficeLogin = (body: string) => {
  const { SignedSystemToken, ApplicationToken, ContextIdentifier, ReturnTokenType } = JSON.parse(body);
  const [, signed = '', minute = '', signature = ''] = /^(app-user\.(\d{12}))\.(.+)$/.exec(SignedSystemToken) ?? [];
  const isSigned = verify(
    'sha256',
    Buffer.from(signed),
    createPublicKey(pair.publicKey.export({ type: 'spki', format: 'pem' })),
    Buffer.from(signature, 'base64'),
  );
  const now = new Date().toISOString().replace(/\D/g, '').slice(0, 11);
  const known =
    isSigned && minute.startsWith(now.slice(0, 8)) && ApplicationToken === 'app' && ContextIdentifier === 'Cust1';
  if (!known || ReturnTokenType !== 'JWT')
    return [200, { IsSuccessful: false, Token: null, ErrorMessage: 'no' }] as const;
  const claims = { 'http://schemes.superoffice.net/identity/ticket': '7T:ticket' };
  const token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  return [200, { IsSuccessful: true, Token: token, ErrorMessage: null }] as const;
};

const hubspot: Vendor = ({ method, path, headers, body }) => {
  if (headers.authorization !== 'Bearer pat-1') return noAccess;
  if (method !== 'POST' || path !== '/crm/v3/objects/contacts/search') return [404, {}];
  const { filterGroups, properties, limit, after = '0' } = JSON.parse(body);
  const { propertyName, operator, value } = filterGroups[0].filters[0];
  if (propertyName !== 'email' || operator !== 'EQ') return wrong;
  const rows = ownedBy(value, true);
  const end = Number(after) + limit;
  const results = rows.slice(Number(after), end).map(({ id, owner, n }) => {
    const held: Readonly<Record<string, unknown>> = { email: owner, n: `${n}` };
    const asked = properties.filter((name: string) => name in held).map((name: string) => [name, held[name]]);
    return { id, properties: Object.fromEntries(asked), archived: false };
  });
  const paging = end < rows.length ? { paging: { next: { after: `${end}` } } } : {};
  return [200, { total: rows.length, results, ...paging }];
};

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

const zendesk: Vendor = ({ path, params, headers }, base) => {
  if (headers.authorization !== basic('a@b.example/token:key')) return noAccess;
  if (path !== '/api/v2/users/search.json') return [404, {}];
  const found = literal(params.get('query') ?? '', /^email:"((?:[^"\\]|\\.)*)"$/s);
  if (found === undefined) return wrong;
  const rows = ownedBy(unescaped(found), true);
  const page = Number(params.get('page') ?? 1);
  const users = rows.slice((page - 1) * 100, page * 100).map(({ owner, ...row }) => ({ ...row, email: owner }));
  params.set('page', `${page + 1}`);
  return [200, { users, count: rows.length, next_page: page * 100 < rows.length ? `${base}${path}?${params}` : null }];
};

const stripe: Vendor = ({ path, params, headers }) => {
  if (headers.authorization !== 'Bearer rk-1') return noAccess;
  if (path !== '/v1/customers') return [404, {}];
  const rows = ownedBy(params.get('email') ?? '', false);
  const start = rows.findIndex(({ id }) => id === params.get('starting_after')) + 1;
  const end = start + Number(params.get('limit') ?? 10);
  const data = rows.slice(start, end).map(({ owner, ...row }) => ({ ...row, object: 'customer', email: owner }));
  return [200, { object: 'list', data, has_more: end < rows.length }];
};

const soqlNames = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

const salesforce: Vendor = ({ method, path, params, headers, body }) => {
  if (path === '/services/oauth2/token') {
    const form = new URLSearchParams(body);
    const known = form.get('grant_type') === 'client_credentials' && form.get('client_secret') === 'shh';
    return method === 'POST' && known
      ? [200, { access_token: '00D!token', token_type: 'Bearer' }]
      : [400, { error: 'no' }];
  }
  if (headers.authorization !== 'Bearer 00D!token') return noAccess;
  const [, owner, start = '0'] = /^\/services\/data\/v62\.0\/query\/(.+)-(\d+)$/.exec(decodeURIComponent(path)) ?? [];
  if (owner === undefined && path !== '/services/data/v62.0/query') return [404, {}];
  const found = literal(
    params.get('q') ?? '',
    /^SELECT Id,Email,N__c FROM Contact WHERE Email = '((?:[^'\\\n\r]|\\[nrtbf"'\\])*)'$/,
  );
  if (owner === undefined && found === undefined) return wrong;
  const asked = owner ?? unescaped(found ?? '', soqlNames);
  const rows = ownedBy(asked, true);
  const end = Number(start) + 500;
  const records = rows
    .slice(Number(start), end)
    .map(({ id, owner: Email, n }) => ({ attributes: {}, Id: id, Email, N__c: n }));
  const next = `/services/data/v62.0/query/${encodeURIComponent(asked)}-${end}`;
  return [
    200,
    { totalSize: rows.length, done: end >= rows.length, records, ...(end < rows.length && { nextRecordsUrl: next }) },
  ];
};

const mailchimp: Vendor = ({ path, params, headers }) => {
  if (headers.authorization !== basic('any:key')) return noAccess;
  if (path !== '/3.0/search-members') return [404, {}];
  const rows = ownedBy(params.get('query') ?? '', true);
  const members = rows.slice(0, 30).map(({ owner, ...row }) => ({ ...row, email_address: owner }));
  return [200, { exact_matches: { members, total_items: rows.length }, full_search: { members: [], total_items: 0 } }];
};

/** A stand-in for each vendor with a preset, that answers as its documentation says. */
export const vendors = { superoffice, hubspot, zendesk, stripe, salesforce, mailchimp } as const;

/** Starts a vendor's stand-in; `asked` grows with every request. */
export const startVendor = async (vendor: Vendor) => {
  const asked: Asked[] = [];
  let base = '';
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', base);
    const body = Buffer.concat(await request.toArray()).toString();
    const { method = '', headers } = request;
    const one = { method, path: url.pathname, params: url.searchParams, headers, body };
    asked.push(one);
    const [status, answer] = vendor(one, base);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { base, asked, close };
};
