import type { Readable } from 'node:stream';
import { parseExactly } from '../../connectors/exact-json.ts';
import type { Row } from '../../domain/connector.ts';

/** Rows of a collection that its page shows, and signs that they may have together; the first is always shown. */
const mostRows = 200;
const mostSigns = 1_000_000;

/** Lines as jsonFile writes them: what U+2028 parts is one line. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let held = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = `${held}${chunk}`.split('\n');
    held = lines.pop() ?? '';
    yield* lines;
  }
}

/** Every row of a collection's JSON file, one after the other. */
export async function* allRows(json: Readable): AsyncGenerator<Row> {
  let line = 0;
  for await (const text of linesOf(json)) {
    line += 1;
    if (line <= 2) continue;
    if (text.startsWith(']')) return;
    yield rowIn(text);
  }
}

/** A row as its line holds it. */
export const rowIn = (line: string): Row => parseExactly(line.replace(/,$/, '')) as Row;

/** The first rows of a collection's JSON file, which has a row a line; no more of it is read than they need. */
export const firstRows = async (json: Readable): Promise<Row[]> => {
  const rows: Row[] = [];
  let signs = 0;
  let line = 0;
  for await (const text of linesOf(json)) {
    line += 1;
    if (line <= 2) continue;
    signs += text.length;
    if (text.startsWith(']') || rows.length === mostRows || (rows.length > 0 && signs > mostSigns)) break;
    rows.push(rowIn(text));
  }
  json.destroy();
  return rows;
};
