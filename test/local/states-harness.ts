import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { openClock } from '../../local/clock.ts';
import type { InvokeFunction, Range, Store } from '../../local/service.ts';
import { openStates } from '../../local/states.ts';
import { serve } from './small-gateway.ts';

export const machineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Journey';
export const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;

/** A function of a test: what it answers to a payload. What it throws is an error by its `name`. */
export type TestFunction = (payload: unknown) => unknown;

/** A store in memory with ranges. Its entries can be copied: what a crash at this instant would leave. */
export function memoryStore(entries: Map<string, string>, onWrite = () => {}, prefix = ''): Store {
  const batch: Store['batch'] = async (changes) => {
    for (const change of changes)
      if (change.type === 'put') entries.set(prefix + change.key, JSON.stringify(change.value));
      else entries.delete(prefix + change.key);
    onWrite();
  };
  return {
    get: async <T>(key: string) => {
      const text = entries.get(prefix + key);
      return text === undefined ? undefined : (JSON.parse(text) as T);
    },
    put: (key, value) => batch([{ type: 'put', key, value }]),
    del: (key) => batch([{ type: 'del', key }]),
    batch,
    async *entries<T>({ gte = '', lt = '\uffff', broken }: Range = {}) {
      const found = [...entries.keys()].filter((key) => key >= prefix + gte && key < prefix + lt).sort();
      for (const key of found) {
        let value: T;
        try {
          value = JSON.parse(entries.get(key) as string) as T;
        } catch (error) {
          if (!broken) throw error;
          broken(new Error(`${key} is broken`));
          continue;
        }
        yield [key.slice(prefix.length), value] as const;
      }
    },
    sub: (name) => memoryStore(entries, onWrite, `${prefix}${name}|`),
  };
}

function invokes(functions: Readonly<Record<string, TestFunction>>): InvokeFunction {
  return async (arn, payload) => {
    try {
      const answer = await functions[arn.split(':').at(-1) as string]?.(JSON.parse(payload));
      return { ok: true, payload: JSON.stringify(answer ?? null) };
    } catch (error) {
      const { name, message } = error as Error;
      return { ok: false, error: { errorType: name, errorMessage: message } };
    }
  };
}

export interface LabOptions {
  readonly functions?: Readonly<Record<string, TestFunction>>;
  readonly entries?: Map<string, string>;
  readonly onWrite?: () => void;
  readonly start?: Date;
}

/** Step Functions with one machine, behind a real client, with a clock that only moves when told. */
export async function openLab(definition: unknown, options: LabOptions = {}) {
  const { functions = {}, entries = new Map(), onWrite, start = new Date('2026-01-31T12:00:00Z') } = options;
  const clock = await openClock(memoryStore(new Map()), start);
  const states = await openStates({
    store: memoryStore(entries, onWrite),
    clock,
    machines: [{ arn: machineArn, name: 'Journey', roleArn: 'arn:aws:iam::123456789012:role/Journey', definition }],
    invokeAs: () => invokes(functions),
  });
  const gateway = await serve(states, 'json');
  const client = new SFNClient(gateway.config);
  const pass = (seconds: number) => clock.jump(new Date(clock.now().getTime() + seconds * 1000));
  const begin = async (input: unknown = {}, name?: string) => {
    const started = { stateMachineArn: machineArn, input: JSON.stringify(input), ...(name && { name }) };
    return (await client.send(new StartExecutionCommand(started))).executionArn as string;
  };
  const outcome = async (executionArn: string) => {
    const { status, output, error, cause } = await client.send(new DescribeExecutionCommand({ executionArn }));
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    return { status, output: output && JSON.parse(output), error, cause, events, types: typesOf(events) };
  };
  return {
    client,
    clock,
    states,
    asked: gateway.asked,
    pass,
    begin,
    outcome,
    /** From start to end, whatever it waits for, as long as that comes within a year. */
    run: async (input?: unknown) => {
      const arn = await begin(input);
      await pass(365 * 86_400);
      return outcome(arn);
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      clock.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

export function typesOf(events: readonly HistoryEvent[]): string[] {
  return events.map(({ type }) => type as string);
}

/** A JSONata machine of some states, the first of which begins. */
export function machine(states: Record<string, object>, more: object = {}): object {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more };
}

/** A Task state that invokes a function with its input. */
export function invoke(name: string, more: object = {}): object {
  const Arguments = { FunctionName: functionArn(name), Payload: '{% $states.input %}' };
  const Output = '{% $states.result.Payload %}';
  return { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Arguments, Output, ...more };
}

/** An error with a name, as a function throws it. */
export function named(name: string, message = 'as the test wants it'): Error {
  return Object.assign(new Error(message), { name });
}
