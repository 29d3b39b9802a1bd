import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphql } from '../../connectors/graphql.ts';
import { mssql } from '../../connectors/mssql.ts';
import { mysql } from '../../connectors/mysql.ts';
import { postgres } from '../../connectors/postgres.ts';
import { rest } from '../../connectors/rest.ts';
import type { ConnectorFactory } from '../../domain/connector.ts';
import { collectionOf, systemOf } from './systems.ts';

/** Every secret of the suite holds it. */
const mark = 'hemmelig-vzq';

/** What a hostile system does with what it is sent: gives it back wherever an error could take it from. */
const echoes: readonly ((request: IncomingMessage, body: string, response: ServerResponse) => unknown)[] = [
  ({ headers }, body, response) => response.writeHead(401, { 'x-echo': mark }).end(JSON.stringify([headers, body])),
  ({ headers }, body, response) => response.writeHead(400).end(JSON.stringify([headers, body])),
  ({ headers }, body, response) => response.writeHead(200).end(`${JSON.stringify(headers)} ${body}`),
  ({ headers }, body, response) =>
    response.writeHead(200).end(JSON.stringify({ errors: [{ message: headers, body }] })),
  ({ headers }, _, response) => response.writeHead(302, { location: `/${headers.authorization ?? mark}` }).end(),
  (_, __, response) => response.destroy(),
];

let echo = echoes[0];
let base: string;
const server = createServer(async (request, response) => {
  const body = (await request.toArray()).join('');
  echo?.(request, body, response);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const collections = {
  sql: () => collectionOf({ fields: ['id', 'owner'], at: 'held', identity: { email: 'owner' } }),
  http: (options: object) =>
    collectionOf({ fields: ['id', 'owner'], identity: { email: 'owner' }, options: { ...options } }),
};

interface Case {
  readonly factory: ConnectorFactory;
  readonly type: string;
  readonly options?: () => object;
  readonly secret: object;
}

/** All that was thrown on the way from a secret to an answer, as the worst logger would print it. */
const saidBy = async ({ factory, type, options = () => ({}), secret }: Case): Promise<string> => {
  const kinds: Record<string, object> = {
    rest: { path: '/held', query: { owner: '{value}' }, itemsPath: 'rows' },
    graphql: {
      query: 'query R($value: String!) { rows(owner: $value) { id owner } }',
      variables: { value: '{value}' },
      itemsPath: 'rows',
    },
  };
  const held = kinds[type] ? collections.http(kinds[type]) : collections.sql();
  const errors: unknown[] = [];
  try {
    const system = systemOf(type, { held }, { ...options() });
    const connector = factory({ system, secret: secret as Record<string, string>, allowLoopback: true });
    const lookup = { name: 'held', collection: held, field: 'owner', values: ['a@b.example'] };
    const read = async () => {
      for await (const _ of connector.find(lookup)) void _;
    };
    for (const ask of [read, () => connector.check()]) await ask().catch((error: unknown) => errors.push(error));
    await connector.close?.();
  } catch (error) {
    errors.push(error);
  }
  expect(errors.length).toBeGreaterThan(0);
  return errors.map((error) => inspect(error, { depth: 20, showHidden: true })).join('\n');
};

const login = {
  host: '127.0.0.1',
  port: '1',
  dbname: `${mark}-db`,
  username: `${mark}-user`,
  password: `${mark}-word`,
};
const databases = { postgres, mysql, mssql } as Readonly<Record<string, ConnectorFactory>>;

describe.each(Object.entries(databases))('T63: no error of %s holds a part of its secret', (type, factory) => {
  test.each([
    ['nobody answers', login],
    ['its host is none', { ...login, host: `${mark}.invalid` }],
    ['its port is none', { ...login, port: `${mark}-port` }],
    ['it lacks a part', { ...login, host: undefined }],
  ])('when %s', async (_, secret) => {
    expect(await saidBy({ factory, type, secret })).not.toContain(mark);
  });
});

const auths: readonly (readonly [string, object, object])[] = [
  ['bearer', { type: 'bearer' }, { token: `${mark}-token` }],
  ['a token with a blank', { type: 'bearer' }, { token: `${mark} token` }],
  ['a header', { type: 'header', name: 'x-key' }, { token: `${mark}-token` }],
  ['basic', { type: 'basic' }, { username: `${mark}-user`, password: `${mark}-word` }],
  ['oauth2', { type: 'oauth2', tokenUrl: '/token' }, { clientId: `${mark}-id`, clientSecret: `${mark}-word` }],
  [
    'a refresh token',
    { type: 'oauth2', tokenUrl: '/token', grant: 'refresh_token' },
    { clientId: `${mark}-id`, clientSecret: `${mark}-word`, refreshToken: `${mark}-refresh` },
  ],
  ['a secret without what it needs', { type: 'oauth2', tokenUrl: '/token' }, { clientId: `${mark}-id`, other: mark }],
];

describe.each([
  ['rest', rest],
  ['graphql', graphql],
] as const)('T63: no error of %s holds a part of its secret', (type, factory) => {
  const said = (auth: object, secret: object) =>
    saidBy({ factory: factory as ConnectorFactory, type, options: () => ({ baseUrl: base, auth }), secret });

  test.each(auths)('that logs in by %s, whatever a hostile source answers', async (_, auth, secret) => {
    const basic = Buffer.from(`${mark}-user:${mark}-word`).toString('base64');
    for (const each of echoes) {
      echo = each;
      const errors = await said(auth, secret);
      expect(errors).not.toContain(mark);
      expect(errors).not.toContain(basic);
    }
  });

  test('that logs in to SuperOffice with a key that is none', async () => {
    const secret = {
      applicationToken: `${mark}-app`,
      systemUserToken: `${mark}-user`,
      privateKey: `-----BEGIN ${mark}`,
    };
    const errors = await said({ type: 'superoffice', tenant: 'Cust1', login: base }, secret);
    expect(errors).not.toContain(mark);
    expect(errors).toContain('SourceMalformed: secret.privateKey: not a private key');
  });
});
