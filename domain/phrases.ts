import { merged, type Span } from './redaction.ts';

// How a typed phrase stands in a text. Signs that nobody sees (soft hyphens, marks of direction) may be between any two others.
const unseen = '\\p{Cf}*';
// A byte order mark is both white space and unseen: here it is the latter, so that there is one way to read it.
const space = '(?:[^\\S\\ufeff]\\p{Cf}*)+';
const dash = '\\s{0,3}\\p{Pd}\\s{0,3}';
const apostrophe = "['’‘ʼ´`]";
/** What digits of one number may be grouped by. */
const grouped = '[\\s\\p{Cf}\\p{Pd}().,/]{0,3}';
/** Letters of scripts that part their words: elsewhere a name may touch the next word. */
const inWord = '[\\p{sc=Latin}\\p{sc=Greek}\\p{sc=Cyrillic}\\p{M}]';

/** A dash, white space, four digits or more however they are grouped, any other sign. */
const pieces = /\s*\p{Pd}\s*|\s+|\d(?:[\s\p{Pd}().,/]{0,3}\d){3,}|[\s\S]/gu;

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const patternOf = (piece: string): string => {
  if (/\p{Pd}/u.test(piece) && !/\d/.test(piece)) return dash;
  if (/^\s/.test(piece)) return space;
  if (/^\d/.test(piece)) return (piece.match(/\d/g) ?? []).join(grouped);
  if (new RegExp(apostrophe).test(piece)) return apostrophe;
  const parts = piece.normalize('NFD');
  return parts === piece ? escaped(piece) : `(?:${escaped(piece)}|${escaped(parts)})`;
};

/** Fewer letters than these are a word by chance in many others: "Bo" in "bolig". More are looked for in compounds too. */
const fewLetters = 5;

/** Where a phrase may begin and end. A genitive goes with its name; a number is no part of a longer one, but may have a country's code. */
const edgesOf = (phrase: string): [before: string, behind: string] => {
  const isShort = (phrase.match(/[\p{L}\d]/gu) ?? []).length < fewLetters;
  const startsWord = isShort && new RegExp(`^${inWord}`, 'u').test(phrase);
  const endsWord = new RegExp(`${inWord}$`, 'u').test(phrase);
  const genitive = `(?:${apostrophe}?s(?!${inWord}))?`;
  const before = /^\d/.test(phrase)
    ? '(?:(?<!\\d)|(?<=(?<!\\d)(?:\\+|00)\\d{1,3}))'
    : startsWord
      ? `(?<!${inWord})`
      : '';
  if (/\d$/.test(phrase)) return [before, '(?!\\d)'];
  return [before, endsWord ? `${genitive}(?!${isShort ? inWord : '\\p{M}'})` : '(?!\\p{M})'];
};

const found = (text: string, phrase: string): Span[] => {
  const [before, behind] = edgesOf(phrase);
  let pattern = '';
  for (const [piece] of phrase.matchAll(pieces)) {
    pattern += `${pattern === '' || pattern.endsWith(space) ? '' : unseen}${patternOf(piece)}`;
  }
  const all = text.matchAll(new RegExp(`${before}${pattern}${behind}`, 'giu'));
  return [...all].map(({ 0: { length }, index }) => [index, index + length] as const);
};

/**
 * Every place where one of the words or phrases stands, in order: whatever their case, the white space and dashes between their parts, how
 * digits are grouped, and whether a letter is one sign or several.
 */
export const placesOf = (text: string, phrases: readonly string[]): Span[] => {
  const wanted = phrases
    .map((phrase) =>
      phrase
        .normalize('NFC')
        .replaceAll(/\p{Cf}/gu, '')
        .trim(),
    )
    .filter(Boolean);
  return merged(wanted.flatMap((phrase) => found(text, phrase)));
};
