import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { optionFindings } from '../connectors/described.ts';
import { type ReadMap, readDataMap, type SourceFile } from '../domain/data-map.ts';
import type { Finding } from '../domain/yaml-source.ts';
import { UsageError } from './exit.ts';

const isYaml = (name: string): boolean => /\.ya?ml$/.test(name);

const filesIn = (path: string): string[] => {
  if (!existsSync(path)) throw new UsageError(`${path}: no such file or folder`);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter(isYaml).sort();
  if (names.length === 0) throw new UsageError(`${path}: no YAML file in this folder`);
  return names.map((name) => join(path, name));
};

/** The files that were named, all of a folder that was named, or without any `systems/*.yaml`. */
export const readFiles = (paths: readonly string[]): SourceFile[] => {
  const named = (paths.length > 0 ? paths : ['systems']).flatMap(filesIn);
  return [...new Set(named)].map((name) => ({ name, text: readFileSync(name, 'utf8') }));
};

/** A data map with everything that is wrong in it, the options of its connectors included. */
export const readMap = (files: readonly SourceFile[]): ReadMap => {
  const map = readDataMap(files);
  return { ...map, findings: [...map.findings, ...optionFindings(map)] };
};

/** A finding as a line that editors follow. */
export const findingLine = ({ file, line, column, rule, message }: Finding): string =>
  `${file}:${line}:${column} ${rule}: ${message}`;
