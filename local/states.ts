import { createHash, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { targetOf, unknownOperation } from './protocol.ts';
import type { Call, Clock, InvokeFunction, Permission, Service, Store } from './service.ts';
import { type CallAws, openCalls } from './states/calls.ts';
import { type MachineProgram, readDefinition } from './states/definition.ts';
import { Execution, keyOf, type Surrounds, tokenOf } from './states/execution.ts';
import type { HistoryEvent } from './states/history.ts';
import { type ExecutionRecord, Journal } from './states/journal.ts';
import { inputOf, isOperation, type Operations, operations, permissionOf } from './states/operations.ts';

/** A state machine as the template declares it, its definition parsed and its substitutions made. */
export interface Machine {
  readonly arn: string;
  readonly name: string;
  readonly roleArn: string;
  readonly definition: unknown;
}

export interface StatesOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly machines: readonly Machine[];
  /** Lambda's Invoke as the role of a machine. */
  readonly invokeAs: (roleArn: string) => InvokeFunction;
  /** Other services; without it, definitions that need them are refused. */
  readonly callAws?: CallAws;
}

/** An execution in short, for the pages. Dates are ISO. */
export interface ExecutionSummary {
  readonly name: string;
  readonly status: string;
  readonly startedAt: string;
  readonly stoppedAt?: string;
  readonly arn: string;
}

/** Step Functions: runs the machines of the template. */
export interface StatesService extends Service {
  /** Goes on with every execution that had not ended. Rejects, when all others go on, with those whose journal is broken. */
  resume(): Promise<void>;
  /** All executions, oldest first. */
  list(): Promise<ExecutionSummary[]>;
  /** The events of an execution in AWS's shape; of an unknown one, none. */
  history(name: string): Promise<HistoryEvent[]>;
}

/** Opens Step Functions. Throws with machine, state and field when a definition holds what is not modelled. */
export async function openStates(options: StatesOptions): Promise<StatesService> {
  const executions = new Executions(options);
  await executions.open();
  const handlers = operations(executions, options.machines, options.clock);
  return {
    signingName: 'states',
    permissions: (call) => permissionsOf(call),
    handle: (call, response) => handle(handlers, call, response),
    resume: () => executions.resume(),
    list: () => executions.list(),
    history: (name) => executions.historyOf(name),
  };
}

function permissionsOf(call: Call): readonly Permission[] {
  const operation = targetOf(call);
  return isOperation(operation) ? [permissionOf(operation, inputOf(call, operation))] : [];
}

async function handle(handlers: Operations, call: Call, response: ServerResponse): Promise<void> {
  const operation = targetOf(call);
  if (!isOperation(operation)) throw unknownOperation('states', operation);
  const output = await handlers[operation](inputOf(call, operation));
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(output));
}

/** The executions of all machines: those that run in memory, all of them on disk. */
export class Executions {
  private readonly options: StatesOptions;
  private readonly journal: Journal;
  private readonly surrounds: Surrounds;
  private readonly running = new Map<string, Execution>();
  private readonly programs = new Map<string, MachineProgram>();
  private readonly hashes = new Map<string, string>();

  constructor(options: StatesOptions) {
    this.options = options;
    this.journal = new Journal(options.store);
    const { clock, journal } = { clock: options.clock, journal: this.journal };
    const ended = ({ key }: Execution) => void this.running.delete(key);
    this.surrounds = { clock, journal, perform: openCalls(options), ended };
  }

  /** Reads the definitions. */
  async open(): Promise<void> {
    for (const { arn, name, definition } of this.options.machines) {
      const hash = createHash('sha256').update(JSON.stringify(definition)).digest('hex');
      this.programs.set(hash, this.read(name, definition));
      this.hashes.set(arn, hash);
      await this.journal.keepDefinition(hash, definition);
    }
  }

  /** The execution with this name, or undefined. */
  async find(machineName: string, name: string): Promise<ExecutionRecord | undefined> {
    const key = keyOf(machineName, name);
    return this.running.get(key)?.record ?? (await this.journal.execution(key));
  }

  /** The execution that runs under this name, or undefined. */
  live(machineName: string, name: string): Execution | undefined {
    return this.running.get(keyOf(machineName, name));
  }

  /** Whether a token was given by this task. */
  owns(record: ExecutionRecord, id: number, taskToken: string): boolean {
    return taskToken === tokenOf(record, id);
  }

  /** Starts an execution; resolves when that is on disk. The caller has made sure that the name is free. */
  async start(machine: Machine, name: string, input: string): Promise<ExecutionRecord> {
    const record = this.recordOf(machine, name, input);
    const program = this.programs.get(record.definition) as MachineProgram;
    const execution = new Execution(record, program, this.surrounds);
    this.running.set(execution.key, execution);
    await execution.start();
    return record;
  }

  async resume(): Promise<void> {
    const broken: Error[] = [];
    for await (const record of this.journal.all())
      if (record.status === 'RUNNING') await this.resumeOne(record).catch((error: Error) => broken.push(error));
    if (broken.length > 0) throw new AggregateError(broken, broken.map(({ message }) => message).join('\n'));
  }

  async list(): Promise<ExecutionSummary[]> {
    const records = await this.records();
    return records.reverse().map(({ name, status, startedAt, stoppedAt, arn }) => {
      const stopped = stoppedAt === undefined ? {} : { stoppedAt: new Date(stoppedAt).toISOString() };
      return { name, status, startedAt: new Date(startedAt).toISOString(), ...stopped, arn };
    });
  }

  /** All executions, latest first. */
  async records(): Promise<ExecutionRecord[]> {
    const records: ExecutionRecord[] = [];
    for await (const record of this.journal.all()) records.push(record);
    return records.sort((a, b) => b.startedAt - a.startedAt);
  }

  async events({ machineName, name }: ExecutionRecord): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    for await (const record of this.journal.read(keyOf(machineName, name))) events.push(...record.events);
    return events;
  }

  async historyOf(name: string): Promise<HistoryEvent[]> {
    for (const machine of this.options.machines) {
      const record = await this.find(machine.name, name);
      if (record !== undefined) return this.events(record);
    }
    return [];
  }

  private async resumeOne(record: ExecutionRecord): Promise<void> {
    const execution = new Execution(record, await this.programOf(record), this.surrounds);
    await execution.resume();
    this.running.set(execution.key, execution);
  }

  private async programOf({ machineName, definition: hash }: ExecutionRecord): Promise<MachineProgram> {
    const known = this.programs.get(hash);
    if (known !== undefined) return known;
    const program = this.read(machineName, await this.journal.definition(hash));
    this.programs.set(hash, program);
    return program;
  }

  private read(machineName: string, definition: unknown): MachineProgram {
    try {
      return readDefinition(definition, this.options.callAws !== undefined);
    } catch (error) {
      throw new Error(`state machine ${machineName}: ${(error as Error).message}`, { cause: error });
    }
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
