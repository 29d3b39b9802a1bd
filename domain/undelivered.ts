import { type Alert, actor, type Change, type MailDraft, moved, nextSegment, refuse, type Template } from './change.ts';
import { fetched } from './package.ts';
import { type Case, isAnswer, isOver, type Request, type Undelivered } from './request.ts';

/** What the mail service says became of a mail that did not arrive, or was not wanted. */
export type Failure = Omit<Undelivered, 'at'>;

/** Nothing is left to do about these: whoever wants one asks anew, or another mail's failure is a task already. */
const quiet: readonly string[] = [
  'code',
  'decider-code',
  'remind',
  'expiring',
  'closed',
  'expired',
  'new-link',
  'withdrawn',
  'case-withdrawn',
  'task-ended',
] satisfies Template[];

const isFetched = ({ package: built }: Request): boolean => built !== undefined && fetched(built) > 0;

/** Whether the answer itself did not arrive: it is not delivered then, unless it was fetched all the same (F31). */
const undoes = ({ request }: Case, failure: Failure): boolean =>
  isAnswer(failure) && failure.reason !== 'complaint' && request.status === 'DELIVERED' && !isFetched(request);

/** Approved and not yet delivered: the time limit runs on, and so do its alarms. */
const undone = (held: Case, now: Date) => {
  const { deliveredAt: _, ...request } = held.request;
  return moved({ ...held, request }, 'APPROVED', now);
};

const alertOf = ({ request }: Case, { mail }: Failure): Alert => ({
  key: `undelivered@${mail}`,
  about: 'mail-undelivered',
  reference: request.reference,
});

/**
 * A mail did not arrive: it becomes a task of the DPO, told by mail, or on the second channel where it was the DPO's own. One reader is told
 * of once, while the task is open; hearing of the same mail again changes nothing.
 */
export const mailFailed = (held: Case, failure: Failure, now: Date): Change | undefined => {
  const { undelivered: open = [] } = held.request;
  const { mail, template, to, reason } = failure;
  if (open.some((other) => other.mail === mail)) return undefined;
  const audit = actor('workflow', 'MAIL_FAILED', { mail, template, to, reason });
  if (quiet.includes(template)) return { request: held.request, audit };
  const request = { ...held.request, undelivered: [...open, { ...failure, at: now.toISOString() }] };
  const told = to === 'dpo' || open.some((other) => other.to === to);
  return {
    ...(undoes(held, failure) ? undone({ ...held, request }, now) : { request }),
    mails: told ? [] : [{ template: 'undelivered', to: 'dpo', cause: `undelivered-${mail}`, about: mail }],
    alerts: to === 'dpo' ? [alertOf(held, failure)] : [],
    audit,
  };
};

/** The open task about a mail, and the request without it. */
const taken = (held: Case, mail: string): { failed: Undelivered; rest: Request } => {
  const { undelivered = [], ...request } = held.request;
  const failed = undelivered.find((each) => each.mail === mail) ?? refuse(held.request, 'waiting for this mail');
  const left = undelivered.filter((each) => each.mail !== mail);
  return { failed, rest: left.length > 0 ? { ...request, undelivered: left } : request };
};

const answerIsOut = ({ status }: Request, failed: Failure): boolean => !isAnswer(failed) || status !== 'APPROVED';

/** The answer goes out anew: its file is built again when its time is over. */
const deliverAgain = (rest: Request, now: Date): Pick<Change, 'request' | 'goOn'> => {
  const { package: built, ...request } = rest;
  const kept = built && built.expiresAt > now.toISOString() ? { package: built } : {};
  return { request: { ...request, ...kept, segment: nextSegment(rest, 'deliver', now) }, goOn: true };
};

/** The DPO has the mail sent again, to the same address. */
export const sendAgain = (held: Case, mail: string, now: Date): Change => {
  const { failed, rest } = taken(held, mail);
  const { template, to, about } = failed;
  const draft: MailDraft = { template: template as Template, to, cause: `again-${mail}`, ...(about ? { about } : {}) };
  return {
    ...(answerIsOut(held.request, failed) ? { request: rest, mails: [draft] } : deliverAgain(rest, now)),
    audit: actor('dpo', 'MAIL_SENT_AGAIN', { mail }),
  };
};

/** The DPO reached the reader another way: an answer that came back is delivered by that. */
export const settleMail = (held: Case, mail: string, now: Date): Change => {
  const { failed, rest } = taken(held, mail);
  const audit = actor('dpo', 'MAIL_SETTLED', { mail });
  if (isOver(rest.status) || answerIsOut(held.request, failed)) return { request: rest, audit };
  return { ...moved({ ...held, request: rest }, 'DELIVERED', now, { deliveredAt: now.toISOString() }), audit };
};

/** Whether mail to the person does not arrive at present. */
export const isUnreachable = ({ undelivered = [] }: Pick<Request, 'undelivered'>): boolean =>
  undelivered.some(({ to }) => to === 'subject');
