import * as z from 'zod/mini';
import { Step } from '../domain/request.ts';
import { evidenceFiles } from './aws/evidence.ts';
import { cases, now, requestsTable, workflow } from './aws/from-env.ts';
import { dueIndex } from './aws/keys.ts';
import { OutcomeUnknown, postOffice } from './aws/mail.ts';
import { outboxIn } from './aws/outbox.ts';
import { errorName, log } from './lib/log.ts';
import { readConfig, readMap } from './lib/settings.ts';
import { never, onTask, task } from './lib/task.ts';

/** What a commit put into the outbox. */
const Signal = z.object({ requestId: z.string(), items: z.array(z.string()) });

/** Woken by a message right after a commit, and every five minutes without one. */
const Wake = z.object({
  Records: z.optional(z.array(z.object({ Sns: z.object({ Message: z.string() }) }))),
});

interface Deps {
  readonly outbox: ReturnType<typeof outboxIn>;
  readonly send: ReturnType<typeof postOffice>;
  readonly workflow: ReturnType<typeof workflow>;
  readonly now: () => Date;
}

/** Starts the segment that the record commands; its name makes a second start harmless. */
const startSegment = async (requestId: string, key: string, { outbox, workflow: machine }: Deps) => {
  const segment = await outbox.segment(requestId, key);
  if (!segment) return;
  await machine.start(requestId, { n: Number(segment.n), step: Step.parse(segment.step), from: String(segment.from) });
  await outbox.started(requestId, key);
};

/** Does one thing of the outbox. A failure leaves it there for the sweep, with its next time. */
const handle = async (requestId: string, key: string, deps: Deps): Promise<void> => {
  try {
    if (key.startsWith('SEGMENT#')) await startSegment(requestId, key, deps);
    else await deps.send(requestId, key);
  } catch (error) {
    log.error('outbox item failed', { requestId, error: errorName(error), reason: key.split('#')[0] });
    if (!(error instanceof OutcomeUnknown)) await deps.outbox.later(requestId, key, deps.now());
  }
};

const sweep = async (deps: Deps) => {
  const at = deps.now().toISOString();
  const { items, nextAt } = await deps.outbox.due('outbox', at);
  for (const { requestId, key } of items) await handle(requestId, key, deps);
  // What was handled may come up again soon.
  return { handled: items.length, idleUntil: items.length > 0 ? at : (nextAt ?? never) };
};

/**
 * Makes true outside what the record says inside: sends mails, starts executions. The commit came first, so that a crash here loses
 * nothing; a conditional write takes each item before it is done, so that two of these do it once.
 */
export const dispatch = task({
  input: Wake,
  async run({ Records }, deps: Deps) {
    if (!Records) return sweep(deps);
    const signals = Records.map(({ Sns }) => Signal.parse(JSON.parse(Sns.Message)));
    for (const { requestId, items } of signals) for (const key of items) await handle(requestId, key, deps);
    return { handled: signals.flatMap(({ items }) => items).length };
  },
});

export const handler = onTask(dispatch, () => {
  const table = requestsTable();
  const outbox = outboxIn(table, dueIndex.name);
  const maps = { map: readMap().map, files: evidenceFiles() };
  const send = postOffice({ outbox, cases: cases(), config: readConfig(), ...maps, now });
  return { outbox, send, workflow: workflow(), now };
});
