import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionFindings } from '../connectors/described.ts';
import { type Config, parseConfig } from '../domain/config.ts';
import { type DataMap, parseDataMap, readDataMap } from '../domain/data-map.ts';

/** What the controller configured: who it is, and which systems hold personal data. */
export interface Settings {
  readonly config: Config;
  readonly map: DataMap;
  /** SHA-256 of the map's canonical JSON: a request keeps the one it began with. */
  readonly mapHash: string;
}

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Stops synth with file, line, column and what to write instead. */
const stop = (findings: readonly Finding[]): never => {
  for (const { file, line, column, message } of findings) console.error(`${file}:${line}:${column} ${message}`);
  console.error(`${findings.length} to mend before this can be deployed.`);
  process.exit(1);
};

const readMapFiles = (folder: string) =>
  readdirSync(folder)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => ({ name: join(folder, name), text: readFileSync(join(folder, name), 'utf8') }));

/** Reads `privacy.config.yaml` and `systems/*.yaml` of a folder; anything wrong in them ends the process with exit code 1. */
export const readSettings = (folder: string): Settings => {
  const file = join(folder, 'privacy.config.yaml');
  const config = parseConfig(file, readFileSync(file, 'utf8'));
  const files = readMapFiles(join(folder, 'systems'));
  const map = parseDataMap(files);
  const options = optionFindings(readDataMap(files));
  const found = [
    ...('findings' in config ? config.findings : []),
    ...('findings' in map ? map.findings : []),
    ...options,
  ];
  if ('findings' in config || 'findings' in map || options.length > 0) return stop(found);
  return { config: config.config, map: map.map, mapHash: map.hash };
};
