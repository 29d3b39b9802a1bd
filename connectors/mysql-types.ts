import type { FieldPacket } from 'mysql2';
import type { Value } from '../domain/connector.ts';
import { exactNumber, parseExactly } from './exact-json.ts';
import type { SqlRows } from './sql.ts';

type Read = (value: never) => Value;

// The shortest decimal that is this 32-bit float.
const float = (value: number): Value =>
  [6, 7, 8, 9].map((digits) => Number(value.toPrecision(digits))).find((each) => Math.fround(each) === value) ?? value;

const local: Read = (text: string) => text.replace(' ', 'T');

// By the protocol's number of the type; every other type stays as the driver reads it.
const readers: Readonly<Record<number, Read>> = {
  4: float,
  // TIMESTAMP is an instant (the session's zone is UTC), DATETIME is local.
  7: (text: string) => `${text.replace(' ', 'T')}Z`,
  8: exactNumber,
  12: local,
  245: (text: string) => parseExactly(text),
};

/** Reads what MySQL sends without losing anything: bigint exact, decimal as text, times as ISO texts, bytes as base64. */
export const readerOf =
  (fields: readonly FieldPacket[]): SqlRows['read'] =>
  (value, column) => {
    if (value === null || value === undefined) return null;
    if (Buffer.isBuffer(value)) return value.toString('base64');
    return readers[fields[column]?.columnType ?? -1]?.(value as never) ?? (value as Value);
  };
