import { addressFindings, secretFindings } from './clear-text.ts';
import type { Collection, DataMap } from './data-map.ts';
import { type FidesCollection, type FidesDataset, graphOfFides } from './fides.ts';
import type { MapOutline, OutlinedCollection } from './map-outline.ts';
import { suggestion } from './nearest.ts';
import { type Missing, planOfGraph } from './plan.ts';
import { provided } from './provided.ts';
import { graphOf, type Order, type ReferenceGraph, selfReference } from './reference-graph.ts';
import type { Finding, Path, YamlSource } from './yaml-source.ts';

type Sources = ReadonlyMap<string, YamlSource>;

/** A collection with the place where it stands. */
interface Placed {
  /** `system.collection`. */
  readonly id: string;
  readonly collection: OutlinedCollection;
  readonly path: Path;
  readonly at: YamlSource['at'];
}

const placed = (map: MapOutline, sources: Sources): Placed[] =>
  Object.entries(map.systems).flatMap(([system, { collections }]) => {
    const source = sources.get(system);
    if (!source) return [];
    return Object.entries(collections).map(([name, collection]) => ({
      id: `${system}.${name}`,
      collection,
      path: ['systems', system, 'collections', name],
      at: source.at,
    }));
  });

/** What is wrong with `system.collection` or `system.collection.field`, if it leads to nothing. */
const leadsNowhere = (map: MapOutline, path: string, withField: boolean): string | undefined => {
  const [system = '', name = '', ...rest] = path.split('.');
  const form = withField ? 'system.collection.field' : 'system.collection';
  const { collections } = map.systems[system] ?? {};
  if (!collections) return `"${path}" names no system (${form}): ${suggestion(system, Object.keys(map.systems))}`;
  const collection = collections[name];
  if (!collection) return `"${path}" names no collection (${form}): ${suggestion(name, Object.keys(collections))}`;
  const field = rest.join('.');
  if (!withField) return field === '' ? undefined : `"${path}" is more than system.collection: remove ".${field}"`;
  const { fields } = collection;
  if (!fields || Object.hasOwn(fields, field)) return undefined;
  return `"${path}" names no field (${form}): ${suggestion(field, Object.keys(fields))}`;
};

const undescribed = ({ collection, path, at }: Placed): Finding[] => {
  const { fields, identity, primaryKey, references, lastSeen } = collection;
  if (!fields) return [];
  const named: [Path, string][] = [
    ...Object.entries(identity).flatMap(([kind, held]) =>
      [held].flat().map((field, index): [Path, string] => [['identity', kind, index], field]),
    ),
    ...primaryKey.map((field, index): [Path, string] => [['primaryKey', index], field]),
    ...references.map(({ field }, index): [Path, string] => [['references', index, 'field'], field]),
    ...(lastSeen === undefined ? [] : [[['lastSeen'], lastSeen] satisfies [Path, string]]),
  ];
  return named
    .filter(([, field]) => !Object.hasOwn(fields, field))
    .map(([where, field]) => {
      const message = `field "${field}" is not described under fields: ${suggestion(field, Object.keys(fields))}`;
      return at([...path, ...where], 'undescribed-field', message);
    });
};

/** Portability would silently answer with nothing from a collection that says it holds something. */
export const emptyProvisions = (map: DataMap, sources: Sources): Finding[] =>
  placed(map, sources).flatMap(({ collection, path, at }) => {
    const held = collection as Collection;
    const message = "provided: true, but no field is: remove it, or one field's provided: false";
    return held.provided && !provided(held) ? [at([...path, 'provided'], 'provides-nothing', message)] : [];
  });

const references = (map: MapOutline, { id, collection, path, at }: Placed): Finding[] =>
  collection.references.flatMap((reference, index) => {
    const here = [...path, 'references', index];
    const ends = (['from', 'to'] as const).filter((end) => reference[end] !== undefined);
    if (ends.length === 0) {
      return [at(here, 'missing-key', 'a reference says from: or to: system.collection.field')];
    }
    return ends.flatMap((end) => {
      const other = reference[end] ?? '';
      const problem = leadsNowhere(map, other, true);
      if (problem) return [at([...here, end], 'unknown-reference', problem)];
      return other.startsWith(`${id}.`) ? [at([...here, end], 'self-reference', selfReference(id))] : [];
    });
  });

const orders = (map: MapOutline, { collection, path, at }: Placed): Finding[] =>
  (collection.after ?? []).flatMap((before, index) => {
    const problem = leadsNowhere(map, before, false);
    return problem ? [at([...path, 'after', index], 'unknown-reference', problem)] : [];
  });

const canaries = (map: MapOutline, sources: Sources): Finding[] =>
  Object.entries(map.systems).flatMap(([system, { canary }]) => {
    const problem = canary && leadsNowhere(map, `${system}.${canary.collection}.${canary.field}`, true);
    return problem ? (sources.get(system)?.at(['systems', system, 'canary'], 'unknown-reference', problem) ?? []) : [];
  });

/** Names that lead to nothing, and the collections that they stand in. */
export const referenceFindings = (map: MapOutline, sources: Sources) => {
  const wrong = placed(map, sources).map((each) => {
    return { id: each.id, found: [...undescribed(each), ...references(map, each), ...orders(map, each)] };
  });
  const lost = [...wrong.flatMap(({ found }) => found), ...canaries(map, sources)];
  return { lost, faulty: wrong.flatMap(({ id, found }) => (found.length > 0 ? [id] : [])) };
};

/** What a request begins with: only the address is proven. */
const provenKinds = ['email'];

const messageOf = ({ collection, path, reason }: Missing): string =>
  `${collection} would never be asked (${path.join(' -> ')}): ${reason}; add an identity or a reference`;

const ruleOf = ({ cycle }: Missing): string => (cycle ? 'cycle-without-entry' : 'unreachable');

const conflictOf = ({ first, second }: Order): string =>
  `${second} cannot be asked after ${first}: ${first} takes values from it, or waits for it; remove one of them`;

const collectionAt = (map: MapOutline, id: string): OutlinedCollection | undefined => {
  const [system = '', name = ''] = id.split('.');
  return map.systems[system]?.collections[name];
};

/** A graph in which the collections that must be mended anyway are reached: what they lead to may be then. */
const mending = (graph: ReferenceGraph, faulty: readonly string[], [kind = '']: readonly string[]): ReferenceGraph => {
  const reached = faulty.map((collection) => ({ kind, at: { collection, field: '' } }));
  return { ...graph, entries: [...graph.entries, ...reached] };
};

/** What to mend in a map that was read: see `reachFindings`. */
interface Reached {
  readonly outline: MapOutline;
  readonly sources: Sources;
  readonly faulty: ReadonlySet<string>;
}

/**
 * Collections that would be left out of every answer, because no way leads to them from a proven address, and orders that can't be kept.
 * What a faulty collection leads to may be reached once that one is mended.
 */
export const reachFindings = ({ outline, sources, faulty }: Reached): Finding[] => {
  const { missing, conflicts } = planOfGraph(mending(graphOf(outline), [...faulty], provenKinds), provenKinds);
  const at = (collection: string, inside: Path, rule: string, message: string): Finding[] => {
    const [system = '', name = ''] = collection.split('.');
    const source = sources.get(system);
    return source ? [source.at(['systems', system, 'collections', name, ...inside], rule, message)] : [];
  };
  return [
    ...missing.flatMap((each) => at(each.collection, [], ruleOf(each), messageOf(each))),
    ...conflicts.flatMap((each) => {
      const index = collectionAt(outline, each.second)?.after?.indexOf(each.first) ?? 0;
      return at(each.second, ['after', index], 'impossible-order', conflictOf(each));
    }),
  ];
};

/** Collections of Fides datasets that no identity of these kinds reaches, and orders that can't be kept. */
export const unreachedFindings = (datasets: readonly FidesDataset[], kinds: readonly string[]): Finding[] => {
  const collections = new Map(
    datasets.flatMap(({ key, collections: held }) =>
      held.map((each): [string, FidesCollection] => [`${key}.${each.name}`, each]),
    ),
  );
  const graph = graphOfFides(datasets);
  const faulty = [...collections].filter(([, { isFaulty }]) => isFaulty).map(([id]) => id);
  const { missing, conflicts } = planOfGraph(mending(graph, faulty, kinds), kinds);
  return [
    ...missing.map((each) => ({ id: each.collection, inside: [], rule: ruleOf(each), message: messageOf(each) })),
    ...conflicts.map((each) => ({
      id: each.second,
      inside: ['fides_meta', 'after'],
      rule: 'impossible-order',
      message: conflictOf(each),
    })),
  ].flatMap(({ id, inside, rule, message }) => {
    const { source, path } = collections.get(id) ?? {};
    return source && path ? [source.at([...path, ...inside], rule, message)] : [];
  });
};

interface Raw {
  readonly connector?: { readonly type?: unknown };
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
      [connector, [...path, 'connector']],
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
