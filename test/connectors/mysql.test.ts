import mysql2, { type Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { mysql } from '../../connectors/mysql.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { hasMariaDb, type MariaDb, startMariaDb } from './mariadb.ts';
import { collectionOf, systemOf } from './systems.ts';

let db: MariaDb;
let admin: Connection;
const open: Connector[] = [];

const held = collectionOf({ fields: ['id', 'owner', 'n'], identity: { email: 'owner' } });

const connect = (
  collections: Record<string, Collection> = { held },
  options = {},
  secret = {},
  allowLoopback = true,
): Connector => {
  const login = { host: '127.0.0.1', port: String(db.port), dbname: 'held', username: 'root', password: '' };
  const system = systemOf('mysql', collections, options);
  const connector = mysql({ system, secret: { ...login, ...secret }, allowLoopback });
  open.push(connector);
  return connector;
};

const find = async (collection: Collection, name: string, field: string, values: readonly string[], options = {}) => {
  const found: Found[] = [];
  const lookup: Lookup = { name, collection, field, values };
  for await (const page of connect({ [name]: collection }, options).find(lookup)) found.push(...page.found);
  return found.map(({ row }) => row);
};

const everyType = `create table every_type (id bigint primary key, owner varchar(20), big bigint unsigned, money decimal(30,2),
  real_ double, small_ float, yes tinyint(1), day date, moment timestamp(6), local_ datetime(3), bytes varbinary(8), doc json, fixed char(8),
  kind enum('a','b'), span time, nothing text)`;

// No MariaDB: .ci/run installs it, and elsewhere this is SKIPPED.
describe.skipIf(!hasMariaDb)('mysql against MariaDB', () => {
  beforeAll(async () => {
    db = await startMariaDb();
    admin = await mysql2.createConnection({ host: '127.0.0.1', port: db.port, user: 'root' });
    await admin.query('create database held character set utf8mb4 collate utf8mb4_general_ci');
    await admin.query('use held');
    await admin.query('create table held (id varchar(20) primary key, owner varchar(255), n integer)');
    await admin.query('create table exact like held');
    await admin.query('alter table exact convert to character set utf8mb4 collate utf8mb4_bin');
    const rows = heldRows.map(({ id, owner, n }) => [id, owner, n]);
    for (const table of ['held', 'exact']) await admin.query(`insert into ${table} values ?`, [rows]);
    await admin.query(everyType);
    await admin.query("set time_zone = '+01:00'");
    await admin.query(`insert into every_type values (9007199254740993, 'a', 18446744073709551615, 12345678901234567890.10, 0.1, 0.1, 1,
      '2026-02-28', '2026-02-28 23:30:00.123456', '2026-02-28 23:30:00.500', x'00ff', '{"n": 9007199254740993, "m": 1.5}', 'ab', 'b',
      '26:00:00', null), (9007199254740994, 'b', 0, 0, 0, 0, 0, null, '2026-02-28 00:00:01', null, null, null, null, null, null, null)`);
    await admin.query(
      'create table `odd `` name` (id bigint, part varchar(5), `Ow``ner` varchar(5), primary key (id, part))',
    );
    const start = 9007199254740992n;
    const odd = Array.from({ length: 7 }, (_, n) => [String(start + BigInt(n)), 'x', 'me']);
    await admin.query('insert into `odd `` name` values ?', [odd]);
    await admin.query('create table bytes (id varbinary(2) primary key, owner varchar(5))');
    await admin.query("insert into bytes values (x'00ff', 'me'), (x'80', 'me'), (x'ff', 'me')");
    await admin.query('create table doubled (id integer, owner varchar(5))');
    await admin.query("insert into doubled values (1, 'me'), (1, 'me'), (null, 'you')");
  }, 120_000);

  afterEach(async () => {
    await Promise.all(open.splice(0).map((connector) => connector.close?.()));
  });

  afterAll(async () => {
    await admin?.end();
    await db?.stop();
  });

  const lookup = (values: readonly string[]): Lookup => ({ name: 'held', collection: held, field: 'owner', values });
  const exact = collectionOf({ fields: ['id', 'owner', 'n'], identity: { email: 'owner' }, at: 'exact' });
  const suites: Record<string, Collection> = { 'whose column ignores case': held, 'whose column does not': exact };
  for (const [name, collection] of Object.entries(suites))
    describe(name, () => {
      keepsTheContract({
        connector: () => connect({ held: collection }, { pageSize: 500 }),
        lookup: (values) => ({ ...lookup(values), collection }),
        down: () => connect({ held: collection }, {}, { port: '1' }),
        ignoresCase: true,
      });
    });

  test('says that a source is unavailable whose page does not come in time', async () => {
    await admin.query("create view slow as select seq as id, 'a' as owner, sleep(20) as n from seq_1_to_3");
    const slow = collectionOf({ fields: ['id', 'owner', 'n'] });
    await expect(find(slow, 'slow', 'owner', ['a'], { timeout: 1 })).rejects.toMatchObject({
      name: 'SourceUnavailable',
    });
  });

  test('keeps every type exact', async () => {
    const fields = 'id,owner,big,money,real_,small_,yes,day,moment,local_,bytes,doc,fixed,kind,span,nothing';
    const [row] = await find(collectionOf({ fields: fields.split(',') }), 'every_type', 'owner', ['a']);
    expect(row).toEqual({
      id: 9007199254740993n,
      owner: 'a',
      big: 18446744073709551615n,
      money: '12345678901234567890.10',
      real_: 0.1,
      small_: 0.1,
      yes: 1,
      day: '2026-02-28',
      moment: '2026-02-28T22:30:00.123456Z',
      local_: '2026-02-28T23:30:00.500',
      bytes: 'AP8=',
      doc: expect.anything(),
      fixed: 'ab',
      kind: 'b',
      span: '26:00:00',
      nothing: null,
    });
    // MariaDB keeps JSON as a text; MySQL has a type for it.
    expect(JSON.stringify(row?.doc)).toContain('9007199254740993');
  });

  test('looks up large numbers exactly, and a text that is no number finds nobody by our own comparison', async () => {
    const collection = collectionOf({ fields: ['id', 'owner'] });
    const rows = await find(collection, 'every_type', 'id', ['9007199254740993', 'jens@nordlys.example', "1' or '1"]);
    expect(rows.filter(({ id }) => String(id) === '9007199254740993')).toHaveLength(1);
  });

  test('quotes every name and goes on after large numbers and keys of several columns without losing a row', async () => {
    const options = { fields: ['id', 'part', 'Ow`ner'], primaryKey: ['id', 'part'], at: 'odd ` name' };
    const collection = collectionOf(options);
    const found: unknown[] = [];
    let cursor: string | undefined;
    do {
      const pages = connect({ odd: collection }, { pageSize: 2, schema: 'held' }).find(
        { name: 'odd', collection, field: 'Ow`ner', values: ['me'] },
        { cursor },
      );
      cursor = undefined;
      for await (const page of pages) {
        found.push(...page.found.map(({ row }) => row.id));
        cursor = page.cursor;
        break;
      }
    } while (cursor);
    expect(found.map(Number)).toHaveLength(7);
    expect(new Set(found.map(String)).size).toBe(7);
  });

  test('goes on after keys that are bytes', async () => {
    const collection = collectionOf({ fields: ['id', 'owner'] });
    const pages = connect({ bytes: collection }, { pageSize: 1 }).find({
      name: 'bytes',
      collection,
      field: 'owner',
      values: ['me'],
    });
    const first = await pages[Symbol.asyncIterator]().next();
    const rest = connect({ bytes: collection }).find(
      { name: 'bytes', collection, field: 'owner', values: ['me'] },
      { cursor: first.value?.cursor },
    );
    const ids: unknown[] = [];
    for await (const { found } of rest) ids.push(...found.map(({ row }) => row.id));
    expect(ids).toEqual(['gA==', '/w==']);
  });

  test('refuses a primary key that is no key, since going on after it could lose rows', async () => {
    for (const owner of ['me', 'you'])
      await expect(find(collectionOf({ fields: ['id', 'owner'] }), 'doubled', 'owner', [owner])).rejects.toMatchObject({
        message: 'doubled: the primary key is not unique',
      });
  });

  test('calls a table or field that is not there malformed, by its code, and a refused login unavailable', async () => {
    const collection = collectionOf({ fields: ['id', 'nowhere'] });
    const failure = { name: 'SourceMalformed', message: expect.stringMatching(/ER_BAD_FIELD_ERROR|ER_NO_SUCH_TABLE/) };
    await expect(find(collection, 'held', 'id', ['1'])).rejects.toMatchObject(failure);
    await expect(find(collection, 'absent', 'id', ['1'])).rejects.toMatchObject(failure);
    await expect(connect({ held }, {}, { password: 'wrong' }).check()).rejects.toMatchObject({
      name: 'SourceUnavailable',
    });
  });

  test('never talks to a database without TLS, but to this machine where that is allowed', async () => {
    await expect(connect({ held }, {}, {}, false).check()).rejects.toMatchObject({ name: 'SourceUnavailable' });
  });

  test('can not change anything', async () => {
    const evil = collectionOf({ fields: ['id'], at: 'held` where 1=1; drop table held; -- ' });
    await expect(find(evil, 'held', 'id', ['1'])).rejects.toMatchObject({ name: 'SourceMalformed' });
    const [rows] = await admin.query('select count(*) as n from held');
    expect(rows).toMatchObject([{ n: heldRows.length }]);
  });
});
