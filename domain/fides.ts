import * as z from 'zod';
import { suggestion } from './nearest.ts';
import type { Flow, Place, ReferenceGraph } from './reference-graph.ts';
import { schemaFindings } from './schema-findings.ts';
import { type Finding, type Path, readYaml, type SourceFile, sortedFindings, type YamlSource } from './yaml-source.ts';

// Fides writes many keys that say nothing about where data is: they are passed over.
const FieldMeta = z.looseObject({
  identity: z.string().nullish(),
  primary_key: z.boolean().nullish(),
  references: z
    .array(
      z.looseObject({
        dataset: z.string(),
        /** collection.field, and below it what is nested. */
        field: z.string().regex(/^[^.]+\../, 'write collection.field'),
        direction: z.enum(['from', 'to']).nullish(),
      }),
    )
    .nullish(),
});
type FieldMeta = z.infer<typeof FieldMeta>;

const Field = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  data_categories: z.array(z.string()).nullish(),
  fides_meta: FieldMeta.nullish(),
  fidesops_meta: FieldMeta.nullish(),
  get fields() {
    return z.array(Field).nullish();
  },
});

const OrderMeta = z.looseObject({
  after: z.array(z.string()).nullish(),
  skip_processing: z.boolean().nullish(),
});

const Collection = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  fields: z.array(Field),
  after: z.array(z.string()).nullish(),
  fides_meta: OrderMeta.nullish(),
  fidesops_meta: OrderMeta.nullish(),
});

const Dataset = z.looseObject({
  fides_key: z.string().min(1),
  name: z.string().nullish(),
  description: z.string().nullish(),
  collections: z.array(Collection),
  after: z.array(z.string()).nullish(),
  fides_meta: OrderMeta.nullish(),
  fidesops_meta: OrderMeta.nullish(),
});

const FidesFile = z.looseObject({ dataset: z.array(Dataset) });

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
  readonly path: Path;
  readonly source: YamlSource;
}

export interface FidesDataset {
  readonly key: string;
  readonly title: string;
  readonly description?: string | null;
  readonly collections: readonly FidesCollection[];
  readonly path: Path;
  readonly source: YamlSource;
}

/** Whether a file is in the format of Ethyca Fides: its datasets stand under `dataset`. Broken files are told apart too. */
export const isFides = ({ text }: SourceFile): boolean => /^(\{\s*)?["']?dataset["']?\s*:/m.test(text);

const fieldsOf = (fields: readonly z.infer<typeof Field>[], path: Path, above = ''): FidesField[] =>
  fields.flatMap(({ name, description, data_categories, fides_meta, fidesops_meta, fields: nested }, index) => {
    const here = { name: above + name, path: [...path, 'fields', index] };
    const meta = { ...fidesops_meta, ...fides_meta };
    const metaKey = fides_meta?.references ? ('fides_meta' as const) : ('fidesops_meta' as const);
    const own = { ...here, description, categories: data_categories ?? [], meta, metaKey };
    return [own, ...fieldsOf(nested ?? [], here.path, `${here.name}.`)];
  });

type Ordered = z.infer<typeof Collection> | z.infer<typeof Dataset>;
const afterOf = ({ after, fides_meta, fidesops_meta }: Ordered): readonly string[] =>
  after ?? fides_meta?.after ?? fidesops_meta?.after ?? [];
const isSkipped = ({ fides_meta, fidesops_meta }: Ordered): boolean =>
  Boolean(fides_meta?.skip_processing ?? fidesops_meta?.skip_processing);

const collectionsOf = (dataset: z.infer<typeof Dataset>, path: Path, source: YamlSource): FidesCollection[] =>
  dataset.collections.flatMap((collection, index) => {
    if (isSkipped(collection)) return [];
    const here = [...path, 'collections', index];
    const { name, description, fields } = collection;
    const after = afterOf(collection);
    return [
      { dataset: dataset.fides_key, name, description, fields: fieldsOf(fields, here), after, path: here, source },
    ];
  });

const datasetsIn = (source: YamlSource): { datasets: FidesDataset[]; findings: readonly Finding[] } => {
  if (source.findings.length > 0) return { datasets: [], findings: source.findings };
  const { success, data, error } = FidesFile.safeParse(source.value);
  if (!success) return { datasets: [], findings: schemaFindings(error.issues, FidesFile, source) };
  const datasets = data.dataset.map((dataset, index) => {
    const path = ['dataset', index];
    const { fides_key: key, name, description } = dataset;
    const wholeAfter = afterOf(dataset);
    const collections = collectionsOf(dataset, path, source).map((each) => ({
      ...each,
      after: [...each.after, ...wholeAfter],
    }));
    return { key, title: name ?? key, description, collections, path, source };
  });
  return { datasets, findings: [] };
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

const unknownReferences = (collections: readonly FidesCollection[]): Finding[] => {
  const known = new Map(collections.map((each) => [idOf(each), new Set(each.fields.map(({ name }) => name))]));
  return collections.flatMap(({ fields, source }) =>
    fields.flatMap(({ meta, metaKey, path }) =>
      (meta.references ?? []).flatMap((reference, index) => {
        const { collection, field } = referredTo(reference);
        const names = known.get(collection);
        if (names?.has(field)) return [];
        const meant = names ? suggestion(field, [...names]) : suggestion(collection, [...known.keys()]);
        return [
          source.at(
            [...path, metaKey, 'references', index, 'field'],
            'unknown-reference',
            `"${collection}.${field}" is not described: ${meant}`,
          ),
        ];
      }),
    ),
  );
};

/** The datasets of Fides files, and what is wrong in them but for what no identity reaches. */
export const readFides = (files: readonly SourceFile[]): { datasets: FidesDataset[]; findings: readonly Finding[] } => {
  const read = files.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((file) => datasetsIn(readYaml(file)));
  const datasets = read.flatMap((each) => each.datasets);
  const findings = read.flatMap((each) => each.findings);
  if (findings.length > 0) return { datasets, findings: sortedFindings(findings) };
  const collections = datasets.flatMap((each) => each.collections);
  return { datasets, findings: sortedFindings([...duplicates(datasets), ...unknownReferences(collections)]) };
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
