import { actor, type Change, mustBe, refuse } from './change.ts';
import { inForce, newRound, owedBy, turnOf } from './gathering.ts';
import type { Mark } from './marks.ts';
import type { Case, Request, SourceRecord } from './request.ts';

/** The systems, and every one that was planned to be asked for values that came from them. */
export const withFollowers = (systems: readonly string[], { planned = [] }: Pick<Request, 'planned'>): string[] => {
  const all = new Set(systems);
  // Values only flow to later waves; a record of an earlier version does not say which.
  const earlier = (wave: number) => planned.filter((turn) => turn.wave < wave).map(({ system }) => system);
  for (const { system, wave, from = earlier(wave) } of planned)
    if (from.some((giver) => all.has(giver))) all.add(system);
  return [...all];
};

/** Whether systems can be asked again: all have answered, but for owners who may take weeks. */
export const mayAskAgain = (held: Case): boolean => held.request.status === 'REVIEW' || owedBy(held).length > 0;

/** Asks systems again; what the others answered stays, and so do owners' open tasks. The DPO gets a new round to decide on. */
export const askAgain = (held: Case, systems: readonly string[], now: Date): Change => {
  if (!mayAskAgain(held)) refuse(held.request, 'REVIEW, or waiting for owners alone');
  const known = (held.request.planned ?? []).filter(({ system }) => systems.includes(system));
  if (known.length === 0) refuse(held.request, 'planned to ask this system');
  const turns = new Set(known.map(turnOf));
  return {
    ...newRound(held, (turn) => turns.has(turn), 'gather', now),
    audit: actor('dpo', 'ASKED_AGAIN', { systems: systems.join(' ') }),
    goOn: true,
  };
};

const replaces = (before: SourceRecord | undefined, late: SourceRecord, { round }: Request): boolean =>
  before?.state === 'FAILED' && before.attempt !== late.attempt && late.round === round;

/**
 * An answer that came when its system was already noted as failed. While gathering it counts in its place; when the DPO has been shown the
 * round it opens a new one, so that nobody decides on less than there is (security.md 3.5). Any other late answer changes nothing.
 */
export const lateAnswer = (held: Case, late: SourceRecord, now: Date): Change | undefined => {
  const { request } = held;
  const before = inForce(held).find((source) => turnOf(source) === turnOf(late));
  if (!replaces(before, late, request)) return undefined;
  const audit = actor('workflow', 'ANSWERED_LATE', { system: late.system, rows: late.rows });
  if (request.status === 'GATHERING') return { request, sources: [late], audit };
  if (request.status !== 'REVIEW') return undefined;
  const change = newRound(held, () => false, 'review', now);
  return { ...change, sources: [{ ...late, round: change.request.round }], audit, goOn: true };
};

/** The DPO chose something about what is held back: the manifest shown can't be decided on any more. */
export const marked = (held: Case, { system, collection, row, field, document, choice, ground }: Mark): Change => {
  mustBe(held.request, 'REVIEW');
  const { manifest } = held.request;
  const about = {
    ...(row === undefined ? {} : { row }),
    ...(field ? { field } : {}),
    ...(document ? { document } : {}),
  };
  const facts = { system, collection, ...about, choice, ...(ground ? { ground } : {}) };
  return {
    request: { ...held.request, ...(manifest ? { manifest: { ...manifest, stale: true } } : {}) },
    audit: actor('dpo', 'MARKED', facts),
  };
};

/** Has the answer made anew, with what is held back left out; the DPO decides on that in a new round. */
export const makeAnew = (held: Case, now: Date): Change => {
  mustBe(held.request, 'REVIEW');
  const { request, ...change } = newRound(held, () => false, 'review', now);
  return { ...change, request: { ...request, madeAnew: request.round }, audit: actor('dpo', 'MADE_ANEW'), goOn: true };
};
