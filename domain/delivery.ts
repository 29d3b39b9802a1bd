import { actor, type Change, moved, mustBe, refuse } from './change.ts';
import { answeredWithData, type Case, type Request } from './request.ts';

/** Whether any approved right is answered with data: else no package is built. */
export const needsPackage = ({ rights: records }: Case): boolean =>
  records.some(({ right, status }) => status === 'APPROVED' && answeredWithData(right));

/**
 * Whether the execution that carries this segment sends the answer: not when the decision was taken back, or another execution took over
 * while it waited.
 */
export const sends = ({ request }: Case, segment: number): boolean =>
  request.status === 'APPROVED' && request.segment.n === segment;

/** Notes the package that was built from the approved manifest. */
export const packaged = (
  held: Case,
  segment: number,
  built: NonNullable<Request['package']>,
  now: Date,
): Change | undefined => {
  if (!sends(held, segment) || held.request.package) return undefined;
  return {
    ...moved(held, 'APPROVED', now, { package: built }),
    audit: actor('workflow', 'PACKAGED', { bytes: built.bytes, sha256: built.sha256 }),
  };
};

/** Tells the person that the answer is ready. */
export const deliver = (held: Case, segment: number, now: Date): Change | undefined => {
  if (!sends(held, segment)) return undefined;
  const template = held.request.package ? 'ready' : 'answered';
  return {
    ...moved(held, 'DELIVERED', now, { deliveredAt: now.toISOString() }),
    mails: [{ template, to: 'subject', cause: `delivered-${segment}` }],
    audit: actor('workflow', 'DELIVERED', { round: held.request.round }),
  };
};

/** At most three more: each opens five codes. */
export const maxLinks = 3;

/** Whether the person may have another mail with a download link. */
export const mayAskForLink = ({ status, package: built, links = 0 }: Request, now: Date): boolean =>
  status === 'DELIVERED' && built !== undefined && built.expiresAt > now.toISOString() && links < maxLinks;

/** Sends the mail with the download link again, with a new link that ends when the first does; refused after three, or its end. */
export const sendLinkAgain = (held: Case, now: Date): Change => {
  const { request } = held;
  if (!mayAskForLink(request, now)) refuse(request, 'allowed another download link');
  const links = (request.links ?? 0) + 1;
  return {
    request: { ...request, links },
    mails: [{ template: 'ready', to: 'subject', cause: `link-${links}` }],
    audit: actor('subject', 'LINK_SENT_AGAIN', { links }),
  };
};

/** The person asks for the one-time code that opens the download. `token`: hash of the download link's token. */
export const askForCode = (held: Case, token: string, n: number): Change => {
  mustBe(held.request, 'DELIVERED');
  return {
    request: held.request,
    mails: [{ template: 'code', to: 'subject', cause: `code-${token.slice(0, 12)}-${n}`, about: token }],
    audit: actor('subject', 'CODE_ASKED', { n }),
  };
};

/** Counts a download. */
export const downloaded = (held: Case): Change => {
  mustBe(held.request, 'DELIVERED');
  const downloads = held.request.downloads + 1;
  return { request: { ...held.request, downloads }, audit: actor('subject', 'DOWNLOADED', { downloads }) };
};
