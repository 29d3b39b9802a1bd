import { stringify } from 'yaml';
import { categoryLabel } from './data-categories.ts';
import type { DataMap, Field, System, Text } from './data-map.ts';
import { type FidesCollection, type FidesDataset, type FidesField, referredTo } from './fides.ts';
import { toDoAddress, toDoText } from './to-do.ts';

type Collection = System['collections'][string];

/** What stands in an import where Fides has nothing to say: a person must write it. */
const toDo: Text = { da: toDoText, en: toDoText };

/** Texts of a map that still wait for a person. */
export const countToDo = (yaml: string): number => yaml.match(/\bTODO\b/g)?.length ?? 0;

const slug = (name: string): string => {
  const plain = name.normalize('NFKD').toLowerCase();
  const joined = plain.replaceAll(/[^a-z0-9_-]+/g, '_').replaceAll(/([_-])[_-]+/g, '$1');
  return (
    joined
      .replace(/^[^a-z]+/, '')
      .slice(0, 36)
      .replace(/[_-]+$/, '') || 'system'
  );
};

/** Names as our map allows them, each once: the second of a name gets a number. */
const namesFor = (names: readonly string[]): Map<string, string> => {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of names) {
    const base = slug(name);
    let free = base;
    for (let n = 2; taken.has(free); n += 1) free = `${base}_${n}`;
    taken.add(free);
    given.set(name, free);
  }
  return given;
};

interface Names {
  /** `dataset.collection` in Fides -> `system.collection` in our map. */
  readonly collections: ReadonlyMap<string, string>;
}

const readable = (name: string): string => {
  const words = name
    .replaceAll(/[._-]+/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const same = (text: string): Text => ({ da: text, en: text });

const fieldOf = ({ name, description, categories }: FidesField): Field => {
  const [category] = categories;
  const known = category === undefined ? undefined : categoryLabel(category);
  // Older taxonomies say where a value came from.
  const origin = /^user\.(provided|derived)(\.|$)/.exec(category ?? '')?.[1];
  return {
    label: known ?? same(readable(name)),
    ...(description ? { explanation: same(description) } : {}),
    ...(category === undefined ? {} : { category }),
    ...(origin ? { provided: origin === 'provided' } : {}),
  };
};

const referencesOf = ({ fields }: FidesCollection, { collections }: Names): Collection['references'] =>
  fields.flatMap(({ name, meta }) =>
    (meta.references ?? []).map((reference) => {
      const place = referredTo(reference);
      const other = `${collections.get(place.collection) ?? place.collection}.${place.field}`;
      if (reference.direction === 'from') return { field: name, from: other };
      return reference.direction === 'to' ? { field: name, to: other } : { field: name, from: other, to: other };
    }),
  );

const identityOf = ({ fields }: FidesCollection): Collection['identity'] => {
  const held = Map.groupBy(fields, ({ meta }) => meta.identity ?? '');
  held.delete('');
  return Object.fromEntries(
    [...held].map(([kind, all]) => {
      const [first = '', ...others] = all.map(({ name }) => name);
      return [kind, others.length > 0 ? [first, ...others] : first];
    }),
  );
};

const primaryKeyOf = ({ fields }: FidesCollection): string[] => {
  const keys = fields.filter(({ meta }) => meta.primary_key).map(({ name }) => name);
  return keys.length > 0 ? keys : fields.slice(0, 1).map(({ name }) => name);
};

const optional = <T>(name: string, list: readonly T[]) => (list.length > 0 ? { [name]: list } : {});

const collectionOf = (collection: FidesCollection, names: Names, members: ReadonlyMap<string, readonly string[]>) => {
  const { name, description, fields, after } = collection;
  const identity = identityOf(collection);
  const before = after.flatMap((each) => members.get(each) ?? [names.collections.get(each) ?? each]);
  return {
    title: same(description || readable(name)),
    at: name,
    primaryKey: primaryKeyOf(collection),
    ...(Object.keys(identity).length > 0 ? { identity } : {}),
    ...optional('references', referencesOf(collection, names)),
    ...optional('after', before),
    fields: Object.fromEntries(fields.map((field) => [field.name, fieldOf(field)])),
  };
};

const systemOf = ({ key, title, description }: FidesDataset, secret: string, collections: object) => ({
  title: same(title || key),
  owner: { name: toDoText, email: toDoAddress },
  connector: { type: 'postgres', secret: `privacy/${secret}` },
  art15: {
    purposes: [description ? same(description) : toDo],
    legalBasis: toDo,
    recipients: [],
    retention: toDo,
    source: toDo,
  },
  collections,
});

/** Systems of our data map from Fides datasets, as YAML. What Fides does not know is marked TODO. */
export const importFides = (datasets: readonly FidesDataset[]): string => {
  const systems = namesFor(datasets.map(({ key }) => key));
  const collections = new Map<string, string>();
  const own = new Map(datasets.map(({ key, collections: held }) => [key, namesFor(held.map(({ name }) => name))]));
  for (const [key, held] of own) {
    for (const [name, slugged] of held) collections.set(`${key}.${name}`, `${systems.get(key)}.${slugged}`);
  }
  const members = new Map(
    [...own].map(([key, held]) => [key, [...held.values()].map((each) => `${systems.get(key)}.${each}`)]),
  );
  const map = {
    version: 1,
    systems: Object.fromEntries(
      datasets.map((dataset) => {
        const held = dataset.collections.map((each) => [
          own.get(dataset.key)?.get(each.name) ?? each.name,
          collectionOf(each, { collections }, members),
        ]);
        const system = systems.get(dataset.key) ?? dataset.key;
        return [system, systemOf(dataset, system, Object.fromEntries(held))];
      }),
    ),
  } satisfies Record<keyof DataMap, unknown>;
  return stringify(map, { lineWidth: 120, aliasDuplicateObjects: false });
};
