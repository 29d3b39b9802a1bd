import type { Language } from '../domain/config.ts';
import da from './texts/da.json' with { type: 'json' };
import en from './texts/en.json' with { type: 'json' };

export type Values = Readonly<Record<string, string | number>>;

/** The keys of the texts that every page may show. */
export type CommonKey = keyof typeof da;

/** The text of a key, its `{name}` places filled in. What is filled in is plain text: JSX escapes it. */
export type Text<Key extends string = CommonKey> = (key: Key, values?: Values) => string;

/** Keys that come in two forms, `key_one` and `key_other`. */
export type Counted<Key extends string> = Key extends `${infer Stem}_one` ? Stem : never;

const fill = (text: string, values: Values): string =>
  text.replaceAll(/\{(\w+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));

/** What reads a set of texts; every text has a key, and all languages hold the same ones. */
export const textsIn = <Key extends string>(texts: Readonly<Record<Language, Readonly<Record<Key, string>>>>) => {
  const t =
    (language: Language): Text<Key> =>
    (key, values = {}) =>
      fill(texts[language][key], values);

  return {
    /** The texts of a language. */
    t,
    /** A text that counts: "1 file", "2 files". The number is `{n}`. */
    counted: (language: Language, key: Counted<Key>, n: number): string => {
      const form = new Intl.PluralRules(language).select(n) === 'one' ? 'one' : 'other';
      return t(language)(`${key}_${form}` as Key, { n: new Intl.NumberFormat(localeOf(language)).format(n) });
    },
    /** Whether there is a text for a key that was put together from a code. */
    isTextKey: (key: string): key is Key => Object.hasOwn(texts.da, key),
  };
};

/** The texts that every page may show. Those of people and of staff are files of their own, so that no bundle carries the other's. */
export const common = { da, en };
export const { t } = textsIn<CommonKey>(common);

/** Which country's ways of writing dates and numbers a language stands for. */
export const localeOf = (language: Language): string => ({ da: 'da-DK', en: 'en-GB' })[language];
