import { StateError } from './errors.ts';
import { ExpressionError, evaluate, isExpression, type Surroundings, sourceOf } from './expression.ts';
import { ask, type Flow, type Json } from './flow.ts';
import type { History, Trail } from './history.ts';
import { checkSize } from './limits.ts';

/** The execution as its states see it. All of it follows from the journal. */
export interface Run extends Surroundings {
  readonly history: History;
  nextId(): number;
  /** The token of the task with this id. */
  token(id: number): string;
}

export type Variables = Readonly<Record<string, Json>>;

/** One line of states within an execution: the machine itself, a branch of Parallel or an iteration of Map. */
export class Branch {
  readonly run: Run;
  readonly trail: Trail;
  /** `$states.context` without what belongs to one state. */
  readonly context: Variables;
  /** What is visible here. Assigning makes a new record: outer lines keep theirs. */
  variables: Variables;
  /** Type of the state that this line is in: what an abort names. */
  open: string | undefined;
  /** Writes that the line was ended from outside. */
  whenAborted: (() => void) | undefined;
  readonly inner = new Set<Branch>();

  constructor(run: Run, trail: Trail, context: Variables, variables: Variables) {
    this.run = run;
    this.trail = trail;
    this.context = context;
    this.variables = variables;
  }

  /** A line inside this one, with a scope of its own. */
  fork(after: number, context: Variables = {}): Branch {
    const branch = new Branch(this.run, { last: after }, { ...this.context, ...context }, this.variables);
    this.inner.add(branch);
    return branch;
  }

  /** Takes back a line that ended by itself: what comes next follows its last event. */
  join(inner: Branch): void {
    this.inner.delete(inner);
    this.trail.last = inner.trail.last;
  }

  assign(values: Variables): void {
    this.variables = { ...this.variables, ...values };
  }
}

/** One stay in a state, from its entry to its exit, all retries included. */
export interface Visit {
  readonly branch: Branch;
  readonly name: string;
  readonly input: Json;
  readonly enteredTime: string;
  /** The event of the entry, and the one before it. */
  readonly entered: number;
  readonly before: number;
  retryCount: number;
  /** The context object's `Task`, while a token is waited for. */
  task: { readonly Token: string } | undefined;
}

/** `$states`, to which a field adds what it may see: `result` or `errorOutput`. */
export function statesOf(visit: Visit, more: Variables = {}): Variables {
  const { branch, name, input, enteredTime, retryCount, task } = visit;
  const State = { EnteredTime: enteredTime, Name: name, RetryCount: retryCount };
  const context = { ...branch.context, State, ...(task && { Task: task }) };
  return { input, context, ...more };
}

/** Puts values in the place of expressions, through a whole structure. `location` names the field in errors. */
export function* fill(visit: Visit, template: Json, location: string, states = statesOf(visit)): Flow<Json> {
  if (typeof template === 'string') return yield* fillText(visit, template, location, states);
  if (template === null || typeof template !== 'object') return template;
  if (Array.isArray(template)) return yield* fillArray(visit, template, location, states);
  const filled: Record<string, Json> = {};
  for (const [key, part] of Object.entries(template as Variables))
    define(filled, key, yield* fill(visit, part, `${location}/${key}`, states));
  return filled;
}

/** A key such as `__proto__` is a key like any other. */
function define(record: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true });
}

function* fillArray(visit: Visit, template: readonly Json[], location: string, states: Variables): Flow<Json> {
  const filled: Json[] = [];
  for (const [n, part] of template.entries()) filled.push(yield* fill(visit, part, `${location}[${n}]`, states));
  return filled;
}

function* fillText(visit: Visit, text: string, location: string, states: Variables): Flow<Json> {
  if (!isExpression(text)) return text;
  const source = sourceOf(text);
  const { branch } = visit;
  try {
    return yield* ask<Json>({
      kind: 'evaluate',
      run: () => evaluate(source, { ...branch.variables, states }, branch.run),
    });
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw evaluationFailed(visit, expressionAt(source, location, error.message), location);
  }
}

/** AWS's words for an expression that gave nothing usable. */
function expressionAt(source: string, location: string, problem: string): string {
  return `The JSONata expression '${source}' specified for the field '${location}' ${problem}`;
}

/** States.QueryEvaluationError of a state. `entering` is false when a value was there but could not be used. */
export function evaluationFailed(visit: Visit, problem: string, location?: string, entering = true): StateError {
  return new StateError('States.QueryEvaluationError', within(visit, problem), {
    ...(location !== undefined && { location }),
    entering,
  });
}

/** A problem with the state it arose in, in AWS's words. */
export function within({ name, entered }: Visit, problem: string): string {
  return `An error occurred while executing the state '${name}' (entered at the event id #${entered}). ${problem}`;
}

const types: Readonly<Record<string, (value: Json) => boolean>> = {
  array: Array.isArray,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  'non-negative integer': (value) => Number.isInteger(value) && (value as number) >= 0,
  'positive integer': (value) => Number.isInteger(value) && (value as number) > 0,
  'percentage from 0 to 100': (value) => typeof value === 'number' && value >= 0 && value <= 100,
};

/** The value of a field that must be of one type. */
export function* fillAs<T extends Json>(visit: Visit, template: Json, location: string, type: string): Flow<T> {
  const value = yield* fill(visit, template, location);
  if (types[type]?.(value)) return value as T;
  const found = `Expected '${type}', but was '${typeOf(value)}' for value: ${JSON.stringify(value)}`;
  const problem = `returned an unexpected result type. ${found}`;
  const source = typeof template === 'string' && isExpression(template) ? sourceOf(template) : JSON.stringify(template);
  throw evaluationFailed(visit, expressionAt(source, location, problem), location);
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** What a state, a catcher or a choice writes when it is left. */
export interface Written {
  readonly Assign?: Variables;
  readonly Output?: Json;
}

/** The output, and the variables to set: both are computed before either takes effect. */
export function* written(visit: Visit, fields: Written, unwritten: Json, more?: Variables) {
  const states = statesOf(visit, more);
  const assigned = fields.Assign && ((yield* fill(visit, fields.Assign, 'Assign', states)) as Variables);
  const output = fields.Output === undefined ? unwritten : yield* fill(visit, fields.Output, 'Output', states);
  checkSize(`state/task '${visit.name}'`, output);
  for (const [name, value] of Object.entries(assigned ?? {})) checkSize(`variable '${name}'`, value);
  return { output, assigned };
}

/** Waits until an instant (milliseconds), or not at all when it has passed. */
export function* sleep({ run }: Branch, until: number): Flow<void> {
  if (until > run.now()) yield* ask<void>({ kind: 'sleep', id: run.nextId(), until });
}

/** Writes the event of an evaluation that failed, once. */
export function noteEvaluation({ branch, name, before, entered }: Visit, error: StateError): void {
  const { evaluation } = error;
  if (evaluation === undefined) return;
  // AWS lets an evaluation that fails on entry point to the event before the entry.
  if (evaluation.entering && branch.trail.last === entered) branch.trail.last = before;
  const location = evaluation.location === undefined ? {} : { location: evaluation.location };
  const details = { cause: error.reason, error: error.error, ...location, state: name };
  branch.run.history.add(branch.trail, 'EvaluationFailed', details);
  error.evaluation = undefined;
}
