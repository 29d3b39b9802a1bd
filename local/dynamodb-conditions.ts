import { createRequire } from 'node:module';

// What a condition or a filter says of an item. dynalite's own comparing finds no two lists equal, but what is missing equal to what is
// missing, and stops at an operand that is not there.

export type Value = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** An operator or a function and its operands. */
export interface Operation {
  readonly type: string;
  readonly name?: string;
  readonly args: readonly Part[];
}

/** A part of an expression as dynalite's parser leaves it. */
export type Part = Path | Operation | Value;

const isPath = (part: Part): part is Path => Array.isArray(part);
export const isOperation = (part: Part): part is Operation => 'args' in part;

/** Whether an item, given by its fields, meets an expression. */
export function matches(item: Value, { type, name = type, args }: Operation): boolean {
  const holds = (part: Part) => matches(item, part as Operation);
  if (type === 'and') return args.every(holds);
  if (type === 'or') return args.some(holds);
  if (type === 'not') return !args.some(holds);
  return tests[name]?.(...args.map((part) => operandOf(item, part))) === true;
}

/** The value of an operand, undefined when there is none. Of functions only size is an operand. */
function operandOf(item: Value, part: Part): Value | undefined {
  if (isPath(part)) return part.reduce<Value | undefined>(stepInto, { M: item });
  if (!isOperation(part)) return part;
  const [size] = part.args.map((one) => sizeOf(operandOf(item, one) ?? {}));
  return size === undefined ? undefined : { N: String(size) };
}

function stepInto(value: Value | undefined, step: string | number): Value | undefined {
  const held = (typeof step === 'number' ? value?.L : value?.M) as Record<string | number, Value> | undefined;
  return held !== undefined && Object.hasOwn(held, step) ? held[step] : undefined;
}

/** Bytes, fields or elements; of a text what JavaScript counts, as AWS does. */
function sizeOf(value: Value): number | undefined {
  if (value.B !== undefined) return bytesOf(value).length;
  if (value.M !== undefined) return Object.keys(value.M as object).length;
  return ((value.S ?? value.L ?? sets.map((type) => value[type]).find(Boolean)) as string | undefined)?.length;
}

type Test = (...operands: (Value | undefined)[]) => boolean;

const tests: Readonly<Record<string, Test>> = {
  '=': isEqual,
  '<>': (one, other) => !isEqual(one, other),
  '<': (one, other) => order(one, other) < 0,
  '<=': (one, other) => order(one, other) <= 0,
  '>': (one, other) => order(one, other) > 0,
  '>=': (one, other) => order(one, other) >= 0,
  between: (one, low, high) => order(one, low) >= 0 && order(one, high) <= 0,
  in: (one, ...others) => others.some((other) => isEqual(one, other)),
  contains: (whole = {}, part) =>
    isText(whole)
      ? isAlike(whole, part) && bytesOf(whole).includes(bytesOf(part))
      : elementsOf(whole).some((one) => isEqual(one, part)),
  begins_with: (whole, part) => isText(whole) && isAlike(whole, part) && bytesOf(whole).startsWith(bytesOf(part)),
  attribute_exists: (one) => one !== undefined,
  attribute_not_exists: (one) => one === undefined,
  attribute_type: (one, type) => one !== undefined && typeOf(one) === type?.S,
};

const sets = ['SS', 'NS', 'BS'];

const typeOf = (value: Value | undefined) => Object.keys(value ?? {})[0];
const isAlike = (one: Value | undefined, other: Value | undefined): other is Value =>
  one !== undefined && typeOf(one) === typeOf(other);
const isText = (value: Value | undefined): value is Value => (value?.S ?? value?.B) !== undefined;

/** The bytes of a text or of a binary value, each as one character. */
const bytesOf = ({ S, B }: Value): string =>
  Buffer.from(String(S ?? B), S === undefined ? 'base64' : 'utf8').toString('latin1');

/** The elements of a list or of a set, as values. */
const elementsOf = ({ L = [], ...others }: Value): Value[] => [
  ...(L as Value[]),
  ...sets.flatMap((type) => ((others[type] ?? []) as string[]).map((one) => ({ [type.charAt(0)]: one }))),
];

function isEqual(one: Value | undefined, other: Value | undefined): boolean {
  return one !== undefined && other !== undefined && formOf(one) === formOf(other);
}

/** One text for all values that are equal: fields and elements of a set have no order. */
const formOf = (value: Value): string =>
  JSON.stringify(value, (name, part) => {
    if (Array.isArray(part)) return sets.includes(name) ? [...part].sort() : part;
    return typeof part === 'object' ? Object.fromEntries(Object.entries(part).sort()) : part;
  });

const { toRangeStr } = createRequire(import.meta.url)('dynalite/db') as { toRangeStr(value: Value): string };

/** Below, at or above zero, or NaN, which is neither, for values without an order. */
function order(one: Value | undefined, other: Value | undefined): number {
  if (!isAlike(one, other) || !(isText(other) || 'N' in other)) return Number.NaN;
  const [left, right] = [toRangeStr(one as Value), toRangeStr(other)];
  return left < right ? -1 : Number(left > right);
}
