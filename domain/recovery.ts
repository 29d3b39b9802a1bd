import { actor, type Change, type MailDraft, moved, mustBe, refuse, sameSegment } from './change.ts';
import { isUndecided, isUntold, withoutDecision } from './decision.ts';
import { inForce, isOpen, newRound, waitingFor } from './gathering.ts';
import { awaitsFetching, lastPackage } from './package.ts';
import { type Case, isOver, type Step } from './request.ts';
import { nextLook } from './urgency.ts';

/**
 * A step failed for good: says so where the DPO sees it, and stops. Saying it again changes nothing, and nobody has to look at a request
 * that is over (its person withdrew while a step ran).
 */
export const needsPerson = (held: Case, step: Step, error: string, now: Date): Change | undefined => {
  if (isOver(held.request.status) || held.request.needsPerson) return undefined;
  const request = { ...held.request, needsPerson: { at: now.toISOString(), step, error } };
  return {
    request: { ...request, nextActionAt: nextLook({ ...held, request }, now) },
    mails: [{ template: 'needs-person', to: 'dpo', cause: `segment-${held.request.segment.n}` }],
    audit: actor('workflow', 'NEEDS_PERSON', { step, error }),
  };
};

/** What was approved is no longer there as it was: all of it is gathered anew, and decided on anew. */
const gatherAnew = (held: Case, now: Date): Change => {
  const rights = held.rights.map((record) => (isUndecided(record) ? withoutDecision(record) : record));
  return {
    ...newRound({ ...held, rights }, () => true, 'gather', now),
    audit: actor('dpo', 'TRIED_AGAIN', { step: 'gather' }),
    goOn: true,
  };
};

/** The DPO has the failed step tried again: a new execution takes over from the record. */
export const tryAgain = (held: Case, now: Date): Change => {
  const stuck = held.request.needsPerson;
  if (!stuck || isOver(held.request.status)) return refuse(held.request, 'waiting for a person');
  const { needsPerson: _, ...request } = held.request;
  if (stuck.error === 'ManifestMismatch') return gatherAnew({ ...held, request }, now);
  return {
    request: { ...request, segment: sameSegment(request, stuck.step, now) },
    audit: actor('dpo', 'TRIED_AGAIN', { step: stuck.step }),
    goOn: true,
  };
};

/** The last segment's step; but an owner may have answered, which starts `review`, while systems were still to be asked. */
const stepOf = (held: Case): Step => {
  const open = inForce(held).filter(isOpen).length;
  const unasked = waitingFor(held).length > open;
  return held.request.status === 'GATHERING' && unasked ? 'gather' : held.request.segment.step;
};

/** A new execution for the step that the record stands at: after a lost signal, or a mended definition (F10-F12). */
export const takeOver = (held: Case, now: Date): Change => {
  if (isOver(held.request.status)) refuse(held.request, 'open');
  const step = stepOf(held);
  return {
    request: { ...held.request, segment: sameSegment(held.request, step, now) },
    audit: actor('watchdog', 'TAKEN_OVER', { step }),
    goOn: true,
  };
};

const openTasks = (held: Case): string[] => {
  const open = inForce(held).filter(isOpen);
  return [...new Set(open.map(({ system }) => system))];
};

/** Who works on it hears that they need not: the DPO, once they were asked to start it, and owners who have not answered. */
const stopWork = (held: Case): MailDraft[] => [
  ...(held.request.startAskedAt ? [{ template: 'case-withdrawn', to: 'dpo', cause: 'withdrawn' } as const] : []),
  ...openTasks(held).map(
    (system) => ({ template: 'task-ended', to: `owner:${system}`, cause: 'withdrawn', about: system }) as const,
  ),
];

/** The person takes the request back: what was decided and not sent yet never comes to be. */
export const withdraw = (held: Case, now: Date): Change => {
  if (isOver(held.request.status) || held.request.status === 'DELIVERED') refuse(held.request, 'open');
  const rights = held.rights.map((record) => (isUntold(record, held.rights) ? withoutDecision(record) : record));
  return {
    ...moved({ ...held, rights }, 'WITHDRAWN', now),
    mails: [{ template: 'withdrawn', to: 'subject', cause: 'withdrawn' }, ...stopWork(held)],
    audit: actor('subject', 'WITHDRAWN'),
  };
};

/**
 * Closes a request whose time is over: delivered and expired, or never proven. The person is told once, unless they fetched the answer or
 * nothing was there to fetch.
 */
export const close = (held: Case, now: Date): Change => {
  mustBe(held.request, 'DELIVERED', 'AWAITING_PROOF');
  const { status, silent } = held.request;
  const unproven = status === 'AWAITING_PROOF';
  const next = unproven ? 'UNVERIFIED_CLOSED' : 'CLOSED';
  const told = unproven ? !silent : awaitsFetching(lastPackage(held.request), held.request);
  return {
    ...moved(held, next, now),
    mails: told ? [{ template: unproven ? 'expired' : 'closed', to: 'subject', cause: 'closed' }] : [],
    audit: actor('housekeeping', next),
  };
};
