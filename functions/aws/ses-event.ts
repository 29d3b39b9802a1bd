import * as z from 'zod/mini';
import type { Undelivered } from '../../domain/request.ts';

/** What of an SES event is read: which mail it is about and what became of it, never to whom it went. */
export const SesEvent = z.object({
  eventType: z.string(),
  mail: z.object({ messageId: z.string(), tags: z.optional(z.record(z.string(), z.array(z.string()))) }),
  bounce: z.optional(z.object({ bounceType: z.string(), bounceSubType: z.string() })),
});
export type SesEvent = z.infer<typeof SesEvent>;

/** The tags that our mails carry through SES: request and mail, both identifiers. */
export const tagHeader = (requestId: string, mail: string): string => `ob=${mail}, request=${requestId}`;

/** Undefined for a mail that is none of ours. */
export const tagsOf = ({ mail: { tags = {} } }: SesEvent): { requestId: string; mail: string } | undefined => {
  const [requestId, mail] = [tags.request?.[0], tags.ob?.[0]];
  return requestId && mail ? { requestId, mail } : undefined;
};

/** What went wrong, or undefined when nothing did. SES tried a transient bounce for hours before it tells of it. */
export const failureOf = ({ eventType, bounce }: SesEvent): Undelivered['reason'] | undefined => {
  if (eventType === 'Complaint') return 'complaint';
  if (eventType === 'Reject') return 'rejected';
  if (eventType !== 'Bounce') return undefined;
  if (/suppress/i.test(bounce?.bounceSubType ?? '')) return 'suppressed';
  return bounce?.bounceType === 'Permanent' ? 'bounced' : 'returned';
};
