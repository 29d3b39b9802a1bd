import type { Language } from './config.ts';
import type { Row, Value } from './connector.ts';
import type { Collection, Field } from './data-map.ts';

/** Kinds of values as JSON Schema names them, each with a bit of its own. */
const kinds = { null: 1, boolean: 2, integer: 4, number: 8, string: 16, array: 32, object: 64 } as const;
export type Kind = keyof typeof kinds;

const kindOf = (value: Value): Kind => {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  if (Array.isArray(value)) return 'array';
  return typeof value as 'boolean' | 'string' | 'object';
};

/** Which kinds of values each field has held, in the order in which fields were first seen. */
export const kindsSeen = () => {
  const seen = new Map<string, number>();
  return {
    add(row: Row): void {
      for (const name in row) {
        const before = seen.get(name) ?? 0;
        const bit = kinds[kindOf(row[name] as Value)];
        if ((before & bit) === 0) seen.set(name, before | bit);
      }
    },
    kinds(): Record<string, Kind[]> {
      const names = Object.keys(kinds) as Kind[];
      return Object.fromEntries([...seen].map(([name, bits]) => [name, names.filter((kind) => bits & kinds[kind])]));
    },
  };
};

/** What a field means, with its codes, in one language; undefined where the data map says nothing. */
export const fieldDescription = ({ explanation, codes }: Field, language: Language): string | undefined => {
  const listed = Object.entries(codes ?? {}).map(([code, text]) => `${code} = ${text[language]}`);
  return [explanation?.[language], listed.join(', ')].filter(Boolean).join('. ') || undefined;
};

const property = (types: readonly Kind[], field: Field | undefined, language: Language) => {
  const description = field && fieldDescription(field, language);
  return {
    ...(field ? { title: field.label[language] } : {}),
    ...(description ? { description } : {}),
    type: types,
  };
};

/** JSON Schema 2020-12 of a collection's JSON file: every field that its rows hold, with its meaning and the kinds of its values. */
export const recordSchema = (collection: Collection, seen: Readonly<Record<string, Kind[]>>, language: Language) => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: collection.title[language],
  type: 'object',
  required: ['meta', 'records'],
  additionalProperties: false,
  properties: {
    meta: { type: 'object' },
    records: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(
          Object.entries(seen).map(([name, types]) => [name, property(types, collection.fields[name], language)]),
        ),
      },
    },
  },
});
export type RecordSchema = ReturnType<typeof recordSchema>;
