import { randomUUID } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { Mailbox } from './mailbox.ts';
import { listing, type QueryInput, queryService } from './protocol.ts';
import type { Queues } from './queues.ts';
import { AwsError, type Clock, type InvokeFunction } from './service.ts';
import { uuidOf } from './template-resources.ts';

/** A subscription of the template. An e-mail address confirms itself, nobody has to click. */
export interface Subscription {
  readonly topicArn: string;
  readonly protocol: 'lambda' | 'email';
  readonly endpoint: string;
  /** The queue of its redrive policy. */
  readonly deadLetterArn?: string;
}

interface Content {
  readonly message: string;
  readonly subject?: string;
}

interface Options {
  readonly clock: Clock;
  /** ARNs. */
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

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';
/** SNS takes 262,144 bytes of message and 100 characters of subject. */
const limits = { message: 262_144, subject: 100 };

/** The topics and subscriptions of the template. Throws when a subscription is to none of the topics. */
export function openSns(options: Options) {
  const lost = options.subscriptions.find(({ topicArn }) => !options.topics.includes(topicArn));
  if (lost !== undefined) throw new Error(`SNS subscription of ${lost.endpoint}: there is no topic ${lost.topicArn}`);
  const Publish = {
    knows: ['TopicArn', 'Message', 'Subject'],
    prepare(input: QueryInput) {
      const topic = input.get('TopicArn');
      if (topic === undefined) throw invalid('TopicArn Reason: no value for required parameter');
      const content = { message: input.get('Message') ?? '', subject: input.get('Subject') };
      const run = async () => ({ MessageId: await publish(options, topic, content) });
      return { permissions: [{ action: 'sns:Publish', resource: topic }], run };
    },
  };
  const member = options.topics.map((TopicArn) => ({ TopicArn }));
  const ListTopics = listing('sns:ListTopics', () => ({ Topics: { member } }));
  return {
    ...queryService('sns', namespace, { Publish, ListTopics }),
    publish: (topicArn: string, content: Content) => publish(options, topicArn, content),
  };
}

/** Answers when every subscriber has the notification for good, or the dead letter queue in its place. Rejects with NotFound. */
async function publish(options: Options, topicArn: string, content: Content): Promise<string> {
  if (!options.topics.includes(topicArn)) throw new AwsError('NotFound', 'Topic does not exist', 404);
  checkContent(content);
  const notification: Notification = {
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: topicArn,
    ...(content.subject !== undefined && { Subject: content.subject }),
    Message: content.message,
    Timestamp: options.clock.now().toISOString(),
  };
  const subscriptions = options.subscriptions.filter((subscription) => subscription.topicArn === topicArn);
  await Promise.all(subscriptions.map((subscription) => deliver(options, subscription, notification)));
  return notification.MessageId;
}

/** Lambda and the mailbox keep what they accept and go on by themselves; what they refuse is dead, since it can't get better. */
async function deliver(options: Options, subscription: Subscription, notification: Notification): Promise<void> {
  const { protocol, deadLetterArn, endpoint } = subscription;
  try {
    await deliverers[protocol](options, subscription, notification);
  } catch (error) {
    console.error(`sns: ${notification.MessageId} to ${endpoint} is undeliverable: ${(error as Error).message}`);
    if (deadLetterArn !== undefined) await options.queues.send(deadLetterArn, JSON.stringify(notification));
  }
}

function checkContent({ message, subject }: Content): void {
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > limits.message) throw invalid('Message too long');
  if (subject === undefined) return;
  if (!/^[\x21-\x7e][\x20-\x7e]*$/.test(subject) || subject.length > limits.subject) throw invalid('Subject');
}

const invalid = (reason: string): AwsError => new AwsError('InvalidParameter', `Invalid parameter: ${reason}`);

type Deliver = (options: Options, subscription: Subscription, notification: Notification) => Promise<void>;

const deliverers: Readonly<Record<Subscription['protocol'], Deliver>> = {
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
