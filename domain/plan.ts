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

export interface Plan {
  /** In order of wave, then name. */
  readonly steps: readonly Step[];
  /** Collections that no value reaches, by name. */
  readonly unreachable: readonly string[];
  /** For each of those: the collections on the way to it, from the one where the way begins, and why it begins nowhere. */
  readonly missing: readonly {
    readonly collection: string;
    readonly path: readonly string[];
    readonly reason: string;
  }[];
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

const neighbours = (pairs: readonly (readonly [from: string, to: string])[]): Neighbours => {
  const held = Map.groupBy(pairs, ([from]) => from);
  const named = new Map([...held].map(([from, list]) => [from, [...new Set(list.map(([, to]) => to))].sort(byName)]));
  return (node) => named.get(node) ?? [];
};
const forward = (arcs: readonly Arc[]): Neighbours => neighbours(arcs.map(({ from, to }) => [from, to]));
const backward = (arcs: readonly Arc[]): Neighbours => neighbours(arcs.map(({ from, to }) => [to, from]));

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

/**
 * Drops the arcs that close a cycle. Every cycle is walked from its entry, the collection nearest to an identity; what leads back to a
 * collection on the way there has nothing new to look for, since its values came out of it.
 */
const withoutCycles = (nodes: readonly string[], arcs: readonly Arc[]): Arc[] => {
  const component = components(nodes, forward(arcs), backward(arcs));
  const within = arcs.filter(({ from, to }) => component.get(from) === component.get(to));
  const closing = new Set<string>();
  depthFirst(nodes, forward(within), { back: (from, to) => closing.add(`${from} ${to}`) });
  return arcs.filter(({ from, to }) => !closing.has(`${from} ${to}`));
};

/** Orders that agree with the references; one that would close a cycle is dropped. */
const ordersOf = ({ orders }: ReferenceGraph, reached: ReadonlyMap<string, number>, flows: readonly Arc[]): Arc[] => {
  const asked = orders
    .filter(({ first, second }) => first !== second && reached.has(first) && reached.has(second))
    .map(({ first, second }) => ({ from: first, to: second }));
  const all = [...flows, ...asked];
  const component = components([...reached.keys()], forward(all), backward(all));
  return asked.filter(({ from, to }) => component.get(from) !== component.get(to));
};

const inputsOf = (inputs: readonly Input[]): Input[] => {
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

/** Longest way that is told of an unreachable collection. */
const longestPath = 10;

/** Goes back from an unreachable collection to where its values would have to come from. */
const missingOf = (collection: string, previous: Neighbours, kinds: readonly string[]): Plan['missing'][number] => {
  const path = [collection];
  for (;;) {
    const start = path[0] as string;
    const before = previous(start).find((each) => !path.includes(each));
    if (before !== undefined && path.length < longestPath) path.unshift(before);
    else return { collection, path, reason: reasonOf(start, previous(start), kinds) };
  }
};

const reasonOf = (start: string, before: readonly string[], kinds: readonly string[]): string =>
  before.length === 0
    ? `${start} holds no identity (${kinds.join(', ')}) and takes values from no other collection`
    : `${start} takes values only from ${before.join(', ')}, which no identity (${kinds.join(', ')}) reaches`;

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
  const previous = backward(arcs);
  return {
    steps: stepsOf(nodes, [...flows, ...ordersOf(graph, hops, flows)], entries),
    unreachable,
    missing: unreachable.map((node) => missingOf(node, previous, kinds)),
  };
};

/** The steps from identities of these kinds (email ...) over references to every collection they reach. Same for any order of the map. */
export const planOf = (map: DataMap, kinds: readonly string[]): Plan => planOfGraph(graphOf(map), kinds);
