import { createHash } from 'node:crypto';
import jsonata from 'jsonata';

/** JSON as it travels between states. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Variables = Readonly<Record<string, Json>>;

/** What an expression may not know by itself: the time and chance. Both come from the journal, so that a replay sees the same. */
export interface Surroundings {
  /** Milliseconds. */
  now(): number;
  /** At least 0, below 1. */
  random(): number;
  uuid(): string;
}

/** Why an expression gave no JSON. The message ends AWS's sentence "The JSONata expression '...' specified for the field '...' ...". */
export class ExpressionError extends Error {}

/** How deep AWS lets an expression nest, how many items it lets a sequence have, and milliseconds. */
const guardrails = { stack: 100, sequence: 873_782, timeout: 10_000 };
/** What fits into AWS's memory limit. */
const longestRange = 360_145;
const hashes = ['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

const compiled = new Map<string, jsonata.Expression>();

/** Whether a text of a definition is an expression: AWS takes no blanks around the marks. */
export function isExpression(text: string): boolean {
  return text.startsWith('{%') && text.endsWith('%}') && text.length >= 4;
}

/** The expression between the marks. */
export function sourceOf(text: string): string {
  return text.slice(2, -2).trim();
}

/** Parses an expression; throws with the reason when its syntax is wrong. */
export function compile(source: string): jsonata.Expression {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const expression = jsonata(source, guardrails);
  for (const node of nodesIn(expression.ast())) refuseForeign(node);
  for (const [name, [implementation, signature]] of Object.entries(pureFunctions))
    expression.registerFunction(name, implementation, signature);
  compiled.set(source, expression);
  return expression;
}

/** A node of a parsed expression, as far as it is looked at. */
interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly steps?: readonly Node[];
  readonly condition?: Node;
  readonly arguments?: readonly Node[];
  readonly then?: Node;
}

function* nodesIn(node: unknown): Generator<Node> {
  if (typeof node !== 'object' || node === null) return;
  yield node;
  for (const part of Object.values(node)) yield* nodesIn(part);
}

/** What an expression reads of `$states`: `input`, `context`, `result` or `errorOutput`. */
export function readOfStates(source: string): unknown[] {
  const paths = [...nodesIn(compile(source).ast())].flatMap(({ steps }) => (steps ? [steps] : []));
  return paths.flatMap(([root, field]) => (root?.type === 'variable' && root.value === 'states' ? [field?.value] : []));
}

/** The names that an expression reads where there is nothing to read from: `a` of `a.b + 1`. */
export function bareNames(source: string): unknown[] {
  return bareIn(compile(source).ast());
}

/** What these hold is read from data. */
const within = ['predicate', 'stages', 'group'];

function bareIn(node: Node | readonly Node[]): unknown[] {
  if (typeof node !== 'object' || node === null) return [];
  const { type, steps: [first] = [] } = node as Node;
  if (type === 'lambda' || type === 'transform') return [];
  if (first !== undefined) return first.type === 'name' ? [first.value] : bareIn(first);
  return Object.entries(node).flatMap(([key, part]) => (within.includes(key) ? [] : bareIn(part as Node)));
}

/**
 * Throws on what Step Functions does not take: `$$`, because there is no data around an expression, and the operators that came after its
 * version, JSONata 2.0.6: the parser makes conditions of them that say one thing twice.
 */
function refuseForeign({ type, value, condition, then }: Node): void {
  if (type === 'variable' && value === '$') throw new Error('Step Functions has no $$ in JSONata');
  const given = JSON.stringify(then);
  if (type === 'condition' && [condition, condition?.arguments?.[0]].some((part) => JSON.stringify(part) === given))
    throw new Error('Step Functions has no ?? and no ?: in JSONata');
}

/** The value of an expression. Rejects with ExpressionError. */
export async function evaluate(source: string, variables: Variables, surroundings: Surroundings): Promise<Json> {
  const value = await run(source, { ...functionsOf(surroundings), ...variables });
  if (value === undefined) throw new ExpressionError('returned nothing (undefined).');
  if (!isData(value, new Set())) throw new ExpressionError('returned an unsupported result type.');
  return JSON.parse(JSON.stringify(value, named)) as Json;
}

/** A number that JSON can't write becomes its name, as on AWS: `Infinity`, `NaN`. */
const named = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

async function run(source: string, bindings: Record<string, unknown>): Promise<unknown> {
  try {
    return await compile(source).evaluate(undefined, bindings);
  } catch (error) {
    throw new ExpressionError(`threw an error during evaluation${messageOf(error)}`);
  }
}

/** JSONata throws plain objects with a code. */
function messageOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code === undefined ? `: ${message ?? error}` : `. ${code}: ${message}`;
}

/** Whether a value is JSON through and through: JSONata can also give functions, regular expressions and circles. */
function isData(value: unknown, above: Set<object>): boolean {
  if (value === null || ['number', 'string', 'boolean'].includes(typeof value)) return true;
  if (typeof value !== 'object' || above.has(value) || isCallable(value)) return false;
  above.add(value);
  // The items alone: JSONata's own arrays carry a function besides them.
  const parts = Array.isArray(value) ? [...value] : Object.values(value);
  const whole = parts.every((part) => part === undefined || isData(part, above));
  above.delete(value);
  return whole;
}

function isCallable(value: object): boolean {
  return '_jsonata_lambda' in value || '_jsonata_function' in value || value instanceof RegExp;
}

// biome-ignore lint/suspicious/noExplicitAny: jsonata passes what the signature beside it lets through.
type Implementation = (...args: any[]) => unknown;

/** What Step Functions adds to JSONata, as far as it follows from the arguments alone. */
const pureFunctions: Readonly<Record<string, readonly [Implementation, string]>> = {
  partition: [partition, '<an:a>'],
  range: [range, '<nnn?:a>'],
  hash: [hash, '<ss?:s>'],
  parse: [parse, '<s:x>'],
};

/** Functions that need time or chance, and `$eval`, which Step Functions does not have. */
function functionsOf({ now, random, uuid }: Surroundings): Record<string, unknown> {
  return {
    now: (picture?: string, timezone?: string) => formatTime(now(), picture, timezone),
    millis: now,
    random: taking('random', 1, (seed?: number) => (seed === undefined ? random() : seeded(seed))),
    uuid: taking('uuid', 0, uuid),
    eval: undefined,
  };
}

function formatTime(time: number, picture?: string, timezone?: string): unknown {
  if (picture === undefined && timezone === undefined) return new Date(time).toISOString();
  return compile('$fromMillis($time, $picture, $timezone)').evaluate(undefined, { time, picture, timezone });
}

/** A function that takes numbers, so many at most. */
function taking(name: string, most: number, work: (...given: number[]) => unknown): (...given: number[]) => unknown {
  return (...given) => {
    if (given.length <= most && given.every((one) => typeof one === 'number')) return work(...given);
    throw coded('T0410', `An argument of $${name} does not match its signature`);
  };
}

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code });
const invalid = (message: string): Error => coded('D3137', message);

/** Undefined without items or for a size of 0. Sizes are rounded towards zero. */
function partition(array: readonly unknown[], size: number): unknown[][] | undefined {
  const length = Math.trunc(size);
  if (length < 0) throw invalid('The chunk size of $partition must not be negative');
  const starts = Array.from({ length: length === 0 ? 0 : Math.ceil(array.length / length) }, (_, n) => n * length);
  return starts.length === 0 ? undefined : starts.map((from) => array.slice(from, from + length));
}

/** Undefined without a step, or when the step leads away from the end. Arguments are rounded towards zero. */
function range(start: number, end: number, increment?: number): number[] | undefined {
  if (increment === undefined) return undefined;
  const [first, step] = [Math.trunc(start), Math.trunc(increment)];
  if (step === 0) throw invalid('The step of $range must not be 0');
  const length = Math.max(0, Math.floor((Math.trunc(end) - first) / step) + 1);
  if (length > longestRange) throw new Error('Expression evaluation memory limit exceeded');
  const items = Array.from({ length }, (_, n) => first + n * step);
  // JSONata's own mark of a sequence: one of a single item is that item.
  return length === 0 ? undefined : Object.defineProperty(items, 'sequence', { value: true });
}

function hash(text: string, algorithm?: string): string | undefined {
  if (algorithm === undefined) return undefined;
  if (!hashes.includes(algorithm)) throw invalid(`The algorithm of $hash must be one of ${hashes.join(', ')}`);
  return createHash(algorithm.replace('-', '')).update(text).digest('hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error('a number is too large');
      return value;
    });
  } catch {
    throw invalid('Invalid JSON');
  }
}

/** The first double of `java.util.Random` with this seed: the very number that AWS gives. */
function seeded(seed: number): number {
  const bits = 2n ** 48n - 1n;
  let state = (BigInt(Math.trunc(seed)) ^ 0x5deece66dn) & bits;
  const next = (count: bigint) => {
    state = (state * 0x5deece66dn + 11n) & bits;
    return Number(state >> (48n - count));
  };
  return (next(26n) * 2 ** 27 + next(27n)) / 2 ** 53;
}
