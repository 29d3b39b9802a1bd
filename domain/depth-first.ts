/** What a depth-first walk meets; `root` is the start it came from. */
interface Meets {
  enter?(node: string, root: string): void;
  /** An edge back to a node the walk is still inside of: it closes a cycle. */
  back?(from: string, to: string): void;
  leave?(node: string): void;
}

/** Walks a graph depth first from each start, every node once. Without recursion: maps are thousands of collections deep. */
export const depthFirst = (
  starts: Iterable<string>,
  next: (node: string) => readonly string[],
  { enter, back, leave }: Meets,
): void => {
  const inside = new Map<string, boolean>();
  const open: { node: string; rest: Iterator<string> }[] = [];
  const go = (node: string, root: string): void => {
    inside.set(node, true);
    enter?.(node, root);
    open.push({ node, rest: next(node).values() });
  };
  const step = (root: string): void => {
    const { node, rest } = open.at(-1) as (typeof open)[number];
    const { done, value } = rest.next();
    if (done) {
      open.pop();
      inside.set(node, false);
      leave?.(node);
    } else if (!inside.has(value)) go(value, root);
    else if (inside.get(value)) back?.(node, value);
  };
  for (const root of starts) {
    if (!inside.has(root)) go(root, root);
    while (open.length > 0) step(root);
  }
};

/** Nodes before those their edges lead to; of a graph with cycles, some such order of what is outside of them. */
export const topological = (nodes: Iterable<string>, next: (node: string) => readonly string[]): string[] => {
  const left: string[] = [];
  depthFirst(nodes, next, { leave: (node) => left.push(node) });
  return left.reverse();
};

/** Each node's strongly connected component, named by one of its nodes (Kosaraju). Nodes of one component reach each other. */
export const components = (
  nodes: readonly string[],
  next: (node: string) => readonly string[],
  previous: (node: string) => readonly string[],
): Map<string, string> => {
  const component = new Map<string, string>();
  depthFirst(topological(nodes, next), previous, { enter: (node, root) => component.set(node, root) });
  return component;
};
