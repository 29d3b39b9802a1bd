import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { traceOf } from './reads.ts';
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
  readonly reservedConcurrency?: number | undefined;
}

/** What the bootstrap tells: without a result, that the handler begins. `fatal`: the process ends and takes no other event. */
interface Message {
  readonly id: string;
  readonly result?: InvokeResult;
  readonly rss?: number;
  readonly fatal?: boolean;
}

/** Lambda gives a function ten seconds to initialise; two processors for sixteen functions may need longer. */
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
  /** Milliseconds, until a log has told them. */
  private init: number | undefined;
  private told = false;
  private current: { readonly id: string; end(result: InvokeResult, rss?: number): void } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private began = 0;

  /** `compiledDir`: for compiled code that processes share; `log` takes what the function prints and the lines around it. */
  constructor(fn: FunctionDefinition, env: NodeJS.ProcessEnv, compiledDir: string, log: (text: string) => void) {
    this.fn = fn;
    this.log = log;
    this.child = spawn(process.execPath, [`--max-old-space-size=${fn.memoryMb}`, bootstrap, compiledDir], {
      cwd: fn.codeDir,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const pipe of [this.child.stdout, this.child.stderr]) pipe?.setEncoding('utf8').on('data', log);
    this.child.on('message', (message) => this.receive(message as Message));
    const { promise, resolve } = Promise.withResolvers<string>();
    this.child.once('error', (error) => resolve(`Runtime could not be started: ${error.message}`));
    this.child.once('exit', (code, signal) => resolve(exitReason(code, signal)));
    this.exited = promise.then((reason) => this.fail('Runtime.ExitError', reason));
  }

  /**
   * Gives the function an event. Never rejects: a crash and a timeout are results, as with Lambda. `offset`: how far virtual time is ahead,
   * in milliseconds.
   */
  async run(id: string, payload: string, offset: number): Promise<InvokeResult> {
    const { arn, timeoutSeconds } = this.fn;
    this.log(`START RequestId: ${id} Version: $LATEST\n`);
    const { promise, resolve } = Promise.withResolvers<{ result: InvokeResult; rss: number }>();
    this.current = { id, end: (result, rss = 0) => resolve({ result, rss }) };
    this.limit(initSeconds);
    const traceId = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${traceOf(id)}`;
    const message = { id, payload, offset, timeoutMs: timeoutSeconds * 1000, arn, traceId };
    // A process that died in between is told of by its exit.
    if (this.usable) this.child.send(message, () => {});
    else this.fail('Runtime.ExitError', 'Runtime exited before it was given an event');
    const { result, rss } = await promise;
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
    const { current } = this;
    const message = `Task timed out after ${seconds.toFixed(2)} seconds`;
    this.log(`${message}\n\n`);
    this.current = undefined;
    this.kill();
    // Only a process that is gone can't go on with what its caller believes to have failed.
    void this.exited.then(() => current?.end(failure(current.id, 'Sandbox.Timedout', message)));
  }

  private receive({ id, result, rss, fatal }: Message): void {
    if (id !== this.current?.id) return;
    this.usable &&= !fatal;
    if (result !== undefined) this.current.end(result, rss);
    else this.ready();
  }

  /** The handler begins: from here on its own timeout counts. */
  private ready(): void {
    this.init ??= performance.now() - this.started;
    this.limit(this.fn.timeoutSeconds);
  }

  private fail(errorType: string, reason: string): void {
    this.usable = false;
    this.current?.end(failure(this.current.id, errorType, reason));
  }

  private logEnd(id: string, rss: number): void {
    const ms = performance.now() - this.began;
    const memory = `Memory Size: ${this.fn.memoryMb} MB\tMax Memory Used: ${Math.ceil(rss / 1_048_576)} MB`;
    const report = `Duration: ${ms.toFixed(2)} ms\tBilled Duration: ${Math.ceil(ms)} ms\t${memory}`;
    const init = this.told || this.init === undefined ? '' : `\tInit Duration: ${this.init.toFixed(2)} ms`;
    this.told = true;
    this.log(`END RequestId: ${id}\nREPORT RequestId: ${id}\t${report}${init}\n`);
  }
}

function failure(id: string, errorType: string, reason: string): InvokeResult {
  return { ok: false, error: { errorType, errorMessage: `RequestId: ${id} Error: ${reason}` } };
}

/** Lambda's own words for how a runtime ended. */
function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGABRT' || code === 134) return 'Runtime exited with error: signal: aborted';
  if (signal !== null) return `Runtime exited with error: signal: ${signal === 'SIGKILL' ? 'killed' : signal}`;
  return code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: exit status ${code}`;
}
