import { covers, type StateError } from './errors.ts';

export type Retriers = readonly {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}[];

/** Seconds until the next attempt, or undefined when there is none. Each retrier keeps its own count in `counts`. */
export function delayOf(
  retriers: Retriers,
  error: StateError,
  counts: number[],
  random: () => number,
): number | undefined {
  const index = retriers.findIndex(({ ErrorEquals }) => covers(ErrorEquals, error));
  const retrier = retriers[index];
  const done = counts[index] ?? 0;
  if (retrier === undefined || done >= (retrier.MaxAttempts ?? 3)) return undefined;
  counts[index] = done + 1;
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY, JitterStrategy } = retrier;
  const delay = Math.min(IntervalSeconds * BackoffRate ** done, MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? delay * random() : delay;
}
