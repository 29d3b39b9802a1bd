import type { Threshold } from './alarms.ts';
import type { Actor, AuditFact } from './audit.ts';
import { TransitionRefused } from './errors.ts';
import {
  type Case,
  isOver,
  type Request,
  type RightRecord,
  type Segment,
  type SourceRecord,
  type Status,
  type Step,
} from './request.ts';
import { nextLook } from './urgency.ts';

/** An owner by their system, or by its place the deputy of one: `owner:archive`, `owner:archive:1`. */
export type Owner = `owner:${string}`;

/** Which system an owner or deputy answers for; `place`: which deputy, from 1. */
export const ownerOf = (owner: string): { readonly system: string; readonly place?: number } => {
  const [, system = '', place] = owner.split(':');
  return place ? { system, place: Number(place) } : { system };
};

/** Every mail has one cause and is sent at most once for it: the pair is its name. */
export interface MailDraft {
  readonly template: Template;
  readonly to: 'subject' | 'dpo' | `dpo:${string}` | Owner;
  readonly cause: string;
  /** Identifiers only: a token's hash, a system's name. */
  readonly about?: string;
  /** ISO instant before which it does not go out: its address has had enough for now. */
  readonly from?: string;
}

export const templates = [
  'confirm',
  'receipt',
  'start',
  'owner-task',
  'owner-reminder',
  'decide',
  'lacking',
  'needs-person',
  'ready',
  'partly',
  'answered',
  'code',
  'decider-code',
  'second',
  'handed-over',
  'expired',
  'time-limit',
  'extended',
  'asked',
  'person-answered',
  'calendar',
  'remind',
  'unproven',
  'expiring',
  'closed',
  'new-link',
  'withdrawn',
  'case-withdrawn',
  'task-ended',
  'undelivered',
] as const;
export type Template = (typeof templates)[number];

/** A message on the escalation topic, which needs neither SES nor the dispatcher: its key is its cause, so that it is written once. */
export interface Alert {
  readonly key: string;
  readonly about:
    | Threshold
    | 'taken-over'
    | 'no-progress'
    | 'notice-unsent'
    | 'outbox-stuck'
    | 'holidays-missing'
    | 'mail-undelivered';
  /** The last day in question, YYYY-MM-DD. */
  readonly date?: string;
  /** The law's last day where a suspension moved it past that. */
  readonly due?: string;
  /** The case's number; absent for what concerns no case. */
  readonly reference?: string;
  readonly count?: number;
}

/** What one transaction writes: the request as it will be, what changed beside it, the audit entry and the mails it causes. */
export interface Change {
  readonly request: Request;
  readonly rights?: readonly RightRecord[];
  readonly sources?: readonly SourceRecord[];
  readonly mails?: readonly MailDraft[];
  /** What the second channel says beside the mail. */
  readonly alerts?: readonly Alert[];
  readonly audit: AuditFact;
  /** Starts the next execution: `request.segment` is new. */
  readonly goOn?: boolean;
}

export const refuse = (request: Request, wanted: string): never => {
  throw new TransitionRefused(`request is ${request.status}, not ${wanted}`);
};

/** Refuses unless the request has the status; every guard goes through here (security.md 3.1). */
export const mustBe = (request: Request, ...allowed: readonly Status[]): void => {
  if (!allowed.includes(request.status)) refuse(request, allowed.join(' or '));
};

/** Those that still want something: an answer; where all have theirs, the ones whose answer is out. */
const open = (records: readonly RightRecord[]): readonly RightRecord[] => {
  const left = records.filter(({ status }) => !isOver(status));
  const unanswered = left.filter(({ status }) => status !== 'DELIVERED');
  return unanswered.length > 0 ? unanswered : left;
};

/** The request's status follows from its rights: over when all are, else where the open ones stand. */
export const statusOf = (records: readonly RightRecord[]): Status =>
  (open(records)[0] ?? records[0])?.status ?? 'RECEIVED';

export const setStatus = (records: readonly RightRecord[], status: Status): RightRecord[] => {
  const moving = open(records);
  return records.map((record) => (moving.includes(record) ? { ...record, status } : record));
};

/** Moves every open right to the status, and the request with them. */
export const moved = ({ request, rights: records }: Case, status: Status, now: Date, more: Partial<Request> = {}) => {
  const next = setStatus(records, status);
  const { nextActionAt: _, ...rest } = request;
  const changed: Request = { ...rest, ...more, status: statusOf(next) };
  const look = isOver(status) ? {} : { nextActionAt: nextLook({ request: changed, rights: next }, now) };
  return { request: { ...changed, ...look }, rights: next };
};

export const nextSegment = (request: Request, step: Step, now: Date): Segment => ({
  n: request.segment.n + 1,
  step,
  at: now.toISOString(),
});

/** The segment in place of one that is gone: it waits no longer than that one would have. */
export const sameSegment = (request: Request, step: Step, now: Date): Segment => {
  const { segment } = request;
  return {
    ...nextSegment(request, step, now),
    ...(segment.from && step === segment.step ? { from: segment.from } : {}),
  };
};

export const actor = (by: Actor, what: string, facts?: AuditFact['facts']): AuditFact =>
  facts ? { what, by, facts } : { what, by };
