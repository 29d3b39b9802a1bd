import { expect, test } from 'vitest';
import { dueShard, dueShards } from '../../functions/aws/keys.ts';

test('whatever is put in the due index stands in a shard that is read', () => {
  const ids = ['0a', '0b', '0c', '0d', 'SYSTEM'];
  for (const kind of ['request', 'alert', 'outbox', 'chore'] as const) {
    const written = new Set(ids.map((id) => dueShard(kind, id)));
    expect([...written].sort(), kind).toEqual(dueShards(kind));
  }
});
