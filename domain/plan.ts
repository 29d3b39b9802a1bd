import type { DataMap } from './data-map.ts';
import { components, depthFirst, topological } from './depth-first.ts';
import { graphOf, pathOf, type ReferenceGraph } from './reference-graph.ts';

export { type Wave, wavesOf } from './waves.ts';

/** `field` is looked up by values of `from`: `identity.<kind>`, or a field that an earlier step has read. */
export interface Input {
  readonly field: string;
  readonly from: string;
}

export interface Step {
  /** `system.collection`. */
  readonly collection: string;
  /** One more than that of the last step it waits for; the first is 1. */
  readonly wave: number;
  /** The steps it waits for, by name. */
  readonly after: readonly string[];
  readonly inputs: readonly Input[];
}

/** An unreachable collection, and why no value gets there. */
export interface Missing {
  readonly collection: string;
  /** The last collections on the way to it, from the one where the way begins. */
  readonly path: readonly string[];
  /** Whether the way begins in a cycle. */
  readonly cycle: boolean;
  readonly reason: string;
}

export interface Plan {
  /** In order of wave, then name. */
  readonly steps: readonly Step[];
  /** Collections that no value reaches, by name. */
  readonly unreachable: readonly string[];
  /** Why, for each of those. */
  readonly missing: readonly Missing[];
}

/** A way from one collection to another; without `input` only an order. */
interface Arc {
  readonly from: string;
  readonly to: string;
  readonly input?: Input;
  readonly either?: boolean;
}

type Neighbours = (node: string) => readonly string[];

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The other ends of each collection's arcs, by name. Most collections have one: then there is nothing to sort. */
const neighbours = (arcs: readonly Arc[], near: 'from' | 'to', far: 'from' | 'to'): Neighbours => {
  const held = new Map<string, string[]>();
  for (const arc of arcs) {
    const list = held.get(arc[near]);
    if (list) list.push(arc[far]);
    else held.set(arc[near], [arc[far]]);
  }
  for (const [node, list] of held) if (list.length > 1) held.set(node, [...new Set(list)].sort(byName));
  return (node) => held.get(node) ?? [];
};
const forward = (arcs: readonly Arc[]): Neighbours => neighbours(arcs, 'from', 'to');
const backward = (arcs: readonly Arc[]): Neighbours => neighbours(arcs, 'to', 'from');

const arcsOf = ({ flows }: ReferenceGraph): Arc[] =>
  flows.flatMap(({ from, to, either }) => {
    if (from.collection === to.collection) return [];
    const [source, target] = [pathOf(from), pathOf(to)];
    const there = { from: from.collection, to: to.collection, input: { field: target, from: source }, either };
    const back = { from: to.collection, to: from.collection, input: { field: source, from: target }, either };
    return either ? [there, back] : [there];
  });

/** References on the shortest way from an identity to each collection that can be reached (breadth first). */
const hopsFrom = (entries: Iterable<string>, next: Neighbours): Map<string, number> => {
  const hops = new Map([...entries].map((node) => [node, 0]));
  for (const [node, count] of hops) {
    for (const other of next(node)) if (!hops.has(other)) hops.set(other, count + 1);
  }
  return hops;
};

const nearer = (hops: ReadonlyMap<string, number>) => (a: string, b: string) =>
  (hops.get(a) ?? 0) - (hops.get(b) ?? 0) || byName(a, b);

const hasCycle = (nodes: readonly string[], arcs: readonly Arc[]): boolean => {
  let found = false;
  depthFirst(nodes, forward(arcs), {
    back: () => {
      found = true;
    },
  });
  return found;
};

/**
 * Drops the arcs that close a cycle. Every cycle is walked from its entry, the collection nearest to an identity; what leads back to a
 * collection on the way there has nothing new to look for, since its values came out of it.
 */
const withoutCycles = (nodes: readonly string[], arcs: readonly Arc[]): readonly Arc[] => {
  if (!hasCycle(nodes, arcs)) return arcs;
  const component = components(nodes, forward(arcs), backward(arcs));
  const within = arcs.filter(({ from, to }) => component.get(from) === component.get(to));
  const closing = new Set<string>();
  depthFirst(nodes, forward(within), { back: (from, to) => closing.add(`${from} ${to}`) });
  return arcs.filter(({ from, to }) => !closing.has(`${from} ${to}`));
};

/** Orders that agree with the references; one that would close a cycle is dropped. */
const ordersOf = ({ orders }: ReferenceGraph, reached: ReadonlyMap<string, number>, flows: readonly Arc[]): Arc[] => {
  if (orders.length === 0) return [];
  const asked = orders
    .filter(({ first, second }) => first !== second && reached.has(first) && reached.has(second))
    .map(({ first, second }) => ({ from: first, to: second }));
  const all = [...flows, ...asked];
  const component = components([...reached.keys()], forward(all), backward(all));
  return asked.filter(({ from, to }) => component.get(from) !== component.get(to));
};

const inputsOf = (inputs: readonly Input[]): readonly Input[] => {
  if (inputs.length < 2) return inputs;
  const named = new Map(inputs.map((input) => [`${input.field} ${input.from}`, input]));
  return [...named.keys()].sort(byName).map((key) => named.get(key) as Input);
};

const entriesOf = ({ entries }: ReferenceGraph, kinds: readonly string[]) =>
  entries
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ kind, at }) => ({ to: at.collection, input: { field: pathOf(at), from: `identity.${kind}` } }));

const stepsOf = (nodes: readonly string[], arcs: readonly Arc[], entries: ReturnType<typeof entriesOf>): Step[] => {
  const feeds = Map.groupBy([...entries, ...arcs], ({ to }) => to);
  const after = backward(arcs);
  const waves = new Map<string, number>();
  for (const node of topological(nodes, forward(arcs))) {
    waves.set(node, after(node).reduce((last, before) => Math.max(last, waves.get(before) ?? 0), 0) + 1);
  }
  const steps = nodes.map((collection) => ({
    collection,
    wave: waves.get(collection) ?? 1,
    after: after(collection),
    inputs: inputsOf((feeds.get(collection) ?? []).flatMap(({ input }) => input ?? [])),
  }));
  return steps.sort((a, b) => a.wave - b.wave || byName(a.collection, b.collection));
};

/** Where the way to each unreachable collection begins: one that takes values from nowhere, or the first by name of a cycle. */
const originsOf = (unreachable: readonly string[], previous: Neighbours): Map<string, string> => {
  const origins = new Map<string, string>();
  for (const node of unreachable) {
    const trail = new Set<string>();
    let here: string | undefined = node;
    while (here !== undefined && !origins.has(here) && !trail.has(here)) {
      trail.add(here);
      here = previous(here)[0];
    }
    const walked = [...trail];
    const cycle = here === undefined ? walked.slice(-1) : walked.slice(walked.indexOf(here));
    const origin = origins.get(here ?? '') ?? (cycle.sort(byName)[0] as string);
    for (const each of trail) origins.set(each, origin);
  }
  return origins;
};

/** Longest way that is told of an unreachable collection. */
const longestPath = 10;

const missingOf = (unreachable: readonly string[], previous: Neighbours, kinds: readonly string[]): Missing[] => {
  const origins = originsOf(unreachable, previous);
  return unreachable.map((collection) => {
    const origin = origins.get(collection) ?? collection;
    const path = [collection];
    while (path[0] !== origin && path.length < longestPath) path.unshift(previous(path[0] ?? '')[0] ?? origin);
    const cycle = previous(origin).length > 0;
    const reason = cycle
      ? `${origin} is in a cycle that no identity (${kinds.join(', ')}) enters`
      : `${origin} holds no identity (${kinds.join(', ')}) and takes values from no other collection`;
    return { collection, path, cycle, reason };
  });
};

/** `planOf` for a graph, whatever format its map was written in. Linear in collections and references, but for sorting. */
export const planOfGraph = (graph: ReferenceGraph, kinds: readonly string[]): Plan => {
  const entries = entriesOf(graph, kinds);
  const arcs = arcsOf(graph);
  const hops = hopsFrom(
    entries.map(({ to }) => to),
    forward(arcs),
  );
  const order = nearer(hops);
  const nodes = graph.collections.filter((node) => hops.has(node)).sort(order);
  const live = arcs.filter(
    ({ from, to, either }) => hops.has(from) && hops.has(to) && !(either && order(from, to) > 0),
  );
  const flows = withoutCycles(nodes, live);
  const unreachable = graph.collections.filter((node) => !hops.has(node)).sort(byName);
  const previous = unreachable.length > 0 ? backward(arcs) : () => [];
  return {
    steps: stepsOf(nodes, [...flows, ...ordersOf(graph, hops, flows)], entries),
    unreachable,
    missing: missingOf(unreachable, previous, kinds),
  };
};

/** The steps from identities of these kinds (email ...) over references to every collection they reach. Same for any order of the map. */
export const planOf = (map: DataMap, kinds: readonly string[]): Plan => planOfGraph(graphOf(map), kinds);
