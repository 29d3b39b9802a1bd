import { MysqlAdapter, MysqlQueryCompiler, sql } from 'kysely';
import mysql2, { type Connection, type ConnectionOptions, type FieldPacket } from 'mysql2';
import type { ConnectorFactory } from '../domain/connector.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { readerOf } from './mysql-types.ts';
import { isLoopback } from './network.ts';
import { parsed } from './options.ts';
import { type SqlDriver, type SqlRows, sqlConnector } from './sql.ts';
import { SqlOptions, sqlLogin } from './sql-options.ts';
import { builderWith, type SqlLanguage } from './sql-statement.ts';
import { inTime, pagesOf } from './sql-time.ts';

const Login = sqlLogin(3306);

// Values as the server wrote them; no code made from column names (T47).
const exact: ConnectionOptions = {
  rowsAsArray: true,
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  jsonStrings: true,
  disableEval: true,
  charset: 'utf8mb4_bin',
  connectTimeout: 10_000,
};

/** MySQL, MariaDB, Aurora: one connection, one read-only statement a query, its rows streamed. */
export const mysql: ConnectorFactory = (context) => {
  const { system, secret, allowLoopback } = context;
  const options = parsed(SqlOptions, system.connector.options, 'connector.options');
  const { dbname: database, username: user, ca, ...login } = parsed(Login, secret, 'secret');
  const plain = allowLoopback && isLoopback(login.host);
  const ssl = { rejectUnauthorized: true, verifyIdentity: true, ...(ca && { ca }) };
  return sqlConnector(context, options, driverOf({ ...exact, ...login, database, user, ...(plain ? {} : { ssl }) }));
};

const language: SqlLanguage = {
  builder: builderWith(new MysqlAdapter(), () => new MysqlQueryCompiler()),
  asText: (column) => sql`cast(${column} as char)`,
  key: (column) => column,
};

const driverOf = (login: ConnectionOptions): SqlDriver => ({
  language,
  pages: (query, options, signal) => streamed(login, query, options, signal),
  failure,
  // It compares a text with any type, by what it can read of it; our own comparison puts that right.
  isNotOfType: () => false,
  end: async () => undefined,
});

// The server waits for a slow reader as long as a file takes to be written.
const settings = [
  'set session transaction read only',
  `set time_zone = '+00:00', net_write_timeout = 600, sql_mode = ''`,
];

async function* streamed(
  login: ConnectionOptions,
  { sql: text, parameters }: Parameters<SqlDriver['pages']>[0],
  options: SqlOptions,
  signal?: AbortSignal,
): AsyncIterable<SqlRows> {
  const connection = mysql2.createConnection(login);
  // What breaks reaches whoever waits; an event without a listener would end the process.
  connection.on('error', () => undefined);
  try {
    for (const setting of settings) await inTime(done(connection, setting), options.timeout, signal);
    // Executed, not queried: the parameters travel apart from the text.
    const running = connection.execute(text, [...parameters] as string[]);
    let fields: FieldPacket[] = [];
    running.on('fields', (found: FieldPacket[]) => {
      fields = found;
    });
    for await (const rows of pagesOf<unknown[]>(running.stream(), options, signal)) {
      yield { rows, read: readerOf(fields) };
    }
  } finally {
    connection.destroy();
  }
}

const done = (connection: Connection, text: string): Promise<void> =>
  new Promise((resolve, reject) =>
    connection.query(text, (error: Error | null) => (error ? reject(error) : resolve())),
  );

// SQLSTATE classes that may pass: connections, log-in, conflicts, resources, an administrator's stop.
const passing = /^(08|28|40|53|57|70|HY)/;

const failure = (name: string, error: unknown): Error => {
  const { code = 'no connection', sqlState = '' } = error as { code?: string; sqlState?: string };
  if (sqlState && !passing.test(sqlState)) return new SourceMalformed(`${name}: MySQL refused with ${code}`);
  return new SourceUnavailable(`${name}: MySQL did not answer (${code})`);
};
