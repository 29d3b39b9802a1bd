import { addAbortListener } from 'node:events';
import pg from 'pg';
import * as z from 'zod';
import type { Connector, ConnectorFactory, Lookup, Page, Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { packed } from './cursor.ts';
import { isLoopback } from './network.ts';
import { parsed } from './options.ts';
import { isNotOfType, named } from './postgres-failure.ts';
import { type Statement, statementOf } from './postgres-statement.ts';
import { exactTypes } from './postgres-types.ts';
import { Canary, probe } from './probe.ts';
import { rowOf } from './row.ts';

const Options = z.strictObject({
  schema: z.string().min(1).optional(),
  /** Seconds a statement may take, and the client waits for a page. */
  timeout: z.int().min(1).max(600).default(30),
  pageSize: z.int().min(1).max(10_000).default(1_000),
  canary: Canary.optional(),
});
type Options = z.infer<typeof Options>;

/** The fields that Secrets Manager gives the secret of an RDS database; `ca` is a PEM text where Node does not know the issuer. */
const Login = z.object({
  host: z.string().min(1),
  port: z.coerce.number().int().min(1).max(65_535).default(5432),
  dbname: z.string().min(1),
  username: z.string().min(1),
  password: z.string(),
  ca: z.string().optional(),
});

/** PostgreSQL, RDS and Aurora: one connection, one read-only transaction a look-up, pages through a cursor. */
export const postgres: ConnectorFactory = ({ system, secret, allowLoopback }) => {
  const options = parsed(Options, system.connector.options, 'connector.options');
  const { dbname: database, username: user, ca, ...login } = parsed(Login, secret, 'secret');
  const ssl = allowLoopback && isLoopback(login.host) ? false : { rejectUnauthorized: true, ...(ca && { ca }) };
  const pool = new pg.Pool({ ...login, database, user, ssl, max: 1, connectionTimeoutMillis: 10_000, keepAlive: true });
  // A lost idle connection is not a failure: the next look-up opens another.
  pool.on('error', () => undefined);
  const find: Connector['find'] = (lookup, from = {}) => pages(pool, options, lookup, from);
  return { find, check: () => probe(system, find, options.canary), close: () => pool.end() };
};

type From = NonNullable<Parameters<Connector['find']>[1]>;

async function* pages(pool: pg.Pool, options: Options, lookup: Lookup, from: From): AsyncIterable<Page> {
  let given = 0;
  for (const cast of ['', '::text']) {
    try {
      for await (const page of inTransaction(
        pool,
        options,
        statementOf(lookup, options.schema, from.cursor, cast),
        lookup,
        from,
      )) {
        given += 1;
        yield page;
      }
      return;
    } catch (error) {
      if (given > 0 || cast || !isNotOfType(error)) throw named(lookup.name, error, from.signal);
    }
  }
}

const settings = `select set_config('statement_timeout', $1, true), set_config('TimeZone', 'UTC', true),
  set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'iso_8601', true)`;

async function* inTransaction(
  pool: pg.Pool,
  { timeout, pageSize }: Options,
  { text, values, fields }: Statement,
  { name }: Lookup,
  { signal }: From,
): AsyncIterable<Page> {
  signal?.throwIfAborted();
  const client = await pool.connect();
  let finished = false;
  try {
    await client.query('begin read only');
    await client.query(settings, [`${timeout * 1_000}`]);
    await client.query(`declare found no scroll cursor for ${text}`, [...values]);
    let last = '';
    let rows: Value[][];
    do {
      rows = await inTime(fetched(client, pageSize), timeout, signal);
      last = lastKey(name, rows, last);
      const found = rows.map((row) => ({ row: rowOf(fields, (field) => row[fields.indexOf(field)]) }));
      yield rows.length < pageSize ? { found } : { found, cursor: last };
    } while (rows.length === pageSize);
    await client.query('commit');
    finished = true;
  } finally {
    // After a failure or a stop in the middle the connection is given up: the server rolls back.
    client.release(!finished);
  }
}

// A statement a page: a portal kept open by the protocol would count the reader's pauses into the time-out.
const fetched = async (client: pg.PoolClient, count: number): Promise<Value[][]> =>
  (await client.query({ text: `fetch ${count} from found`, rowMode: 'array', types: exactTypes })).rows;

// Going on after a key is only sound where each row has its own.
const lastKey = (name: string, rows: readonly Value[][], before: string): string => {
  let last = before;
  for (const row of rows) {
    const keys = row.at(-1) as (string | null)[];
    const key = packed(keys);
    if (keys.includes(null) || key === last) throw new SourceMalformed(`${name}: the primary key is not unique`);
    last = key;
  }
  return last;
};

const inTime = <T>(work: Promise<T>, seconds: number, signal?: AbortSignal): Promise<T> => {
  const ended = AbortSignal.any([AbortSignal.timeout((seconds + 5) * 1_000), ...(signal ? [signal] : [])]);
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  using _ = addAbortListener(ended, () => reject(ended.reason));
  work.then(resolve, reject);
  return promise;
};
