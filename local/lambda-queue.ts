import { randomUUID } from 'node:crypto';
import { AwsError, type Clock, type InvokeResult, type Store } from './service.ts';

/** How a function's asynchronous invocations are retried, and where they go in the end. */
export interface AsyncConfig {
  /** Of a function that fails; default 2. */
  readonly maximumRetryAttempts?: number;
  /** Default six hours. */
  readonly maximumEventAgeSeconds?: number;
  readonly onFailureArn?: string;
  readonly onSuccessArn?: string;
  /** The older dead letter queue: it gets the event alone. */
  readonly deadLetterArn?: string;
}

/** Invocations of type Event: on disk before they are answered, retried, and delivered to a destination in the end. */
export interface AsyncQueue {
  /** Resolves with the request id when the event is on disk. */
  put(functionArn: string, payload: string): Promise<string>;
  /** Goes on with what a stop of the process left behind. */
  resume(): Promise<void>;
}

interface Options {
  readonly store: Store;
  readonly clock: Clock;
  /** The function with its ARN. */
  configOf(functionArn: string): AsyncConfig;
  /** One attempt. Rejects with AwsError when the function is throttled. */
  run(functionArn: string, payload: string, requestId: string): Promise<InvokeResult>;
  /** Puts a message where a destination's ARN says. */
  deliver(targetArn: string, body: string, attributes: Readonly<Record<string, string>>): Promise<void>;
}

interface Event {
  readonly key: string;
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  /** Virtual time, in milliseconds. */
  readonly at: number;
  /** Attempts in which the function ran and failed. */
  readonly failures: number;
  /** Attempts that were throttled. */
  readonly throttles: number;
  /** When the next attempt is due. */
  readonly due: number;
}

type Failure = Extract<InvokeResult, { ok: false }>['error'];

/** Lambda's own: one minute before the first retry, two before the second; throttled events back off to five minutes. */
const retryMinutes = [1, 2];
const throttleDelay = { first: 1000, most: 300_000 };
const defaults = { retries: 2, ageSeconds: 21_600 };

/** The queue of asynchronous invocations. */
export function openAsyncQueue(options: Options): AsyncQueue {
  const { store, clock } = options;
  let order = 0;
  const attempt = (event: Event): Promise<void> => clock.busy(attemptOf(options, event, attempt));
  return {
    async put(functionArn, payload) {
      const requestId = randomUUID();
      const at = clock.now().getTime();
      // Keys sort by arrival: the same millisecond by the count.
      const key = `${new Date(at).toISOString()} ${String(order++).padStart(9, '0')} ${requestId}`;
      const event: Event = { key, requestId, functionArn, payload, at, failures: 0, throttles: 0, due: at };
      await store.put(key, event);
      void attempt(event);
      return requestId;
    },
    async resume() {
      for await (const [, event] of store.entries<Event>()) clock.at(new Date(event.due), () => void attempt(event));
    },
  };
}

async function attemptOf(options: Options, event: Event, again: (event: Event) => Promise<void>): Promise<void> {
  try {
    const result = await options.run(event.functionArn, event.payload, event.requestId);
    await (result.ok ? succeeded(options, event, result.payload) : failed(options, event, result.error, again));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    await throttled(options, event, error, again);
  }
}

async function succeeded(options: Options, event: Event, payload: string): Promise<void> {
  const { onSuccessArn } = options.configOf(event.functionArn);
  if (onSuccessArn !== undefined) await options.deliver(onSuccessArn, record(options, event, 'Success', payload), {});
  await options.store.del(event.key);
}

async function failed(options: Options, event: Event, error: Failure, again: (event: Event) => Promise<void>) {
  const { maximumRetryAttempts = defaults.retries } = options.configOf(event.functionArn);
  const failures = event.failures + 1;
  const delay = (retryMinutes[event.failures] ?? 2) * 60_000;
  if (failures > maximumRetryAttempts) return giveUp(options, { ...event, failures }, 'RetriesExhausted', error);
  await retry(options, { ...event, failures, due: options.clock.now().getTime() + delay }, error, again);
}

async function throttled(options: Options, event: Event, error: AwsError, again: (event: Event) => Promise<void>) {
  const delay = Math.min(throttleDelay.first * 2 ** event.throttles, throttleDelay.most);
  const later = { ...event, throttles: event.throttles + 1, due: options.clock.now().getTime() + delay };
  await retry(options, later, { errorType: error.code, errorMessage: error.message }, again);
}

async function retry(options: Options, event: Event, error: Failure, again: (event: Event) => Promise<void>) {
  const { maximumEventAgeSeconds = defaults.ageSeconds } = options.configOf(event.functionArn);
  if (event.due > event.at + maximumEventAgeSeconds * 1000) return giveUp(options, event, 'EventAgeExceeded', error);
  await options.store.put(event.key, event);
  options.clock.at(new Date(event.due), () => again(event));
}

async function giveUp(options: Options, event: Event, condition: string, error: Failure): Promise<void> {
  const { onFailureArn, deadLetterArn } = options.configOf(event.functionArn);
  const name = event.functionArn.slice(event.functionArn.lastIndexOf(':') + 1);
  console.error(`lambda: ${name} gave up on event ${event.requestId}: ${condition}, ${error.errorType}`);
  if (onFailureArn !== undefined) {
    await options.deliver(onFailureArn, record(options, event, condition, JSON.stringify(error)), {});
  }
  if (deadLetterArn !== undefined) {
    const attributes = {
      RequestID: event.requestId,
      ErrorCode: '200',
      ErrorMessage: error.errorMessage.slice(0, 1024),
    };
    await options.deliver(deadLetterArn, event.payload, attributes);
  }
  await options.store.del(event.key);
}

/** What a destination gets, in Lambda's own shape. */
function record({ clock }: Options, event: Event, condition: string, response: string): string {
  const { requestId, functionArn, failures, throttles, payload } = event;
  const ran = condition === 'Success' || failures > 0;
  return JSON.stringify({
    version: '1.0',
    timestamp: clock.now().toISOString(),
    requestContext: {
      requestId,
      functionArn: `${functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: failures + throttles + (condition === 'Success' ? 1 : 0),
    },
    requestPayload: JSON.parse(payload),
    responseContext: {
      statusCode: ran ? 200 : 429,
      executedVersion: '$LATEST',
      ...(condition === 'Success' ? {} : { functionError: 'Unhandled' }),
    },
    responsePayload: JSON.parse(response || 'null'),
  });
}
