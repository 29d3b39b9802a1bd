import {
  ListIdentitiesCommand,
  SESClient,
  SendRawEmailCommand,
  type SendRawEmailCommandInput,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMailbox } from '../../local/mailbox.ts';
import { type ConfigurationSet, openSes } from '../../local/ses.ts';
import { memoryStore, serve, stillClock } from './small-gateway.ts';

const topicArn = 'arn:aws:sns:eu-west-1:123456789012:mail-events';
const everything = ['send', 'delivery', 'bounce', 'complaint'];
const configurationSets: ConfigurationSet[] = [
  { name: 'tracked', destinations: [{ topicArn, events: everything }] },
  { name: 'bounces', destinations: [{ topicArn, events: ['BOUNCE'] }] },
];
const identities = [{ name: 'example.dk' }, { name: 'Dpo@other.dk' }];

interface Event {
  readonly eventType: string;
  readonly mail: {
    readonly tags: Record<string, string[]>;
    readonly messageId: string;
    readonly destination: string[];
  };
  readonly bounce?: { readonly bounceSubType: string; readonly bouncedRecipients: { readonly emailAddress: string }[] };
}

async function start({ store } = { store: memoryStore() }) {
  const clock = stillClock();
  const mailbox = await openMailbox({ store: store.sub('mailbox'), clock });
  const events: Event[] = [];
  const publish = async (to: string, { message }: { message: string }) => {
    expect(to).toBe(topicArn);
    events.push(JSON.parse(message));
  };
  const ses = await openSes({ store: store.sub('ses'), mailbox, identities, configurationSets, publish });
  const gateway = await serve(ses, 'query');
  const client = new SESClient(gateway.config);
  const send = async (raw: string, more: Omit<SendRawEmailCommandInput, 'RawMessage'> = {}) => {
    const Data = new TextEncoder().encode(raw.replaceAll('\n', '\r\n'));
    const { MessageId } = await client.send(new SendRawEmailCommand({ ...more, RawMessage: { Data } }));
    await clock.quiet();
    return MessageId as string;
  };
  return { store, clock, mailbox, events, ses, gateway, client, send };
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

  test('is kept byte for byte, and listed again in order after a restart', async () => {
    const ids = [await local.send(plain), await local.send(to('b@example.com'))];
    expect((await local.mailbox.raw(ids[0] as string))?.toString()).toBe(plain.replaceAll('\n', '\r\n'));
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

  test('that may be used is listed', async () => {
    const { Identities } = await local.client.send(new ListIdentitiesCommand({}));
    expect(Identities).toEqual(identities.map(({ name }) => name));
  });

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

  test('gets Send and Delivery with the tags of the header', async () => {
    const headers = 'X-SES-CONFIGURATION-SET: tracked\nX-SES-MESSAGE-TAGS: ob=abc, round=1\n';
    const messageId = await local.send(headers + plain);
    expect(local.events.map(({ eventType }) => eventType)).toEqual(['Send', 'Delivery']);
    const { mail } = local.events[0] as Event;
    expect(mail).toMatchObject({ messageId, destination: ['anna@example.com'] });
    expect(mail.tags).toMatchObject({
      ob: ['abc'],
      round: ['1'],
      'ses:configuration-set': ['tracked'],
      'ses:from-domain': ['example.dk'],
      'ses:caller-identity': ['Tester'],
    });
  });

  test('gets only the events that its destination names', async () => {
    await local.send(plain, { ConfigurationSetName: 'bounces' });
    await local.send(to('bounce@simulator.amazonses.com'), { ConfigurationSetName: 'bounces' });
    expect(local.events.map(({ eventType }) => eventType)).toEqual(['Bounce']);
  });
});

describe('the fate of mail', () => {
  const typesTo = async (address: string) => {
    await local.send(to(address), { ConfigurationSetName: 'tracked' });
    return local.events.splice(0).map(({ eventType, bounce }) => bounce?.bounceSubType ?? eventType);
  };

  test.each([
    ['success@simulator.amazonses.com', ['Send', 'Delivery']],
    ['bounce+label@simulator.amazonses.com', ['Send', 'General']],
    ['complaint@simulator.amazonses.com', ['Send', 'Delivery', 'Complaint']],
    ['suppressionlist@simulator.amazonses.com', ['Send', 'OnAccountSuppressionList']],
  ])('of the simulator address %s is %s', async (address, types) => {
    expect(await typesTo(address)).toEqual(types);
  });

  test('can be set per address, survives a restart, and can be cleared', async () => {
    await local.ses.behaviours.set('Anna@example.com', 'Bounce');
    expect(await typesTo('anna@example.com')).toEqual(['Send', 'General']);
    const again = await start(local);
    expect(await again.ses.behaviours.list()).toEqual([{ address: 'anna@example.com', event: 'Bounce' }]);
    await again.gateway[Symbol.asyncDispose]();
    await local.ses.behaviours.set('anna@example.com', 'Lost');
    expect(await typesTo('anna@example.com')).toEqual([]);
    await local.ses.behaviours.clear();
    expect(await typesTo('anna@example.com')).toEqual(['Send', 'Delivery']);
  });

  test('differs per recipient of one mail', async () => {
    const raw = to('anna@example.com', 'bounce@simulator.amazonses.com');
    await local.send(raw, { ConfigurationSetName: 'tracked' });
    const bounced = local.events.find(({ eventType }) => eventType === 'Bounce')?.bounce?.bouncedRecipients;
    expect(bounced).toEqual([expect.objectContaining({ emailAddress: 'bounce@simulator.amazonses.com' })]);
  });

  test('that is not known is refused by name', async () => {
    await expect(local.ses.behaviours.set('a@b.dk', 'Vanish')).rejects.toThrow(/event: Vanish/);
  });
});

test('a call needs the permission on the identity and on the configuration set', async () => {
  await local.send(plain, { ConfigurationSetName: 'tracked' });
  const context = expect.objectContaining({
    'ses:FromAddress': 'privacy@example.dk',
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
