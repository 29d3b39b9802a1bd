import { addDays, daysBetween } from './calendar.ts';
import { openProposal } from './four-eyes.ts';
import { inForce, isOpen } from './gathering.ts';
import { handlerOf } from './hand-over.ts';
import { type Case, isOver, type Request, type Right, type Status } from './request.ts';
import { isPartlySent } from './supplement.ts';
import { mostUrgent, openAsk } from './urgency.ts';

/** Who has the next move. */
export const waits = ['dpo', 'person', 'owner', 'us'] as const;
export type Waits = (typeof waits)[number];

/** Why the DPO has to look: a step failed, or a mail to the person came back. */
export type Failed = 'step' | 'mail';

/** An open request as the overview lists it: identifiers, dates and codes, nothing about the person. */
export interface Summary {
  readonly requestId: string;
  readonly reference: string;
  readonly receivedAt: string;
  readonly status: Status;
  /** Those not answered yet. */
  readonly rights: readonly Right[];
  /** The last day of the most urgent one (YYYY-MM-DD), and the day by which it should be answered. */
  readonly due: string;
  readonly target: string;
  readonly waits: Waits;
  /** Key of whoever has it in place of the DPO. */
  readonly handedTo?: string;
  /** Keys of those whose yes is missing to what one person decided. */
  readonly asked?: readonly string[];
  readonly failed?: Failed;
  /** A part of the answer is out, the rest is still owed. */
  readonly partly?: boolean;
}

const next: Readonly<Record<Status, Waits>> = {
  RECEIVED: 'us',
  AWAITING_PROOF: 'person',
  VERIFIED: 'us',
  GATHERING: 'us',
  REVIEW: 'dpo',
  APPROVED: 'us',
  DELIVERED: 'person',
  CLOSED: 'us',
  REFUSED: 'us',
  WITHDRAWN: 'us',
  UNVERIFIED_CLOSED: 'us',
};

const failedOf = ({ needsPerson, undelivered, status }: Request): Failed | undefined => {
  if (needsPerson && !isOver(status)) return 'step';
  return undelivered ? 'mail' : undefined;
};

const waitsOf = (held: Case, failed: Failed | undefined): Waits => {
  const { request } = held;
  if (failed) return 'dpo';
  if (openAsk(request)) return 'person';
  if (request.status === 'VERIFIED' && request.startAskedAt) return 'dpo';
  const asked = inForce(held).some(isOpen);
  // A part is sent and nothing new has come: the one who owes the rest is the owner.
  const owed = request.status === 'GATHERING' || (request.status === 'REVIEW' && !request.manifest);
  return owed && asked ? 'owner' : next[request.status];
};

/** What the overview says of a request; undefined when nobody has to do anything about it any more. */
export const summaryOf = (held: Case): Summary | undefined => {
  const { request, rights } = held;
  const { requestId, reference, receivedAt, status } = request;
  const failed = failedOf(request);
  const asked = failed ? undefined : openProposal(held)?.asked;
  const urgent = mostUrgent(rights) ?? (failed ? rights[0] : undefined);
  if (!urgent || request.purgedAt) return undefined;
  return {
    requestId,
    reference,
    receivedAt,
    status,
    rights: rights.filter((each) => !isOver(each.status)).map(({ right }) => right),
    due: urgent.deadline.due,
    target: urgent.deadline.internalTarget,
    waits: waitsOf(held, failed),
    ...(request.handedTo ? { handedTo: request.handedTo.key } : {}),
    ...(asked ? { asked } : {}),
    ...(failed ? { failed } : {}),
    ...(isPartlySent(held) ? { partly: true } : {}),
  };
};

/** Which open requests are listed. */
export const filters = ['all', 'overdue', 'week', 'mine', 'failed'] as const;
export type Filter = (typeof filters)[number];

/** Who looks: their key, among those whom the configuration names. Somebody of staff who decides nothing is nobody. */
export interface Viewer {
  readonly key: string;
  readonly config: Parameters<typeof handlerOf>[1];
}

/** Whether the next move is the viewer's; staff who decide nothing see what waits for any who does. */
export const isMine = ({ waits: who, handedTo, asked }: Summary, viewer: Viewer | undefined): boolean => {
  if (who !== 'dpo' || !viewer) return who === 'dpo';
  return asked ? asked.includes(viewer.key) : handlerOf(handedTo, viewer.config)?.key === viewer.key;
};

const holds: Readonly<Record<Filter, (each: Summary, today: string, viewer?: Viewer) => boolean>> = {
  all: () => true,
  overdue: ({ due }, today) => due < today,
  week: ({ due }, today) => due >= today && due <= addDays(today, 7),
  mine: (each, _, viewer) => isMine(each, viewer),
  failed: ({ failed }) => failed !== undefined,
};

/** The open requests that a filter lets through on a local day (YYYY-MM-DD). */
export const under = (filter: Filter, open: readonly Summary[], today: string, viewer?: Viewer): Summary[] =>
  open.filter((each) => holds[filter](each, today, viewer));

/** Days until the last day; negative once it has passed. */
export const daysLeft = ({ due }: Pick<Summary, 'due'>, today: string): number => daysBetween(today, due);
