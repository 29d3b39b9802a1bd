import { actor, type Change, moved, mustBe, nextSegment, refuse, statusOf } from './change.ts';
import type { DataMap } from './data-map.ts';
import { inForce } from './gathering.ts';
import { provided } from './provided.ts';
import {
  answeredWithData,
  type Case,
  type Decision,
  isAnswered,
  type Request,
  type Right,
  type RightRecord,
  type Status,
} from './request.ts';
import { incompleteSources, isPartlySent, ofThisAnswer } from './supplement.ts';
import { nextLook } from './urgency.ts';

/** Hands the finished round to the DPO: the manifest is what they decide on. */
export const review = (
  held: Case,
  manifest: Omit<NonNullable<Request['manifest']>, 'round'>,
  now: Date,
): Change | undefined => {
  if (held.request.status !== 'GATHERING') return undefined;
  const { hash, rows, documents } = manifest;
  return {
    ...moved(held, 'REVIEW', now, { manifest: { ...manifest, round: held.request.round } }),
    mails: [{ template: 'decide', to: 'dpo', cause: `round-${held.request.round}` }],
    audit: actor('workflow', 'MANIFEST_SHOWN', { round: held.request.round, hash, rows, documents }),
  };
};

/** The DPO's choice for each right that is still open. */
export type Choice = Pick<Decision, 'outcome' | 'ground' | 'reason'>;

/** Whether it waits for a decision. */
export const isUndecided = ({ status }: RightRecord): boolean => !isAnswered(status);

const undecided = ({ rights }: Case): Right[] => rights.filter(isUndecided).map(({ right }) => right);

/**
 * Decided, however it was: what is refused is `REFUSED` only once the person was told (domain/delivery.ts). What is missing is missing in the
 * data that go out: any other right is answered whole.
 */
const decided = (
  record: RightRecord,
  choice: Choice | undefined,
  { incomplete, ...decision }: Omit<Decision, keyof Choice>,
) => {
  if (!isUndecided(record) || !choice) return record;
  const lacks = choice.outcome === 'approve' && incomplete && answeredWithData(record.right) ? { incomplete } : {};
  return { ...record, status: 'APPROVED' as const, decision: { ...choice, ...decision, ...lacks } };
};

/**
 * Systems of which free text goes out with the answer to these rights: somebody has to look at it first, for it may tell of other people
 * (T13, Art. 15(4)).
 */
export const withFreeText = (held: Case, map: DataMap, rights: readonly Right[] = undecided(held)): string[] => {
  if (!rights.some(answeredWithData)) return [];
  const isFree = (system: string, name: string): boolean => {
    const whole = map.systems[system]?.collections[name];
    const collection = rights.includes('access') ? whole : whole && provided(whole);
    if (!collection) return rights.includes('access');
    return Object.values(collection.fields).some(({ freeText }) => freeText);
  };
  const found = inForce(ofThisAnswer(held)).flatMap(({ system, collections }) =>
    collections.filter(({ name, rows, documents }) => rows + documents > 0 && isFree(system, name)).map(() => system),
  );
  return [...new Set(found)].sort();
};

/** Systems that answered with something else after it was chosen what is held back of them. */
export const lostSystems = ({ request }: Pick<Case, 'request'>): string[] => [
  ...new Set(request.manifest?.lost?.map(({ system }) => system)),
];

/**
 * Decides, on exactly the manifest shown. Refuses another manifest (changed since it was seen), a right left out, a refusal without a
 * reason, and delivery while a system is missing without a reason for it.
 */
export const decide = (
  held: Case,
  choices: Readonly<Partial<Record<Right, Choice>>>,
  shown: { manifest: string } & Pick<Decision, 'incomplete' | 'by' | 'second'>,
  now: Date,
): Change => {
  mustBe(held.request, 'REVIEW');
  if (held.request.manifest?.stale || shown.manifest !== held.request.manifest?.hash)
    refuse(held.request, 'showing this manifest');
  const approving = Object.values(choices).some((choice) => choice?.outcome === 'approve');
  if (approving && incompleteSources(held).length > 0 && !shown.incomplete) refuse(held.request, 'complete');
  const open = held.rights.filter(isUndecided);
  if (open.some(({ right }) => !choices[right])) refuse(held.request, 'decided for every right');
  const refusing = Object.values(choices).find((choice) => choice?.outcome === 'refuse');
  // What they have they keep: no more is ended by `endWithout`.
  if (refusing && isPartlySent(held)) refuse(held.request, 'unanswered');
  if (Object.values(choices).some((choice) => choice?.outcome === 'refuse' && !choice.reason)) {
    refuse(held.request, 'refused with a reason');
  }
  const next = held.rights.map((record) => decided(record, choices[record.right], { at: now.toISOString(), ...shown }));
  return concluded(held, next, 'REVIEW', now);
};

const allRefused = ({ rights }: Case, why: Omit<Choice, 'outcome'>, by: string, now: Date): RightRecord[] =>
  rights.map((record) => decided(record, { outcome: 'refuse', ...why }, { at: now.toISOString(), by }));

/** Refuses the whole request before anything is gathered: not proper (Art. 12(4)), with the reason the person will read. */
export const refuseRequest = (held: Case, why: Omit<Choice, 'outcome'>, by: string, now: Date): Change => {
  mustBe(held.request, 'VERIFIED');
  return concluded(held, allRefused(held, why, by, now), 'VERIFIED', now);
};

/** Ends the case without what is still missing, with the reason that the person reads; what was sent stays theirs. */
export const endWithout = (held: Case, reason: string, by: string, now: Date): Change => {
  mustBe(held.request, 'REVIEW');
  if (!isPartlySent(held)) refuse(held.request, 'answered in part');
  const next = allRefused(held, { reason }, by, now);
  const systems = [...new Set(incompleteSources(held))].join(' ');
  return { ...concluded(held, next, 'REVIEW', now), audit: actor('dpo', 'ENDED_WITHOUT', { systems, by }) };
};

/** Minutes after a decision in which it can be taken back: nothing is sent before. */
export const undoMinutes = 15;

const untilUndone = (now: Date): string => new Date(now.getTime() + undoMinutes * 60_000).toISOString();

/** Until when a decision can be taken back: an ISO instant, undefined when it cannot. */
export const undoableUntil = ({ status, segment, package: built }: Request, now: Date): string | undefined =>
  status === 'APPROVED' && !built && segment.from && segment.from > now.toISOString() ? segment.from : undefined;

/** Whether a right's decision is one that is not out yet: until its answer is sent, it may be taken back, and nobody is told of it. */
export const isUntold = ({ decision }: RightRecord, all: readonly RightRecord[]): boolean =>
  decision !== undefined && decision.at === all.find(({ status }) => status === 'APPROVED')?.decision?.at;

export const withoutDecision = ({ decision: _, ...open }: RightRecord): RightRecord => open;

/** Takes the last decision back, all of it: the DPO decides anew on the same manifest, or whether to start. Refused once the answer is on its way. */
export const takeBack = (held: Case, now: Date): Change => {
  if (!undoableUntil(held.request, now)) refuse(held.request, 'still to be sent');
  const before: Status = held.request.startedAt ? 'REVIEW' : 'VERIFIED';
  const rights = held.rights.map((record) =>
    isUntold(record, held.rights) ? { ...withoutDecision(record), status: before } : record,
  );
  return { ...moved({ ...held, rights }, before, now), audit: actor('dpo', 'TAKEN_BACK') };
};

/** Nothing goes out yet, whether it is granted or refused: the segment that sends the answer waits until it can no longer be taken back. */
const concluded = (held: Case, next: RightRecord[], at: Status, now: Date): Change => {
  const rightsWith = (outcome: Choice['outcome']): string =>
    next
      .filter(({ status, decision }) => status === 'APPROVED' && decision?.outcome === outcome)
      .map(({ right }) => right)
      .join(' ');
  const request: Request = {
    ...held.request,
    status: statusOf(next),
    segment: { ...nextSegment(held.request, 'deliver', now), from: untilUndone(now) },
  };
  return {
    request: { ...request, nextActionAt: nextLook({ request, rights: next }, now) },
    rights: next,
    audit: actor('dpo', 'DECIDED', {
      round: held.request.round,
      at,
      approved: rightsWith('approve'),
      refused: rightsWith('refuse'),
      manifest: held.request.manifest?.hash ?? '',
    }),
    goOn: true,
  };
};
