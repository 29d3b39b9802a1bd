import type { Language } from '../domain/config.ts';
import da from './texts/da.json' with { type: 'json' };
import en from './texts/en.json' with { type: 'json' };

/** Every text of the pages has a key; both languages hold the same ones. */
export type TextKey = keyof typeof da;
export type Values = Readonly<Record<string, string | number>>;

/** The text of a key, its `{name}` places filled in. What is filled in is plain text: JSX escapes it. */
export type Text = (key: TextKey, values?: Values) => string;

/** Keys that come in two forms, `key_one` and `key_other`. */
export type Counted = TextKey extends infer Key ? (Key extends `${infer Stem}_one` ? Stem : never) : never;

const texts: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { da, en };

const fill = (text: string, values: Values): string =>
  text.replaceAll(/\{(\w+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));

/** The texts of a language. */
export const t =
  (language: Language): Text =>
  (key, values = {}) =>
    fill(texts[language][key], values);

/** A text that counts: "1 file", "2 files". The number is `{n}`. */
export const counted = (language: Language, key: Counted, n: number): string => {
  const form = new Intl.PluralRules(language).select(n) === 'one' ? 'one' : 'other';
  return t(language)(`${key}_${form}` as TextKey, { n: new Intl.NumberFormat(localeOf(language)).format(n) });
};

/** Which country's ways of writing dates and numbers a language stands for. */
export const localeOf = (language: Language): string => ({ da: 'da-DK', en: 'en-GB' })[language];

/** Whether there is a text for a key that was put together from a code. */
export const isTextKey = (key: string): key is TextKey => Object.hasOwn(da, key);
