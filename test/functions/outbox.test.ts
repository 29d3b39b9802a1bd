import { afterAll, beforeAll, expect, test } from 'vitest';
import { dueIndex } from '../../functions/aws/keys.ts';
import { outboxIn } from '../../functions/aws/outbox.ts';
import type { Table } from '../../functions/aws/table.ts';
import { openTable } from './stored.ts';

let table: Table;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ table, stop } = await openTable());
});
afterAll(() => stop());

test('a segment that two dispatchers start at the same time is noted once, and neither fails', async () => {
  const outbox = outboxIn(table, dueIndex.name);
  const at = '2026-03-01T12:00:00.000Z';
  await table.put({ pk: 'r', sk: 'SEGMENT#1', dueShard: 'outbox#0', nextActionAt: at, n: 1, step: 'prove' });
  await outbox.started('r', 'SEGMENT#1');
  await outbox.started('r', 'SEGMENT#1');
  expect(await table.get({ pk: 'r', sk: 'SEGMENT#1' })).toEqual({
    ...{ pk: 'r', sk: 'SEGMENT#1', n: 1, step: 'prove' },
    startedAt: at,
  });
  expect(await outbox.segment('r', 'SEGMENT#1')).toBeUndefined();
});
