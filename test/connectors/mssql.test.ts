import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { mssql } from '../../connectors/mssql.ts';
import { told } from '../../connectors/mssql-types.ts';
import type { Connector, Lookup } from '../../domain/connector.ts';
import { heldRows, keepsTheContract } from './contract.ts';
import { collectionOf, systemOf } from './systems.ts';
import { startTds, type TdsAnswer, type TdsStatement } from './tds.ts';

const held = collectionOf({ fields: ['id', 'owner', 'n'], identity: { email: 'owner' } });

let server: Awaited<ReturnType<typeof startTds>>;
let answer: (statement: TdsStatement) => TdsAnswer;
const asked: TdsStatement[] = [];

const form =
  /^select "t"\."id", "t"\."owner", "t"\."n", "t"\."id"\s+from "held" as t\s+where lower\("t"\."owner"\) in \(((?:lower\(@\d+\)(?:, )?)+)\)( and \(\("t"\."id" > @(\d+)\)\))?\s+order by "t"\."id"$/;

/** Answers the one form of statement that the contract leads to, as SQL Server would with a collation that ignores case. */
const ofHeld = ({ text, parameters }: TdsStatement): TdsAnswer => {
  const [, values = '', , last] = form.exec(text) ?? [];
  if (!values) return { columns: [], rows: [], error: 102 };
  const wanted = new Set([...values.matchAll(/@(\d+)/g)].map(([, at]) => parameters[Number(at) - 1]?.toLowerCase()));
  const after = last === undefined ? '' : (parameters[Number(last) - 1] ?? '');
  const rows = heldRows.filter(({ id, owner }) => wanted.has(owner.toLowerCase()) && id > after);
  return { columns: ['id', 'owner', 'n', 'id'], rows: rows.map(({ id, owner, n }) => [id, owner, String(n), id]) };
};

const connect = (options = {}, secret = {}, allowLoopback = true, collection = held): Connector => {
  const login = { host: '127.0.0.1', port: String(server.port), dbname: 'crm', username: 'sa', password: 'x' };
  const system = systemOf('mssql', { held: collection }, options);
  return mssql({ system, secret: { ...login, ...secret }, allowLoopback });
};

const lookup = (values: readonly string[]): Lookup => ({ name: 'held', collection: held, field: 'owner', values });

const rowsOf = async (connector: Connector, given: Lookup) => {
  const rows: unknown[] = [];
  for await (const { found } of connector.find(given)) rows.push(...found.map(({ row }) => row));
  return rows;
};

beforeAll(async () => {
  server = await startTds((statement) => {
    asked.push(statement);
    return answer(statement);
  });
});

beforeEach(() => {
  asked.length = 0;
  answer = ofHeld;
});

afterAll(() => server.stop());

describe('mssql against a stand-in that speaks TDS', () => {
  keepsTheContract({
    connector: () => connect({ pageSize: 500 }),
    lookup,
    down: () => connect({}, { port: '1' }),
    ignoresCase: true,
  });

  test('sends every value as a parameter, and names in quotes', async () => {
    const odd = collectionOf({
      fields: ['i"d', 'owner'],
      primaryKey: ['i"d'],
      at: 'a"; drop table x',
      options: { text: ['owner'] },
    });
    answer = () => ({ columns: ['i"d', 'owner', 'i"d'], rows: [['1', 'me', '1']] });
    const connector = connect({ schema: 'dbo' }, {}, true, odd);
    const evil = "'; drop table x; --";
    expect(await rowsOf(connector, { name: 'held', collection: odd, field: 'owner', values: [evil] })).toEqual([
      { 'i"d': '1', owner: 'me' },
    ]);
    expect(asked[0]?.text.replaceAll(/\s+/g, ' ')).toBe(
      'select "t"."i""d", cast("t"."owner" as nvarchar(4000)), "t"."i""d" from "dbo"."a""; drop table x" as t where "t"."owner" in (@1) order by "t"."i""d"',
    );
    expect(asked[0]?.parameters).toEqual([evil]);
  });

  test('compares as texts when a value can not be of the column type, and asks several times for many values', async () => {
    answer = ({ text }) =>
      text.includes('cast(')
        ? { columns: ['id', 'owner', 'n', 'id'], rows: [] }
        : { columns: [], rows: [], error: 245 };
    const numbers = collectionOf({ fields: ['id', 'owner', 'n'] });
    const values = Array.from({ length: 2_500 }, (_, n) => `v${n}`);
    expect(
      await rowsOf(connect({}, {}, true, numbers), { name: 'held', collection: numbers, field: 'n', values }),
    ).toEqual([]);
    expect(
      asked
        .filter(({ text }) => text.includes('cast("t"."n" as nvarchar(4000)) in'))
        .map(({ parameters }) => parameters.length),
    ).toEqual([1_000, 1_000, 500]);
  });

  test('tells what may pass from what is wrong, by its number and without its message', async () => {
    answer = () => ({ columns: [], rows: [], error: 208 });
    const lost = { name: 'SourceMalformed', message: 'held: SQL Server refused with 208' };
    await expect(rowsOf(connect(), lookup(['x']))).rejects.toMatchObject(lost);
    answer = () => ({ columns: [], rows: [], error: 1205 });
    await expect(rowsOf(connect(), lookup(['x']))).rejects.toMatchObject({ name: 'SourceUnavailable' });
  });

  test('never talks to a server without TLS, but to this machine where that is allowed', async () => {
    await expect(connect({}, {}, false).check()).rejects.toMatchObject({ name: 'SourceUnavailable' });
  });
});

describe('what SQL Server sends', () => {
  const moment = (text: string, nanosecondsDelta = 0) => Object.assign(new Date(text), { nanosecondsDelta });
  const column = (name: string, scale?: number) => ({
    colName: 'c',
    type: { name },
    ...(scale !== undefined && { scale }),
  });

  test.each([
    ['BigInt', '9007199254740993', 9007199254740993n],
    ['IntN', 7, 7],
    ['DateTime2', moment('2026-02-28T23:30:00.123Z', 0.0004567), '2026-02-28T23:30:00.1234567'],
    ['DateTime', moment('2026-02-28T23:30:00.500Z'), '2026-02-28T23:30:00.5'],
    ['DateTimeOffset', moment('2026-02-28T22:30:00Z'), '2026-02-28T22:30:00Z'],
    ['Date', moment('2026-02-28T00:00:00Z'), '2026-02-28'],
    ['Time', moment('1970-01-01T10:20:30.004Z'), '10:20:30.004'],
    ['VarBin', Buffer.from([0, 255]), 'AP8='],
    ['NChar', 'ab   ', 'ab'],
    ['NVarChar', 'ab ', 'ab '],
    ['BitN', true, true],
    ['UniqueIdentifier', '7D444840-9DC0-11D1-B245-5FFDCE74FAD2', '7D444840-9DC0-11D1-B245-5FFDCE74FAD2'],
  ])('of type %s is told whole', (type, value, expected) => {
    expect(told(value, column(type))).toEqual(expected);
    expect(told(null, column(type))).toBeNull();
  });

  test('keeps the digits of a decimal, or says that it can not', () => {
    expect(told(1.1, column('DecimalN', 2))).toBe('1.10');
    expect(told(12_345.6789, column('MoneyN'))).toBe('12345.6789');
    expect(() => told(12345678901234567000, column('NumericN', 2))).toThrow(/c: more digits .* options\.text/);
  });
});
