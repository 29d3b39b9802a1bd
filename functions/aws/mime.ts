import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';

/** One mail to one address. */
export interface MimeFacts {
  readonly from: string;
  readonly fromName: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly reference: string;
  /** The outbox's name for the mail: sending it again gives the same Message-ID. */
  readonly mailId: string;
  /** Right side of the Message-ID. */
  readonly domain: string;
  readonly staff: boolean;
  readonly language: 'da' | 'en';
  /** An iCalendar file that goes with it. */
  readonly calendar?: { readonly name: string; readonly content: string };
  /** Headers for SES. */
  readonly headers?: Readonly<Record<string, string>>;
}

const control = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const oneAddress = /^[^\s@,;:<>()[\]\\"]+@[^\s@,;:<>()[\]\\"]+$/;

/** Refuses what could end a header and begin another (T41). Throws TypeError, which names the header and not its value. */
const oneLine = (name: string, value: string): string => {
  if (control.test(value)) throw new TypeError(`mail header ${name} holds a control character`);
  return value;
};

const address = (name: string, value: string): string => {
  if (!oneAddress.test(oneLine(name, value))) throw new TypeError(`mail header ${name} is not one address`);
  return value;
};

/** What may stand on the left of a Message-ID (RFC 5322 dot-atom). */
const idPart = (text: string): string => text.replaceAll(/[^A-Za-z0-9-]+/g, '.').replaceAll(/^\.|\.$/g, '');

/** The thread's root is a name, not a mail: staff and the person have each their own, so neither learns of the other's. */
const threadOf = ({ reference, staff, domain }: MimeFacts): string => {
  const thread = createHash('sha256')
    .update(`${staff ? 'staff' : 'person'} ${reference}`)
    .digest('hex')
    .slice(0, 24);
  return `<thread.${thread}@${domain}>`;
};

const headersOf = (facts: MimeFacts): Record<string, string> => ({
  'Auto-Submitted': 'auto-generated',
  'X-Auto-Response-Suppress': 'OOF, AutoReply',
  'Content-Language': facts.language,
  ...Object.fromEntries(Object.entries(facts.headers ?? {}).map(([name, value]) => [name, oneLine(name, value)])),
});

const calendarFile = ({ name, content }: NonNullable<MimeFacts['calendar']>) => ({
  filename: oneLine('Content-Disposition', name),
  content,
  contentType: 'text/calendar; charset=utf-8; method=PUBLISH',
});

/**
 * The bytes of a mail for SendRawEmail: text and HTML, exactly one recipient, given as an object so that no address list is parsed
 * out of it. Throws TypeError for control characters in a header and for anything but one address.
 */
export const mimeOf = async (facts: MimeFacts): Promise<Buffer> => {
  const thread = threadOf(facts);
  const mail = new MailComposer({
    from: { name: oneLine('From', facts.fromName), address: address('From', facts.from) },
    to: { name: '', address: address('To', facts.to) },
    subject: oneLine('Subject', facts.subject),
    text: facts.text,
    html: facts.html,
    messageId: `<${idPart(oneLine('Message-ID', facts.mailId))}@${oneLine('Message-ID', facts.domain)}>`,
    inReplyTo: thread,
    references: thread,
    headers: headersOf(facts),
    attachments: facts.calendar ? [calendarFile(facts.calendar)] : [],
    // Bodies are ours: nothing in them is ever read from a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  if (mail.getEnvelope().to.length !== 1) throw new TypeError('mail has not exactly one recipient');
  return mail.build();
};
