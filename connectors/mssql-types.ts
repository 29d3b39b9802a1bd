import type { Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { exactNumber } from './exact-json.ts';

/** What a column's description tells: its name, the driver's type, and the digits behind the point. */
export interface Column {
  readonly colName: string;
  readonly type: { readonly name: string };
  readonly scale?: number;
}

/** A moment as the driver gives it: milliseconds, and what is below them apart. */
type Moment = Date & { readonly nanosecondsDelta?: number };

// 2026-02-28T23:30:00.1234567 without the zeros at its end.
const isoOf = (moment: Moment): string => {
  const below = Math.round((moment.nanosecondsDelta ?? 0) * 10_000_000);
  const fraction = `${moment.getUTCMilliseconds().toString().padStart(3, '0')}${below.toString().padStart(4, '0')}`;
  return `${moment.toISOString().slice(0, 19)}.${fraction}`.replace(/\.?0*$/, '');
};

const momentOf = (type: string, moment: Moment): string => {
  const text = isoOf(moment);
  if (type === 'Date') return text.slice(0, 10);
  if (type === 'Time') return text.slice(11);
  return type === 'DateTimeOffset' ? `${text}Z` : text;
};

// The driver reads decimals as floating numbers: 15 digits are exact, more would be made up.
const decimalOf = (value: number, { colName, scale = 4 }: Column): string => {
  if (Math.abs(value) * 10 ** scale < 1e15) return value.toFixed(scale);
  throw new SourceMalformed(`${colName}: more digits than can be read as a number: name it in options.text`);
};

/** Reads what SQL Server sends without losing anything: bigint exact, decimal as text, times as ISO texts, bytes as base64. */
export const told = (value: unknown, column: Column): Value => {
  const type = column.type.name.replace(/N$/, '');
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (value instanceof Date) return momentOf(type, value);
  if (type === 'BigInt' || (type === 'Int' && typeof value === 'string')) return exactNumber(String(value));
  if (['Decimal', 'Numeric', 'Money', 'SmallMoney'].includes(type)) return decimalOf(Number(value), column);
  // The blanks that pad char(n) are not part of its value.
  return /^N?Char$/.test(type) ? String(value).replace(/ +$/, '') : (value as Value);
};
