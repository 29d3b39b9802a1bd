import { createHash, createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../service.ts';
import { Branch, type Run } from './branch.ts';
import type { MachineProgram } from './definition.ts';
import type { Json, Outcome, Target, TaskCall } from './flow.ts';
import { History } from './history.ts';
import { broken, type ExecutionRecord, type Journal, type JournalRecord, type Step } from './journal.ts';
import { type Conclusion, conclude, runMachine } from './program.ts';
import { Scheduler } from './scheduler.ts';

/** What an execution needs from outside. */
export interface Surrounds {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Makes one attempt of a call. Resolves with how it ended; never rejects. */
  perform(target: Target, roleArn: string): Promise<Outcome>;
  /** Called once, when the end of an execution is on disk. */
  ended(execution: Execution): void;
}

/** The id that answers to the execution itself. */
const itself = 0;

/** An execution that has not ended. Everything that comes from outside is written to its journal before it has an effect. */
export class Execution {
  record: ExecutionRecord;
  readonly key: string;
  private readonly program: MachineProgram;
  private readonly surrounds: Surrounds;
  private readonly history: History;
  private readonly scheduler: Scheduler<Conclusion>;
  private readonly root: Branch;
  private readonly inbox: Step[] = [];
  /** Timers and calls under way, by the id that they answer. */
  private readonly started = new Map<number, () => void>();
  /** Calls that were made, by this process or, when they were submitted, by one before it. */
  private readonly called = new Set<number>();
  private readonly heartbeats = new Map<number, number>();
  private readonly settled = new Set<number>();
  private working: Promise<void> | undefined;
  private conclusion: Conclusion | undefined;
  private position = 0;
  /** Frozen while the consequences of one step are worked out. */
  private time = 0;
  private ids = 0;
  private draws = 0;

  constructor(record: ExecutionRecord, program: MachineProgram, surrounds: Surrounds) {
    this.record = record;
    this.key = keyOf(record.machineName, record.name);
    this.program = program;
    this.surrounds = surrounds;
    this.history = new History(() => this.time);
    this.root = new Branch(this.run(), { last: 0 }, contextOf(record), {});
    const input = JSON.parse(record.input) as Json;
    this.scheduler = new Scheduler(runMachine(program, this.root, input, record.roleArn));
  }

  get ended(): boolean {
    return this.conclusion !== undefined;
  }

  /** Begins. Resolves when that is on disk. */
  start(): Promise<void> {
    return this.deliver(itself, { type: 'started' });
  }

  /** Ends it from outside. */
  stop(error: string | undefined, cause: string | undefined): Promise<void> {
    return this.deliver(itself, { type: 'aborted', ...(error && { error }), ...(cause && { cause }) });
  }

  /** Goes on from its journal, as if the process had never ended. Rejects when a record is broken. */
  async resume(): Promise<void> {
    for await (const record of this.surrounds.journal.read(this.key)) await this.replay(record);
    if (this.position === 0) throw broken(this.key, 0, 'it is missing');
    this.startPending();
  }

  /** Whether a task still waits for its token. */
  awaits(id: number): boolean {
    const pending = this.scheduler.pending.get(id);
    return pending?.kind === 'call' && pending.call.token !== undefined && !this.settled.has(id);
  }

  /** Takes the answer of whoever holds a token. Resolves when it is on disk. */
  answerToken(id: number, outcome: Outcome): Promise<void> {
    if (outcome.type !== 'heartbeat') this.settled.add(id);
    return this.deliver(id, outcome);
  }

  private deliver(id: number, outcome: Outcome): Promise<void> {
    this.inbox.push({ at: this.surrounds.clock.now().getTime(), id, outcome });
    this.working ??= this.surrounds.clock.busy(this.work());
    return this.working;
  }

  private async work(): Promise<void> {
    try {
      while (this.inbox.length > 0 && !this.ended) await this.take(this.inbox.splice(0));
    } finally {
      this.working = undefined;
    }
  }

  private async take(arrived: readonly Step[]): Promise<void> {
    const steps: Step[] = [];
    for (const step of arrived) if (await this.apply(step)) steps.push(step);
    if (steps.length === 0) return;
    const first = this.position === 0;
    if (this.conclusion !== undefined) this.record = concluded(this.record, this.conclusion, this.time);
    const record = { steps, events: this.history.take() };
    await this.surrounds.journal.append(
      this.key,
      this.position++,
      record,
      first || this.ended ? this.record : undefined,
    );
    this.startPending();
    if (this.ended) this.surrounds.ended(this);
  }

  private async replay({ steps, events }: JournalRecord): Promise<void> {
    for (const step of steps) await this.apply(step);
    const again: unknown = JSON.parse(JSON.stringify(this.history.take()));
    if (!isDeepStrictEqual(again, events))
      throw broken(this.key, this.position, 'it does not give the events it holds');
    this.position += 1;
  }

  /** Lets a step take effect; false when nothing waits for it any more. */
  private async apply({ at, id, outcome }: Step): Promise<boolean> {
    if (this.ended) return false;
    this.time = at;
    if (id === itself) return this.applyToItself(outcome);
    if (outcome.type === 'heartbeat') return this.beat(id, at);
    if (!this.scheduler.answer(id, outcome)) return false;
    if (outcome.type === 'submitted') this.called.add(id);
    await this.runThreads();
    return true;
  }

  private async applyToItself(outcome: Outcome): Promise<boolean> {
    if (outcome.type === 'aborted') this.end('ABORTED', { error: outcome.error, reason: outcome.cause });
    else if (outcome.type === 'executionTimedOut') this.end('TIMED_OUT', { error: 'States.Timeout' });
    else await this.runThreads();
    return true;
  }

  private end(status: 'ABORTED' | 'TIMED_OUT', why: { error?: string | undefined; reason?: string | undefined }): void {
    this.scheduler.stop();
    this.conclusion = conclude(this.root.run, { last: this.history.length }, status, why);
  }

  private beat(id: number, at: number): boolean {
    if (!this.scheduler.pending.has(id)) return false;
    this.heartbeats.set(id, at);
    this.started.get(id)?.();
    this.started.delete(id);
    return true;
  }

  private async runThreads(): Promise<void> {
    try {
      await this.scheduler.run();
    } catch (error) {
      // Not an error of the States Language but of this interpreter: it must be seen, and must not hang the execution.
      console.error(`execution ${this.key}:`, error);
      this.scheduler.stop();
      const reason = `The local cloud failed: ${(error as Error).message}`;
      this.conclusion = conclude(this.root.run, { last: this.history.length }, 'FAILED', {
        error: 'States.Runtime',
        reason,
      });
      return;
    }
    this.conclusion = this.scheduler.result;
  }

  /** Starts the timers and calls that threads wait for, and ends those that none waits for. */
  private startPending(): void {
    const { pending } = this.scheduler;
    for (const [id, cancel] of this.started)
      if (this.ended || (id !== itself && !pending.has(id))) {
        cancel();
        this.started.delete(id);
      }
    if (this.ended) return;
    this.startTimeout();
    for (const [id, request] of pending) if (!this.started.has(id)) this.started.set(id, this.startOne(request));
  }

  private startTimeout(): void {
    const { timeout } = this.program;
    if (timeout === undefined || this.started.has(itself)) return;
    const at = this.record.startedAt + timeout * 1000;
    this.started.set(itself, this.timer(at, itself, { type: 'executionTimedOut' }));
  }

  private startOne(request: Parameters<Scheduler<Conclusion>['pending']['set']>[1]): () => void {
    if (request.kind === 'sleep') return this.timer(request.until, request.id, { type: 'woken' });
    const { call } = request;
    const cancels = this.timersOf(call);
    if (!this.called.has(call.id)) this.call(call);
    return () => {
      for (const cancel of cancels) cancel();
    };
  }

  private timersOf({ id, timeoutAt, heartbeat }: TaskCall): (() => void)[] {
    const timers: (() => void)[] = [];
    if (timeoutAt !== undefined) timers.push(this.timer(timeoutAt, id, { type: 'timedOut', error: 'States.Timeout' }));
    if (heartbeat !== undefined) {
      const at = (this.heartbeats.get(id) ?? heartbeat.from) + heartbeat.every;
      timers.push(this.timer(at, id, { type: 'timedOut', error: 'States.HeartbeatTimeout' }));
    }
    return timers;
  }

  private timer(at: number, id: number, outcome: Outcome): () => void {
    return this.surrounds.clock.at(new Date(at), () => this.deliver(id, outcome));
  }

  private call({ id, target, token }: TaskCall): void {
    const { clock, perform } = this.surrounds;
    this.called.add(id);
    const answer = async () => {
      const outcome = await perform(target, this.record.roleArn);
      const submitted = token !== undefined && outcome.type === 'succeeded';
      await this.deliver(id, submitted ? { ...outcome, type: 'submitted' } : outcome);
    };
    clock.busy(answer()).catch((error: unknown) => console.error(`execution ${this.key}:`, error));
  }

  private run(): Run {
    const bytes = () =>
      createHash('sha256')
        .update(`${this.record.seed}/${this.draws++}`)
        .digest();
    return {
      history: this.history,
      now: () => this.time,
      nextId: () => ++this.ids,
      random: () => bytes().readUInt32BE() / 2 ** 32,
      uuid: () => uuidOf(bytes()),
      token: (id) => tokenOf(this.record, id),
    };
  }
}

/** The key of an execution in the store. */
export function keyOf(machineName: string, name: string): string {
  return `${machineName}:${name}`;
}

function contextOf({ arn, name, machineArn, machineName, roleArn, input, startedAt }: ExecutionRecord) {
  const StartTime = new Date(startedAt).toISOString();
  return {
    Execution: { Id: arn, Input: JSON.parse(input) as Json, StartTime, Name: name, RoleArn: roleArn, RedriveCount: 0 },
    StateMachine: { Id: machineArn, Name: machineName },
  };
}

function concluded(record: ExecutionRecord, conclusion: Conclusion, stoppedAt: number): ExecutionRecord {
  if (conclusion.status !== 'SUCCEEDED') return { ...record, ...conclusion, stoppedAt };
  return { ...record, status: 'SUCCEEDED', stoppedAt, output: JSON.stringify(conclusion.output) };
}

function uuidOf(bytes: Buffer): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** A token names its task and can't be guessed. */
export function tokenOf({ seed, machineName, name }: ExecutionRecord, id: number): string {
  const proof = createHmac('sha256', seed).update(String(id)).digest('base64url');
  return Buffer.from(JSON.stringify([machineName, name, id, proof])).toString('base64url');
}
