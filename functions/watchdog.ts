import * as z from 'zod/mini';
import type { Alert } from '../domain/change.ts';
import type { Config } from '../domain/config.ts';
import { holidaysMissing } from '../domain/holidays.ts';
import type { Case } from '../domain/request.ts';
import { noticeOf } from '../domain/time-limit.ts';
import { isDue, isQuiet, lookAgain, noticesDue, type Seen, watch } from '../domain/watch.ts';
import { alertText } from '../web/mail/alert.ts';
import { type Alerts, alertsIn } from './aws/alerts.ts';
import { type Cases, mailIdOf } from './aws/cases.ts';
import { cases, now, requestsTable, workflow } from './aws/from-env.ts';
import { dueIndex, sk } from './aws/keys.ts';
import { type Outbox, outboxIn, type Placed } from './aws/outbox.ts';
import { publishTo } from './aws/signal.ts';
import type { Workflow } from './aws/workflow.ts';
import { env } from './lib/env.ts';
import { errorName, log } from './lib/log.ts';
import { readConfig } from './lib/settings.ts';
import { never, onTask, task } from './lib/task.ts';

interface Deps {
  readonly cases: Cases;
  readonly outbox: Pick<Outbox, 'due'>;
  readonly alerts: Alerts;
  readonly workflow: Pick<Workflow, 'isRunning'>;
  readonly publish: (subject: string, message: string) => Promise<void>;
  readonly config: Config;
  readonly now: () => Date;
}

/** How many are looked at side by side: 1,000 calls of 15 ms each take a second. */
const abreast = 16;

/** One thing that fails must not keep the others from being looked at; answers how many failed. */
const each = async (
  items: readonly Placed[],
  what: string,
  work: (item: Placed) => Promise<unknown>,
): Promise<number> => {
  let failed = 0;
  const one = (item: Placed) =>
    work(item).catch((error: unknown) => {
      failed += 1;
      log.error(`${what} failed`, { requestId: item.requestId, error: errorName(error) });
    });
  for (let at = 0; at < items.length; at += abreast) await Promise.all(items.slice(at, at + abreast).map(one));
  return failed;
};

/** Whether SES took every notice that must be out by now. */
const noticed = async (held: Case, at: Date, { alerts }: Deps): Promise<boolean> => {
  const { requestId } = held.request;
  const notices = noticesDue(held, at).map((extension) => sk.mail(mailIdOf(requestId, noticeOf(extension, []))));
  const states = await Promise.all(notices.map((key) => alerts.read(requestId, key)));
  return states.every((mail) => mail?.state === 'SENT' && !mail.failed);
};

/** Looks outside the record only where the answer depends on it. */
const seen = async (held: Case, at: Date, deps: Deps): Promise<Seen> => ({
  running: isQuiet(held, at) && (await deps.workflow.isRunning(held.request.requestId, held.request.segment.n)),
  noticed: await noticed(held, at, deps),
});

/** Answers when the request is looked at again, and what it raised. */
const look = async (requestId: string, deps: Deps): Promise<{ next: string; raised: readonly Placed[] }> => {
  const at = deps.now();
  let quiet: Case | undefined;
  const change = await deps.cases.change(requestId, async (held) => {
    const said = watch(held, await seen(held, at, deps), at);
    quiet = said || !isDue(held.request, at) ? undefined : held;
    return said;
  });
  if (change) {
    const raised = (change.alerts ?? []).map(({ key }) => ({ requestId, key: sk.alert(key) }));
    // What it says is sent by another, who may be gone.
    return { next: change.mails ? at.toISOString() : (change.request.nextActionAt ?? never), raised };
  }
  if (!quiet) return { next: at.toISOString(), raised: [] };
  const next = lookAgain(quiet, at);
  await deps.cases.putOff(quiet.request, next);
  return { next, raised: [] };
};

const publish = async (
  { requestId, key }: Placed,
  { alerts, publish: send, config, now: clock }: Deps,
): Promise<void> => {
  const alert = await alerts.read(requestId, key);
  if (!alert || alert.publishedAt) return;
  const { subject, message } = alertText(alert as never, config);
  await send(subject, message);
  await alerts.published(requestId, key, clock().toISOString());
};

const hour = 3_600_000;

const isMail = ({ key }: Placed): boolean => key.startsWith('MAIL#');

/** What concerns no single request: mails that nobody sends, and a list of public holidays that ends. Said once a day, and once a year. */
const lookAround = async (outbox: readonly Placed[], deps: Deps): Promise<Placed[]> => {
  const at = deps.now();
  const today = at.toISOString().slice(0, 10);
  const mails = outbox.filter(isMail);
  const raised: Placed[] = [];
  const raise = async (alert: Alert) => {
    const placed = await deps.alerts.raise(alert, at.toISOString());
    if (placed) raised.push(placed);
  };
  const count = await deps.alerts.waitingSince(mails, new Date(at.getTime() - hour).toISOString());
  if (count > 0) {
    log.error('outbox stuck', { count });
    await raise({ key: `outbox-stuck@${today}`, about: 'outbox-stuck', count });
  }
  const year = holidaysMissing(deps.config.country, today);
  if (year !== undefined) {
    log.error('holidays missing');
    await raise({ key: `holidays-missing@${year}`, about: 'holidays-missing', date: String(year) });
  }
  return raised;
};

/** Something could not be looked at or published: the alarm on errors tells, and the next hour tries again. */
class WatchIncomplete extends Error {
  override readonly name = 'WatchIncomplete';
}

/**
 * Looks at every open request whose time has come, hourly, by its own role and its own path, and publishes what must be said on the
 * escalation topic: what it reads grows with what is due, not with what exists. `idleUntil` says when the next one will be.
 */
export const watchdog = task({
  input: z.looseObject({}),
  async run(_: unknown, deps: Deps) {
    const at = deps.now().toISOString();
    // Everything in the outbox is unfinished: what waits for a later try counts too.
    const [requests, outbox, alerts] = await Promise.all([
      deps.outbox.due('request', at),
      deps.outbox.due('outbox', '9999'),
      deps.outbox.due('alert', at),
    ]);
    const again: string[] = [];
    // What is raised now is published now, whatever the index shows of it yet.
    const unsaid = [...alerts.items];
    const say = (items: readonly Placed[]) => each(items, 'alert', (item) => publish(item, deps));
    let failed = await each(requests.items, 'watch', async ({ requestId }) => {
      const { next, raised } = await look(requestId, deps);
      again.push(next);
      unsaid.push(...raised);
    });
    failed += await say(unsaid);
    const around = await lookAround(outbox.items, deps);
    failed += await say(around);
    log.info('watchdog done', { count: requests.items.length });
    if (failed > 0) throw new WatchIncomplete(`${failed} not done`);
    const waiting = outbox.items.some(isMail) ? [at] : [];
    const next = [...again, ...waiting, ...[requests, alerts].flatMap(({ nextAt }) => nextAt ?? [])].sort()[0];
    return {
      looked: requests.items.length,
      published: unsaid.length + around.length,
      idleUntil: next ?? never,
    };
  },
});

export const handler = onTask(watchdog, () => {
  const table = requestsTable();
  return {
    cases: cases(),
    outbox: outboxIn(table, dueIndex.name),
    alerts: alertsIn(table),
    workflow: workflow(),
    publish: publishTo(env('ESCALATION_TOPIC').ESCALATION_TOPIC),
    config: readConfig(),
    now,
  };
});
