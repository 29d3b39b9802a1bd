import type { Alert } from '../../domain/change.ts';
import { dueShard, sk, systemKey } from './keys.ts';
import type { Placed } from './outbox.ts';
import type { Item, Table } from './table.ts';

/** Unfinished outbox items of one tick are read one by one; past this many the number is known well enough. */
const countedAtMost = 200;

/** The watchdog's own things in the table: what it publishes, and what others left undone. */
export const alertsIn = (table: Table) => ({
  /** An alert that concerns no request; answers where it stands, or nothing when it was raised before. */
  async raise({ key, ...held }: Alert, at: string): Promise<Placed | undefined> {
    const placed = { requestId: systemKey, key: sk.alert(key) };
    const due = { dueShard: dueShard('alert', systemKey), nextActionAt: at };
    const isNew = await table.add({ pk: systemKey, sk: placed.key, ...due, ...held });
    return isNew ? placed : undefined;
  },

  read: (requestId: string, key: string): Promise<Item | undefined> => table.get({ pk: requestId, sk: key }),

  /** Notes that the topic took it; it leaves the index. */
  async published(requestId: string, key: string, at: string): Promise<void> {
    const values = { ':at': at };
    await table.update({ pk: requestId, sk: key }, 'SET publishedAt = :at REMOVE dueShard, nextActionAt', values);
  },

  /** How many of these mails were caused before an instant and are not sent yet. */
  async waitingSince(items: readonly Placed[], before: string) {
    let count = 0;
    for (const { requestId, key } of items.slice(0, countedAtMost)) {
      const item = await table.get({ pk: requestId, sk: key });
      if (item?.dueShard && String(item.createdAt) < before) count += 1;
    }
    return count;
  },
});
export type Alerts = ReturnType<typeof alertsIn>;
