import { Readable } from 'node:stream';
import { MssqlAdapter, MssqlQueryCompiler, sql } from 'kysely';
import { Connection, type ConnectionConfiguration, Request, TYPES } from 'tedious';
import type { ConnectorFactory } from '../domain/connector.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { type Column, told } from './mssql-types.ts';
import { isLoopback } from './network.ts';
import { parsed } from './options.ts';
import { type SqlDriver, type SqlRows, sqlConnector } from './sql.ts';
import { SqlOptions, sqlLogin } from './sql-options.ts';
import { builderWith, type SqlLanguage } from './sql-statement.ts';
import { inTime, pagesOf } from './sql-time.ts';

const Login = sqlLogin(1433);

/** Microsoft SQL Server and Azure SQL: one connection, one statement a query, its rows streamed. */
export const mssql: ConnectorFactory = (context) => {
  const { system, secret, allowLoopback } = context;
  const options = parsed(SqlOptions, system.connector.options, 'connector.options');
  const { host: server, port, dbname: database, username: userName, password, ca } = parsed(Login, secret, 'secret');
  const config: ConnectionConfiguration = {
    server,
    authentication: { type: 'default', options: { userName, password } },
    options: {
      port,
      database,
      encrypt: !(allowLoopback && isLoopback(server)),
      trustServerCertificate: false,
      ...(ca && { cryptoCredentialsDetails: { ca } }),
      readOnlyIntent: true,
      connectTimeout: 10_000,
      // A page has its time; the whole answer takes as long as its reader does.
      requestTimeout: 0,
      useUTC: true,
    },
  };
  return sqlConnector(context, options, driverOf(config));
};

const language: SqlLanguage = {
  builder: builderWith(new MssqlAdapter(), () => new MssqlQueryCompiler()),
  asText: (column) => sql`cast(${column} as nvarchar(4000))`,
  key: (column) => column,
};

// What no value of the column's type can be, in numbers of SQL Server's messages.
const conversions = new Set([206, 235, 241, 242, 244, 245, 248, 295, 8114, 8115, 8169]);

const driverOf = (config: ConnectionConfiguration): SqlDriver => ({
  language,
  pages: (query, options, signal) => streamed(config, query, options, signal),
  failure,
  isNotOfType: (error) => conversions.has((error as { number?: number }).number ?? 0),
  end: async () => undefined,
});

async function* streamed(
  config: ConnectionConfiguration,
  { sql: text, parameters }: Parameters<SqlDriver['pages']>[0],
  options: SqlOptions,
  signal?: AbortSignal,
): AsyncIterable<SqlRows> {
  const connection = new Connection(config);
  // What breaks reaches whoever waits; an event without a listener would end the process.
  connection.on('error', () => undefined);
  try {
    await inTime(connected(connection), options.timeout, signal);
    const { rows, columns } = answerTo(connection, text, parameters);
    for await (const page of pagesOf<unknown[]>(rows, options, signal))
      yield { rows: page, read: (value, column) => told(value, columns()[column] as Column) };
  } finally {
    connection.close();
  }
}

const connected = (connection: Connection): Promise<void> =>
  new Promise((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));

const answerTo = (connection: Connection, text: string, parameters: readonly unknown[]) => {
  let columns: readonly Column[] = [];
  const rows = new Readable({ objectMode: true, highWaterMark: 256, read: () => request.resume() });
  const request = new Request(text, (error) => (error ? rows.destroy(error) : rows.push(null)));
  parameters.forEach((value, index) => {
    const name = String(index + 1);
    if (Buffer.isBuffer(value)) request.addParameter(name, TYPES.VarBinary, value);
    else request.addParameter(name, TYPES.NVarChar, String(value));
  });
  request.on('columnMetadata', (found) => {
    columns = found as Column[];
  });
  request.on('row', (values: readonly { readonly value: unknown }[]) => {
    if (!rows.push(values.map(({ value }, place) => keyOrValue(value, columns[place])))) request.pause();
  });
  connection.execSql(request);
  return { rows, columns: () => columns };
};

// A moment goes back as a parameter in the text it is told by.
const keyOrValue = (value: unknown, column: Column | undefined): unknown =>
  value instanceof Date && column ? told(value, column) : value;

// Deadlocks, locks, log-in, resources and an Azure database on the move: asking again may help.
const passing = new Set([1204, 1205, 1222, 4060, 10928, 10929, 18456, 40197, 40501, 40613, 49918, 49919, 49920]);

const failure = (name: string, error: unknown): Error => {
  const { number, code = 'no connection' } = error as { number?: number; code?: string };
  if (number !== undefined && !passing.has(number))
    return new SourceMalformed(`${name}: SQL Server refused with ${number}`);
  return new SourceUnavailable(`${name}: SQL Server did not answer (${number ?? code})`);
};
