import { SendTaskHeartbeatCommand, SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { functionArn, invoke, type LabOptions, machine, named, openLab } from './states-harness.ts';

const end = { End: true };
const ask = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: functionArn('ask'), Payload: '{% $states.context.Task.Token %}' },
  HeartbeatSeconds: 86_400,
};

/** Chance, time, retries, siblings, a token and waits: everything that a replay could get wrong. */
const journey = machine(
  {
    Begin: {
      Type: 'Pass',
      Assign: { id: '{% $uuid() %}', chance: '{% $random() %}', at: '{% $now() %}' },
      Next: 'Gather',
    },
    Gather: {
      Type: 'Map',
      Items: ['a', 'b', 'c'],
      MaxConcurrency: 2,
      ItemProcessor: {
        StartAt: 'Read',
        States: {
          Read: invoke('read', { Retry: [{ ErrorEquals: ['Busy'], JitterStrategy: 'FULL' }], Next: 'Rest' }),
          Rest: { Type: 'Wait', Seconds: 60, ...end },
        },
      },
      Next: 'Ask',
    },
    Ask: { ...ask, Output: { gathered: '{% $states.input %}', answer: '{% $states.result %}' }, Next: 'Last' },
    Last: {
      Type: 'Pass',
      Output: {
        was: '{% $states.input %}',
        known: ['{% $id %}', '{% $chance %}', '{% $at %}'],
        now: '{% $id = $id %}',
      },
      ...end,
    },
  },
  { TimeoutSeconds: 604_800 },
);

/** What a crash after a write leaves: the store, and the instant. */
interface Crash {
  readonly entries: Map<string, string>;
  readonly at: Date;
}

interface World {
  readonly calls: string[];
  readonly tokens: Set<string>;
}

function world(): World & Pick<LabOptions, 'functions'> {
  const calls: string[] = [];
  const tokens = new Set<string>();
  const read = (item: unknown) => {
    calls.push(item as string);
    if (item === 'b' && calls.filter((call) => call === 'b').length === 1) throw named('Busy');
    return `${item}!`;
  };
  return { calls, tokens, functions: { read, ask: (token) => void tokens.add(token as string) } };
}

type Lab = Awaited<ReturnType<typeof openLab>>;

/** Lets an execution run to its end, answering its token. */
async function finish(lab: Lab, { tokens }: World): Promise<void> {
  await lab.pass(3600);
  for (const taskToken of tokens)
    await lab.client.send(new SendTaskSuccessCommand({ taskToken, output: '"yes"' })).catch((error: Error) => {
      if (error.name !== 'TaskTimedOut') throw error;
    });
  await lab.pass(3600);
}

describe('an execution that is cut off by a crash', () => {
  test('after any write goes on to its end, with nothing lost and nothing repeated that was recorded', async () => {
    const crashes: Crash[] = [];
    const entries = new Map<string, string>();
    const first = world();
    let lab: Lab | undefined;
    const onWrite = () => {
      if (lab !== undefined) crashes.push({ entries: new Map(entries), at: lab.clock.now() });
    };
    lab = await openLab(journey, { entries, onWrite, functions: first.functions });
    await using whole = lab;
    const arn = await whole.begin({}, 'a');
    await finish(whole, first);
    const uncut = await whole.outcome(arn);
    expect(uncut.status).toBe('SUCCEEDED');
    expect(first.calls.sort()).toEqual(['a', 'b', 'b', 'c']);
    expect(crashes.length).toBeGreaterThan(10);

    for (const crash of crashes) {
      const again = world();
      const start = crash.at;
      await using resumed = await openLab(journey, { entries: crash.entries, start, functions: again.functions });
      const before = await resumed.outcome(arn);
      const recorded = before.events.filter(({ type }) => type === 'TaskSucceeded' || type === 'TaskFailed').length;
      await resumed.states.resume();
      for (const token of first.tokens) again.tokens.add(token);
      await finish(resumed, again);
      const { status, output, events } = await resumed.outcome(arn);
      expect(status).toBe('SUCCEEDED');
      expect(output.was).toEqual(uncut.output.was);
      expect(output.known.slice(0, 2)).toEqual(uncut.output.known.slice(0, 2));
      expect(events.slice(0, before.events.length)).toEqual(before.events);
      // Each of the three items and the answer is made once more at the most, or was already there.
      const made = events.filter(({ type }) => type === 'TaskSucceeded' || type === 'TaskFailed').length - recorded;
      expect(again.calls.length).toBeLessThanOrEqual(made);
    }
  });

  test('while a function works calls it again, once', async () => {
    const entries = new Map<string, string>();
    const definition = machine({ T: invoke('work', end) });
    const hanging = await openLab(definition, { entries, functions: { work: () => new Promise(() => {}) } });
    const arn = await hanging.begin(1);
    const left = new Map(entries);
    let calls = 0;
    await using lab = await openLab(definition, { entries: left, functions: { work: () => ++calls } });
    await lab.states.resume();
    await lab.clock.quiet();
    expect((await lab.outcome(arn)).output).toBe(1);
    await using again = await openLab(definition, { entries: left, functions: { work: () => ++calls } });
    await again.states.resume();
    await again.clock.quiet();
    expect(calls).toBe(1);
    hanging.client.destroy();
  });

  test('that was waiting for a token is not asked again, and keeps its heartbeat', async () => {
    const entries = new Map<string, string>();
    const definition = machine({ Ask: { ...ask, ...end } });
    const { tokens, functions } = world();
    await using lab = await openLab(definition, { entries, functions });
    const arn = await lab.begin();
    await lab.pass(80_000);
    const [taskToken] = [...tokens];
    await lab.client.send(new SendTaskHeartbeatCommand({ taskToken }));
    const other = world();
    await using after = await openLab(definition, {
      entries: new Map(entries),
      start: lab.clock.now(),
      functions: other.functions,
    });
    await after.states.resume();
    await after.pass(80_000);
    expect((await after.outcome(arn)).status).toBe('RUNNING');
    expect(other.tokens.size).toBe(0);
    await after.pass(7000);
    expect(await after.outcome(arn)).toMatchObject({ error: 'States.Timeout' });
  });

  test('whose machine was changed meanwhile ends by the definition it began with', async () => {
    const entries = new Map<string, string>();
    const old = machine({ A: { Type: 'Wait', Seconds: 60, Next: 'B' }, B: { Type: 'Pass', Output: 'old', ...end } });
    await using lab = await openLab(old, { entries });
    const arn = await lab.begin();
    const changed = machine({ A: { Type: 'Pass', Output: 'new', ...end } });
    await using after = await openLab(changed, { entries: new Map(entries), start: lab.clock.now() });
    await after.states.resume();
    await after.pass(60);
    expect((await after.outcome(arn)).output).toBe('old');
    expect((await after.run()).output).toBe('new');
  });
});

describe('a broken record of a journal', () => {
  const definition = machine({ A: { Type: 'Wait', Seconds: 60, Next: 'B' }, B: { Type: 'Wait', Seconds: 60, ...end } });

  async function half() {
    const entries = new Map<string, string>();
    await using lab = await openLab(definition, { entries });
    const arn = await lab.begin({}, 'a');
    await lab.begin({}, 'whole');
    await lab.pass(60);
    return { entries: new Map(entries), arn, start: lab.clock.now() };
  }

  const broken = [
    ['holds nothing of a record', (text: string) => text.replace('"steps"', '"stops"')],
    ['holds another event than it gives', (text: string) => text.replace('WaitStateExited', 'PassStateExited')],
    ['is no JSON', (text: string) => text.slice(0, -5)],
  ] as const;

  test.for(broken)('that %s is reported with its position, and the other executions go on', async ([, damage]) => {
    const { entries, arn, start } = await half();
    const key = [...entries.keys()].find((name) => name.includes('Journey:a/000001')) as string;
    entries.set(key, damage(entries.get(key) as string));
    await using lab = await openLab(definition, { entries, start });
    await expect(lab.states.resume()).rejects.toThrow('execution Journey:a: record 1 of its journal is broken');
    await lab.pass(60);
    const statuses = (await lab.states.list()).map(({ name, status }) => `${name} ${status}`).sort();
    expect(statuses).toEqual(['a RUNNING', 'whole SUCCEEDED']);
    expect(entries.has(key)).toBe(true);
    expect(arn).toContain('Journey:a');
  });

  test('of an execution itself is reported, and the others are listed and go on', async () => {
    const { entries, start } = await half();
    entries.set('execution/Journey:a', '{"half":');
    await using lab = await openLab(definition, { entries, start });
    await expect(lab.states.resume()).rejects.toThrow('execution/Journey:a is broken');
    await lab.pass(60);
    expect((await lab.states.list()).map(({ name, status }) => `${name} ${status}`)).toEqual(['whole SUCCEEDED']);
    expect((await lab.states.history('whole')).at(-1)?.type).toBe('ExecutionSucceeded');
  });

  test('that is missing is reported with its position', async () => {
    const { entries, start } = await half();
    const key = [...entries.keys()].find((name) => name.includes('Journey:a/000000')) as string;
    entries.delete(key);
    await using lab = await openLab(definition, { entries, start });
    await expect(lab.states.resume()).rejects.toThrow(
      'execution Journey:a: record 0 of its journal is broken: it is missing',
    );
  });
});
