import { addDays, startOfDay } from './calendar.ts';
import type { Config } from './config.ts';
import { isOpen } from './gathering.ts';
import { ownerChores } from './owner-time.ts';
import { awaitsFetching, lastEnd, lastPackage, packagesOf } from './package.ts';
import { type Case, isOver, type Request, type SourceRecord } from './request.ts';

/** What housekeeping does about a request, each once and at its date. */
export type ChoreName =
  | 'remind-3'
  | 'remind-7'
  | 'tell-dpo'
  | 'owner-50'
  | 'owner-80'
  | 'remind-expiry'
  | 'close'
  | 'purge-package'
  | 'purge-evidence'
  | 'purge'
  | 'ledger';

export interface Chore {
  readonly name: ChoreName;
  /** ISO instant. */
  readonly at: string;
  /** For an owner: which system, asked in which round. For a part of the answer: the round in which it was sent. */
  readonly about?: { readonly system?: string; readonly round: number };
  /** ISO instant from which it is too late for it: it is noted, and nobody hears of it. */
  readonly until?: string;
}

/** The name under which a chore is noted as done. */
export const choreKey = ({ name, about }: Chore): string =>
  about ? `${name}@${[about.system ?? [], about.round].flat().join(' ')}` : name;

export type ChoreRules = Pick<Config, 'retention' | 'country' | 'timeZone'>;

const day = 86_400_000;
const plus = (instant: string, days: number): string => new Date(Date.parse(instant) + days * day).toISOString();

/** Days between telling the DPO that nobody proved a request and closing it, if the telling came late. */
const daysForDpo = 5;

/** An answer without a file has no link that ends; it is closed when a file's link would be. */
const linkDays = 14;

/**
 * When the person was asked to prove the address. Whoever got no mail is reminded a day before those who did, so that their reminders
 * don't take the places of the day.
 */
export const askedAt = ({ receivedAt, askFrom, silent }: Pick<Request, 'receivedAt' | 'askFrom' | 'silent'>): string =>
  silent ? plus(receivedAt, -1) : (askFrom ?? receivedAt);

/**
 * An unproven request is reminded on day 3 and day 7 (F30) and told to the DPO at the internal target. It is closed only after the last
 * day that it had without any suspension: until then the person may still prove, and the DPO may find another way (Art. 12(2), 12(6));
 * afterwards nobody can be answered in time any more, and keeping what was typed by an unknown has no purpose (Art. 5(1)(e)). What Art.
 * 12(4) asks to be told within the month stands in the reminder of day 7.
 */
const unproven = ({ request, rights }: Case, { timeZone }: ChoreRules): Chore[] => {
  const dates = rights.map(({ deadline }) => deadline);
  const target = dates.map(({ internalTarget }) => internalTarget).sort()[0];
  const last = dates
    .map(({ dueWithoutSuspension }) => dueWithoutSuspension)
    .sort()
    .at(-1);
  if (!target || !last) return [];
  const told = request.chores?.['tell-dpo'];
  const over = startOfDay(addDays(last, 1), timeZone);
  return [
    { name: 'remind-3', at: plus(askedAt(request), 3) },
    { name: 'remind-7', at: plus(askedAt(request), 7) },
    { name: 'tell-dpo', at: startOfDay(target, timeZone) },
    // Without the telling there is no closing.
    ...(told ? [{ name: 'close' as const, at: [over, plus(told, daysForDpo)].sort()[1] as string }] : []),
  ];
};

/** What went out last is not forgotten: the whole answer, or a part of it, whose reminder has the part's round. */
const remindFetch = ({ request }: Case): Chore[] => {
  const last = lastPackage(request);
  if (!awaitsFetching(last, request)) return [];
  const { round } = request.package ? {} : (request.sent?.findLast((each) => each.package) ?? {});
  const about = round === undefined ? {} : { about: { round } };
  return [{ name: 'remind-expiry', at: plus(last.expiresAt, -3), ...about, until: last.expiresAt }];
};

const delivered = (held: Case): Chore[] => {
  const { deliveredAt = held.request.segment.at } = held.request;
  return [...remindFetch(held), { name: 'close', at: lastEnd(held.request) ?? plus(deliveredAt, linkDays) }];
};

/** While the rest is awaited: the part that is out is not forgotten, nor are the owners who owe the rest. */
const partly = (held: Case, rules: ChoreRules): Chore[] =>
  [...remindFetch(held), ...ownerChores(held, rules)].sort((a, b) => a.at.localeCompare(b.at, 'en'));

/** What was gathered for nobody goes after a day, when no step that was under way can still write (F28). */
const over = ({ request }: Case, { retention }: ChoreRules): Chore[] => {
  const { endedAt = request.segment.at, deliveredAt, status } = request;
  if (request.purgedAt) return [{ name: 'ledger', at: request.purgedAt }];
  if (request.hold) return [];
  const kept = status === 'WITHDRAWN' || status === 'UNVERIFIED_CLOSED' ? 1 : retention.evidenceDays;
  const evidence = [plus(deliveredAt ?? endedAt, kept), plus(endedAt, 1)].sort()[1] as string;
  const person = plus(endedAt, retention.personDays);
  return [
    ...(packagesOf(request).length > 0 ? [{ name: 'purge-package' as const, at: endedAt }] : []),
    ...(evidence < person ? [{ name: 'purge-evidence' as const, at: evidence }] : []),
    { name: 'purge', at: person },
  ];
};

const choresOf = (held: Case, rules: ChoreRules): Chore[] => {
  const { status } = held.request;
  if (isOver(status)) return over(held, rules);
  if (status === 'DELIVERED') return delivered(held);
  if (status === 'GATHERING' || status === 'REVIEW') return partly(held, rules);
  return status === 'AWAITING_PROOF' ? unproven(held, rules) : [];
};

/** The next thing to do about a request, or undefined until something happens to it. */
export const nextChore = (held: Case, rules: ChoreRules): Chore | undefined =>
  choresOf(held, rules).find((chore) => !held.request.chores?.[choreKey(chore)]);

/** When housekeeping has to look at a request that was just written; undefined when the write changes nothing about that. */
export const choreAfter = (
  before: Request | undefined,
  next: Request,
  sources: readonly SourceRecord[],
  at: string,
): string | undefined => {
  if (sources.some(isOpen)) return at;
  if (before?.hold && !next.hold) return at;
  if (before?.sent?.length !== next.sent?.length) return at;
  if (before?.status === next.status) return undefined;
  if (next.status === 'AWAITING_PROOF') return plus(next.receivedAt, 3);
  return next.status === 'DELIVERED' || isOver(next.status) ? at : undefined;
};
