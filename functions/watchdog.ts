import * as z from 'zod/mini';
import { watch } from '../domain/watch.ts';
import type { Cases } from './aws/cases.ts';
import { cases, now, requestsTable } from './aws/from-env.ts';
import { dueIndex, dueShard, shards } from './aws/keys.ts';
import { type Outbox, outboxIn } from './aws/outbox.ts';
import { errorName, log } from './lib/log.ts';
import { onTask, task } from './lib/task.ts';

interface Deps {
  readonly cases: Cases;
  readonly outbox: Pick<Outbox, 'due'>;
  readonly now: () => Date;
}

/** A request that can't be looked at must not keep the others from it. */
const look = async (requestId: string, deps: Deps): Promise<void> => {
  try {
    await deps.cases.change(requestId, (held) => watch(held, deps.now()));
  } catch (error) {
    log.error('watch failed', { requestId, error: errorName(error) });
  }
};

/**
 * Looks at every open request whose time has come, hourly, by its own role and its own path: what it reads grows with what is due, not
 * with what exists. `idleUntil` says when the next one will be.
 */
export const watchdog = task({
  input: z.looseObject({}),
  async run(_: unknown, deps: Deps) {
    const at = deps.now().toISOString();
    const found = await Promise.all(shards.map((shard) => deps.outbox.due(dueShard('request', shard), at)));
    const due = found.flatMap(({ items }) => items);
    for (const { requestId } of due) await look(requestId, deps);
    const next = found.flatMap(({ nextAt }) => nextAt ?? []).sort()[0];
    return { looked: due.length, idleUntil: next ?? '9999-12-31T00:00:00.000Z' };
  },
});

export const handler = onTask(watchdog, () => {
  const outbox = outboxIn(requestsTable(), dueIndex.name);
  return { cases: cases(), outbox, now };
});
