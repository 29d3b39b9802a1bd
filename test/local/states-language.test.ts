import { describe, expect, test } from 'vitest';
import { functionArn, invoke, machine, named, openLab, type TestFunction } from './states-harness.ts';

type Functions = Readonly<Record<string, TestFunction>>;

async function run(definition: object, input?: unknown, functions: Functions = {}) {
  await using lab = await openLab(definition, { functions });
  return await lab.run(input);
}

/** The value of one expression, as the output of a Pass. */
async function evaluated(expression: string, input: unknown = {}) {
  return run(machine({ A: { Type: 'Pass', Output: `{% ${expression} %}`, End: true } }), input);
}

/** Fails so many times with an error, then answers. */
function failing(times: number, error: Error): TestFunction {
  let calls = 0;
  return () => {
    calls += 1;
    if (calls <= times) throw error;
    return calls;
  };
}

const end = { End: true };
/** So many calls, each of which waits for the next. */
const depth = (calls: number) => `($f := function($x){ $x <= 0 ? 0 : 1 + $f($x-1) }; $f(${calls}))`;
const sum = { StartAt: 'A', States: { A: { Type: 'Pass', Output: '{% $states.input * 2 %}', ...end } } };

describe('expressions', () => {
  test('the functions that Step Functions adds to JSONata give what AWS documents', async () => {
    const values = [
      ['$partition([1..5], 2)', [[1, 2], [3, 4], [5]]],
      ['$range(0, 10, 5)', [0, 5, 10]],
      ['$range(3, 1, -1)', [3, 2, 1]],
      ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
      ["$hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
      ['$parse(\'{"a":[1]}\').a', [1]],
      ['$partition([1, 2, 3], 2.9)', [[1, 2], [3]]],
      ['$range(-1.7, 2, 1)', [-1, 0, 1, 2]],
      ['$range(5, 1, -1.5)', [5, 4, 3, 2, 1]],
      ['$range(4, 4, 1)', 4],
      ['$count($range(1, 360145, 1))', 360_145],
      ['$random(42)', 0.7275636800328681],
      ['$random(0.9)', 0.730967787376657],
      ['$random(7)', 0.7306990420600421],
      ['$random() != $random()', true],
      ['$uuid() != $uuid()', true],
      ['$now() = $fromMillis($millis())', true],
      ["$now('[Y0001]', '+0000')", '2026'],
    ] as const;
    for (const [expression, value] of values) expect((await evaluated(expression)).output, expression).toEqual(value);
    expect((await evaluated('$uuid()')).output).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test('$now is the virtual time at which the state ran', async () => {
    const { output } = await run(
      machine({ A: { Type: 'Wait', Seconds: 86_400, Next: 'B' }, B: { Type: 'Pass', Output: '{% $now() %}', ...end } }),
    );
    expect(output).toMatch(/^2026-02-01T12:0/);
  });

  test.for([
    ['$nothing', 'returned nothing (undefined).'],
    ['function($x){$x}', 'returned an unsupported result type.'],
    ['{"f": $sum}', 'returned an unsupported result type.'],
    ['($f := /a/; $f)', 'returned an unsupported result type.'],
    ["$eval('1')", 'threw an error during evaluation.'],
    ["$hash('a', 'CRC')", 'threw an error during evaluation. D3137'],
    ['$range(1, 2, 0)', 'threw an error during evaluation.'],
    ['$range(1, 360146, 1)', 'threw an error during evaluation: Expression evaluation memory limit exceeded'],
    ['$range(1, 2)', 'returned nothing (undefined).'],
    ['$range(3, 1, 1)', 'returned nothing (undefined).'],
    ['$partition([1], 0)', 'returned nothing (undefined).'],
    ['$partition([], 2)', 'returned nothing (undefined).'],
    ['$partition([1], -2)', 'threw an error during evaluation.'],
    ["$hash('a')", 'returned nothing (undefined).'],
    ["$hash(42, 'MD5')", 'threw an error during evaluation. T0410'],
    ['$random(1, 2)', 'threw an error during evaluation. T0410'],
    ["$random('x')", 'threw an error during evaluation. T0410'],
    ['$uuid(1)', 'threw an error during evaluation. T0410'],
    ["$parse('1e400')", 'threw an error during evaluation. D3137: Invalid JSON'],
    ["1 + 'a'", 'threw an error during evaluation. T2002'],
    ['($f := function($n){ 1 + $f($n) }; $f(1))', 'threw an error during evaluation.'],
  ] as const)('%s fails the state with States.QueryEvaluationError', async ([expression, problem]) => {
    const { status, error, cause, types } = await evaluated(expression);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError' });
    expect(cause).toContain(
      `the state 'A' (entered at the event id #2). The JSONata expression '${expression}' specified for the field 'Output' ${problem}`,
    );
    expect(types.slice(1)).toEqual(['PassStateEntered', 'EvaluationFailed', 'ExecutionFailed']);
  });

  test('a number that JSON can not write becomes its name', async () => {
    expect((await evaluated('[1 / 0, -1 / 0, 0 / 0]')).output).toEqual(['Infinity', '-Infinity', 'NaN']);
    expect((await evaluated('{"k": 1e308 * 10}')).output).toEqual({ k: 'Infinity' });
  });

  test.for([
    ['terms', `1${'+1'.repeat(99)}`, `1${'+1'.repeat(100)}`],
    ['parentheses', `${'('.repeat(99)}1${')'.repeat(99)}`, `${'('.repeat(100)}1${')'.repeat(100)}`],
    ['calls that wait for another', depth(31), depth(32)],
    ['items', '[1..873782] ~> $count()', '[1..873783] ~> $count()'],
  ] as const)('as many %s as AWS takes are taken, and no more', async ([, most, tooMany]) => {
    expect((await evaluated(most)).status).toBe('SUCCEEDED');
    expect((await evaluated(tooMany)).error).toBe('States.QueryEvaluationError');
  });

  test('a text with blanks around the marks is a text, and keys that objects have by nature are keys', async () => {
    const Output = JSON.parse('{"a":" {% 1 %}","__proto__":"{% 2 %}","constructor":3}') as object;
    const { output } = await run(machine({ A: { Type: 'Pass', Output, ...end } }));
    expect(JSON.stringify(output)).toBe('{"a":" {% 1 %}","__proto__":2,"constructor":3}');
  });

  test('the context names the execution, the machine, the state and its retries', async () => {
    const seen: unknown[] = [];
    const Arguments = { FunctionName: functionArn('see'), Payload: '{% $states.context %}' };
    const see = (payload: unknown) => {
      seen.push(payload);
      if (seen.length === 1) throw named('Again');
    };
    await run(
      machine({ A: invoke('see', { Arguments, Retry: [{ ErrorEquals: ['Again'] }], ...end }) }),
      { a: 1 },
      { see },
    );
    const machineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:Journey';
    expect(seen[1]).toMatchObject({
      Execution: { Input: { a: 1 }, RoleArn: 'arn:aws:iam::123456789012:role/Journey', RedriveCount: 0 },
      StateMachine: { Id: machineArn, Name: 'Journey' },
      State: { Name: 'A', RetryCount: 1 },
    });
    expect(seen[0]).toMatchObject({ State: { RetryCount: 0 } });
  });
});

describe('variables', () => {
  test('a state computes its output before what it assigns takes effect', async () => {
    const A = { Type: 'Pass', Assign: { x: 1 }, Next: 'B' };
    const B = { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'C' };
    const C = { Type: 'Pass', Output: { before: '{% $states.input %}', x: '{% $x %}', y: '{% $y %}' }, ...end };
    expect((await run(machine({ A, B, C }))).output).toEqual({ before: 1, x: 2, y: 1 });
  });

  test('a branch sees outer variables, and what it assigns ends with it', async () => {
    const inner = {
      I: { Type: 'Pass', Assign: { local: '{% $outer + 1 %}' }, Next: 'J' },
      J: { Type: 'Pass', Output: '{% $local %}', ...end },
    };
    const { output } = await run(
      machine({
        A: { Type: 'Pass', Assign: { outer: 1 }, Next: 'P' },
        P: { Type: 'Parallel', Branches: [{ StartAt: 'I', States: inner }], Next: 'Z' },
        Z: { Type: 'Pass', Output: { result: '{% $states.input %}', gone: '{% $exists($local) %}' }, ...end },
      }),
    );
    expect(output).toEqual({ result: [2], gone: false });
  });

  test('a branch that assigns a variable of an outer scope is refused', async () => {
    const inner = { StartAt: 'I', States: { I: { Type: 'Pass', Assign: { x: 2 }, ...end } } };
    const definition = machine({
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'P' },
      P: { Type: 'Parallel', Branches: [inner], ...end },
    });
    await expect(openLab(definition)).rejects.toThrow('the variable $x belongs to an outer scope');
  });

  test('a choice assigns what the rule that matched says, or the default', async () => {
    const definition = machine({
      A: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.n > 1 %}', Assign: { size: 'large' }, Output: 'matched', Next: 'B' }],
        Default: 'B',
        Assign: { size: 'small' },
      },
      B: { Type: 'Pass', Output: ['{% $size %}', '{% $states.input %}'], ...end },
    });
    expect((await run(definition, { n: 2 })).output).toEqual(['large', 'matched']);
    expect((await run(definition, { n: 1 })).output).toEqual(['small', { n: 1 }]);
  });
});

describe('choices and waits', () => {
  test.for<[rule: object, input: object, output: string]>([
    [{ Variable: '$.a', StringEquals: 'x' }, { a: 'x' }, 'yes'],
    [{ Variable: '$.a', StringEquals: '1' }, { a: 1 }, 'no'],
    [{ Variable: '$.a', StringLessThan: 'b' }, { a: 'a' }, 'yes'],
    [{ Variable: '$.a', StringEqualsPath: '$.b' }, { a: 'q', b: 'q' }, 'yes'],
    [{ Variable: '$.a', NumericGreaterThanEquals: 2 }, { a: 2 }, 'yes'],
    [{ Variable: '$.a', NumericLessThanPath: '$.b' }, { a: 3, b: 3 }, 'no'],
    [{ Variable: '$.a', NumericLessThanEqualsPath: '$.b' }, { a: 3, b: 3 }, 'yes'],
    [{ Variable: '$.a', BooleanEquals: false }, { a: false }, 'yes'],
    [{ Variable: '$.a', TimestampLessThan: '2026-01-02T00:00:00Z' }, { a: '2026-01-02T00:30:00+01:00' }, 'yes'],
    [{ Variable: '$.a', TimestampGreaterThan: '2026-01-02T00:00:00Z' }, { a: 'tomorrow' }, 'no'],
    [{ Variable: '$.a', IsPresent: false }, {}, 'yes'],
    [{ Variable: '$.a', IsNull: true }, { a: null }, 'yes'],
    [{ Variable: '$.a', IsNumeric: true }, { a: '1' }, 'no'],
    [{ Variable: '$.a', IsString: false }, { a: 1 }, 'yes'],
    [{ Variable: '$.a', IsBoolean: true }, { a: true }, 'yes'],
    [{ Variable: '$.a', IsTimestamp: true }, { a: '2026-01-02' }, 'no'],
    [{ Variable: '$.a', StringMatches: '*.log' }, { a: 'x.log' }, 'yes'],
    [{ Variable: '$.a', StringMatches: 'a.c' }, { a: 'abc' }, 'no'],
    [{ Variable: '$.a', StringMatches: 'a\\*' }, { a: 'a*' }, 'yes'],
    [{ Variable: '$.a', StringMatches: 'a\\*' }, { a: 'ab' }, 'no'],
    [{ Variable: '$.a', StringMatches: 'a\\\\*' }, { a: 'a\\b' }, 'yes'],
    [{ Variable: '$$.State.Name', StringEquals: 'A' }, {}, 'yes'],
    [{ Variable: '$$.Execution.Input.a', NumericEquals: 1 }, { a: 1 }, 'yes'],
    [
      {
        And: [
          { Variable: '$.a', IsPresent: true },
          { Variable: '$.a', NumericEquals: 1 },
        ],
      },
      {},
      'no',
    ],
    [{ Or: [{ Variable: '$.a', NumericEquals: 2 }, { Not: { Variable: '$.a', NumericEquals: 3 } }] }, { a: 1 }, 'yes'],
  ])('in JSONPath %j of %j: %s', async ([rule, input, output]) => {
    const Choices = [{ ...rule, Assign: { 'seen.$': '$' }, Next: 'Y' }];
    const States = {
      A: { Type: 'Choice', Choices, Default: 'N' },
      Y: { Type: 'Pass', Parameters: { 'seen.$': '$seen', said: 'yes' }, ...end },
      N: { Type: 'Pass', Result: { said: 'no' }, ...end },
    };
    const expected = output === 'yes' ? { said: 'yes', seen: input } : { said: 'no' };
    expect((await run({ StartAt: 'A', States }, input)).output).toEqual(expected);
  });

  test('in JSONPath a rule about what is not there fails, whatever it asks but whether it is', async () => {
    const Choices = [{ Variable: '$.a', IsNull: true, Next: 'A' }];
    const States = { A: { Type: 'Choice', Choices, Default: 'B' }, B: { Type: 'Succeed' } };
    const { error } = await run({ StartAt: 'A', States }, {});
    expect(error).toBe('States.Runtime');
  });

  test('an evaluation that fails in a rule or a catcher names its place', async () => {
    const A = { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'B', Output: { x: '{% $nothing %}' } }] };
    const B = invoke('f', {
      Arguments: '{% $nothing %}',
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'C', Assign: { y: '{% $nothing %}' } }],
      ...end,
    });
    const C = { Type: 'Succeed' };
    expect((await run(machine({ A, B, C }))).cause).toContain("for the field 'Choices[0]/Output/x'");
    expect((await run(machine({ B, C }))).cause).toContain("for the field 'Catch[0]/Assign/y'");
  });

  test('a choice without a match and a default fails the execution, which nothing catches', async () => {
    const A = { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'B' }] };
    const { error, types } = await run(machine({ A, B: { Type: 'Succeed' } }));
    expect(error).toBe('States.Runtime');
    expect(types.slice(1)).toEqual(['ChoiceStateEntered', 'ExecutionFailed']);
    const P = {
      Type: 'Parallel',
      Branches: [{ StartAt: 'A', States: { A, B: { Type: 'Succeed' } } }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Z' }],
      ...end,
    };
    expect((await run(machine({ P, Z: { Type: 'Succeed' } }))).status).toBe('FAILED');
  });

  test('a condition that is no boolean fails the evaluation', async () => {
    const A = { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'B' }] };
    const { error, cause } = await run(machine({ A, B: { Type: 'Succeed' } }));
    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain("Expected 'boolean', but was 'number' for value: 1");
  });

  test('a wait ends at its timestamp in virtual time, and not at all late', async () => {
    const A = { Type: 'Wait', Timestamp: '{% $states.input.at %}', ...end };
    const { events } = await run(machine({ A }), { at: '2026-03-01T00:00:00+01:00' });
    expect(events[2]).toMatchObject({ type: 'WaitStateExited', timestamp: new Date('2026-02-28T23:00:00Z') });
  });

  test.for(['2026-02-30T00:00:00Z', '2026-01-01', 5])('a wait until %s fails the evaluation', async (at) => {
    const A = { Type: 'Wait', Timestamp: '{% $states.input.at %}', ...end };
    expect(await run(machine({ A }), { at })).toMatchObject({ error: 'States.QueryEvaluationError' });
  });

  test('a wait for less than no time fails the evaluation', async () => {
    const A = { Type: 'Wait', Seconds: '{% -1 %}', ...end };
    expect(await run(machine({ A }))).toMatchObject({ error: 'States.QueryEvaluationError' });
  });
});

describe('retry and catch', () => {
  test('each retrier counts for itself, and waits longer each time up to its limit', async () => {
    const errors = ['A', 'B', 'A', 'A', 'A'];
    let calls = 0;
    const fail = () => {
      throw named(errors[calls++] ?? 'C');
    };
    const Retry = [
      { ErrorEquals: ['A'], IntervalSeconds: 10, BackoffRate: 3, MaxAttempts: 3, MaxDelaySeconds: 50 },
      { ErrorEquals: ['B'], IntervalSeconds: 7, MaxAttempts: 1 },
    ];
    const { error, events } = await run(machine({ T: invoke('fail', { Retry, ...end }) }), {}, { fail });
    expect(error).toBe('A');
    const at = events.filter(({ type }) => type === 'TaskScheduled').map(({ timestamp }) => Number(timestamp));
    const waits = at.slice(1).map((time, n) => Math.floor((time - (at[n] as number)) / 1000));
    expect(waits).toEqual([10, 7, 30, 50]);
  });

  test('jitter waits between nothing and the full delay', async () => {
    const Retry = [
      { ErrorEquals: ['A'], IntervalSeconds: 1000, BackoffRate: 1, MaxAttempts: 20, JitterStrategy: 'FULL' },
    ];
    const { events } = await run(
      machine({ T: invoke('fail', { Retry, ...end }) }),
      {},
      { fail: failing(20, named('A')) },
    );
    const at = events.filter(({ type }) => type === 'TaskScheduled').map(({ timestamp }) => Number(timestamp) / 1000);
    const waits = at.slice(1).map((time, n) => time - (at[n] as number));
    expect(waits).toHaveLength(20);
    expect(Math.max(...waits)).toBeLessThan(1001);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(200);
  });

  test('a catcher writes its own output and variables and leads on', async () => {
    const Catch = [
      { ErrorEquals: ['Other'], Next: 'Z' },
      {
        ErrorEquals: ['States.TaskFailed'],
        Assign: { why: '{% $states.errorOutput.Error %}' },
        Output: { was: '{% $states.input %}' },
        Next: 'Z',
      },
    ];
    const Z = { Type: 'Pass', Output: { why: '{% $why %}', input: '{% $states.input %}' }, ...end };
    const { output, types } = await run(machine({ T: invoke('fail', { Catch, ...end }), Z }), 5, {
      fail: failing(1, named('Conflict')),
    });
    expect(output).toEqual({ why: 'Conflict', input: { was: 5 } });
    expect(types).toContain('TaskStateExited');
  });

  test('States.ALL catches neither States.Runtime nor States.DataLimitExceeded', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Z' }];
    const Z = { Type: 'Succeed' };
    const large = await run(
      machine({ T: invoke('large', { Catch, ...end }), Z }),
      {},
      { large: () => 'x'.repeat(262_144) },
    );
    expect(large).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    const runtime = await run(machine({ T: invoke('f', { Arguments: {}, Catch, ...end }), Z }));
    expect(runtime).toMatchObject({ status: 'FAILED', error: 'States.Runtime' });
    const byName = [{ ErrorEquals: ['States.Runtime'], Next: 'Z' }];
    expect(await run(machine({ T: invoke('f', { Arguments: {}, Catch: byName, ...end }), Z }))).toMatchObject({
      status: 'FAILED',
    });
  });

  const big = "$pad('x', 200000)";
  const twoBig = `{"a": ${big}, "b": ${big}}`;
  const succeed = { Z: { Type: 'Succeed' } };
  test.for<readonly [string, object]>([
    ['the arguments of a task', machine({ A: invoke('f', { Arguments: `{% ${twoBig} %}`, ...end }) })],
    [
      'the arguments of a Parallel',
      machine({
        A: { Type: 'Parallel', Arguments: `{% ${twoBig} %}`, Branches: [{ StartAt: 'Z', States: succeed }], ...end },
      }),
    ],
    [
      'what is selected for an item',
      machine({
        A: {
          Type: 'Map',
          Items: [1],
          ItemSelector: `{% ${twoBig} %}`,
          ItemProcessor: { StartAt: 'Z', States: succeed },
          ...end,
        },
      }),
    ],
    [
      'what one Assign sets',
      machine({ A: { Type: 'Pass', Assign: { a: `{% ${big} %}`, b: `{% ${big} %}` }, ...end } }),
    ],
  ])('%s: no more than the data limit', async ([, definition]) => {
    expect(await run(definition)).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' });
  });

  test('all variables together have at most 10 MiB', async () => {
    const names = Array.from({ length: 53 }, (_, n) => `v${n}`);
    const assign = (name: string, n: number) => {
      const next = n < names.length - 1 ? { Next: names[n + 1] } : end;
      return [name, { Type: 'Pass', Output: 0, Assign: { [name]: `{% ${big} %}` }, ...next }] as const;
    };
    const { error, types } = await run(machine(Object.fromEntries(names.map(assign))));
    expect(error).toBe('States.DataLimitExceeded');
    expect(types.filter((type) => type === 'PassStateExited')).toHaveLength(52);
  });

  test('an evaluation that fails in a task can be caught', async () => {
    const Catch = [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Z' }];
    const T = invoke('f', { Arguments: '{% $nothing %}', Catch, ...end });
    expect((await run(machine({ T, Z: { Type: 'Succeed' } }))).status).toBe('SUCCEEDED');
  });

  test('a Fail state fails with the error and cause it computes', async () => {
    const F = { Type: 'Fail', Error: "{% 'E' & $states.input %}", Cause: 'fixed' };
    expect(await run(machine({ F }), 7)).toMatchObject({ status: 'FAILED', error: 'E7', cause: 'fixed' });
  });
});

describe('time limits', () => {
  const never = () => new Promise<never>(() => {});

  test('a task that takes longer than its own limit has timed out', async () => {
    await using lab = await openLab(machine({ T: invoke('never', { TimeoutSeconds: '{% 1 %}', ...end }) }), {
      functions: { never },
    });
    const arn = await lab.begin();
    // The clock does not jump while a function works: its time passes by itself.
    await expect.poll(async () => (await lab.outcome(arn)).status, { timeout: 10_000 }).toBe('FAILED');
    const { error, types } = await lab.outcome(arn);
    expect(error).toBe('States.Timeout');
    expect(types.slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
  });

  test('an execution ends when the time of its machine is over, wherever it is', async () => {
    const definition = machine({ A: { Type: 'Wait', Seconds: 1000, ...end } }, { TimeoutSeconds: 100 });
    const { status, error, types, events } = await run(definition);
    expect({ status, error }).toEqual({ status: 'TIMED_OUT', error: undefined });
    expect(types).toEqual(['ExecutionStarted', 'WaitStateEntered', 'ExecutionTimedOut']);
    expect(events.at(-1)).toMatchObject({
      previousEventId: 0,
      executionTimedOutEventDetails: { error: 'States.Timeout' },
    });
  });

  test.for([
    ['a wait', { Type: 'Wait', Seconds: '{% 1e300 %}', ...end }],
    ['a wait', { Type: 'Wait', Seconds: '{% 100000000 %}', ...end }],
    ['a task', invoke('f', { TimeoutSeconds: '{% 1e300 %}', ...end })],
  ] as const)('%s has at most 99,999,999 seconds: more fails the evaluation', async ([, A]) => {
    expect((await run(machine({ A }))).error).toBe('States.QueryEvaluationError');
  });

  test('a retry that comes after the last instant there is keeps the execution waiting', async () => {
    const Retry = [{ ErrorEquals: ['Busy'], IntervalSeconds: 99_999_999, BackoffRate: 1e300, MaxAttempts: 3 }];
    const A = invoke('f', { Retry, ...end });
    await using lab = await openLab(machine({ A }), { functions: { f: failing(9, named('Busy')) } });
    const arn = await lab.begin();
    await lab.pass(4 * 365 * 86_400);
    expect((await lab.outcome(arn)).status).toBe('RUNNING');
  });

  test('an execution with more than 25,000 events fails', async () => {
    const count = '{% $states.input.n + 1 %}';
    const Choices = [{ Condition: '{% $states.input.n < 0 %}', Next: 'C' }];
    const definition = machine({
      A: { Type: 'Pass', Output: { n: count }, Next: 'B' },
      B: { Type: 'Choice', Choices, Default: 'A' },
      C: { Type: 'Succeed' },
    });
    const { status, error } = await run(definition, { n: 0 });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.Runtime' });
  });
});

describe('Map and Parallel', () => {
  test('a Map within a Parallel keeps the order of items and branches', async () => {
    const doubled = { Type: 'Map', Items: '{% $states.input %}', ItemProcessor: sum, ...end };
    const other = { Type: 'Pass', Output: '{% $states.context.State.Name %}', ...end };
    const P = {
      Type: 'Parallel',
      Arguments: '{% [3, 1, 2] %}',
      Branches: [
        { StartAt: 'M', States: { M: doubled } },
        { StartAt: 'O', States: { O: other } },
      ],
      ...end,
    };
    expect((await run(machine({ P }))).output).toEqual([[6, 2, 4], 'O']);
  });

  test('a Map runs as many iterations at once as it may, by number or expression', async () => {
    const most: number[] = [];
    for (const MaxConcurrency of [2, '{% $states.input.at %}', 0]) {
      let working = 0;
      let highest = 0;
      const work = async () => {
        working += 1;
        highest = Math.max(highest, working);
        await new Promise((resolve) => setTimeout(resolve, 5));
        working -= 1;
      };
      const ItemProcessor = { StartAt: 'T', States: { T: invoke('work', end) } };
      const M = { Type: 'Map', Items: '{% [1..50] %}', MaxConcurrency, ItemProcessor, ...end };
      expect((await run(machine({ M }), { at: 3 }, { work })).status).toBe('SUCCEEDED');
      most.push(highest);
    }
    expect(most).toEqual([2, 3, 40]);
  });

  test('each iteration knows its item and index, and selects its input', async () => {
    const Pass = { Type: 'Pass', Output: ['{% $states.input %}', '{% $states.context.Map.Item.Index %}'], ...end };
    const ItemSelector = { item: '{% $states.context.Map.Item.Value %}', all: '{% $states.input.list %}' };
    const M = {
      Type: 'Map',
      Items: '{% $states.input.list %}',
      ItemSelector,
      ItemProcessor: { StartAt: 'Pass', States: { Pass } },
      ...end,
    };
    expect((await run(machine({ M }), { list: ['a', 'b'] })).output).toEqual([
      [{ item: 'a', all: ['a', 'b'] }, 0],
      [{ item: 'b', all: ['a', 'b'] }, 1],
    ]);
  });

  test('the first iteration that fails ends its siblings, and a catcher of the Map leads on', async () => {
    const Fail = { Type: 'Fail', Error: 'Broken', Cause: 'an item' };
    const Choice = {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input = 2 %}', Next: 'Fail' }],
      Default: 'Long',
    };
    const States = { Choice, Fail, Long: { Type: 'Wait', Seconds: 1000, ...end } };
    const Catch = [{ ErrorEquals: ['Broken'], Output: '{% $states.errorOutput %}', Next: 'Z' }];
    const M = { Type: 'Map', Items: [1, 2], ItemProcessor: { StartAt: 'Choice', States }, Catch, ...end };
    const { output, types, events } = await run(machine({ M, Z: { Type: 'Succeed' } }));
    expect(output).toEqual({ Error: 'Broken', Cause: 'an item' });
    expect(types.slice(-8)).toEqual(
      [
        'FailStateEntered',
        'MapIterationFailed',
        'MapIterationAborted',
        'WaitStateAborted',
        'MapStateFailed',
        'MapStateExited',
        'SucceedStateEntered',
        'SucceedStateExited',
        'ExecutionSucceeded',
      ].slice(1),
    );
    expect(events.at(-1)?.timestamp?.getTime()).toBeLessThan(Date.parse('2026-01-31T12:10:00Z'));
  });

  test('a branch that fails can be retried with the whole Parallel', async () => {
    const Branches = [
      { StartAt: 'T', States: { T: invoke('fail', end) } },
      { StartAt: 'O', States: { O: { Type: 'Pass', ...end } } },
    ];
    const P = { Type: 'Parallel', Branches, Retry: [{ ErrorEquals: ['Conflict'] }], ...end };
    const { output, types } = await run(machine({ P }), 1, { fail: failing(1, named('Conflict')) });
    expect(output).toEqual([2, 1]);
    expect(types.filter((type) => type.startsWith('ParallelState'))).toEqual([
      'ParallelStateEntered',
      'ParallelStateStarted',
      'ParallelStateStarted',
      'ParallelStateSucceeded',
      'ParallelStateExited',
    ]);
  });

  test('the results of a Map count together towards the data limit', async () => {
    const Pass = { Type: 'Pass', Output: "{% $pad('x', 20000) %}", ...end };
    const M = { Type: 'Map', Items: '{% [1..20] %}', ItemProcessor: { StartAt: 'Pass', States: { Pass } }, ...end };
    expect(await run(machine({ M }))).toMatchObject({ error: 'States.DataLimitExceeded' });
  });
});

describe('tasks', () => {
  test('a function can be called asynchronously, by name, and by its ARN as the resource', async () => {
    const got: unknown[] = [];
    const take = (payload: unknown) => got.push(payload);
    const Arguments = { FunctionName: 'take', InvocationType: 'Event', Payload: 1 };
    const A = invoke('take', { Arguments, Output: '{% $states.result.StatusCode %}', Next: 'B' });
    const B = { Type: 'Task', Resource: functionArn('take'), Arguments: 2, Output: '{% $states.result %}', ...end };
    const { output, types } = await run(machine({ A, B }), {}, { take });
    expect(got).toEqual([1, 2]);
    expect(output).toBe(2);
    expect(types.slice(-5)).toEqual([
      'LambdaFunctionScheduled',
      'LambdaFunctionStarted',
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });
});
