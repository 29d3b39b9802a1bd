import * as z from 'zod';
import { compile, isExpression, sourceOf } from './expression.ts';
import { type Integration, integrationOf } from './integration.ts';
import {
  type JsonataFields,
  type JsonPathFields,
  jsonataSchemas,
  jsonPathSchemas,
  machineSchema,
  type programSchema,
} from './schema.ts';

/** States of one scope: the machine itself, a branch of Parallel, or the processor of a Map. */
export interface Program {
  readonly startAt: string;
  readonly states: Readonly<Record<string, State>>;
}

interface Resolved {
  /** Set on a Task. */
  readonly integration?: Integration;
  /** Set on a Parallel: one program each; on a Map: its processor. */
  readonly programs: readonly Program[];
}

/** A state whose fields were checked; those that JSONPath states share mean the same there. */
export type State = (JsonataFields | (JsonPathFields & { readonly QueryLanguage: 'JSONPath' })) & Resolved;
export type StateOf<Type extends State['Type']> = Extract<State, { readonly Type: Type }>;

/** A state machine that was checked whole. */
export interface MachineProgram extends Program {
  /** Seconds. */
  readonly timeout: number | undefined;
}

type Language = 'JSONata' | 'JSONPath';
interface Scope {
  readonly language: Language;
  readonly callsAws: boolean;
  /** Variables of the scopes around. */
  readonly outer: ReadonlySet<string>;
  /** Names of states, unique in the whole machine. */
  readonly names: Set<string>;
}

/** Reads a definition. Throws with the state and the field that the local cloud does not model or that can't be right. */
export function readDefinition(definition: unknown, callsAws: boolean): MachineProgram {
  const machine = read(machineSchema, definition, 'definition');
  const { QueryLanguage: language = 'JSONPath' } = machine;
  const program = readProgram(machine, { language, callsAws, outer: new Set(), names: new Set() });
  return { ...program, timeout: machine.TimeoutSeconds };
}

function readProgram({ StartAt, States }: z.infer<typeof programSchema>, scope: Scope): Program {
  if (!Object.hasOwn(States, StartAt)) throw new Error(`StartAt: there is no state "${StartAt}"`);
  const assigned = new Set(Object.values(States).flatMap(assignedBy));
  for (const name of assigned)
    if (scope.outer.has(name)) throw new Error(`Assign: the variable $${name} belongs to an outer scope`);
  const inner = { ...scope, outer: new Set([...scope.outer, ...assigned]) };
  const states = Object.entries(States).map(([name, raw]) => [name, readState(name, raw, inner, States)] as const);
  return { startAt: StartAt, states: Object.fromEntries(states) };
}

function readState(name: string, raw: unknown, scope: Scope, siblings: object): State {
  const place = `state "${name}"`;
  if (scope.names.has(name)) throw new Error(`${place}: the name is used twice`);
  scope.names.add(name);
  const state = fieldsOf(place, raw, scope.language);
  checkTargets(place, state, siblings);
  checkWildcards(place, state);
  if (state.QueryLanguage === 'JSONPath') checkPaths(place, 'Assign' in state ? state.Assign : undefined);
  else checkExpressions(place, ownFields(state));
  return { ...state, ...resolve(place, state, scope) };
}

type Fields = JsonataFields | (JsonPathFields & { QueryLanguage: 'JSONPath' });

function fieldsOf(place: string, raw: unknown, byDefault: Language): Fields {
  const { Type: type, QueryLanguage: language = byDefault } = read(stateHead, raw, place);
  if (language === 'JSONata') {
    const schema: z.ZodType<JsonataFields> = jsonataSchemas[type];
    return read(schema, raw, place);
  }
  if (type === 'Task' || type === 'Choice' || type === 'Map' || type === 'Parallel')
    throw new Error(`${place}: the local cloud does not model a ${type} in JSONPath; use "QueryLanguage": "JSONata"`);
  const schema: z.ZodType<JsonPathFields> = jsonPathSchemas[type];
  return { ...read(schema, raw, place), QueryLanguage: 'JSONPath' };
}

const stateHead = z.looseObject({
  Type: z.enum(['Task', 'Pass', 'Choice', 'Wait', 'Parallel', 'Map', 'Succeed', 'Fail']),
  QueryLanguage: z.enum(['JSONata', 'JSONPath']).optional(),
});

function resolve(place: string, state: Fields, scope: Scope): Resolved {
  const within = (program: z.infer<typeof programSchema>) => readProgram(program, scope);
  if (state.Type === 'Parallel') return { programs: state.Branches.map(within) };
  if (state.Type === 'Map') return { programs: [within(state.ItemProcessor)] };
  if (state.Type !== 'Task') return { programs: [] };
  const integration = integrationOf(state.Resource, scope.callsAws);
  if (typeof integration === 'string') throw new Error(`${place}: Resource: ${integration}`);
  checkArguments(place, state.Arguments, integration);
  return { integration, programs: [] };
}

function checkArguments(place: string, given: unknown, { modelled }: Integration): void {
  if (modelled === undefined || typeof given !== 'object' || given === null) return;
  const unknown = Object.keys(given).find((key) => !modelled.includes(key));
  if (unknown !== undefined) throw new Error(`${place}: Arguments: the local cloud does not model ${unknown} here`);
}

function checkTargets(place: string, state: Fields, siblings: object): void {
  if (state.Type !== 'Choice' && state.Type !== 'Succeed' && state.Type !== 'Fail') checkTransition(place, state);
  for (const [field, target] of targetsOf(state))
    if (!Object.hasOwn(siblings, target)) throw new Error(`${place}: ${field}: there is no state "${target}"`);
}

function checkTransition(place: string, state: { readonly Next?: string; readonly End?: boolean }): void {
  if ((state.Next !== undefined) === (state.End === true)) throw new Error(`${place}: needs either Next or End`);
}

function* targetsOf(state: Fields): Generator<readonly [field: string, target: string]> {
  if ('Next' in state && state.Next !== undefined) yield ['Next', state.Next];
  if ('Default' in state && state.Default !== undefined) yield ['Default', state.Default];
  for (const { Next } of 'Choices' in state ? state.Choices : []) yield ['Choices', Next];
  for (const { Next } of ('Catch' in state && state.Catch) || []) yield ['Catch', Next];
}

/** States.ALL stands alone, in the last entry: the specification makes anything else an error. */
function checkWildcards(place: string, state: Fields): void {
  for (const field of ['Retry', 'Catch'] as const) {
    const entries = (field in state && (state as { Retry?: Entry[]; Catch?: Entry[] })[field]) || [];
    const misplaced = entries.some(
      ({ ErrorEquals }, n) => ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || n < entries.length - 1),
    );
    if (misplaced) throw new Error(`${place}: ${field}: States.ALL must stand alone in the last entry`);
  }
}
type Entry = { readonly ErrorEquals: readonly string[] };

/** The fields that hold expressions of this state, not those of the states inside it. */
function ownFields({
  Branches: _,
  ItemProcessor: __,
  ...own
}: Fields & { Branches?: unknown; ItemProcessor?: unknown }) {
  return own;
}

/** A field that ends in `.$` holds a path, however deep it stands. */
function checkPaths(place: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key.endsWith('.$')) throw new Error(`${place}: ${key}: path fields are not modelled`);
    checkPaths(place, part);
  }
}

function checkExpressions(place: string, value: unknown): void {
  if (typeof value === 'string' && isExpression(value)) checkSyntax(place, value);
  else if (typeof value === 'object' && value !== null)
    for (const [key, part] of Object.entries(value)) checkExpressions(`${place}: ${key}`, part);
}

function checkSyntax(place: string, text: string): void {
  try {
    compile(sourceOf(text));
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
  }
}

/** Names a state assigns, by itself, its choices or its catchers. */
function assignedBy(raw: unknown): string[] {
  const parsed = assigning.safeParse(raw);
  if (!parsed.success) return [];
  const { Assign = {}, Choices = [], Catch = [] } = parsed.data;
  return [Assign, ...[...Choices, ...Catch].map((entry) => entry.Assign ?? {})].flatMap((names) => Object.keys(names));
}

const assign = z.looseObject({ Assign: z.record(z.string(), z.unknown()).optional() });
const assigning = assign.extend({ Choices: z.array(assign).optional(), Catch: z.array(assign).optional() });

function read<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  throw new Error([place, ...(field === '' ? [] : [field]), issue && problemOf(issue)].join(': '));
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `the local cloud does not model ${issue.keys.join(', ')} here`;
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  return issue.message;
}
