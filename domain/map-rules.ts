import { addressFindings, secretFindings } from './clear-text.ts';
import type { Collection, DataMap } from './data-map.ts';
import { type FidesCollection, type FidesDataset, graphOfFides } from './fides.ts';
import { suggestion } from './nearest.ts';
import { type Missing, planOf, planOfGraph } from './plan.ts';
import { provided } from './provided.ts';
import type { Finding, Path, YamlSource } from './yaml-source.ts';

type Sources = ReadonlyMap<string, YamlSource>;

/** A collection with the place where it stands. */
interface Placed {
  readonly system: string;
  readonly collection: Collection;
  readonly path: Path;
  readonly at: YamlSource['at'];
}

const placed = (map: DataMap, sources: Sources): Placed[] =>
  Object.entries(map.systems).flatMap(([system, { collections }]) => {
    const source = sources.get(system);
    if (!source) return [];
    return Object.entries(collections).map(([name, collection]) => ({
      system,
      collection,
      path: ['systems', system, 'collections', name],
      at: source.at,
    }));
  });

/** What is wrong with `system.collection` or `system.collection.field`, if it leads to nothing. */
const leadsNowhere = (map: DataMap, path: string, withField: boolean): string | undefined => {
  const [system = '', name = '', ...rest] = path.split('.');
  const form = withField ? 'system.collection.field' : 'system.collection';
  const { collections } = map.systems[system] ?? {};
  if (!collections) return `"${path}" names no system (${form}): ${suggestion(system, Object.keys(map.systems))}`;
  const fields = collections[name]?.fields;
  if (!fields) return `"${path}" names no collection (${form}): ${suggestion(name, Object.keys(collections))}`;
  const field = rest.join('.');
  if (!withField) return field === '' ? undefined : `"${path}" is more than system.collection: remove ".${field}"`;
  if (Object.hasOwn(fields, field)) return undefined;
  return `"${path}" names no field (${form}): ${suggestion(field, Object.keys(fields))}`;
};

const undescribed = ({ collection, path, at }: Placed): Finding[] => {
  const { fields, identity, primaryKey, references } = collection;
  const named: [Path, string][] = [
    ...Object.entries(identity).map(([kind, field]): [Path, string] => [['identity', kind], field]),
    ...primaryKey.map((field, index): [Path, string] => [['primaryKey', index], field]),
    ...references.map(({ field }, index): [Path, string] => [['references', index, 'field'], field]),
  ];
  return named
    .filter(([, field]) => !Object.hasOwn(fields, field))
    .map(([where, field]) => {
      const message = `field "${field}" is not described under fields: ${suggestion(field, Object.keys(fields))}`;
      return at([...path, ...where], 'undescribed-field', message);
    });
};

/** Portability would silently answer with nothing from a collection that says it holds something. */
const providesNothing = ({ collection, path, at }: Placed): Finding[] =>
  collection.provided && !provided(collection)
    ? [
        at(
          [...path, 'provided'],
          'provides-nothing',
          "provided: true, but no field is: remove it, or one field's provided: false",
        ),
      ]
    : [];

const references = (map: DataMap, { collection, path, at }: Placed): Finding[] =>
  collection.references.flatMap((reference, index) => {
    const here = [...path, 'references', index];
    const ends = (['from', 'to'] as const).filter((end) => reference[end] !== undefined);
    if (ends.length === 0) {
      return [at(here, 'missing-key', 'a reference says from: or to: system.collection.field')];
    }
    return ends.flatMap((end) => {
      const problem = leadsNowhere(map, reference[end] ?? '', true);
      return problem ? [at([...here, end], 'unknown-reference', problem)] : [];
    });
  });

const orders = (map: DataMap, { collection, path, at }: Placed): Finding[] =>
  (collection.after ?? []).flatMap((before, index) => {
    const problem = leadsNowhere(map, before, false);
    return problem ? [at([...path, 'after', index], 'unknown-reference', problem)] : [];
  });

const canaries = (map: DataMap, sources: Sources): Finding[] =>
  Object.entries(map.systems).flatMap(([system, { canary }]) => {
    const problem = canary && leadsNowhere(map, `${system}.${canary.collection}.${canary.field}`, true);
    return problem ? (sources.get(system)?.at(['systems', system, 'canary'], 'unknown-reference', problem) ?? []) : [];
  });

/** Names that lead to nothing. */
export const referenceFindings = (map: DataMap, sources: Sources): Finding[] => [
  ...placed(map, sources).flatMap((each) => [
    ...undescribed(each),
    ...providesNothing(each),
    ...references(map, each),
    ...orders(map, each),
  ]),
  ...canaries(map, sources),
];

/** What a request begins with: only the address is proven. */
const provenKinds = ['email'];

const messageOf = ({ collection, path, reason }: Missing): string =>
  `${collection} would never be asked (${path.join(' -> ')}): ${reason}; add an identity or a reference`;

const ruleOf = ({ cycle }: Missing): string => (cycle ? 'cycle-without-entry' : 'unreachable');

/** Collections that would be left out of every answer, because no way leads to them from a proven address. */
export const reachFindings = (map: DataMap, sources: Sources): Finding[] =>
  planOf(map, provenKinds).missing.flatMap((missing) => {
    const [system = '', name = ''] = missing.collection.split('.');
    const path = ['systems', system, 'collections', name];
    return sources.get(system)?.at(path, ruleOf(missing), messageOf(missing)) ?? [];
  });

/** Collections of Fides datasets that no identity of these kinds reaches. */
export const unreachedFindings = (datasets: readonly FidesDataset[], kinds: readonly string[]): Finding[] => {
  const collections = new Map(
    datasets.flatMap(({ key, collections: held }) =>
      held.map((each): [string, FidesCollection] => [`${key}.${each.name}`, each]),
    ),
  );
  return planOfGraph(graphOfFides(datasets), kinds).missing.flatMap((missing) => {
    const { source, path } = collections.get(missing.collection) ?? {};
    return source && path ? [source.at(path, ruleOf(missing), messageOf(missing))] : [];
  });
};

interface Raw {
  readonly connector?: { readonly type?: unknown; readonly options?: unknown; readonly secret?: unknown };
  readonly collections?: Readonly<Record<string, { readonly options?: unknown } | null>>;
}

const rawSystems = (value: unknown): [string, Raw][] => {
  const systems = (value as { systems?: Readonly<Record<string, Raw | null>> } | null | undefined)?.systems;
  if (typeof systems !== 'object' || systems === null) return [];
  return Object.entries(systems).map(([name, system]) => [name, system ?? {}]);
};

const httpTypes = new Set<unknown>(['rest', 'graphql']);

/** Secrets and unsafe addresses in what connectors are told; found even where the rest does not fit the schema. */
export const clearTextFindings = (source: YamlSource): Finding[] =>
  rawSystems(source.value).flatMap(([name, { connector, collections }]) => {
    const path = ['systems', name];
    const options: [unknown, Path][] = [
      [connector?.options, [...path, 'connector', 'options']],
      ...Object.entries(collections ?? {}).map(([id, held]): [unknown, Path] => [
        held?.options,
        [...path, 'collections', id, 'options'],
      ]),
    ];
    return options.flatMap(([value, where]) => [
      ...secretFindings(value, where, source),
      ...(httpTypes.has(connector?.type) ? addressFindings(value, where, source) : []),
    ]);
  });
