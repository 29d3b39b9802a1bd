import { actor, type Change, moved, mustBe, nextSegment, refuse } from './change.ts';
import type { Case } from './request.ts';

/** Days that a first mail may wait for its place: after them there is no time left for a reminder and an answer. */
export const longestWait = 14;

/**
 * Asks the person to prove the address: the first mail. Doing it again changes nothing. `from`: when the mail may go out, or undefined
 * when there is no place for it; then a reminder is tried.
 */
export const askForProof = (held: Case, from: Date | undefined, now: Date): Change | undefined => {
  if (held.request.status !== 'RECEIVED') return undefined;
  if (!from) {
    return { ...moved(held, 'AWAITING_PROOF', now, { silent: true }), audit: actor('workflow', 'PROOF_NOT_ASKED') };
  }
  const askFrom = from > now ? from.toISOString() : undefined;
  return {
    ...moved(held, 'AWAITING_PROOF', now, { confirmMails: 1, ...(askFrom ? { askFrom } : {}) }),
    mails: [{ template: 'confirm', to: 'subject', cause: 'confirm-1', ...(askFrom ? { from: askFrom } : {}) }],
    audit: actor('workflow', 'PROOF_ASKED', askFrom ? { from: askFrom } : undefined),
  };
};

/** At most three more: enough for a lost mail, too few to pester somebody whose address was misused. */
export const maxConfirmMails = 4;

/** Sends the confirmation mail again, with a new link and a new code. Refused when the address was proven or after three times. */
export const askForProofAgain = (held: Case, now: Date): Change => {
  mustBe(held.request, 'AWAITING_PROOF');
  const confirmMails = held.request.confirmMails + 1;
  if (confirmMails > maxConfirmMails) refuse(held.request, 'allowed another confirmation mail');
  return {
    ...moved(held, 'AWAITING_PROOF', now, { confirmMails }),
    mails: [{ template: 'confirm', to: 'subject', cause: `confirm-${confirmMails}` }],
    audit: actor('subject', 'PROOF_ASKED_AGAIN', { mails: confirmMails }),
  };
};

/** The person showed control of the mailbox (security.md 3.2). */
export const prove = (held: Case, now: Date): Change => {
  mustBe(held.request, 'AWAITING_PROOF');
  const proof = { at: now.toISOString(), method: 'mailbox' as const };
  return {
    ...moved(held, 'VERIFIED', now, { proof, segment: nextSegment(held.request, 'start', now) }),
    mails: [{ template: 'receipt', to: 'subject', cause: 'proven' }],
    audit: actor('subject', 'PROVEN', { method: proof.method }),
    goOn: true,
  };
};
