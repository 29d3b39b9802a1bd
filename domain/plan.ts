import type { DataMap } from './data-map.ts';
import { components, depthFirst, type Edges, endsOf, firstEnd, topological } from './depth-first.ts';
import { visitsOf } from './plan-orders.ts';
import { graphOf, type Order, pathOf, type ReferenceGraph } from './reference-graph.ts';

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
  /** Orders that can't be kept, since the references or each other lead the other way round. */
  readonly conflicts: readonly Order[];
}

/** A way from one collection to another, by their places in order of name; without `input` only an order. */
interface Arc {
  readonly from: number;
  readonly to: number;
  readonly input?: Input;
  readonly either?: boolean;
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Arcs in order of one of their ends, stable and in linear time; `start[n]` is the place of the first whose end is n. */
const inOrderOfEnd = (size: number, arcs: readonly Arc[], end: 'from' | 'to') => {
  const start = new Uint32Array(size + 1);
  for (const arc of arcs) start[arc[end] + 1] = (start[arc[end] + 1] ?? 0) + 1;
  for (let node = 0; node < size; node += 1) start[node + 1] = (start[node + 1] ?? 0) + (start[node] ?? 0);
  const next = start.slice();
  const sorted = new Array<Arc>(arcs.length);
  for (const arc of arcs) {
    const place = next[arc[end]] ?? 0;
    sorted[place] = arc;
    next[arc[end]] = place + 1;
  }
  return { start, sorted };
};

/** Of each collection the other ends of its arcs by name. */
const edges = (size: number, arcs: readonly Arc[], near: 'from' | 'to', far: 'from' | 'to'): Edges => {
  const { start, sorted } = inOrderOfEnd(size, inOrderOfEnd(size, arcs, far).sorted, near);
  const ends = new Uint32Array(sorted.length);
  for (const [place, arc] of sorted.entries()) ends[place] = arc[far];
  return { start, ends };
};
const forward = (size: number, arcs: readonly Arc[]): Edges => edges(size, arcs, 'from', 'to');
const backward = (size: number, arcs: readonly Arc[]): Edges => edges(size, arcs, 'to', 'from');

type Ranks = ReadonlyMap<string, number>;

const arcsOf = ({ flows }: ReferenceGraph, ranks: Ranks): Arc[] =>
  flows.flatMap(({ from, to, either }) => {
    const [source, target] = [ranks.get(from.collection), ranks.get(to.collection)];
    if (source === undefined || target === undefined || source === target) return [];
    const [given, looked] = [pathOf(from), pathOf(to)];
    const there = { from: source, to: target, input: { field: looked, from: given }, either };
    const back = { from: target, to: source, input: { field: given, from: looked }, either };
    return either ? [there, back] : [there];
  });

interface Entry {
  readonly to: number;
  readonly input: Input;
}

const entriesOf = ({ entries }: ReferenceGraph, ranks: Ranks, kinds: readonly string[]): Entry[] =>
  entries.flatMap(({ kind, at }) => {
    const to = ranks.get(at.collection);
    if (to === undefined || !kinds.includes(kind)) return [];
    return [{ to, input: { field: pathOf(at), from: `identity.${kind}` } }];
  });

const unreached = -1;

/** References on the shortest way from an identity to each collection (breadth first); -1 where there is none. */
const hopsFrom = (entries: readonly Entry[], next: Edges): Int32Array => {
  const hops = new Int32Array(next.start.length - 1).fill(unreached);
  const queue = [...new Set(entries.map(({ to }) => to))];
  for (const node of queue) hops[node] = 0;
  for (const node of queue) {
    for (const other of endsOf(next, node)) {
      if (hops[other] !== unreached) continue;
      hops[other] = (hops[node] ?? 0) + 1;
      queue.push(other);
    }
  }
  return hops;
};

const hasCycle = (nodes: readonly number[], next: Edges): boolean => {
  let found = false;
  depthFirst(nodes, next, {
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
const withoutCycles = (nodes: readonly number[], arcs: readonly Arc[], size: number): readonly Arc[] => {
  const next = forward(size, arcs);
  if (!hasCycle(nodes, next)) return arcs;
  const component = components(nodes, next, backward(size, arcs));
  const within = arcs.filter(({ from, to }) => component[from] === component[to]);
  const key = (from: number, to: number) => from * size + to;
  const closing = new Set<number>();
  depthFirst(nodes, forward(size, within), { back: (from, to) => closing.add(key(from, to)) });
  return arcs.filter(({ from, to }) => !closing.has(key(from, to)));
};

interface OrderArc extends Arc {
  readonly order: Order;
}

/** The orders between collections that are reached. */
const orderArcs = ({ orders }: ReferenceGraph, ranks: Ranks, hops: Int32Array): OrderArc[] =>
  orders.flatMap((order) => {
    const [from, to] = [ranks.get(order.first) ?? unreached, ranks.get(order.second) ?? unreached];
    return (hops[from] ?? unreached) >= 0 && (hops[to] ?? unreached) >= 0 ? [{ from, to, order }] : [];
  });

/** Which orders agree with the references and each other, and which are in a cycle with them. */
const agreeing = (asked: readonly OrderArc[], flows: readonly Arc[], size: number) => {
  if (asked.length === 0) return { kept: [], conflicts: [] };
  const all = [...flows, ...asked];
  const component = components(Array(size).keys(), forward(size, all), backward(size, all));
  const isKept = ({ from, to }: Arc) => component[from] !== component[to];
  const lost = new Map(asked.filter((arc) => !isKept(arc)).map(({ from, to, order }) => [to * size + from, order]));
  const conflicts = [...lost].sort(([a], [b]) => a - b).map(([, order]) => order);
  return { kept: asked.filter(isKept), conflicts };
};

const inputsOf = (inputs: readonly Input[]): readonly Input[] => {
  if (inputs.length < 2) return inputs;
  const named = new Map(inputs.map((input) => [`${input.field} ${input.from}`, input]));
  return [...named.keys()].sort(byText).map((key) => named.get(key) as Input);
};

/** Of each collection everything that is looked up in it. */
const feedsOf = (size: number, from: readonly (Entry | Arc)[]): readonly (readonly Input[])[] => {
  const feeds = Array.from({ length: size }, (): Input[] => []);
  for (const { to, input } of from) if (input) feeds[to]?.push(input);
  return feeds;
};

/** Nodes, given by name, in order of a number and then by name. */
const inOrderOf = (number: Int32Array, nodes: readonly number[]): number[] => {
  const lists: number[][] = [];
  for (const node of nodes) {
    const at = number[node] ?? 0;
    lists[at] ??= [];
    lists[at].push(node);
  }
  return lists.flat();
};

const wavesFrom = (order: readonly number[], after: Edges): Int32Array => {
  const waves = new Int32Array(after.start.length);
  for (const node of order) {
    let last = 0;
    for (const before of endsOf(after, node)) last = Math.max(last, waves[before] ?? 0);
    waves[node] = last + 1;
  }
  return waves;
};

const stepsOf = (
  names: readonly string[],
  nodes: readonly number[],
  arcs: readonly Arc[],
  entries: readonly Entry[],
) => {
  const feeds = feedsOf(names.length, [...entries, ...arcs]);
  const after = backward(names.length, arcs);
  const waves = wavesFrom(topological(nodes, forward(names.length, arcs)), after);
  const nameOf = (node: number): string => names[node] ?? '';
  return inOrderOf(waves, nodes).map(
    (node): Step => ({
      collection: nameOf(node),
      wave: waves[node] ?? 0,
      after: [...new Set(endsOf(after, node))].map(nameOf),
      inputs: inputsOf(feeds[node] ?? []),
    }),
  );
};

/** Where the way to each unreachable collection begins: one that takes values from nowhere, or the first by name of a cycle. */
const originsOf = (lost: readonly number[], previous: Edges): Map<number, number> => {
  const origins = new Map<number, number>();
  for (const node of lost) {
    if (origins.has(node)) continue;
    const trail = new Set<number>();
    let here: number | undefined = node;
    while (here !== undefined && !origins.has(here) && !trail.has(here)) {
      trail.add(here);
      here = firstEnd(previous, here);
    }
    const walked = [...trail];
    const end = here === undefined ? walked.slice(-1) : walked.slice(walked.indexOf(here));
    const origin = origins.get(here ?? unreached) ?? end.reduce((first, each) => Math.min(first, each));
    for (const each of trail) origins.set(each, origin);
  }
  return origins;
};

/** Longest way that is told of an unreachable collection. */
const longestPath = 10;

/** `held`: the kinds of identity it holds, none of which is given. */
const reasonOf = (name: string, inCycle: boolean, held: readonly string[], kinds: readonly string[]): string => {
  const given = kinds.join(', ');
  if (inCycle) return `${name} is in a cycle that no identity (${given}) enters`;
  if (held.length > 0) return `${name} is known by ${held.join(', ')}, which is not given (${given})`;
  return `${name} holds no identity (${given}) and takes values from no other collection`;
};

const missingOf = (
  names: readonly string[],
  lost: readonly number[],
  arcs: readonly Arc[],
  kinds: readonly string[],
  entries: ReferenceGraph['entries'],
) => {
  if (lost.length === 0) return [];
  const held = Map.groupBy(entries, ({ at }) => at.collection);
  const previous = backward(names.length, arcs);
  const origins = originsOf(lost, previous);
  return lost.map((node): Missing => {
    const origin = origins.get(node) ?? node;
    const path = [node];
    while (path[0] !== origin && path.length < longestPath) path.unshift(firstEnd(previous, path[0] ?? 0) ?? origin);
    const cycle = firstEnd(previous, origin) !== undefined;
    const name = names[origin] ?? '';
    const others = [...new Set((held.get(name) ?? []).map(({ kind }) => kind))].sort();
    const reason = reasonOf(name, cycle, others, kinds);
    return { collection: names[node] ?? '', path: path.map((each) => names[each] ?? ''), cycle, reason };
  });
};

/** `planOf` for a graph, whatever format its map was written in. Linear in collections and references, but for sorting. */
export const planOfGraph = (graph: ReferenceGraph, kinds: readonly string[]): Plan => {
  const names = [...new Set(graph.collections)].sort();
  const ranks = new Map(names.map((name, rank) => [name, rank]));
  const entries = entriesOf(graph, ranks, kinds);
  const arcs = arcsOf(graph, ranks);
  const next = forward(names.length, arcs);
  const hops = hopsFrom(entries, next);
  const far = (node: number) => hops[node] ?? unreached;
  const { true: nodes = [], false: lost = [] } = Object.groupBy(ranks.values(), (node) => `${far(node) !== unreached}`);
  const asked = orderArcs(graph, ranks, hops);
  // Where an order keeps a collection from being come to, the order is at fault: it is told, and the references are followed.
  const nearestFirst = inOrderOf(hops, nodes);
  const visits = asked.length === 0 ? nearestFirst : [...new Set([...visitsOf(hops, next, asked), ...nearestFirst])];
  const turn = new Int32Array(names.length);
  for (const [place, node] of visits.entries()) turn[node] = place;
  // Without a direction, the side that is come to first gives the values.
  const isTurned = ({ from, to, either }: Arc) => either && (turn[from] ?? 0) > (turn[to] ?? 0);
  const live = arcs.filter((arc) => far(arc.from) !== unreached && !isTurned(arc));
  const flows = withoutCycles(visits, live, names.length);
  const { kept, conflicts } = agreeing(asked, flows, names.length);
  return {
    steps: stepsOf(names, nodes, [...flows, ...kept], entries),
    unreachable: lost.map((node) => names[node] ?? ''),
    missing: missingOf(names, lost, arcs, kinds, graph.entries),
    conflicts,
  };
};

/** The steps from identities of these kinds (email ...) over references to every collection they reach. Same for any order of the map. */
export const planOf = (map: DataMap, kinds: readonly string[]): Plan => planOfGraph(graphOf(map), kinds);
