/** JSON as it travels between states. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * One thread of an execution: it runs until it needs something from outside and asks for it. A generator, because a thread that never
 * waits for anything but its requests runs the same way again when its journal is replayed.
 */
export type Flow<T> = Generator<Request, T, unknown>;

/** What a thread can ask for. */
export type Request =
  | { readonly kind: 'evaluate'; readonly run: () => Promise<Json> }
  | { readonly kind: 'sleep'; readonly id: number; readonly until: number }
  | { readonly kind: 'call'; readonly call: TaskCall }
  /** The next answer to a call that was submitted: a task that answers by its token. */
  | { readonly kind: 'answer'; readonly id: number }
  | { readonly kind: 'fork'; readonly count: number; readonly limit: number; readonly start: StartThread };

export type StartThread = (index: number) => Flow<Json>;

/** What a Task state asks of the world. Times are milliseconds of virtual time. */
export interface TaskCall {
  readonly id: number;
  readonly target: Target;
  /** The answer comes by SendTaskSuccess or SendTaskFailure with this token. */
  readonly token?: string;
  readonly timeoutAt?: number;
  /** Longest silence between two heartbeats, the first of which is the call itself, at `from`. */
  readonly heartbeat?: { readonly from: number; readonly every: number };
}

/** Whom a task calls. */
export type Target =
  | {
      readonly service: 'lambda';
      readonly functionArn: string;
      readonly payload: Json;
      readonly type: 'RequestResponse' | 'Event';
      /** A function's bare answer (its ARN is the Resource), or the answer of Lambda's Invoke. */
      readonly bare: boolean;
    }
  | { readonly service: string; readonly operation: string; readonly input: Json; readonly errorPrefix: string };

/** What came back from outside. It is kept in the journal, so it is JSON. */
export type Outcome =
  | { readonly type: 'succeeded'; readonly output: Json }
  | { readonly type: 'submitted'; readonly output: Json }
  | { readonly type: 'failed'; readonly error?: string; readonly cause?: string }
  | { readonly type: 'timedOut'; readonly error: 'States.Timeout' | 'States.HeartbeatTimeout' }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'woken' }
  | { readonly type: 'started' }
  | { readonly type: 'aborted'; readonly error?: string; readonly cause?: string }
  | { readonly type: 'executionTimedOut' };

/** Asks, and answers with what came back. */
export function* ask<T>(request: Request): Flow<T> {
  return (yield request) as T;
}
