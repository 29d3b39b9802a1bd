import type { Language } from '../../domain/config.ts';
import { number } from '../format.ts';

export type Values = Readonly<Record<string, string | number>>;

/** Fills `{name}` in one pass: what a value holds is never looked at again, so `{{7*7}}` stays what it is (T35). */
const fill = (text: string, values: Values): string =>
  text.replaceAll(/\{(\w+)\}/g, (place, name) => (Object.hasOwn(values, name) ? String(values[name]) : place));

type Stem<Key> = Key extends `${infer Counted}_one` ? Counted : never;

/** The texts of one language: by key, by count ("1 row", "2 rows"), and by a key made from a code that may have no text. */
export interface Phrases<Key extends string> {
  (key: Key, values?: Values): string;
  readonly counted: (key: Stem<Key>, n: number, values?: Values) => string;
  readonly perhaps: (key: string, values?: Values) => string | undefined;
}

/** Makes the texts of each language callable. Mails and the answer's pages have texts of their own, to keep bundles small. */
export const phrases =
  <Key extends string>(texts: Readonly<Record<Language, Readonly<Record<Key, string>>>>) =>
  (language: Language): Phrases<Key> => {
    const held = texts[language];
    const say = (key: Key, values: Values = {}) => fill(held[key], values);
    const counted = (key: Stem<Key>, n: number, values: Values = {}) => {
      const form = new Intl.PluralRules(language).select(n) === 'one' ? 'one' : 'other';
      return say(`${key}_${form}` as Key, { ...values, n: number(n, language) });
    };
    const perhaps = (key: string, values?: Values) => (Object.hasOwn(held, key) ? say(key as Key, values) : undefined);
    return Object.assign(say, { counted, perhaps });
  };
