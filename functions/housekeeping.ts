import * as z from 'zod/mini';
import { nextChore } from '../domain/chores.ts';
import type { Config } from '../domain/config.ts';
import { doChore, remindsUnproven } from '../domain/housekeeping.ts';
import type { Cases } from './aws/cases.ts';
import { type Chores, choresIn } from './aws/chores.ts';
import { cases, counters, now, requestsTable, seals } from './aws/from-env.ts';
import { dueIndex } from './aws/keys.ts';
import { outboxIn } from './aws/outbox.ts';
import { errorName, log } from './lib/log.ts';
import { type MayMailDeps, mayMail } from './lib/may-mail.ts';
import { readConfig } from './lib/settings.ts';
import { onTask, task } from './lib/task.ts';

interface Deps extends MayMailDeps {
  readonly cases: Cases;
  readonly chores: Chores;
  readonly config: Config;
}

/** Does what is due about one request; answers false when nothing was. */
const doNext = async (requestId: string, deps: Deps): Promise<boolean> => {
  const seen = await deps.chores.dateOf(requestId);
  const held = await deps.cases.read(requestId);
  const chore = nextChore(held, deps.config);
  if (!chore || chore.at > deps.now().toISOString()) {
    if (seen) await deps.chores.putOff(requestId, seen, chore?.at);
    return false;
  }
  const allowed = remindsUnproven(held, chore) ? await mayMail(held.request.person.email, deps) : true;
  await deps.cases.change(requestId, (current) =>
    nextChore(current, deps.config)?.name === chore.name ? doChore(current, chore, allowed, deps.now()) : undefined,
  );
  return true;
};

/** A request that can't be seen to must not keep the others from it. */
const see = async (requestId: string, deps: Deps): Promise<void> => {
  try {
    while (await doNext(requestId, deps));
  } catch (error) {
    log.error('housekeeping failed', { requestId, error: errorName(error) });
  }
};

/**
 * Reminds, closes and forgets, daily, each at its date: the watchdog, which is to be trusted with the time limits, never closes anything.
 * What it reads grows with what is due, not with what exists.
 */
export const housekeeping = task({
  input: z.looseObject({}),
  async run(_: unknown, deps: Deps) {
    const { requests, nextAt } = await deps.chores.due(deps.now().toISOString());
    for (const requestId of requests) await see(requestId, deps);
    return { seen: requests.length, idleUntil: nextAt ?? '9999-12-31T00:00:00.000Z' };
  },
});

export const handler = onTask(housekeeping, () => {
  const table = requestsTable();
  const chores = choresIn(table, outboxIn(table, dueIndex.name));
  return { cases: cases(), chores, counters: counters(), seals: seals(), config: readConfig(), now };
});
