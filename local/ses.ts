import { randomUUID } from 'node:crypto';
import type { Mail, Mailbox } from './mailbox.ts';
import { answerXml, QueryInput, unknownAction } from './protocol.ts';
import { AwsError, type Call, type Clock, type Permission, type Service, type Store } from './service.ts';
import { isOutcome, type Outcome, type SentMail, sesEvents } from './ses-events.ts';
import { composedOrder, invalid, normal, type Order, plainOrder, rawOrder, split } from './ses-order.ts';

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
interface EventDestination {
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
      MessageId: await send(sending, await composedOrder(input, sending.clock.now()), call),
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

/** The set that a mail goes through: the one it names, else the one of its identity. */
function setNameOf(options: Options, order: Order): string | undefined {
  return order.configurationSet ?? identityOf(options.identities, order.senders[0] ?? '')?.configurationSet;
}

/** An address of its own is stronger than its domain; a verified domain covers its sub-domains. */
function identityOf(identities: readonly Identity[], address: string): Identity | undefined {
  const [local = '', domain = ''] = split(address);
  const whole = `${local}@${domain.toLowerCase()}`;
  const exact = identities.find(({ name }) => name.includes('@') && normal(name) === whole);
  const covers = (name: string): boolean => `.${domain.toLowerCase()}`.endsWith(`.${name.toLowerCase()}`);
  return exact ?? identities.find(({ name }) => !name.includes('@') && covers(name));
}

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
    const batch = `${this.clock.now().getTime()} ${randomUUID()}`;
    const keyed = events.map((event, n) => ({ key: `${batch} ${String(n).padStart(3, '0')}`, value: event }));
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
