import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  SESClient,
  SendRawEmailCommand,
  type SendRawEmailCommandInput,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMailbox } from '../../local/mailbox.ts';
import { openSes } from '../../local/ses.ts';
import { memoryStore, serve, stillClock } from './small-gateway.ts';

const configurationSets = ['tracked'];
const identities = [{ name: 'example.dk' }, { name: 'Dpo@other.dk' }];

const dirs: string[] = [];
const newDir = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'mailbox-'));
  dirs.push(dir);
  return dir;
};

async function start(state = { dir: '', store: memoryStore() }) {
  const { store } = state;
  const dir = state.dir || (await newDir());
  const clock = stillClock();
  const mailbox = await openMailbox({ dir, store: store.sub('mailbox'), clock });
  const ses = openSes({ mailbox, identities, configurationSets });
  const gateway = await serve(ses, 'query');
  const client = new SESClient(gateway.config);
  const send = async (raw: string, more: Omit<SendRawEmailCommandInput, 'RawMessage'> = {}) => {
    const Data = new TextEncoder().encode(raw.replaceAll('\n', '\r\n'));
    const { MessageId } = await client.send(new SendRawEmailCommand({ ...more, RawMessage: { Data } }));
    await clock.quiet();
    return MessageId as string;
  };
  return { dir, store, clock, mailbox, ses, gateway, client, send };
}

const plain = `From: "Privacy, team" <privacy@example.dk>
To: Anna <anna@example.com>
Subject: =?utf-8?q?F=C3=B8rste?= brev
Content-Type: text/plain; charset=utf-8

Hej Anna
`;
const to = (...addresses: string[]) => plain.replace('Anna <anna@example.com>', addresses.join(', '));

let local: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  local = await start();
});
afterEach(async () => {
  await local.gateway[Symbol.asyncDispose]();
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true });
});

describe('a mail that is accepted', () => {
  test('is in the mailbox with its envelope, its parts and its headers in lower case', async () => {
    const raw = `From: privacy@example.dk
To: anna@example.com
Subject: Answer
X-SES-MESSAGE-TAGS: ob=abc-1
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>Hej</p>
--b
Content-Type: application/zip; name=a.zip
Content-Disposition: attachment; filename=a.zip
Content-Transfer-Encoding: base64

AAAA
--b--
`;
    const id = await local.send(raw);
    const [mail] = await local.mailbox.list();
    expect(mail).toMatchObject({ id, at: '2026-01-31T12:00:00.000Z', to: ['anna@example.com'], subject: 'Answer' });
    expect(mail?.html).toContain('<p>Hej</p>');
    expect(mail?.headers['x-ses-message-tags']).toBe('ob=abc-1');
    expect(mail?.attachments).toEqual([{ name: 'a.zip', type: 'application/zip', size: 3 }]);
  });

  test('is on disk byte for byte, and listed again in order after a restart', async () => {
    const ids = [await local.send(plain), await local.send(to('b@example.com'))];
    expect(await readFile(join(local.dir, `${ids[0]}.eml`), 'utf8')).toBe(plain.replaceAll('\n', '\r\n'));
    const again = await start(local);
    ids.push(await again.send(to('c@example.com')));
    const listed = await again.mailbox.list();
    expect(listed.map(({ id }) => id)).toEqual(ids);
    expect(listed[0]?.subject).toBe('Første brev');
    await again.gateway[Symbol.asyncDispose]();
  });

  test('goes to Destinations where given, whatever its headers say', async () => {
    await local.send(plain, { Destinations: ['only@example.com'] });
    expect((await local.mailbox.list())[0]?.to).toEqual(['only@example.com']);
  });
});

describe('a sender', () => {
  const from = (address: string) => plain.replace('privacy@example.dk', address);

  test.each(['a@example.dk', 'a@EXAMPLE.dk', 'a@sub.example.dk', 'Dpo@other.dk', 'Dpo@OTHER.dk'])(
    '%s is verified by its domain or by itself',
    async (address) => {
      expect(await local.send(from(address))).toMatch(/^0102/);
    },
  );

  test.each(['a@example.com', 'a@notexample.dk', 'dpo@other.dk', 'x@other.dk'])(
    '%s is rejected and named',
    async (address) => {
      await expect(local.send(from(address))).rejects.toMatchObject({
        name: 'MessageRejected',
        message: expect.stringContaining(address),
      });
      expect(await local.mailbox.list()).toEqual([]);
    },
  );

  test('that is not verified is MessageRejected, also as Source, Sender or Return-Path', async () => {
    const text = 'following identities failed the check in region EU-WEST-1: evil@x.com';
    const rejected = { name: 'MessageRejected', message: expect.stringContaining(text) };
    await expect(local.send(plain, { Source: 'evil@x.com' })).rejects.toMatchObject(rejected);
    await expect(local.send(`Sender: evil@x.com\n${plain}`)).rejects.toMatchObject(rejected);
    await expect(local.send(`Return-Path: <evil@x.com>\n${plain}`)).rejects.toMatchObject(rejected);
  });
});

describe('a message', () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => `p${n}@example.com`);

  test('has at most 50 recipients', async () => {
    await local.send(plain, { Destinations: many(50) });
    await expect(local.send(plain, { Destinations: many(51) })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: 'Recipient count exceeds 50.',
    });
  });

  test.each([
    ['no From', 'To: a@example.com\n\nx', "Missing required header 'From'."],
    ['no recipient', 'From: a@example.dk\n\nx', "Missing required header 'To'."],
    ['two From fields', `From: b@example.dk\n${plain}`, "Duplicate header 'From'."],
    ['a recipient without domain', to('anna'), "Missing final '@domain'"],
    ['a recipient with a non-ASCII local part', to('ånna@example.com'), 'Local address contains control or whitespace'],
    ['a recipient with a broken domain', to('anna@exa_mple.com'), 'Domain contains illegal character'],
    ['a tag with a bad character', `X-SES-MESSAGE-TAGS: ob=a b\n${plain}`, 'Invalid tag text <a b>'],
  ])('with %s is InvalidParameterValue', async (_what, raw, text) => {
    await expect(local.send(raw)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining(text),
    });
    expect(await local.mailbox.list()).toEqual([]);
  });

  test('over 10 MB is refused', async () => {
    await expect(local.send(`${plain}${'x'.repeat(10_485_760)}`)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('more than 10485760 bytes'),
    });
  });
});

describe('a configuration set', () => {
  test('that does not exist is ConfigurationSetDoesNotExist, by argument and by header', async () => {
    const missing = {
      name: 'ConfigurationSetDoesNotExistException',
      message: 'Configuration set <none> does not exist.',
    };
    await expect(local.send(plain, { ConfigurationSetName: 'none' })).rejects.toMatchObject(missing);
    await expect(local.send(`X-SES-CONFIGURATION-SET: none\n${plain}`)).rejects.toMatchObject(missing);
  });
});

test('a call needs the permission on the identity and on the configuration set', async () => {
  await local.send(plain, { ConfigurationSetName: 'tracked' });
  const context = expect.objectContaining({
    'ses:FromAddress': 'privacy@example.dk',
    'ses:Recipients': ['anna@example.com'],
  });
  const account = 'arn:aws:ses:eu-west-1:123456789012';
  expect(local.gateway.asked).toEqual([
    { action: 'ses:SendRawEmail', resource: `${account}:identity/example.dk`, context },
    { action: 'ses:SendRawEmail', resource: `${account}:configuration-set/tracked`, context },
  ]);
});

test('an action or a field that is not modelled is refused by name', async () => {
  const verifying = new VerifyEmailIdentityCommand({ EmailAddress: 'a@b.dk' });
  await expect(local.client.send(verifying)).rejects.toMatchObject({
    name: 'InvalidAction',
    message: expect.stringContaining('ses:VerifyEmailIdentity'),
  });
  await expect(local.send(plain, { FromArn: 'arn:aws:ses:x' })).rejects.toMatchObject({
    message: expect.stringContaining('FromArn'),
  });
});
