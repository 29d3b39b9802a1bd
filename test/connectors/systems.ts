import { type Canary, Collection, System } from '../../domain/data-map.ts';

const both = (text: string) => ({ da: text, en: text });

/** A collection for tests: `fields` described shortly, the rest as given. */
export const collectionOf = (given: {
  readonly fields: readonly string[];
  readonly at?: string;
  readonly primaryKey?: readonly string[];
  readonly identity?: { readonly email: string };
  readonly options?: Readonly<Record<string, unknown>>;
}): Collection =>
  Collection.parse({
    title: both('Rows'),
    primaryKey: ['id'],
    ...given,
    fields: Object.fromEntries(given.fields.map((field) => [field, { label: both(field) }])),
  });

/** A system for tests around its collections. */
export const systemOf = (
  type: string,
  collections: Readonly<Record<string, Collection>>,
  options: Readonly<Record<string, unknown>> = {},
  canary?: Canary,
): System =>
  System.parse({
    title: both('A system'),
    owner: { name: 'Owner', email: 'owner@nordlys.example' },
    connector: { type, options },
    art15: {
      purposes: [both('To test')],
      legalBasis: both('Contract'),
      recipients: [],
      retention: both('A year'),
      source: both('The person'),
    },
    collections,
    ...(canary && { canary }),
  });
