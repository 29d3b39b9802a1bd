import { actor, type Change, moved, refuse } from './change.ts';
import { type AnswerZip, packagesOf } from './package.ts';
import { answerCameBack, type Case, isAnswer, isOver } from './request.ts';

/** How an answer reaches somebody whom mail does not reach. */
export const handOutWays = ['post', 'in-person'] as const;
export type HandOutWay = (typeof handOutWays)[number];

/** Whether there is an answer that can be printed and handed out: one that was sent, or that came back. */
export const canHandOut = ({ request }: Pick<Case, 'request'>): boolean =>
  packagesOf(request).length > 0 &&
  !isOver(request.status) &&
  (request.status !== 'APPROVED' || answerCameBack(request));

/** Somebody who decides fetches a file of the answer, to hand it out: that stands on record before they have it. */
export const fetchToHandOut = (held: Case, { n }: AnswerZip, by: string): Change => {
  if (!canHandOut(held)) refuse(held.request, 'ready to be handed out');
  return { request: held.request, audit: actor('dpo', 'FETCHED_TO_HAND_OUT', { file: n + 1, by }) };
};

/**
 * Notes that the answer was handed out on paper or a stick, by whom and how: an answer whose mail came back is delivered by it, and nobody is
 * reminded to fetch it.
 */
export const handOut = (held: Case, way: HandOutWay, by: string, now: Date): Change => {
  if (!canHandOut(held)) refuse(held.request, 'ready to be handed out');
  const { undelivered = [], ...rest } = held.request;
  const open = undelivered.filter((each) => !isAnswer(each));
  const handedOut = { at: now.toISOString(), way, by };
  const request = { ...rest, ...(open.length > 0 ? { undelivered: open } : {}), handedOut };
  const delivered = request.status === 'APPROVED' ? { deliveredAt: handedOut.at } : undefined;
  return {
    ...(delivered ? moved({ ...held, request }, 'DELIVERED', now, delivered) : { request }),
    audit: actor('dpo', 'HANDED_OUT', { way, by }),
  };
};
