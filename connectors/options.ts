import type * as z from 'zod/mini';
import type { Collection } from '../domain/data-map.ts';
import { SourceMalformed } from '../domain/errors.ts';

/** Parses what the data map or a secret gives a connector. Throws SourceMalformed that names each place, never its value. */
export const parsed = <S extends z.ZodMiniType>(schema: S, given: unknown, place: string): z.infer<S> => {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => `${[place, ...path].join('.')}: ${message}`);
  throw new SourceMalformed(issues.join('; '));
};

/** Parses the options of every collection of a system, by the collection's name. */
export const parsedCollections = <S extends z.ZodMiniType>(
  schema: S,
  collections: Readonly<Record<string, Collection>>,
): Map<Collection, z.infer<S>> =>
  new Map(
    Object.entries(collections).map(([name, collection]) => [
      collection,
      parsed(schema, collection.options, `collections.${name}.options`),
    ]),
  );
