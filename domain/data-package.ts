import type { Language } from './config.ts';
import type { Collection, System } from './data-map.ts';
import type { ManifestFile } from './manifest.ts';
import { fieldDescription, type Kind, type RecordSchema } from './record-schema.ts';
import { columns, separatorOf } from './rendering.ts';

/** One collection as a Data Package describes it. Paths are relative to the descriptor. */
export interface DescribedTable {
  readonly system: string;
  readonly of: System;
  readonly name: string;
  readonly collection: Collection;
  readonly csv: ManifestFile;
  readonly json: ManifestFile;
  readonly schemaPath: string;
  readonly schema: RecordSchema;
}

const tableTypes: Readonly<Record<Exclude<Kind, 'null'>, string>> = {
  boolean: 'boolean',
  integer: 'integer',
  number: 'number',
  string: 'string',
  array: 'array',
  object: 'object',
};

/** Table Schema's type of a column: `any` where its cells are of several kinds, or none was seen. */
const typeOf = (kinds: readonly Kind[] = []): string => {
  const [first, ...others] = kinds.filter((kind) => kind !== 'null');
  if (first === undefined) return 'any';
  if (others.length === 0) return tableTypes[first];
  return first === 'integer' && others.join() === 'number' ? 'number' : 'any';
};

const fieldsOf = ({ collection, schema }: DescribedTable, language: Language) => {
  const seen = schema.properties.records.items.properties;
  return columns(collection, language).map(({ name, head }) => {
    const field = collection.fields[name];
    const description = field && fieldDescription(field, language);
    // The name is that of the column's head, as Table Schema wants it; the name in the JSON file stands beside it.
    return { name: head, type: typeOf(seen[name]?.type), ...(description ? { description } : {}), jsonName: name };
  });
};

const fileOf = ({ path, bytes, sha256 }: ManifestFile) => ({
  path,
  bytes,
  hash: `sha256:${sha256}`,
  encoding: 'utf-8',
});

const resourcesOf = (table: DescribedTable, language: Language) => {
  const { system, of, name, collection, csv, json, schemaPath } = table;
  const sources = [{ title: of.title[language] }];
  const title = collection.title[language];
  return [
    {
      name: `${system}.${name}`,
      type: 'table',
      title,
      ...fileOf(csv),
      format: 'csv',
      mediatype: 'text/csv',
      dialect: { delimiter: separatorOf(language) },
      schema: { fields: fieldsOf(table, language) },
      sources,
    },
    {
      name: `${system}.${name}.json`,
      title,
      ...fileOf(json),
      format: 'json',
      mediatype: 'application/json',
      jsonSchema: schemaPath,
      sources,
    },
  ];
};

interface Described {
  readonly reference: string;
  readonly title: string;
  readonly language: Language;
  /** ISO instant. */
  readonly created: string;
  readonly organisation: { readonly name: string; readonly email: string };
}

/** The descriptor of an answer's tables as a Data Package 2.0 (datapackage.org); undefined without a table, which the standard forbids. */
export const dataPackage = (
  { reference, title, language, created, organisation }: Described,
  tables: readonly DescribedTable[],
): string | undefined => {
  if (tables.length === 0) return undefined;
  const descriptor = {
    $schema: 'https://datapackage.org/profiles/2.0/datapackage.json',
    name: reference.toLowerCase(),
    title,
    created,
    contributors: [{ title: organisation.name, email: organisation.email, roles: ['publisher'] }],
    resources: tables.flatMap((table) => resourcesOf(table, language)),
  };
  return `${JSON.stringify(descriptor, null, 2)}\n`;
};
