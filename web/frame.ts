import type { Config, Language } from '../domain/config.ts';

/** What every page is told: in which language, for which organisation, at which address (without its query). */
export interface Frame {
  readonly language: Language;
  readonly config: Config;
  readonly path: string;
}

/** The address of a page in a language. */
export const asLanguage = (path: string, language: Language): string =>
  `${path}${path.includes('?') ? '&' : '?'}lang=${language}`;

/** An address of ours that stays in the page's language. It always says it: left out, the browser's own would count. */
export const inLanguage = ({ language }: Pick<Frame, 'language'>, path: string): string => asLanguage(path, language);
