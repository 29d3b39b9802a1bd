import * as z from 'zod/mini';
import { documentsField } from './answer-layout.ts';
import { canonical, sha256 } from './canonical.ts';
import type { Row, Value } from './connector.ts';
import { type Finding, findIn, findings, isWithin, merged, type Names, redacted, type Span } from './redaction.ts';

/** Why something is held back; a configuration may add more (`grounds`). Art. 15(4) GDPR, section 22 of the Danish Data Protection Act. */
export const ownGrounds = ['others', 'interests', 'trade-secret', 'given', 'not-personal'] as const;

export const choices = ['send', 'redact', 'withhold'] as const;

/** What the DPO chose for a field, a row, a value or a document; the narrowest choice counts, and what is blacked out adds up. */
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
  /** Places that its field's patterns find in one value and that were unticked there: they are sent. */
  except: z.optional(z.array(z.tuple([z.int(), z.int()]))),
  /** One value's choice that was made where its field was held back in all rows: it goes before that. */
  over: z.optional(z.literal(true)),
  /** What the row or document held (SHA-256): it means that row or document no longer when it holds something else. */
  content: z.optional(z.string()),
  /** Of before `content` told it: which answer of the source a row or document was counted in. */
  attempt: z.optional(z.string()),
});
export type Mark = z.infer<typeof Mark>;

/** The name of what is marked, within its request: a later choice takes the place of an earlier one. */
export const markName = ({ system, collection, row, field, document }: Mark): string =>
  [system, collection, document ?? `${row ?? '*'}#${field ?? '*'}`].join('#');

/** What a row holds, as a mark keeps it. */
export const contentOf = (row: Row): string => {
  const text = JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
  return sha256(canonical(JSON.parse(text)));
};

/** What a collection holds now: rows by their number, documents by their path, each as a mark keeps it. */
export interface Present {
  readonly attempt: string | undefined;
  readonly rows: ReadonlyMap<number, string>;
  readonly documents: ReadonlyMap<string, string>;
}

/** Whether a mark still means what it meant: after another answer of the source, something else may stand in its place. */
export const stillFits = (mark: Mark, { attempt, rows, documents }: Present): boolean => {
  const { row, document, content } = mark;
  if (mark.attempt !== undefined && mark.attempt !== attempt) return false;
  if (content === undefined || (row === undefined && document === undefined)) return true;
  return content === (document === undefined ? rows.get(row ?? -1) : documents.get(document));
};

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
export const pathsIn = ({ [documentsField]: files }: Row): string[] => (Array.isArray(files) ? files.map(String) : []);

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

/** A place that is blacked out, and why. */
export interface Struck {
  readonly span: Span;
  readonly ground: string;
}

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
  const value = (row: number, field: string): Mark | undefined => {
    const [own, wide] = [get(row, field), get('*', field)];
    const isHeld = wide?.choice === 'withhold' && own?.choice === 'redact' && !own.over;
    return isHeld ? wide : (own ?? wide);
  };
  return {
    /** For a whole row, or all of them. */
    row: (n: number, row: Row): Mark | undefined => withDocuments(row) ?? get(n, '*') ?? get('*', '*'),
    /** For one value: its own choice, else its field's. */
    value,
    /** For one value alone, and for its field in all rows. */
    own: get,
    wide: (field: string): Mark | undefined => get('*', field),
    /** What is blacked out of a value's text, in order: by its own choice, and what its field's patterns find besides. */
    struck: (row: number, field: string, text: string, names: Names): Struck[] => {
      const [mark, wide] = [value(row, field), get('*', field)];
      if (mark?.choice !== 'redact') return [];
      const own = struckBy(mark, text, names);
      const sent = mark.except ?? [];
      const more = mark === wide ? [] : struckBy(wide, text, names);
      const added = more.filter((span) => !sent.some((each) => isWithin(span, each)));
      const groundOf = (span: Span) => (own.some((each) => isWithin(each, span)) ? mark : wide)?.ground ?? '';
      return merged([...own, ...added]).map((span) => ({ span, ground: groundOf(span) }));
    },
  };
};

/** A value as it goes out, and what was taken out of it, by the reason. */
const cutValue = (
  value: Value,
  mark: Mark | undefined,
  struck: readonly Struck[],
  instead: Instead,
): { value: Value; cuts: Pick<Cut, 'ground' | 'spans'>[] } | undefined => {
  const { choice, ground = '' } = mark ?? {};
  if (choice === 'withhold') return { value: instead(ground), cuts: [{ ground }] };
  if (typeof value !== 'string' || struck.length === 0) return undefined;
  const spansOf = (why: string) => struck.flatMap((each) => (each.ground === why ? [each.span] : []));
  const left = redacted(
    value,
    struck.map(({ span }) => span),
    (n) => instead(struck[n]?.ground ?? ''),
  );
  const grounds = [...new Set(struck.map((each) => each.ground))];
  return { value: left, cuts: grounds.map((why) => ({ ground: why, spans: spansOf(why) })) };
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
      const value = row[field] ?? null;
      const struck = typeof value === 'string' ? chosen.struck(n, field, value, cutting.names) : [];
      const cut = cutValue(value, chosen.value(n, field), struck, cutting.instead);
      if (!cut) continue;
      out[field] = cut.value;
      cuts.push(...cut.cuts.map((each) => ({ row: n, field, ...each })));
    }
    return { row: out, cuts };
  };
};
