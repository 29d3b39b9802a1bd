import { planOfGraph } from '../domain/plan.ts';
import type { ReferenceGraph } from '../domain/reference-graph.ts';

/** Milliseconds the planner needs for 1,000, 3,000 and 10,000 collections, best of five: a tree of references, a long chain, cycles. */
const limits: Readonly<Record<number, number>> = { 1000: 50, 10000: 1_000 };
const mostGrowth = 15;

const name = (n: number) => `system${n % 100}.c${String(n).padStart(5, '0')}`;
const place = (n: number, field: string) => ({ collection: name(n), field });

const shapes: Readonly<Record<string, (n: number) => readonly number[]>> = {
  tree: (n) => [Math.floor(n / 3), Math.floor(n / 7)],
  chain: (n) => [n - 1],
  cycles: (n) => [n - 1, n + 1],
};

const graphOf = (size: number, from: (n: number) => readonly number[]): ReferenceGraph => ({
  collections: Array.from({ length: size }, (_, n) => name(n)),
  entries: [{ kind: 'email', at: place(0, 'email') }],
  flows: Array.from({ length: size }, (_, n) => n).flatMap((n) =>
    from(n)
      .filter((other) => other >= 0 && other < size && other !== n)
      .map((other) => ({ from: place(other, 'id'), to: place(n, 'parent') })),
  ),
  orders: [],
});

const best = (graph: ReferenceGraph): number =>
  Math.min(
    ...Array.from({ length: 5 }, () => {
      const start = performance.now();
      planOfGraph(graph, ['email']);
      return performance.now() - start;
    }),
  );

let over = false;
for (const [shape, from] of Object.entries(shapes)) {
  const [small = 0, middle = 0, large = 0] = [1_000, 3_000, 10_000].map((size) => best(graphOf(size, from)));
  const growth = large / small;
  over ||= small > (limits[1_000] ?? 0) || large > (limits[10_000] ?? 0) || growth > mostGrowth;
  const times = [small, middle, large].map((time) => `${time.toFixed(1).padStart(7)} ms`).join('');
  console.log(`${shape.padEnd(8)} 1k, 3k, 10k: ${times}   growth ${growth.toFixed(1)} of ${mostGrowth}`);
}
process.exitCode = over ? 1 : 0;
