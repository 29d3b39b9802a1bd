import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Fact } from '../../domain/month.ts';
import { instantsOf } from '../../domain/report.ts';
import { monthKey } from '../../functions/aws/keys.ts';
import { overviewIn } from '../../functions/aws/overview.ts';
import { openTable } from './stored.ts';

const instants = [
  '2025-11-30T22:59:59.999Z',
  '2025-11-30T23:00:00.000Z',
  '2025-12-31T22:59:59.999Z',
  '2025-12-31T23:00:00.000Z',
  '2026-01-31T22:59:59.999Z',
  '2026-01-31T23:00:00.000Z',
];

let overview: ReturnType<typeof overviewIn>;
let stop: () => Promise<void>;

beforeAll(async () => {
  const opened = await openTable();
  stop = opened.stop;
  overview = overviewIn(opened.table);
  for (const at of instants) {
    const fact = { at, what: 'received', requestId: 'r', right: 'access', receivedAt: at, due: '2026-12-31' };
    await opened.table.put({ pk: monthKey(at.slice(0, 7)), sk: `${at}#received#r#access`, ...fact });
  }
});
afterAll(() => stop());

const factsOf = async (from: string, to: string) => (await overview.facts(from, to)).map(({ at }: Fact) => at);

test('a month in the controller’s zone holds its first and its last millisecond, over the end of a year too', async () => {
  const december = instantsOf('2025-12', 'Europe/Copenhagen');
  expect(await factsOf(december.from, december.to)).toEqual(instants.slice(1, 3));
  const january = instantsOf('2026-01', 'Europe/Copenhagen');
  expect(await factsOf(january.from, january.to)).toEqual(instants.slice(3, 5));
});

test('several months are read in one go, in order', async () => {
  const [first, last] = [instantsOf('2025-11', 'Europe/Copenhagen'), instantsOf('2026-02', 'Europe/Copenhagen')];
  expect(await factsOf(first.from, last.to)).toEqual(instants);
  expect(await factsOf('2026-01-31T22:59:59.999Z', '2026-01-31T22:59:59.999Z')).toEqual([instants[4]]);
});

test('a month that was not kept, between two that were, is counted from what happened in it alone', async () => {
  const kept = { received: 7, closed: 0, days: [0] };
  await overview.putTotals('2025-11', kept);
  await overview.putTotals('2026-01', kept);
  const months = await overview.months('2026-02', 5, 'Europe/Copenhagen');
  expect(months.map(({ month, totals, isKept }) => [month, totals.received, isKept])).toEqual([
    ['2025-10', 0, false],
    ['2025-11', 7, true],
    ['2025-12', 1, false],
    ['2026-01', 7, true],
    ['2026-02', 1, false],
  ]);
});
