import type { Flow, Json, Outcome, Request, StartThread } from './flow.ts';

/** A thread of an execution, and what it runs for. */
interface Thread {
  readonly flow: Flow<unknown>;
  readonly fork: Fork | undefined;
  readonly index: number;
  /** The lines it waits for. */
  inner: Fork | undefined;
  ended: boolean;
}

interface Fork {
  readonly parent: Thread;
  readonly start: StartThread;
  readonly count: number;
  readonly outputs: Json[];
  readonly active: Set<Thread>;
  next: number;
}

type Input = { readonly value: unknown } | { readonly error: unknown };

/** What a thread waits for from outside. */
export type Pending = Extract<Request, { kind: 'sleep' | 'call' }>;

/**
 * Runs the threads of one execution, one at a time, in an order that follows from the answers alone: so a replay of the same answers
 * gives the same history. Nothing here touches the world.
 */
export class Scheduler<Result> {
  /** What the threads wait for, by id. */
  readonly pending = new Map<number, Pending>();
  private readonly threads = new Map<number, Thread>();
  private readonly ready: (readonly [Thread, Input])[] = [];
  private readonly root: Thread;
  /** Set when the first thread has ended. */
  result: Result | undefined;

  constructor(flow: Flow<Result>) {
    this.root = { flow, fork: undefined, index: 0, inner: undefined, ended: false };
    this.ready.push([this.root, { value: undefined }]);
  }

  /** Answers what is pending with this id, if it still is. The answer takes effect in `run`. */
  answer(id: number, outcome: Outcome): boolean {
    const thread = this.threads.get(id);
    if (thread === undefined) return false;
    this.threads.delete(id);
    if (outcome.type !== 'submitted') this.pending.delete(id);
    this.ready.push([thread, { value: outcome }]);
    return true;
  }

  /** Ends all threads where they are. */
  stop(): void {
    this.end(this.root);
  }

  /** Runs until every thread waits for an answer or has ended. Rejects with what is no error of the States Language. */
  async run(): Promise<void> {
    for (let next = this.ready.shift(); next !== undefined; next = this.ready.shift())
      if (!next[0].ended) await this.resume(...next);
  }

  private async resume(thread: Thread, input: Input): Promise<void> {
    let next = input;
    for (;;) {
      const step = advance(thread.flow, next);
      if ('error' in step) return this.failed(thread, step.error);
      if (step.done) return this.succeeded(thread, step.value);
      if (step.value.kind !== 'evaluate') return this.block(thread, step.value);
      next = await settled(step.value.run);
    }
  }

  private block(thread: Thread, request: Exclude<Request, { kind: 'evaluate' }>): void {
    if (request.kind === 'fork') {
      this.fork(thread, request);
      return;
    }
    const id = request.kind === 'call' ? request.call.id : request.id;
    this.threads.set(id, thread);
    if (request.kind !== 'answer') this.pending.set(id, request);
  }

  private fork(parent: Thread, { start, count, limit }: Extract<Request, { kind: 'fork' }>): void {
    const fork: Fork = { parent, start, count, outputs: [], active: new Set(), next: 0 };
    parent.inner = fork;
    while (fork.next < Math.min(count, limit)) this.startNext(fork);
    if (count === 0) this.join(fork);
  }

  private startNext(fork: Fork): void {
    const index = fork.next++;
    const thread: Thread = { flow: fork.start(index), fork, index, inner: undefined, ended: false };
    fork.active.add(thread);
    this.ready.push([thread, { value: undefined }]);
  }

  private join({ parent, outputs }: Fork): void {
    parent.inner = undefined;
    this.ready.push([parent, { value: outputs }]);
  }

  private succeeded(thread: Thread, value: unknown): void {
    thread.ended = true;
    const { fork } = thread;
    if (fork === undefined) {
      this.result = value as Result;
      return;
    }
    fork.outputs[thread.index] = value as Json;
    fork.active.delete(thread);
    if (fork.next < fork.count) this.startNext(fork);
    else if (fork.active.size === 0) this.join(fork);
  }

  /** The first line that fails ends the others. */
  private failed(thread: Thread, error: unknown): void {
    thread.ended = true;
    const { fork } = thread;
    if (fork === undefined) throw error;
    fork.active.delete(thread);
    for (const other of fork.active) this.end(other);
    fork.parent.inner = undefined;
    this.ready.push([fork.parent, { error }]);
  }

  private end(thread: Thread): void {
    thread.ended = true;
    for (const inner of thread.inner?.active ?? []) this.end(inner);
    for (const [id, waiting] of this.threads)
      if (waiting === thread) {
        this.threads.delete(id);
        this.pending.delete(id);
      }
  }
}

type Step = IteratorResult<Request, unknown> | { readonly error: unknown };

function advance(flow: Flow<unknown>, input: Input): Step {
  try {
    return 'error' in input ? flow.throw(input.error) : flow.next(input.value);
  } catch (error) {
    return { error };
  }
}

async function settled(run: () => Promise<Json>): Promise<Input> {
  try {
    return { value: await run() };
  } catch (error) {
    return { error };
  }
}
