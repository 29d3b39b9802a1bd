import { sk } from './keys.ts';
import type { Outbox } from './outbox.ts';
import type { Table } from './table.ts';

/** Housekeeping's dates: one small item a request, of a kind of its own in the due index. */
export const choresIn = (table: Table, outbox: Pick<Outbox, 'due'>) => ({
  /** Requests whose date has come, and when the next one will. */
  async due(at: string) {
    const { items, nextAt } = await outbox.due('chore', at);
    return { requests: items.map(({ requestId }) => requestId), nextAt };
  },

  /** The date as it stands: read before the request, so that a date put in meanwhile is seen. */
  async dateOf(requestId: string): Promise<string | undefined> {
    const item = await table.get({ pk: requestId, sk: sk.chore });
    return item?.nextActionAt as string | undefined;
  },

  /** Puts the date off, or takes the request out of the index, unless somebody put in another date meanwhile. */
  async putOff(requestId: string, seen: string, next: string | undefined): Promise<void> {
    const [expression, values] = next
      ? ['SET nextActionAt = :next', { ':next': next }]
      : ['REMOVE dueShard, nextActionAt', {}];
    const ConditionExpression = 'nextActionAt = :seen';
    await table.update(
      { pk: requestId, sk: sk.chore },
      expression,
      { ...values, ':seen': seen },
      { ConditionExpression },
    );
  },
});
export type Chores = ReturnType<typeof choresIn>;
