import { actor, type Change, setStatus } from './change.ts';
import { withoutPackages } from './package.ts';
import {
  type Case,
  type Decision,
  isOver,
  type Request,
  type RightRecord,
  type Sent,
  type SourceRecord,
  type Status,
} from './request.ts';

/**
 * What stays of a request for as long as the record lives: identifiers, dates, codes, counts and hashes. A field that does not stand here
 * goes, so that one added later is forgotten unless somebody decides that it may stay.
 */
const ofRequest = [
  'requestId',
  'reference',
  'schemaVersion',
  'version',
  'language',
  'receivedAt',
  'status',
  'proof',
  'startAskedAt',
  'startedAt',
  'round',
  'evidence',
  'planned',
  'dataMap',
  'manifest',
  'deliveredAt',
  'downloads',
  'handedOut',
  'segment',
  'confirmMails',
  'raised',
  'askFrom',
  'silent',
  'audit',
  'endedAt',
  'chores',
] as const satisfies readonly (keyof Request)[];

const ofSent = ['at', 'round', 'manifest', 'attempt', 'missing'] as const satisfies readonly (keyof Sent)[];

const ofSource = [
  'system',
  'round',
  'wave',
  'state',
  'at',
  'reason',
  'rows',
  'documents',
  'possibleMatches',
  'answeredAt',
  'answer',
] as const satisfies readonly (keyof SourceRecord)[];

const picked = <T extends object>(whole: T, names: readonly (keyof T)[]) =>
  Object.fromEntries(names.filter((name) => whole[name] !== undefined).map((name) => [name, whole[name]]));

/** Decision and extension without the reasons that were typed. */
const frozenRight = ({ right, status, deadline, decision, extension }: RightRecord): RightRecord => ({
  right,
  status,
  deadline,
  ...(decision ? { decision: picked(decision, ['outcome', 'ground', 'at', 'manifest']) as Decision } : {}),
  ...(extension ? { extension: { ...extension, reason: '' } } : {}),
});

/** What a system answered, in numbers. */
export const frozenSource = (source: SourceRecord): SourceRecord =>
  ({ ...picked(source, ofSource), collections: [] }) as unknown as SourceRecord;

/** Nobody: an address that no mail can go to. */
const nobody = { name: '', email: '' };

/** Takes out of a request whatever is about a person. `status`: for a request that a restored backup shows as still open. */
export const purged = (held: Case, now: Date, status: Status = held.request.status): Change => {
  const request = { ...held.request, status };
  const rights = setStatus(held.rights, status).map(frozenRight);
  const purgedAt = now.toISOString();
  const sent = held.request.sent?.map((each) => ({ ...picked(each, ofSent), reason: '' }));
  const stays = { ...picked(request, ofRequest), ...(sent ? { sent } : {}) };
  return {
    request: { ...stays, person: nobody, purgedAt } as unknown as Request,
    rights,
    audit: actor('housekeeping', 'PURGED', { status }),
  };
};

/** The link has ended: what it led to is gone, and its hash stands in the audit chain. */
export const packagePurged = (held: Case): Change => {
  return { request: withoutPackages(held.request), audit: actor('housekeeping', 'PACKAGE_PURGED') };
};

/** What was gathered is gone but for the manifest; who asked is still known. */
export const evidencePurged = (held: Case, objects: number, now: Date): Change => {
  const { chores = {}, ...request } = withoutPackages(held.request);
  return {
    request: { ...request, chores: { ...chores, 'purge-evidence': now.toISOString() } },
    audit: actor('housekeeping', 'EVIDENCE_PURGED', { objects }),
  };
};

/** Puts a request on legal hold: nothing of it is purged until the hold is lifted. Undefined when it is on hold already. */
export const hold = (held: Case, now: Date): Change | undefined => {
  if (held.request.hold) return undefined;
  return { request: { ...held.request, hold: { at: now.toISOString() } }, audit: actor('dpo', 'HELD') };
};

/** Lifts the hold: what is overdue is purged by the next housekeeping. */
export const lift = (held: Case): Change | undefined => {
  if (!held.request.hold) return undefined;
  const { hold: _, ...request } = held.request;
  return { request, audit: actor('dpo', 'HOLD_LIFTED') };
};

/** Whether a purge may touch the request (I13). */
export const mayPurge = ({ status, hold: held }: Request): boolean => isOver(status) && !held;
