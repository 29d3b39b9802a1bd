import { readFileSync } from 'node:fs';
import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import type { Rules } from '../../domain/time-limit.ts';

/** What the controller configured, as synth checked it and put it beside the bundle. */
export interface Settings {
  readonly config: Config;
}

export interface MapSettings {
  readonly map: DataMap;
  /** SHA-256 of the map's canonical JSON. */
  readonly hash: string;
}

const beside = (file: string): unknown =>
  JSON.parse(readFileSync(`${process.env.LAMBDA_TASK_ROOT ?? '.'}/${file}`, 'utf8'));

/** The configuration. Only functions that ask for it carry the file. */
export const readConfig = (): Config => (beside('config.json') as Settings).config;

/** The data map and its hash. */
export const readMap = (): MapSettings => beside('data-map.json') as MapSettings;

/** Where and by which rules the controller counts a time limit. */
export const rulesOf = ({ country, timeZone, suspensionPolicy: policy }: Config): Rules => ({
  country,
  timeZone,
  policy,
});
