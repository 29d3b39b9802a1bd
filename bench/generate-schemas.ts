// Writes docs/schema/*.json, for editors. After a change of a schema in domain/:
// npx node bench/generate-schemas.ts && npx biome format --write docs/schema
import { mkdirSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { Config } from '../domain/config.ts';
import { DataMap } from '../domain/data-map.ts';

const schemas = {
  'privacy-config.v1.json': { title: 'Configuration of Privacy@', schema: Config },
  'privacy-map.v1.json': { title: 'Data map of Privacy@', schema: DataMap },
} as const;

/** The JSON Schema of each published file. What has a default may be left out (`io: input`). */
export const published = (): { readonly name: string; readonly schema: object }[] =>
  Object.entries(schemas).map(([name, { title, schema }]) => ({
    name,
    schema: { title, ...z.toJSONSchema(schema, { io: 'input' }) },
  }));

if (import.meta.main) {
  const folder = new URL('../docs/schema/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  for (const { name, schema } of published()) writeFileSync(new URL(name, folder), JSON.stringify(schema));
}
