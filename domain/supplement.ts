import { actor, type Change, moved } from './change.ts';
import { inForce, isOpen } from './gathering.ts';
import { tellOfAnswer } from './representation.ts';
import { type Case, isOver, type Request, type RightRecord, type Sent, type SourceRecord } from './request.ts';

/** The answer that went out last without everything; undefined while nothing did. */
export const lastSent = ({ sent }: Pick<Request, 'sent'>): Sent | undefined => sent?.at(-1);

/** Whether a part of the answer is with the person while the rest is still to come. */
export const isPartlySent = ({ request, rights }: Pick<Case, 'request' | 'rights'>): boolean =>
  lastSent(request) !== undefined && rights.some(({ status }) => !isOver(status) && status !== 'DELIVERED');

const isIncomplete = (source: SourceRecord): boolean =>
  source.state === 'FAILED' || source.state === 'PARTIAL' || isOpen(source);

/** Systems whose answer is missing or cut: delivery needs the DPO's reason, and the case stays open (security.md 3.7). */
export const incompleteSources = (held: Case): string[] =>
  inForce(held)
    .filter(isIncomplete)
    .map(({ system }) => system);

/**
 * The case as the answer now to be sent holds it: all of it at first; afterwards what systems answered since an answer went out, and what is
 * still missing.
 */
export const ofThisAnswer = (held: Case): Case => {
  const last = lastSent(held.request);
  if (!last) return held;
  return { ...held, sources: inForce(held).filter((source) => source.round > last.round || isIncomplete(source)) };
};

/** Notes that an answer without everything is out: what is missing stays open with its time limit, and a supplement follows. */
export const sendPartly = (held: Case, reason: string, now: Date): Change => {
  const { package: built, manifest, ...request } = held.request;
  const { hash = '', attempt = '', round = request.round } = manifest ?? {};
  const missing = [...new Set(incompleteSources(held))];
  const sent: Sent = { at: now.toISOString(), round, manifest: hash, attempt, missing, reason };
  const rights = held.rights.map((record): RightRecord => {
    const { decision, ...open } = record;
    if (record.status !== 'APPROVED') return record;
    return decision?.incomplete ? { ...open, status: 'REVIEW' } : { ...record, status: 'DELIVERED' };
  });
  const all = [...(request.sent ?? []), { ...sent, ...(built ? { package: built } : {}) }];
  return {
    ...moved({ ...held, request: { ...request, sent: all }, rights }, 'REVIEW', now),
    mails: tellOfAnswer('partly', `partly-${request.segment.n}`, request),
    audit: actor('workflow', 'PARTLY_DELIVERED', { round, manifest: hash, missing: missing.join(' ') }),
  };
};
