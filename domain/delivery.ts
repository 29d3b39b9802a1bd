import { actor, type Change, moved, refuse } from './change.ts';
import { counted, lastEnd, zipsOf } from './package.ts';
import { tellOfAnswer } from './representation.ts';
import { answeredWithData, type Case, isGranted, isOver, type Request, type RightRecord } from './request.ts';
import { sendPartly } from './supplement.ts';

/** Whether any granted right is answered with data: else no package is built. */
export const needsPackage = ({ rights: records }: Case): boolean =>
  records.some((record) => isGranted(record) && answeredWithData(record.right));

/**
 * Whether the execution that carries this segment sends the answer: not when the decision was taken back, or another execution took over
 * while it waited.
 */
export const sends = ({ request }: Case, segment: number): boolean =>
  request.status === 'APPROVED' && request.segment.n === segment;

/** Notes the package that was built from the approved manifest; `manifest`: the hash of the one that is in it. */
export const packaged = (
  held: Case,
  segment: number,
  built: NonNullable<Request['package']>,
  manifest: string,
  now: Date,
): Change | undefined => {
  if (!sends(held, segment) || held.request.package) return undefined;
  return {
    ...moved(held, 'APPROVED', now, { package: built }),
    audit: actor('workflow', 'PACKAGED', {
      manifest,
      bytes: built.parts.reduce((sum, { bytes }) => sum + bytes, 0),
      sha256: built.parts.map(({ sha256 }) => sha256).join(' '),
    }),
  };
};

/** What was refused ends when the person is told; the rest of what was sent in part, with what was sent. */
const ended = (record: RightRecord, { sent = [] }: Request): RightRecord =>
  sent.length === 0 && record.status === 'APPROVED' && record.decision?.outcome === 'refuse'
    ? { ...record, status: 'REFUSED' }
    : record;

/** Tells the person that the answer is ready, or the part of it that there is, or that everything was refused. */
export const deliver = (decided: Case, segment: number, now: Date): Change | undefined => {
  if (!sends(decided, segment)) return undefined;
  const held = { ...decided, rights: decided.rights.map((record) => ended(record, decided.request)) };
  const lacking = held.rights.find(({ status, decision }) => status === 'APPROVED' && decision?.incomplete);
  if (lacking) return sendPartly(held, lacking.decision?.incomplete ?? '', now);
  const template = held.request.package ? 'ready' : 'answered';
  const granted = held.rights.some(({ status }) => !isOver(status));
  return {
    ...(granted ? moved(held, 'DELIVERED', now, { deliveredAt: now.toISOString() }) : moved(held, 'REFUSED', now)),
    mails: tellOfAnswer(template, `delivered-${segment}`, held.request),
    audit: actor('workflow', 'DELIVERED', { round: held.request.round }),
  };
};

/** At most three more: each opens five codes. */
export const maxLinks = 3;

/** Whether there is a file whose link has not ended. */
export const isFetchable = (request: Request, now: Date): boolean =>
  !isOver(request.status) && request.status !== 'APPROVED' && (lastEnd(request) ?? '') > now.toISOString();

/** Whether the person may have another mail with a download link. */
export const mayAskForLink = (request: Request, now: Date): boolean =>
  isFetchable(request, now) && (request.links ?? 0) < maxLinks;

/** Sends the mail with the download link again, with a new link that ends when the first does; refused after three, or its end. */
export const sendLinkAgain = (held: Case, now: Date): Change => {
  const { request } = held;
  if (!mayAskForLink(request, now)) refuse(request, 'allowed another download link');
  const links = (request.links ?? 0) + 1;
  return {
    request: { ...request, links },
    mails: [{ template: request.status === 'DELIVERED' ? 'ready' : 'partly', to: 'subject', cause: `link-${links}` }],
    audit: actor('subject', 'LINK_SENT_AGAIN', { links }),
  };
};

/** The person asks for the one-time code that opens the download. `token`: hash of the download link's token. */
export const askForCode = (held: Case, token: string, n: number, now: Date): Change => {
  if (!isFetchable(held.request, now)) refuse(held.request, 'ready to be fetched');
  return {
    request: held.request,
    mails: [{ template: 'code', to: 'subject', cause: `code-${token.slice(0, 12)}-${n}`, about: token }],
    audit: actor('subject', 'CODE_ASKED', { n }),
  };
};

/** Counts a download of the file under a key. */
export const downloaded = (held: Case, key: string, now: Date): Change => {
  const zip = zipsOf(held.request).find((each) => each.key === key);
  if (!zip || !isFetchable(held.request, now)) return refuse(held.request, 'ready to be fetched');
  const downloads = held.request.downloads + 1;
  const facts = { downloads, ...(zip.answer > 1 || zip.parts > 1 ? { file: zip.n + 1 } : {}) };
  return { request: { ...counted(held.request, key), downloads }, audit: actor('subject', 'DOWNLOADED', facts) };
};
