/** A small seeded generator (mulberry32): the same seed gives the same sequence on every machine. */
export interface Chance {
  /** A number from 0 up to but not including `below`. */
  upTo(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** True in `percent` of a hundred cases. */
  in(percent: number): boolean;
  /** An instant between two years, in whole seconds, as an ISO text. */
  instant(fromYear: number, toYear: number): string;
}

export const chanceOf = (seed: number): Chance => {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const again = mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed));
    return ((again ^ (again >>> 14)) >>> 0) / 2 ** 32;
  };
  const upTo = (below: number): number => Math.floor(next() * below);
  return {
    upTo,
    pick: <T>(from: readonly T[]): T => from[upTo(from.length)] as T,
    in: (percent) => next() * 100 < percent,
    instant: (fromYear, toYear) => {
      const start = Date.UTC(fromYear, 0) / 1_000;
      const seconds = start + upTo(Date.UTC(toYear, 0) / 1_000 - start);
      return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
    },
  };
};
