import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { lambda } from '../../connectors/lambda.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import { openFaults } from '../../local/faults.ts';
import { type Gateway, openGateway } from '../../local/gateway.ts';
import { type Lambda, openLambda } from '../../local/lambda.ts';
import { memoryStore, stillClock } from '../local/small-gateway.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { collectionOf, systemOf } from './systems.ts';

// The function that somebody brings: by the collection's name it is honest or hostile.
const brought = `
import { readFileSync } from 'node:fs';
const held = JSON.parse(readFileSync(new URL('rows.json', import.meta.url), 'utf8'));
const ways = {
  held: ({ field, values, cursor = '0' }) => {
    const rows = held.filter((row) => values.includes(row[field]));
    const end = Number(cursor) + 500;
    return { rows: rows.slice(Number(cursor), end), ...(end < rows.length && { cursor: String(end) }) };
  },
  echo: (event) => ({ rows: [{ id: JSON.stringify(event), owner: event.values[0], n: 1, undescribed: 'x' }] }),
  throws: ({ values }) => { throw new Error('no database for ' + values[0]); },
  exits: () => process.exit(1),
  again: () => ({ rows: [], cursor: 'same' }),
  nothing: () => undefined,
  text: () => 'rows',
  'no-rows': () => ({ items: [] }),
  'odd-rows': () => ({ rows: [['x']] }),
  'odd-cursor': () => ({ rows: [], cursor: 7 }),
  prototype: () => JSON.parse('{"rows":[{"__proto__":{"admin":true}}]}'),
  big: () => ({ rows: [{ id: 'x'.repeat(7_000_000) }] }),
};
export const handler = async (event) => ways[event.collection](event);
`;

const folder = mkdtempSync(join(tmpdir(), 'brought-'));
let functions: Lambda;
let gateway: Gateway;
let endpoint: string;

const openFunctions = (): Lambda =>
  openLambda({
    store: memoryStore(),
    clock: stillClock(),
    logsDir: join(folder, 'logs'),
    compiledDir: join(folder, 'compiled'),
    endpoint: () => 'http://127.0.0.1:1',
    credentialsOf: () => ({ accessKeyId: 'local', secretAccessKey: 'local' }),
    deliver: async () => undefined,
    functions: [
      {
        name: 'Archive',
        arn: 'arn:aws:lambda:eu-west-1:123456789012:function:Archive',
        roleArn: 'arn:aws:iam::123456789012:role/Archive',
        handler: 'index.handler',
        runtime: 'nodejs24.x',
        codeDir: join(folder, 'code'),
        environment: {},
        timeoutSeconds: 20,
        memoryMb: 128,
        logGroup: '/aws/lambda/Archive',
        async: {},
      },
    ],
  });

beforeAll(async () => {
  mkdirSync(join(folder, 'code'));
  writeFileSync(join(folder, 'code/index.mjs'), brought);
  writeFileSync(join(folder, 'code/rows.json'), JSON.stringify(heldRows));
  functions = openFunctions();
  gateway = await openGateway({
    port: 0,
    clock: stillClock(),
    services: [functions],
    faults: openFaults(),
    authenticate: () => ({ accessKeyId: 'local' }),
    authorise: () => undefined,
  });
  endpoint = `http://127.0.0.1:${gateway.port}`;
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway.close();
  await functions.close();
  rmSync(folder, { recursive: true });
});

const described = collectionOf({ fields: ['id', 'owner', 'n'], identity: { email: 'owner' } });

const connect = (options: object = {}, at = endpoint): Connector => {
  vi.stubEnv('AWS_ENDPOINT_URL', at);
  const system = systemOf('lambda', { held: described }, { function: 'Archive', ...options });
  return lambda({ system, secret: {}, allowLoopback: true });
};

const lookupOf = (values: readonly string[], name = 'held'): Lookup => ({
  name,
  collection: described,
  field: 'owner',
  values,
});

const find = async (name: string, values: readonly string[], options = {}): Promise<Found[]> => {
  const found: Found[] = [];
  for await (const page of connect(options).find(lookupOf(values, name))) found.push(...page.found);
  return found;
};

describe('lambda in the local cloud', () => {
  keepsTheContract({
    connector: () => connect(),
    lookup: lookupOf,
    down: () => connect({}, 'http://127.0.0.1:1'),
    ignoresCase: false,
  });

  test('tells the function what to look for, in as many calls as it takes, and keeps described fields only', async () => {
    const found = await find('echo', ['a', 'b', 'c'], { values: 2 });
    expect(found.map(({ row }) => JSON.parse(String(row.id)))).toEqual([
      { version: 1, collection: 'echo', field: 'owner', values: ['a', 'b'], fields: ['id', 'owner', 'n'] },
      { version: 1, collection: 'echo', field: 'owner', values: ['c'], fields: ['id', 'owner', 'n'] },
    ]);
    expect(found[0]?.row).not.toHaveProperty('undescribed');
  });

  test.each(['throws', 'exits', 'big'])('says that the source is unavailable when the function %s', async (name) => {
    const failure = await find(name, ['jens@nordlys.example']).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'SourceUnavailable' });
    expect(String(failure)).not.toContain('jens');
  });

  test.each(['nothing', 'text', 'no-rows', 'odd-rows', 'odd-cursor', 'prototype', 'again'])(
    'refuses an answer that is none: %s',
    async (name) => {
      await expect(find(name, ['jens@nordlys.example'])).rejects.toMatchObject({ name: 'SourceMalformed' });
      expect(({} as { admin?: boolean }).admin).toBeUndefined();
    },
  );

  test('refuses a function that is not there, and a name that is none', async () => {
    await expect(find('held', ['x'], { function: 'Missing' })).rejects.toMatchObject({ name: 'SourceMalformed' });
    expect(() => connect({ function: 'arn:aws:s3:::bucket' })).toThrow('connector.options.function');
  });
});
