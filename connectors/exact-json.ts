import type { Value } from '../domain/connector.ts';

/** A decimal number as exactly as a Value can hold it: a number, else a bigint, else its text. */
export const exactNumber = (text: string): Value => {
  const number = Number(text);
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(number) ? number : BigInt(text);
  return String(number) === text ? number : text;
};

/**
 * Parses JSON without rounding numbers. Throws SyntaxError on text that is not JSON, and on a member named `__proto__`: no honest
 * source has one, and copying such an object changes prototypes.
 */
export const parseExactly = (text: string): Value =>
  JSON.parse(text, (name: string, value: Value, context?: { source?: string }) => {
    if (name === '__proto__') throw new SyntaxError('a member is named __proto__');
    return typeof value === 'number' && context?.source ? exactJsonNumber(value, context.source) : value;
  });

// 1.50 and 1e3 are other spellings of a number that is exact; only digits that do not fit are kept as text.
const exactJsonNumber = (value: number, source: string): Value => {
  if (/^-?\d+$/.test(source)) return exactNumber(source);
  if (String(value) === source) return value;
  const digits = source.replace(/e.*$/i, '').replace(/\D/g, '').replace(/^0+/, '').length;
  return digits <= 15 && Number.isFinite(value) ? value : source;
};
