import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { jsonInput, targetOf, unknownOperation } from '../protocol.ts';
import { AwsError, type Call, type Permission } from '../service.ts';
import type { Executions, Machine } from '../states.ts';
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

interface Operation {
  readonly input: z.ZodType;
  run(executions: Executions, input: never): Promise<object>;
}

function operation<Shape extends z.ZodRawShape>(
  shape: Shape,
  run: (executions: Executions, input: z.infer<z.ZodObject<Shape>>) => Promise<object>,
): Operation {
  return { input: z.strictObject(shape), run: run as Operation['run'] };
}

/** The operations that are modelled. A field that is not here is refused by name. */
const operations: Readonly<Record<string, Operation>> = {
  StartExecution: operation(
    { ...stateMachine, name: text.optional(), input: text.optional(), traceHeader: text.optional() },
    async (executions, { stateMachineArn, name = randomUUID(), input = '{}' }) => {
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
    async (executions, { executionArn, includedData }) =>
      described(await executionOf(executions, executionArn), includedData === 'METADATA_ONLY'),
  ),
  GetExecutionHistory: operation(
    { ...execution, ...page, reverseOrder: z.boolean().optional(), includeExecutionData: z.literal(true).optional() },
    async (executions, { executionArn, reverseOrder, ...at }) => {
      const events = await executions.events(await executionOf(executions, executionArn));
      return pageOf('events', reverseOrder ? events.reverse() : events, at);
    },
  ),
  ListExecutions: operation(
    { ...stateMachine, statusFilter: status.optional(), ...page },
    async (executions, { stateMachineArn, statusFilter, ...at }) => {
      const { arn } = machineOf(executions, stateMachineArn);
      const own = (await executions.records()).filter(({ machineArn }) => machineArn === arn);
      const matching = own.filter(({ status }) => statusFilter === undefined || status === statusFilter);
      return pageOf('executions', matching.map(executionItem), at);
    },
  ),
  StopExecution: operation({ ...execution, ...reason }, async (executions, { executionArn, error, cause }) => {
    const { machineName, name } = await executionOf(executions, executionArn);
    await executions.live(machineName, name)?.stop(error, cause);
    const stopped = await executionOf(executions, executionArn);
    return { stopDate: (stopped.stoppedAt as number) / 1000 };
  }),
  RedriveExecution: operation({ ...execution, clientToken: text.optional() }, async (executions, { executionArn }) => {
    await executionOf(executions, executionArn);
    throw new AwsError('ExecutionNotRedrivable', 'The local cloud does not redrive executions: start a new one.');
  }),
  DescribeStateMachine: operation({ ...stateMachine, ...whole }, async (executions, { stateMachineArn }) => {
    const machine = machineOf(executions, stateMachineArn);
    const { roleArn, definition } = machine;
    return { ...machineItem(machine), status: 'ACTIVE', roleArn, definition: JSON.stringify(definition) };
  }),
  ListStateMachines: operation(page, async ({ options }, at) =>
    pageOf('stateMachines', options.machines.map(machineItem), at),
  ),
  SendTaskSuccess: operation({ ...task, output: text }, (executions, { taskToken, output }) =>
    answer(executions, taskToken, { type: 'succeeded', output: parsed('InvalidOutput', 'output', output) }),
  ),
  SendTaskFailure: operation({ ...task, ...reason }, (executions, { taskToken, error, cause }) =>
    answer(executions, taskToken, {
      type: 'failed',
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
    }),
  ),
  SendTaskHeartbeat: operation(task, (executions, { taskToken }) =>
    answer(executions, taskToken, { type: 'heartbeat' }),
  ),
};

/** What a call needs: an operation on one machine or execution, or, with a token, on the machine that gave it. */
export function permissionsOf(call: Call): readonly Permission[] {
  const name = targetOf(call);
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) return [];
  const { executionArn, stateMachineArn, taskToken } = jsonInput(call, operation.input) as Record<string, string>;
  const task = taskToken === undefined ? undefined : taskOf(taskToken);
  const giver = task && `arn:aws:states:eu-west-1:123456789012:stateMachine:${task.machineName}`;
  return [{ action: `states:${name}`, resource: executionArn ?? stateMachineArn ?? giver ?? '*' }];
}

/** Answers a call. Throws AwsError. */
export async function handle(executions: Executions, call: Call, response: ServerResponse): Promise<void> {
  const name = targetOf(call);
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (operation === undefined) throw unknownOperation('states', name);
  const output = await operation.run(executions, jsonInput(call, operation.input) as never);
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(output));
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
  const stopped = stoppedAt !== undefined && { stopDate: stoppedAt / 1000 };
  const times = { startDate: startedAt / 1000, ...stopped };
  return { executionArn: arn, stateMachineArn: machineArn, name, status, ...times, redriveCount: 0 };
}

/** What is under the machine's own key is left out of bare metadata, which needs no right to the key. */
function described(record: ExecutionRecord, bare: boolean): object {
  const { input, output, error, cause } = record;
  const whole = { input, inputDetails: { included: true }, error, cause };
  return {
    ...executionItem(record),
    ...(bare ? {} : whole),
    ...(!bare && output !== undefined && { output, outputDetails: { included: true } }),
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
  return { stateMachineArn: arn, name, type: 'STANDARD', creationDate: 0 };
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

function pageOf(name: string, items: readonly object[], { maxResults, nextToken }: Place): object {
  const place = nextToken === undefined ? '0' : Buffer.from(nextToken, 'base64url').toString();
  const from = Number(place);
  if (!/^\d+$/.test(place) || from > items.length) throw new AwsError('InvalidToken', `Invalid Token: '${nextToken}'`);
  // 0 means the default.
  const to = from + (maxResults || 100);
  const next = to < items.length ? { nextToken: Buffer.from(String(to)).toString('base64url') } : {};
  return { [name]: items.slice(from, to), ...next };
}
