import { createHash, createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { MachineProgram } from './definition.ts';
import type { Json } from './expression.ts';
import { History } from './history.ts';
import { perform, type Reach } from './integration.ts';
import { broken, type ExecutionRecord, type Journal, type JournalRecord, type Outcome, type Step } from './journal.ts';
import { Line, type Request, type Run, Threads } from './line.ts';
import { type Conclusion, conclude, runMachine } from './program.ts';

/** What an execution needs from outside. */
export interface Surrounds extends Reach {
  readonly journal: Journal;
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
  private readonly history = new History(() => this.time);
  private readonly threads = new Threads();
  private readonly inbox: Step[] = [];
  /** How to end the timers under way, by the id that they answer. */
  private readonly timers = new Map<number, () => void>();
  /** Calls that were made, by this process or, when they were submitted, by one before it. */
  private readonly called = new Set<number>();
  private readonly heartbeats = new Map<number, number>();
  private readonly settled = new Set<number>();
  begun: Promise<void> | undefined;
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
    const line = new Line(this.run(), 0, contextOf(record), {});
    this.threads.start(line, async () => {
      this.conclusion = await runMachine(program, line, JSON.parse(record.input) as Json, record.roleArn);
    });
  }

  /** Begins. Resolves when that is on disk, as `begun` does. */
  start(): Promise<void> {
    this.begun = this.deliver(itself, { type: 'started' });
    return this.begun;
  }

  /** Ends it from outside. */
  stop(error: string | undefined, cause: string | undefined): Promise<void> {
    return this.deliver(itself, { type: 'aborted', error, cause });
  }

  /** Goes on from its journal, as if the process had never ended. Rejects when a record is broken. */
  async resume(): Promise<void> {
    for await (const record of this.surrounds.journal.read(this.key)) await this.replay(record);
    if (this.position === 0) throw broken(this.key, 0, 'it is missing');
    this.startPending();
  }

  /** Whether a task still waits for its token. */
  awaits(id: number): boolean {
    return this.threads.waiting.get(id)?.request.token !== undefined && !this.settled.has(id);
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
      while (this.inbox.length > 0 && this.conclusion === undefined) await this.take(this.inbox.splice(0));
    } finally {
      this.working = undefined;
    }
  }

  private async take(arrived: readonly Step[]): Promise<void> {
    const steps: Step[] = [];
    for (const step of arrived) if (await this.apply(step)) steps.push(step);
    if (steps.length === 0) return;
    const { conclusion, key, position, surrounds } = this;
    if (conclusion !== undefined) this.record = concluded(this.record, conclusion, this.time);
    const record = { steps, events: this.history.take() };
    const about = position === 0 || conclusion !== undefined ? this.record : undefined;
    this.position += 1;
    await surrounds.journal.append(key, position, record, about);
    this.startPending();
    if (conclusion !== undefined) surrounds.ended(this);
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
    if (this.conclusion !== undefined) return false;
    this.time = at;
    if (outcome.type === 'heartbeat') return this.beat(id, at);
    if (outcome.type === 'aborted') return this.end('ABORTED', outcome);
    if (outcome.type === 'executionTimedOut') return this.end('TIMED_OUT', { error: 'States.Timeout' });
    if (id !== itself && !this.threads.answer(id, outcome)) return false;
    if (outcome.type === 'submitted') this.called.add(id);
    // What is no error of the States Language is one of this interpreter: it must be seen, and must not hang the execution.
    await this.threads.run().catch((error: Error) => {
      console.error(`execution ${this.key}:`, error);
      this.end('FAILED', { error: 'States.Runtime', cause: `The local cloud failed: ${error.message}` });
    });
    return true;
  }

  private end(status: 'FAILED' | 'ABORTED' | 'TIMED_OUT', why: { error?: string; cause?: string }): true {
    // A machine whose time is over ends by an event that follows none.
    this.conclusion = conclude(this.history, { last: status === 'TIMED_OUT' ? 0 : this.history.length }, status, why);
    return true;
  }

  private beat(id: number, at: number): boolean {
    if (!this.threads.waiting.has(id)) return false;
    this.heartbeats.set(id, at);
    this.cancel(id);
    return true;
  }

  private cancel(id: number): void {
    this.timers.get(id)?.();
    this.timers.delete(id);
  }

  /** Starts the timers and calls that lines wait for, and ends those that none waits for. */
  private startPending(): void {
    const ended = this.conclusion !== undefined;
    const { waiting } = this.threads;
    for (const id of this.timers.keys()) if (ended || (id !== itself && !waiting.has(id))) this.cancel(id);
    if (ended) return;
    const { timeout } = this.program;
    if (timeout !== undefined && !this.timers.has(itself))
      this.timers.set(
        itself,
        this.timer(this.record.startedAt + timeout * 1000, itself, { type: 'executionTimedOut' }),
      );
    for (const [id, { request }] of waiting) {
      if (!this.timers.has(id)) this.timers.set(id, this.startTimers(request));
      if (request.attempt !== undefined && !this.called.has(id)) this.call(request);
    }
  }

  private startTimers({ id, wakeAt, timeoutAt, heartbeat }: Request): () => void {
    const silent = heartbeat && (this.heartbeats.get(id) ?? heartbeat.from) + heartbeat.every;
    const cancels = [
      this.timer(wakeAt, id, { type: 'woken' }),
      this.timer(timeoutAt, id, { type: 'timedOut', error: 'States.Timeout' }),
      this.timer(silent, id, { type: 'timedOut', error: 'States.HeartbeatTimeout' }),
    ];
    return () => {
      for (const cancel of cancels) cancel();
    };
  }

  private timer(at: number | undefined, id: number, outcome: Outcome): () => void {
    if (at === undefined) return () => {};
    // What would come after the last instant that there is, by a backoff without end, never comes.
    return this.surrounds.clock.at(new Date(Math.min(at, 8.64e15)), () => this.deliver(id, outcome));
  }

  private call({ id, attempt, token }: Request): void {
    this.called.add(id);
    const answer = async () => {
      const outcome = await perform(attempt as NonNullable<typeof attempt>, this.surrounds, this.record.roleArn);
      const submitted = token !== undefined && outcome.type === 'succeeded';
      await this.deliver(id, submitted ? { ...outcome, type: 'submitted' } : outcome);
    };
    this.surrounds.clock.busy(answer()).catch((error: unknown) => console.error(`execution ${this.key}:`, error));
  }

  private run(): Run {
    const bytes = () =>
      createHash('sha256')
        .update(`${this.record.seed}/${this.draws++}`)
        .digest();
    return {
      history: this.history,
      threads: this.threads,
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

/** The error of a machine whose time is over stands in its last event alone. */
function concluded(record: ExecutionRecord, conclusion: Conclusion, stoppedAt: number): ExecutionRecord {
  const { status } = conclusion;
  if (status === 'TIMED_OUT') return { ...record, status, stoppedAt };
  if (status !== 'SUCCEEDED') return { ...record, ...conclusion, stoppedAt };
  return { ...record, status, stoppedAt, output: JSON.stringify(conclusion.output) };
}

function uuidOf(bytes: Buffer): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

/** A token names its task and can't be guessed. */
export function tokenOf({ seed, machineName, name }: ExecutionRecord, id: number): string {
  const proof = createHmac('sha256', seed).update(String(id)).digest('base64url');
  return Buffer.from(JSON.stringify([machineName, name, id, proof])).toString('base64url');
}
