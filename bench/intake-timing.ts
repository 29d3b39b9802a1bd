import { setTimeout as sleep } from 'node:timers/promises';
import { ask } from '../test/journeys/access.ts';
import { Visitor } from '../test/journeys/visitor.ts';
import { openWorld } from '../test/journeys/world.ts';
import { median } from './median.ts';

// T15: whether the time that the form takes to answer tells that an address is known. An address with an open request and one that nobody ever
// wrote are asked for in turn, in an order that chance chooses. Printed are the two medians in terms of each other, and how likely a difference
// like theirs is by chance (Mann-Whitney, two-sided). On one machine with other work the answer is noise: run it alone.

const pairs = 100;
/** The medians' difference, of their mean, and the probability below which it is no chance. */
const most = { difference: 0.1, chance: 0.01 };

class Timed extends Visitor {
  readonly taken: number[] = [];
  override async submit(...args: Parameters<Visitor['submit']>) {
    const began = performance.now();
    const page = await super.submit(...args);
    this.taken.push(performance.now() - began);
    return page;
  }
}

const world = await openWorld({ demo: false });
const timed = async (email: string): Promise<number> => {
  // The stage lets a hundred requests a second pass.
  await sleep(100);
  const visitor = new Timed(world.site);
  await ask(world, { name: 'Nogen', email }, visitor);
  return visitor.taken.at(-1) ?? 0;
};

/** The area under the normal curve outside of -z..z (Abramowitz and Stegun 7.1.26). */
const outside = (z: number): number => {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const terms = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  return terms.reduceRight((sum, term) => (sum + term) * t, 0) * Math.exp(-x * x);
};

/** Two-sided probability of a rank sum at least as uneven, were both drawn from one distribution. */
const mannWhitney = (a: readonly number[], b: readonly number[]): number => {
  const wins = a.reduce((sum, x) => sum + b.reduce((all, y) => all + (x > y ? 1 : x === y ? 0.5 : 0), 0), 0);
  const [n, m] = [a.length, b.length];
  return outside((wins - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12));
};

try {
  const next = async (email: string): Promise<number> => {
    // One client may ask thirty times in an hour.
    await world.advance('PT3M');
    return timed(email);
  };
  const times = { known: [] as number[], unknown: [] as number[] };
  for (let n = 0; n < pairs; n += 1) await next(`kendt${n}@fremmed.example`);
  for (let n = 0; n < pairs; n += 1) {
    const both = [
      async () => times.known.push(await next(`kendt${n}@fremmed.example`)),
      async () => times.unknown.push(await next(`ukendt${n}@fremmed.example`)),
    ];
    for (const one of Math.random() < 0.5 ? both : both.toReversed()) await one();
  }
  const [known, unknown] = [median(times.known), median(times.unknown)];
  const chance = mannWhitney(times.known, times.unknown);
  const difference = Math.abs(known - unknown) / ((known + unknown) / 2);
  console.log(
    `the form's answer to a known address ${(known / unknown).toFixed(3)} of that to an unknown one (${pairs} each)`,
  );
  console.log(`a difference like this by chance     ${chance.toFixed(3)}`);
  const tells = chance < most.chance && difference > most.difference;
  console.log(tells ? 'FAILED: the time tells who is known' : 'the time tells nobody who is known');
  process.exitCode = tells ? 1 : 0;
} finally {
  await world.close();
}
