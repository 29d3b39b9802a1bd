import { withFollowers } from './ask-again.ts';
import { actor, type Change, mustBe, refuse } from './change.ts';
import type { Proof } from './config.ts';
import type { DataMap } from './data-map.ts';
import type { Decider } from './deciders.ts';
import { inForce, newRound, turnOf } from './gathering.ts';
import { comparable } from './identity.ts';
import type { Wave } from './plan.ts';
import { dataSubject } from './representation.ts';
import type { Case, Request, SourceRecord } from './request.ts';
import { type Claims, holds } from './staff.ts';

/** Stands in the record of a system that was not opened. */
export const secondProofMissing = 'SecondProofMissing';

/** Whether a system may be read for a request: an elevated one needs more than the mailbox (security.md 3.2). */
export const mayOpen = (
  { secondProof }: Pick<Request, 'secondProof'>,
  tier: 'basic' | 'elevated' | undefined,
): boolean => tier === 'basic' || (tier === 'elevated' && secondProof !== undefined);

/** The systems of a map that only a second proof opens. */
export const elevatedIn = ({ systems }: DataMap): string[] =>
  Object.keys(systems).filter((name) => systems[name]?.tier === 'elevated');

/** Which turns of a plan stay closed: those of elevated systems, and those that only values of closed ones lead to. */
export const closedTurns = (
  request: Pick<Request, 'secondProof'>,
  { systems }: DataMap,
  waves: readonly Wave[],
): Set<string> => {
  const closed = new Set<string>();
  const turns = new Set<string>();
  for (const [wave, items] of waves.entries()) {
    for (const { system, collections } of items) {
      const givers = collections.flatMap(({ inputs }) => inputs.map(({ from }) => from.split('.')[0] ?? ''));
      const others = givers.filter((giver) => giver !== system);
      // Values of its own lead on only where something else led into it.
      const reached = (others.length > 0 ? others : givers).some((giver) => !closed.has(giver)) || givers.length === 0;
      if (reached && mayOpen(request, systems[system]?.tier)) continue;
      closed.add(system);
      turns.add(turnOf({ system, wave }));
    }
  }
  return turns;
};

/** As many as fit into one transaction with what else it writes. */
const mostAtOnce = 80;

/** The records that say what of a plan stays closed, as far as there is none yet: the functions of those systems are not even called. */
export const leftClosed = (held: Case, map: DataMap, waves: readonly Wave[], now: Date): SourceRecord[] => {
  const { round, planned = [] } = held.request;
  const closed = closedTurns(held.request, map, waves);
  const answered = new Set(inForce(held).map(turnOf));
  const nothing = { rows: 0, documents: 0, possibleMatches: 0, collections: [] };
  const left = { state: 'EXCLUDED' as const, reason: secondProofMissing, at: now.toISOString() };
  return planned
    .filter((turn) => closed.has(turnOf(turn)) && !answered.has(turnOf(turn)))
    .slice(0, mostAtOnce)
    .map(({ system, wave }) => ({ system, wave, round, ...left, ...nothing }));
};

/** Systems that were left closed in what counts now. */
export const closedSystems = (held: Case): string[] =>
  inForce(held)
    .filter(({ reason }) => reason === secondProofMissing)
    .map(({ system }) => system);

const underWay = ['VERIFIED', 'GATHERING', 'REVIEW'] as const;

const mustBeUnderWay = ({ request }: Case): void => {
  mustBe(request, ...underWay);
  if (request.secondProof) refuse(request, 'without a second proof');
};

/** Whether a second proof would still open something. */
export const wantsProof = (held: Case, map: DataMap): boolean =>
  underWay.some((status) => status === held.request.status) &&
  !held.request.secondProof &&
  (held.request.planned ? closedSystems(held) : elevatedIn(map)).length > 0;

/** One person writes how the requester proved who they are; it holds only once another of `others` confirms it. Never alone (T06). */
export const proposeProof = (
  held: Case,
  reason: string,
  { key, role }: Decider,
  others: readonly Decider[],
  now: Date,
): Change => {
  mustBeUnderWay(held);
  if (others.length === 0) refuse(held.request, 'seen by two people');
  const at = now.toISOString();
  return {
    request: { ...held.request, proofProposal: { reason, by: key, role, at } },
    mails: others.map((other) => ({ template: 'second', to: `dpo:${other.key}` as const, cause: `proof-${at}` })),
    audit: actor('dpo', 'SECOND_PROOF_PROPOSED', { by: role }),
  };
};

/** Asks the systems that were closed, and those that are asked for their values; before gathering has begun nothing is to be asked yet. */
const opened = (held: Case, now: Date) => {
  const again = new Set(withFollowers(closedSystems(held), held.request));
  if (again.size === 0) return { request: held.request };
  const turns = new Set((held.request.planned ?? []).filter(({ system }) => again.has(system)).map(turnOf));
  return { ...newRound(held, (turn) => turns.has(turn), 'gather', now), goOn: true };
};

/**
 * Another person confirms the proof: from here on the elevated systems may be read. Refuses the one who wrote it. `shown`: when what was
 * shown to them was written.
 */
export const confirmProof = (
  held: Case,
  { by, shown }: { readonly by: Decider; readonly shown: string },
  now: Date,
): Change => {
  mustBeUnderWay(held);
  const { proofProposal: first, ...rest } = held.request;
  if (!first) return refuse(held.request, 'with a proof to confirm');
  if (first.by === by.key) refuse(held.request, 'seen by another person');
  if (first.at !== shown) refuse(held.request, 'still proven as it was shown');
  const { reason, role } = first;
  const secondProof = { at: now.toISOString(), method: 'manual' as const, reason, by: role, second: by.role };
  return {
    ...opened({ ...held, request: { ...rest, secondProof } }, now),
    audit: actor('dpo', 'SECOND_PROOF', { method: 'manual', by: role, second: by.role }),
  };
};

/** Why a sign-in proves nothing about a request, or undefined: the issuer must have verified the very address that the data are looked for by (T77). */
export const signInFault = (
  { email, email_verified, ...claims }: Claims,
  request: Pick<Request, 'person' | 'authority'>,
  required: Proof['claims'] = [],
): 'unverified' | 'no-match' | 'too-weak' | undefined => {
  if (email_verified !== true || typeof email !== 'string') return 'unverified';
  if (comparable(email) !== comparable(dataSubject(request).email ?? '')) return 'no-match';
  return required.every((each) => holds(claims, each)) ? undefined : 'too-weak';
};

/** The person signed in with the issuer: from here on the elevated systems may be read. */
export const proveBySignIn = (
  held: Case,
  by: { readonly issuer: string; readonly subject: string },
  now: Date,
): Change => {
  mustBeUnderWay(held);
  const { proofProposal: _, ...rest } = held.request;
  const secondProof = { at: now.toISOString(), method: 'oidc' as const, ...by };
  return {
    ...opened({ ...held, request: { ...rest, secondProof } }, now),
    audit: actor('subject', 'SIGNED_IN', { method: 'oidc', ...by }),
  };
};
