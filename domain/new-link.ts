import { actor, type Change } from './change.ts';
import { maxLinks, mayAskForLink, sendLinkAgain } from './delivery.ts';
import { askForProofAgain, maxConfirmMails } from './proof.ts';
import { goesElsewhere } from './representation.ts';
import { type Case, isOver } from './request.ts';

/** A link to the page of the case, at most three of them. */
const sendStatusLink = (held: Case): Change | undefined => {
  const statusLinks = (held.request.statusLinks ?? 0) + 1;
  if (statusLinks > maxLinks) return undefined;
  return {
    request: { ...held.request, statusLinks },
    mails: [{ template: 'new-link', to: 'subject', cause: `status-link-${statusLinks}` }],
    audit: actor('subject', 'LINK_SENT_AGAIN', { statusLinks }),
  };
};

/**
 * Sends the person a new link for one that has ended: to confirm the address while that is open, to the answer while it can be fetched, else
 * to the case. Nothing once the case is over, or when they had as many as they may.
 */
export const sendNewLink = (held: Case, purpose: 'confirm' | 'status' | 'download', now: Date): Change | undefined => {
  const { request } = held;
  if (isOver(request.status)) return undefined;
  if (request.status === 'AWAITING_PROOF')
    return request.confirmMails < maxConfirmMails ? askForProofAgain(held, now) : undefined;
  if (!request.proof) return undefined;
  if (purpose === 'download' && mayAskForLink(request, now)) return sendLinkAgain(held, now);
  // It went to the person whom somebody else asked for: the page of the case is that other's.
  return purpose === 'download' && goesElsewhere(request) ? undefined : sendStatusLink(held);
};
