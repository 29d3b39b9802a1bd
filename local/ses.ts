import type { Mail, Mailbox } from './mailbox.ts';
import { listing, type QueryInput, queryService } from './protocol.ts';
import { AwsError, type Call, type Caller, type Permission, type Store } from './service.ts';
import { isOutcome, type Outcome, type SentMail, sesEvents } from './ses-events.ts';
import { invalid, normal, type Order, rawOrder, split } from './ses-order.ts';

/** A verified identity of the template: a domain or an address. */
export interface Identity {
  readonly name: string;
  /** The set a mail goes through when it names none. */
  readonly configurationSet?: string;
}

/** A configuration set of the template with its event destinations. */
export interface ConfigurationSet {
  readonly name: string;
  readonly destinations: readonly EventDestination[];
}

/** `events` are the template's MatchingEventTypes, such as `send`, `delivery`, `bounce`. */
interface EventDestination {
  readonly topicArn: string;
  readonly events: readonly string[];
}

export type Behaviours = Awaited<ReturnType<typeof openBehaviours>>;

interface Options {
  readonly store: Store;
  readonly mailbox: Mailbox;
  readonly identities: readonly Identity[];
  readonly configurationSets: readonly ConfigurationSet[];
  /** SNS: resolves when the notification is on disk. */
  publish(topicArn: string, notification: { readonly subject: string; readonly message: string }): Promise<unknown>;
}

const namespace = 'http://ses.amazonaws.com/doc/2010-12-01/';
const account = 'arn:aws:ses:eu-west-1:123456789012:';
/** SES's own limits: recipients per message, bytes per message of the v1 API. */
const limits = { recipients: 50, bytes: 10_485_760 };

/** SendRawEmail of SES's v1 query API over the identities and configuration sets of the template. */
export async function openSes(options: Options) {
  const behaviours = await openBehaviours(options.store.sub('behaviour'));
  const sending = { ...options, outcomeOf: behaviours.outcomeOf };
  const SendRawEmail = {
    knows: ['Source', 'Destinations', 'RawMessage.Data', 'ConfigurationSetName'],
    prepare(input: QueryInput, { caller }: Call) {
      const order = rawOrder(input);
      const run = async () => ({ MessageId: await send(sending, order, caller) });
      return { permissions: permissionsOf(options, order), run };
    },
  };
  const member = options.identities.map(({ name }) => name);
  const ListIdentities = listing('ses:ListIdentities', () => ({ Identities: { member } }));
  return { ...queryService('ses', namespace, { SendRawEmail, ListIdentities }), behaviours };
}

type Sending = Options & Pick<Behaviours, 'outcomeOf'>;

// Permissions: on the identity that sends and on the configuration set that is used.

function permissionsOf(options: Options, order: Order): readonly Permission[] {
  const from = order.senders[0] ?? order.source;
  const set = setNameOf(options, order);
  const context = { 'ses:FromAddress': from };
  const resources = [`identity/${identityOf(options.identities, from)?.name ?? from}`];
  if (set !== undefined) resources.push(`configuration-set/${set}`);
  return resources.map((resource) => ({ action: 'ses:SendRawEmail', resource: account + resource, context }));
}

/** The set that a mail goes through: the one it names, else the one of its identity. */
function setNameOf(options: Options, order: Order): string | undefined {
  return order.configurationSet ?? identityOf(options.identities, order.senders[0] ?? '')?.configurationSet;
}

/** An address of its own is stronger than its domain; a verified domain covers its sub-domains. */
function identityOf(identities: readonly Identity[], address: string): Identity | undefined {
  const [, domain] = split(address);
  const exact = identities.find(({ name }) => name.includes('@') && normal(name) === normal(address));
  const covers = (name: string): boolean => `.${domain.toLowerCase()}`.endsWith(`.${name.toLowerCase()}`);
  return exact ?? identities.find(({ name }) => !name.includes('@') && covers(name));
}

// Sending.

async function send(sending: Sending, order: Order, caller: Caller): Promise<string> {
  checkLimits(order);
  for (const address of [...order.senders, ...order.recipients]) checkAddress(address);
  checkVerified(sending.identities, order.senders);
  const set = configurationSetOf(sending, order);
  const mail = await sending.mailbox.put({ from: order.source, to: order.recipients, raw: order.raw });
  // SNS has them on disk before the sender is answered.
  for (const { topicArn, message } of eventsOf(sending, order, mail, set, caller))
    await sending.publish(topicArn, { subject: 'Amazon SES Email Event Notification', message });
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
  if (set !== undefined) return set;
  const text = `Configuration set <${name}> does not exist.`;
  throw new AwsError('ConfigurationSetDoesNotExist', text, 400, { ConfigurationSetName: name });
}

function eventsOf(
  sending: Sending,
  order: Order,
  mail: Mail,
  set: ConfigurationSet | undefined,
  caller: Caller,
): { readonly topicArn: string; readonly message: string }[] {
  if (set === undefined) return [];
  const sent: SentMail = {
    ...{ id: mail.id, at: mail.at, source: order.source, subject: mail.subject },
    ...{ recipients: order.recipients, headers: order.headers },
    tags: { ...tagsOfSes(order, set, caller), ...order.tags },
    identityArn: `${account}identity/${identityOf(sending.identities, order.source)?.name}`,
  };
  const events = sesEvents(sent, sending.outcomeOf);
  return set.destinations.flatMap(({ topicArn, events: matching }) =>
    events
      .filter(({ eventType }) => matching.some((type) => type.toLowerCase() === eventType.toLowerCase()))
      .map((event) => ({ topicArn, message: JSON.stringify(event) })),
  );
}

function tagsOfSes(
  order: Order,
  set: ConfigurationSet,
  { role, accessKeyId }: Caller,
): Record<string, readonly string[]> {
  return {
    'ses:configuration-set': [set.name],
    'ses:source-ip': ['127.0.0.1'],
    'ses:from-domain': [split(order.senders[0] ?? '')[1]],
    'ses:caller-identity': [role?.split('/').at(-1) ?? accessKeyId],
  };
}

// The fate of mail: SES's mailbox simulator, and what a test asked for.

const simulator: Readonly<Record<string, Outcome>> = {
  bounce: 'Bounce',
  complaint: 'Complaint',
  suppressionlist: 'Suppressed',
};

/** What happens to mail for an address; durable, and stronger than the simulator's addresses. */
async function openBehaviours(store: Store) {
  const asked = new Map<string, Outcome>();
  for await (const [address, event] of store.entries<Outcome>()) asked.set(address, event);
  return {
    outcomeOf: (address: string): Outcome => asked.get(address.toLowerCase()) ?? simulated(address) ?? 'Delivery',
    list: () => [...asked].map(([address, event]) => ({ address, event })),
    /** Rejects with InvalidParameterValue on an event it does not know. */
    async set(address: string, event: string): Promise<void> {
      if (!isOutcome(event))
        throw invalid(`event: ${event} is not one of Delivery, Bounce, Complaint, Suppressed, Lost`);
      await store.put(address.toLowerCase(), event);
      asked.set(address.toLowerCase(), event);
    },
    async clear(): Promise<void> {
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
