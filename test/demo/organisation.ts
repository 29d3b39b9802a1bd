import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { DataMap, type System } from '../../domain/data-map.ts';

/** A system of the demo organisation as its data map describes it. */
export const systemNamed = (name: string): System => {
  const file = new URL(`../../demo/systems/${name}.yaml`, import.meta.url);
  const system = DataMap.parse(parse(readFileSync(file, 'utf8'))).systems[name];
  if (!system) throw new Error(`${name}.yaml does not describe ${name}`);
  return system;
};
