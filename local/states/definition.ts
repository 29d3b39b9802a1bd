import type * as z from 'zod';
import { bareNames, isExpression, readOfStates, sourceOf } from './expression.ts';
import { type Integration, integrationOf } from './integration.ts';
import { fromPaths } from './paths.ts';
import type { Lookup } from './reference.ts';
import { type Fields, headSchema, type Leading, machineSchema, type programSchema, stateSchema } from './schema.ts';

/** States of one scope: the machine itself, a branch of Parallel, or the processor of a Map. */
export interface Program {
  readonly startAt: string;
  readonly states: Readonly<Record<string, State>>;
}

/** A state whose fields were checked. `programs`: of a Parallel one for each branch, of a Map its processor; `inputPath`: of one in JSONPath. */
export type State = Fields & {
  readonly integration?: Integration;
  readonly inputPath?: Lookup;
  readonly programs: readonly Program[];
};
export type StateOf<Type extends State['Type']> = Extract<State, { readonly Type: Type }>;

/** A state machine that was checked whole. */
export interface MachineProgram extends Program {
  /** Seconds. */
  readonly timeout: number | undefined;
}

interface Scope {
  readonly language: 'JSONata' | 'JSONPath';
  /** Variables of the scopes around. */
  readonly outer: ReadonlySet<string>;
  /** Names of states, unique in the whole machine. */
  readonly names: Set<string>;
}

/** Reads a definition. Throws with the state and the field that the local cloud does not model or that can't be right. */
export function readDefinition(definition: unknown): MachineProgram {
  const machine = read(machineSchema, definition);
  const { QueryLanguage: language = 'JSONPath' } = machine;
  const program = readProgram(machine, { language, outer: new Set(), names: new Set() });
  return { ...program, timeout: machine.TimeoutSeconds };
}

function readProgram({ StartAt, States }: z.infer<typeof programSchema>, scope: Scope): Program {
  if (!Object.hasOwn(States, StartAt)) throw new Error(`StartAt: there is no state "${StartAt}"`);
  const fields = Object.entries(States).map(([name, raw]) => [name, at(name, () => fieldsOf(raw, scope))] as const);
  const assigned = fields.map(([, state]) => assignedBy(state));
  const taken = assigned.flat().find((name) => scope.outer.has(name));
  if (taken !== undefined) throw new Error(`Assign: the variable $${taken} belongs to an outer scope`);
  const states = fields.map(([name, state], n) => {
    // What a Map or Parallel assigns itself, it assigns when the scopes inside it are gone.
    const outer = new Set([...scope.outer, ...assigned.toSpliced(n, 1).flat()]);
    return [name, readState(name, state, { ...scope, outer }, States)] as const;
  });
  checkReach(StartAt, new Map(states));
  return { startAt: StartAt, states: Object.fromEntries(states) };
}

function readState(name: string, state: Fields, scope: Scope, siblings: object): State {
  const inside = state.Type === 'Parallel' ? state.Branches : state.Type === 'Map' ? [state.ItemProcessor] : [];
  const own = at(name, () => {
    if (scope.names.has(name)) throw new Error('the name is used twice');
    scope.names.add(name);
    checkTargets(state, siblings);
    checkWildcards(state);
    const { Branches: _, ItemProcessor: __, ...fields } = state as Partial<Record<string, unknown>>;
    checkExpressions(fields, state.Type);
    return state.Type === 'Task' ? { integration: integrationOf(state.Resource, state.Arguments) } : {};
  });
  return { ...state, ...own, programs: inside.map((program) => readProgram(program, scope)) };
}

/** Names the state in what is thrown. */
function at<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(`state "${name}": ${(error as Error).message}`, { cause: error });
  }
}

/** The fields of a state. One in JSONPath is read as the JSONata state that means the same, or refused. */
function fieldsOf(raw: unknown, { language }: Scope): Fields & { readonly inputPath?: Lookup } {
  const head = read(headSchema, raw);
  if ((head.QueryLanguage ?? language) === 'JSONata') return read(stateSchema, raw);
  if (language === 'JSONata') throw new Error('QueryLanguage: a machine in JSONata has no states in JSONPath');
  const { fields, inputPath } = fromPaths(head);
  return { ...read(stateSchema, fields), inputPath };
}

function checkTargets(state: Leading, siblings: object): void {
  const { Type, Next, End } = state;
  if (!['Choice', 'Succeed', 'Fail'].includes(Type) && (Next !== undefined) === (End === true))
    throw new Error('needs either Next or End');
  for (const [field, target] of targetsOf(state))
    if (!Object.hasOwn(siblings, target)) throw new Error(`${field}: there is no state "${target}"`);
}

/** Where a state leads, by the field that says so. */
function targetsOf({ Next, Default, Choices = [], Catch = [] }: Leading): [field: string, target: string][] {
  const many = { Choices: Choices.map((rule) => rule.Next), Catch: Catch.map((catcher) => catcher.Next) };
  return Object.entries({ Next, Default, ...many }).flatMap(([field, targets]) =>
    [targets ?? []].flat().map((target): [string, string] => [field, target]),
  );
}

/** AWS makes no machine with a state that nothing leads to, or with none that ends. */
function checkReach(start: string, states: ReadonlyMap<string, Leading>): void {
  const reached = new Set([start]);
  for (const name of reached) for (const [, target] of targetsOf(states.get(name) as Leading)) reached.add(target);
  const lost = [...states.keys()].find((name) => !reached.has(name));
  if (lost !== undefined) throw new Error(`state "${lost}": nothing leads to it`);
  const ends = ({ Type, End }: Leading) => End === true || Type === 'Succeed' || Type === 'Fail';
  if (![...states.values()].some(ends)) throw new Error(`StartAt: no state that "${start}" leads to ends`);
}

/** States.ALL stands alone, in the last entry: the specification makes anything else an error. */
function checkWildcards({ Retry = [], Catch = [] }: Leading): void {
  for (const [field, entries] of Object.entries({ Retry, Catch }))
    for (const [n, { ErrorEquals }] of entries.entries())
      if (ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || n < entries.length - 1))
        throw new Error(`${field}: States.ALL must stand alone in the last entry`);
}

/** Parses every expression, so that wrong syntax, and a look at what is not there yet, is told at load and where it stands. */
function checkExpressions(value: unknown, type: string, place: readonly string[] = []): void {
  if (typeof value === 'string' && isExpression(value)) {
    try {
      checkVisible(sourceOf(value), type, place);
    } catch (error) {
      throw new Error(`${place.join(': ')}: ${(error as Error).message}`, { cause: error });
    }
  } else if (typeof value === 'object' && value !== null)
    for (const [key, part] of Object.entries(value)) checkExpressions(part, type, [...place, key]);
}

/** A result is seen where a state that has one is left, an error in its catchers. */
function checkVisible(source: string, type: string, [field = '']: readonly string[]): void {
  const leaves = ['Output', 'Assign'].includes(field) && ['Task', 'Parallel', 'Map'].includes(type);
  const visible = field === 'Catch' ? 'errorOutput' : leaves ? 'result' : undefined;
  const unseen = readOfStates(source).find(
    (read) => read !== visible && ['result', 'errorOutput'].includes(read as string),
  );
  if (unseen !== undefined) throw new Error(`there is no $states.${unseen} here`);
  const [bare] = bareNames(source);
  if (bare !== undefined) throw new Error(`reference to "${bare}" at the top level, where there is no data`);
}

/** Names a state assigns, by itself, its choices or its catchers. */
function assignedBy({ Assign, Choices = [], Catch = [] }: Leading): string[] {
  return [{ Assign }, ...Choices, ...Catch].flatMap((entry) => Object.keys(entry.Assign ?? {}));
}

/** The checked value. Throws with the field that is wrong. */
function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as [z.core.$ZodIssue];
  const field = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  const problem = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined;
  throw new Error(field + (unknown === undefined ? problem : `the local cloud does not model ${unknown} here`));
}
