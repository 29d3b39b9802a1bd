import pg from 'pg';
import type { Value } from '../domain/connector.ts';
import { parseExactly } from './exact-json.ts';

type Read = (text: string) => Value;

const finite: Read = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
// 2026-01-02 03:04:05.678+00 -> 2026-01-02T03:04:05.678Z; the session's zone is UTC. `infinity` and years BC stay as they are.
const instant: Read = (text) => text.replace(/^(\d{4,}-\d\d-\d\d) /, '$1T').replace(/\+00$/, 'Z');
const bytes: Read = (text) => (text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex').toString('base64') : text);

// Type's oid, its array's oid, how its text is read. Every other type stays the text that Postgres writes.
const types: readonly (readonly [number, number, Read])[] = [
  [16, 1000, (text) => text === 't'],
  [17, 1001, bytes],
  [20, 1016, BigInt],
  [21, 1005, Number],
  [23, 1007, Number],
  [25, 1009, String],
  [26, 1028, Number],
  [114, 199, parseExactly],
  [700, 1021, finite],
  [701, 1022, finite],
  // The blanks that pad char(n) are not part of its value.
  [1042, 1014, (text) => text.replace(/ +$/, '')],
  [1043, 1015, String],
  [1082, 1182, String],
  [1114, 1115, instant],
  [1184, 1185, instant],
  [1700, 1231, String],
  [2950, 2951, String],
  [3802, 3807, parseExactly],
];

const elements: (text: string) => unknown[] = pg.types.getTypeParser(1009 as number);

const each = (value: unknown, read: Read): Value =>
  Array.isArray(value) ? value.map((element) => each(element, read)) : value === null ? null : read(String(value));

const readers = new Map<number, Read>(
  types.flatMap(([one, many, read]) => [
    [one, read] as const,
    [many, (text: string) => each(elements(text), read)] as const,
  ]),
);

/** Reads what Postgres sends without losing anything: bigint exact, numeric as text, dates as ISO texts, bytes as base64. */
export const exactTypes = {
  getTypeParser: (oid: number): Read => readers.get(oid) ?? String,
} as pg.CustomTypesConfig;
