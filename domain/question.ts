import { actor, type Change, moved, refuse } from './change.ts';
import { localDate } from './deadline.ts';
import { type Ask, type Case, isAnswered, isOver, type Right, type RightRecord } from './request.ts';
import { askedInTime } from './suspension.ts';
import { type Asked, concerns, mustBeUnderWay, type Rules, recount, suspensionsOf } from './time-limit.ts';
import { openAsk } from './urgency.ts';

/**
 * The rights still to be answered, by whether their time limit stands still from a question until its answer: those that it concerns,
 * where the first such question came soon enough after receipt.
 */
export const suspendedBy = (
  { request: { receivedAt, asks = [] }, rights }: Pick<Case, 'request' | 'rights'>,
  ask: Asked,
  timeZone: string,
): { waiting: Right[]; running: Right[] } => {
  const received = localDate(receivedAt, timeZone);
  const open = rights.filter(({ status }) => !isAnswered(status)).map(({ right }) => right);
  const waits = (right: Right): boolean =>
    concerns(ask.kind, right) && askedInTime(received, suspensionsOf([...asks, ask], right, timeZone));
  return { waiting: open.filter(waits), running: open.filter((right) => !waits(right)) };
};

/**
 * Asks the person for proof of identity or for clarification (Art. 12(6), recital 63). Suspends the time limits that it concerns when asked
 * soon enough (EDPB Guidelines 01/2022, 5.3); proof of the mailbox never goes through here. One question at a time.
 */
export const askPerson = (held: Case, { kind, question }: Pick<Ask, 'kind' | 'question'>, rules: Rules, now: Date) => {
  mustBeUnderWay(held);
  if (openAsk(held.request)) refuse(held.request, 'without an open question');
  const asks = held.request.asks ?? [];
  const ask: Ask = { kind, question, at: now.toISOString() };
  const suspends = suspendedBy(held, ask, rules.timeZone).waiting.join(' ');
  const request = { ...held.request, asks: [...asks, ask] };
  return {
    ...moved({ ...held, request, rights: recount(held.rights, request, rules) }, request.status, now),
    mails: [{ template: 'asked', to: 'subject', cause: `ask-${asks.length + 1}` }],
    audit: actor('dpo', 'PERSON_ASKED', { kind, suspends }),
  } satisfies Change;
};

/** The case with the open question answered: a suspension ends and its days are added. */
const withAnswer = <Held extends Pick<Case, 'request' | 'rights'>>(
  held: Held,
  answer: string,
  rules: Rules,
  now: Date,
): Held => {
  const open = openAsk(held.request);
  const answeredAt = now.toISOString();
  const asks = (held.request.asks ?? []).map((ask) => (ask === open ? { ...ask, answer, answeredAt } : ask));
  const request = { ...held.request, asks };
  return { ...held, request, rights: recount(held.rights, request, rules) };
};

/** The rights with the time limits that they will have if the person answers the open question now. */
export const ifAnswered = (held: Pick<Case, 'request' | 'rights'>, rules: Rules, now: Date): readonly RightRecord[] =>
  withAnswer(held, '', rules, now).rights;

/** Takes the person's answer, on the page or as the DPO notes it. */
export const personAnswered = (held: Case, answer: string, by: 'subject' | 'dpo', rules: Rules, now: Date): Change => {
  const open = openAsk(held.request);
  if (!open || isOver(held.request.status)) return refuse(held.request, 'waiting for an answer');
  const next = withAnswer(held, answer, rules, now);
  const n = next.request.asks?.length ?? 0;
  return {
    ...moved(next, held.request.status, now),
    mails: by === 'subject' ? [{ template: 'person-answered', to: 'dpo', cause: `ask-${n}` }] : [],
    audit: actor(by, 'PERSON_ANSWERED', { kind: open.kind }),
  };
};
