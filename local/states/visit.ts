import type { State } from './definition.ts';
import { checkSize, StateError, variablesLimit } from './errors.ts';
import { ExpressionError, evaluate, isExpression, type Json, sourceOf, type Variables } from './expression.ts';
import { dataOf } from './history.ts';
import type { Line } from './line.ts';
import type { Lookup } from './reference.ts';

/** What a state, a catcher or a choice writes when it is left. */
export interface Written {
  readonly Assign?: Variables | undefined;
  readonly Output?: Json | undefined;
}

/** How a state is left: where to, and what it writes on the way. */
export interface Exit {
  readonly next: string | undefined;
  readonly fields: Written;
  /** The output when no Output is written. */
  readonly unwritten: Json;
  /** What Assign and Output see besides the input: `result` or `errorOutput`. */
  readonly more?: Variables;
  /** Where the fields stand within the state, such as `Catch[0]/`. */
  readonly place?: string;
}

/** One stay in a state, from its entry to its exit, all retries included. */
export class Visit {
  readonly line: Line;
  readonly name: string;
  readonly type: State['Type'];
  /** What the work sees: the whole input, or in JSONPath what InputPath takes of it. */
  input: Json;
  private readonly raw: Json;
  private inPaths = false;
  retryCount = 0;
  /** The context object's `Task`, while a token is waited for. */
  task: { readonly Token: string } | undefined;
  private readonly enteredTime: string;
  /** The event of the entry, and the one before it. */
  private readonly entered: number;
  private readonly before: number;

  constructor(line: Line, name: string, type: State['Type'], input: Json) {
    this.line = line;
    this.name = name;
    this.type = type;
    this.input = input;
    this.raw = input;
    this.before = line.trail.last;
    this.entered = line.run.history.add(line.trail, `${type}StateEntered`, { ...dataOf('input', input), name });
    this.enteredTime = new Date(line.run.now()).toISOString();
    line.open = type;
  }

  /** The same stay as a line inside it sees it. */
  from(line: Line): Visit {
    return Object.assign(Object.create(Visit.prototype), this, { line }) as Visit;
  }

  /** Adds an event to the line's chain. */
  note(type: string, details?: object): number {
    return this.line.run.history.add(this.line.trail, type, details);
  }

  /** Puts values in the place of expressions, through a whole structure. `location` names the field in errors. */
  async fill(template: Json, location: string, more?: Variables): Promise<Json> {
    if (typeof template === 'string')
      return isExpression(template) ? this.evaluate(template, location, more) : template;
    if (typeof template === 'function') return this.lookUp(template, more);
    if (template === null || typeof template !== 'object') return template;
    if (Array.isArray(template)) {
      const items: Json[] = [];
      for (const [n, part] of template.entries()) items.push(await this.fill(part, `${location}[${n}]`, more));
      return items;
    }
    const fields: [string, Json][] = [];
    for (const [key, part] of Object.entries(template as Variables))
      fields.push([key, await this.fill(part, `${location}/${key}`, more)]);
    // A key such as `__proto__` is a key like any other.
    return Object.fromEntries(fields);
  }

  /** What the work is given: no more than a state may pass on. */
  async given(template: Json | undefined, location: string, otherwise = this.input): Promise<Json> {
    if (template === undefined) return otherwise;
    const data = await this.fill(template, location);
    checkSize(`field '${location}' of '${this.name}'`, [data]);
    return data;
  }

  /** The value of a field that must be of one type. */
  async fillAs<T extends Json>(template: Json, location: string, type: keyof typeof types): Promise<T> {
    const value = await this.fill(template, location);
    if (types[type]?.(value)) return value as T;
    const found = `Expected '${type}', but was '${typeOf(value)}' for value: ${JSON.stringify(value)}`;
    if (this.inPaths) throw this.failed(`${location}: ${found}`);
    const source = typeof template === 'string' ? sourceOf(template) : JSON.stringify(template);
    throw this.failed(expressionAt(source, location, `returned an unexpected result type. ${found}`), location);
  }

  /** States.QueryEvaluationError here. `entering` is false when a value was there but could not be used. In JSONPath no error that can be caught. */
  failed(problem: string, location?: string, entering = true): StateError {
    if (this.inPaths) return new StateError('States.Runtime', this.within(problem));
    return new StateError('States.QueryEvaluationError', this.within(problem), { location, entering });
  }

  /** A problem with the state it arose in, in AWS's words. */
  within(problem: string): string {
    return `An error occurred while executing the state '${this.name}' (entered at the event id #${this.entered}). ${problem}`;
  }

  /** Writes the event of an evaluation that failed, once. */
  noteEvaluation(error: StateError): void {
    const { evaluation } = error;
    if (evaluation === undefined) return;
    error.evaluation = undefined;
    const { trail } = this.line;
    // AWS lets an evaluation that fails on entry point to the event before the entry.
    if (evaluation.entering && trail.last === this.entered) trail.last = this.before;
    const { location } = evaluation;
    this.note('EvaluationFailed', { cause: error.reason, error: error.error, location, state: this.name });
  }

  /** Leaves the state: its output and the variables to set are computed before either takes effect. */
  async leave({
    next,
    fields,
    unwritten,
    more,
    place = '',
  }: Exit): Promise<{ next: string | undefined; output: Json }> {
    const { line, name } = this;
    const assigned = fields.Assign && ((await this.fill(fields.Assign, `${place}Assign`, more)) as Variables);
    const output = fields.Output === undefined ? unwritten : await this.fill(fields.Output, `${place}Output`, more);
    checkSize(`state/task '${name}'`, [output]);
    checkSize(`field 'Assign' of '${name}'`, Object.values(assigned ?? {}));
    const variables = { ...line.variables, ...assigned };
    if (assigned) checkSize('variables', Object.values(variables), variablesLimit);
    line.variables = variables;
    const changes = assigned && { assignedVariables: textsOf(assigned), assignedVariablesDetails: whole };
    this.note(`${this.type}StateExited`, { ...changes, name, ...dataOf('output', output) });
    line.open = undefined;
    return { next, output };
  }

  private async evaluate(text: string, location: string, more?: Variables): Promise<Json> {
    const { run, variables } = this.line;
    try {
      return await evaluate(sourceOf(text), { ...variables, states: this.states(more) }, run);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw this.failed(expressionAt(sourceOf(text), location, error.message), location);
    }
  }

  /** `$states`, with what a field may see besides: `result` or `errorOutput`. */
  private states(more: Variables = {}): Variables {
    return { input: this.input, context: this.context(), ...more };
  }

  private context(): Variables {
    const tries: Variables = retried.includes(this.type) ? { RetryCount: this.retryCount } : {};
    const State = { EnteredTime: this.enteredTime, Name: this.name, ...tries };
    return { ...this.line.context, State, ...(this.task && { Task: this.task }) };
  }

  /** In JSONPath `$` is the result or the error where there is one, else the input. */
  private lookUp(lookup: Lookup, more: Variables = {}): Json {
    const data = Object.values(more)[0] ?? this.input;
    try {
      return lookup({ raw: this.raw, data, context: this.context(), variables: this.line.variables });
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      throw new StateError(error.error, this.within(error.message));
    }
  }

  /** Takes of the input what InputPath names. */
  begin(inputPath: Lookup | undefined): void {
    this.inPaths = inputPath !== undefined;
    this.input = inputPath === undefined ? this.raw : this.lookUp(inputPath, { raw: this.raw });
  }
}

const whole = { truncated: false };
/** States that can have retriers: only their context counts. */
const retried: readonly string[] = ['Task', 'Parallel', 'Map'];

/** AWS's words for an expression that gave nothing usable. */
function expressionAt(source: string, location: string, problem: string): string {
  return `The JSONata expression '${source}' specified for the field '${location}' ${problem}`;
}

const types = {
  array: (value: Json) => Array.isArray(value),
  boolean: (value: Json) => typeof value === 'boolean',
  string: (value: Json) => typeof value === 'string',
  'non-negative integer': (value: Json) => isWithin(value, 0),
  'positive integer': (value: Json) => isWithin(value, 1),
  'percentage from 0 to 100': (value: Json) => typeof value === 'number' && value >= 0 && value <= 100,
};

/** AWS's largest number of seconds is that of anything else, too. */
const isWithin = (value: Json, least: number): boolean =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= 99_999_999;

function typeOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Variables as events carry them: JSON text each, by name. */
function textsOf(variables: Variables): Readonly<Record<string, string>> {
  const names = Object.keys(variables).sort();
  return Object.fromEntries(names.map((name) => [name, JSON.stringify(variables[name])]));
}
