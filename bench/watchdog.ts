import { askToStart } from '../domain/gathering.ts';
import { receive } from '../domain/intake.ts';
import { askForProof, prove } from '../domain/proof.ts';
import type { Case, Request, RightRecord } from '../domain/request.ts';
import { waitsForPerson } from '../domain/urgency.ts';
import { lookAgain, watch } from '../domain/watch.ts';
import { dueIndex, dueShard, dueShards } from '../functions/aws/keys.ts';
import { outboxIn } from '../functions/aws/outbox.ts';
import type { Item, Table } from '../functions/aws/table.ts';

// What the watchdog reads with 1,000,000 open requests, counted: the real due index's layout, the real rules of when to look again, and the
// real query of each shard, on an index that counts pages and items. Nothing is timed.

const open = 1_000_000;
const days = 30;
const hour = 3_600_000;
const begin = Date.parse('2026-03-02T00:00:00Z');
const rules = { country: 'DK', timeZone: 'Europe/Copenhagen', policy: 'suspend' } as const;

/** Bytes of an index entry: its two keys, the table's two keys, and DynamoDB's 100 for an index. */
const entryBytes = 100 + 60 + 36 + 7 + 60;
const pageBytes = 1_048_576;

/** One request of each day of receipt, proven and waiting for the DPO; the others of the day differ in their ids only. */
const receivedOn = (at: Date): Case => {
  const ids = { requestId: 'r', reference: 'K7F-4QX-92M', evidence: 'e', language: 'da' as const };
  const intake = { ...ids, person: { name: '', email: '' }, rights: ['access' as const], silent: false };
  const apply = (held: Case, change: ReturnType<typeof prove> | undefined): Case =>
    change ? { ...held, request: change.request, rights: change.rights ?? held.rights } : held;
  let held = apply({ request: undefined as never, rights: [], sources: [] }, receive(intake, rules, at));
  held = apply(held, askForProof(held, at, at));
  held = apply(held, prove(held, at));
  return apply(held, askToStart(held, 'ask', at));
};

interface Entry {
  request: Request;
  readonly rights: readonly RightRecord[];
  readonly id: string;
}

const hex = (n: number): string => n.toString(16).padStart(8, '0');
const entries: Entry[] = [];
for (let day = 0; day < days; day += 1) {
  for (let of = 0; of < 24; of += 1) {
    const { request, rights } = receivedOn(new Date(begin + (day * 24 + of) * hour));
    for (let n = 0; n < open / days / 24; n += 1)
      entries.push({ request, rights, id: hex(entries.length * 2_654_435_761) });
  }
}

/** Each shard in the index's order: by when its entries are due. */
const byShard = new Map<string, Entry[]>();
const sorted = () => {
  for (const shard of dueShards('request')) byShard.set(shard, []);
  for (const entry of entries) byShard.get(dueShard('request', entry.id))?.push(entry);
  for (const list of byShard.values()) list.sort((a, b) => (at(a) < at(b) ? -1 : 1));
};
const at = ({ request }: Entry): string => request.nextActionAt ?? '';

const counted = { pages: 0, items: 0 };
const index = {
  async *query({ values }: { values: Record<string, string> }): AsyncIterable<Item> {
    let bytes = 0;
    counted.pages += 1;
    for (const entry of byShard.get(values[':shard'] ?? '') ?? []) {
      bytes += entryBytes;
      if (bytes > pageBytes) {
        counted.pages += 1;
        bytes = entryBytes;
      }
      counted.items += 1;
      yield { pk: entry.id, sk: 'REQUEST', nextActionAt: at(entry) };
    }
  },
} as unknown as Table;
const { due } = outboxIn(index, dueIndex.name);

const shards = dueShards('request').length;
const seen = { running: false, noticed: true };
const ticks: { looked: number; raised: number; items: number; pages: number; hottest: number }[] = [];
const first = begin + days * 24 * hour;
const byId = new Map(entries.map((entry) => [entry.id, entry]));

for (let tick = 0; tick < 48; tick += 1) {
  const now = new Date(first + tick * hour);
  sorted();
  Object.assign(counted, { pages: 0, items: 0 });
  const { items } = await due('request', now.toISOString());
  const inShard = Map.groupBy(items, ({ requestId }) => dueShard('request', requestId));
  const hottest = Math.max(0, ...[...inShard.values()].map(({ length }) => length));
  let [looked, raised] = [0, 0];
  for (const { requestId } of items) {
    const entry = byId.get(requestId) as Entry;
    const held = { request: entry.request, rights: entry.rights, sources: [] };
    const change = watch(held, seen, now);
    looked += 1;
    raised += change?.alerts?.length ?? 0;
    entry.request = change?.request ?? { ...entry.request, nextActionAt: lookAgain(held, now) };
  }
  ticks.push({ looked, raised, hottest, ...counted });
}

// The first tick finds what fell due in the days before it; after that each hour finds its own.
const [, ...steady] = ticks;
const most = (key: 'looked' | 'raised' | 'items' | 'pages' | 'hottest'): number =>
  Math.max(...steady.map((tick) => tick[key]));
const sum = (key: 'looked' | 'items'): number => steady.reduce((total, tick) => total + tick[key], 0);
const waiting = entries.filter(({ request }) => waitsForPerson(request)).length;
const overRead = sum('items') - sum('looked');
const units = (most('items') * entryBytes) / 4096 / 2;
console.log(
  `${entries.length.toLocaleString('en')} open requests, ${waiting.toLocaleString('en')} of them waiting for a person, ${steady.length} hourly ticks`,
);
console.log(
  `index items read by the largest tick  ${most('items').toLocaleString('en')} in ${most('pages')} pages: ${Math.ceil(units).toLocaleString('en')} read units`,
);
console.log(
  `requests looked at by the largest tick ${most('looked').toLocaleString('en')}, alarms raised ${most('raised').toLocaleString('en')}`,
);
console.log(
  `read and not due, a tick               ${(overRead / steady.length).toFixed(1)} of at most ${shards} (one a shard)`,
);
// A look writes when to look again; an alarm writes the request, its audit entry, a mail and an alert: each a unit or two, spread over as many partitions as requests.
console.log(
  `hottest shard of the index             ${most('hottest').toLocaleString('en')} entries a tick; at 16 looks abreast of 15 ms that is at most ${Math.ceil(16 / 0.015 / shards)} writes a second of 1,000`,
);
const bounded = overRead <= steady.length * shards;
console.log(bounded ? 'reads are bounded by what is due' : 'FAILED: reads grow with what exists');
process.exit(bounded ? 0 : 1);
