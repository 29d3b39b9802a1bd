import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Row, Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { parseExactly } from './exact-json.ts';

/** A row with the number of its line (of a Parquet file: of its row), from 1. */
export type Numbered = readonly [line: number, row: Row];

/** Whether a field's value may be one of those looked for: letters' case is left to the caller. */
export type Wanted = (value: unknown) => boolean;

const longest = 16_777_216;

// UTF-8 without exception; gunzipped where the name says so. A byte order mark is no text.
async function* texts(bytes: AsyncIterable<Uint8Array>, key: string): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const plain = key.endsWith('.gz') ? pipeline(Readable.from(bytes), createGunzip(), () => undefined) : bytes;
  for await (const chunk of plain) yield decoder.decode(chunk as Uint8Array, { stream: true });
  yield decoder.decode();
}

async function* lines(bytes: AsyncIterable<Uint8Array>, key: string): AsyncIterable<string> {
  let rest = '';
  for await (const text of texts(bytes, key)) {
    const parts = `${rest}${text}`.split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > longest) throw new SourceMalformed(`a line is longer than ${longest} letters`);
    yield* parts;
  }
  if (rest !== '') yield rest;
}

/** Rows of a file of JSON lines whose field is wanted. Throws for a line that is no JSON object; blank lines are none. */
export async function* jsonRows(
  bytes: AsyncIterable<Uint8Array>,
  key: string,
  field: string,
  wanted: Wanted,
): AsyncIterable<Numbered> {
  let line = 0;
  for await (const text of lines(bytes, key)) {
    line += 1;
    if (text.trim() === '') continue;
    const value = memberOf(JSON.parse(text), field);
    // Digits that a number can't hold are compared as they are written.
    const rounded = typeof value === 'number' && !Number.isSafeInteger(value);
    if (!wanted(value) && !rounded) continue;
    const row = parseExactly(text) as Row;
    if (wanted(memberOf(row, field))) yield [line, row];
  }
}

const memberOf = (row: unknown, field: string): unknown => {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new SyntaxError('not an object');
  return Object.hasOwn(row, field) ? (row as Readonly<Record<string, Value>>)[field] : undefined;
};

/** Rows of a CSV file (RFC 4180) whose field is wanted; the first names the columns. Throws where cells and columns don't fit. */
export async function* csvRows(
  bytes: AsyncIterable<Uint8Array>,
  key: string,
  delimiter: string,
  field: string,
  wanted: Wanted,
): AsyncIterable<Numbered> {
  const cellsOf = cellReader(delimiter);
  let columns: readonly string[] | undefined;
  for await (const [line, text] of records(lines(bytes, key))) {
    const cells = cellsOf(text);
    if (columns === undefined) {
      if (new Set(cells).size < cells.length || !cells.includes(field)) throw new SyntaxError('the columns');
      columns = cells;
      continue;
    }
    if (cells.length !== columns.length) throw new SyntaxError('cells without a column');
    if (!wanted(cells[columns.indexOf(field)])) continue;
    yield [line, Object.fromEntries(columns.map((name, place) => [name, cells[place] ?? '']))];
  }
}

// A record goes on over line ends as long as a quote is open.
async function* records(texts: AsyncIterable<string>): AsyncIterable<readonly [line: number, text: string]> {
  let open = '';
  let line = 0;
  for await (const text of texts) {
    line += 1;
    const record = open === '' ? text : `${open}\n${text}`;
    if (record.length > longest) throw new SourceMalformed(`a record is longer than ${longest} letters`);
    if (record.split('"').length % 2 === 0) {
      open = record;
      continue;
    }
    open = '';
    const whole = record.replace(/\r$/, '');
    if (whole !== '') yield [line, whole];
  }
  if (open !== '') throw new SyntaxError('a quote without end');
}

const cellReader = (delimiter: string) => {
  const end = delimiter === '|' ? '\\|' : delimiter;
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"|([^"${end}]*))(${end}|$)`, 'y');
  return (text: string): string[] => {
    const cells: string[] = [];
    cell.lastIndex = 0;
    for (;;) {
      const [, quoted, plain = '', ended] = cell.exec(text) ?? [undefined, undefined, undefined, undefined];
      if (ended === undefined) throw new SyntaxError('a quote inside a cell');
      cells.push(quoted?.replaceAll('""', '"') ?? plain);
      if (ended === '') return cells;
    }
  };
};
