import { conditionOf, type Rule } from './comparison.ts';
import { StateError } from './errors.ts';
import { isExpression, type Json, type Variables } from './expression.ts';
import { type Lookup, type PathScope, pathOf, stepsOf } from './reference.ts';

type Raw = Readonly<Record<string, unknown>>;

/** Fields that a path fills, in JSONata the same without `Path`. */
const filled =
  /^(Items|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|MaxConcurrency|ToleratedFailure\w+|Error|Cause)Path$/;
/** Where a state keeps its template: what the work is given. */
const given: Readonly<Record<string, string>> = { Task: 'Arguments', Parallel: 'Arguments', Map: 'ItemSelector' };

const filters = ['InputPath', 'OutputPath'];
const results = ['Parameters', 'ResultPath', 'ResultSelector'];
/** What shapes the data of a state, by its type. */
const flows: Readonly<Record<string, readonly string[]>> = {
  Pass: [...filters, 'Parameters', 'ResultPath', 'Result'],
  ...{ Task: [...filters, ...results], Parallel: [...filters, ...results], Map: [...filters, ...results] },
  ...{ Choice: filters, Wait: filters, Succeed: filters },
};

/** A state in JSONPath as the JSONata state that means the same, its paths as lookups. Throws on what is not modelled. */
export function fromPaths(state: Raw): { readonly fields: Raw; readonly inputPath: Lookup } {
  const { Type, InputPath = '$', OutputPath = '$', ResultPath, ResultSelector, Result, Parameters, ...rest } = state;
  const { Branches, Iterator, ItemProcessor = Iterator, Catch, Choices, ...plain } = rest;
  refuseOthers(state, flows[Type as string] ?? []);
  refuseTwice(state);
  for (const catcher of (Catch ?? []) as Raw[]) refuseOthers(catcher, ['ResultPath']);
  const parameters = templateOf(Parameters);
  const result = Type === 'Pass' ? (Result === undefined ? parameters : literal(Result)) : templateOf(ResultSelector);
  const written = combine(ResultPath, result);
  const filter = pathOf('OutputPath', OutputPath);
  const Output = (scope: PathScope) => filter({ ...scope, data: written(scope) });
  const fields = {
    ...Object.fromEntries(Object.entries(plain).map(([key, value]) => fieldOf(key, value))),
    ...{ Type, Branches, ItemProcessor },
    ...('Assign' in plain && { Assign: Type === 'Pass' ? seeing(result, plain.Assign) : templateOf(plain.Assign) }),
    ...(Type === 'Map' && !('ItemsPath' in plain) && { Items: pathOf('ItemsPath', '$') }),
    ...(parameters !== undefined && given[Type as string] && { [given[Type as string] as string]: parameters }),
    ...(Type !== 'Fail' && { Output }),
    Choices: (Choices as Rule[] | undefined)?.map(({ Next, Assign, ...rule }) => {
      return { Condition: conditionOf(rule), Next, Assign: templateOf(Assign), Output };
    }),
    Catch: (Catch as Raw[] | undefined)?.map(({ ResultPath: place, Assign, ...catcher }) => {
      return { ...catcher, Assign: templateOf(Assign), Output: combine(place) };
    }),
  };
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return { fields: Object.fromEntries(present), inputPath: pathOf('InputPath', InputPath) };
}

function refuseOthers(part: Raw, known: readonly string[]): void {
  const shaping = [...filters, ...results, 'Result', 'Arguments', 'Output', 'Items'];
  const other = shaping.find((field) => field in part && !known.includes(field));
  if (other !== undefined) throw new Error(`${other}: a state in JSONPath has no such field here`);
}

function refuseTwice(state: Raw): void {
  const twice = Object.keys(state).find((key) => filled.test(key) && key.slice(0, -'Path'.length) in state);
  if (twice !== undefined) throw new Error(`${twice}: the state says it without a path, too`);
  if ('Parameters' in state && 'ItemSelector' in state)
    throw new Error('Parameters: the state has an ItemSelector, too');
}

function fieldOf(key: string, value: unknown): readonly [string, unknown] {
  return filled.test(key) ? [key.slice(0, -'Path'.length), pathOf(key, value)] : [key, templateOf(value)];
}

/** A template with lookups where a key ends in `.$`. */
function templateOf(value: unknown): Json | undefined {
  if (typeof value === 'string' && isExpression(value)) return literal(value);
  if (typeof value !== 'object' || value === null) return value as Json;
  if (Array.isArray(value)) return value.map(templateOf) as Json;
  const entries = Object.entries(value).map(([key, part]) =>
    key.endsWith('.$') ? [key.slice(0, -2), pathOf(key, part)] : [key, templateOf(part)],
  );
  return Object.fromEntries(entries) as Json;
}

/** What a Pass assigns: `$` is its own result, where it makes one. */
function seeing(result: Json | undefined, assigned: unknown): Json | undefined {
  if (result === undefined) return templateOf(assigned);
  const seen = (template: Json) => (scope: PathScope) => fill(template, { ...scope, data: fill(result, scope) });
  const entries = Object.entries(templateOf(assigned) as Variables);
  return Object.fromEntries(entries.map(([name, value]) => [name, seen(value) as unknown as Json]));
}

/** A text that looks like an expression, or a whole value that is no template. */
const literal = (value: unknown): Json => (() => value) as unknown as Json;

function fill(template: Json, scope: PathScope): Json {
  if (typeof template === 'function') return (template as Lookup)(scope);
  if (typeof template !== 'object' || template === null) return template;
  if (Array.isArray(template)) return template.map((part) => fill(part as Json, scope));
  return Object.fromEntries(Object.entries(template).map(([key, part]) => [key, fill(part, scope)]));
}

/** The result where ResultPath puts it in the state's input; of `null` the input alone. */
function combine(path: unknown = '$', template?: Json): Lookup {
  if (path === null) return ({ raw }) => raw;
  const steps = stepsOf('ResultPath', path, /^\$/);
  return (scope) => put(scope.raw, steps, template === undefined ? scope.data : fill(template, scope));
}

function put(data: Json, [step, ...rest]: readonly (string | number)[], value: Json): Json {
  if (step === undefined) return value;
  const fits = Array.isArray(data) ? typeof step === 'number' && step < data.length : typeof step === 'string';
  if (typeof data !== 'object' || data === null || !fits)
    throw new StateError('States.ResultPathMatchFailure', `Unable to apply step "${step}" to ${JSON.stringify(data)}`);
  const inner = put((data as Record<string | number, Json>)[step] ?? {}, rest, value);
  return Array.isArray(data) ? data.with(step as number, inner) : { ...data, [step]: inner };
}
