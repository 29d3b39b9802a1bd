import type { Row, Value } from './connector.ts';
import type { Collection } from './data-map.ts';

/** JSON that keeps 64-bit numbers exact. */
const jsonOf = (value: Value): string => {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  const fields = Object.entries(value).map(([name, held]) => `${JSON.stringify(name)}:${jsonOf(held)}`);
  return `{${fields.join(',')}}`;
};

/** What stands before, between and after the rows of a JSON file: `{"meta": ..., "records": [ ... ]}`, one row a line. */
export const jsonFile = {
  open: (meta: object): string => `{"meta":${JSON.stringify(meta)},\n"records":[`,
  row: (row: Row, first: boolean): string => `${first ? '\n' : ',\n'}${jsonOf(row)}`,
  close: '\n]}\n',
};

/** Formula signs, their full-width forms and the control characters that spreadsheets skip (ASVS 1.2.10). */
const formula = /^[=+\-@\t\r\n\0＝＋－＠]/;
const numeric = /^-?\d+(\.\d+)?$/;
const special = /[";,\r\n]/;

const cellText = (value: Value | undefined): string => {
  if (value === null || value === undefined) return '';
  if (typeof value === 'object') return jsonOf(value);
  return String(value);
};

/** A cell that no spreadsheet runs: a text that begins like a formula gets a leading apostrophe; numbers stay numbers. */
const cell = (value: Value | undefined): string => {
  const text = cellText(value).replaceAll('\0', '');
  const safe = typeof value === 'string' && formula.test(text) && !numeric.test(text) ? `'${text}` : text;
  return special.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** CSV as spreadsheets in the reader's language open it: UTF-8 with BOM, CRLF; `;` in Danish, `,` in English. */
export const csvFile = (collection: Collection, language: 'da' | 'en') => {
  const names = Object.keys(collection.fields);
  const separator = language === 'da' ? ';' : ',';
  const line = (cells: readonly string[]) => `${cells.join(separator)}\r\n`;
  return {
    open: `\uFEFF${line(names.map((name) => cell(collection.fields[name]?.label[language] ?? name)))}`,
    row: (row: Row): string => line(names.map((name) => cell(row[name]))),
  };
};
