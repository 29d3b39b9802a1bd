import { planOfGraph } from '../domain/plan.ts';
import type { ReferenceGraph } from '../domain/reference-graph.ts';

/** Milliseconds of CPU the planner needs for 1,000, 3,000 and 10,000 collections: a tree of references, a long chain, cycles. */
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

const cpu = (graph: ReferenceGraph): number => {
  const start = process.cpuUsage();
  planOfGraph(graph, ['email']);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1_000;
};

/** The best of many runs in turn: what else the machine does only ever adds. */
const rounds = 40;
const best = (graphs: readonly ReferenceGraph[]): number[] => {
  const times = Array.from({ length: rounds }, () => graphs.map(cpu));
  return graphs.map((_, index) => Math.min(...times.map((round) => round[index] ?? 0)));
};

let over = false;
for (const [shape, from] of Object.entries(shapes)) {
  const [small = 0, middle = 0, large = 0] = best([1_000, 3_000, 10_000].map((size) => graphOf(size, from)));
  const growth = large / small;
  over ||= small > (limits[1_000] ?? 0) || large > (limits[10_000] ?? 0) || growth > mostGrowth;
  const times = [small, middle, large].map((time) => `${time.toFixed(1).padStart(7)} ms`).join('');
  console.log(`${shape.padEnd(8)} 1k, 3k, 10k: ${times}   growth ${growth.toFixed(1)} of ${mostGrowth}`);
}
process.exitCode = over ? 1 : 0;
