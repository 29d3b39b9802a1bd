import { posix } from 'node:path';
import { type Descriptor, profileProblem, schemaCheck } from './data-package-rules.ts';
import type { ContentFinding } from './package-contents.ts';

type Resource = Descriptor['resources'][number];

/** An answer that can be looked into again. */
export interface Opened {
  readonly held: ReadonlyMap<string, { readonly bytes: number; readonly sha256: string }>;
  /** It is one of several ZIPs: what is described and not here is in another. */
  readonly isPart?: boolean;
  /** A file's text, or its first `most` signs; undefined when there is no such file, or it is no text. */
  text(path: string, most?: number): Promise<string | undefined>;
}

type Finding = ContentFinding & { readonly file: string };
const finding = (file: string, rule: string, message: string): Finding => ({ file, line: 1, column: 1, rule, message });

/** Signs of a CSV in which its heads must end. */
const mostHeads = 100_000;

/** The cells of a CSV's first line. */
const headsOf = (csv: string, delimiter: string): string[] => {
  const heads = [''];
  let quoted = false;
  for (const sign of csv.replace(/^\uFEFF/, '')) {
    if (!quoted && (sign === '\r' || sign === '\n')) break;
    if (sign === '"') quoted = !quoted;
    if (sign === delimiter && !quoted) heads.push('');
    else heads.push(heads.pop() + sign);
  }
  return heads.map((head) => (head.startsWith('"') ? head.slice(1, -1).replaceAll('""', '"') : head));
};

const parsed = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
};

const sizeFindings = (path: string, { bytes, hash }: Resource, { held }: Opened): Finding[] => {
  const file = held.get(path);
  if (!file) return [finding(path, 'descriptor-missing', 'stands in datapackage.json and not in the answer')];
  const isOther =
    (bytes !== undefined && bytes !== file.bytes) || (hash !== undefined && hash !== `sha256:${file.sha256}`);
  return isOther ? [finding(path, 'descriptor-hash', 'is not the file that datapackage.json describes')] : [];
};

const headFindings = async (path: string, { schema, dialect }: Resource, opened: Opened): Promise<Finding[]> => {
  if (!schema) return [];
  const heads = headsOf((await opened.text(path, mostHeads)) ?? '', dialect?.delimiter ?? ',');
  const names = schema.fields.map(({ name }) => name);
  if (heads.length === names.length && heads.every((head, at) => head === names[at])) return [];
  return [finding(path, 'descriptor-fields', 'has other columns than datapackage.json describes')];
};

const schemaFindings = async (path: string, at: string, opened: Opened): Promise<Finding[]> => {
  const check = schemaCheck(parsed(await opened.text(at)));
  if (!check) return [finding(at, 'schema', 'is not a JSON Schema')];
  const value = parsed(await opened.text(path));
  // A file that is no JSON, or too large to be parsed, has a finding of its own.
  const problem = value === undefined ? undefined : check(value);
  return problem ? [finding(path, 'schema-mismatch', `does not fit ${at}: ${problem}`)] : [];
};

const resourceFindings = async (root: string, resource: Resource, opened: Opened): Promise<Finding[]> => {
  const path = posix.join(root, resource.path);
  if (opened.isPart && !opened.held.has(path)) return [];
  const sizes = sizeFindings(path, resource, opened);
  if (sizes.length > 0) return sizes;
  const { jsonSchema } = resource;
  return [
    ...(await headFindings(path, resource, opened)),
    ...(jsonSchema && !(opened.isPart && !opened.held.has(posix.join(root, jsonSchema)))
      ? await schemaFindings(path, posix.join(root, jsonSchema), opened)
      : []),
  ];
};

/** What is wrong with the descriptors of an answer, and with the files they describe. */
export const describedFindings = async (opened: Opened): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const at of [...opened.held.keys()].filter((path) => posix.basename(path) === 'datapackage.json')) {
    const descriptor = parsed(await opened.text(at));
    const problem = profileProblem(descriptor);
    if (problem) findings.push(finding(at, 'descriptor', `is no Data Package: ${problem}`));
    else
      for (const resource of (descriptor as Descriptor).resources)
        findings.push(...(await resourceFindings(posix.dirname(at), resource, opened)));
  }
  return findings;
};
