import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rest } from '../../connectors/rest.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { liveBytes } from './live-memory.ts';
import { collectionOf, systemOf } from './systems.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => unknown;

let answer: Handler;
let base: string;
const asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];

const server = createServer(async (request, response) => {
  const body = (await request.toArray()).join('');
  asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
  answer(request, response, new URL(request.url ?? '/', base));
});

const json = (response: ServerResponse, body: unknown, headers = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const pageSize = 500;

const heldOf = (url: URL) => heldRows.filter(({ owner }) => owner === url.searchParams.get('owner'));

/** How a source pages, by the name of our paging. */
const pagings: Record<string, { options: object; handler: Handler }> = {
  cursor: {
    options: { paging: { type: 'cursor', next: 'meta.next' } },
    handler: (_, response, url) => {
      const rows = heldOf(url);
      const start = Number(url.searchParams.get('cursor') ?? 0);
      const next = start + pageSize < rows.length ? start + pageSize : null;
      json(response, { data: { rows: rows.slice(start, start + pageSize) }, meta: { next, total: rows.length } });
    },
  },
  page: {
    options: { paging: { type: 'page', size: { param: 'per_page', value: 400 } } },
    handler: (_, response, url) => {
      const size = Number(url.searchParams.get('per_page'));
      const start = (Number(url.searchParams.get('page')) - 1) * size;
      json(response, { data: { rows: heldOf(url).slice(start, start + size) } });
    },
  },
  offset: {
    options: { paging: { type: 'offset' }, totalPath: 'meta.total' },
    handler: (_, response, url) => {
      const rows = heldOf(url);
      const start = Number(url.searchParams.get('offset'));
      json(response, { data: { rows: rows.slice(start, start + pageSize) }, meta: { total: rows.length } });
    },
  },
  link: {
    options: { paging: { type: 'link' } },
    handler: (_, response, url) => {
      const rows = heldOf(url);
      const start = Number(url.searchParams.get('start') ?? 0);
      url.searchParams.set('start', `${start + pageSize}`);
      const link = start + pageSize < rows.length ? { link: `<${url.pathname}${url.search}>; rel="next"` } : {};
      json(response, { data: { rows: rows.slice(start, start + pageSize) } }, link);
    },
  },
};

const described = (options: object = {}) => {
  const own = { path: '/held', query: { owner: '{value}' }, itemsPath: 'data.rows', ...options };
  return collectionOf({ fields: ['id', 'owner', 'n'], identity: { email: 'owner' }, options: own });
};

const connect = (options: object = {}, system: Readonly<Record<string, unknown>> = {}, secret = {}): Connector =>
  rest({
    system: systemOf('rest', { held: described(options) }, { baseUrl: base, ...system }),
    secret,
    allowLoopback: true,
  });

const lookupWith = (values: readonly string[], options: object = {}): Lookup => ({
  name: 'held',
  collection: described(options),
  field: 'owner',
  values,
});

const me = ['jens.hansen1@nordlys.example'];

const find = async (options: object = {}, system = {}, secret = {}, values: readonly string[] = me) => {
  const found: Found[] = [];
  const pages = connect(options, system, secret).find(lookupWith(values, options));
  for await (const page of pages) found.push(...page.found);
  return found.map(({ row }) => row);
};

const malformed = (message: RegExp | string) => ({ name: 'SourceMalformed', message: expect.stringMatching(message) });
const unavailable = (message: RegExp | string) => ({
  name: 'SourceUnavailable',
  message: expect.stringMatching(message),
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  asked.length = 0;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

for (const [name, { options, handler }] of Object.entries(pagings))
  describe(`rest with ${name} paging`, () => {
    beforeEach(() => {
      answer = handler;
    });
    keepsTheContract({
      connector: () => connect(options),
      lookup: (values) => lookupWith(values, options),
      down: () => connect(options, { baseUrl: 'http://127.0.0.1:1' }),
      ignoresCase: false,
    });
  });

describe('what rest sends', () => {
  beforeEach(() => {
    answer = (_, response) => json(response, { data: { rows: [] } });
  });

  test('encodes a value in path and query so that it stays one segment and one parameter', async () => {
    await find({ path: '/people/{value}/rows', query: { a: 'x-{value}' } }, {}, {}, ['a/../b?c#d&e=f %2e', '..', '']);
    expect(asked.map(({ url }) => url)).toEqual([
      '/people/a%2F..%2Fb%3Fc%23d%26e%3Df%20%252e/rows?a=x-a%2F..%2Fb%3Fc%23d%26e%3Df%20%252e',
    ]);
  });

  test('escapes a value inside the text of a search language, and refuses a description that does not', async () => {
    await find({ query: { $filter: "email eq '{value|odata}'" } }, {}, {}, ["o'brien@b.example"]);
    expect(new URL(asked[0]?.url ?? '', base).searchParams.get('$filter')).toBe("email eq 'o''brien@b.example'");
    expect(() => connect({ query: { q: "email = '{value}'" } })).toThrow(/collections\.held\.options\.query\.q/);
  });

  test('posts a JSON body that holds the value as a text', async () => {
    const options = { method: 'POST', query: {}, body: { search: [{ email: '{value}' }] } };
    await find(options, {}, {}, ['"},{"email":"*']);
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/held' });
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ search: [{ email: '"},{"email":"*' }] });
  });

  test.each([
    [{ type: 'bearer' }, { token: 'tok3n' }, { authorization: 'Bearer tok3n' }],
    [{ type: 'header', name: 'X-Key' }, { token: 'tok3n' }, { 'x-key': 'tok3n' }],
    [{ type: 'basic' }, { username: 'u', password: 'pæ' }, { authorization: 'Basic dTpww6Y=' }],
  ])('proves who asks with %j from the secret', async (auth, secret, headers) => {
    await find({}, { auth }, secret);
    expect(asked[0]?.headers).toMatchObject(headers);
    expect(() => connect({}, { auth }, { other: 'x' })).toThrow(/secret\./);
  });

  test.each([
    ['client_credentials', {}, { client_id: 'app', client_secret: 'shh', scope: 'read' }],
    ['refresh_token', { refreshToken: 'again' }, { refresh_token: 'again' }],
  ])('fetches an OAuth token with the grant %s, once, and asks with it', async (grant, more, form) => {
    answer = (_, response, url) =>
      url.pathname === '/token'
        ? json(response, { access_token: 'tok3n', token_type: 'Bearer', expires_in: 3600 })
        : json(response, { data: { rows: [] } });
    const auth = { type: 'oauth2', tokenUrl: `${base}/token`, grant, scope: 'read' };
    await find({}, { auth }, { clientId: 'app', clientSecret: 'shh', ...more }, ['a', 'b']);
    expect(asked.map(({ url }) => url)).toEqual(['/token', '/held?owner=a', '/held?owner=b']);
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toMatchObject({ grant_type: grant, ...form });
    expect(asked[2]?.headers).toMatchObject({ authorization: 'Bearer tok3n' });
  });

  test.each([
    [400, '{"error":"invalid_client"}', 'SourceMalformed'],
    [401, '', 'SourceUnavailable'],
    [503, '', 'SourceUnavailable'],
    [200, '<html>', 'SourceMalformed'],
    [200, '{"access_token":"a b"}', 'SourceMalformed'],
    [302, '', 'SourceMalformed'],
  ])('asks for nothing when the log-in answers %i with %j', async (status, body, name) => {
    answer = (_, response) => response.writeHead(status, { location: '/elsewhere' }).end(body);
    const secret = { clientId: 'app', clientSecret: 'shh-secret' };
    const failure = await find({}, { auth: { type: 'oauth2', tokenUrl: '/token' } }, secret).catch((error) => error);
    expect(failure).toMatchObject({ name });
    expect(String(failure)).not.toContain('shh');
    expect(asked.map(({ url }) => url)).toEqual(['/token']);
  });

  test('never logs in at an address that is not public', () => {
    const auth = { type: 'oauth2', tokenUrl: 'https://169.254.169.254/token' };
    expect(() => connect({}, { auth }, { clientId: 'app', clientSecret: 'shh' })).toThrow('not a public address');
  });

  test('keeps to the rate it is given', async () => {
    const start = performance.now();
    await find({}, { requestsPerSecond: 20 }, {}, ['a', 'b', 'c', 'd']);
    expect(asked).toHaveLength(4);
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  test('keeps to its share of the rate where several ask a system at once', async () => {
    const { connector, ...system } = systemOf('rest', { held: described() }, { baseUrl: base, requestsPerSecond: 40 });
    const shared = { ...system, connector: { ...connector, concurrency: 2 } };
    const start = performance.now();
    for await (const _ of rest({ system: shared, secret: {}, allowLoopback: true }).find(
      lookupWith(['a', 'b', 'c', 'd']),
    ));
    expect(performance.now() - start).toBeGreaterThan(140);
  });

  test('lets the base address of the secret win', async () => {
    await find({}, { baseUrl: 'https://nordlys.example' }, { baseUrl: `${base}/v2/` });
    expect(asked[0]?.url).toBe('/v2/held?owner=jens.hansen1%40nordlys.example');
  });
});

describe('what rest reads', () => {
  const rows = (...items: unknown[]) => {
    answer = (_, response) => json(response, { data: { rows: items } });
  };

  test('maps fields by JMESPath and keeps numbers exact', async () => {
    answer = (_, response) =>
      response
        .writeHead(200)
        .end('{"data":{"rows":[{"key":{"id":9007199254740993},"owner":"me","n":0.12345678901234567890,"more":1}]}}');
    expect(await find({ fields: { id: 'key.id' } })).toEqual([
      { id: 9007199254740993n, owner: 'me', n: '0.12345678901234567890' },
    ]);
  });

  test('takes the value that was asked for where an answer does not repeat it', async () => {
    rows({ id: 'a', n: 1 });
    expect(await find({ fields: { owner: '{value}' } })).toEqual([{ id: 'a', owner: me[0], n: 1 }]);
  });

  test('waits as long as a busy source asks, a few times', async () => {
    let calls = 0;
    answer = (_, response) => {
      calls += 1;
      if (calls < 3) response.writeHead(429, { 'retry-after': '0' }).end();
      else json(response, { data: { rows: [] } });
    };
    expect(await find()).toEqual([]);
    expect(calls).toBe(3);
  });

  test.each([401, 403, 429, 500, 502, 503])('says that a source is unavailable when it answers %i', async (status) => {
    answer = (_, response) => response.writeHead(status, { 'retry-after': '3600' }).end('{"data":{"rows":[]}}');
    await expect(find()).rejects.toMatchObject(unavailable(`held: answered ${status}`));
  });

  test('says so when a source cuts the connection in the middle of an answer', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"data":');
      setImmediate(() => response.destroy());
    };
    await expect(find()).rejects.toMatchObject(unavailable('no answer'));
  });

  test('says so when a source does not answer in time', async () => {
    answer = () => undefined;
    await expect(find({}, { limits: { seconds: 1 } })).rejects.toMatchObject(unavailable('no answer'));
  });

  test('needs the memory of a page, not of everything: 300 MB pass in less than 60 MB', async () => {
    const rows = Array.from({ length: 100 }, (_, n) => ({ id: n, owner: 'me', n, text: 'x'.repeat(10_000) }));
    answer = (_, response, url) => {
      const page = Number(url.searchParams.get('cursor') ?? 0);
      json(response, { data: { rows }, next: page < 299 ? page + 1 : null });
    };
    const options = { paging: { type: 'cursor', next: 'next' } };
    const before = liveBytes();
    let most = 0;
    let count = 0;
    for await (const { found } of connect(options).find(lookupWith(me, options))) {
      count += found.length;
      if (count % 2_000 === 0) most = Math.max(most, liveBytes());
    }
    expect(count).toBe(30_000);
    expect(most - before).toBeLessThan(60 * 1_048_576);
  });

  test('takes a status for nothing only where the map says so', async () => {
    answer = (_, response) => response.writeHead(404).end('gone');
    await expect(find()).rejects.toMatchObject(malformed('answered 404'));
    expect(await find({ nothing: [404] })).toEqual([]);
  });

  test('stops an open request when it is told to', async () => {
    answer = () => undefined;
    const signal = AbortSignal.timeout(50);
    const pages = connect().find(lookupWith(me), { signal });
    await expect(pages[Symbol.asyncIterator]().next()).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('a hostile source behind rest', () => {
  const text = (body: string | Buffer, headers = {}) => {
    answer = (_, response) => response.writeHead(200, headers).end(body);
  };

  test.each([
    ['an error with status 200', '{"error":"database is down"}'],
    ['an object for a list', '{"data":{"rows":{"id":1}}}'],
    ['null for a list', '{"data":{"rows":null}}'],
    ['a list of texts', '{"data":{"rows":["x"]}}'],
    ['HTML', '<html>'],
    ['nothing', ''],
    ['a list that stands twice', '{"data":{"rows":[{"id":1}],"rows":[]}}'],
    ['a field that stands twice', '{"data":{"rows":[{"id":1,"owner":"x","owner":"y"}]}}'],
    ['a member named __proto__', '{"data":{"rows":[{"id":1,"owner":{"__proto__":{"admin":true}}}]}}'],
    ['brackets without end', '['.repeat(1_000_000)],
  ])('is refused for %s', async (_, body) => {
    text(body);
    await expect(find()).rejects.toMatchObject(malformed(/^held: /));
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('is refused for other alphabets than UTF-8, declared or not, and for a compression nobody asked for', async () => {
    text(Buffer.from('{"data":{"rows":[{"owner":"s\xf8ren"}]}}', 'latin1'));
    await expect(find()).rejects.toMatchObject(malformed('not UTF-8'));
    text('{"data":{"rows":[]}}', { 'content-type': 'application/json; charset=utf-16le' });
    await expect(find()).rejects.toMatchObject(malformed('not plain UTF-8'));
    text('{"data":{"rows":[]}}', { 'content-encoding': 'br' });
    await expect(find()).rejects.toMatchObject(malformed('not plain UTF-8'));
  });

  test('is cut off after the bytes it may send: a body of 1 GB is not read', async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1_048_576, ' ');
    answer = (_, response) => {
      const more = (): void => {
        while (sent < 1_024 && !response.destroyed) {
          sent += 1;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      response.writeHead(200);
      more();
    };
    const before = liveBytes();
    await expect(find()).rejects.toMatchObject(malformed('longer than 16777216 bytes'));
    expect(sent).toBeLessThan(200);
    expect(liveBytes() - before).toBeLessThan(60 * 1_048_576);
  });

  test('is refused for paging without end', async () => {
    let page = 0;
    answer = (_, response) => {
      page += 1;
      json(response, { data: { rows: [{ id: page, owner: 'me', n: 1 }] }, next: `c${page}` });
    };
    const endless = { paging: { type: 'cursor', next: 'next' } };
    await expect(find(endless, { limits: { pages: 20 } })).rejects.toMatchObject(malformed('more than 20 pages'));
    await expect(find(endless, { limits: { rows: 10 } })).rejects.toMatchObject(malformed('more than 10 rows'));
  });

  test('is refused for a cursor or a page that comes again', async () => {
    let page = 0;
    answer = (_, response) => {
      page += 1;
      json(response, { data: { rows: [{ id: page }] }, next: ['a', 'b'][page % 2] });
    };
    const paging = { type: 'cursor', next: 'next' };
    await expect(find({ paging })).rejects.toMatchObject(malformed('repeats a cursor'));
    text('{"data":{"rows":[{"id":1}]}}');
    await expect(find({ paging: { type: 'page' } })).rejects.toMatchObject(malformed('repeats a page'));
  });

  test('is refused when it gives fewer rows than it announced', async () => {
    text('{"data":{"rows":[{"id":1}],"total":3}}');
    await expect(find({ totalPath: 'data.total' })).rejects.toMatchObject(malformed('announced 3 rows and gave 1'));
  });

  test.each(['http://169.254.169.254/latest/meta-data/', 'http://[::1]/', '/elsewhere'])(
    'is not followed to %s',
    async (location) => {
      answer = (_, response) => response.writeHead(302, { location }).end();
      await expect(find()).rejects.toMatchObject(malformed('redirect'));
      expect(asked).toHaveLength(1);
    },
  );

  test('is not followed to a next page on another host', async () => {
    text('{"data":{"rows":[]}}', { link: '<http://169.254.169.254/latest>; rel="next"' });
    await expect(find({ paging: { type: 'link' } })).rejects.toMatchObject(malformed('another host'));
  });
});

describe('where rest connects', () => {
  const at = (baseUrl: string, allowLoopback: boolean): Connector =>
    rest({ system: systemOf('rest', { held: described() }, { baseUrl }), secret: {}, allowLoopback });

  test.each([
    'http://nordlys.example',
    'http://127.0.0.1',
    'https://127.0.0.1',
    'https://[::1]',
    'https://10.0.0.1',
    'https://192.168.1.1',
    'https://169.254.169.254',
    'https://0x7f000001',
    'https://2130706433',
    'https://[::ffff:169.254.169.254]',
    'https://[fd00::1]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://user:secret@nordlys.example',
    'ftp://nordlys.example',
    'not an address',
  ])('never to %s', (baseUrl) => {
    expect(() => at(baseUrl, false)).toThrow(/baseUrl/);
  });

  test('never to a private address even where this machine is allowed', () => {
    expect(() => at('http://169.254.169.254', true)).toThrow(/baseUrl/);
    expect(() => at('https://10.0.0.1', true)).toThrow(/baseUrl/);
    expect(() => at('http://nordlys.example', true)).toThrow(/baseUrl/);
  });

  test('never to this machine by a name that resolves to it', async () => {
    await expect(at('https://localhost', false).check()).rejects.toMatchObject(malformed('not public'));
  });
});
