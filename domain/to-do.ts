import type { Finding, Path, YamlSource } from './yaml-source.ts';

/** What an import writes where a person must write. */
export const toDoText = 'TODO';
export const toDoAddress = 'todo@example.invalid';

const waits = (text: string): boolean => /^TODO\b/.test(text) || text === toDoAddress;

const within = (value: unknown, path: Path, at: YamlSource['at']): Finding[] => {
  if (typeof value === 'string')
    return waits(value) ? [at(path, 'to-do', `"${value}" stands where a person must write: replace it`)] : [];
  if (typeof value !== 'object' || value === null) return [];
  const parts: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return parts.flatMap(([key, part]) => within(part, [...path, key], at));
};

/** Texts of a map that still wait for a person: the people who ask would read them in their answer. */
export const toDoFindings = (sources: ReadonlyMap<string, YamlSource>): Finding[] =>
  [...new Set(sources.values())].flatMap((source) => within(source.value, [], source.at));
