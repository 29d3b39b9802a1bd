import type { MailDraft } from '../../domain/change.ts';
import { type DueKind, dueShards } from './keys.ts';
import type { Item, Table, Write } from './table.ts';

/** Minutes after which a mail whose sending was never confirmed is looked at again (security.md 3.6). */
const unknownMinutes = 15;
const retryMinutes = [5, 15, 60, 240];

export interface OutboxMail extends MailDraft {
  readonly state: 'PENDING' | 'SENDING' | 'SENT' | 'DROPPED';
  readonly attempts: number;
  /** The state that it was taken from: from SENDING means that nobody knows what became of the attempt before. */
  readonly takenFrom?: string;
  /** What the mail service said went wrong. */
  readonly failed?: string;
}

const inMinutes = (minutes: number, now: Date): string => new Date(now.getTime() + minutes * 60_000).toISOString();

/** Names that DynamoDB reserves. */
const names = { '#state': 'state' };

/** Where an item stands. */
export interface Placed {
  readonly requestId: string;
  readonly key: string;
}

/** Items of the index whose time has come, and when the next one's will. */
interface Due {
  readonly items: readonly Placed[];
  readonly nextAt?: string;
}

const dueIn = async (table: Pick<Table, 'query'>, index: string, shard: string, at: string): Promise<Due> => {
  const items: Placed[] = [];
  const ask = { IndexName: index, KeyConditionExpression: 'dueShard = :shard', values: { ':shard': shard } };
  for await (const { pk, sk, nextActionAt } of table.query(ask)) {
    if (String(nextActionAt) > at) return { items, nextAt: String(nextActionAt) };
    items.push({ requestId: String(pk), key: String(sk) });
  }
  return { items };
};

/** What was committed and is still to be done outside: mails and segments, until they are done. */
export const outboxIn = (table: Table, index: string) => ({
  /** Takes a mail for sending: one taker wins, and a taker that died is followed by another after 15 minutes. */
  async take(requestId: string, key: string, now: Date): Promise<OutboxMail | undefined> {
    const values = {
      ':sending': 'SENDING',
      ':pending': 'PENDING',
      ':one': 1,
      ':now': now.toISOString(),
      ':until': inMinutes(unknownMinutes, now),
    };
    const taken = await table.update(
      { pk: requestId, sk: key },
      'SET takenFrom = #state, #state = :sending, nextActionAt = :until ADD attempts :one',
      values,
      {
        ConditionExpression: '#state = :pending OR (#state = :sending AND nextActionAt <= :now)',
        ExpressionAttributeNames: names,
      },
    );
    return taken as OutboxMail | undefined;
  },

  /** Notes that SES took it; it leaves the index. */
  async sent(requestId: string, key: string, messageId: string, now: Date): Promise<void> {
    const values = { ':sent': 'SENT', ':id': messageId, ':at': now.toISOString() };
    await table.update(
      { pk: requestId, sk: key },
      'SET #state = :sent, messageId = :id, sentAt = :at REMOVE dueShard, nextActionAt',
      values,
      { ExpressionAttributeNames: names },
    );
  },

  /** SES says that it took the mail: finds one whose sender died, or lost the answer, before it could note so. */
  async accepted(requestId: string, key: string, messageId: string, now: Date): Promise<boolean> {
    const values = { ':sent': 'SENT', ':id': messageId, ':at': now.toISOString(), ':none': 0 };
    const tried = '(#state = :sending OR #state = :pending) AND attempts > :none';
    const noted = await table.update(
      { pk: requestId, sk: key },
      'SET #state = :sent, messageId = :id, sentAt = :at REMOVE dueShard, nextActionAt',
      { ...values, ':sending': 'SENDING', ':pending': 'PENDING' },
      { ConditionExpression: tried, ExpressionAttributeNames: names },
    );
    return noted !== undefined;
  },

  mail: async (requestId: string, key: string): Promise<OutboxMail | undefined> =>
    (await table.get({ pk: requestId, sk: key })) as OutboxMail | undefined,

  /** Notes what went wrong with a mail, once: it joins the transaction that makes it a task. */
  failed: (requestId: string, key: string, reason: string): Write => ({
    update: { pk: requestId, sk: key },
    expression: 'SET failed = :reason',
    values: { ':reason': reason },
    condition: 'attribute_exists(pk) AND attribute_not_exists(failed)',
  }),

  /** Leaves it unsent for good: the request ended before it went out. */
  async drop(requestId: string, key: string): Promise<void> {
    const dropped = 'SET #state = :dropped REMOVE dueShard, nextActionAt';
    await table.update(
      { pk: requestId, sk: key },
      dropped,
      { ':dropped': 'DROPPED' },
      { ExpressionAttributeNames: names },
    );
  },

  /** Puts it off: 5, 15, 60 minutes, then every four hours. It never leaves the outbox undone. */
  async later(requestId: string, key: string, now: Date): Promise<void> {
    const item = await table.get({ pk: requestId, sk: key });
    if (!item || item.state === 'SENT') return;
    const minutes = retryMinutes[Math.min(Number(item.attempts ?? 1), retryMinutes.length - 1)] as number;
    const values = { ':pending': 'PENDING', ':at': inMinutes(minutes, now) };
    await table.update({ pk: requestId, sk: key }, 'SET #state = :pending, nextActionAt = :at', values, {
      ExpressionAttributeNames: names,
    });
  },

  async segment(requestId: string, key: string): Promise<Item | undefined> {
    const item = await table.get({ pk: requestId, sk: key });
    return item?.startedAt ? undefined : item;
  },

  /** Notes that it was started; another dispatcher may have started it, too. */
  async started(requestId: string, key: string): Promise<void> {
    const ConditionExpression = 'attribute_exists(nextActionAt)';
    const expression = 'SET startedAt = nextActionAt REMOVE dueShard, nextActionAt';
    await table.update({ pk: requestId, sk: key }, expression, {}, { ConditionExpression });
  },

  /** Writes tokens minted for a mail before the mail goes out: a link that arrives works. */
  write: (writes: readonly Write[]) => table.transact(writes),

  /** What of a kind is due, and when the next of it will be. */
  async due(kind: DueKind, at: string): Promise<Due> {
    const found = await Promise.all(dueShards(kind).map((shard) => dueIn(table, index, shard, at)));
    const nextAt = found.flatMap((each) => each.nextAt ?? []).sort()[0];
    return { items: found.flatMap(({ items }) => items), ...(nextAt ? { nextAt } : {}) };
  },
});
export type Outbox = ReturnType<typeof outboxIn>;
