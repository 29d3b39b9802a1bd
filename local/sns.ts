import { randomUUID } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { Mailbox } from './mailbox.ts';
import { type QueryInput, queryService } from './protocol.ts';
import type { Queues } from './queues.ts';
import { AwsError, type Clock, type InvokeFunction, type Service, type Store } from './service.ts';
import { uuidOf } from './template-resources.ts';

/** A subscription of the template. Protocols: lambda and email; e-mail confirms itself, nobody has to click. */
export interface Subscription {
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  /** The queue of its redrive policy. */
  readonly deadLetterArn?: string;
}

/** SNS with what other local services use. */
export interface Sns extends Service {
  /** Puts a notification on disk for every subscription and answers; delivery follows. Rejects with NotFound. */
  publish(topicArn: string, notification: { readonly message: string; readonly subject?: string }): Promise<string>;
  /** Goes on with deliveries that a stop of the process left behind. */
  resume(): Promise<void>;
}

interface Options {
  readonly store: Store;
  readonly clock: Clock;
  /** ARNs; FIFO topics are refused. */
  readonly topics: readonly string[];
  readonly subscriptions: readonly Subscription[];
  readonly invoke: InvokeFunction;
  readonly mailbox: Mailbox;
  readonly queues: Queues;
}

/** A notification in the shape that subscribers get it. */
interface Notification {
  readonly Type: 'Notification';
  readonly MessageId: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly Message: string;
  readonly Timestamp: string;
}

/** One notification on its way to one subscription. */
interface Delivery {
  readonly subscription: Subscription;
  readonly notification: Notification;
}

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';
/** SNS takes 262,144 bytes of message and 100 characters of subject. */
const limits = { message: 262_144, subject: 100 };

/** The topics and subscriptions of the template. Throws on what is not modelled, by name. */
export function openSns(options: Options): Sns {
  for (const arn of options.topics) {
    if (arn.endsWith('.fifo')) throw new Error(`SNS topic ${arn}: the local cloud does not model FIFO topics`);
  }
  for (const subscription of options.subscriptions) checkSubscription(options, subscription);
  const courier = new Courier(options);
  const Publish = {
    knows: ['TopicArn', 'Message', 'Subject'],
    prepare(input: QueryInput) {
      const topic = input.get('TopicArn');
      if (topic === undefined) throw invalid('TopicArn Reason: no value for required parameter');
      const notification = { message: input.get('Message') ?? '', subject: input.get('Subject') };
      const run = async () => ({ MessageId: await courier.publish(topic, notification) });
      return { permissions: [{ action: 'sns:Publish', resource: topic }], run };
    },
  };
  return {
    ...queryService('sns', namespace, { Publish }),
    publish: (topicArn, notification) => courier.publish(topicArn, notification),
    resume: () => courier.resume(),
  };
}

function checkSubscription({ topics }: Options, { topicArn, protocol, endpoint }: Subscription): void {
  const name = `SNS subscription of ${endpoint} to ${topicArn}`;
  if (!Object.hasOwn(deliverers, protocol)) throw new Error(`${name}: the local cloud does not model ${protocol}`);
  if (!topics.includes(topicArn)) throw new Error(`${name}: there is no such topic`);
}

function checkNotification({ message, subject }: { readonly message: string; readonly subject?: string }): void {
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > limits.message) throw invalid('Message too long');
  if (subject === undefined) return;
  if (!/^[\x21-\x7e][\x20-\x7e]*$/.test(subject) || subject.length > limits.subject) throw invalid('Subject');
}

const invalid = (reason: string): AwsError => new AwsError('InvalidParameter', `Invalid parameter: ${reason}`);

/** Carries notifications to subscriptions: on disk until delivered or dead. */
class Courier {
  private readonly options: Options;
  private readonly store: Store;

  constructor(options: Options) {
    this.options = options;
    this.store = options.store.sub('delivery');
  }

  async publish(topicArn: string, content: { readonly message: string; readonly subject?: string }): Promise<string> {
    if (!this.options.topics.includes(topicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
    checkNotification(content);
    const notification = this.notification(topicArn, content);
    const subscriptions = this.options.subscriptions.filter((subscription) => subscription.topicArn === topicArn);
    const deliveries = subscriptions.map((subscription, n) => ({
      key: `${notification.Timestamp} ${notification.MessageId} ${n}`,
      value: { subscription, notification },
    }));
    await this.store.batch(deliveries.map((entry) => ({ type: 'put', ...entry })));
    for (const { key, value } of deliveries) this.options.clock.busy(this.deliver(key, value)).catch(report);
    return notification.MessageId;
  }

  async resume(): Promise<void> {
    const left: (readonly [string, Delivery])[] = [];
    for await (const entry of this.store.entries<Delivery>()) left.push(entry);
    await this.options.clock.busy(Promise.all(left.map(([key, delivery]) => this.deliver(key, delivery))));
  }

  private notification(
    topicArn: string,
    { message, subject }: { readonly message: string; readonly subject?: string },
  ): Notification {
    return {
      Type: 'Notification',
      MessageId: randomUUID(),
      TopicArn: topicArn,
      ...(subject !== undefined && { Subject: subject }),
      Message: message,
      Timestamp: this.options.clock.now().toISOString(),
    };
  }

  /** Lambda and the mailbox keep what they accept and go on by themselves; what they do not accept is dead, since it can't get better. */
  private async deliver(key: string, { subscription, notification }: Delivery): Promise<void> {
    try {
      await deliverers[subscription.protocol]?.(this.options, subscription, notification);
    } catch (error) {
      const { deadLetterArn, endpoint } = subscription;
      console.error(`sns: ${notification.MessageId} to ${endpoint} is undeliverable: ${(error as Error).message}`);
      if (deadLetterArn !== undefined) await this.options.queues.send(deadLetterArn, JSON.stringify(notification));
    }
    await this.store.del(key);
  }
}

/** A delivery that can't even be noted stays on disk for the next start. */
const report = (error: Error): void => console.error(`sns: a delivery is left for the next start: ${error.message}`);

type Deliver = (options: Options, subscription: Subscription, notification: Notification) => Promise<void>;

const deliverers: Readonly<Record<string, Deliver>> = {
  async lambda({ invoke }, subscription, notification) {
    await invoke(subscription.endpoint, JSON.stringify(lambdaEvent(subscription, notification)), { type: 'Event' });
  },
  async email({ clock, mailbox }, subscription, notification) {
    const composer = new MailComposer({
      from: { name: 'AWS Notifications', address: sender },
      to: { name: '', address: subscription.endpoint },
      subject: notification.Subject ?? 'AWS Notification Message',
      text: notification.Message,
      date: clock.now(),
    });
    await mailbox.put({ from: sender, to: [subscription.endpoint], raw: await composer.compile().build() });
  },
};

const sender = 'no-reply@sns.amazonaws.com';

function subscriptionArn({ topicArn, protocol, endpoint }: Subscription): string {
  return `${topicArn}:${uuidOf(`${protocol} ${endpoint}`)}`;
}

/** Nothing local checks signatures of SNS, and there is no certificate: the fields are there with a text that says so. */
const signature = { SignatureVersion: '1', Signature: 'not-signed-locally' };

function lambdaEvent(subscription: Subscription, notification: Notification): unknown {
  const EventSubscriptionArn = subscriptionArn(subscription);
  const site = 'https://sns.eu-west-1.amazonaws.com/';
  const links = {
    SigningCertUrl: `${site}SimpleNotificationService-local.pem`,
    UnsubscribeUrl: `${site}?Action=Unsubscribe&SubscriptionArn=${EventSubscriptionArn}`,
  };
  const Sns = { Subject: null, MessageAttributes: {}, ...notification, ...signature, ...links };
  return { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn, Sns }] };
}
