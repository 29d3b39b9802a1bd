import { randomUUID } from 'node:crypto';

/** What becomes of a mail for one recipient. `Lost`: it arrives but SES's events about it never come. */
export type Outcome = 'Delivery' | 'Bounce' | 'Complaint' | 'Suppressed' | 'Lost';

/** A sent mail as the events describe it. `at` is an ISO instant of virtual time. */
export interface SentMail {
  readonly id: string;
  readonly at: string;
  readonly source: string;
  readonly identityArn: string;
  readonly subject: string;
  readonly recipients: readonly string[];
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** An event in the shape of SES's event publishing. */
interface SesEvent {
  readonly eventType: 'Send' | 'Delivery' | 'Bounce' | 'Complaint';
  readonly [detail: string]: unknown;
}

const mta = 'a4-1.smtp-out.eu-west-1.amazonses.com';

type Describe = (recipients: readonly string[], at: string) => SesEvent;

const delivery: Describe = (recipients, at) => ({
  eventType: 'Delivery',
  delivery: {
    timestamp: at,
    processingTimeMillis: 200,
    recipients,
    smtpResponse: '250 2.6.0 Message received',
    reportingMTA: mta,
  },
});

const bounce =
  (bounceSubType: string, status: string, diagnosticCode: string): Describe =>
  (recipients, at) => ({
    eventType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bounceSubType,
      bouncedRecipients: recipients.map((emailAddress) => ({ emailAddress, action: 'failed', status, diagnosticCode })),
      timestamp: at,
      feedbackId: randomUUID(),
      reportingMTA: `dns; ${mta}`,
    },
  });

const complaint: Describe = (recipients, at) => ({
  eventType: 'Complaint',
  complaint: {
    complainedRecipients: recipients.map((emailAddress) => ({ emailAddress })),
    timestamp: at,
    feedbackId: randomUUID(),
    userAgent: 'Amazon SES Mailbox Simulator',
    complaintFeedbackType: 'abuse',
    arrivalDate: at,
  },
});

const suppressed = 'Amazon SES did not send the message to this address because it is on the suppression list.';

/** The events that follow Send, per outcome. */
const following: Readonly<Record<Outcome, readonly Describe[]>> = {
  Delivery: [delivery],
  Bounce: [bounce('General', '5.1.1', 'smtp; 550 5.1.1 user unknown')],
  Complaint: [delivery, complaint],
  Suppressed: [bounce('OnAccountSuppressionList', '5.1.1', suppressed)],
  Lost: [],
};

/** Whether SES can be told to treat an address so. */
export function isOutcome(text: string): text is Outcome {
  return Object.hasOwn(following, text);
}

/** The events of one mail in the order SES publishes them: Send, then those of each group of recipients with one outcome. */
export function sesEvents(mail: SentMail, outcomeOf: (address: string) => Outcome): SesEvent[] {
  const groups = Map.groupBy(mail.recipients, outcomeOf);
  const events = [...groups].flatMap(([outcome, group]) =>
    following[outcome].map((describe) => describe(group, mail.at)),
  );
  const visible: SesEvent[] =
    groups.size === 1 && groups.has('Lost') ? [] : [{ eventType: 'Send', send: {} }, ...events];
  return visible.map((event) => ({ ...event, mail: describeMail(mail) }));
}

function describeMail(mail: SentMail): object {
  const header = (name: string) => mail.headers.find((field) => field.name.toLowerCase() === name)?.value;
  const list = (name: string) =>
    header(name)
      ?.split(',')
      .map((part) => part.trim());
  return {
    timestamp: mail.at,
    source: mail.source,
    sourceArn: mail.identityArn,
    sendingAccountId: mail.identityArn.split(':')[4],
    messageId: mail.id,
    destination: mail.recipients,
    headersTruncated: false,
    headers: mail.headers,
    commonHeaders: {
      from: list('from'),
      date: header('date'),
      to: list('to'),
      messageId: mail.id,
      subject: mail.subject,
    },
    tags: mail.tags,
  };
}
