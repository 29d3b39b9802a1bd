import * as z from 'zod/mini';
import { type Chore, type ChoreName, choreKey, nextChore } from '../domain/chores.ts';
import type { Config } from '../domain/config.ts';
import type { DataMap } from '../domain/data-map.ts';
import { doChore, type RecordChore, remindsUnproven } from '../domain/housekeeping.ts';
import { monthAfter } from '../domain/report.ts';
import type { Case } from '../domain/request.ts';
import { dayIn } from '../web/format.ts';
import type { Cases } from './aws/cases.ts';
import { type Chores, choresIn } from './aws/chores.ts';
import type { Files } from './aws/files.ts';
import { auditFiles, cases, counters, files, now, requestsTable, seals } from './aws/from-env.ts';
import { dueIndex } from './aws/keys.ts';
import { type Ledger, ledgerIn } from './aws/ledger.ts';
import { outboxIn } from './aws/outbox.ts';
import { type Month, type Overview, overviewIn } from './aws/overview.ts';
import { forget, forgetEvidence, forgetPackage } from './lib/forget.ts';
import { errorName, log } from './lib/log.ts';
import { type MailPlaceDeps, placeForMail } from './lib/place-for-mail.ts';
import { readConfig, readMap } from './lib/settings.ts';
import { never, onTask, task } from './lib/task.ts';

interface Deps extends MailPlaceDeps {
  readonly cases: Cases;
  readonly chores: Chores;
  readonly files: Files;
  readonly ledger: Ledger;
  readonly config: Config;
  readonly map: DataMap;
  readonly overview: Pick<Overview, 'months' | 'putTotals'>;
}

/** What reaches beyond the record. */
const purges: Readonly<Record<Exclude<ChoreName, RecordChore>, (held: Case, deps: Deps) => Promise<unknown>>> = {
  'purge-package': forgetPackage,
  'purge-evidence': forgetEvidence,
  purge: forget,
  ledger: ({ request }, { ledger }) => {
    const { requestId, purgedAt: at = '', status, audit } = request;
    return ledger.write({ requestId, at, status, audit });
  },
};

const isPurge = (name: ChoreName): name is keyof typeof purges => Object.hasOwn(purges, name);

const onRecord = async (held: Case, chore: Chore & { name: RecordChore }, deps: Deps): Promise<void> => {
  const { requestId, person } = held.request;
  const { name, about } = chore;
  const mayMail = !remindsUnproven(held, name) || (await placeForMail(person.email, 0, deps)) !== undefined;
  const deputies = deps.map.systems[about?.system ?? '']?.owner.deputies?.length ?? 0;
  await deps.cases.change(requestId, (current) => {
    const next = nextChore(current, deps.config);
    if (!next || choreKey(next) !== choreKey(chore)) return undefined;
    return doChore(current, chore, { mayMail, deputies }, deps.now());
  });
};

const doNow = ({ name, ...chore }: Chore, held: Case, deps: Deps): Promise<unknown> =>
  isPurge(name) ? purges[name](held, deps) : onRecord(held, { ...chore, name }, deps);

/** Does what is due about one request; answers false when nothing more is. */
const doNext = async (requestId: string, deps: Deps): Promise<boolean> => {
  const seen = await deps.chores.dateOf(requestId);
  const held = await deps.cases.read(requestId);
  const chore = nextChore(held, deps.config);
  const isDue = chore !== undefined && chore.at <= deps.now().toISOString();
  if (isDue) await doNow(chore, held, deps);
  if (isDue && chore.name !== 'ledger') return true;
  // The ledger is the last thing: it stands, so nothing of this request is ever due again.
  if (seen) await deps.chores.putOff(requestId, seen, isDue ? undefined : chore?.at);
  return false;
};

/** Keeps the totals of the last year's months that are over, once: nothing more can happen in them. */
const keepMonths = async ({ overview, config: { timeZone }, now: clock }: Deps): Promise<void> => {
  const last = monthAfter(dayIn(timeZone, clock()).slice(0, 7), -1);
  const months = await overview.months(last, 12, timeZone);
  const keep = ({ month, totals }: Month) => overview.putTotals(month, totals);
  await Promise.all(months.filter(({ isKept }) => !isKept).map(keep));
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
    const at = deps.now().toISOString();
    const { requests, nextAt } = await deps.chores.due(at);
    for (const requestId of requests) await see(requestId, deps);
    await keepMonths(deps);
    // What was seen to may come up again soon.
    const next = requests.length > 0 ? at : nextAt;
    return { seen: requests.length, idleUntil: next ?? never };
  },
});

export const handler = onTask(housekeeping, () => {
  const table = requestsTable();
  const chores = choresIn(table, outboxIn(table, dueIndex.name));
  const stores = { cases: cases(), files: files(), ledger: ledgerIn(auditFiles()) };
  return {
    ...stores,
    chores,
    overview: overviewIn(table),
    counters: counters(),
    seals: seals(),
    config: readConfig(),
    map: readMap().map,
    now,
  };
});
