import type { Lookup, Row, Value } from '../domain/connector.ts';

/** The fields to ask a source for: those the map describes, and the one that is looked up. */
export const fieldsOf = ({ collection, field }: Lookup): string[] => [
  ...new Set([...collection.primaryKey, ...Object.keys(collection.fields), field]),
];

/** A row of the fields that are there; what the source does not hold is left out. */
export const rowOf = (fields: readonly string[], read: (field: string) => Value | undefined): Row =>
  Object.fromEntries(
    fields
      .map((field) => [field, read(field)] as const)
      .filter((pair): pair is [string, Value] => pair[1] !== undefined),
  );
