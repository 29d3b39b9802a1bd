import * as z from 'zod/mini';
import { RequestNotFound, TransitionRefused } from '../domain/errors.ts';
import { mailFailed } from '../domain/undelivered.ts';
import type { Cases } from './aws/cases.ts';
import { cases, now, requestsTable } from './aws/from-env.ts';
import { dueIndex, sk } from './aws/keys.ts';
import { type Outbox, outboxIn } from './aws/outbox.ts';
import { failureOf, SesEvent, tagsOf } from './aws/ses-event.ts';
import { log } from './lib/log.ts';
import { onTask, task } from './lib/task.ts';

const Notifications = z.object({ Records: z.array(z.object({ Sns: z.object({ Message: z.string() }) })) });

interface Deps {
  readonly cases: Cases;
  readonly outbox: Pick<Outbox, 'accepted' | 'mail' | 'failed'>;
  readonly now: () => Date;
}

/** What comes for a request that is gone or forgotten comes too late to matter. */
const unlessOver = (error: unknown): void => {
  if (!(error instanceof TransitionRefused) && !(error instanceof RequestNotFound)) throw error;
};

const fail = async (requestId: string, mail: string, event: SesEvent, { cases: all, outbox, now: clock }: Deps) => {
  const reason = failureOf(event);
  const held = reason && (await outbox.mail(requestId, sk.mail(mail)));
  if (!held || held.failed) return;
  const failure = { mail, template: held.template, to: held.to, reason, ...(held.about ? { about: held.about } : {}) };
  const more = [outbox.failed(requestId, sk.mail(mail), reason)];
  await all.change(requestId, (current) => mailFailed(current, failure, clock()), more).catch(unlessOver);
  log.info('mail failed', { requestId, template: held.template, reason });
};

/**
 * Hears from SES what became of each mail. Any event says that SES took it, which finds a mail whose sender died before it could note so;
 * a bounce, a complaint or a suppressed address becomes a task of the DPO.
 */
export const mailEvents = task({
  input: Notifications,
  async run({ Records }, deps: Deps) {
    for (const { Sns } of Records) {
      const event = SesEvent.parse(JSON.parse(Sns.Message));
      const tags = tagsOf(event);
      if (!tags) continue;
      await deps.outbox.accepted(tags.requestId, sk.mail(tags.mail), event.mail.messageId, deps.now());
      await fail(tags.requestId, tags.mail, event, deps);
    }
  },
});

export const handler = onTask(mailEvents, () => ({
  cases: cases(),
  outbox: outboxIn(requestsTable(), dueIndex.name),
  now,
}));
