import * as z from 'zod';
import { suggestion } from './nearest.ts';
import { type Flow, type Place, type ReferenceGraph, selfReference } from './reference-graph.ts';
import { schemaFindings } from './schema-findings.ts';
import { type Finding, type Path, readYaml, type SourceFile, sortedFindings, type YamlSource } from './yaml-source.ts';

const noReference = { dataset: '', field: '', direction: undefined };

/** The format; `loose` takes what can't be read for not there, so that the rest of such a file can be checked too. */
const formatOf = (loose: boolean) => {
  const or = <T extends z.ZodType>(schema: T, otherwise: z.output<T>): T =>
    loose ? (z.catch(schema, otherwise as never) as unknown as T) : schema;
  const name = or(z.string().min(1), '');
  // Fides writes many keys that say nothing about where data is: they are passed over.
  const Reference = z.looseObject({
    dataset: z.string(),
    /** collection.field, and below it what is nested. */
    field: z.string().regex(/^[^.]+\../, 'write collection.field'),
    direction: z.enum(['from', 'to']).nullish(),
  });
  const FieldMeta = z.looseObject({
    identity: or(z.string().nullish(), undefined),
    primary_key: or(z.boolean().nullish(), undefined),
    references: or(z.array(or(Reference, noReference)).nullish(), undefined),
  });
  const fieldMeta = or(FieldMeta.nullish(), undefined);
  const description = or(z.string().nullish(), undefined);
  const after = or(z.array(z.string()).nullish(), undefined);
  const Field = z.looseObject({
    name,
    description,
    data_categories: or(z.array(z.string()).nullish(), undefined),
    fides_meta: fieldMeta,
    fidesops_meta: fieldMeta,
    get fields() {
      return z.array(Field).nullish();
    },
  });
  const orderMeta = or(z.looseObject({ after, skip_processing: z.boolean().nullish() }).nullish(), undefined);
  const ordered = { description, after, fides_meta: orderMeta, fidesops_meta: orderMeta };
  const Collection = z.looseObject({ name, ...ordered, fields: or(z.array(Field), []) });
  const Dataset = z.looseObject({
    fides_key: name,
    name: or(z.string().nullish(), undefined),
    ...ordered,
    collections: or(z.array(Collection), []),
  });
  return { FieldMeta, Field, Collection, Dataset, File: z.looseObject({ dataset: z.array(Dataset) }) };
};

const strict = formatOf(false);
const loose = formatOf(true);
type FieldMeta = z.infer<typeof strict.FieldMeta>;
type FidesReference = NonNullable<FieldMeta['references']>[number];
type Field = z.infer<typeof strict.Field>;
type Collection = z.infer<typeof strict.Collection>;
type Dataset = z.infer<typeof strict.Dataset>;

/** A field of a Fides collection with the names above it: `address.street`. */
export interface FidesField {
  readonly name: string;
  readonly description?: string | null;
  readonly categories: readonly string[];
  readonly meta: FieldMeta;
  /** Under which key its references stand: the older name of `fides_meta` is still read. */
  readonly metaKey: 'fides_meta' | 'fidesops_meta';
  readonly path: Path;
}

export interface FidesCollection {
  readonly dataset: string;
  readonly name: string;
  readonly description?: string | null;
  readonly fields: readonly FidesField[];
  readonly after: readonly string[];
  /** Whether something in it can't be read. */
  readonly isFaulty?: boolean;
  readonly path: Path;
  readonly source: YamlSource;
}

export interface FidesDataset {
  readonly key: string;
  readonly title: string;
  readonly description?: string | null;
  readonly collections: readonly FidesCollection[];
  /** Collections that are not asked (`skip_processing`), as dataset.collection. */
  readonly skipped: readonly string[];
  readonly path: Path;
  readonly source: YamlSource;
}

/** Whether a file is in the format of Ethyca Fides: its datasets stand under `dataset`. Broken files are told apart too. */
export const isFides = ({ text }: SourceFile): boolean => /^\uFEFF?(\{\s*)?["']?dataset["']?\s*:/m.test(text);

const fieldsOf = (fields: readonly Field[], path: Path, above = ''): FidesField[] =>
  fields.flatMap(({ name, description, data_categories, fides_meta, fidesops_meta, fields: nested }, index) => {
    const here = { name: above + name, path: [...path, 'fields', index] };
    const meta = { ...fidesops_meta, ...fides_meta };
    const metaKey = fides_meta?.references ? ('fides_meta' as const) : ('fidesops_meta' as const);
    const own = { ...here, description, categories: data_categories ?? [], meta, metaKey };
    return [own, ...fieldsOf(nested ?? [], here.path, `${here.name}.`)];
  });

type Ordered = Collection | Dataset;
const afterOf = ({ after, fides_meta, fidesops_meta }: Ordered): readonly string[] =>
  after ?? fides_meta?.after ?? fidesops_meta?.after ?? [];
const isSkipped = ({ fides_meta, fidesops_meta }: Ordered): boolean =>
  Boolean(fides_meta?.skip_processing ?? fidesops_meta?.skip_processing);

const collectionsOf = (dataset: Dataset, path: Path, source: YamlSource): FidesCollection[] =>
  dataset.collections.flatMap((collection, index) => {
    if (isSkipped(collection)) return [];
    const here = [...path, 'collections', index];
    const { name, description, fields } = collection;
    const after = afterOf(collection);
    return [
      { dataset: dataset.fides_key, name, description, fields: fieldsOf(fields, here), after, path: here, source },
    ];
  });

interface ReadFile {
  readonly datasets: readonly FidesDataset[];
  readonly findings: readonly Finding[];
  /** Whether it is no YAML: then nothing can be said of what others refer to. */
  readonly isBroken?: boolean;
}

const datasetOf = (dataset: Dataset, path: Path, source: YamlSource, faulty: ReadonlySet<string>): FidesDataset => {
  const { fides_key: key, name, description } = dataset;
  const wholeAfter = afterOf(dataset);
  const collections = collectionsOf(dataset, path, source).map((each) => ({
    ...each,
    after: [...each.after, ...wholeAfter],
    isFaulty: faulty.has(each.path.join()),
  }));
  const skipped = dataset.collections.filter(isSkipped).map((each) => `${key}.${each.name}`);
  return { key, title: name ?? key, description, collections, skipped, path, source };
};

const datasetsIn = (source: YamlSource): ReadFile => {
  const { value, findings } = source;
  if (value === undefined && findings.length > 0) return { datasets: [], findings, isBroken: true };
  const issues = strict.File.safeParse(value).error?.issues ?? [];
  const found = [...findings, ...schemaFindings(issues, strict.File, source)];
  const { data } = (issues.length > 0 ? loose : strict).File.safeParse(value);
  const faulty = new Set(issues.map(({ path }) => path.slice(0, 4).join()));
  const datasets = (data?.dataset ?? []).map((each, index) => datasetOf(each, ['dataset', index], source, faulty));
  const none = data && datasets.length === 0;
  return {
    datasets,
    findings: none ? [...found, source.at([], 'empty-map', 'no dataset is described: add one')] : found,
  };
};

const idOf = ({ dataset, name }: FidesCollection): string => `${dataset}.${name}`;

const twice = <T extends { readonly path: Path }>(
  items: readonly (T & { readonly source: YamlSource })[],
  nameOf: (item: T) => string,
): Finding[] => {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const name = nameOf(item);
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [item.source.at(item.path, 'duplicate-name', `"${name}" is described twice: keep one, or rename it`)];
  });
};

const duplicates = (datasets: readonly FidesDataset[]): Finding[] => [
  ...twice(datasets, ({ key }) => key),
  ...datasets.flatMap(({ collections }) => [
    ...twice(collections, idOf),
    ...collections.flatMap(({ fields, source }) =>
      twice(
        fields.map((field) => ({ ...field, source })),
        ({ name }) => name,
      ),
    ),
  ]),
];

/** Where a reference leads: `collection.field` of a dataset. */
export const referredTo = ({ dataset, field }: { dataset: string; field: string }): Place => {
  const dot = field.indexOf('.');
  return { collection: `${dataset}.${field.slice(0, dot)}`, field: field.slice(dot + 1) };
};

interface Known {
  /** Fields of each collection. */
  readonly fields: ReadonlyMap<string, ReadonlySet<string>>;
  /** What may be named under `after`: datasets and collections, those too that are not asked. */
  readonly names: ReadonlySet<string>;
}

const knownIn = (datasets: readonly FidesDataset[]): Known => {
  const collections = datasets.flatMap((each) => each.collections);
  const fields = new Map(collections.map((each) => [idOf(each), new Set(each.fields.map(({ name }) => name))]));
  const skipped = datasets.flatMap((each) => each.skipped);
  return { fields, names: new Set([...datasets.map(({ key }) => key), ...fields.keys(), ...skipped]) };
};

const wrongReference = (id: string, reference: FidesReference, { fields, names }: Known) => {
  const { collection, field } = referredTo(reference);
  if (collection === id) return { rule: 'self-reference', message: selfReference(id) };
  const known = fields.get(collection);
  if (known?.has(field)) return undefined;
  const skipped = names.has(collection) ? 'it says skip_processing' : suggestion(collection, [...fields.keys()]);
  const meant = known ? suggestion(field, [...known]) : skipped;
  return { rule: 'unknown-reference', message: `"${collection}.${field}" is not described: ${meant}` };
};

const unknownNames = (collection: FidesCollection, known: Known): Finding[] => {
  const { fields, after, path: here, source } = collection;
  const references = fields.flatMap(({ meta, metaKey, path }) =>
    (meta.references ?? []).flatMap((reference, index) => {
      const wrong = reference.field === '' ? undefined : wrongReference(idOf(collection), reference, known);
      return wrong ? [source.at([...path, metaKey, 'references', index, 'field'], wrong.rule, wrong.message)] : [];
    }),
  );
  const orders = after
    .filter((name) => !known.names.has(name))
    .map((name) => {
      const message = `"${name}" is not described: ${suggestion(name, [...known.names])}`;
      return source.at([...here, 'fides_meta', 'after'], 'unknown-reference', message);
    });
  return [...references, ...orders];
};

/** The datasets of Fides files, and what is wrong in them but for what no identity reaches. */
export const readFides = (files: readonly SourceFile[]): { datasets: FidesDataset[]; findings: readonly Finding[] } => {
  const read = files.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((file) => datasetsIn(readYaml(file)));
  const findings = read.flatMap((each) => each.findings);
  if (read.some(({ isBroken }) => isBroken)) return { datasets: [], findings: sortedFindings(findings) };
  const datasets = read.flatMap((each) => each.datasets);
  const known = knownIn(datasets);
  const unknown = datasets.flatMap(({ collections }) => collections.flatMap((each) => unknownNames(each, known)));
  return { datasets, findings: sortedFindings([...findings, ...duplicates(datasets), ...unknown]) };
};

const flowsOf = (here: Place, { references }: FieldMeta): Flow[] =>
  (references ?? []).map((reference) => {
    const there = referredTo(reference);
    if (reference.direction === 'to') return { from: here, to: there };
    return { from: there, to: here, either: reference.direction !== 'from' };
  });

/** The graph of Fides datasets. A reference without direction gives values to whichever side is reached later. */
export const graphOfFides = (datasets: readonly FidesDataset[]): ReferenceGraph => {
  const collections = datasets.flatMap((each) => each.collections);
  const members = new Map(datasets.map(({ key, collections: held }) => [key, held.map(idOf)]));
  const fields = collections.flatMap((each) =>
    each.fields.map(({ name, meta }) => ({ at: { collection: idOf(each), field: name }, meta })),
  );
  return {
    collections: collections.map(idOf).sort(),
    entries: fields.flatMap(({ at, meta }) => (meta.identity ? [{ kind: meta.identity, at }] : [])),
    flows: fields.flatMap(({ at, meta }) => flowsOf(at, meta)),
    orders: collections.flatMap((each) =>
      each.after.flatMap((name) => (members.get(name) ?? [name]).map((first) => ({ first, second: idOf(each) }))),
    ),
  };
};
