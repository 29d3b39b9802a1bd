import * as z from 'zod/mini';
import type { Row, Value } from './connector.ts';
import { type Finding, findIn, findings, merged, type Names, redacted, type Span } from './redaction.ts';

/** Why something is held back; a configuration may add more (`grounds`). Art. 15(4) GDPR, section 22 of the Danish Data Protection Act. */
export const ownGrounds = ['others', 'interests', 'trade-secret', 'given', 'not-personal'] as const;

export const choices = ['send', 'redact', 'withhold'] as const;

/** What the DPO chose for a field, a row, a value or a document; the narrowest choice counts. */
export const Mark = z.object({
  system: z.string(),
  collection: z.string(),
  /** Counted from 0 in the order of the source's answer; absent: all rows. */
  row: z.optional(z.int()),
  /** Absent: the whole row, or with no row the whole collection. */
  field: z.optional(z.string()),
  /** Path of a document, in place of row and field. */
  document: z.optional(z.string()),
  choice: z.enum(choices),
  /** Required for everything but `send`. */
  ground: z.optional(z.string()),
  /** What is blacked out of one value. */
  spans: z.optional(z.array(z.tuple([z.int(), z.int()]))),
  /** What is blacked out of a field in all rows. */
  patterns: z.optional(z.array(z.enum(findings))),
  /** SHA-256 of the document whose text has parts blacked out: in another text the places mean nothing. */
  content: z.optional(z.string()),
  /** Which answer of the source a row or document is counted in: another answer has other rows. */
  attempt: z.optional(z.string()),
});
export type Mark = z.infer<typeof Mark>;

/** The name of what is marked, within its request: a later choice takes the place of an earlier one. */
export const markName = ({ system, collection, row, field, document }: Mark): string =>
  [system, collection, document ?? `${row ?? '*'}#${field ?? '*'}`].join('#');

/** Whether a mark still means what it meant: a row of an answer that was replaced is another row. */
export const isCurrent = (mark: Mark, attempt: string | undefined): boolean =>
  mark.attempt === undefined || mark.attempt === attempt;

/** Whether a mark about a document still means this one. */
export const isOf = (mark: Mark, { path, sha256 }: { path: string; sha256: string }): boolean =>
  mark.document === path && (mark.content === undefined || mark.content === sha256);

/** One thing that is not in the answer as it stands in the source. Goes into the evidence of the decision, never into the answer. */
export interface Cut {
  readonly row: number;
  readonly field?: string;
  readonly ground: string;
  readonly spans?: readonly Span[];
  /** The row went along with this document. */
  readonly document?: string;
}

/** Paths of the documents that came with a row. */
export const pathsIn = ({ files }: Row): string[] => (Array.isArray(files) ? files.map(String) : []);

/** What stands in the answer instead of what was taken out, in the reader's language. */
export type Instead = (ground: string) => string;

interface Cutting {
  readonly names: Names;
  readonly instead: Instead;
}

/** The places of a text that a choice blacks out, in order. */
export const struckBy = (mark: Mark | undefined, text: string, names: Names): Span[] => {
  if (mark?.choice !== 'redact') return [];
  if (mark.spans) return merged(mark.spans);
  const wanted: readonly Finding[] = mark.patterns ?? [];
  return merged(
    findIn(text, names)
      .filter(({ kind }) => wanted.includes(kind))
      .map(({ span }) => span),
  );
};

/** A value as it goes out, and what was taken out of it. */
const cutValue = (
  value: Value,
  mark: Mark,
  cutting: Cutting,
): { value: Value; spans?: readonly Span[] } | undefined => {
  const { choice, ground = '' } = mark;
  if (choice === 'send') return undefined;
  if (choice === 'withhold') return { value: cutting.instead(ground) };
  if (typeof value !== 'string') return undefined;
  const spans = struckBy(mark, value, cutting.names);
  return spans.length > 0 ? { value: redacted(value, spans, cutting.instead(ground)), spans } : undefined;
};

/** The choices for one collection by what they are about. */
export const choicesFor = (marks: readonly Mark[]) => {
  const documents = new Map(marks.flatMap((mark) => (mark.document ? [[mark.document, mark] as const] : [])));
  const others = marks.filter(({ document }) => document === undefined);
  const named = new Map(others.map((mark) => [`${mark.row ?? '*'}#${mark.field ?? '*'}`, mark]));
  const get = (row: number | '*', field: string) => named.get(`${row}#${field}`);
  /** A row tells the names of its documents: it goes out as they do. */
  const withDocuments = (row: Row): Mark | undefined => {
    const own = pathsIn(row).map((path) => documents.get(path));
    const sent = own.find((mark) => mark?.choice === 'send');
    return own.every((mark) => mark?.choice === 'withhold') ? own[0] : sent;
  };
  return {
    /** For a whole row, or all of them. */
    row: (n: number, row: Row): Mark | undefined => withDocuments(row) ?? get(n, '*') ?? get('*', '*'),
    /** For one value: its own choice, else its field's. */
    value: (row: number, field: string): Mark | undefined => get(row, field) ?? get('*', field),
  };
};

/** Applies choices to rows one by one: the row as it goes out, undefined when it does not, and what was taken out. */
export const cutter = (marks: readonly Mark[], cutting: Cutting) => {
  const chosen = choicesFor(marks);
  return (row: Row, n: number): { readonly row: Row | undefined; readonly cuts: readonly Cut[] } => {
    const whole = chosen.row(n, row);
    if (whole?.choice === 'withhold') {
      const { document, ground = '' } = whole;
      return { row: undefined, cuts: [{ row: n, ground, ...(document ? { document } : {}) }] };
    }
    const cuts: Cut[] = [];
    const out: Record<string, Value> = { ...row };
    for (const field of Object.keys(row)) {
      const mark = chosen.value(n, field);
      const cut = mark && cutValue(row[field] ?? null, mark, cutting);
      if (!cut) continue;
      out[field] = cut.value;
      cuts.push({ row: n, field, ground: mark.ground ?? '', ...(cut.spans ? { spans: cut.spans } : {}) });
    }
    return { row: out, cuts };
  };
};
