import type * as z from 'zod';
import { suggestion } from './nearest.ts';
import type { Finding, Path, YamlSource } from './yaml-source.ts';

interface Def {
  readonly type: string;
  readonly innerType?: z.core.$ZodType;
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly valueType?: z.core.$ZodType;
  readonly element?: z.core.$ZodType;
}

const defOf = (schema: z.core.$ZodType): Def => {
  const def = schema._zod.def as Def;
  return def.innerType ? defOf(def.innerType) : def;
};

/** The keys that may stand at a path; none where any may. */
const knownKeys = (schema: z.core.$ZodType, path: Path): string[] => {
  const { shape, valueType, element } = defOf(schema);
  const [first, ...rest] = path;
  if (first === undefined) return Object.keys(shape ?? {});
  const next = shape?.[String(first)] ?? valueType ?? element;
  return next ? knownKeys(next, rest) : [];
};

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((held, name) => (held as Record<PropertyKey, unknown> | null | undefined)?.[name], value);

const missing = ({ at }: YamlSource, path: Path): Finding => {
  const name = String(path.at(-1) ?? '');
  const isText = path.includes('label');
  const what = name === 'label' ? 'label: { da: ..., en: ... }' : `${name}: ...`;
  return at(path, isText ? 'missing-label' : 'missing-key', `"${name}" is missing: write ${what}`);
};

const choice = ({ at }: YamlSource, path: Path, written: unknown, values: readonly unknown[]): Finding => {
  const word = String(written).slice(0, 60);
  const connector = path.at(-1) === 'type' && path.at(-2) === 'connector';
  const rule = connector ? 'unknown-connector' : 'invalid-value';
  return at(path, rule, `"${word}" is not known here: ${suggestion(word, values.map(String))}`);
};

const ofIssue = (issue: z.core.$ZodIssue, schema: z.core.$ZodType, source: YamlSource): Finding[] => {
  const written = valueAt(source.value, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return issue.keys.map((key) =>
      source.at([...issue.path, key], 'unknown-key', `"${key}" is not known here: ${suggestion(key, known)}`),
    );
  }
  if (issue.code === 'invalid_key') {
    return [source.at(issue.path, 'invalid-name', `this name cannot be used: ${messagesOf(issue.issues)}`)];
  }
  if (written === undefined || written === null) return [missing(source, issue.path)];
  if (issue.code === 'invalid_value') return [choice(source, issue.path, written, issue.values)];
  return [source.at(issue.path, 'invalid-value', `${String(issue.path.at(-1) ?? 'the file')}: ${issue.message}`)];
};

const messagesOf = (issues: readonly z.core.$ZodIssue[]): string => issues.map(({ message }) => message).join('; ');

/** What a schema finds wrong in a file: each issue with its place, and what to write instead. */
export const schemaFindings = (issues: readonly z.core.$ZodIssue[], schema: z.core.$ZodType, source: YamlSource) =>
  issues.flatMap((issue) => ofIssue(issue, schema, source));
