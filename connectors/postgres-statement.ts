import pg from 'pg';
import * as z from 'zod';
import type { Lookup } from '../domain/connector.ts';
import { unpacked } from './cursor.ts';
import { fieldsOf } from './row.ts';

/** A query and its parameters; it answers `fields` in order and then the primary key as texts. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly fields: readonly string[];
}

const quoted = (names: readonly string[]): string[] => names.map(pg.escapeIdentifier);

/** The query of a look-up, from its start or after a key. `cast` compares the field as another type. Values are parameters only. */
export const statementOf = (lookup: Lookup, schema: string | undefined, cursor?: string, cast = ''): Statement => {
  const { at = lookup.name, primaryKey } = lookup.collection;
  const fields = fieldsOf(lookup);
  const keys = quoted(primaryKey);
  const after = cursor === undefined ? [] : unpacked(z.array(z.string()).length(keys.length), cursor);
  const goOn = after.length === 0 ? '' : `and (${keys}) > (${after.map((_, index) => `$${index + 2}`)})`;
  const text = `select ${quoted(fields)}, array[${keys.map((key) => `${key}::text`)}]
    from ${quoted(schema ? [schema, at] : [at]).join('.')}
    where ${quoted([lookup.field])}${cast} = any($1) ${goOn} order by ${keys}`;
  // No text of Postgres holds NUL, so a value with one belongs to nobody there.
  return { text, values: [lookup.values.filter((value) => !value.includes('\0')), ...after], fields };
};
