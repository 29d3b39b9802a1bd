import { daysBetween } from './calendar.ts';
import { actor, type Change, type MailDraft, moved, mustBe, refuse } from './change.ts';
import { type DeadlineFacts, deadlineOf, localDate, type Suspension } from './deadline.ts';
import { type Ask, type Case, type Extension, isOver, type Request, type Right, type RightRecord } from './request.ts';
import { promptDays } from './suspension.ts';
import { extendable, openAsk } from './urgency.ts';

/** Where and by which rules the time limit is counted. */
export type Rules = Pick<DeadlineFacts, 'country' | 'timeZone' | 'policy'>;

const suspensionsOf = ({ asks = [] }: Pick<Request, 'asks'>, timeZone: string): Suspension[] =>
  asks.map(({ at, answeredAt }) => ({
    asked: localDate(at, timeZone),
    ...(answeredAt ? { answered: localDate(answeredAt, timeZone) } : {}),
  }));

/**
 * The time limit of one right from what stands on the record: receipt, what the person was asked, and an extension (Art. 12(3)). `refuseBy`
 * is the last day to refuse, which no extension moves (Art. 12(4)). Throws InvalidDeadlineFacts.
 */
export const limitOf = (
  request: Pick<Request, 'receivedAt' | 'asks'>,
  extended: boolean,
  rules: Rules,
): RightRecord['deadline'] => {
  const facts = { receivedAt: request.receivedAt, suspensions: suspensionsOf(request, rules.timeZone), ...rules };
  const { derivation, alarms, ...dates } = deadlineOf({ ...facts, extended });
  const refuseBy = deadlineOf({ ...facts, refusal: true }).due;
  return { ...dates, refuseBy, derivation: [...derivation], alarms: [...alarms] };
};

const recount = (records: readonly RightRecord[], request: Request, rules: Rules): RightRecord[] =>
  records.map((record) =>
    isOver(record.status) ? record : { ...record, deadline: limitOf(request, record.extension !== undefined, rules) },
  );

/** Whether somebody proven still waits for an answer: only then may its time limit be moved. */
const mustBeUnderWay = ({ request }: Case): void => mustBe(request, 'VERIFIED', 'GATHERING', 'REVIEW');

/** The notice of an extension: without it there is none. One for the rights that were extended together. */
export const noticeOf = ({ at }: Pick<Extension, 'at'>, rights: readonly Right[]): MailDraft => ({
  template: 'extended',
  to: 'subject',
  cause: `extended-${at}`,
  about: rights.join(' '),
});

/**
 * Extends the time limit of rights to three months from receipt and tells the person why (Art. 12(3)). Refuses after the first month, for
 * a right that was extended before, and for a request that is not under way.
 */
export const extend = (
  held: Case,
  { rights, ...why }: Omit<Extension, 'at'> & { readonly rights: readonly Right[] },
  rules: Rules,
  now: Date,
): Change => {
  mustBeUnderWay(held);
  const allowed = extendable(held.rights, localDate(now.toISOString(), rules.timeZone));
  if (rights.length === 0 || rights.some((right) => !allowed.includes(right))) {
    refuse(held.request, 'inside its first month and extended for the first time');
  }
  const extension = { ...why, at: now.toISOString() };
  const next = held.rights.map((record) => (rights.includes(record.right) ? { ...record, extension } : record));
  const change = moved({ ...held, rights: recount(next, held.request, rules) }, held.request.status, now);
  const due = change.rights.find(({ right }) => rights.includes(right))?.deadline.due ?? '';
  return {
    ...change,
    mails: [noticeOf(extension, rights)],
    audit: actor('dpo', 'EXTENDED', { rights: rights.join(' '), ground: why.ground, due }),
  };
};

/** The DPO wants a calendar address: it goes out by mail, so that a forwarded page gives it to nobody. */
export const askForCalendar = (held: Case, now: Date): Change => ({
  request: held.request,
  mails: [{ template: 'calendar', to: 'dpo', cause: `calendar-${now.toISOString()}` }],
  audit: actor('dpo', 'CALENDAR_ASKED'),
});

/** Whether asking today for the first time would still suspend the time limit: soon enough after receipt. */
export const wouldSuspend = ({ receivedAt, asks = [] }: Request, timeZone: string, now: Date): boolean => {
  const first = asks[0]?.at ?? now.toISOString();
  return daysBetween(localDate(receivedAt, timeZone), localDate(first, timeZone)) <= promptDays;
};

/**
 * Asks the person for proof of identity or for clarification (Art. 12(6), recital 63). Suspends the time limit when asked soon enough
 * (EDPB Guidelines 01/2022, 5.3); proof of the mailbox never goes through here. One question at a time.
 */
export const askPerson = (held: Case, { kind, question }: Pick<Ask, 'kind' | 'question'>, rules: Rules, now: Date) => {
  mustBeUnderWay(held);
  if (openAsk(held.request)) refuse(held.request, 'without an open question');
  const asks = held.request.asks ?? [];
  const suspends = wouldSuspend(held.request, rules.timeZone, now);
  const ask: Ask = { kind, question, at: now.toISOString(), suspends };
  const request = { ...held.request, asks: [...asks, ask] };
  return {
    ...moved({ ...held, request, rights: recount(held.rights, request, rules) }, request.status, now),
    mails: [{ template: 'asked', to: 'subject', cause: `ask-${asks.length + 1}` }],
    audit: actor('dpo', 'PERSON_ASKED', { kind, suspends }),
  } satisfies Change;
};

/** Takes the person's answer, on the page or as the DPO notes it; a suspension ends and its days are added. */
export const personAnswered = (held: Case, answer: string, by: 'subject' | 'dpo', rules: Rules, now: Date): Change => {
  const open = openAsk(held.request);
  if (!open || isOver(held.request.status)) return refuse(held.request, 'waiting for an answer');
  const answeredAt = now.toISOString();
  const asks = (held.request.asks ?? []).map((ask) => (ask === open ? { ...ask, answer, answeredAt } : ask));
  const request = { ...held.request, asks };
  return {
    ...moved({ ...held, request, rights: recount(held.rights, request, rules) }, request.status, now),
    mails: by === 'subject' ? [{ template: 'person-answered', to: 'dpo', cause: `ask-${asks.length}` }] : [],
    audit: actor(by, 'PERSON_ANSWERED', { kind: open.kind }),
  };
};
