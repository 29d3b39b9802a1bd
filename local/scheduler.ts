import { randomUUID } from 'node:crypto';
import { unknownOperation } from './protocol.ts';
import type { Queues } from './queues.ts';
import type { Reads } from './reads.ts';
import type { Clock, InvokeFunction, Service, Store } from './service.ts';

/** A schedule of the template with a Lambda function as its target. */
export interface Schedule {
  readonly name: string;
  readonly arn: string;
  /** `rate(n minutes|hours|days)`. Anything else is refused at load. */
  readonly expression: string;
  readonly functionArn: string;
  readonly input: string;
  readonly RetryPolicy?: { readonly MaximumRetryAttempts?: number; readonly MaximumEventAgeInSeconds?: number };
  readonly deadLetterArn?: string;
}

/** EventBridge Scheduler for the template's schedules. */
export interface Scheduler extends Service {
  /** Sets the timers: call it once functions can be invoked. Makes up for ticks missed while the process was down, once. */
  start(): Promise<void>;
  /** Ticks that were left out because the function had answered it would be idle and nothing that it saw was written since. */
  coalesced(): number;
}

interface Options {
  readonly store: Store;
  readonly clock: Clock;
  readonly schedules: readonly Schedule[];
  readonly invoke: InvokeFunction;
  readonly queues: Queues;
  /** Knows whether another run of a function would meet anything new. */
  readonly reads: Pick<Reads, 'observe'>;
}

/** What the disk knows of a schedule. Instants are milliseconds of virtual time. */
interface Progress {
  readonly expression: string;
  /** The start that ticks are counted from. */
  readonly anchor: number;
  /** The last tick that was not left out. */
  readonly fired?: number;
  /** An invocation that has not succeeded yet. A later tick takes the place of an earlier one that still fails. */
  readonly pending?: Pending;
}

interface Pending {
  readonly tick: number;
  readonly id: string;
  readonly attempt: number;
}

/** The schedules of the template. Throws on an expression it does not model, by name. */
export function openScheduler(options: Options): Scheduler {
  const runs = options.schedules.map((schedule) => new Run(schedule, options));
  return {
    signingName: 'scheduler',
    prepare({ method, path }) {
      throw unknownOperation('scheduler', `${method} ${path}`);
    },
    async start() {
      for (const run of runs) await run.start();
    },
    coalesced: () => runs.reduce((sum, run) => sum + run.coalesced, 0),
    async close() {
      for (const run of runs) run.stop();
    },
  };
}

// When a schedule is due.

const units: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Milliseconds between two ticks. */
function periodOf({ name, expression }: Schedule): number {
  const [, count, unit = ''] = expression.match(/^rate\(([1-9]\d*) (minute|hour|day)s?\)$/) ?? [];
  if (count !== undefined) return Number(count) * (units[unit] as number);
  throw new Error(`schedule ${name}: the local cloud does not model ${expression}`);
}

// How often a failed invocation is tried again.

/** Scheduler's own defaults: 185 retries within a day. */
const retries = { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 };
/** Milliseconds before the first retry; it doubles up to an hour. AWS does not publish its steps, only that they grow. */
const backoff = { first: 60_000, most: 3_600_000 };

/** One schedule at work. */
class Run {
  coalesced = 0;
  private readonly schedule: Schedule;
  private readonly options: Options;
  private readonly period: number;
  private readonly cancels = new Set<() => void>();
  private progress: Progress;
  private idle: { readonly until: number; readonly isStale: () => boolean } | undefined;

  constructor(schedule: Schedule, options: Options) {
    this.schedule = schedule;
    this.options = options;
    this.period = periodOf(schedule);
    this.progress = { expression: schedule.expression, anchor: 0 };
  }

  async start(): Promise<void> {
    const { expression } = this.schedule;
    const kept = await this.options.store.get<Progress>(this.schedule.name);
    const fresh = { expression, anchor: this.now() };
    this.progress = kept?.expression === expression ? kept : fresh;
    if (this.progress === fresh) await this.save(fresh);
    this.catchUp();
    this.arm();
  }

  /** One tick for all that were missed while the process was down; without any, what was pending goes on. */
  private catchUp(): void {
    const { anchor, fired, pending } = this.progress;
    const missed = this.after(fired ?? anchor);
    if (missed <= this.now()) this.set(this.now(), () => this.tick(missed));
    else if (pending !== undefined) this.set(this.now(), () => this.options.clock.busy(this.attempt()));
  }

  stop(): void {
    for (const cancel of this.cancels) cancel();
  }

  /** The first tick after `time`. */
  private after(time: number): number {
    const { anchor } = this.progress;
    return anchor + (Math.floor((time - anchor) / this.period) + 1) * this.period;
  }

  private now(): number {
    return this.options.clock.now().getTime();
  }

  private set(at: number, fire: () => unknown): void {
    const cancel = this.options.clock.at(new Date(at), () => {
      this.cancels.delete(cancel);
      return fire();
    });
    this.cancels.add(cancel);
  }

  private arm(after = this.now()): void {
    const due = this.after(Math.max(after, this.now()));
    this.set(due, () => {
      this.arm(due);
      return this.tick(due);
    });
  }

  private tick(due: number): Promise<void> | undefined {
    if (this.isIdle()) {
      this.coalesced += 1;
      return undefined;
    }
    return this.options.clock.busy(this.fire(due));
  }

  private isIdle(): boolean {
    return this.idle !== undefined && this.now() < this.idle.until && !this.idle.isStale();
  }

  /** On disk only once it has ended: a crash before that makes it a missed tick, which is made up for. */
  private async fire(tick: number): Promise<void> {
    this.progress = { ...this.progress, fired: tick, pending: { tick, id: randomUUID(), attempt: 0 } };
    await this.attempt();
  }

  /** One invocation of what is pending. The answer is awaited, not queued, because it may say how long it is idle. */
  private async attempt(): Promise<void> {
    const { pending } = this.progress;
    if (pending === undefined) return;
    const requestId = randomUUID();
    const isStale = this.options.reads.observe({ functionArn: this.schedule.functionArn, requestId });
    const outcome = await this.call(pending, requestId).catch((error: Error) => ({ failure: error.message }));
    if ('failure' in outcome) return this.failed(pending, outcome.failure);
    const until = idleUntil(outcome.payload);
    this.idle = until === undefined ? undefined : { until, isStale };
    await this.settle(pending);
  }

  private async call(pending: Pending, requestId: string): Promise<{ payload: string } | { failure: string }> {
    const result = await this.options.invoke(this.schedule.functionArn, this.payload(pending), { requestId });
    return result.ok ? result : { failure: result.error.errorType };
  }

  /** AWS splits this: Scheduler retries refused calls, Lambda retries a function that fails. Here the RetryPolicy covers both. */
  private async failed(pending: Pending, failure: string): Promise<void> {
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = { ...retries, ...this.schedule.RetryPolicy };
    const at = this.now() + Math.min(backoff.first * 2 ** pending.attempt, backoff.most);
    const tooOld = at > pending.tick + MaximumEventAgeInSeconds * 1000;
    if (pending.attempt >= MaximumRetryAttempts || tooOld) return this.giveUp(pending, failure);
    if (!this.isPending(pending)) return;
    await this.save({ ...this.progress, pending: { ...pending, attempt: pending.attempt + 1 } });
    this.set(at, () => (this.isPending(pending) ? this.options.clock.busy(this.attempt()) : undefined));
  }

  private async giveUp(pending: Pending, failure: string): Promise<void> {
    console.error(`scheduler: ${this.schedule.name} gave up after ${pending.attempt + 1} attempts: ${failure}`);
    const { deadLetterArn, arn } = this.schedule;
    if (deadLetterArn !== undefined) {
      await this.options.queues.send(deadLetterArn, this.payload(pending), { ERROR_CODE: failure, SCHEDULE_ARN: arn });
    }
    await this.settle(pending);
  }

  private async settle(pending: Pending): Promise<void> {
    if (this.isPending(pending)) await this.save({ ...this.progress, pending: undefined });
  }

  private isPending({ id }: Pending): boolean {
    return this.progress.pending?.id === id;
  }

  private async save(progress: Progress): Promise<void> {
    this.progress = progress;
    await this.options.store.put(this.schedule.name, progress);
  }

  private payload({ tick, id, attempt }: Pending): string {
    const time = `${new Date(tick).toISOString().slice(0, 19)}Z`;
    const words: Record<string, string> = {
      '<aws.scheduler.schedule-arn>': this.schedule.arn,
      '<aws.scheduler.scheduled-time>': time,
      '<aws.scheduler.execution-id>': id,
      '<aws.scheduler.attempt-number>': String(attempt + 1),
    };
    return this.schedule.input.replaceAll(/<aws\.scheduler\.[a-z-]+>/g, (word) => words[word] ?? word);
  }
}

/** The instant of `{"idleUntil": "..."}` in a function's answer, in milliseconds. */
function idleUntil(payload: string): number | undefined {
  const answer: unknown = JSON.parse(payload || 'null');
  if (typeof answer !== 'object' || answer === null || !('idleUntil' in answer)) return undefined;
  const instant = Date.parse(String(answer.idleUntil));
  return Number.isNaN(instant) ? undefined : instant;
}
