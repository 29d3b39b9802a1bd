import { readFileSync } from 'node:fs';
import { openClock } from './clock.ts';
import { AwsError, type InvokeFunction, type InvokeResult, type Store } from './service.ts';
import { Executions, type HistoryEvent } from './states.ts';

/** A case recorded from Step Functions: a definition, its input and the history that it gave. */
export interface RecordedCase {
  readonly test: string;
  readonly definition: unknown;
  readonly input: unknown;
  readonly expected: readonly HistoryEvent[];
  /** Name of a function, and the fixture that it runs. */
  readonly lambdas: readonly (readonly [functionName: string, fixture: string])[];
}

/** What became of a case: without a reason or a difference it is equal. */
export interface Verdict {
  readonly test: string;
  readonly refused?: string;
  readonly differences?: readonly string[];
}

/** How long a case may take, in virtual time: longer than any wait in a recorded case. */
const patience = 400 * 86_400_000;
const start = new Date('2026-01-01T00:00:00Z');

/** Runs a case on the interpreter, with a clock that jumps over every wait, and compares with what was recorded. */
export async function judge({ test, definition, input, expected, lambdas }: RecordedCase): Promise<Verdict> {
  const unknown = lambdas.find(([, fixture]) => !Object.hasOwn(fixtures, fixture));
  if (unknown !== undefined) return { test, refused: `the function fixture ${unknown[1]} is not known` };
  const clock = await openClock(memoryStore(), start);
  // Account and role as recordings have them.
  const arn = 'arn:aws:states:us-east-1:111111111111:stateMachine:conformance';
  const machine = { arn, name: 'conformance', roleArn: 'snf_role_arn', definition };
  const invoke = invokes(lambdas);
  const executions = new Executions({ store: memoryStore(), clock, machines: [machine], invokeAs: () => invoke });
  try {
    await executions.open();
  } catch (error) {
    return { test, refused: (error as Error).message.replace('state machine conformance: ', '') };
  }
  await executions.start(machine, 'case', JSON.stringify(input));
  await clock.jump(new Date(start.getTime() + patience));
  clock.close();
  const differences = compare(expected, await executions.historyOf('case'));
  return { test, ...(differences.length > 0 && { differences }) };
}

/** A store that forgets: a case needs nothing of it after its end. */
function memoryStore(): Store {
  const values = new Map<string, string>();
  const batch: Store['batch'] = async (changes) => {
    for (const change of changes)
      if (change.type === 'put') values.set(change.key, JSON.stringify(change.value));
      else values.delete(change.key);
  };
  return {
    get: async <T>(key: string) => (values.has(key) ? (JSON.parse(values.get(key) as string) as T) : undefined),
    put: (key, value) => batch([{ type: 'put', key, value }]),
    del: (key) => batch([{ type: 'del', key }]),
    batch,
    async *entries<T>({ gte = '', lt = '\uffff' } = {}) {
      const keys = [...values.keys()].filter((key) => key >= gte && key < lt).sort();
      for (const key of keys) yield [key, JSON.parse(values.get(key) as string) as T] as const;
    },
    sub: memoryStore,
  };
}

/** What the functions of recorded cases answer to a payload. `call` counts from 1. */
const fixtures: Readonly<Record<string, (payload: string, call: number) => InvokeResult>> = {
  'id_function.py': (payload) => ({ ok: true, payload: pythonJson(JSON.parse(payload)) }),
  'raise_exception.py': (_, call) => {
    const errorMessage = 'Some exception was raised.';
    const place = '  File "/var/task/handler.py", line 2, in handler\n';
    const stackTrace = [`${place}    raise Exception("${errorMessage}")\n`];
    // The recording put this in the place of a request's identity.
    const requestId = `<uuid:${call}>`;
    return { ok: false, error: Object.assign({ errorMessage, errorType: 'Exception' }, { requestId, stackTrace }) };
  },
};

/** JSON as Python writes it, with blanks: recorded lengths count them. */
function pythonJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  const fields = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${pythonJson(part)}`);
  return `{${fields.join(', ')}}`;
}

function invokes(lambdas: RecordedCase['lambdas']): InvokeFunction {
  let calls = 0;
  return async (functionArn, payload) => {
    const [, fixture = ''] = lambdas.find(([name]) => functionArn.endsWith(`:function:${name}`)) ?? [];
    const answer = fixtures[fixture];
    if (answer === undefined)
      throw new AwsError('ResourceNotFoundException', `Function not found: ${functionArn}`, 404);
    calls += 1;
    return answer(payload, calls);
  };
}

/** Status, output, error and the sequence of event types, where they differ. */
function compare(expected: readonly HistoryEvent[], actual: readonly HistoryEvent[]): string[] {
  const [was, is] = [endOf(expected), endOf(actual)];
  const differs = (what: keyof typeof was) =>
    what === 'output' ? !matches(was.output, is.output) : was[what] !== is[what];
  const fields = (['status', 'output', 'error', 'events'] as const).filter(differs);
  return fields.map((what) => `${what}: recorded ${JSON.stringify(was[what])}, here ${JSON.stringify(is[what])}`);
}

function endOf(events: readonly HistoryEvent[]) {
  const last = events.at(-1);
  const details = Object.entries(last ?? {}).find(([key]) => key.endsWith('EventDetails'))?.[1];
  const { output, error } = (details ?? {}) as { output?: unknown; error?: string };
  return { status: last?.type, output: dataOf(output), error, events: events.map(({ type }) => type).join(' ') };
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
const masks = ['date', 'timestamp', 'lambda_function_name'];

/** Whether a value is what was recorded. In recordings `<...>`, a mask or a field's own name stands for anything. */
function matches(recorded: unknown, actual: unknown, field = ''): boolean {
  if (typeof recorded === 'string') {
    if (masks.includes(recorded) || recorded === field) return true;
    const literal = recorded.split(/<[^<>]*>/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return typeof actual === 'string' && new RegExp(`^${literal.join('[\\s\\S]*')}$`).test(actual);
  }
  if (recorded === null || typeof recorded !== 'object') return recorded === actual;
  const ours = dataOf(actual);
  if (ours === null || typeof ours !== 'object' || Array.isArray(recorded) !== Array.isArray(ours)) return false;
  const theirs = new Map(Object.entries(ours));
  const parts = Object.entries(recorded);
  return (
    parts.length === theirs.size && parts.every(([key, part]) => theirs.has(key) && matches(part, theirs.get(key), key))
  );
}

/** The command: prints every case that is not equal, and the count. */
async function main(file: string | undefined): Promise<void> {
  if (file === undefined) throw new Error('usage: npm run -s conformance -- FILE');
  const cases = JSON.parse(readFileSync(file, 'utf8')) as RecordedCase[];
  const verdicts: Verdict[] = [];
  for (const recorded of cases) verdicts.push(await judge(recorded));
  const refused = verdicts.filter((verdict) => verdict.refused !== undefined);
  const different = verdicts.filter(({ differences }) => differences !== undefined);
  for (const { test, refused: reason } of refused) console.log(`refused    ${test}\n  ${reason}`);
  for (const { test, differences = [] } of different) console.log(`different  ${test}\n  ${differences.join('\n  ')}`);
  const equal = cases.length - refused.length - different.length;
  console.log(`conformance: ${equal} of ${cases.length} equal, ${refused.length} refused`);
  if (different.length > 0) process.exitCode = 1;
}

if (import.meta.main)
  await main(process.argv[2]).catch((error: Error) => {
    console.error(`conformance: ${error.message}`);
    process.exitCode = 2;
  });
