/**
 * A directed graph over nodes 0, 1, 2 ...: the edges of node n lead to `ends` from place `start[n]` up to `start[n + 1]`. Two arrays, not
 * a list for each node: with lists, ten times the collections took 16 times as long (garbage collection); so it is 12 times.
 */
export interface Edges {
  readonly start: Uint32Array;
  readonly ends: Uint32Array;
}

/** Where the edges of a node lead. */
export function* endsOf({ start, ends }: Edges, node: number): Generator<number> {
  const stop = start[node + 1] ?? 0;
  for (let at = start[node] ?? 0; at < stop; at += 1) yield ends[at] ?? 0;
}

/** Where the first edge of a node leads, if it has any. */
export const firstEnd = ({ start, ends }: Edges, node: number): number | undefined =>
  (start[node] ?? 0) < (start[node + 1] ?? 0) ? ends[start[node] ?? 0] : undefined;

/** What a depth-first walk meets; `root` is the start it came from. */
interface Meets {
  enter?(node: number, root: number): void;
  /** An edge back to a node the walk is still inside of: it closes a cycle. */
  back?(from: number, to: number): void;
  leave?(node: number): void;
}

const unseen = 0;
const inside = 1;
const left = 2;

/** Walks a graph depth first from each start, every node once. Without recursion: a chain may be as long as the map. */
export const depthFirst = (starts: Iterable<number>, edges: Edges, { enter, back, leave }: Meets): void => {
  const state = new Uint8Array(edges.start.length);
  const position = edges.start.slice();
  const open: number[] = [];
  const go = (node: number, root: number): void => {
    state[node] = inside;
    enter?.(node, root);
    open.push(node);
  };
  const step = (node: number, root: number): void => {
    const at = position[node] ?? 0;
    const next = at < (edges.start[node + 1] ?? 0) ? edges.ends[at] : undefined;
    position[node] = at + 1;
    if (next === undefined) {
      open.pop();
      state[node] = left;
      leave?.(node);
    } else if (state[next] === unseen) go(next, root);
    else if (state[next] === inside) back?.(node, next);
  };
  for (const root of starts) {
    if (state[root] === unseen) go(root, root);
    for (let node = open.at(-1); node !== undefined; node = open.at(-1)) step(node, root);
  }
};

/** Nodes before those their edges lead to; of a graph with cycles, some such order of what is outside of them. */
export const topological = (nodes: Iterable<number>, edges: Edges): number[] => {
  const order: number[] = [];
  depthFirst(nodes, edges, { leave: (node) => order.push(node) });
  return order.reverse();
};

/** Of each node its strongly connected component, named by one of its nodes (Kosaraju). Nodes of one component reach each other. */
export const components = (nodes: Iterable<number>, forward: Edges, backward: Edges): Int32Array => {
  const component = new Int32Array(forward.start.length).fill(-1);
  depthFirst(topological(nodes, forward), backward, {
    enter: (node, root) => {
      component[node] = root;
    },
  });
  return component;
};
