import { askToStart } from '../domain/gathering.ts';
import { receive } from '../domain/intake.ts';
import { askForProof, prove } from '../domain/proof.ts';
import { referenceFrom } from '../domain/reference.ts';
import { totalsOf } from '../domain/report.ts';
import type { Case } from '../domain/request.ts';
import { overviewIn, overviewWrites } from '../functions/aws/overview.ts';
import type { Item, Table } from '../functions/aws/table.ts';

// What a page of the overview reads, counted: the real items of requests that came and were started, on a table that counts what each
// Query reads and rounds it up as DynamoDB does (4 KB a unit, consistent reads). Nothing is timed.

const open = Number(process.argv[2] ?? 1_000);
const rules = { country: 'DK', timeZone: 'Europe/Copenhagen', policy: 'suspend' } as const;
const begin = Date.parse('2026-11-01T08:00:00Z');
const month = '2026-11';

/** DynamoDB's size of an item: UTF-8 of names and values, a list or map 3 bytes and one for each entry. */
const sizeOf = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 8;
  if (value === null || typeof value !== 'object') return 1;
  const entries = Object.entries(value);
  const names = Array.isArray(value) ? 0 : entries.reduce((sum, [name]) => sum + Buffer.byteLength(name), 0);
  return 3 + names + entries.reduce((sum, [, held]) => sum + 1 + sizeOf(held), 0);
};
const itemSize = (item: Item): number => sizeOf(item) - 3 - Object.keys(item).length;

const items = new Map<string, Item>();
const put = (item: Item): void => void items.set(`${item.pk} ${item.sk}`, item);
const read = { queries: 0, items: 0, units: 0, bytes: 0 };

const table = {
  async *query({ values }: { values: Record<string, string> }) {
    const { ':pk': pk, ':from': from = '', ':to': to = '\uFFFF' } = values;
    const found = [...items.values()].filter(
      (each) => each.pk === pk && String(each.sk) >= from && String(each.sk) <= to,
    );
    const bytes = found.reduce((sum, each) => sum + itemSize(each), 0);
    read.queries += 1;
    read.items += found.length;
    read.bytes += bytes;
    read.units += Math.max(1, Math.ceil(bytes / 4096));
    yield* found;
  },
} as unknown as Table;

const idOf = (n: number): Buffer =>
  Buffer.from(Array.from({ length: 16 }, (_, at) => (n * 2_654_435_761 + at * 97) % 251));

let writes = 0;
const keep = (before: Case | undefined, after: Case, at: string): void => {
  for (const write of overviewWrites(before, after, at)) {
    writes += 1;
    if ('put' in write) put(write.put as Item);
  }
};

for (let n = 0; n < open; n += 1) {
  const at = new Date(begin + ((n * 25) / open) * 86_400_000);
  const requestId = `${idOf(n).toString('hex').slice(0, 24)}${n.toString(16).padStart(8, '0')}`;
  const ids = { requestId, reference: referenceFrom(idOf(n)), evidence: 'e', language: 'da' as const };
  const intake = { ...ids, person: { name: '', email: '' }, rights: ['access' as const] };
  const steps = [
    (held: Case) => askForProof(held, at, at),
    (held: Case) => prove(held, at),
    (held: Case) => askToStart(held, 'ask', at),
  ];
  const first = receive(intake as never, rules, at);
  let held: Case = { request: first.request, rights: first.rights ?? [], sources: [] };
  keep(undefined, held, at.toISOString());
  for (const step of steps) {
    const change = step(held);
    const next = { ...held, ...(change ? { request: change.request, rights: change.rights ?? held.rights } : {}) };
    keep(held, next, at.toISOString());
    held = next;
  }
}
for (let n = 1; n < 12; n += 1)
  put({
    pk: 'MONTHS',
    sk: `${n === 1 ? 2025 : 2026}-${String(n === 1 ? 12 : n - 1).padStart(2, '0')}`,
    totals: totalsOf([], rules.timeZone),
  });

const overview = overviewIn(table);
const { open: listed } = await overview.open();
const list = { ...read };
await overview.months(month, 12, rules.timeZone);
console.log(
  `overview: ${listed.length} open requests; ${(writes / open).toFixed(1)} small items written beside each until it can be started`,
);
console.log(
  `overview: the list reads ${list.queries} queries, ${list.items} items, ${list.bytes} bytes, ${list.units} read units`,
);
console.log(`overview: with the charts ${read.queries} queries, ${read.items} items, ${read.units} read units`);
