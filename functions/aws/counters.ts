import { setTimeout as sleep } from 'node:timers/promises';
import { Conflict } from '../../domain/errors.ts';
import type { Table } from './table.ts';

/** At most `limit` in any `seconds`; nobody waits longer than `wait` seconds. */
export interface Pace {
  readonly limit: number;
  readonly seconds: number;
  readonly wait: number;
}

/** Many may want a place at once; each write that loses tries again after a moment of its own. */
const tries = 40;

/** Counts things that must not happen too often, in a table without backups: a counter is gone soon after its window. */
export const countersIn = (table: Table) => ({
  /** Counts one more in the window unless `limit` is reached: one atomic write. `seconds`: the window's length. */
  async allow(what: string, limit: number, seconds: number, now: Date): Promise<boolean> {
    const window = Math.floor(now.getTime() / 1000 / seconds);
    const counted = await table.update(
      { key: `${what} ${window}` },
      'ADD #count :one SET #ttl = :ttl',
      { ':one': 1, ':limit': limit, ':ttl': (window + 2) * seconds },
      {
        ConditionExpression: 'attribute_not_exists(#count) OR #count < :limit',
        ExpressionAttributeNames: { '#count': 'count', '#ttl': 'ttl' },
      },
    );
    return counted !== undefined;
  },

  /**
   * Takes the next place in a queue: now, or when the window has moved on. Undefined when that would be too late. It holds for every
   * window of that length, wherever it begins, because each place is a whole window after the one `limit` places before it.
   */
  async place(what: string, { limit, seconds, wait }: Pace, now: Date): Promise<Date | undefined> {
    const key = { key: `place ${what}` };
    for (let left = tries; left > 0; left -= 1) {
      const seen = String((await table.get(key))?.places ?? '');
      const taken = seen.split(' ').filter(Boolean).map(Number);
      const free = taken.length < limit ? 0 : (taken.at(-limit) ?? 0) + seconds * 1000;
      const at = Math.max(now.getTime(), free);
      if (at > now.getTime() + wait * 1000) return undefined;
      const places = [...taken, at].slice(-limit).join(' ');
      const expression = 'SET places = :places, #ttl = :ttl';
      const values = {
        ':places': places,
        ':ttl': Math.ceil(at / 1000) + 2 * seconds,
        ...(seen ? { ':seen': seen } : {}),
      };
      const written = await table.update(key, expression, values, {
        ConditionExpression: seen ? 'places = :seen' : 'attribute_not_exists(places)',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
      });
      if (written) return new Date(at);
      await sleep(Math.random() * 50);
    }
    throw new Conflict('too many want a place at once');
  },
});
export type Counters = ReturnType<typeof countersIn>;
