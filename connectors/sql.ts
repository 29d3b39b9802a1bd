import type { CompiledQuery } from 'kysely';
import * as z from 'zod/mini';
import type { Connector, ConnectorContext, Found, Lookup, Page, Row, Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { packed, unpacked } from './cursor.ts';
import { parsedCollections } from './options.ts';
import { probe } from './probe.ts';
import { fieldsOf } from './row.ts';
import { SqlCollection, type SqlOptions } from './sql-options.ts';
import { type SqlLanguage, statementOf } from './sql-statement.ts';

/** Rows as the driver read them, and how a column's value is told. */
export interface SqlRows {
  readonly rows: readonly (readonly unknown[])[];
  readonly read: (value: unknown, column: number) => Value;
}

/** What differs between databases once a statement is written. */
export interface SqlDriver {
  readonly language: SqlLanguage;
  /** Runs a query for reading only; each page holds `pageSize` rows, the last one fewer, or none. */
  pages(query: CompiledQuery, options: SqlOptions, signal?: AbortSignal): AsyncIterable<SqlRows>;
  /** A failure in our words, with its code only: messages may repeat values. */
  failure(name: string, error: unknown): Error;
  /** Whether the database says that a value can't be one of the column's type. */
  isNotOfType(error: unknown): boolean;
  end(): Promise<void>;
}

type From = NonNullable<Parameters<Connector['find']>[1]>;

/** Any SQL database as a connector: one query for up to 1,000 values, pages in the order of the primary key. */
export const sqlConnector = ({ system }: ConnectorContext, options: SqlOptions, driver: SqlDriver): Connector => {
  parsedCollections(SqlCollection, system.collections);
  const find: Connector['find'] = (lookup, from = {}) => pages(driver, options, lookup, from);
  return { find, check: () => probe(system, find), close: () => driver.end() };
};

// SQL Server takes 2,100 parameters.
const batchSize = 1_000;

const batchesOf = (values: readonly string[]): string[][] => {
  // Postgres has no text with NUL, and half a character is in none: such a value belongs to nobody.
  const askable = [...new Set(values)].filter((value) => !value.includes('\0') && value.isWellFormed());
  const count = Math.ceil(askable.length / batchSize);
  return Array.from({ length: count }, (_, index) => askable.slice(index * batchSize, (index + 1) * batchSize));
};

const Key = z.array(z.union([z.string(), z.number(), z.strictObject({ bytes: z.base64() })]));
const Resume = z.tuple([z.int().check(z.minimum(0)), Key]);

async function* pages(driver: SqlDriver, options: SqlOptions, lookup: Lookup, from: From): AsyncIterable<Page> {
  const [first, key] = from.cursor === undefined ? [0, undefined] : unpacked(Resume, from.cursor);
  from.signal?.throwIfAborted();
  for (const [index, values] of [...batchesOf(lookup.values).entries()].slice(first)) {
    const after =
      index === first ? key?.map((part) => (typeof part === 'object' ? Buffer.from(part.bytes, 'base64') : part)) : [];
    yield* batchPages(driver, options, lookup, { values, after: after ?? [], index, signal: from.signal });
  }
}

interface Batch {
  readonly values: readonly string[];
  readonly after: readonly unknown[];
  readonly index: number;
  readonly signal: AbortSignal | undefined;
}

async function* batchPages(driver: SqlDriver, options: SqlOptions, lookup: Lookup, batch: Batch): AsyncIterable<Page> {
  const { values, after, index, signal } = batch;
  if (after.length > 0 && after.length !== lookup.collection.primaryKey.length)
    throw new SourceMalformed('the cursor to go on from is not one of this connector');
  let given = 0;
  for (const asText of [false, true]) {
    const from = after.length > 0 ? after : undefined;
    const query = statementOf(driver.language, lookup, { values, schema: options.schema, from, asText });
    const page = pageReader(lookup, index, options);
    try {
      for await (const rows of driver.pages(query, options, signal)) {
        given += 1;
        yield page(rows);
      }
      return;
    } catch (error) {
      // Compared as texts it finds nothing, without an error.
      if (given > 0 || asText || !driver.isNotOfType(error))
        throw signal?.aborted ? signal.reason : named(driver, lookup, error);
    }
  }
}

const named = (driver: SqlDriver, { name }: Lookup, error: unknown): Error =>
  error instanceof SourceMalformed ? error : driver.failure(name, error);

const pageReader = (lookup: Lookup, index: number, { pageSize }: SqlOptions) => {
  const fields = fieldsOf(lookup);
  let last: readonly unknown[] = [];
  return ({ rows, read }: SqlRows): Page => {
    const found = rows.map((values): Found => {
      last = nextKey(lookup.name, values.slice(fields.length), last);
      const row: Record<string, Value> = {};
      for (let column = 0; column < fields.length; column += 1)
        row[fields[column] as string] = read(values[column], column);
      return { row: row as Row };
    });
    return rows.length < pageSize ? { found } : { found, cursor: packed([index, last.map(keyPart)]) };
  };
};

const keyPart = (part: unknown) => (Buffer.isBuffer(part) ? { bytes: part.toString('base64') } : part);
const textOf = (part: unknown): string => (Buffer.isBuffer(part) ? part.toString('hex') : String(part));

// Going on after a key is only sound where each row has its own.
const nextKey = (name: string, key: readonly unknown[], before: readonly unknown[]): readonly unknown[] => {
  const same = before.length > 0 && key.every((part, place) => textOf(part) === textOf(before[place]));
  if (same || key.includes(null)) throw new SourceMalformed(`${name}: the primary key is not unique`);
  return key;
};
