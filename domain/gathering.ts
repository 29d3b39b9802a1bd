import { actor, type Change, moved, mustBe, nextSegment, type Owner, ownerOf, refuse } from './change.ts';
import { type Confirmed, lacksAuthority } from './representation.ts';
import type { Case, Request, SourceRecord, Step } from './request.ts';

/** Asks the DPO whether the request is proper, or starts by itself where the policy says so; never for another person. */
export const askToStart = (held: Case, policy: 'ask' | 'automatic', now: Date): Change | undefined => {
  if (held.request.status !== 'VERIFIED' || held.request.startAskedAt) return undefined;
  if (policy === 'automatic' && !lacksAuthority(held.request)) return start(held, 'workflow', now);
  return {
    ...moved(held, 'VERIFIED', now, { startAskedAt: now.toISOString() }),
    mails: [{ template: 'start', to: 'dpo', cause: 'proven' }],
    audit: actor('workflow', 'START_ASKED'),
  };
};

/** Confirms that the request is proper: from here on sources may be read. Refuses one for another person without authority. */
export const start = (held: Case, by: 'dpo' | 'workflow', now: Date): Change => {
  mustBe(held.request, 'VERIFIED');
  if (lacksAuthority(held.request)) refuse(held.request, 'shown to be allowed by the person it is about');
  const segment = nextSegment(held.request, 'gather', now);
  return {
    ...moved(held, 'GATHERING', now, { startedAt: now.toISOString(), round: held.request.round + 1, segment }),
    audit: actor(by, 'STARTED'),
    goOn: true,
  };
};

/** Starts a request for another person, once the DPO has seen that the sender may act for them. */
export const startFor = (held: Case, confirmed: Confirmed, now: Date): Change => {
  if (!held.request.person.onBehalfOf) refuse(held.request, 'about another person');
  const request = { ...held.request, authority: { ...confirmed, at: now.toISOString() } };
  const { by, answerTo } = confirmed;
  return { ...start({ ...held, request }, 'dpo', now), audit: actor('dpo', 'STARTED', { by, answerTo }) };
};

/**
 * Notes which systems will be asked, by which data map, and which of them stay closed: all in one transaction, so that a second proof comes
 * either before it, and nothing is closed, or after it, and finds what it opens. `closed`: what is still to be noted as such.
 */
export const planned = (
  held: Case,
  plan: { systems: NonNullable<Request['planned']>; dataMap: string },
  closed: (held: Case) => readonly SourceRecord[],
  now: Date,
): Change | undefined => {
  mustBe(held.request, 'GATHERING');
  const { request } = held;
  const first = request.planned
    ? { request }
    : moved(held, 'GATHERING', now, { planned: plan.systems, dataMap: plan.dataMap });
  const sources = closed({ ...held, ...first });
  if (request.planned && sources.length === 0) return undefined;
  const facts = { systems: plan.systems.length, closed: sources.length, dataMap: plan.dataMap };
  return { ...first, sources, audit: actor('workflow', 'PLANNED', facts) };
};

/** What counts of what systems answered: the latest answer of each wave, and none from before its system was asked again. */
export const inForce = ({ request, sources }: Case): SourceRecord[] => {
  const latest = new Map<string, SourceRecord>();
  for (const source of sources) {
    const name = turnOf(source);
    const since = request.planned?.find((each) => turnOf(each) === name)?.since ?? 1;
    if (source.round >= since && source.round >= (latest.get(name)?.round ?? 0)) latest.set(name, source);
  }
  return [...latest.values()];
};

/** A system and the wave in which it is asked. */
export const turnOf = ({ system, wave }: Pick<SourceRecord, 'system' | 'wave'>): string => `${system} ${wave}`;

/** Opens the next round: what was shown to the DPO can't be decided on any more. */
export const newRound = (held: Case, again: (turn: string) => boolean, step: Step, now: Date) => {
  const { manifest: _, ...request } = held.request;
  const round = request.round + 1;
  const planned = (request.planned ?? []).map((each) => (again(turnOf(each)) ? { ...each, since: round } : each));
  const segment = nextSegment(held.request, step, now);
  return moved({ ...held, request }, 'GATHERING', now, { round, planned, segment });
};

const sourceOf = (held: Case, system: string) => inForce(held).filter((source) => source.system === system);

/** Asks a data owner to look; the system stays MANUAL until they answer. */
export const askOwner = (held: Case, system: string, wave: number, now: Date): Change | undefined => {
  mustBe(held.request, 'GATHERING');
  if (sourceOf(held, system).length > 0) return undefined;
  const asked: SourceRecord = {
    system,
    wave,
    round: held.request.round,
    state: 'MANUAL',
    at: now.toISOString(),
    reason: 'OwnerAsked',
    rows: 0,
    documents: 0,
    possibleMatches: 0,
    collections: [],
  };
  return {
    ...moved(held, 'GATHERING', now),
    sources: [asked],
    mails: [{ template: 'owner-task', to: `owner:${system}`, cause: `round-${held.request.round}`, about: system }],
    audit: actor('workflow', 'OWNER_ASKED', { system }),
  };
};

/** What an owner answers: found (with what they gave), nothing, or that somebody else should be asked. */
export type OwnerAnswer =
  | {
      readonly answer: 'found';
      readonly text?: string;
      readonly uploads: string;
      readonly documents: number;
    }
  | { readonly answer: 'nothing' }
  /** `named`: whom to ask instead, for the DPO. */
  | { readonly answer: 'not-me'; readonly named: string };

const answered = (open: SourceRecord, given: OwnerAnswer, now: Date): SourceRecord => {
  const at = now.toISOString();
  if (given.answer === 'not-me') {
    return { ...open, answer: 'not-me', named: given.named, reason: 'OwnerUnknown', state: 'FAILED', at };
  }
  const { reason: _, ...rest } = open;
  if (given.answer === 'nothing') return { ...rest, state: 'EMPTY', at, answeredAt: at, answer: 'nothing' };
  const { text, uploads, documents } = given;
  const kept = { uploads, ...(text ? { text } : {}) };
  return { ...rest, state: 'OK', at, answeredAt: at, answer: 'found', rows: text ? 1 : 0, documents, given: kept };
};

/** Whether an owner can still answer: one who comes after the round was closed without them opens the next. */
export const awaitsOwner = (held: Case, system: string): boolean =>
  ['GATHERING', 'REVIEW'].includes(held.request.status) && sourceOf(held, system).some(isOpen);

/** While gathering the last one open sends the request on to review. */
const whileGathering = (held: Case, system: string, now: Date) => {
  const goOn = !inForce(held).some((other) => isOpen(other) && other.system !== system);
  const segment = goOn ? { segment: nextSegment(held.request, 'review', now) } : {};
  return { ...moved(held, 'GATHERING', now, segment), goOn };
};

/**
 * Takes the answer of the owner or a deputy; the first answer wins. Where the DPO went on without it, what was shown to them can't be decided
 * on any more: a new round holds it.
 */
export const ownerAnswered = (held: Case, by: Owner, given: OwnerAnswer, now: Date): Change => {
  mustBe(held.request, 'GATHERING', 'REVIEW');
  const { system } = ownerOf(by);
  const open = sourceOf(held, system).find(isOpen);
  if (!open) return refuse(held.request, 'waiting for this owner');
  const reviewed = held.request.status === 'REVIEW';
  const change = reviewed
    ? { ...newRound(held, () => false, 'review', now), goOn: true }
    : whileGathering(held, system, now);
  const source = answered({ ...open, round: change.request.round }, given, now);
  return {
    ...change,
    sources: [source],
    audit: actor(by, 'OWNER_ANSWERED', { system, answer: given.answer, rows: source.rows }),
  };
};

/** An owner takes files away again that they had added. */
export const filesRemoved = (held: Case, by: Owner, files: number): Change => {
  const { system } = ownerOf(by);
  if (!awaitsOwner(held, system)) refuse(held.request, 'waiting for this owner');
  return { request: held.request, audit: actor(by, 'FILES_REMOVED', { system, files }) };
};

/** Owners who keep the request waiting; none while a system is still to be asked. */
export const owedBy = (held: Case): string[] => {
  const open = inForce(held).filter(isOpen);
  return held.request.status === 'GATHERING' && waitingFor(held).length === open.length
    ? open.map(({ system }) => system)
    : [];
};

/** Systems that failed while owners are still to answer: the DPO hears of it once a round, not when the owners have answered. */
export const tellLacking = (held: Case): Change | undefined => {
  const { request } = held;
  const lacking = inForce(held).filter(({ state, answer }) => state === 'FAILED' && !answer);
  if (lacking.length === 0 || owedBy(held).length === 0 || request.lackingTold === request.round) return undefined;
  return {
    request: { ...request, lackingTold: request.round },
    mails: [{ template: 'lacking', to: 'dpo', cause: `round-${request.round}` }],
    audit: actor('workflow', 'LACKING_TOLD', { systems: lacking.map(({ system }) => system).join(' ') }),
  };
};

/** The DPO closes the round without the owners who have not answered: they may still answer, and that opens a new one. */
export const goOnWithout = (held: Case, by: string, now: Date): Change => {
  const owing = owedBy(held);
  if (owing.length === 0) refuse(held.request, 'waiting for owners alone');
  const { round } = held.request;
  const segment = nextSegment(held.request, 'review', now);
  return {
    ...moved(held, 'GATHERING', now, { unawaited: round, segment }),
    audit: actor('dpo', 'WENT_ON_WITHOUT', { systems: owing.join(' '), by }),
    goOn: true,
  };
};

/** Waits for its owner. */
export const isOpen = (source: SourceRecord): boolean => source.state === 'MANUAL' && !source.answeredAt;

/** Whether the round can be closed: everybody answered, or the DPO goes on without the owners who did not. */
export const keptWaitingBy = (held: Case): string[] =>
  held.request.unawaited === held.request.round ? [] : waitingFor(held);

/** Systems of the plan that have not answered yet in this round. */
export const waitingFor = (held: Case): string[] => {
  const answered = inForce(held).filter((source) => !isOpen(source));
  const final = new Set(answered.map(turnOf));
  return (held.request.planned ?? []).filter((each) => !final.has(turnOf(each))).map(({ system }) => system);
};
