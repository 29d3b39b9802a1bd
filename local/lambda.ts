import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type AsyncConfig, AsyncQueue } from './lambda-queue.ts';
import { type FunctionDefinition, Sandbox } from './lambda-sandbox.ts';
import {
  AwsError,
  type Call,
  type Clock,
  type InvokeFunction,
  type InvokeResult,
  type Prepared,
  type Service,
  type Store,
} from './service.ts';
import { place } from './template-resources.ts';

/** A function with how its asynchronous invocations end. */
export type LambdaFunction = FunctionDefinition & { readonly async: AsyncConfig };

/** Lambda for the functions of the template. */
export interface Lambda extends Service {
  readonly invoke: InvokeFunction;
  /** Goes on with asynchronous invocations that a stop of the process left behind. */
  resume(): Promise<void>;
  close(): Promise<void>;
}

export interface Limits {
  /** Processes at once: more than a stack of ours has functions. */
  readonly mostProcesses: number;
  /** When all are taken, a function with so many waits for one of its own; one for each processor, because more run no faster. */
  readonly share: number;
  /** Milliseconds of real time after which an idle process is taken for a function that has its share, too. */
  readonly unusedMs: number;
  /** Milliseconds of real time after which an idle process ends. */
  readonly idleMs: number;
}

const usual: Limits = { mostProcesses: 32, share: availableParallelism(), unusedMs: 30_000, idleMs: 300_000 };

interface Options {
  readonly store: Store;
  readonly clock: Clock;
  readonly functions: readonly LambdaFunction[];
  /** Each function logs to a file of its name in here. */
  readonly logsDir: string;
  /** For compiled code, which every later process of the same bundle starts from. */
  readonly compiledDir: string;
  /** Where the AWS endpoints answer. */
  endpoint(): string;
  credentialsOf(roleArn: string): { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Puts a message where a destination's ARN says. */
  deliver(targetArn: string, body: string): Promise<void>;
  readonly limits?: Partial<Limits>;
}

/** Bytes of an event: six megabytes when its caller waits, one when it does not. */
const largestEvent = { RequestResponse: 6_291_456, Event: 1_048_576 };

/** The functions, each event in a child process of its own. */
export function openLambda(options: Options): Lambda {
  const { store, clock, functions, deliver } = options;
  const byArn = new Map(functions.map((fn) => [fn.arn, fn]));
  const find = (name: string): LambdaFunction => {
    const fn = byArn.get(arnOf(name));
    if (fn !== undefined) return fn;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${arnOf(name)}`, 404, { Type: 'User' });
  };
  const pool = new Pool(options);
  const queue = new AsyncQueue({
    ...{ store: store.sub('events'), clock, deliver },
    configOf: (arn) => byArn.get(arn)?.async ?? {},
    run: (arn, payload, id) => pool.run(find(arn), payload, id),
  });
  const invokeFrom: (within: boolean) => InvokeFunction =
    (within) =>
    async (name, payload, { type = 'RequestResponse', requestId } = {}) => {
      const fn = find(name);
      checkEvent(payload, type);
      if (type === 'RequestResponse') return pool.run(fn, payload, requestId, within);
      await queue.put(fn.arn, payload);
      return { ok: true, payload: '' };
    };
  const invoke = invokeFrom(false);
  return {
    signingName: 'lambda',
    invoke,
    prepare: (call) => (isList(call) ? listOf(functions) : invocationOf(call, invokeFrom(true))),
    resume: () => queue.resume(),
    close: () => pool.close(),
  };
}

const isList = ({ method, path }: Call): boolean => method === 'GET' && /^\/2015-03-31\/functions\/?$/.test(path);

function listOf(functions: readonly LambdaFunction[]): Prepared {
  const Functions = functions.map(({ name, arn, roleArn, runtime, handler, memoryMb, timeoutSeconds }) => {
    const limits = { MemorySize: memoryMb, Timeout: timeoutSeconds };
    return { FunctionName: name, FunctionArn: arn, Role: roleArn, Runtime: runtime, Handler: handler, ...limits };
  });
  return {
    operation: 'ListFunctions',
    permissions: [{ action: 'lambda:ListFunctions', resource: '*' }],
    answer: async (response) => void response.end(JSON.stringify({ Functions })),
  };
}

function invocationOf(call: Call, invoke: InvokeFunction): Prepared {
  return {
    operation: 'Invoke',
    permissions: [{ action: 'lambda:InvokeFunction', resource: arnOf(functionName(call)) }],
    async answer(response) {
      const { status, headers, body } = await answer(invoke, call);
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    },
  };
}

async function answer(invoke: InvokeFunction, call: Call) {
  const name = functionName(call);
  const ignored = ['x-amz-log-type', 'x-amz-client-context'].find(
    (one) => !['None', undefined].includes(call.headers[one] as string),
  );
  if (ignored !== undefined)
    throw new AwsError('InvalidParameterValueException', `The local cloud does not model ${ignored} of Invoke.`);
  const type = call.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type !== 'RequestResponse' && type !== 'Event')
    throw new AwsError('InvalidParameterValueException', `The local cloud does not model the invocation type ${type}.`);
  const result = await invoke(name, call.body.toString('utf8') || '{}', { type });
  if (type === 'Event') return { status: 202, headers: {}, body: '' };
  const headers = { 'x-amz-executed-version': '$LATEST', ...(!result.ok && { 'x-amz-function-error': 'Unhandled' }) };
  return { status: 200, headers, body: result.ok ? result.payload : JSON.stringify(result.error) };
}

function functionName({ method, path, query }: Call): string {
  const [, name] = path.match(/^\/2015-03-31\/functions\/([^/]+)\/invocations$/) ?? [];
  const qualifier = query.get('Qualifier');
  if (name !== undefined && method === 'POST') return qualifier === null ? name : `${name}:${qualifier}`;
  throw new AwsError('UnknownOperationException', `The local cloud does not model lambda ${method} ${path}.`, 404);
}

/** The ARN of a function named by its name, its ARN or its account and name. There is one version here, $LATEST. */
function arnOf(name: string): string {
  const { region, account } = place;
  const full = `arn:aws:lambda:${region}:${account}:function:`;
  const start = [full, `${account}:function:`].find((one) => name.startsWith(one)) ?? '';
  const plain = name.slice(start.length).replace(/:\$LATEST$/, '');
  return plain.startsWith('arn:') ? plain : full + plain;
}

function checkEvent(payload: string, type: keyof typeof largestEvent): void {
  const size = Buffer.byteLength(payload);
  const limit = largestEvent[type];
  const tooLarge = `${size} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`;
  if (size > limit) throw new AwsError('RequestTooLargeException', tooLarge, 413, { Type: 'User' });
  try {
    JSON.parse(payload);
  } catch (error) {
    const message = `Could not parse request body into json: ${(error as Error).message}`;
    throw new AwsError('InvalidRequestContentException', message, 400, { Type: 'User' });
  }
}

/** An event that waits for a process. `within`: a function that has one waits for its answer. */
interface Waiter {
  readonly fn: LambdaFunction;
  readonly within: boolean;
  readonly give: (sandbox: Sandbox) => void;
}

/** Keeps processes warm, at most so many at once; who comes later waits. */
class Pool {
  private readonly options: Options;
  private readonly limits: Limits;
  /** One open file per function. */
  private readonly logs = new Map<string, WriteStream>();
  private readonly all = new Set<Sandbox>();
  private readonly idle = new Map<Sandbox, { unused: boolean; readonly timers: readonly NodeJS.Timeout[] }>();
  private readonly running = new Map<string, number>();
  private closed = false;
  private readonly waiting: Waiter[] = [];

  constructor(options: Options) {
    this.options = options;
    this.limits = { ...usual, ...options.limits };
    mkdirSync(options.logsDir, { recursive: true });
  }

  /** Runs a function within its reserved concurrency; events that wait for a process count as running. */
  async run(fn: LambdaFunction, payload: string, id: string = randomUUID(), within = false): Promise<InvokeResult> {
    const before = this.running.get(fn.arn) ?? 0;
    const Reason = 'ReservedFunctionConcurrentInvocationLimitExceeded';
    if (before >= (fn.reservedConcurrency ?? Number.POSITIVE_INFINITY))
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429, { Type: 'User', Reason });
    this.running.set(fn.arn, before + 1);
    try {
      return await this.options.clock.busy(this.runIn(fn, payload, id, within));
    } finally {
      this.running.set(fn.arn, (this.running.get(fn.arn) ?? 1) - 1);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const sandbox of this.all) sandbox.kill();
    await Promise.all([...this.all].map(({ exited }) => exited));
    await Promise.all([...this.logs.values()].map((file) => new Promise((resolve) => file.end(resolve))));
  }

  private async runIn(fn: LambdaFunction, payload: string, id: string, within: boolean): Promise<InvokeResult> {
    const sandbox = await new Promise<Sandbox>((give) => {
      this.waiting.push({ fn, within, give });
      this.serve();
    });
    const result = await sandbox.run(id, payload, this.options.clock.offset());
    // Killed because the local cloud stops: that is no result, and whoever waits for one goes on after the next start.
    if (this.closed) return new Promise(() => {});
    this.release(sandbox);
    return result;
  }

  /**
   * Gives processes to those who wait: a warm one of the same function, else a new one while there is room. There always is for an event
   * from within: its caller holds a process until it is answered. Without room the process that has been idle longest makes some, for a
   * function that has less than its share, or when it has been idle for a while.
   */
  private serve(): void {
    const { mostProcesses, share } = this.limits;
    for (const waiter of this.inTurn()) {
      const hasRoom = waiter.within || this.all.size < mostProcesses;
      const sandbox = this.warm(waiter.fn) ?? (hasRoom ? this.start(waiter.fn) : undefined);
      if (sandbox !== undefined) {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        waiter.give(sandbox);
      } else if ([...this.all].filter(({ fn }) => fn === waiter.fn).length < share || this.hasUnused()) {
        // Nobody later in turn takes it: its exit serves those who wait.
        return void this.idle.keys().next().value?.kill();
      }
    }
  }

  private hasUnused(): boolean {
    return [...this.idle.values()].some(({ unused }) => unused);
  }

  /** Those from within first, then those whose function has the fewest processes at work: on AWS no function waits for another. */
  private inTurn(): Waiter[] {
    const rank = new Map<FunctionDefinition, number>();
    for (const one of this.all) rank.set(one.fn, (rank.get(one.fn) ?? 0) + (this.idle.has(one) ? 0 : 1));
    // A process that is warm goes to its own function before one as busy makes it cold.
    for (const one of this.idle.keys()) rank.set(one.fn, (rank.get(one.fn) ?? 0) - 0.5);
    const of = ({ fn, within }: Waiter) => (within ? Number.NEGATIVE_INFINITY : (rank.get(fn) ?? 0));
    return this.waiting.toSorted((a, b) => (of(a) < of(b) ? -1 : Number(of(a) > of(b))));
  }

  private warm(fn: LambdaFunction): Sandbox | undefined {
    const sandbox = [...this.idle.keys()].findLast((one) => one.fn === fn && one.usable);
    if (sandbox !== undefined) this.forget(sandbox);
    return sandbox;
  }

  private forget(sandbox: Sandbox): void {
    for (const timer of this.idle.get(sandbox)?.timers ?? []) clearTimeout(timer);
    this.idle.delete(sandbox);
  }

  private start(fn: LambdaFunction): Sandbox {
    const sandbox = new Sandbox(fn, environmentOf(fn, this.options), this.options.compiledDir, this.logOf(fn));
    this.all.add(sandbox);
    void sandbox.exited.then(() => {
      this.all.delete(sandbox);
      this.forget(sandbox);
      this.serve();
    });
    return sandbox;
  }

  private release(sandbox: Sandbox): void {
    if (!sandbox.usable) return;
    const { idleMs, unusedMs } = this.limits;
    const noteUnused = () => {
      idle.unused = true;
      this.serve();
    };
    const timers = [setTimeout(noteUnused, unusedMs).unref(), setTimeout(() => sandbox.kill(), idleMs).unref()];
    const idle = { unused: false, timers };
    this.idle.set(sandbox, idle);
    this.serve();
  }

  private logOf({ name }: LambdaFunction): (text: string) => void {
    const path = join(this.options.logsDir, `${name}.log`);
    const file = this.logs.get(name) ?? createWriteStream(path, { flags: 'a' });
    this.logs.set(name, file);
    // A process that is killed when the cloud closes may still have a last word.
    return (text) => void (file.writableEnded || file.write(text));
  }
}

/** What Lambda puts into a function's environment, and nothing of ours but a path to find programs in. */
function environmentOf(fn: LambdaFunction, { clock, endpoint, credentialsOf }: Options): Record<string, string> {
  const { accessKeyId, secretAccessKey } = credentialsOf(fn.roleArn);
  const stream = createHash('sha256').update(randomUUID()).digest('hex').slice(0, 32);
  return {
    ...fn.environment,
    PATH: process.env.PATH ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: 'local',
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_ENDPOINT_URL: endpoint(),
    AWS_EXECUTION_ENV: `AWS_Lambda_${fn.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: fn.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: `${clock.now().toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${stream}`,
    LAMBDA_TASK_ROOT: fn.codeDir,
    _HANDLER: fn.handler,
  };
}
