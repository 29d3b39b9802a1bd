import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSchema, graphql as execute, GraphQLError } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { graphql } from '../../connectors/graphql.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { collectionOf, systemOf } from './systems.ts';

const schema = buildSchema(`
  type Row { id: ID!, owner: String!, n: Int! }
  type PageInfo { hasNextPage: Boolean!, endCursor: String }
  type Rows { nodes: [Row!]!, pageInfo: PageInfo!, totalCount: Int! }
  type Query { rows(owner: String!, first: Int!, after: String): Rows, broken(owner: String!): [Row!] }
  type Mutation { forget(owner: String!): Boolean }
`);

interface Asked {
  readonly owner: string;
  readonly first: number;
  readonly after?: string;
}

const root = {
  rows: ({ owner, first, after = '0' }: Asked) => {
    const rows = heldRows.filter((row) => row.owner === owner);
    const end = Number(after) + first;
    const pageInfo = { hasNextPage: end < rows.length, endCursor: `${end}` };
    return { nodes: rows.slice(Number(after), end), pageInfo, totalCount: rows.length };
  },
  broken: ({ owner }: Asked) => {
    throw new GraphQLError(`no database for ${owner}`);
  },
};

type Reply = (body: string) => Promise<unknown>;

const engine: Reply = (body) => {
  const { query, variables } = JSON.parse(body);
  return execute({ schema, source: query, rootValue: root, variableValues: variables });
};

let reply = engine;
/** What a hostile source answers, instead of an engine. */
let hostile: { readonly status?: number; readonly headers?: Record<string, string>; readonly body: string } | undefined;
let base: string;
const asked: { url: string; body: string }[] = [];

const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray()).toString();
  asked.push({ url: request.url ?? '', body });
  if (hostile) return void response.writeHead(hostile.status ?? 200, hostile.headers).end(hostile.body);
  const answer = await reply(body);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
});

const query = `query Rows($owner: String!, $first: Int!, $after: String) {
  rows(owner: $owner, first: $first, after: $after) {
    nodes { id owner n } totalCount pageInfo { hasNextPage endCursor }
  }
}`;

const described = (options: object = {}) =>
  collectionOf({
    fields: ['id', 'owner', 'n'],
    identity: { email: 'owner' },
    options: {
      query,
      variables: { owner: '{value}', first: 500 },
      itemsPath: 'data.rows.nodes',
      totalPath: 'data.rows.totalCount',
      paging: { type: 'cursor', next: 'data.rows.pageInfo.hasNextPage && data.rows.pageInfo.endCursor' },
      ...options,
    },
  });

const connect = (options: object = {}, system: object = {}, secret = {}): Connector =>
  graphql({
    system: systemOf('graphql', { held: described(options) }, { baseUrl: base, ...system }),
    secret,
    allowLoopback: true,
  });

const lookupOf = (values: readonly string[], options: object = {}): Lookup => ({
  name: 'held',
  collection: described(options),
  field: 'owner',
  values,
});

const me = 'jens.hansen1@nordlys.example';

const find = async (options: object = {}, value = me): Promise<Found[]> => {
  const found: Found[] = [];
  for await (const page of connect(options).find(lookupOf([value], options))) found.push(...page.found);
  return found;
};

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

beforeEach(() => {
  reply = engine;
  hostile = undefined;
  asked.length = 0;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('graphql against the reference engine', () => {
  keepsTheContract({
    connector: () => connect(),
    lookup: lookupOf,
    down: () => connect({}, { baseUrl: 'http://127.0.0.1:1' }),
    ignoresCase: false,
  });
});

describe('what graphql sends', () => {
  test.each(['"', '\\', '") { id } mutation { forget(owner: "x") }', '}', '$owner', '#', '"""', '{value}', '\n'])(
    'is the query of the map unchanged, with %j as a variable',
    async (value) => {
      expect(await find({}, value)).toEqual([]);
      expect(JSON.parse(asked[0]?.body ?? '')).toEqual({ query, variables: { owner: value, first: 500 } });
    },
  );

  test('goes where the map says, with the secret as proof', async () => {
    const connector = connect({}, { path: '/api/2027/graphql', auth: { type: 'bearer' } }, { token: 'tok3n' });
    await connector.check();
    expect(asked[0]?.url).toBe('/api/2027/graphql');
  });

  test.each([
    ['a mutation', 'mutation { forget(owner: $owner) }'],
    ['a value in the text of a query', 'query { rows(owner: "{value}") { nodes { id } } }'],
  ])('is never %s', (_, text) => {
    expect(() => connect({ query: text })).toThrow(/collections\.held\.options\.query/);
  });
});

describe('an answer with errors behind graphql', () => {
  test('is refused for good when the query is wrong', async () => {
    const wrong = { query: 'query { nothing }', variables: {} };
    await expect(find(wrong)).rejects.toMatchObject({ name: 'SourceMalformed' });
  });

  test('is an outage when the source fails in the middle, and is not repeated', async () => {
    const broken = { query: 'query ($owner: String!) { broken(owner: $owner) { id } }', itemsPath: 'data.broken' };
    const options = { ...broken, variables: { owner: '{value}' }, totalPath: undefined, paging: { type: 'none' } };
    const failure = await find(options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'SourceUnavailable' });
    expect(String(failure)).not.toContain('jens');
  });

  test.each([
    ['part of the data', { data: { rows: { nodes: [], totalCount: 0 } }, errors: [{ message: 'late' }] }],
    ['nothing but errors', { errors: [{ message: 'no' }] }],
    ['no list', { data: { rows: null } }],
    ['an empty object', {}],
    ['null', null],
    ['less than it announced', { data: { rows: { nodes: [], totalCount: 3, pageInfo: { hasNextPage: false } } } }],
  ])('is no answer: %s', async (_, answer) => {
    reply = async () => answer;
    await expect(find()).rejects.toMatchObject({ name: expect.stringMatching(/^Source(Malformed|Unavailable)$/) });
  });

  test('is refused for a cursor that comes again', async () => {
    const pageInfo = { hasNextPage: true, endCursor: 'same' };
    let n = 0;
    reply = async () => {
      n += 1;
      return { data: { rows: { nodes: [{ id: n, owner: me, n }], totalCount: 9, pageInfo } } };
    };
    await expect(find()).rejects.toThrow('repeats a cursor');
  });
});

describe('a hostile source behind graphql', () => {
  const row = '{"id":"1","owner":"x","n":1}';

  test.each([
    ['nothing', ''],
    ['HTML', '<html>'],
    ['a list of answers', `[{"data":{"rows":{"nodes":[${row}]}}}]`],
    ['data that is null', '{"data":null}'],
    ['null for a list', '{"data":{"rows":{"nodes":null}}}'],
    ['an object for a list', `{"data":{"rows":{"nodes":${row}}}}`],
    ['a list of texts', '{"data":{"rows":{"nodes":["x"]}}}'],
    ['a list that stands twice', `{"data":{"rows":{"nodes":[${row}],"nodes":[]}}}`],
    ['a member named __proto__', '{"data":{"rows":{"nodes":[{"id":{"__proto__":{"admin":true}}}]}}}'],
    ['brackets without end', '['.repeat(1_000_000)],
    ['a count that is no number', '{"data":{"rows":{"nodes":[],"totalCount":"many"}}}'],
    ['fewer rows than it announced', `{"data":{"rows":{"nodes":[${row}],"totalCount":3}}}`],
  ])('is refused for %s', async (_, body) => {
    hostile = { body };
    await expect(find()).rejects.toMatchObject({ name: 'SourceMalformed', message: expect.stringMatching(/^held: /) });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('is an outage where it says that something failed, in whatever shape, and nothing of what it says is repeated', async () => {
    for (const errors of ['"x@y.example"', '{"message":"x@y.example"}', '[{"message":"x@y.example"}]', 'true', '0']) {
      hostile = { body: `{"errors":${errors},"data":{"rows":{"nodes":[]}}}` };
      await expect(find()).rejects.toMatchObject({
        name: 'SourceUnavailable',
        message: expect.not.stringContaining('x@y'),
      });
    }
  });

  test.each(['null', '[]'])('is believed where its list of errors is %s, as some servers write it', async (errors) => {
    hostile = {
      body: `{"errors":${errors},"data":{"rows":{"nodes":[],"totalCount":0,"pageInfo":{"hasNextPage":false}}}}`,
    };
    expect(await find()).toEqual([]);
  });

  test('is not followed to another place', async () => {
    hostile = { status: 307, headers: { location: `${base}/elsewhere` }, body: '' };
    await expect(find()).rejects.toMatchObject({ name: /^Source/ });
    expect(asked.map(({ url }) => url)).not.toContain('/elsewhere');
  });
});
