import type { Config, Language } from '../domain/config.ts';

/** What every page is told: in which language, for which organisation, at which address (without its query). */
export interface Frame {
  readonly language: Language;
  readonly config: Config;
  readonly path: string;
}

/** An address of ours that stays in the page's language: the first language of the configuration needs no saying. */
export const inLanguage = ({ language, config }: Pick<Frame, 'language' | 'config'>, path: string): string =>
  language === config.languages[0] ? path : asLanguage(path, language);

/** The address of the same page in a language. */
export const asLanguage = (path: string, language: Language): string =>
  `${path}${path.includes('?') ? '&' : '?'}lang=${language}`;
