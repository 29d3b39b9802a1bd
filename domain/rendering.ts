import type { Language } from './config.ts';
import type { Row, Value } from './connector.ts';
import type { Collection } from './data-map.ts';

/** JSON that keeps 64-bit numbers exact, written out: JSON.stringify refuses them. */
const exactJson = (value: Value): string => {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map(exactJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value ?? null);
  const fields = Object.entries(value).map(([name, held]) => `${JSON.stringify(name)}:${exactJson(held)}`);
  return `{${fields.join(',')}}`;
};

/** A value as JSON, on one line. */
export const jsonOf = (value: Value): string => {
  try {
    return JSON.stringify(value);
  } catch {
    return exactJson(value);
  }
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

/** What parts the cells of a CSV, so that spreadsheets in the reader's language open it. */
export const separatorOf = (language: Language): string => (language === 'da' ? ';' : ',');

/** A collection's columns with their heads: the label, with the field's name behind it where two labels are the same. */
export const columns = ({ fields }: Collection, language: Language): { name: string; head: string }[] => {
  const labels = Object.entries(fields).map(([name, { label }]) => ({ name, head: label[language] }));
  const isAlone = (head: string) => labels.filter((other) => other.head === head).length === 1;
  return labels.map(({ name, head }) => ({ name, head: isAlone(head) ? head : `${head} (${name})` }));
};

/** One line of a CSV as spreadsheets in the reader's language open it: CRLF; `;` in Danish, `,` in English. No cell is run as a formula. */
export const csvLine = (cells: readonly (Value | undefined)[], language: Language): string =>
  `${cells.map(cell).join(separatorOf(language))}\r\n`;

/** A CSV begins so: UTF-8 with BOM. */
export const csvStart = '\uFEFF';

/** A collection as CSV. */
export const csvFile = (collection: Collection, language: Language) => {
  const heads = columns(collection, language);
  const heading = heads.map(({ head }) => head);
  const names = heads.map(({ name }) => name);
  return {
    open: `${csvStart}${csvLine(heading, language)}`,
    row: (row: Row): string =>
      csvLine(
        names.map((name) => row[name]),
        language,
      ),
  };
};
