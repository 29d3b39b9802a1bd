import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import validate from 'asl-validator';
import jsonata from 'jsonata';
import { describe, expect, test } from 'vitest';
import * as errors from '../../domain/errors.ts';
import { steps } from '../../domain/request.ts';

const folder = join(import.meta.dirname, '../../statemachines');
const tasks = readdirSync(join(folder, '../functions/tasks'));
const kebab = (name: string) => name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();

interface State {
  readonly Type: string;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[] }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly ItemProcessor?: { readonly States: Record<string, State> };
  readonly Arguments?: { readonly FunctionName?: string };
}

const statesOf = (states: Record<string, State>): [string, State][] =>
  Object.entries(states).flatMap(([name, state]) => [[name, state], ...statesOf(state.ItemProcessor?.States ?? {})]);

describe.each(readdirSync(folder).filter((file) => file.endsWith('.asl.json')))('%s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const definition = JSON.parse(text) as { QueryLanguage: string; States: Record<string, State> };
  const states = statesOf(definition.States);
  const taskStates = states.filter(([, { Type }]) => Type === 'Task');

  test('is valid Amazon States Language, in JSONata', () => {
    expect(definition.QueryLanguage).toBe('JSONata');
    expect(validate(JSON.parse(text)).errorsText()).toBe('');
  });

  test('every placeholder names a file in functions/tasks', () => {
    const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => `${kebab(name ?? '')}.ts`);
    expect(names.length).toBeGreaterThan(5);
    expect(tasks).toEqual(expect.arrayContaining(names));
  });

  test('a placeholder is a whole string, so that the file stays JSON whatever is put in', () => {
    const partly = [...text.matchAll(/"([^"]*\$\{\w+\}[^"]*)"/g)]
      .map(([, held]) => held)
      .filter((held) => !/^\$\{\w+\}$/.test(held ?? ''));
    expect(partly).toEqual([]);
  });

  test('retries and catches only errors that the code or AWS can throw', () => {
    const known = Object.keys(errors);
    const named = states.flatMap(([, { Retry = [], Catch = [] }]) =>
      [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals),
    );
    const unknown = named.filter((name) => !/^(States|Lambda|Sandbox|Runtime)\./.test(name) && !known.includes(name));
    expect(named.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });

  test('every task has a time limit', () => {
    expect(taskStates.filter(([, { TimeoutSeconds }]) => !TimeoutSeconds).map(([name]) => name)).toEqual([]);
  });

  test('every failure ends where a person looks after it', () => {
    const uncaught = taskStates.filter(
      ([, { Catch = [] }]) => !Catch.some(({ ErrorEquals }) => ErrorEquals.includes('States.ALL')),
    );
    // The two that record a failure have nobody behind them but the alarm on failed executions.
    expect(uncaught.map(([name]) => name).sort()).toEqual(['Needs a person', 'Note failed source']);
  });

  test('every JSONata expression parses', () => {
    const expressions = [...text.matchAll(/"\{%(.*?)%\}"/g)].map(([, held]) => JSON.parse(`"${held}"`) as string);
    expect(expressions.length).toBeGreaterThan(10);
    for (const expression of expressions) expect(() => jsonata(expression), expression).not.toThrow();
  });

  test('every step that the record can command has its way in', () => {
    for (const step of steps) expect(text).toContain(`step = '${step}'`);
  });
});
