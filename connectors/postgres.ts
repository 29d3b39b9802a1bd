import { PostgresAdapter, PostgresQueryCompiler, sql } from 'kysely';
import pg from 'pg';
import type { ConnectorFactory } from '../domain/connector.ts';
import { isLoopback } from './network.ts';
import { parsed } from './options.ts';
import { failure, isNotOfType } from './postgres-failure.ts';
import { exactTypes } from './postgres-types.ts';
import { type SqlDriver, type SqlRows, sqlConnector } from './sql.ts';
import { SqlOptions, sqlLogin } from './sql-options.ts';
import { builderWith, type SqlLanguage } from './sql-statement.ts';
import { inTime } from './sql-time.ts';

const Login = sqlLogin(5432);

/** PostgreSQL, RDS and Aurora: one connection, one read-only transaction a query, pages through a cursor. */
export const postgres: ConnectorFactory = (context) => {
  const { system, secret, allowLoopback } = context;
  const options = parsed(SqlOptions, system.connector.options, 'connector.options');
  const { dbname: database, username: user, ca, ...login } = parsed(Login, secret, 'secret');
  const ssl = allowLoopback && isLoopback(login.host) ? false : { rejectUnauthorized: true, ...(ca && { ca }) };
  const pool = new pg.Pool({ ...login, database, user, ssl, max: 1, connectionTimeoutMillis: 10_000, keepAlive: true });
  // A lost idle connection is not a failure: the next look-up opens another.
  pool.on('error', () => undefined);
  return sqlConnector(context, options, driverOf(pool));
};

const asText: SqlLanguage['asText'] = (column) => sql`cast(${column} as text)`;

const language: SqlLanguage = {
  builder: builderWith(new PostgresAdapter(), () => new PostgresQueryCompiler()),
  asText,
  key: asText,
};

const driverOf = (pool: pg.Pool): SqlDriver => ({
  language,
  pages: (query, options, signal) => inTransaction(pool, query, options, signal),
  failure,
  isNotOfType,
  end: () => pool.end(),
});

const settings = `select set_config('statement_timeout', $1, true), set_config('TimeZone', 'UTC', true),
  set_config('DateStyle', 'ISO', true), set_config('IntervalStyle', 'iso_8601', true)`;

// The types' readers have made values of the texts already.
const read: SqlRows['read'] = (value) => value as ReturnType<SqlRows['read']>;

async function* inTransaction(
  pool: pg.Pool,
  { sql: text, parameters }: Parameters<SqlDriver['pages']>[0],
  { timeout, pageSize }: SqlOptions,
  signal?: AbortSignal,
): AsyncIterable<SqlRows> {
  const client = await pool.connect();
  let finished = false;
  try {
    await client.query('begin read only');
    await client.query(settings, [`${timeout * 1_000}`]);
    await client.query(`declare found no scroll cursor for ${text}`, [...parameters]);
    let rows: unknown[][];
    do {
      rows = await inTime(fetched(client, pageSize), timeout, signal);
      yield { rows, read };
    } while (rows.length === pageSize);
    await client.query('commit');
    finished = true;
  } finally {
    // After a failure or a stop in the middle the connection is given up: the server rolls back.
    client.release(!finished);
  }
}

// A statement a page: a portal kept open by the protocol would count the reader's pauses into the time-out.
const fetched = async (client: pg.PoolClient, count: number): Promise<unknown[][]> =>
  (await client.query({ text: `fetch ${count} from found`, rowMode: 'array', types: exactTypes })).rows;
