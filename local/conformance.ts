import { readFileSync } from 'node:fs';
import { openClock } from './clock.ts';
import { AwsError, type InvokeFunction, type InvokeResult, type Store } from './service.ts';
import { openCalls } from './states/calls.ts';
import { type MachineProgram, readDefinition } from './states/definition.ts';
import { Execution } from './states/execution.ts';
import type { HistoryEvent } from './states/history.ts';
import { type ExecutionRecord, Journal } from './states/journal.ts';

/** A case recorded from Step Functions: a definition, its input and the history that it gave. */
export interface RecordedCase {
  readonly test: string;
  readonly definition: unknown;
  readonly input: unknown;
  readonly expected: readonly HistoryEvent[];
  /** Name of a function, and the fixture that it runs. */
  readonly lambdas: readonly (readonly [functionName: string, fixture: string])[];
}

/** What became of a case. */
export type Verdict =
  | { readonly test: string; readonly verdict: 'equal' }
  | { readonly test: string; readonly verdict: 'refused'; readonly reason: string }
  | { readonly test: string; readonly verdict: 'different'; readonly differences: readonly string[] };

/** Runs a case on the interpreter, with a clock that jumps over every wait, and compares with what was recorded. */
export async function judge(recorded: RecordedCase): Promise<Verdict> {
  const { test } = recorded;
  const refusal = unknownFixture(recorded);
  if (refusal !== undefined) return { test, verdict: 'refused', reason: refusal };
  let program: MachineProgram;
  try {
    program = readDefinition(recorded.definition, false);
  } catch (error) {
    return { test, verdict: 'refused', reason: (error as Error).message };
  }
  const differences = compare(recorded.expected, await runCase(program, recorded));
  return differences.length === 0 ? { test, verdict: 'equal' } : { test, verdict: 'different', differences };
}

// Running

/** How long a case may take, in virtual time: longer than any wait in a recorded case. */
const patience = 400 * 86_400_000;
const start = new Date('2026-01-01T00:00:00Z');

async function runCase(program: MachineProgram, recorded: RecordedCase): Promise<readonly HistoryEvent[]> {
  const store = memoryStore();
  const clock = await openClock(store.sub('clock'), start);
  const journal = new Journal(store.sub('states'));
  const invoke = fixtures(recorded.lambdas);
  const perform = openCalls({ clock, invokeAs: () => invoke });
  const record = recordOf(recorded.input, clock.now());
  const execution = new Execution(record, program, { clock, journal, perform, ended: () => {} });
  await execution.start();
  await clock.jump(new Date(clock.now().getTime() + patience));
  clock.close();
  const events: HistoryEvent[] = [];
  for await (const { events: more } of journal.read(execution.key)) events.push(...more);
  return events;
}

function recordOf(input: unknown, now: Date): ExecutionRecord {
  const place = 'arn:aws:states:eu-west-1:123456789012';
  return {
    arn: `${place}:execution:conformance:case`,
    name: 'case',
    machineArn: `${place}:stateMachine:conformance`,
    machineName: 'conformance',
    roleArn: 'arn:aws:iam::123456789012:role/conformance',
    definition: '',
    seed: 'conformance',
    input: JSON.stringify(input),
    startedAt: now.getTime(),
    status: 'RUNNING',
  };
}

/** A store that forgets: a case needs nothing of it after its end. */
function memoryStore(): Store {
  const values = new Map<string, string>();
  const put = async (key: string, value: unknown) => void values.set(key, JSON.stringify(value));
  const del = async (key: string) => void values.delete(key);
  return {
    get: async <T>(key: string) => JSON.parse(values.get(key) ?? 'null') ?? (undefined as T | undefined),
    put,
    del,
    batch: async (changes) => {
      for (const change of changes) await (change.type === 'put' ? put(change.key, change.value) : del(change.key));
    },
    async *entries<T>({ gte = '', lt = '\uffff' } = {}) {
      const keys = [...values.keys()].filter((key) => key >= gte && key < lt).sort();
      for (const key of keys) yield [key, JSON.parse(values.get(key) as string) as T] as const;
    },
    sub: () => memoryStore(),
  };
}

// The functions that recorded cases call

/** What a fixture answers to a payload. `call` counts from 1. */
type Fixture = (payload: string, call: number) => InvokeResult;

const known: Readonly<Record<string, Fixture>> = {
  'id_function.py': (payload) => ({ ok: true, payload: pythonJson(JSON.parse(payload)) }),
  'raise_exception.py': (_, call) => ({ ok: false, error: exception(call) }),
};

/** JSON as Python writes it, with blanks: recorded lengths count them. */
function pythonJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  const fields = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${pythonJson(part)}`);
  return `{${fields.join(', ')}}`;
}

/** The error of a Python function, with the identity that the recording put in the place of a request's. */
function exception(call: number) {
  return {
    errorMessage: 'Some exception was raised.',
    errorType: 'Exception',
    requestId: `<uuid:${call}>`,
    stackTrace: [
      '  File "/var/task/handler.py", line 2, in handler\n    raise Exception("Some exception was raised.")\n',
    ],
  };
}

function unknownFixture({ lambdas }: RecordedCase): string | undefined {
  const unknown = lambdas.find(([, fixture]) => !Object.hasOwn(known, fixture));
  return unknown && `the function fixture ${unknown[1]} is not known`;
}

function fixtures(lambdas: RecordedCase['lambdas']): InvokeFunction {
  let calls = 0;
  return async (functionArn, payload) => {
    const name = functionArn.split(':function:').at(-1);
    const [, fixture = ''] = lambdas.find(([functionName]) => functionName === name) ?? [];
    const answer = known[fixture];
    if (answer === undefined)
      throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArn}`, 404);
    calls += 1;
    return answer(payload, calls);
  };
}

// Comparing

/** Status, output, error and the sequence of event types, where they differ. */
function compare(expected: readonly HistoryEvent[], actual: readonly HistoryEvent[]): string[] {
  const was = endOf(expected);
  const is = endOf(actual);
  return [
    ...difference('status', was.status, is.status),
    ...(matches(was.output, is.output) ? [] : difference('output', was.output, is.output)),
    ...difference('error', was.error, is.error),
    ...difference('events', typesOf(expected), typesOf(actual)),
  ];
}

function difference(what: string, was: unknown, is: unknown): string[] {
  const [wanted, got] = [JSON.stringify(was), JSON.stringify(is)];
  return wanted === got ? [] : [`${what}: recorded ${wanted}, here ${got}`];
}

function typesOf(events: readonly HistoryEvent[]): string {
  return events.map(({ type }) => type).join(' ');
}

function endOf(events: readonly HistoryEvent[]) {
  const last = events.at(-1);
  const details =
    last === undefined ? {} : (Object.entries(last).find(([key]) => key.endsWith('EventDetails'))?.[1] ?? {});
  const { output, error } = details as { output?: unknown; error?: string };
  return { status: last?.type, output: dataOf(output), error };
}

/** Recordings hold data as JSON text or, where it was an object, parsed. */
function dataOf(data: unknown): unknown {
  if (typeof data !== 'string') return data;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}

/** Words that recordings hold in the place of what differs from run to run. */
const masks = new Set(['date', 'timestamp', 'lambda_function_name']);

/** Whether a value is what was recorded. In recordings `<...>`, a mask or a field's own name stands for anything. */
function matches(recorded: unknown, actual: unknown, field = ''): boolean {
  if (typeof recorded === 'string') return textMatches(recorded, actual, field);
  if (recorded === null || typeof recorded !== 'object') return recorded === actual;
  const ours = dataOf(actual);
  if (ours === null || typeof ours !== 'object' || Array.isArray(recorded) !== Array.isArray(ours)) return false;
  const keys = new Set([...Object.keys(recorded), ...Object.keys(ours)]);
  const part = (whole: object, key: string) => (whole as Record<string, unknown>)[key];
  return [...keys].every((key) => key in recorded && key in ours && matches(part(recorded, key), part(ours, key), key));
}

function textMatches(recorded: string, actual: unknown, field: string): boolean {
  if (masks.has(recorded) || recorded === field) return true;
  if (typeof actual !== 'string') return false;
  const literal = recorded.split(/<[^<>]*>/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('[\\s\\S]*')}$`).test(actual);
}

// The command

async function main(file: string | undefined): Promise<void> {
  if (file === undefined) throw new Error('usage: npm run -s conformance -- FILE');
  const cases = JSON.parse(readFileSync(file, 'utf8')) as RecordedCase[];
  const verdicts: Verdict[] = [];
  for (const recorded of cases) verdicts.push(await judge(recorded));
  for (const verdict of verdicts) report(verdict);
  const count = (kind: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === kind).length;
  console.log(`conformance: ${count('equal')} of ${cases.length} equal, ${count('refused')} refused`);
  if (count('different') > 0) process.exitCode = 1;
}

function report(verdict: Verdict): void {
  if (verdict.verdict === 'refused') console.log(`refused    ${verdict.test}\n  ${verdict.reason}`);
  if (verdict.verdict === 'different') console.log(`different  ${verdict.test}\n  ${verdict.differences.join('\n  ')}`);
}

if (import.meta.main)
  await main(process.argv[2]).catch((error: Error) => {
    console.error(`conformance: ${error.message}`);
    process.exitCode = 2;
  });
