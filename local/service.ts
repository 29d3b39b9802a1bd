import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** One call to an AWS endpoint, its signature already checked. */
export interface Call {
  readonly method: string;
  /** Decoded path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly request: IncomingMessage;
  readonly caller: Caller;
  /** For what only the answer shows to be needed. Throws AwsError when the caller may not. */
  authorise(permission: Permission): void;
}

/** Who signed. `role` is the ARN of a function's (or machine's) role; a person with the root key has none and may do everything. */
export interface Caller {
  readonly accessKeyId: string;
  readonly role?: string;
}

/** What a call needs: the gateway evaluates each against the caller's synthesised policy before the call is carried out. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
  /** Condition keys of this call, e.g. `dynamodb:LeadingKeys`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** One AWS service. One file per service; it answers on the shared port, told apart by the credential scope. */
export interface Service {
  /** The service's name in the SigV4 credential scope: dynamodb, s3, states, ses, kms, secretsmanager, lambda, scheduler, sns. */
  readonly signingName: string;
  /** Reads a call. Throws AwsError on what is not modelled, by name. */
  prepare(call: Call): Prepared;
  /** Frees files and timers. */
  close?(): Promise<void>;
}

/** A call that its service has read. */
export interface Prepared {
  /** AWS's name for it, such as `PutItem`. */
  readonly operation: string;
  readonly permissions: readonly Permission[];
  /** Carries it out, each time that it is called. */
  answer(response: ServerResponse): Promise<unknown>;
}

/** An error in the shape AWS gives it; the gateway renders it as JSON, query XML or S3 XML. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly extra: Readonly<Record<string, unknown>>;
  constructor(code: string, message: string, status = 400, extra: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
    this.extra = extra;
  }
}

/** Calls a function as Lambda's Invoke does. `payload` is JSON text. Rejects with AwsError on refusal (unknown function, throttled). */
export type InvokeFunction = (
  functionArn: string,
  payload: string,
  options?: { readonly type?: 'RequestResponse' | 'Event'; readonly requestId?: string },
) => Promise<InvokeResult>;

/** An error is Lambda's own: a timeout is `Sandbox.Timedout`, a crash `Runtime.ExitError`. */
export type InvokeResult =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: InvokeError };
type InvokeError = Readonly<{ errorType: string; errorMessage: string; trace?: readonly string[] }>;

/** Virtual time. Nothing in `local/` reads `Date.now()` for anything a person or a function can see. */
export interface Clock {
  /** Real time plus the offset. */
  now(): Date;
  /** Milliseconds that virtual time is ahead of real time; functions get it with each invocation. */
  offset(): number;
  /** Runs `fire` once, when virtual time reaches `at`. Timers of one instant fire in the order they were set. Not durable: its owner sets it again after a restart. Answers how to cancel. */
  at(at: Date, fire: () => unknown): () => void;
  /** Marks work under way: a jump of the clock waits until nothing is under way before it goes to the next timer. */
  busy<T>(work: Promise<T>): Promise<T>;
}

/** One write of a batch. */
export type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string };

/** Keys with `gte <= key < lt`. */
export interface Range {
  readonly gte?: string;
  readonly lt?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
  /** Is told of records that can't be read, and the others follow; without it the first of them ends the reading. */
  readonly broken?: (error: Error) => void;
}

/** A durable key-value store (classic-level underneath): keys sort bytewise, every write is on disk (fsync) before it resolves. */
export interface Store {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  del(key: string): Promise<void>;
  batch(changes: readonly Change[]): Promise<void>;
  /** Entries in order. */
  entries<T>(range?: Range): AsyncIterable<readonly [string, T]>;
  /** A store of its own under a name. */
  sub(name: string): Store;
}
