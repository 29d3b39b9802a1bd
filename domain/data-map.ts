import * as z from 'zod';
import { canonical, sha256 } from './canonical.ts';
import { type MapOutline, outlineOf } from './map-outline.ts';
import { clearTextFindings, emptyProvisions, reachFindings, referenceFindings } from './map-rules.ts';
import { schemaFindings } from './schema-findings.ts';
import { toDoFindings } from './to-do.ts';
import { type Finding, readYaml, type SourceFile, sortedFindings, type YamlSource } from './yaml-source.ts';

export type { Finding, SourceFile };

/** A text in each language the organisation answers in. */
export const Text = z.strictObject({ da: z.string().min(1), en: z.string().min(1) });
export type Text = z.infer<typeof Text>;

/** Names of systems and collections: lower-case, so that a path, an item key and a construct id can hold them. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/, 'lower-case letters, digits, - and _')
  .max(40);

/** What a person can be known by, such as email. E-mail is the one that is proven; others come out of references between sources. */
const IdentityKind = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/i, 'letters, digits and _')
  .max(60);

export const Field = z.strictObject({
  label: Text,
  explanation: Text.optional(),
  /** A Fides data category such as user.contact.email, understood by prefix. */
  category: z.string().optional(),
  /** Meaning of codes: value -> text. */
  codes: z.record(z.string(), Text).optional(),
  /** Whether the person gave the values; default: what the collection says. */
  provided: z.boolean().optional(),
  /** May name other people: the DPO looks at it before release (Art. 15(4)). */
  freeText: z.boolean().optional(),
});
export type Field = z.infer<typeof Field>;

/**
 * `from`: this field takes its values from that one. `to`: this field's values are looked for in that one. Both naming the same field:
 * whichever is reached first gives the values.
 */
export const Reference = z.strictObject({
  field: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
});

export const Collection = z.strictObject({
  title: Text,
  /** Where the source keeps it: table, index, path, prefix. Default: the collection's name. */
  at: z.string().optional(),
  primaryKey: z.array(z.string()).min(1),
  /** Kind of identity -> the field that holds it, or each of several: a row is the person's if one of them matches. */
  identity: z.record(IdentityKind, z.union([z.string(), z.array(z.string()).min(1)])).default({}),
  references: z.array(Reference).default([]),
  /** Collections (system.collection) that must have been asked before, although no values come from there. */
  after: z.array(z.string()).optional(),
  fields: z.record(z.string(), Field),
  /**
   * Whether the person gave the values of the fields, knowingly or by using a service: portability answers with those alone (Art. 20(1)).
   * What the organisation made of them is not given. Default: no.
   */
  provided: z.boolean().optional(),
  /**
   * The field whose newest value says when the person last did something here (an ISO 8601 date or instant). The DPO is shown it: an
   * address that was quiet for years may be somebody else's by now.
   */
  lastSeen: z.string().optional(),
  /** What the connector's type needs for this collection, checked by the connector. */
  options: z.record(z.string(), z.unknown()).default({}),
});
export type Collection = z.infer<typeof Collection>;

/** What Art. 15(1) and Art. 30 ask about a system. */
export const Art15 = z.strictObject({
  purposes: z.array(Text).min(1),
  legalBasis: Text,
  recipients: z.array(z.strictObject({ name: z.string(), why: Text.optional() })),
  transfers: Text.optional(),
  retention: Text,
  source: Text,
  automatedDecisions: Text.optional(),
});

/**
 * A subject the source is known to hold (made up, not a person). A source that answers "unknown" for everybody in its own outage
 * is told from one that holds nothing by asking for it.
 */
export const Canary = z.strictObject({ collection: Name, field: z.string(), value: z.string().min(1).max(254) });
export type Canary = z.infer<typeof Canary>;

export const connectorTypes = [
  'postgres',
  'mysql',
  'mssql',
  'dynamodb',
  's3',
  'rest',
  'graphql',
  'lambda',
  'manual',
] as const;

export const System = z.strictObject({
  title: Text,
  owner: z.strictObject({
    name: z.string(),
    email: z.email().max(254),
    language: z.enum(['da', 'en']).default('da'),
    /** Addresses that get the task too when 80 % of the owner's time are gone. */
    deputies: z.array(z.email().max(254)).max(10).optional(),
  }),
  tier: z.enum(['basic', 'elevated']).default('basic'),
  /** `private`: a database in a VPC (decisions.md 17). */
  network: z.enum(['public', 'private']).default('public'),
  connector: z.strictObject({
    type: z.enum(connectorTypes),
    /** How many requests may ask the system at once; the rest wait. A rate in the options is shared between them. */
    concurrency: z.int().min(1).max(100).optional(),
    /** Name of the secret in Secrets Manager; never the secret. */
    secret: z
      .string()
      .regex(/^[\w/+=.@-]{1,512}$/, 'the name of a secret in Secrets Manager (letters, digits and /_+=.@-)')
      .optional(),
    options: z.record(z.string(), z.unknown()).default({}),
  }),
  canary: Canary.optional(),
  /** For `manual`: what the owner looks for, and where. */
  instructions: Text.optional(),
  art15: Art15,
  collections: z.record(Name, Collection),
});
export type System = z.infer<typeof System>;

export const DataMap = z.strictObject({ version: z.literal(1), systems: z.record(Name, System) });
export type DataMap = z.infer<typeof DataMap>;

/** What is known of the map after reading its files. `map` is there only if every file fits the schema. */
export interface ReadMap {
  readonly map?: DataMap;
  /** The systems that fit the schema, whatever is wrong in others. */
  readonly fitting: Readonly<Record<string, System>>;
  /** How collections are found, as far as it can be told; nothing where a file is no YAML. */
  readonly outline: MapOutline;
  /** Collections in which something is wrong. */
  readonly faulty: ReadonlySet<string>;
  readonly findings: readonly Finding[];
  /** Of each system, the file it stands in. */
  readonly sources: ReadonlyMap<string, YamlSource>;
}

const systemsIn = ({ value }: YamlSource): string[] =>
  Object.keys((value as { systems?: object } | undefined)?.systems ?? {});

/** Each system belongs to one file: the first that names it, in order of file name. */
const placed = (files: readonly YamlSource[]) => {
  const sources = new Map<string, YamlSource>();
  const findings: Finding[] = [];
  for (const source of files) {
    for (const name of systemsIn(source)) {
      const first = sources.get(name);
      const message = `system "${name}" is already described in ${first?.file}: keep one, or rename it`;
      if (first) findings.push(source.at(['systems', name], 'duplicate-name', message));
      else sources.set(name, source);
    }
  }
  return { sources, findings };
};

const ofSchema = (source: YamlSource): { map?: DataMap; findings: Finding[]; faulty: string[] } => {
  if (source.value === undefined && source.findings.length > 0) return { findings: [...source.findings], faulty: [] };
  const { success, data, error } = DataMap.safeParse(source.value ?? {});
  if (success && source.findings.length === 0) return { map: data, findings: [], faulty: [] };
  const issues = error?.issues ?? [];
  const faulty = issues.map(({ path: [, system, , collection] }) => `${String(system)}.${String(collection)}`);
  return { findings: [...source.findings, ...schemaFindings(issues, DataMap, source)], faulty };
};

type Sources = ReadMap['sources'];
const byName = <T>(systems: [string, T][]): Record<string, T> =>
  Object.fromEntries(systems.sort(([a], [b]) => (a < b ? -1 : 1)));

const fittingIn = (sources: Sources): Record<string, System> =>
  byName(
    [...sources].flatMap(([name, { value }]) => {
      const { data } = System.safeParse((value as DataMap).systems[name]);
      return data ? [[name, data] as [string, System]] : [];
    }),
  );

const outlineIn = (read: readonly YamlSource[], sources: Sources): MapOutline => {
  if (read.some(({ value, findings }) => value === undefined && findings.length > 0)) return { systems: {} };
  const outlines = new Map(read.map((source) => [source, outlineOf(source.value).systems]));
  return {
    systems: byName(
      [...sources].flatMap(([name, source]) => {
        const system = outlines.get(source)?.[name];
        return system ? [[name, system] as [string, typeof system]] : [];
      }),
    ),
  };
};

/** Reads the files of a map and checks all but whether every collection is reached. */
export const readDataMap = (files: readonly SourceFile[]): ReadMap => {
  const read = files.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(readYaml);
  const { sources, findings } = placed(read);
  const parsed = read.map(ofSchema);
  const outline = outlineIn(read, sources);
  const { lost, faulty } = referenceFindings(outline, sources);
  const known = {
    fitting: fittingIn(sources),
    outline,
    faulty: new Set([...faulty, ...parsed.flatMap((each) => each.faulty)]),
    sources,
  };
  const found = [...findings, ...parsed.flatMap((each) => each.findings), ...read.flatMap(clearTextFindings), ...lost];
  if (parsed.some(({ map }) => !map)) return { ...known, findings: sortedFindings(found) };
  const systems = parsed.flatMap(({ map }) => Object.entries(map?.systems ?? {}));
  const map: DataMap = { version: 1, systems: byName(systems) };
  return { ...known, map, findings: sortedFindings([...found, ...emptyProvisions(map, sources)]) };
};

const empty = (files: readonly SourceFile[]): Finding[] => [
  {
    file: files[0]?.name ?? 'systems',
    line: 1,
    column: 1,
    rule: 'empty-map',
    message: 'no system is described: add one',
  },
];

/** The data map of some YAML files and the SHA-256 of its canonical JSON, or everything that is wrong in them. */
export const parseDataMap = (
  files: readonly SourceFile[],
): { map: DataMap; hash: string } | { findings: readonly Finding[] } => {
  const read = readDataMap(files);
  const { map, sources } = read;
  const findings = sortedFindings([...read.findings, ...reachFindings(read)]);
  if (!map || findings.length > 0) return { findings };
  if (sources.size === 0) return { findings: empty(files) };
  const left = toDoFindings(sources);
  return left.length > 0 ? { findings: left } : { map, hash: sha256(canonical(map)) };
};
