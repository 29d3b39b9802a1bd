import type { Value } from '../domain/connector.ts';

/** A decimal number as exactly as a Value can hold it: a number, else a bigint, else its text. */
export const exactNumber = (text: string): Value => {
  const number = Number(text);
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(number) ? number : BigInt(text);
  return String(number) === text ? number : text;
};

/**
 * Parses JSON without rounding numbers. Throws SyntaxError on text that is not JSON, on a member that stands twice, since only one of
 * them would be read, and on one named `__proto__`: no honest source has one, and copying such an object changes prototypes.
 */
export const parseExactly = (text: string): Value => {
  let members = 0;
  // The root is held by an object too.
  const value: Value = JSON.parse(text, function (this: unknown, name, held: Value, context?: { source?: string }) {
    if (name === '__proto__') throw new SyntaxError('a member is named __proto__');
    if (!Array.isArray(this)) members += 1;
    return typeof held === 'number' && context?.source ? exactJsonNumber(held, context.source) : held;
  });
  if (namesIn(text) !== members - 1) throw new SyntaxError('a member stands twice');
  return value;
};

const isEscaped = (text: string, at: number): boolean => {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes += 1;
  return slashes % 2 === 1;
};

/** How many names of members stand in a text that is JSON: texts with a colon behind them. */
const namesIn = (text: string): number => {
  let names = 0;
  for (let open = text.indexOf('"'); open >= 0; ) {
    let close = text.indexOf('"', open + 1);
    while (isEscaped(text, close)) close = text.indexOf('"', close + 1);
    let after = close + 1;
    while (text.charCodeAt(after) <= 32) after += 1;
    if (text[after] === ':') names += 1;
    open = text.indexOf('"', after);
  }
  return names;
};

// 1.50 and 1e3 are other spellings of a number that is exact; only digits that do not fit are kept as text.
const exactJsonNumber = (value: number, source: string): Value => {
  if (/^-?\d+$/.test(source)) return exactNumber(source);
  if (String(value) === source) return value;
  const digits = source.replace(/e.*$/i, '').replace(/\D/g, '').replace(/^0+/, '').length;
  return digits <= 15 && Number.isFinite(value) ? value : source;
};
