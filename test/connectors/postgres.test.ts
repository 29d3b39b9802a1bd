import net from 'node:net';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { postgres } from '../../connectors/postgres.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import type { Canary, Collection } from '../../domain/data-map.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { collectionOf, systemOf } from './systems.ts';

let db: PGlite;
let server: PGLiteSocketServer;
let port: number;
const open: Connector[] = [];

const held = collectionOf({ fields: ['id', 'owner', 'n'], identity: { email: 'owner' } });

const connect = (
  collections: Record<string, Collection> = { held },
  options = {},
  secret = {},
  canary?: Canary,
): Connector => {
  const login = { host: '127.0.0.1', port: String(port), dbname: 'postgres', username: 'postgres', password: 'secret' };
  const system = systemOf('postgres', collections, options, canary);
  const connector = postgres({ system, secret: { ...login, ...secret }, allowLoopback: true });
  open.push(connector);
  return connector;
};

const rowsOf = async (collection: Collection, name: string, field: string, values: readonly string[], options = {}) => {
  const found: Found[] = [];
  const connector = connect({ [name]: collection }, options);
  for await (const page of connector.find({ name, collection, field, values })) found.push(...page.found);
  return found.map(({ row }) => row);
};

beforeAll(async () => {
  db = await PGlite.create();
  await db.exec(`create table held (id text primary key, owner text, n integer);
    create table every_type (id bigint primary key, owner text, big bigint, money numeric, real_ double precision, yes boolean,
      day date, moment timestamptz, local timestamp, bytes bytea, doc jsonb, fixed char(8), tags text[], bigs bigint[],
      amounts numeric[], span interval, nothing text, uid uuid);
    insert into every_type values (9007199254740993, 'a', 9223372036854775807, 12345678901234567890.10, 0.1, true,
      '2026-02-28', '2026-02-28 23:30:00.123456+01', '2026-02-28 23:30:00', '\\x00ff', '{"n": 9007199254740993, "m": 1.5}', 'ab',
      '{"a,b",null,"c\\"d"}', '{9223372036854775807}', '{0.10}', '1 day 2 hours', null, '7d444840-9dc0-11d1-b245-5ffdce74fad2');
    create table "odd "" name" ("id" integer, part text, "Ow""ner" text, primary key (id, part));
    insert into "odd "" name" select 1, chr(96 + n), 'me' from generate_series(1, 5) n;
    create table doubled (id integer, owner text);
    insert into doubled values (1, 'me'), (1, 'me'), (null, 'you');`);
  const rows = JSON.stringify(heldRows);
  await db.query('insert into held select * from json_populate_recordset(null::held, $1)', [rows]);
  const probe = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  port = (probe.address() as net.AddressInfo).port;
  await new Promise((resolve) => probe.close(resolve));
  server = new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 200 });
  await server.start();
}, 60_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((connector) => connector.close?.()));
});

afterAll(async () => {
  await server.stop();
  await db.close();
});

const lookup = (values: readonly string[]): Lookup => ({ name: 'held', collection: held, field: 'owner', values });

describe('postgres', () => {
  keepsTheContract({
    connector: () => connect(),
    lookup,
    down: () => connect({ held }, {}, { port: '1' }),
    ignoresCase: true,
  });
  describe('in pages of seven rows', () => {
    keepsTheContract({
      connector: () => connect({ held }, { pageSize: 7 }),
      lookup,
      down: () => connect({ held }, {}, { port: '1' }),
      ignoresCase: true,
    });
  });

  test('keeps every type exact', async () => {
    const fields = 'id,owner,big,money,real_,yes,day,moment,local,bytes,doc,fixed,tags,bigs,amounts,span,nothing,uid';
    const [row] = await rowsOf(collectionOf({ fields: fields.split(',') }), 'every_type', 'owner', ['a']);
    expect(row).toEqual({
      id: 9007199254740993n,
      owner: 'a',
      big: 9223372036854775807n,
      money: '12345678901234567890.10',
      real_: 0.1,
      yes: true,
      day: '2026-02-28',
      moment: '2026-02-28T22:30:00.123456Z',
      local: '2026-02-28T23:30:00',
      bytes: 'AP8=',
      doc: { n: 9007199254740993n, m: 1.5 },
      fixed: 'ab',
      tags: ['a,b', null, 'c"d'],
      bigs: [9223372036854775807n],
      amounts: ['0.10'],
      span: 'P1DT2H',
      nothing: null,
      uid: '7d444840-9dc0-11d1-b245-5ffdce74fad2',
    });
  });

  test('looks up numbers, dates and uuids, and takes a text that can not be one for nobody', async () => {
    const collection = collectionOf({ fields: ['id', 'owner'] });
    const count = async (field: string, ...values: string[]) =>
      (await rowsOf(collection, 'every_type', field, values)).length;
    expect(await count('id', '9007199254740993', 'jens@nordlys.example', "1' or '1")).toBe(1);
    expect(await count('id', '99999999999999999999999')).toBe(0);
    expect(await count('day', '2026-02-28')).toBe(1);
    expect(await count('day', '2026-02-30', 'yesterday x')).toBe(0);
    expect(await count('uid', '7d444840-9dc0-11d1-b245-5ffdce74fad2', 'x')).toBe(1);
  });

  test('quotes every name and goes on after keys of several columns', async () => {
    const options = { fields: ['id', 'part', 'Ow"ner'], primaryKey: ['id', 'part'], at: 'odd " name' };
    const rows = await rowsOf(collectionOf(options), 'odd', 'Ow"ner', ['me'], { pageSize: 2, schema: 'public' });
    expect(rows.map(({ part }) => part)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('refuses a primary key that is no key, since going on after it could lose rows', async () => {
    const collection = collectionOf({ fields: ['id', 'owner'] });
    for (const owner of ['me', 'you'])
      await expect(rowsOf(collection, 'doubled', 'owner', [owner])).rejects.toMatchObject({
        name: 'SourceMalformed',
        message: 'doubled: the primary key is not unique',
      });
  });

  test('calls a table or field that is not there malformed, by its code', async () => {
    const collection = collectionOf({ fields: ['id', 'nowhere'] });
    const failure = { name: 'SourceMalformed', message: expect.stringMatching(/42703|42P01/) };
    await expect(rowsOf(collection, 'held', 'id', ['1'])).rejects.toMatchObject(failure);
    await expect(rowsOf(collection, 'absent', 'id', ['1'])).rejects.toMatchObject(failure);
  });

  test('names what is wrong with its options and its secret, never its values', () => {
    expect(() => connect({ held }, { pageSize: 0, timeOut: 3 })).toThrow(/connector\.options\.pageSize.*timeOut/);
    expect(() => connect({ held }, {}, { port: 'hunter2' })).toThrow(/secret\.port/);
    expect(() => connect({ held }, {}, { port: 'hunter2' })).not.toThrow(/hunter2/);
  });

  test('misses its canary loudly', async () => {
    const canary = { collection: 'held', field: 'owner', value: 'jens.hansen@nordlys.example' };
    const knowing = (value: string) => connect({ held }, {}, {}, { ...canary, value });
    await knowing(canary.value).check();
    await expect(knowing('nobody').check()).rejects.toMatchObject({ name: 'SourceUnavailable' });
  });

  test('never talks to a database without TLS, but to this machine where that is allowed', async () => {
    const system = systemOf('postgres', { held });
    const secret = { host: '127.0.0.1', port: String(port), dbname: 'postgres', username: 'postgres', password: 'x' };
    const connector = postgres({ system, secret, allowLoopback: false });
    open.push(connector);
    await expect(connector.check()).rejects.toMatchObject({ name: 'SourceUnavailable' });
  });
});
