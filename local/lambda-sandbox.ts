import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { InvokeResult } from './service.ts';

/** A Lambda function of the template. */
export interface FunctionDefinition {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly handler: string;
  readonly runtime: string;
  /** Folder of its bundle. */
  readonly codeDir: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Real time, not virtual. */
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  readonly logGroup: string;
  readonly reservedConcurrency?: number;
}

/** One event on its way into a sandbox. `offset` is how far virtual time is ahead, in milliseconds. */
export interface Invocation {
  readonly id: string;
  readonly payload: string;
  readonly offset: number;
}

/** What a process is started with. */
export interface SandboxOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Folder for compiled code that processes share. */
  readonly cacheDir: string;
  /** Takes what the function prints and the lines around it. */
  log(text: string): void;
}

type Message =
  | { readonly type: 'ready'; readonly id: string }
  | { readonly type: 'answer'; readonly id: string; readonly payload: string; readonly rss: number }
  /** `fatal`: the process ends and takes no other event. */
  | {
      readonly type: 'error';
      readonly id: string;
      readonly error: LambdaError;
      readonly rss: number;
      readonly fatal: boolean;
    };
type LambdaError = Extract<InvokeResult, { ok: false }>['error'];
type Outcome = { readonly result: InvokeResult; readonly rss: number };

/** Lambda gives a function ten seconds to initialise; two processes for sixteen functions may need longer. */
const initSeconds = 30;
const bootstrap = join(import.meta.dirname, 'lambda-bootstrap.mjs');

/** One process that runs one function, one event at a time, until it fails, is killed or is no longer wanted. */
export class Sandbox {
  readonly fn: FunctionDefinition;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  /** Whether another event can be given to it. */
  usable = true;
  private readonly child: ChildProcess;
  private readonly log: (text: string) => void;
  private readonly started = performance.now();
  private fresh = true;
  private settle: ((outcome: Outcome) => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private current = '';
  private began = 0;
  private initMs = 0;

  constructor(fn: FunctionDefinition, options: SandboxOptions) {
    this.fn = fn;
    const { log } = options;
    this.log = log;
    this.child = spawn(process.execPath, [`--max-old-space-size=${fn.memoryMb}`, bootstrap, options.cacheDir], {
      cwd: fn.codeDir,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', log);
    this.child.stderr?.setEncoding('utf8').on('data', log);
    this.child.on('message', (message) => this.receive(message as Message));
    this.exited = new Promise((resolve) => {
      const gone = (reason: string) => {
        this.end(reason);
        resolve();
      };
      this.child.once('error', (error) => gone(`Runtime could not be started: ${error.message}`));
      this.child.once('exit', (code, signal) => gone(exitReason(code, signal)));
    });
  }

  /** Gives the function an event. Never rejects: a crash and a timeout are results, as with Lambda. */
  async run({ id, payload, offset }: Invocation): Promise<InvokeResult> {
    this.current = id;
    this.log(`START RequestId: ${id} Version: $LATEST\n`);
    const ended = new Promise<Outcome>((resolve) => {
      this.settle = resolve;
    });
    this.limit(initSeconds);
    const traceId = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${id.replaceAll('-', '').slice(0, 24)}`;
    const message = { id, payload, offset, timeoutMs: this.fn.timeoutSeconds * 1000, arn: this.fn.arn, traceId };
    // A process that died in between is told of by its exit.
    if (this.usable) this.child.send(message, () => {});
    else this.end(`Runtime exited before it was given an event`);
    const { result, rss } = await ended;
    clearTimeout(this.timer);
    // What the function printed is in the pipe by now; one turn reads it before the lines that close its log.
    await new Promise(setImmediate);
    this.logEnd(id, rss);
    return result;
  }

  kill(): void {
    this.usable = false;
    this.child.kill('SIGKILL');
  }

  private limit(seconds: number): void {
    clearTimeout(this.timer);
    this.began = performance.now();
    this.timer = setTimeout(() => this.timeOut(seconds), seconds * 1000);
  }

  private timeOut(seconds: number): void {
    const errorMessage = `RequestId: ${this.current} Error: Task timed out after ${seconds.toFixed(2)} seconds`;
    const result = { ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage } } as const;
    const { settle } = this;
    this.settle = undefined;
    this.log(`${errorMessage}\n\n`);
    this.kill();
    // Only a process that is gone can't go on with what its caller believes to have failed.
    void this.exited.then(() => settle?.({ result, rss: 0 }));
  }

  private receive(message: Message): void {
    if (message.id !== this.current) return;
    if (message.type === 'ready') this.ready();
    if (message.type === 'answer') {
      this.settle?.({ result: { ok: true, payload: message.payload }, rss: message.rss });
    }
    if (message.type === 'error') {
      this.usable &&= !message.fatal;
      this.settle?.({ result: { ok: false, error: message.error }, rss: message.rss });
    }
  }

  /** The handler has begun: from here on its own timeout counts. */
  private ready(): void {
    if (this.fresh) this.initMs = performance.now() - this.started;
    this.limit(this.fn.timeoutSeconds);
  }

  private end(reason: string): void {
    this.usable = false;
    const errorMessage = `RequestId: ${this.current} Error: ${reason}`;
    this.settle?.({ result: { ok: false, error: { errorType: 'Runtime.ExitError', errorMessage } }, rss: 0 });
  }

  private logEnd(id: string, rss: number): void {
    const ms = performance.now() - this.began;
    const init = this.fresh ? `\tInit Duration: ${this.initMs.toFixed(2)} ms` : '';
    this.fresh = false;
    this.log(
      `END RequestId: ${id}\n` +
        `REPORT RequestId: ${id}\tDuration: ${ms.toFixed(2)} ms\tBilled Duration: ${Math.ceil(ms)} ms` +
        `\tMemory Size: ${this.fn.memoryMb} MB\tMax Memory Used: ${Math.ceil(rss / 1_048_576)} MB${init}\n`,
    );
  }
}

/** Lambda's own words for how a runtime ended. */
function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGABRT' || code === 134) return 'Runtime exited with error: signal: aborted';
  if (signal !== null) return `Runtime exited with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
  return code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`;
}
