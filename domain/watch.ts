import { actor, type Change, lookAgain } from './change.ts';
import { isOpen } from './gathering.ts';
import { takeOver } from './recovery.ts';
import { type Case, isOver } from './request.ts';

const hour = 3_600_000;

/** Whether the workflow, and no person, has the next move. */
const machineMoves = ({ request, sources }: Case): boolean => {
  if (request.needsPerson) return false;
  if (request.status === 'RECEIVED' || request.status === 'APPROVED') return true;
  if (request.status === 'VERIFIED') return !request.startAskedAt;
  const asked = sources.some((source) => source.round === request.round && isOpen(source));
  return request.status === 'GATHERING' && !asked;
};

/**
 * What the watchdog does about an open request that is due: a step that nobody moved for an hour is started again from the record;
 * anything else is looked at again tomorrow. It never cancels, closes or decides (security.md 1.8).
 */
export const watch = (held: Case, now: Date): Change | undefined => {
  const { request } = held;
  if (isOver(request.status) || !request.nextActionAt || request.nextActionAt > now.toISOString()) return undefined;
  const quietFor = now.getTime() - Date.parse(request.segment.at);
  if (machineMoves(held) && quietFor > hour)
    return takeOver({ ...held, request: { ...request, nextActionAt: lookAgain(now) } }, now);
  return { request: { ...request, nextActionAt: lookAgain(now) }, audit: actor('watchdog', 'LOOKED_AT') };
};
