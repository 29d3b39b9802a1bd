import type { DataMap } from './data-map.ts';
import type { Input, Plan } from './plan.ts';

interface Item {
  readonly system: string;
  readonly collections: readonly { readonly name: string; readonly inputs: readonly Input[] }[];
}

/** Systems that are asked at the same time, by name; each asks its collections in the order given. */
export type Wave = readonly Item[];

const systemOf = (collection: string): string => collection.slice(0, collection.indexOf('.'));

/** The first wave in which each collection can be asked: within one system no new wave is needed. */
const earliest = ({ steps }: Plan, isManual: (system: string) => boolean): Map<string, number> => {
  const wave = new Map<string, number>();
  for (const { collection, after } of steps) {
    const system = systemOf(collection);
    const waits = (before: string) => (wave.get(before) ?? 0) + (systemOf(before) === system ? 0 : 1);
    // A person is given the name and the address at the start, and needs no values of others.
    wave.set(collection, isManual(system) ? 0 : Math.max(0, ...after.map(waits)));
  }
  return wave;
};

/** A later wave in which the same system is asked anyway, if nobody else waits for what it finds in this one. */
const delayed = (plan: Plan, wave: Map<string, number>): void => {
  const followers = Map.groupBy(
    plan.steps.flatMap(({ collection, after }) => after.map((before) => ({ before, collection }))),
    ({ before }) => before,
  );
  const items = Map.groupBy(wave.keys(), (collection) => `${wave.get(collection)} ${systemOf(collection)}`);
  const turns = Map.groupBy(new Set(items.keys()), (key) => key.slice(key.indexOf(' ') + 1));
  for (const [system, keys] of turns) {
    const numbers = keys.map((key) => Number.parseInt(key, 10)).sort((a, b) => b - a);
    for (const [index, number] of numbers.entries()) {
      const later = wave.get(items.get(`${numbers[index - 1]} ${system}`)?.[0] ?? '');
      const held = items.get(`${number} ${system}`) ?? [];
      const waited = held.flatMap((each) => followers.get(each) ?? []).map(({ collection }) => collection);
      const free = (each: string) => systemOf(each) === system || (wave.get(each) ?? 0) > (later ?? 0);
      if (later !== undefined && waited.every(free)) for (const each of held) wave.set(each, later);
    }
  }
};

const itemsOf = (steps: Plan['steps']): Item[] =>
  [...Map.groupBy(steps, ({ collection }) => systemOf(collection))]
    .map(([system, held]) => ({
      system,
      collections: held.map(({ collection, inputs }) => ({ name: collection.slice(system.length + 1), inputs })),
    }))
    .sort((a, b) => (a.system < b.system ? -1 : 1));

/** The plan as runs of systems: as few waves as the references allow, then each system in as few of them as possible. */
export const wavesOf = (map: DataMap, plan: Plan): Wave[] => {
  const wave = earliest(plan, (system) => map.systems[system]?.connector.type === 'manual');
  delayed(plan, wave);
  const held = Map.groupBy(plan.steps, ({ collection }) => wave.get(collection) ?? 0);
  return [...held.keys()].sort((a, b) => a - b).map((number) => itemsOf(held.get(number) ?? []));
};
