import { randomUUID } from 'node:crypto';
import { AwsError, type Clock, type InvokeResult, type Store } from './service.ts';

/** How a function's asynchronous invocations are retried, and where they go in the end. */
export interface AsyncConfig {
  /** Of a function that fails; default 2. */
  readonly maximumRetryAttempts?: number | undefined;
  /** Default six hours. */
  readonly maximumEventAgeSeconds?: number | undefined;
  readonly onFailureArn?: string | undefined;
}

interface Options {
  readonly store: Store;
  readonly clock: Clock;
  configOf(functionArn: string): AsyncConfig;
  /** One attempt. Rejects with AwsError when the function is throttled. */
  run(functionArn: string, payload: string, requestId: string): Promise<InvokeResult>;
  /** Puts a message where a destination's ARN says. */
  deliver(targetArn: string, body: string): Promise<void>;
}

interface Event {
  readonly key: string;
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  /** Milliseconds of virtual time. */
  readonly at: number;
  /** When the next attempt is due. */
  readonly due: number;
  /** Attempts in which the function ran and failed. */
  readonly failures: number;
  /** Attempts that were throttled. */
  readonly throttles: number;
}

type Failure = Extract<InvokeResult, { ok: false }>['error'];
type Condition = 'RetriesExhausted' | 'EventAgeExceeded';

/** Invocations of type Event: on disk before they are answered, retried, and delivered to a destination in the end. */
export class AsyncQueue {
  private readonly options: Options;
  private order = 0;

  constructor(options: Options) {
    this.options = options;
  }

  /** Resolves when the event is on disk. */
  async put(functionArn: string, payload: string): Promise<void> {
    const { store, clock } = this.options;
    const requestId = randomUUID();
    const at = clock.now().getTime();
    // Keys sort by arrival: the same millisecond by the count.
    const key = `${new Date(at).toISOString()} ${String(this.order++).padStart(9, '0')} ${requestId}`;
    const event: Event = { key, requestId, functionArn, payload, at, due: at, failures: 0, throttles: 0 };
    await store.put(key, event);
    void clock.busy(this.attempt(event));
  }

  /** Goes on with what a stop of the process left behind. */
  async resume(): Promise<void> {
    for await (const [, event] of this.options.store.entries<Event>()) this.later(event);
  }

  private later(event: Event): void {
    const { clock } = this.options;
    clock.at(new Date(event.due), () => clock.busy(this.attempt(event)));
  }

  private async attempt(event: Event): Promise<void> {
    const { run, configOf } = this.options;
    try {
      const result = await run(event.functionArn, event.payload, event.requestId);
      if (result.ok) return await this.options.store.del(event.key);
      const { maximumRetryAttempts: retries = 2 } = configOf(event.functionArn);
      const failed = { ...event, failures: event.failures + 1 };
      if (failed.failures > retries) return await this.end(failed, 'RetriesExhausted', result.error);
      // Lambda's own: one minute before the first retry, two before the second.
      await this.retry(failed, failed.failures * 60_000, result.error);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const throttled = { ...event, throttles: event.throttles + 1 };
      const delay = Math.min(1000 * 2 ** event.throttles, 300_000);
      await this.retry(throttled, delay, { errorType: error.code, errorMessage: error.message });
    }
  }

  private async retry(tried: Event, delay: number, error: Failure): Promise<void> {
    const { store, clock, configOf } = this.options;
    const { maximumEventAgeSeconds = 21_600 } = configOf(tried.functionArn);
    const event = { ...tried, due: clock.now().getTime() + delay };
    if (event.due > event.at + maximumEventAgeSeconds * 1000) return this.end(event, 'EventAgeExceeded', error);
    await store.put(event.key, event);
    this.later(event);
  }

  /** Delivers the event with what came of it, and forgets it. */
  private async end(event: Event, condition: Condition, error: Failure): Promise<void> {
    const { store, deliver, configOf } = this.options;
    const { onFailureArn } = configOf(event.functionArn);
    console.error(`lambda: ${event.functionArn} gave up on ${event.requestId}: ${condition}, ${error.errorType}`);
    if (onFailureArn !== undefined) await deliver(onFailureArn, this.record(event, condition, error));
    await store.del(event.key);
  }

  /** What a destination gets, in Lambda's own shape. */
  private record(event: Event, condition: Condition, responsePayload: Failure): string {
    const { requestId, functionArn, failures, throttles, payload } = event;
    return JSON.stringify({
      version: '1.0',
      timestamp: this.options.clock.now().toISOString(),
      requestContext: {
        requestId,
        functionArn: `${functionArn}:$LATEST`,
        condition,
        approximateInvokeCount: failures + throttles,
      },
      requestPayload: JSON.parse(payload),
      responseContext: {
        statusCode: failures > 0 ? 200 : 429,
        executedVersion: '$LATEST',
        functionError: 'Unhandled',
      },
      responsePayload,
    });
  }
}
