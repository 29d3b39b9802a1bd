import { createHash, randomUUID } from 'node:crypto';
import { jsonService } from './protocol.ts';
import type { Service, Store } from './service.ts';
import { type MachineProgram, readDefinition } from './states/definition.ts';
import { Execution, keyOf, type Surrounds } from './states/execution.ts';
import type { HistoryEvent } from './states/history.ts';
import type { Reach } from './states/integration.ts';
import { type ExecutionRecord, Journal } from './states/journal.ts';
import { operations, resourceOf } from './states/operations.ts';

export type { HistoryEvent } from './states/history.ts';

/** A state machine as the template declares it, its definition parsed and its substitutions made. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: unknown;
}

export interface StatesOptions extends Reach {
  readonly store: Store;
  readonly machines: readonly Machine[];
}

/** Step Functions: runs the machines of the template. */
export interface StatesService extends Service {
  /** Goes on with every execution that had not ended. Rejects, when all others go on, with those whose journal is broken. */
  resume(): Promise<void>;
  /** All executions, oldest first, for the pages. Dates are ISO. */
  list(): Promise<ReturnType<typeof summaryOf>[]>;
  /** The events of an execution in AWS's shape; of an unknown one, none. */
  history(name: string): Promise<HistoryEvent[]>;
}

/** Opens Step Functions. Throws with machine, state and field when a definition holds what is not modelled. */
export async function openStates(options: StatesOptions): Promise<StatesService> {
  const executions = new Executions(options);
  await executions.open();
  return {
    ...jsonService('states', executions, operations, resourceOf),
    resume: () => executions.resume(),
    list: async () => (await executions.records()).reverse().map(summaryOf),
    history: (name) => executions.historyOf(name),
  };
}

function summaryOf({ name, status, startedAt, stoppedAt, arn }: ExecutionRecord) {
  const isoOf = (time: number) => new Date(time).toISOString();
  return { name, status, startedAt: isoOf(startedAt), stoppedAt: stoppedAt && isoOf(stoppedAt), arn };
}

/** The executions of all machines: those that run in memory, all of them on disk. */
export class Executions {
  readonly options: StatesOptions;
  private readonly journal: Journal;
  private readonly surrounds: Surrounds;
  private readonly running = new Map<string, Execution>();
  private readonly programs = new Map<string, MachineProgram>();
  private readonly hashes = new Map<string, string>();

  constructor(options: StatesOptions) {
    this.options = options;
    this.journal = new Journal(options.store);
    this.surrounds = { ...options, journal: this.journal, ended: ({ key }) => void this.running.delete(key) };
  }

  /** Reads the definitions. */
  async open(): Promise<void> {
    for (const { arn, name, definition } of this.options.machines) {
      const hash = createHash('sha256').update(JSON.stringify(definition)).digest('hex');
      this.programs.set(hash, read(name, definition));
      this.hashes.set(arn, hash);
      await this.journal.keepDefinition(hash, definition);
    }
  }

  /** The execution with this name, or undefined. */
  async find(machineName: string, name: string): Promise<ExecutionRecord | undefined> {
    return this.live(machineName, name)?.record ?? (await this.journal.execution(keyOf(machineName, name)));
  }

  /** The execution that runs under this name, or undefined. */
  live(machineName: string, name: string): Execution | undefined {
    return this.running.get(keyOf(machineName, name));
  }

  /** Starts an execution, or finds the one of that name; resolves when it is on disk. `isNew` tells which. */
  async start(machine: Machine, name: string, input: string): Promise<{ record: ExecutionRecord; isNew: boolean }> {
    const key = keyOf(machine.name, name);
    const kept = this.running.has(key) ? undefined : await this.journal.execution(key);
    // Two calls at once for one name: the second finds what the first began while it looked.
    const live = this.running.get(key);
    await live?.begun;
    const record = live?.record ?? kept;
    if (record !== undefined) return { record, isNew: false };
    const fresh = this.recordOf(machine, name, input);
    const execution = new Execution(fresh, this.programs.get(fresh.definition) as MachineProgram, this.surrounds);
    this.running.set(key, execution);
    await execution.start();
    return { record: fresh, isNew: true };
  }

  async resume(): Promise<void> {
    const broken: Error[] = [];
    for await (const record of this.journal.all((error) => broken.push(error)))
      if (record.status === 'RUNNING') await this.resumeOne(record).catch((error: Error) => broken.push(error));
    if (broken.length > 0) throw new AggregateError(broken, broken.map(({ message }) => message).join('\n'));
  }

  /** All executions that can be read, latest first: resume has told of the others. */
  async records(): Promise<ExecutionRecord[]> {
    const records = await Array.fromAsync(this.journal.all(() => {}));
    return records.sort((a, b) => b.startedAt - a.startedAt);
  }

  async events({ machineName, name }: ExecutionRecord): Promise<HistoryEvent[]> {
    const records = await Array.fromAsync(this.journal.read(keyOf(machineName, name)));
    return records.flatMap(({ events }) => events);
  }

  async historyOf(name: string): Promise<HistoryEvent[]> {
    const record = (await this.records()).find((each) => each.name === name);
    return record === undefined ? [] : this.events(record);
  }

  private async resumeOne(record: ExecutionRecord): Promise<void> {
    const { definition: hash, machineName } = record;
    const program = this.programs.get(hash) ?? read(machineName, await this.journal.definition(hash));
    this.programs.set(hash, program);
    const execution = new Execution(record, program, this.surrounds);
    await execution.resume();
    this.running.set(execution.key, execution);
  }

  private recordOf(machine: Machine, name: string, input: string): ExecutionRecord {
    return {
      arn: `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`,
      name,
      machineArn: machine.arn,
      machineName: machine.name,
      roleArn: machine.roleArn,
      definition: this.hashes.get(machine.arn) as string,
      seed: randomUUID(),
      input,
      startedAt: this.options.clock.now().getTime(),
      status: 'RUNNING',
    };
  }
}

function read(machineName: string, definition: unknown): MachineProgram {
  try {
    return readDefinition(definition);
  } catch (error) {
    throw new Error(`state machine ${machineName}: ${(error as Error).message}`, { cause: error });
  }
}
