import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { jsonInput } from '../protocol.ts';
import { AwsError, type Call, type Clock, type Permission } from '../service.ts';
import type { Executions, Machine } from '../states.ts';
import type { Json } from './flow.ts';
import type { ExecutionRecord } from './journal.ts';
import { dataLimit } from './limits.ts';

const text = z.string();
const page = { maxResults: z.int().min(0).max(1000).optional(), nextToken: text.optional() };
const statuses = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'] as const;
const withToken = { taskToken: text };
const reason = { error: text.max(256).optional(), cause: text.max(32_768).optional() };

/** What each operation takes. A field that is not here is refused by name. */
const schemas = {
  StartExecution: z.strictObject({
    stateMachineArn: text,
    name: text.optional(),
    input: text.optional(),
    traceHeader: text.optional(),
  }),
  DescribeExecution: z.strictObject({
    executionArn: text,
    includedData: z.enum(['ALL_DATA', 'METADATA_ONLY']).optional(),
  }),
  GetExecutionHistory: z.strictObject({
    executionArn: text,
    ...page,
    reverseOrder: z.boolean().optional(),
    includeExecutionData: z.literal(true).optional(),
  }),
  ListExecutions: z.strictObject({ stateMachineArn: text, statusFilter: z.enum(statuses).optional(), ...page }),
  StopExecution: z.strictObject({ executionArn: text, ...reason }),
  RedriveExecution: z.strictObject({ executionArn: text, clientToken: text.optional() }),
  DescribeStateMachine: z.strictObject({ stateMachineArn: text, includedData: z.literal('ALL_DATA').optional() }),
  ListStateMachines: z.strictObject(page),
  SendTaskSuccess: z.strictObject({ ...withToken, output: text }),
  SendTaskFailure: z.strictObject({ ...withToken, ...reason }),
  SendTaskHeartbeat: z.strictObject(withToken),
} as const;

type Operation = keyof typeof schemas;
type Input<Name extends Operation> = z.infer<(typeof schemas)[Name]>;
/** The operations that are modelled, by name. */
export type Operations = { readonly [Name in Operation]: (input: never) => Promise<object> };

/** Whether an operation is modelled. */
export function isOperation(name: string): name is Operation {
  return Object.hasOwn(schemas, name);
}

/** The checked input of a call. */
export function inputOf(call: Call, operation: Operation): never {
  return jsonInput(call, schemas[operation] as z.ZodType) as never;
}

/** What a call needs: an operation on one machine or execution, or, with a token, on the machine that gave it. */
export function permissionOf(operation: Operation, input: Record<string, string>): Permission {
  const { executionArn, stateMachineArn, taskToken } = input;
  const resource = executionArn ?? stateMachineArn ?? (taskToken && machineOf(taskToken)) ?? '*';
  return { action: `states:${operation}`, resource };
}

function machineOf(taskToken: string): string {
  const task = taskOf(taskToken);
  return task === undefined ? '*' : `arn:aws:states:eu-west-1:123456789012:stateMachine:${task.machineName}`;
}

/** Binds the operations to the executions they work on. */
export function operations(executions: Executions, machines: readonly Machine[], clock: Clock): Operations {
  const starting = new Map<string, Promise<ExecutionRecord>>();
  const existing = (executionArn: string) => existingExecution(executions, executionArn);
  return {
    StartExecution: (input: Input<'StartExecution'>) => startExecution(executions, machines, starting, input),
    DescribeExecution: async ({ executionArn }: Input<'DescribeExecution'>) =>
      description(await existing(executionArn)),
    GetExecutionHistory: async (input: Input<'GetExecutionHistory'>) => {
      const events = await executions.events(await existing(input.executionArn));
      return pageOf('events', input.reverseOrder ? events.reverse() : events, input);
    },
    ListExecutions: (input: Input<'ListExecutions'>) => listExecutions(executions, machines, input),
    StopExecution: async ({ executionArn, error, cause }: Input<'StopExecution'>) => {
      const { machineName, name, stoppedAt } = await existing(executionArn);
      await executions.live(machineName, name)?.stop(error, cause);
      return { stopDate: (stoppedAt ?? clock.now().getTime()) / 1000 };
    },
    RedriveExecution: async ({ executionArn }: Input<'RedriveExecution'>) => {
      await existing(executionArn);
      throw new AwsError('ExecutionNotRedrivable', 'The local cloud does not redrive executions: start a new one.');
    },
    DescribeStateMachine: async ({ stateMachineArn }: Input<'DescribeStateMachine'>) =>
      describeMachine(existingMachine(machines, stateMachineArn)),
    ListStateMachines: async (input: Input<'ListStateMachines'>) =>
      pageOf('stateMachines', machines.map(machineItem), input),
    SendTaskSuccess: ({ taskToken, output }: Input<'SendTaskSuccess'>) => {
      const value = parsed('InvalidOutput', 'output', output);
      return answer(executions, taskToken, { type: 'succeeded', output: value });
    },
    SendTaskFailure: ({ taskToken, error, cause }: Input<'SendTaskFailure'>) =>
      answer(executions, taskToken, {
        type: 'failed',
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      }),
    SendTaskHeartbeat: ({ taskToken }: Input<'SendTaskHeartbeat'>) =>
      answer(executions, taskToken, { type: 'heartbeat' }),
  };
}

// Executions

/** AWS's rule for names: no blanks, brackets, wildcards, special or control characters. */
const nameRule = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

async function startExecution(
  executions: Executions,
  machines: readonly Machine[],
  starting: Map<string, Promise<ExecutionRecord>>,
  { stateMachineArn, name = randomUUID(), input = '{}' }: Input<'StartExecution'>,
): Promise<object> {
  const machine = existingMachine(machines, stateMachineArn);
  if (!nameRule.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
  parsed('InvalidExecutionInput', 'input', input);
  const key = `${machine.name}:${name}`;
  // Two calls at once for one name: the second finds what the first begins.
  const earlier = starting.get(key) ?? executions.find(machine.name, name);
  const begun = Promise.resolve(earlier).then((record) =>
    record === undefined ? executions.start(machine, name, input) : sameExecution(record, input),
  );
  starting.set(key, begun);
  try {
    const { arn, startedAt } = await begun;
    return { executionArn: arn, startDate: startedAt / 1000 };
  } finally {
    if (starting.get(key) === begun) starting.delete(key);
  }
}

/** Starting again with the same name and input is no error while the execution runs. */
function sameExecution(record: ExecutionRecord, input: string): ExecutionRecord {
  if (record.status === 'RUNNING' && record.input === input) return record;
  throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${record.arn}'`);
}

async function existingExecution(executions: Executions, executionArn: string): Promise<ExecutionRecord> {
  const [, machineName, name] = /:execution:([^:]+):([^:]+)$/.exec(executionArn) ?? [];
  if (machineName === undefined || name === undefined)
    throw new AwsError('InvalidArn', `Invalid Arn: '${executionArn}'`);
  const record = await executions.find(machineName, name);
  if (record?.arn === executionArn) return record;
  throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
}

function description(record: ExecutionRecord): object {
  const { input, output, error, cause } = record;
  return {
    ...executionItem(record),
    input,
    inputDetails: { included: true },
    ...(output !== undefined && { output, outputDetails: { included: true } }),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'The local cloud does not redrive executions',
  };
}

function executionItem({ arn, machineArn, name, status, startedAt, stoppedAt }: ExecutionRecord): object {
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startedAt / 1000,
    ...(stoppedAt !== undefined && { stopDate: stoppedAt / 1000 }),
    redriveCount: 0,
  };
}

async function listExecutions(executions: Executions, machines: readonly Machine[], input: Input<'ListExecutions'>) {
  const { arn } = existingMachine(machines, input.stateMachineArn);
  const { statusFilter } = input;
  const all = await executions.records();
  const matching = all.filter(
    ({ machineArn, status }) => machineArn === arn && (statusFilter === undefined || status === statusFilter),
  );
  return pageOf('executions', matching.map(executionItem), input);
}

// State machines

/** A machine by its ARN, also with a version or alias behind it: all of them run what the template holds. */
function existingMachine(machines: readonly Machine[], stateMachineArn: string): Machine {
  const machine = machines.find(({ arn }) => stateMachineArn === arn || stateMachineArn.startsWith(`${arn}:`));
  if (machine !== undefined) return machine;
  throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
}

/** The template does not say when a machine was made. */
const creationDate = 0;

function machineItem({ arn, name }: Machine): object {
  return { stateMachineArn: arn, name, type: 'STANDARD', creationDate };
}

function describeMachine(machine: Machine): object {
  const { roleArn, definition } = machine;
  return { ...machineItem(machine), status: 'ACTIVE', roleArn, definition: JSON.stringify(definition) };
}

// Task tokens

async function answer(
  executions: Executions,
  taskToken: string,
  outcome: Parameters<NonNullable<ReturnType<Executions['live']>>['answerToken']>[1],
): Promise<object> {
  const task = taskOf(taskToken);
  if (task === undefined) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const { machineName, name, id } = task;
  const record = await executions.find(machineName, name);
  if (record === undefined) throw new AwsError('TaskDoesNotExist', "Task Does Not Exist: 'The task does not exist'");
  if (!executions.owns(record, id, taskToken)) throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const execution = executions.live(machineName, name);
  if (!execution?.awaits(id))
    throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  await execution.answerToken(id, outcome);
  return {};
}

const tokenSchema = z.tuple([text, text, z.int(), text]);

function taskOf(taskToken: string): { machineName: string; name: string; id: number } | undefined {
  try {
    const [machineName, name, id] = tokenSchema.parse(JSON.parse(Buffer.from(taskToken, 'base64url').toString()));
    return { machineName, name, id };
  } catch {
    return undefined;
  }
}

// What operations share

function parsed(code: string, field: string, json: string): Json {
  if (Buffer.byteLength(json) > dataLimit) throw new AwsError(code, `${field}: at most ${dataLimit} bytes`);
  try {
    return JSON.parse(json) as Json;
  } catch {
    throw new AwsError(code, `${field}: not valid JSON`);
  }
}

function pageOf(
  name: string,
  items: readonly object[],
  { maxResults, nextToken }: { maxResults?: number; nextToken?: string },
) {
  const from = nextToken === undefined ? 0 : placeOf(nextToken);
  if (from > items.length) throw invalidPage(nextToken);
  // 0 means the default.
  const to = from + (maxResults || 100);
  const next = to < items.length ? { nextToken: Buffer.from(String(to)).toString('base64url') } : {};
  return { [name]: items.slice(from, to), ...next };
}

function placeOf(nextToken: string): number {
  const place = Buffer.from(nextToken, 'base64url').toString();
  if (!/^\d+$/.test(place)) throw invalidPage(nextToken);
  return Number(place);
}

function invalidPage(nextToken: string | undefined): AwsError {
  return new AwsError('InvalidToken', `Invalid Token: '${nextToken}'`);
}
