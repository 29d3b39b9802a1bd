import { execFile } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { judge, type RecordedCase } from '../../local/conformance.ts';

const file = 'test/statemachines/asl-cases.json';
const cases = JSON.parse(await readFile(file, 'utf8')) as RecordedCase[];
const verdicts = await Promise.all(cases.map(judge));

test('every case recorded from Step Functions gives the recorded status, output, error and events', () => {
  expect(cases).toHaveLength(67);
  expect(verdicts).toEqual(cases.map(({ test: name }) => ({ test: name })));
});

const unmodelled = { StartAt: 'A', States: { A: { Type: 'Pass', InputPath: '$..x', End: true } } };

test('a case that needs what is not modelled is refused with its state, field and reason', async () => {
  const { refused } = await judge({ ...(cases[0] as RecordedCase), definition: unmodelled });
  expect(refused).toBe('state "A": InputPath: the local cloud does not model the path $..x');
});

test('cases of our own, whose expectations come from the specification, are equal too', async () => {
  const own = JSON.parse(await readFile('test/local/asl-cases.json', 'utf8')) as RecordedCase[];
  const judged = await Promise.all(own.map(judge));
  expect(judged).toEqual(own.map(({ test: name }) => ({ test: name })));
});

test('a recording that says something else is found to be different', async () => {
  const recorded = cases.find(({ test: name }) => name.endsWith('[CONDITION_TRUE]')) as RecordedCase;
  const expected = recorded.expected.filter(({ type }) => type !== 'ChoiceStateExited');
  const verdict = await judge({ ...recorded, expected });
  expect(verdict).toMatchObject({ differences: [expect.stringContaining('ChoiceStateExited')] });
});

test('the command ends with the count and fails when a case differs', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'conformance-')), 'cases.json');
  const wrong = { ...(cases[3] as RecordedCase), input: { condition: false } };
  await writeFile(path, JSON.stringify([cases[3], wrong, { ...cases[1], definition: unmodelled }]));
  const run = promisify(execFile)('npx', ['node', 'local/conformance.ts', path]);
  const { code, stdout } = await run.then(
    ({ stdout: text }) => ({ code: 0, stdout: text }),
    (error: { code: number; stdout: string }) => error,
  );
  expect(code).toBe(1);
  expect(stdout).toContain('status: recorded "ExecutionSucceeded", here "ExecutionFailed"');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('conformance: 1 of 3 equal, 1 refused');
});
