import { actor, type Change, lookAgain, moved, mustBe, nextSegment, refuse } from './change.ts';
import { type Case, isOver, type Step } from './request.ts';

/** A step failed for good: says so where the DPO sees it, and stops. */
export const needsPerson = (held: Case, step: Step, error: string, now: Date): Change => ({
  request: { ...held.request, needsPerson: { at: now.toISOString(), step, error }, nextActionAt: lookAgain(now) },
  mails: [{ template: 'needs-person', to: 'dpo', cause: `segment-${held.request.segment.n}` }],
  audit: actor('workflow', 'NEEDS_PERSON', { step, error }),
});

/** The DPO has the failed step tried again: a new execution takes over from the record. */
export const tryAgain = (held: Case, now: Date): Change => {
  const stuck = held.request.needsPerson;
  if (!stuck) return refuse(held.request, 'waiting for a person');
  const { needsPerson: _, ...request } = held.request;
  return {
    request: { ...request, segment: nextSegment(request, stuck.step, now) },
    audit: actor('dpo', 'TRIED_AGAIN', { step: stuck.step }),
    goOn: true,
  };
};

/** A new execution for the step that the record stands at: after a lost signal, or a mended definition (F10-F12). */
export const takeOver = (held: Case, now: Date): Change => {
  if (isOver(held.request.status)) refuse(held.request, 'open');
  return {
    request: { ...held.request, segment: nextSegment(held.request, held.request.segment.step, now) },
    audit: actor('watchdog', 'TAKEN_OVER', { step: held.request.segment.step }),
    goOn: true,
  };
};

/** The person takes the request back. */
export const withdraw = (held: Case, now: Date): Change => {
  if (isOver(held.request.status) || held.request.status === 'DELIVERED') refuse(held.request, 'open');
  return { ...moved(held, 'WITHDRAWN', now), audit: actor('subject', 'WITHDRAWN') };
};

/** Closes a request whose time is over: delivered and expired, or never proven. */
export const close = (held: Case, now: Date): Change => {
  mustBe(held.request, 'DELIVERED', 'AWAITING_PROOF');
  const status = held.request.status === 'DELIVERED' ? 'CLOSED' : 'UNVERIFIED_CLOSED';
  return { ...moved(held, status, now), audit: actor('watchdog', status) };
};
