import { findOf, type Lookup, pathOf } from './reference.ts';
import { instantOf } from './wait.ts';

/** A rule of a Choice in JSONPath: one comparison, or `And`, `Or` or `Not` of others. */
export type Rule = Readonly<Record<string, unknown>>;

type Test = (value: unknown, wanted: unknown) => boolean;

/** What a value of each type is compared by; undefined when it is of another type: then nothing holds. */
const comparable: Readonly<Record<string, (value: unknown) => string | number | undefined>> = {
  String: (value) => (typeof value === 'string' ? value : undefined),
  Numeric: (value) => (typeof value === 'number' ? value : undefined),
  Boolean: (value) => (typeof value === 'boolean' ? Number(value) : undefined),
  Timestamp: instantOf,
};

const orders: Readonly<Record<string, (a: string | number, b: string | number) => boolean>> = {
  Equals: (a, b) => a === b,
  LessThan: (a, b) => a < b,
  GreaterThan: (a, b) => a > b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThanEquals: (a, b) => a >= b,
};

const is = (test: (value: unknown) => boolean): Test => {
  return (value, wanted) => (value !== undefined && test(value)) === wanted;
};
const others: Readonly<Record<string, Test>> = {
  IsPresent: is(() => true),
  IsNull: is((value) => value === null),
  IsString: is((value) => typeof value === 'string'),
  IsNumeric: is((value) => typeof value === 'number'),
  IsBoolean: is((value) => typeof value === 'boolean'),
  IsTimestamp: is((value) => instantOf(value) !== undefined),
  StringMatches: (value, wanted) => typeof value === 'string' && wildcards(String(wanted)).test(value),
};

/** `*` stands for any text, `\*` for itself and `\\` for a backslash. */
function wildcards(text: string): RegExp {
  const parts = text.match(/\\[\\*]|\*|[^*\\]+|\\/g) ?? [];
  const source = parts.map((part) => {
    return part === '*' ? '.*' : part.replace(/^\\(?=[\\*])/, '').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 's');
}

function testOf(operator: string): Test | undefined {
  const [, type = '', order = ''] =
    /^(?!Boolean(?!Equals))(String|Numeric|Boolean|Timestamp)(\w+)$/.exec(operator) ?? [];
  const [value, compare] = [comparable[type], orders[order]];
  if (value === undefined || compare === undefined) return others[operator];
  return (left, right) => {
    const [a, b] = [value(left), value(right)];
    return a !== undefined && b !== undefined && compare(a, b);
  };
}

/** Whether an operator can compare with a value that is written in the rule. */
function fits(operator: string, wanted: unknown): boolean {
  if (operator === 'StringMatches') return typeof wanted === 'string';
  const [, type = ''] = /^(String|Numeric|Boolean|Timestamp)/.exec(operator) ?? [];
  return comparable[type]?.(wanted) !== undefined || (operator.startsWith('Is') && typeof wanted === 'boolean');
}

const joined: Readonly<Record<string, (parts: readonly Lookup[]) => Lookup>> = {
  And: (parts) => (scope) => parts.every((holds) => holds(scope)),
  Or: (parts) => (scope) => parts.some((holds) => holds(scope)),
  Not: (parts) => (scope) => !parts.some((holds) => holds(scope)),
};

/** What a rule says. Throws on an operator that is none. */
export function conditionOf({ Variable, Comment: _, ...comparison }: Rule): Lookup {
  const [[operator, wanted] = ['', undefined], ...more] = Object.entries(comparison);
  const test = testOf(operator.replace(/(?<=Equals|Than)Path$/, ''));
  const join = joined[operator];
  if ((test ?? join) === undefined || more.length > 0) throw new Error(`Choices: ${operator} is no comparison`);
  const parts = [wanted].flat();
  const isJoined = join && Array.isArray(wanted) !== (operator === 'Not') && parts.length > 0;
  const isFit = isJoined || (test !== undefined && (operator.endsWith('Path') || fits(operator, wanted)));
  if (!isFit) throw new Error(`Choices: ${operator} can't be ${JSON.stringify(wanted)}`);
  if (join) return join(parts.map((part) => conditionOf(part as Rule)));
  const left = (operator === 'IsPresent' ? findOf : pathOf)('Variable', Variable);
  const right = operator.endsWith('Path') ? pathOf('Variable', wanted) : () => wanted;
  return (scope) => test?.(left(scope), right(scope)) === true;
}
