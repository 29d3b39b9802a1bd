import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import { addressParser } from 'postal-mime';
import type { Mail, Mailbox } from './mailbox.ts';
import { answerXml, QueryInput, unknownAction } from './protocol.ts';
import { AwsError, type Call, type Clock, type Permission, type Service, type Store } from './service.ts';
import { isOutcome, type Outcome, type SentMail, sesEvents } from './ses-events.ts';

/** A verified identity of the template: a domain or an address. */
export interface Identity {
  readonly name: string;
  /** The set a mail goes through when it names none. */
  readonly configurationSet?: string;
}

/** A configuration set of the template with its event destinations. */
export interface ConfigurationSet {
  readonly name: string;
  readonly sendingEnabled?: boolean;
  readonly destinations: readonly EventDestination[];
}

/** `events` are the template's MatchingEventTypes, such as `send`, `delivery`, `bounce`. */
export interface EventDestination {
  readonly topicArn: string;
  readonly events: readonly string[];
}

/** SES with what the local cloud adds: the fate of mail to an address. */
export interface Ses extends Service {
  /** Publishes the events that a stop of the process left behind. */
  resume(): Promise<void>;
  readonly behaviours: Behaviours;
}

/** What happens to mail for an address; durable, and stronger than the simulator's addresses. */
export interface Behaviours {
  list(): Promise<readonly { readonly address: string; readonly event: string }[]>;
  /** Rejects with InvalidParameterValue on an event it does not know. */
  set(address: string, event: string): Promise<void>;
  clear(): Promise<void>;
}

interface Options {
  readonly store: Store;
  readonly clock: Clock;
  readonly mailbox: Mailbox;
  readonly identities: readonly Identity[];
  readonly configurationSets: readonly ConfigurationSet[];
  /** SNS: resolves when the notification is on disk. */
  publish(topicArn: string, notification: { readonly subject: string; readonly message: string }): Promise<void>;
}

/** A mail as one of the two operations asks for it. */
interface Order {
  readonly raw: Buffer;
  readonly headers: readonly Header[];
  readonly source: string;
  /** Every address that speaks for the sender: each must be verified. */
  readonly senders: readonly string[];
  readonly recipients: readonly string[];
  readonly configurationSet?: string;
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

interface Header {
  readonly name: string;
  readonly value: string;
}

const namespace = 'http://ses.amazonaws.com/doc/2010-12-01/';
const account = 'arn:aws:ses:eu-west-1:123456789012:';
/** SES's own limits: recipients per message, bytes per message of the v1 API. */
const limits = { recipients: 50, bytes: 10_485_760 };

/** SES's v1 query API over the identities and configuration sets of the template. */
export async function openSes(options: Options): Promise<Ses> {
  const outbox = new EventOutbox(options);
  const behaviours = await openBehaviours(options.store.sub('behaviour'));
  const sending = { ...options, outbox, outcomeOf: behaviours.outcomeOf };
  return {
    signingName: 'ses',
    permissions: (call) => permissionsOf(options, new QueryInput(call)),
    handle: async (call, response) => {
      const input = new QueryInput(call);
      const result = await actionOf(input).run(sending, input, call);
      answerXml(response, namespace, input.action, result);
    },
    resume: () => outbox.resume(),
    behaviours,
  };
}

interface Sending extends Options {
  readonly outbox: EventOutbox;
  outcomeOf(address: string): Outcome;
}

interface Action {
  readonly fields: readonly string[];
  run(sending: Sending, input: QueryInput, call: Call): Promise<Readonly<Record<string, string | number>>>;
}

const actions: Readonly<Record<string, Action>> = {
  SendRawEmail: {
    fields: ['Source', 'Destinations', 'RawMessage.Data', 'ConfigurationSetName', 'Tags'],
    run: async (sending, input, call) => ({ MessageId: await send(sending, rawOrder(input), call) }),
  },
  SendEmail: {
    fields: ['Source', 'Destination', 'Message', 'ReplyToAddresses', 'ReturnPath', 'ConfigurationSetName', 'Tags'],
    run: async (sending, input, call) => ({
      MessageId: await send(sending, await composedOrder(input, sending), call),
    }),
  },
  GetSendQuota: {
    fields: [],
    run: async ({ mailbox, clock }) => ({
      Max24HourSend: 50_000,
      MaxSendRate: 14,
      SentLast24Hours: await sentSince(mailbox, new Date(clock.now().getTime() - 86_400_000)),
    }),
  },
};

function actionOf(input: QueryInput): Action {
  const action = Object.hasOwn(actions, input.action) ? actions[input.action] : undefined;
  if (action === undefined) throw unknownAction('ses', input.action);
  input.refuseOthers('ses', action.fields);
  return action;
}

async function sentSince(mailbox: Mailbox, since: Date): Promise<number> {
  const mails = await mailbox.list();
  return mails.filter((mail) => mail.at >= since.toISOString()).length;
}

// Permissions: on the identity that sends and on the configuration set that is used.

function permissionsOf(options: Options, input: QueryInput): readonly Permission[] {
  actionOf(input);
  if (input.action === 'GetSendQuota') return [{ action: 'ses:GetSendQuota', resource: '*' }];
  const order = input.action === 'SendRawEmail' ? rawOrder(input) : plainOrder(input);
  const from = order.senders[0] ?? order.source;
  const set = setNameOf(options, order);
  const context = {
    'ses:FromAddress': from,
    'ses:Recipients': order.recipients,
    'ses:FeedbackAddress': order.source,
    'ses:ApiVersion': '1',
  };
  const resources = [`identity/${identityOf(options.identities, from)?.name ?? from}`];
  if (set !== undefined) resources.push(`configuration-set/${set}`);
  return resources.map((resource) => ({ action: `ses:${input.action}`, resource: account + resource, context }));
}

/** An address of its own is stronger than its domain; a verified domain covers its sub-domains. */
function identityOf(identities: readonly Identity[], address: string): Identity | undefined {
  const [local = '', domain = ''] = split(address);
  const whole = `${local}@${domain.toLowerCase()}`;
  const exact = identities.find(({ name }) => name.includes('@') && normal(name) === whole);
  const covers = (name: string): boolean => `.${domain.toLowerCase()}`.endsWith(`.${name.toLowerCase()}`);
  return exact ?? identities.find(({ name }) => !name.includes('@') && covers(name));
}

function split(address: string): [string, string] {
  const at = address.lastIndexOf('@');
  return [address.slice(0, Math.max(at, 0)), address.slice(at + 1)];
}

function normal(address: string): string {
  const [local, domain] = split(address);
  return `${local}@${domain.toLowerCase()}`;
}

function setNameOf(options: Options, order: Order): string | undefined {
  return order.configurationSet ?? identityOf(options.identities, order.senders[0] ?? '')?.configurationSet;
}

// What is asked for.

function rawOrder(input: QueryInput): Order {
  const raw = Buffer.from(required(input, 'RawMessage.Data'), 'base64');
  const headers = headersOf(raw);
  refuseDuplicates(headers);
  const from = addressesIn(headers, ['from']);
  if (from.length === 0) throw invalid("Missing required header 'From'.");
  const destinations = input.list('Destinations').flatMap(addressesOf);
  const source = addressesOf(input.get('Source') ?? '')[0] ?? (from[0] as string);
  return {
    raw,
    headers,
    source,
    senders: unique([...from, source, ...addressesIn(headers, ['sender', 'return-path'])]),
    recipients: destinations.length > 0 ? destinations : addressesIn(headers, ['to', 'cc', 'bcc']),
    configurationSet: input.get('ConfigurationSetName') ?? headerOf(headers, 'x-ses-configuration-set'),
    tags: tagsOf(input, headerOf(headers, 'x-ses-message-tags')),
  };
}

/** SendEmail without its body: enough to ask for the permission. */
function plainOrder(input: QueryInput): Order {
  const source = addressesOf(required(input, 'Source'))[0];
  if (source === undefined) throw invalid("Missing final '@domain'");
  const fields = ['To', 'Cc', 'Bcc'].flatMap((kind) => input.list(`Destination.${kind}Addresses`));
  return {
    raw: Buffer.alloc(0),
    headers: [],
    source,
    senders: unique([source, ...addressesOf(input.get('ReturnPath') ?? '')]),
    recipients: fields.flatMap(addressesOf),
    configurationSet: input.get('ConfigurationSetName'),
    tags: tagsOf(input, undefined),
  };
}

async function composedOrder(input: QueryInput, { clock }: Options): Promise<Order> {
  const composer = new MailComposer({
    from: required(input, 'Source'),
    to: input.list('Destination.ToAddresses'),
    cc: input.list('Destination.CcAddresses'),
    replyTo: input.list('ReplyToAddresses'),
    subject: required(input, 'Message.Subject.Data'),
    text: input.get('Message.Body.Text.Data'),
    html: input.get('Message.Body.Html.Data'),
    date: clock.now(),
  });
  const raw = await composer.compile().build();
  return { ...plainOrder(input), raw, headers: headersOf(raw) };
}

function required(input: QueryInput, key: string): string {
  const value = input.get(key);
  if (value === undefined) throw new AwsError('ValidationError', `${key} is required.`);
  return value;
}

/** Tags of the call and of the header `X-SES-MESSAGE-TAGS: name=value, name=value`. */
function tagsOf(input: QueryInput, header: string | undefined): Order['tags'] {
  const written = (header ?? '').split(',').filter((part) => part.trim() !== '');
  const pairs = [
    ...written.map((part) => part.split('=').map((side) => side.trim())),
    ...input.prefixes('Tags.member').map((tag) => [input.get(`${tag}.Name`), input.get(`${tag}.Value`)]),
  ];
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [checkedTag(name), [checkedTag(value)]]));
}

function checkedTag(text: string): string {
  if (/^[\w.@-]{1,256}$/.test(text)) return text;
  throw invalid(`Invalid tag text <${text}>: only alphanumeric ASCII characters, '_', '-', '.' and '@' are allowed.`);
}

/** The header fields of a message, unfolded, in order. */
function headersOf(raw: Buffer): Header[] {
  const end = raw.toString('latin1').search(/\r?\n\r?\n/);
  const text = (end < 0 ? raw : raw.subarray(0, end)).toString('utf8');
  const lines = text.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [{ name: line.slice(0, colon), value: line.slice(colon + 1).trim() }] : [];
  });
}

const singular = ['from', 'sender', 'to', 'cc', 'bcc', 'reply-to', 'subject', 'date', 'message-id', 'return-path'];

function refuseDuplicates(headers: readonly Header[]): void {
  for (const name of singular) {
    const same = headers.filter((header) => header.name.toLowerCase() === name);
    if (same.length > 1) throw invalid(`Duplicate header '${same[0]?.name}'.`);
  }
}

function headerOf(headers: readonly Header[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value;
}

function addressesIn(headers: readonly Header[], names: readonly string[]): string[] {
  return names.flatMap((name) => addressesOf(headerOf(headers, name) ?? ''));
}

function addressesOf(text: string): string[] {
  return addressParser(text, { flatten: true }).flatMap(({ address, name }) => {
    const found = address || name;
    return found ? [found] : [];
  });
}

const unique = (list: readonly string[]): string[] => [...new Set(list)];
const invalid = (message: string): AwsError => new AwsError('InvalidParameterValue', message);

// Sending.

async function send(sending: Sending, order: Order, call: Call): Promise<string> {
  checkLimits(order);
  for (const address of [...order.senders, ...order.recipients]) checkAddress(address);
  checkVerified(sending.identities, order.senders);
  const set = configurationSetOf(sending, order);
  const mail = await sending.mailbox.put({ from: order.source, to: order.recipients, raw: order.raw });
  await sending.outbox.add(eventsOf(sending, order, mail, set, call));
  return mail.id;
}

function checkLimits({ raw, recipients }: Order): void {
  if (recipients.length === 0) throw invalid("Missing required header 'To'.");
  if (recipients.length > limits.recipients) throw invalid(`Recipient count exceeds ${limits.recipients}.`);
  if (raw.length <= limits.bytes) return;
  throw invalid(`Message length is more than ${limits.bytes} bytes long: '${raw.length}'.`);
}

function checkAddress(address: string): void {
  const [local, domain] = split(address);
  if (local === '' || domain === '') throw invalid("Missing final '@domain'");
  if (/[^\x21-\x7e]/.test(local)) throw invalid('Local address contains control or whitespace');
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain)) throw invalid('Domain contains illegal character');
}

function checkVerified(identities: readonly Identity[], senders: readonly string[]): void {
  const failed = senders.filter((address) => identityOf(identities, address) === undefined);
  if (failed.length === 0) return;
  throw new AwsError(
    'MessageRejected',
    `Email address is not verified. The following identities failed the check in region EU-WEST-1: ${failed.join(', ')}`,
  );
}

function configurationSetOf(options: Options, order: Order): ConfigurationSet | undefined {
  const name = setNameOf(options, order);
  if (name === undefined) return undefined;
  const set = options.configurationSets.find((known) => known.name === name);
  if (set === undefined) {
    throw new AwsError('ConfigurationSetDoesNotExist', `Configuration set <${name}> does not exist.`, 400, {
      ConfigurationSetName: name,
    });
  }
  if (set.sendingEnabled ?? true) return set;
  throw new AwsError('ConfigurationSetSendingPausedException', `Email sending is disabled for <${name}>.`, 400, {
    ConfigurationSetName: name,
  });
}

function eventsOf(
  sending: Sending,
  order: Order,
  mail: Mail,
  set: ConfigurationSet | undefined,
  call: Call,
): PendingEvent[] {
  if (set === undefined) return [];
  const sent: SentMail = {
    ...{ id: mail.id, at: mail.at, source: order.source, subject: mail.subject },
    ...{ recipients: order.recipients, headers: order.headers },
    tags: { ...tagsOfSes(order, set, call), ...order.tags },
    identityArn: `${account}identity/${identityOf(sending.identities, order.source)?.name}`,
  };
  const events = sesEvents(sent, sending.outcomeOf);
  return set.destinations.flatMap(({ topicArn, events: matching }) =>
    events
      .filter(({ eventType }) => matching.some((type) => type.toLowerCase() === eventType.toLowerCase()))
      .map((event) => ({ topicArn, message: JSON.stringify(event) })),
  );
}

function tagsOfSes(order: Order, set: ConfigurationSet, call: Call): Record<string, readonly string[]> {
  return {
    'ses:configuration-set': [set.name],
    'ses:source-ip': ['127.0.0.1'],
    'ses:from-domain': [split(order.senders[0] ?? '')[1]],
    'ses:caller-identity': [call.caller.role?.split('/').at(-1) ?? call.caller.accessKeyId],
  };
}

interface PendingEvent {
  readonly topicArn: string;
  readonly message: string;
}

/** Events on their way to SNS: on disk before SES answers, gone once SNS has them, so none is lost to a crash. */
class EventOutbox {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly publish: Options['publish'];

  constructor(options: Options) {
    this.store = options.store.sub('event');
    this.clock = options.clock;
    this.publish = options.publish;
  }

  async add(events: readonly PendingEvent[]): Promise<void> {
    if (events.length === 0) return;
    const at = this.clock.now().getTime();
    const keyed = events.map((event, n) => ({ key: `${at} ${crypto.randomUUID()} ${n}`, value: event }));
    await this.store.batch(keyed.map((entry) => ({ type: 'put', ...entry })));
    void this.clock.busy(this.deliver(keyed.map(({ key, value }) => [key, value] as const)));
  }

  async resume(): Promise<void> {
    const left: (readonly [string, PendingEvent])[] = [];
    for await (const entry of this.store.entries<PendingEvent>()) left.push(entry);
    await this.clock.busy(this.deliver(left));
  }

  private async deliver(events: readonly (readonly [string, PendingEvent])[]): Promise<void> {
    for (const [key, { topicArn, message }] of events) {
      try {
        await this.publish(topicArn, { subject: 'Amazon SES Email Event Notification', message });
        await this.store.del(key);
      } catch (error) {
        console.error(`ses: an event for ${topicArn} is left for the next start: ${(error as Error).message}`);
      }
    }
  }
}

// The fate of mail: SES's mailbox simulator, and what a test asked for.

const simulator: Readonly<Record<string, Outcome>> = {
  bounce: 'Bounce',
  complaint: 'Complaint',
  suppressionlist: 'Suppressed',
};

async function openBehaviours(store: Store): Promise<Behaviours & { outcomeOf(address: string): Outcome }> {
  const asked = new Map<string, Outcome>();
  for await (const [address, event] of store.entries<Outcome>()) asked.set(address, event);
  return {
    outcomeOf: (address) => asked.get(address.toLowerCase()) ?? simulated(address) ?? 'Delivery',
    list: async () => [...asked].map(([address, event]) => ({ address, event })),
    async set(address, event) {
      if (!isOutcome(event))
        throw invalid(`event: ${event} is not one of Delivery, Bounce, Complaint, Suppressed, Lost`);
      await store.put(address.toLowerCase(), event);
      asked.set(address.toLowerCase(), event);
    },
    async clear() {
      for (const address of asked.keys()) await store.del(address);
      asked.clear();
    },
  };
}

function simulated(address: string): Outcome | undefined {
  const [local, domain] = split(address.toLowerCase());
  const name = local.split('+')[0] ?? '';
  return domain === 'simulator.amazonses.com' && Object.hasOwn(simulator, name) ? simulator[name] : undefined;
}
