import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { described, optionFindings } from '../../connectors/described.ts';
import { presets } from '../../connectors/rest-presets.ts';
import { connectorTypes, System } from '../../domain/data-map.ts';
import { readYaml } from '../../domain/yaml-source.ts';
import { collectionOf, systemOf } from './systems.ts';

const folder = join(import.meta.dirname, '../../docs/connectors');
const page = (name: string): string => readFileSync(join(folder, `${name}.md`), 'utf8');

const optionsOf = (schema: z.core.$ZodType): string[] =>
  Object.keys(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {});

test.each(connectorTypes)('the page of %s names every option', (type) => {
  const { system, collection } = described[type];
  for (const option of [...optionsOf(system), ...optionsOf(collection)])
    expect(page(type)).toMatch(new RegExp(`\\b${option}\\b`));
});

test('the page of the presets names each, and each of its collections', () => {
  for (const [name, { collections }] of Object.entries(presets)) {
    const row = page('presets').match(new RegExp(`^\\| \`${name}\` .*$`, 'm'))?.[0];
    for (const collection of Object.keys(collections)) expect(row).toContain(collection);
  }
});

interface Example {
  readonly connector: object;
  readonly collections: Readonly<Record<string, object>>;
}

test.each([...connectorTypes, 'presets'])('what the page of %s shows can be written so', (name) => {
  const text = /```yaml\n([\s\S]*?)```/.exec(page(name))?.[1] ?? '';
  const { connector, collections } = parse(text) as Example;
  const collection = collectionOf({ fields: ['id'] });
  const whole = Object.entries(collections).map(([id, own]) => [id, { ...collection, ...own }]);
  const system = System.parse({ ...systemOf('manual', {}), connector, collections: Object.fromEntries(whole) });
  const source = readYaml({ name, text });
  const found = optionFindings({
    fitting: { x: system },
    sources: new Map([['x', source]]),
  });
  expect(found).toEqual([]);
});

test.each(['README', ...connectorTypes, 'presets', '../writing-a-connector'])(
  'the links of %s lead somewhere',
  (name) => {
    const from = join(folder, `${name}.md`, '..');
    for (const [, to = ''] of page(name).matchAll(/\]\(([^)#:]+)\)/g))
      expect(existsSync(join(from, to)), to).toBe(true);
  },
);
