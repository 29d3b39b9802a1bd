import { CreateTopicCommand, ListTopicsCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openMailbox } from '../../local/mailbox.ts';
import { openQueues } from '../../local/queues.ts';
import { AwsError, type InvokeFunction } from '../../local/service.ts';
import { openSns, type Subscription } from '../../local/sns.ts';
import { memoryStore, serve, stillClock } from './small-gateway.ts';

const aws = (service: string, name: string) => `arn:aws:${service}:eu-west-1:123456789012:${name}`;
const topic = aws('sns', 'alarms');
const functionArn = aws('lambda', 'function:OnAlarm');
const dead = aws('sqs', 'alarms-dead');
const toLambda: Subscription = { topicArn: topic, protocol: 'lambda', endpoint: functionArn, deadLetterArn: dead };
const accepted: InvokeFunction = async () => ({ ok: true, payload: '' });

interface Options {
  readonly subscriptions: readonly Subscription[];
  readonly invoke?: InvokeFunction;
  readonly store?: ReturnType<typeof memoryStore>;
}

async function start({ subscriptions, invoke = accepted, store = memoryStore() }: Options) {
  const clock = stillClock();
  const mailbox = await openMailbox({ store: store.sub('mailbox'), clock });
  const queues = openQueues({ store: store.sub('queues'), clock, queues: [dead] });
  const topics = [topic];
  const sns = openSns({ clock, topics, subscriptions, invoke, mailbox, queues });
  const gateway = await serve(sns, 'query');
  const client = new SNSClient(gateway.config);
  const bodies = async (arn: string) => {
    const found = (await queues.list()).find((one) => one.arn === arn);
    return found?.messages.map(({ body }) => body) ?? [];
  };
  return { store, clock, mailbox, sns, gateway, client, bodies };
}

const running: { gateway: AsyncDisposable }[] = [];
afterEach(async () => {
  for (const { gateway } of running.splice(0)) await gateway[Symbol.asyncDispose]();
  vi.restoreAllMocks();
});
const startAll = async (options: Options) => {
  const local = await start(options);
  running.push(local);
  return local;
};

describe('a published message', () => {
  test('invokes a subscribed function asynchronously with the SNS event', async () => {
    const invoked: Parameters<InvokeFunction>[] = [];
    const invoke: InvokeFunction = async (...call) => {
      invoked.push(call);
      return { ok: true, payload: '' };
    };
    const { client, clock } = await startAll({ subscriptions: [toLambda], invoke });
    const { MessageId } = await client.send(
      new PublishCommand({ TopicArn: topic, Message: '{"a":1}', Subject: 'Late' }),
    );
    await clock.quiet();
    const [[name, payload, options] = []] = invoked;
    expect([invoked.length, name, options]).toEqual([1, functionArn, { type: 'Event' }]);
    expect(JSON.parse(payload as string).Records).toEqual([
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn: expect.stringMatching(new RegExp(`^${topic}:[0-9a-f-]{36}$`)),
        Sns: expect.objectContaining({
          Type: 'Notification',
          MessageId,
          TopicArn: topic,
          Subject: 'Late',
          Message: '{"a":1}',
          Timestamp: '2026-01-31T12:00:00.000Z',
          MessageAttributes: {},
        }),
      },
    ]);
  });

  test('reaches a subscribed address as a mail', async () => {
    const { client, clock, mailbox } = await startAll({
      subscriptions: [{ topicArn: topic, protocol: 'email', endpoint: 'dpo@example.dk' }],
    });
    await client.send(new PublishCommand({ TopicArn: topic, Message: 'Frist i morgen', Subject: 'Watchdog' }));
    await clock.quiet();
    const [mail] = await mailbox.list();
    expect(mail).toMatchObject({ to: ['dpo@example.dk'], from: 'no-reply@sns.amazonaws.com', subject: 'Watchdog' });
    expect(mail?.text.trim()).toBe('Frist i morgen');
  });

  test('is answered when its subscribers have it for good', async () => {
    const { promise: kept, resolve: keep } = Promise.withResolvers<void>();
    const said: string[] = [];
    const invoke: InvokeFunction = async () => {
      await kept;
      said.push('kept');
      return { ok: true, payload: '' };
    };
    const { client } = await startAll({ subscriptions: [toLambda], invoke });
    const publishing = client
      .send(new PublishCommand({ TopicArn: topic, Message: 'x' }))
      .then(() => said.push('answered'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    keep();
    await publishing;
    expect(said).toEqual(['kept', 'answered']);
  });
});

describe('a delivery that fails', () => {
  test('because the function is gone is put in the dead letter queue and said aloud', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    let attempts = 0;
    const invoke: InvokeFunction = async () => {
      attempts += 1;
      throw new AwsError('ResourceNotFoundException', 'Function not found', 404);
    };
    const { client, clock, bodies } = await startAll({ subscriptions: [toLambda], invoke });
    await client.send(new PublishCommand({ TopicArn: topic, Message: 'x' }));
    await clock.move(new Date('2026-01-31T13:00:00Z'));
    expect([attempts, said.mock.calls.length]).toEqual([1, 1]);
    expect((await bodies(dead)).map((body) => JSON.parse(body).Message)).toEqual(['x']);
  });
});

describe('a call', () => {
  test.each([
    ['an unknown topic', { TopicArn: `${topic}2`, Message: 'x' }, 'NotFoundException'],
    ['no message', { TopicArn: topic, Message: '' }, 'InvalidParameterException'],
    ['a message over 256 KB', { TopicArn: topic, Message: 'x'.repeat(262_145) }, 'InvalidParameterException'],
    [
      'a subject over 100 characters',
      { TopicArn: topic, Message: 'x', Subject: 'x'.repeat(101) },
      'InvalidParameterException',
    ],
    ['a subject of two lines', { TopicArn: topic, Message: 'x', Subject: 'a\nb' }, 'InvalidParameterException'],
    [
      'attributes',
      { TopicArn: topic, Message: 'x', MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } } },
      'InvalidParameterValue',
    ],
    ['a telephone number', { PhoneNumber: '+4512345678', Message: 'x' }, 'InvalidParameterValue'],
  ])('with %s is refused', async (_what, input, name) => {
    const { client } = await startAll({ subscriptions: [] });
    await expect(client.send(new PublishCommand(input))).rejects.toMatchObject({ name });
  });

  test('needs sns:Publish on the topic, and other operations are refused by name', async () => {
    const { client, gateway } = await startAll({ subscriptions: [] });
    await client.send(new PublishCommand({ TopicArn: topic, Message: 'x' }));
    expect(gateway.asked).toEqual([{ action: 'sns:Publish', resource: topic }]);
    await expect(client.send(new CreateTopicCommand({ Name: 'more' }))).rejects.toMatchObject({
      message: expect.stringContaining('sns:CreateTopic'),
    });
  });
});

test('every topic is listed by its ARN', async () => {
  const { client } = await startAll({ subscriptions: [] });
  const { Topics = [] } = await client.send(new ListTopicsCommand({}));
  expect(Topics).toEqual([{ TopicArn: topic }]);
});

test('a subscription to no topic is refused at load, by name', async () => {
  const lost = { topicArn: `${topic}2`, protocol: 'email', endpoint: 'a@example.dk' } as const;
  await expect(startAll({ subscriptions: [lost] })).rejects.toThrow(/there is no topic/);
});
