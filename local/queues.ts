import { randomUUID } from 'node:crypto';
import { AwsError, type Clock, type Store } from './service.ts';

/** A message that waits in a queue; `at` is virtual time. */
interface QueuedMessage {
  readonly id: string;
  readonly at: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The dead letter queues of the template. Other services put messages in; a person reads them; nothing consumes them. */
export interface Queues {
  /** Puts a message on disk. Rejects with QueueDoesNotExist on a queue that the template does not hold. */
  send(queueArn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<void>;
  /** What each queue holds, oldest first. */
  list(): Promise<readonly { readonly arn: string; readonly messages: readonly QueuedMessage[] }[]>;
}

/** The queues of the template, durable in the store. */
export function openQueues(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly queues: readonly string[];
}): Queues {
  const { store, clock } = options;
  const known = new Map(options.queues.map((arn) => [arn, store.sub(arn.slice(arn.lastIndexOf(':') + 1))]));
  return {
    async send(arn, body, attributes = {}) {
      const queue = known.get(arn);
      if (queue === undefined) throw new AwsError('AWS.SimpleQueueService.NonExistentQueue', `No queue ${arn}.`);
      const message: QueuedMessage = { id: randomUUID(), at: clock.now().toISOString(), body, attributes };
      await queue.put(`${message.at} ${message.id}`, message);
    },
    list: () => Promise.all([...known].map(async ([arn, queue]) => ({ arn, messages: await messagesOf(queue) }))),
  };
}

async function messagesOf(queue: Store): Promise<QueuedMessage[]> {
  const messages: QueuedMessage[] = [];
  for await (const [, message] of queue.entries<QueuedMessage>()) messages.push(message);
  return messages;
}
