import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type JsonOperation, operation } from '../protocol.ts';
import { AwsError } from '../service.ts';
import type { Executions, Machine } from '../states.ts';
import { arn } from '../template-resources.ts';
import { dataLimit } from './errors.ts';
import { tokenOf } from './execution.ts';
import type { Json } from './expression.ts';
import type { ExecutionRecord, Outcome } from './journal.ts';

const text = z.string();
const execution = { executionArn: text };
const stateMachine = { stateMachineArn: text };
const task = { taskToken: text };
const page = { maxResults: z.int().min(0).max(1000).optional(), nextToken: text.optional() };
const reason = { error: text.max(256).optional(), cause: text.max(32_768).optional() };
const whole = { includedData: z.literal('ALL_DATA').optional() };
const status = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE']);

/** The operations that are modelled. A field that is not here is refused by name. */
export const operations: Readonly<Record<string, JsonOperation<Executions>>> = {
  StartExecution: operation(
    { ...stateMachine, name: text.optional(), input: text.optional(), traceHeader: text.optional() },
    async (executions: Executions, { stateMachineArn, name = randomUUID(), input = '{}' }) => {
      const machine = machineOf(executions, stateMachineArn);
      if (!nameRule.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
      parsed('InvalidExecutionInput', 'input', input);
      const { record, isNew } = await executions.start(machine, name, input);
      // Starting again with the same name and input is no error while the execution runs.
      if (isNew || (record.status === 'RUNNING' && record.input === input))
        return { executionArn: record.arn, startDate: record.startedAt / 1000 };
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${record.arn}'`);
    },
  ),
  DescribeExecution: operation(
    { ...execution, includedData: z.enum(['ALL_DATA', 'METADATA_ONLY']).optional() },
    async (executions: Executions, { executionArn, includedData }) =>
      described(await executionOf(executions, executionArn), includedData === 'METADATA_ONLY'),
  ),
  GetExecutionHistory: operation(
    { ...execution, ...page, reverseOrder: z.boolean().optional(), includeExecutionData: z.literal(true).optional() },
    async (executions: Executions, { executionArn, reverseOrder, ...at }) => {
      const events = await executions.events(await executionOf(executions, executionArn));
      const entries = events.map((item) => ({ key: String(item.id), item }));
      return pageOf('events', reverseOrder ? entries.reverse() : entries, at);
    },
  ),
  ListExecutions: operation(
    { ...stateMachine, statusFilter: status.optional(), ...page },
    async (executions: Executions, { stateMachineArn, statusFilter, ...at }) => {
      const machine = machineOf(executions, stateMachineArn);
      const own = (await executions.records()).filter(({ machineArn }) => machineArn === machine.arn);
      const isWanted = ({ status }: ExecutionRecord) => statusFilter === undefined || status === statusFilter;
      const entries = own.map((one) => ({ key: one.name, item: isWanted(one) ? executionItem(one) : undefined }));
      return pageOf('executions', entries, at);
    },
  ),
  StopExecution: operation(
    { ...execution, ...reason },
    async (executions: Executions, { executionArn, error, cause }) => {
      const { machineName, name } = await executionOf(executions, executionArn);
      await executions.live(machineName, name)?.stop(error, cause);
      const stopped = await executionOf(executions, executionArn);
      return { stopDate: (stopped.stoppedAt as number) / 1000 };
    },
  ),
  RedriveExecution: operation(
    { ...execution, clientToken: text.optional() },
    async (executions: Executions, { executionArn }) => {
      await executionOf(executions, executionArn);
      throw new AwsError('ExecutionNotRedrivable', 'The local cloud does not redrive executions: start a new one.');
    },
  ),
  DescribeStateMachine: operation(
    { ...stateMachine, ...whole },
    async (executions: Executions, { stateMachineArn }) => {
      const machine = machineOf(executions, stateMachineArn);
      const { roleArn, definition } = machine;
      return { ...machineItem(machine), status: 'ACTIVE', roleArn, definition: JSON.stringify(definition) };
    },
  ),
  ListStateMachines: operation(page, async ({ options }: Executions, at) =>
    pageOf(
      'stateMachines',
      options.machines.map((one) => ({ key: one.name, item: machineItem(one) })),
      at,
    ),
  ),
  SendTaskSuccess: operation({ ...task, output: text }, (executions: Executions, { taskToken, output }) =>
    answer(executions, taskToken, { type: 'succeeded', output: parsed('InvalidOutput', 'output', output) }),
  ),
  SendTaskFailure: operation({ ...task, ...reason }, (executions: Executions, { taskToken, error, cause }) =>
    answer(executions, taskToken, { type: 'failed', error, cause }),
  ),
  SendTaskHeartbeat: operation(task, (executions: Executions, { taskToken }) =>
    answer(executions, taskToken, { type: 'heartbeat' }),
  ),
};

/** What a call is about: a machine or an execution or, with a token, the machine that gave it. */
export function resourceOf({ executionArn, stateMachineArn, taskToken }: Readonly<Record<string, unknown>>): string {
  const task = typeof taskToken === 'string' ? taskOf(taskToken) : undefined;
  const named = executionArn ?? stateMachineArn ?? (task && arn('states', `stateMachine:${task.machineName}`));
  return typeof named === 'string' ? named : '*';
}

/** AWS's rule for names: no blanks, brackets, wildcards, special or control characters. */
const nameRule = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

async function executionOf(executions: Executions, executionArn: string): Promise<ExecutionRecord> {
  const [, machineName, name] = /:execution:([^:]+):([^:]+)$/.exec(executionArn) ?? [];
  if (machineName === undefined || name === undefined)
    throw new AwsError('InvalidArn', `Invalid Arn: '${executionArn}'`);
  const record = await executions.find(machineName, name);
  if (record?.arn === executionArn) return record;
  throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`);
}

function executionItem({ arn, machineArn, name, status, startedAt, stoppedAt }: ExecutionRecord): object {
  const times = { startDate: startedAt / 1000, stopDate: stoppedAt && stoppedAt / 1000 };
  return { executionArn: arn, stateMachineArn: machineArn, name, status, ...times, redriveCount: 0 };
}

/** What is under the machine's own key is left out of bare metadata, which needs no right to the key. */
function described(record: ExecutionRecord, bare: boolean): object {
  const { input, output, error, cause } = record;
  const included = { included: true };
  const data = { input, inputDetails: included, output, outputDetails: output && included, error, cause };
  return {
    ...executionItem(record),
    ...(!bare && data),
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'The local cloud does not redrive executions',
  };
}

/** A machine by its ARN, also with a version or alias behind it: all of them run what the template holds. */
function machineOf({ options }: Executions, stateMachineArn: string): Machine {
  const machine = options.machines.find(({ arn }) => stateMachineArn === arn || stateMachineArn.startsWith(`${arn}:`));
  if (machine !== undefined) return machine;
  if (!stateMachineArn.startsWith('arn:')) throw new AwsError('InvalidArn', `Invalid Arn: '${stateMachineArn}'`);
  throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${stateMachineArn}'`);
}

/** The template does not say when a machine was made. */
function machineItem({ arn, name }: Machine): object {
  return { stateMachineArn: arn, name, type: 'STANDARD', creationDate: 1_767_225_600 };
}

/** Gives a task its answer, when its token is right and it still waits. */
async function answer(executions: Executions, taskToken: string, outcome: Outcome): Promise<object> {
  const invalid = new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
  const task = taskOf(taskToken);
  if (task === undefined) throw invalid;
  const { machineName, name, id } = task;
  const record = await executions.find(machineName, name);
  if (record === undefined) throw new AwsError('TaskDoesNotExist', "Task Does Not Exist: 'The task does not exist'");
  if (taskToken !== tokenOf(record, id)) throw invalid;
  const live = executions.live(machineName, name);
  if (!live?.awaits(id)) throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  await live.answerToken(id, outcome);
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

function parsed(code: string, field: string, json: string): Json {
  if (Buffer.byteLength(json) > dataLimit) throw new AwsError(code, `${field}: at most ${dataLimit} bytes`);
  try {
    return JSON.parse(json) as Json;
  } catch {
    throw new AwsError(code, `${field}: not valid JSON`);
  }
}

interface Place {
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
}

/** What a list holds in its order; one without an item is not shown, but a page may have ended with it when it was. */
interface Entry {
  readonly key: string;
  readonly item: object | undefined;
}

/** One page. The token is the key that it ends with: what comes to a list or leaves it between two pages moves none of the others. */
function pageOf(name: string, entries: readonly Entry[], { maxResults, nextToken }: Place): object {
  const last = nextToken && Buffer.from(nextToken, 'base64url').toString();
  const from = last === undefined ? 0 : entries.findIndex(({ key }) => key === last) + 1;
  if (last !== undefined && from === 0) throw new AwsError('InvalidToken', `Invalid Token: '${nextToken}'`);
  const rest = entries.slice(from).filter(({ item }) => item !== undefined);
  // 0 means the default.
  const page = rest.slice(0, maxResults || 100);
  const end = page.length < rest.length ? page.at(-1)?.key : undefined;
  const next = end && { nextToken: Buffer.from(end).toString('base64url') };
  return { [name]: page.map(({ item }) => item), ...next };
}
