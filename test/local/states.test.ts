import { readFile } from 'node:fs/promises';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { functionArn, invoke, machine, machineArn, openLab } from './states-harness.ts';

const waiting = machine({ Wait: { Type: 'Wait', Seconds: 3600, End: true } });
const failure = (name: string) => expect.objectContaining({ name });
const start = (name: string, input = '{}') => new StartExecutionCommand({ stateMachineArn: machineArn, name, input });

describe('executions', () => {
  test('starting twice with one name and input is one execution while it runs', async () => {
    await using lab = await openLab(waiting);
    const [first, second] = await Promise.all([lab.client.send(start('a')), lab.client.send(start('a'))]);
    expect(second.executionArn).toBe(first.executionArn);
    expect(first.executionArn).toBe('arn:aws:states:eu-west-1:123456789012:execution:Journey:a');
    expect(second.startDate).toEqual(first.startDate);
    await expect(lab.client.send(start('a', '{"other":1}'))).rejects.toEqual(failure('ExecutionAlreadyExists'));
    await lab.pass(3600);
    await expect(lab.client.send(start('a'))).rejects.toEqual(failure('ExecutionAlreadyExists'));
  });

  test('a start that is not valid is refused with the error of AWS', async () => {
    await using lab = await openLab(waiting);
    const refused = [
      [start('a b'), 'InvalidName'],
      [start('a'.repeat(81)), 'InvalidName'],
      [start('a', '{'), 'InvalidExecutionInput'],
      [start('a', JSON.stringify('x'.repeat(262_144))), 'InvalidExecutionInput'],
      [
        new StartExecutionCommand({ stateMachineArn: machineArn.replace('Journey', 'Other') }),
        'StateMachineDoesNotExist',
      ],
    ] as const;
    for (const [command, name] of refused) await expect(lab.client.send(command)).rejects.toEqual(failure(name));
    expect(await lab.states.list()).toEqual([]);
  });

  test('an execution is described while it runs and after its end', async () => {
    await using lab = await openLab(waiting);
    const executionArn = await lab.begin({ a: 1 }, 'a');
    const running = await lab.client.send(new DescribeExecutionCommand({ executionArn }));
    expect(running).toMatchObject({ status: 'RUNNING', name: 'a', stateMachineArn: machineArn, input: '{"a":1}' });
    await lab.pass(3600);
    const ended = await lab.client.send(new DescribeExecutionCommand({ executionArn }));
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: '{"a":1}' });
    const lasted = Number(ended.stopDate) - Number(running.startDate);
    expect(Math.round(lasted / 60_000)).toBe(60);
    const other = executionArn.replace(':a', ':b');
    const unknown = new DescribeExecutionCommand({ executionArn: other });
    await expect(lab.client.send(unknown)).rejects.toEqual(failure('ExecutionDoesNotExist'));
  });

  test('a history is read in pages, forward and backward', async () => {
    await using lab = await openLab(machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', End: true } }));
    const executionArn = await lab.begin();
    const first = await lab.client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 4 }));
    expect(first.events?.map(({ id, previousEventId }) => [id, previousEventId])).toEqual([
      [1, 0],
      [2, 0],
      [3, 2],
      [4, 3],
    ]);
    const { nextToken } = first;
    const rest = await lab.client.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 4, nextToken }));
    expect(rest.events?.map(({ type }) => type)).toEqual(['PassStateExited', 'ExecutionSucceeded']);
    expect(rest.nextToken).toBeUndefined();
    const backward = new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 });
    expect((await lab.client.send(backward)).events?.[0]?.type).toBe('ExecutionSucceeded');
    const wrong = new GetExecutionHistoryCommand({ executionArn, nextToken: 'x' });
    await expect(lab.client.send(wrong)).rejects.toEqual(failure('InvalidToken'));
  });

  test('what leaves a list between two pages, or comes to it, moves none of the others', async () => {
    await using lab = await openLab(waiting);
    const begin = async (name: string) => {
      const arn = await lab.begin({}, name);
      await lab.pass(60);
      return arn;
    };
    await begin('a');
    await begin('b');
    const executionArn = await begin('c');
    const list = async (nextToken?: string) => {
      const one = { stateMachineArn: machineArn, statusFilter: 'RUNNING', maxResults: 1, nextToken } as const;
      const page = await lab.client.send(new ListExecutionsCommand(one));
      return { names: page.executions?.map(({ name }) => name), nextToken: page.nextToken };
    };
    const first = await list();
    await begin('d');
    await lab.client.send(new StopExecutionCommand({ executionArn }));
    const second = await list(first.nextToken);
    const third = await list(second.nextToken);
    expect([first.names, second.names, third]).toEqual([['c'], ['b'], { names: ['a'], nextToken: undefined }]);
  });

  test('executions are listed latest first, by status and in pages', async () => {
    await using lab = await openLab(waiting);
    for (const name of ['a', 'b', 'c']) {
      await lab.begin({}, name);
      await lab.pass(1800);
    }
    const list = (more = {}) => lab.client.send(new ListExecutionsCommand({ stateMachineArn: machineArn, ...more }));
    const names = ({ executions = [] }) => (executions as { name: string }[]).map(({ name }) => name);
    expect(names((await list()) as object)).toEqual(['c', 'b', 'a']);
    expect(names((await list({ statusFilter: 'SUCCEEDED' })) as object)).toEqual(['b', 'a']);
    const page = await list({ maxResults: 2 });
    expect(names(page as object)).toEqual(['c', 'b']);
    expect(names((await list({ nextToken: page.nextToken })) as object)).toEqual(['a']);
    expect((await lab.states.list()).map(({ name, status }) => `${name} ${status}`)).toEqual([
      'a SUCCEEDED',
      'b SUCCEEDED',
      'c RUNNING',
    ]);
  });

  test('a stopped execution ends where it is, with the reason that was given', async () => {
    await using lab = await openLab(waiting);
    const executionArn = await lab.begin();
    await lab.client.send(new StopExecutionCommand({ executionArn, error: 'Withdrawn', cause: 'the person asked' }));
    const { status, error, cause, types } = await lab.outcome(executionArn);
    expect({ status, error, cause }).toEqual({ status: 'ABORTED', error: 'Withdrawn', cause: 'the person asked' });
    expect(types).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted']);
    await lab.pass(7200);
    expect((await lab.outcome(executionArn)).types).toHaveLength(3);
  });

  test('the machines of the template are described; what is not modelled is refused by name', async () => {
    await using lab = await openLab(waiting);
    const described = await lab.client.send(new DescribeStateMachineCommand({ stateMachineArn: machineArn }));
    expect(JSON.parse(described.definition as string)).toEqual(waiting);
    const { stateMachines } = await lab.client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([{ name: 'Journey', stateMachineArn: machineArn, type: 'STANDARD' }]);
    const executionArn = await lab.begin();
    const redrive = new RedriveExecutionCommand({ executionArn });
    await expect(lab.client.send(redrive)).rejects.toEqual(failure('ExecutionNotRedrivable'));
    const { ListActivitiesCommand } = await import('@aws-sdk/client-sfn');
    await expect(lab.client.send(new ListActivitiesCommand({}))).rejects.toEqual(failure('UnknownOperationException'));
  });

  test('each call needs the permission of AWS on its machine or execution', async () => {
    await using lab = await openLab(waiting);
    const executionArn = await lab.begin({}, 'a');
    await lab.outcome(executionArn);
    expect(lab.asked).toEqual([
      { action: 'states:StartExecution', resource: machineArn },
      { action: 'states:DescribeExecution', resource: executionArn },
      { action: 'states:GetExecutionHistory', resource: executionArn },
    ]);
  });
});

describe('task tokens', () => {
  const tokens: string[] = [];
  const asking = machine({
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: functionArn('ask'), Payload: { token: '{% $states.context.Task.Token %}' } },
      TimeoutSeconds: 86_400,
      HeartbeatSeconds: 3600,
      End: true,
    },
  });
  const ask = (payload: unknown) => void tokens.push((payload as { token: string }).token);
  const open = async () => {
    const lab = await openLab(asking, { functions: { ask } });
    const arn = await lab.begin();
    await lab.clock.quiet();
    return { lab, arn, taskToken: tokens.at(-1) as string };
  };

  test('a task waits for its token, and its answer is the result', async () => {
    const { lab, arn, taskToken } = await open();
    await using _ = lab;
    expect((await lab.outcome(arn)).types.at(-1)).toBe('TaskSubmitted');
    await lab.client.send(new SendTaskSuccessCommand({ taskToken, output: '{"proved":true}' }));
    const { output, types } = await lab.outcome(arn);
    expect(output).toEqual({ proved: true });
    expect(types.slice(2)).toEqual([
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(lab.asked.at(-3)).toEqual({ action: 'states:SendTaskSuccess', resource: machineArn });
  });

  test('a token is good for one answer', async () => {
    const { lab, taskToken } = await open();
    await using _ = lab;
    const answer = () => lab.client.send(new SendTaskSuccessCommand({ taskToken, output: '1' }));
    const answers = await Promise.allSettled([answer(), answer()]);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(answer()).rejects.toEqual(failure('TaskTimedOut'));
  });

  test('a failure is the error of the task', async () => {
    const { lab, arn, taskToken } = await open();
    await using _ = lab;
    await lab.client.send(new SendTaskFailureCommand({ taskToken, error: 'Refused', cause: 'not the person' }));
    expect(await lab.outcome(arn)).toMatchObject({ status: 'FAILED', error: 'Refused', cause: 'not the person' });
  });

  test('a task without a heartbeat in time has timed out, one with heartbeats goes on until its own time limit', async () => {
    const { lab, arn, taskToken } = await open();
    await using _ = lab;
    for (let round = 0; round < 27; round += 1) {
      await lab.pass(3000);
      await lab.client.send(new SendTaskHeartbeatCommand({ taskToken }));
    }
    expect((await lab.outcome(arn)).status).toBe('RUNNING');
    await lab.pass(3601);
    expect(await lab.outcome(arn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    await expect(lab.client.send(new SendTaskHeartbeatCommand({ taskToken }))).rejects.toEqual(failure('TaskTimedOut'));
  });

  test('an answer that comes before the function has ended counts', async () => {
    let send: (taskToken: string) => Promise<unknown> = async () => {};
    const answering = (payload: unknown) => send((payload as { token: string }).token);
    await using lab = await openLab(asking, { functions: { ask: answering } });
    send = async (taskToken) =>
      void (await lab.client.send(new SendTaskSuccessCommand({ taskToken, output: '"soon"' })));
    const arn = await lab.begin();
    await lab.clock.quiet();
    expect((await lab.outcome(arn)).output).toBe('soon');
  });

  test('what is no token, or no answer, is refused with the error of AWS', async () => {
    const { lab, taskToken } = await open();
    await using _ = lab;
    const forged = Buffer.from(Buffer.from(taskToken, 'base64url').toString().replace(/"\]$/, 'x"]')).toString(
      'base64url',
    );
    const refused = [
      [{ taskToken: 'nonsense', output: '1' }, 'InvalidToken'],
      [{ taskToken: forged, output: '1' }, 'InvalidToken'],
      [{ taskToken, output: '{' }, 'InvalidOutput'],
    ] as const;
    for (const [input, name] of refused)
      await expect(lab.client.send(new SendTaskSuccessCommand(input))).rejects.toEqual(failure(name));
    await using other = await openLab(asking);
    const elsewhere = new SendTaskSuccessCommand({ taskToken, output: '1' });
    await expect(other.client.send(elsewhere)).rejects.toEqual(failure('TaskDoesNotExist'));
  });
});

test("the project's own state machine is modelled whole", async () => {
  const text = await readFile('statemachines/privacy-request.asl.json', 'utf8');
  await using lab = await openLab(JSON.parse(text.replaceAll(/\$\{(\w+)\}/g, functionArn('$1'))));
  expect((await lab.run({ step: 'nonsense' })).types).toContain('ChoiceStateExited');
});

test('a definition that holds what is not modelled is refused at load, by machine, state and field', async () => {
  const one = { StartAt: 'B', States: { B: { Type: 'Pass', End: true } } };
  const always = { ErrorEquals: ['States.ALL'] };
  const refused: readonly (readonly [object, string])[] = [
    [
      machine({ A: { Type: 'Pass', InputPath: '$.a', End: true } }),
      'state machine Journey: state "A": the local cloud does not model InputPath here',
    ],
    [machine({ A: { Type: 'Pass', Next: 'B' } }), 'state "A": Next: there is no state "B"'],
    [machine({ A: { Type: 'Pass' } }), 'state "A": needs either Next or End'],
    [machine({ A: { Type: 'Wait', Timestamp: '2026-01-01T00:00:00', End: true } }), 'state "A": Timestamp: must be'],
    [machine({ A: { Type: 'Pass', Output: '{% $x + %}', End: true } }), 'state "A": Output'],
    [
      { StartAt: 'A', States: { A: { Type: 'Pass', Assign: { x: { 'deep.$': '$.a[*]' } }, End: true } } },
      'state "A": deep.$: the local cloud does not model the path $.a[*]',
    ],
    [
      machine({ A: invoke('f', { Arguments: { FunctionName: 'f', Qualifier: '1' }, End: true }) }),
      'state "A": Arguments: the local cloud does not model Qualifier here',
    ],
    [machine({ A: { Type: 'Pass', Assign: { states: 1 }, End: true } }), 'state "A": Assign.states'],
    [
      machine({ A: invoke('f', { Resource: 'arn:aws:states:::batch:submitJob.sync', End: true }) }),
      'state "A": Resource: the local cloud does not model arn:aws:states:::batch:submitJob.sync',
    ],
    [machine({ A: invoke('f', { Resource: 'arn:aws:states:::sns:publish', End: true }) }), 'sns:publish'],
    [
      machine({ A: invoke('f', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['B'] }], End: true }) }),
      'state "A": Retry: States.ALL must stand alone in the last entry',
    ],
    [
      machine({ A: { Type: 'Pass', Output: { x: '{% $states.result %}' }, End: true } }),
      'state "A": Output: x: there is no $states.result here',
    ],
    [
      machine({ A: invoke('f', { Catch: [{ ...always, Next: 'A', Output: '{% $states.result %}' }], End: true }) }),
      'state "A": Catch: 0: Output: there is no $states.result here',
    ],
    [
      { StartAt: 'A', States: { A: { Type: 'Choice', Choices: [{ Variable: '$.x', NumberEquals: 1, Next: 'A' }] } } },
      'state "A": Choices: NumberEquals is no comparison',
    ],
    ...[
      ['StringEquals', 5],
      ['StringMatches', null],
      ['NumericEquals', '5'],
      ['IsPresent', 'yes'],
      ['TimestampEquals', 'monday'],
      ['And', []],
      ['Not', [{ Variable: '$.x', IsNull: true }]],
    ].map(([operator, wanted]) => {
      const Choices = [{ Variable: '$.x', [operator as string]: wanted, Next: 'A' }];
      const A = { Type: 'Choice', Choices, Default: 'B' };
      const problem = `state "A": Choices: ${operator} can't be ${JSON.stringify(wanted)}`;
      return [{ StartAt: 'A', States: { A, B: { Type: 'Succeed' } } }, problem] as const;
    }),
    [
      { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 1, SecondsPath: '$.s', End: true } } },
      'state "A": SecondsPath: the state says it without a path, too',
    ],
    [
      { StartAt: 'A', States: { A: { Type: 'Map', Parameters: {}, ItemSelector: {}, ItemProcessor: one, End: true } } },
      'state "A": Parameters: the state has an ItemSelector, too',
    ],
    [
      { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 1, Parameters: {}, End: true } } },
      'state "A": Parameters: a state in JSONPath has no such field here',
    ],
    [
      { StartAt: 'A', States: { A: { Type: 'Pass', Output: 1, End: true } } },
      'state "A": Output: a state in JSONPath has no such field here',
    ],
    [
      {
        StartAt: 'A',
        States: {
          A: { Type: 'Task', Resource: functionArn('f'), Catch: [{ ...always, Next: 'A', Output: 1 }], End: true },
        },
      },
      'state "A": Output: a state in JSONPath has no such field here',
    ],
    [
      machine({
        A: {
          Type: 'Map',
          ItemProcessor: {
            ...machine({ B: { Type: 'Pass', End: true } }),
            QueryLanguage: undefined,
            ProcessorConfig: { Mode: 'DISTRIBUTED' },
          },
          End: true,
        },
      }),
      'state "A": ItemProcessor.ProcessorConfig.Mode: the local cloud models only INLINE',
    ],
    ...['ItemBatcher', 'ItemReader', 'ResultWriter', 'Label'].map((field) => {
      const map = { Type: 'Map', ItemProcessor: one, [field]: {}, End: true };
      return [machine({ A: map }), `state "A": the local cloud does not model ${field} here`] as const;
    }),
    [
      machine({ A: invoke('f', { TimeoutSeconds: 5, HeartbeatSeconds: 5, End: true }) }),
      'state "A": HeartbeatSeconds must be less than TimeoutSeconds',
    ],
    [
      machine({ A: invoke('f', { Retry: [{ ...always, IntervalSeconds: 5, MaxDelaySeconds: 5 }], End: true }) }),
      'state "A": Retry.0: MaxDelaySeconds must be more than IntervalSeconds',
    ],
    // Step Functions has JSONata 2.0.6, which knows neither.
    [
      machine({ A: { Type: 'Pass', Output: '{% $$.a %}', End: true } }),
      'state "A": Output: Step Functions has no $$ in JSONata',
    ],
    ...['$x.y ?? 1', '[$x ?: 1]'].map(
      (source) =>
        [
          machine({ A: { Type: 'Pass', Output: `{% ${source} %}`, End: true } }),
          'state "A": Output: Step Functions has no',
        ] as const,
    ),
    [machine({ A: { Type: 'Pass', End: true } }, { StartAt: 'B' }), 'StartAt: there is no state "B"'],
    [machine({ A: { Type: 'Pass', End: true }, B: { Type: 'Pass', End: true } }), 'state "B": nothing leads to it'],
    [
      machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } }),
      'StartAt: no state that "A" leads to ends',
    ],
    ...['phone', '{"a": phone.x, "b": 1}', '$count(phone)', '(phone).x', '$states.input ? 1 : -phone'].map(
      (source) =>
        [
          machine({ A: { Type: 'Pass', Output: { x: `{% ${source} %}` }, End: true } }),
          'state "A": Output: x: reference to "phone" at the top level, where there is no data',
        ] as const,
    ),
    [
      machine({ A: invoke('f', { Output: '{% [$states.result, $states.errorOutput] %}', End: true }) }),
      'state "A": Output: there is no $states.errorOutput here',
    ],
  ];
  for (const [definition, message] of refused) await expect(openLab(definition)).rejects.toThrow(message);
});

test('a name within a predicate, a step, a sort, a group or a function is read from data, and a text is a text', async () => {
  const sources = [
    '$states.input.list[name = "b"].(name & name)',
    '$states.input.list^(name)[0]{name: $count(name)}',
    '$map($states.input.list, function($one){ $one.name })',
    '"see $states.result"',
  ];
  const Output = sources.map((source) => `{% ${source} %}`);
  await using lab = await openLab(machine({ A: { Type: 'Pass', Output, End: true } }));
  const { output } = await lab.run({ list: [{ name: 'b' }, { name: 'a' }] });
  expect(output).toEqual(['bb', { a: 1 }, ['b', 'a'], 'see $states.result']);
});
