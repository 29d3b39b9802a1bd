import { randomUUID } from 'node:crypto';
import { AwsError, type Clock, type Store } from './service.ts';

/** A message that waits in a queue; `at` is virtual time. */
interface QueuedMessage {
  readonly id: string;
  readonly at: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export type Queues = ReturnType<typeof openQueues>;

/** The dead letter queues of the template, by their ARNs. Other services put messages in; a person reads them; nothing consumes them. */
export function openQueues(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly queues: readonly string[];
}) {
  const { store, clock } = options;
  const known = new Map(options.queues.map((arn) => [arn, store.sub(arn.slice(arn.lastIndexOf(':') + 1))]));
  return {
    /** Puts a message on disk. Rejects on a queue that the template does not hold. */
    async send(arn: string, body: string, attributes: QueuedMessage['attributes'] = {}): Promise<void> {
      const queue = known.get(arn);
      if (queue === undefined) throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', `No queue ${arn}.`);
      const message: QueuedMessage = { id: randomUUID(), at: clock.now().toISOString(), body, attributes };
      await queue.put(`${message.at} ${message.id}`, message);
    },
    /** What each queue holds, oldest first. */
    list: () => Promise.all([...known].map(async ([arn, queue]) => ({ arn, messages: await messagesOf(queue) }))),
  };
}

async function messagesOf(queue: Store): Promise<QueuedMessage[]> {
  const messages: QueuedMessage[] = [];
  for await (const [, message] of queue.entries<QueuedMessage>()) messages.push(message);
  return messages;
}
