import { randomBytes, randomUUID } from 'node:crypto';
import PostalMime, { type Email } from 'postal-mime';
import { AwsError, type Clock, type Store } from './service.ts';

/** A mail that was accepted for sending; `at` is virtual time, `to` the envelope, header names are in lower case. */
export interface Mail {
  readonly id: string;
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly { readonly name: string; readonly type: string; readonly size: number }[];
}

export type Mailbox = Awaited<ReturnType<typeof openMailbox>>;

/** Every mail the local cloud accepted: what is in it, and the raw message in base64 in a store of its own. */
export async function openMailbox({ store, clock }: { readonly store: Store; readonly clock: Clock }) {
  const raws = store.sub('raw');
  const mails: Mail[] = [];
  for await (const [key, mail] of store.entries<Mail>()) mails[Number(key)] = mail;
  let next = mails.length;
  return {
    /** Parses the message, puts it on disk and answers. Rejects with InvalidParameterValue when it is not a mail. */
    async put({ from, to, raw }: Pick<Mail, 'from' | 'to'> & { readonly raw: Buffer }): Promise<Mail> {
      const content = contentOf(await parse(raw));
      const number = next++;
      const mail: Mail = { id: messageId(clock.now()), at: clock.now().toISOString(), from, to, ...content };
      // Asked for at once they are one write to the disk.
      await Promise.all([raws.put(mail.id, raw.toString('base64')), store.put(String(number).padStart(12, '0'), mail)]);
      mails[number] = mail;
      return mail;
    },
    /** Oldest first. A mail that is still on its way to the disk leaves a hole, which filter skips. */
    list: () => mails.filter(() => true),
    get: (id: string) => mails.find((mail) => mail?.id === id),
    /** The message as it was sent. */
    async raw(id: string): Promise<Buffer | undefined> {
      const text = await raws.get<string>(id);
      return text === undefined ? undefined : Buffer.from(text, 'base64');
    },
  };
}

async function parse(raw: Buffer): Promise<Email> {
  try {
    return await PostalMime.parse(raw);
  } catch (cause) {
    throw new AwsError('InvalidParameterValue', `The message can't be parsed: ${(cause as Error).message}`);
  }
}

function contentOf(email: Email): Pick<Mail, 'subject' | 'text' | 'html' | 'headers' | 'attachments'> {
  return {
    subject: email.subject ?? '',
    text: email.text ?? '',
    html: email.html ?? '',
    headers: Object.fromEntries(email.headers.map(({ key, value }) => [key.toLowerCase(), value])),
    attachments: email.attachments.map(({ filename, mimeType, content }) => ({
      name: filename ?? '',
      type: mimeType,
      size: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
    })),
  };
}

/** An id in the form of SES's message ids. */
function messageId(now: Date): string {
  return `0102${now.getTime().toString(16).padStart(12, '0')}-${randomBytes(4).toString('hex')}-${randomUUID().slice(9)}-000000`;
}
