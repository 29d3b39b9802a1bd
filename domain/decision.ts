import { actor, type Change, moved, mustBe, nextSegment, refuse, statusOf } from './change.ts';
import { isOpen } from './gathering.ts';
import {
  type Case,
  type Decision,
  isOver,
  type Request,
  type Right,
  type RightRecord,
  type SourceRecord,
  type Status,
} from './request.ts';
import { nextLook } from './urgency.ts';

/** Hands the finished round to the DPO: the manifest is what they decide on. */
export const review = (
  held: Case,
  manifest: { hash: string; rows: number; documents: number },
  now: Date,
): Change | undefined => {
  if (held.request.status !== 'GATHERING') return undefined;
  return {
    ...moved(held, 'REVIEW', now, { manifest: { ...manifest, round: held.request.round } }),
    mails: [{ template: 'decide', to: 'dpo', cause: `round-${held.request.round}` }],
    audit: actor('workflow', 'MANIFEST_SHOWN', { round: held.request.round, ...manifest }),
  };
};

/** The DPO's choice for each right that is still open. */
export type Choice = { readonly outcome: 'approve' | 'refuse'; readonly reason?: string };

const decided = (record: RightRecord, choice: Choice | undefined, decision: Omit<Decision, 'outcome' | 'reason'>) => {
  if (isOver(record.status) || !choice) return record;
  const status: Status = choice.outcome === 'approve' ? 'APPROVED' : 'REFUSED';
  return { ...record, status, decision: { ...choice, ...decision } };
};

const incompleteSource = (source: SourceRecord): boolean =>
  source.state === 'FAILED' || source.state === 'PARTIAL' || isOpen(source);

/** Systems whose answer is missing or cut: delivery needs the DPO's reason. */
export const incompleteSources = ({ request, sources }: Case): string[] =>
  sources.filter((source) => source.round === request.round && incompleteSource(source)).map(({ system }) => system);

/**
 * Decides, on exactly the manifest shown. Refuses another manifest (changed since it was seen), a right left out, a refusal without a
 * reason, and delivery while a system is missing without a reason for it.
 */
export const decide = (
  held: Case,
  choices: Readonly<Partial<Record<Right, Choice>>>,
  shown: { manifest: string; incomplete?: string },
  now: Date,
): Change => {
  mustBe(held.request, 'REVIEW');
  if (shown.manifest !== held.request.manifest?.hash) refuse(held.request, 'showing this manifest');
  const approving = Object.values(choices).some((choice) => choice?.outcome === 'approve');
  if (approving && incompleteSources(held).length > 0 && !shown.incomplete) refuse(held.request, 'complete');
  const open = held.rights.filter(({ status }) => !isOver(status));
  if (open.some(({ right }) => !choices[right])) refuse(held.request, 'decided for every right');
  if (Object.values(choices).some((choice) => choice?.outcome === 'refuse' && !choice.reason)) {
    refuse(held.request, 'refused with a reason');
  }
  const next = held.rights.map((record) => decided(record, choices[record.right], { at: now.toISOString(), ...shown }));
  return concluded(held, next, 'REVIEW', now);
};

/** Refuses the whole request before anything is gathered: not proper (Art. 12(4)), with the reason the person will read. */
export const refuseRequest = (held: Case, reason: string, now: Date): Change => {
  mustBe(held.request, 'VERIFIED');
  const next = held.rights.map((record) => decided(record, { outcome: 'refuse', reason }, { at: now.toISOString() }));
  return concluded(held, next, 'VERIFIED', now);
};

const concluded = (held: Case, next: RightRecord[], at: Status, now: Date): Change => {
  const approved = next.filter(({ status }) => status === 'APPROVED').map(({ right }) => right);
  const refused = next.filter(({ status }) => status === 'REFUSED').map(({ right }) => right);
  const status = statusOf(next);
  const goOn = approved.length > 0;
  const { nextActionAt: _, ...rest } = held.request;
  const request: Request = {
    ...rest,
    status,
    ...(goOn
      ? {
          segment: nextSegment(held.request, 'deliver', now),
          nextActionAt: nextLook({ request: held.request, rights: next }, now),
        }
      : {}),
  };
  return {
    request,
    rights: next,
    mails: goOn ? [] : [{ template: 'answered', to: 'subject', cause: `decided-${held.request.round}` }],
    audit: actor('dpo', 'DECIDED', {
      round: held.request.round,
      at,
      approved: approved.join(' '),
      refused: refused.join(' '),
      manifest: held.request.manifest?.hash ?? '',
    }),
    goOn,
  };
};
