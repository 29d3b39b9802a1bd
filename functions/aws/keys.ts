/**
 * Names of the Requests table's keys and index, and how its sort keys are made. No SDK here: `infra/` reads it too.
 * `REQUEST`, `RIGHT#` and `SOURCE#` sort after everything else of a request, so that one Query from `REQUEST` on reads the case.
 */
export const partitionKey = 'pk';
export const sortKey = 'sk';
export const ttl = 'ttl';

/** Sparse: only what somebody has to look at again carries the two attributes (decisions.md 9). */
export const dueIndex = { name: 'due', partitionKey: 'dueShard', sortKey: 'nextActionAt' } as const;

/** What is open stands in two shards: two partitions take 2,000 writes a second, twice what the watchdog writes with a million requests. */
export const shards = [0, 1] as const;

/** Which of so many shards a request's items stand in: by the last sign of its id, which is random. */
export const shardOf = (requestId: string, of: number = shards.length): number =>
  (requestId.codePointAt(requestId.length - 1) ?? 0) % of;

/**
 * What stands in the due index: open requests and what is to be published for the watchdog, outbox items for the dispatcher, dates for
 * housekeeping.
 */
export type DueKind = 'request' | 'alert' | 'outbox' | 'chore';

/**
 * One shard takes 1,000 writes a second. A form costs the outbox six (its segment two, its mail four), and the stage's throttle lets a dozen
 * forms a second pass; alarms are raised 16 transactions side by side, each with one alert and one mail.
 */
const split: Readonly<Record<DueKind, number>> = { request: shards.length, alert: 1, outbox: 1, chore: 1 };

export const dueShard = (kind: DueKind, requestId: string): string => `${kind}#${shardOf(requestId, split[kind])}`;

export const dueShards = (kind: DueKind): string[] => Array.from({ length: split[kind] }, (_, n) => `${kind}#${n}`);

export const sk = {
  request: 'REQUEST',
  right: (right: string) => `RIGHT#${right}`,
  source: (round: number, system: string, wave: number) => `SOURCE#${round}#${system}#${wave}`,
  checkpoint: (round: number, system: string, wave: number) => `CHECKPOINT#${round}#${system}#${wave}`,
  mail: (mailId: string) => `MAIL#${mailId}`,
  alert: (key: string) => `ALERT#${key}`,
  segment: (n: number) => `SEGMENT#${n}`,
  audit: (n: number) => `AUDIT#${String(n).padStart(6, '0')}`,
  mark: (name: string) => `MARK#${name}`,
  token: 'TOKEN',
  /** When housekeeping looks at the request: an item of its own, so that the watchdog's date and this one don't meet. */
  chore: 'CHORE',
} as const;

/** Partition of what concerns no single request. */
export const systemKey = 'SYSTEM';

/** Which request a case number names. */
export const referenceKey = (reference: string): string => `REFERENCE#${reference}`;

/** What the overview lists: an item per open request, in shards, so that it is read without the requests themselves. */
export const openKey = (shard: number): string => `OPEN#${shard}`;

/** What happened in a month (UTC, `2026-11`), by instant; and the months' totals once they are over. */
export const monthKey = (month: string): string => `MONTH#${month}`;
export const totalsKey = 'MONTHS';

export const tokenKey = (hash: string): string => `TOKEN#${hash}`;

/** The Counters table: one attribute counts, another says when it may go. */
export const counterKey = 'key';
