import { isCpr } from './cpr.ts';

/** What a pattern finds in free text. */
export const findings = ['cpr', 'email', 'phone', 'name'] as const;
export type Finding = (typeof findings)[number];

/** A place in a text, in UTF-16 units: from, and the first unit behind it. */
export type Span = readonly [from: number, to: number];

export interface Found {
  readonly kind: Finding;
  readonly span: Span;
}

// What a sign is, for the one pass over a text: letters make words, digits and an @ are looked at closer.
const letter = 1;
const digit = 2;
const at = 3;
const kinds = new Uint8Array(65_536);
/** Each letter's lower-case form: words are compared without case. */
const lower = new Uint16Array(65_536);
const isCapital = new Uint8Array(65_536);
for (let code = 0; code < 65_536; code += 1) {
  const sign = String.fromCharCode(code);
  lower[code] = code;
  if (/[\p{L}\p{M}]/u.test(sign)) {
    kinds[code] = letter;
    const small = sign.toLowerCase();
    if (small.length === 1) lower[code] = small.charCodeAt(0);
    if (small !== sign) isCapital[code] = 1;
  }
}
kinds.fill(digit, 48, 58);
kinds[64] = at;

const start = 0x811c9dc5 | 0;
const step = (hash: number, code: number): number => Math.imul(hash ^ code, 0x01000193);
const slot = (hash: number): number => (hash ^ (hash >>> 16)) & 0xffff;

const hashOf = (word: string): number => {
  let hash = start;
  for (let place = 0; place < word.length; place += 1) hash = step(hash, lower[word.charCodeAt(place)] ?? 0);
  return slot(hash);
};

/** Words of names, ready to be looked for in one pass however many they are. */
export interface Names {
  readonly words: ReadonlySet<string>;
  /** A 1 for every hash that some word has: most words of a text are ruled out by one look. */
  readonly filter: Uint8Array;
}

const wordsOf = (name: string): string[] => name.toLowerCase().match(/[\p{L}\p{M}]{2,}/gu) ?? [];

/** Prepares other people's names; words of the person's own are no finding. */
export const namesToFind = (others: readonly string[], own: readonly string[]): Names => {
  const mine = new Set(own.flatMap(wordsOf));
  const words = new Set(others.flatMap(wordsOf).filter((word) => !mine.has(word)));
  const filter = new Uint8Array(65_536);
  for (const word of words) filter[hashOf(word)] = 1;
  return { words, filter };
};

export const noNames = namesToFind([], []);

/** Two names that one sign parts are one finding: first name and surname. */
const addName = (found: Found[], from: number, to: number): void => {
  const last = found.at(-1);
  if (last?.kind === 'name' && from - last.span[1] === 1)
    found[found.length - 1] = { kind: 'name', span: [last.span[0], to] };
  else found.push({ kind: 'name', span: [from, to] });
};

/** The end of a word that begins with a capital; noted when it is one of a name. */
const endOfName = (text: string, from: number, { words, filter }: Names, found: Found[]): number => {
  let hash = start;
  let place = from;
  const begun = isCapital[text.charCodeAt(from)] === 1 && kinds[text.charCodeAt(from - 1)] !== letter;
  for (let code = text.charCodeAt(place); kinds[code] === letter; code = text.charCodeAt(place)) {
    hash = step(hash, lower[code] ?? 0);
    place += 1;
  }
  if (begun && filter[slot(hash)] === 1 && words.has(text.slice(from, place).toLowerCase()))
    addName(found, from, place);
  return place;
};

const emailBefore = /[\w.%+æøåÆØÅ-]{1,64}$/;
const emailAfter = /^[\wæøåÆØÅ-]{1,63}(?:\.[\wæøåÆØÅ-]{1,63})+/;

/** The address around an @, if it is one. */
const emailAt = (text: string, place: number): Span | undefined => {
  const before = emailBefore.exec(text.slice(Math.max(0, place - 64), place))?.[0];
  const after = emailAfter.exec(text.slice(place + 1, place + 256))?.[0];
  return before && after ? [place - before.length, place + 1 + after.length] : undefined;
};

const numberHere = /\d[\d ().-]*\d/y;
const danishPhone = /^(?:[2-9]\d{7}|[2-9]\d(?: \d\d){3}|[2-9]\d{3}[ -]\d{4})$/;

/** The CPR number or phone number that begins at a digit; `end` is where the run of digits is over. */
const numberAt = (text: string, from: number): { end: number; found?: Found } => {
  numberHere.lastIndex = from;
  const run = (numberHere.exec(text)?.[0] ?? text[from] ?? '').slice(0, 40);
  const end = from + run.length;
  for (const length of [11, 10]) {
    const span = [from, from + length] as const;
    if (isCpr(run.slice(0, length)) && !/^\d/.test(text.slice(from + length)))
      return { end: span[1], found: { kind: 'cpr', span } };
  }
  const plus = text[from - 1] === '+';
  const digits = run.replaceAll(/\D/g, '').length;
  const isPhone = plus ? digits >= 7 && digits <= 15 : danishPhone.test(run);
  return isPhone ? { end, found: { kind: 'phone', span: [plus ? from - 1 : from, end] } } : { end };
};

/** Where something can begin: a capital, a digit, an @, any sign beyond Latin-1. The engine skips the rest faster than a loop could. */
const begins = /[@0-9A-Z\u00c0-\u00de\u0100-\uffff]/g;

/** Looks closer at one place; answers where to go on. */
const lookAt = (text: string, place: number, names: Names, found: Found[]): number => {
  const code = text.charCodeAt(place);
  const kind = kinds[code];
  if (kind === letter) return endOfName(text, place, names, found);
  if (kind === digit) {
    const { end, found: number } = numberAt(text, place);
    if (number) found.push(number);
    return end;
  }
  const span = kind === at ? emailAt(text, place) : undefined;
  if (span) found.push({ kind: 'email', span });
  return Math.max(place, span?.[1] ?? 0) + 1;
};

/**
 * Everything in a text that may be about somebody else, in order: CPR numbers, e-mail addresses, phone numbers, and words of names that
 * begin with a capital. One pass, whose cost does not grow with the number of names.
 */
export const findIn = (text: string, names: Names): Found[] => {
  const found: Found[] = [];
  begins.lastIndex = 0;
  for (let hit = begins.exec(text); hit; hit = begins.exec(text))
    begins.lastIndex = lookAt(text, hit.index, names, found);
  return found;
};

/** Spans in order, those that touch or overlap as one. */
export const merged = (spans: readonly Span[]): Span[] => {
  const out: Span[] = [];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && from <= last[1]) out[out.length - 1] = [last[0], Math.max(last[1], to)];
    else out.push([from, to]);
  }
  return out;
};

export const isWithin = ([from, to]: Span, [begin, end]: Span): boolean => begin <= from && to <= end;

/** What is left of spans outside of others. */
export const outside = (spans: readonly Span[], others: readonly Span[]): Span[] =>
  merged(others).reduce<Span[]>(
    (left, [from, to]) =>
      left.flatMap(([begin, end]) =>
        to <= begin || end <= from
          ? [[begin, end] as const]
          : [[begin, from] as const, [to, end] as const].filter(([a, b]) => a < b),
      ),
    [...spans],
  );

/** The text with something else in place of its spans; the n-th may have a mark of its own. */
export const redacted = (text: string, spans: readonly Span[], mark: string | ((n: number) => string)): string => {
  const markOf = typeof mark === 'string' ? () => mark : mark;
  let out = '';
  let done = 0;
  for (const [n, [from, to]] of merged(spans).entries()) {
    out += `${text.slice(done, from)}${markOf(n)}`;
    done = to;
  }
  return out + text.slice(done);
};
