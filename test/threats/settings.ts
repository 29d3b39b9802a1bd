import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { synth } from '../../local/synth.ts';

type Edit<T> = (settings: T) => void;

const rewrite = <T>(file: string, edit: Edit<T>): void => {
  if (!existsSync(file)) return;
  const held = JSON.parse(readFileSync(file, 'utf8')) as T;
  edit(held);
  writeFileSync(file, JSON.stringify(held));
};

/** A copy of the demo's cdk.out whose functions have another configuration or data map beside them, as another deployment would. */
export const synthWith = async (edits: { config?: Edit<Config>; map?: Edit<DataMap> }): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'privacy-settings-'));
  cpSync(await synth(), folder, { recursive: true });
  for (const asset of readdirSync(folder).filter((name) => name.startsWith('asset.'))) {
    rewrite<{ config: Config }>(join(folder, asset, 'config.json'), ({ config }) => edits.config?.(config));
    rewrite<{ map: DataMap }>(join(folder, asset, 'data-map.json'), ({ map }) => edits.map?.(map));
  }
  return folder;
};
