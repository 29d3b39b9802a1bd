import {
  type CompiledQuery,
  type DatabaseIntrospector,
  type DialectAdapter,
  DummyDriver,
  Kysely,
  type QueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';
import type { Lookup } from '../domain/connector.ts';
import { holdsAddresses } from '../domain/identity.ts';
import { parsed } from './options.ts';
import { fieldsOf } from './row.ts';
import { SqlCollection } from './sql-options.ts';

type Part = RawBuilder<unknown>;

/** How one kind of database writes what differs between them. */
export interface SqlLanguage {
  readonly builder: Kysely<unknown>;
  /** A column as a text, to compare it with a value that is not of its type. */
  readonly asText: (column: Part) => Part;
  /** A part of the primary key as it is read, so that it can be given back as a parameter without loss. */
  readonly key: (column: Part) => Part;
}

/** A builder that only writes statements: who runs them is the driver's business. */
export const builderWith = (adapter: DialectAdapter, compiler: () => QueryCompiler): Kysely<unknown> =>
  new Kysely<unknown>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new DummyDriver(),
      createIntrospector: () => ({}) as DatabaseIntrospector,
      createQueryCompiler: compiler,
    },
  });

// (a, b) > (x, y), which not every database can write as such.
const after = (keys: readonly Part[], values: readonly unknown[]): Part => {
  const ways = keys.map((key, index) => {
    const same = keys.slice(0, index).map((before, place) => sql`${before} = ${values[place]}`);
    return sql`(${sql.join([...same, sql`${key} > ${values[index]}`], sql` and `)})`;
  });
  return sql` and (${sql.join(ways, sql` or `)})`;
};

// Named with its table: an order by takes a bare name for a column of the answer first.
const of = (column: string): Part => sql.id('t', column);

export interface Asked {
  readonly values: readonly string[];
  readonly schema: string | undefined;
  /** The primary key of the row to go on after. */
  readonly from?: readonly unknown[] | undefined;
  /** Compares the field as a text. */
  readonly asText?: boolean;
}

/** The query of a look-up: it answers the fields in order and then the primary key. Values are parameters only. */
export const statementOf = (
  language: SqlLanguage,
  lookup: Lookup,
  { values, schema, from, asText }: Asked,
): CompiledQuery => {
  const { collection, field } = lookup;
  const { at = lookup.name, primaryKey } = collection;
  const { ignoreCase, text } = parsed(SqlCollection, collection.options, 'options');
  const keys = primaryKey.map(of);
  const column: Part = asText ? language.asText(of(field)) : of(field);
  const lower = ignoreCase && holdsAddresses(collection, field);
  const fold = (part: Part): Part => (lower ? sql`lower(${part})` : part);
  const asked = values.map((value) => fold(sql`${value}`));
  return sql`select ${sql.join([...fieldsOf(lookup).map((name) => (text.includes(name) ? language.asText(of(name)) : of(name))), ...keys.map(language.key)])}
    from ${schema ? sql.id(schema, at) : sql.id(at)} as t
    where ${fold(column)} in (${sql.join(asked)})${from ? after(keys, from) : sql``}
    order by ${sql.join(keys)}`.compile(language.builder);
};
