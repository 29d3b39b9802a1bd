import type { Table } from './table.ts';

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
});
export type Counters = ReturnType<typeof countersIn>;
