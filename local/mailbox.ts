import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Every mail the local cloud accepted: the raw message in a file, what is in it in the store. */
export interface Mailbox {
  /** Parses the message, puts it on disk and answers. Rejects with InvalidParameterValue when it is not a mail. */
  put(mail: { readonly from: string; readonly to: readonly string[]; readonly raw: Buffer }): Promise<Mail>;
  /** All mails, oldest first. */
  list(): Promise<Mail[]>;
  get(id: string): Promise<Mail | undefined>;
  /** The message as it was sent, or undefined. */
  raw(id: string): Promise<Buffer | undefined>;
}

/** The mailbox in a folder, which is made when it is not there. */
export async function openMailbox(options: {
  readonly dir: string;
  readonly store: Store;
  readonly clock: Clock;
}): Promise<Mailbox> {
  const { dir, clock, store } = options;
  await mkdir(dir, { recursive: true });
  const mails: Mail[] = [];
  for await (const [key, mail] of store.entries<Mail>()) mails[Number(key)] = mail;
  let next = mails.length;
  const fileOf = (id: string): string => join(dir, `${id}.eml`);
  const find = (id: string): Mail | undefined => mails.find((mail) => mail?.id === id);
  return {
    async put({ from, to, raw }) {
      const content = contentOf(await parse(raw));
      const number = next++;
      const mail: Mail = { id: messageId(clock.now()), at: clock.now().toISOString(), from, to, ...content };
      await writeDurably(dir, fileOf(mail.id), raw);
      await store.put(String(number).padStart(12, '0'), mail);
      mails[number] = mail;
      return mail;
    },
    // A mail that is still on its way to the disk leaves a hole, which filter skips.
    list: async () => mails.filter(() => true),
    get: async (id) => find(id),
    raw: async (id) => (find(id) === undefined ? undefined : readFile(fileOf(id))),
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

/** Writes a file so that it is whole or absent after a crash, and on disk before the promise resolves. */
async function writeDurably(dir: string, path: string, content: Buffer): Promise<void> {
  const temporary = `${path}.part`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dir, 'r');
  await folder.sync().finally(() => folder.close());
}
