import { actor, type Change, type MailDraft, moved, mustBe, refuse } from './change.ts';
import { type DeadlineFacts, deadlineOf, localDate, type Suspension } from './deadline.ts';
import {
  type Ask,
  type Case,
  type Extension,
  isAnswered,
  type Request,
  type Right,
  type RightRecord,
} from './request.ts';
import { extendable } from './urgency.ts';

/** Where and by which rules the time limit is counted. */
export type Rules = Pick<DeadlineFacts, 'country' | 'timeZone' | 'policy'>;

export type Asked = Pick<Ask, 'kind' | 'at' | 'answeredAt'>;

/** A doubt about who asks concerns every right (Art. 12(6)), a clarification access alone (recital 63; EDPB Guidelines 01/2022, 5.3). */
export const concerns = (kind: Ask['kind'], right: Right): boolean => kind === 'identity' || right === 'access';

export const suspensionsOf = (asks: readonly Asked[], right: Right, timeZone: string): Suspension[] =>
  asks
    .filter(({ kind }) => concerns(kind, right))
    .map(({ at, answeredAt }) => ({
      asked: localDate(at, timeZone),
      ...(answeredAt ? { answered: localDate(answeredAt, timeZone) } : {}),
    }));

/**
 * The time limit of one right from what stands on the record: receipt, what the person was asked, and an extension (Art. 12(3)). `refuseBy`
 * is the last day to refuse, which no extension moves (Art. 12(4)). Throws InvalidDeadlineFacts.
 */
export const limitOf = (
  { receivedAt, asks = [] }: Pick<Request, 'receivedAt' | 'asks'>,
  { right, extension }: Pick<RightRecord, 'right' | 'extension'>,
  rules: Rules,
): RightRecord['deadline'] => {
  const facts = { receivedAt, suspensions: suspensionsOf(asks, right, rules.timeZone), ...rules };
  const { derivation, alarms, ...dates } = deadlineOf({ ...facts, extended: extension !== undefined });
  const refuseBy = deadlineOf({ ...facts, refusal: true }).due;
  return { ...dates, refuseBy, derivation: [...derivation], alarms: [...alarms] };
};

/** The records with the time limits that follow from the request as it is; of what is answered they stay. */
export const recount = (records: readonly RightRecord[], request: Request, rules: Rules): RightRecord[] =>
  records.map((record) =>
    isAnswered(record.status) ? record : { ...record, deadline: limitOf(request, record, rules) },
  );

/** Whether somebody proven still waits for an answer: only then may its time limit be moved. */
export const mustBeUnderWay = ({ request }: Case): void => mustBe(request, 'VERIFIED', 'GATHERING', 'REVIEW');

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
