import { type Edges, endsOf } from './depth-first.ts';

/** `second` is asked after `first`. */
interface Order {
  readonly from: number;
  readonly to: number;
}

/**
 * Collections in the order in which they are come to: by references from an identity, then by name, and never before those they were asked to
 * wait for. Those that can't be come to so are left out.
 */
export const visitsOf = (hops: Int32Array, next: Edges, orders: readonly Order[]): number[] => {
  const waits = new Int32Array(hops.length);
  for (const { to } of orders) waits[to] = (waits[to] ?? 0) + 1;
  const followers = Map.groupBy(orders, ({ from }) => from);
  const visits: number[] = [];
  const met = new Set([...hops.keys()].filter((node) => hops[node] === 0));
  for (let round = [...met].filter((node) => waits[node] === 0); round.length > 0; ) {
    const later: number[] = [];
    for (const node of round.sort((a, b) => a - b)) {
      visits.push(node);
      for (const { to } of followers.get(node) ?? []) {
        waits[to] = (waits[to] ?? 0) - 1;
        if (waits[to] === 0 && met.has(to)) later.push(to);
      }
      for (const other of endsOf(next, node)) {
        if (met.has(other)) continue;
        met.add(other);
        if (waits[other] === 0) later.push(other);
      }
    }
    round = later;
  }
  return visits;
};
