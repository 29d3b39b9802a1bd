import type { Config, Language } from '../../domain/config.ts';
import type { Frame } from '../../web/frame.ts';
import { errorPage } from '../../web/pages/error.tsx';
import { env } from './env.ts';
import { languageIn, type Site, type Visit } from './page.ts';
import { readConfig } from './settings.ts';

export type { Frame };
export type Look = (visit: Visit, preferred: Language | undefined) => Frame;

const fromHeader = (header: string, { languages }: Config): Language => {
  const wanted = header.split(',').map((part) => part.trim().slice(0, 2).toLowerCase());
  const found = wanted.find((each) => languages.includes(each as Language));
  return (found as Language | undefined) ?? languages[0] ?? 'da';
};

/** The language asked for in the address, else that of the request or its reader, else the browser's. */
export const look = (): Look => {
  const config = readConfig();
  return ({ language, acceptLanguage, path }, preferred) => ({
    language: language ?? preferred ?? fromHeader(acceptLanguage, config),
    config,
    path,
  });
};

/** Where the site is, and how its failures look. */
export const siteOf = (): Site => {
  const config = readConfig();
  return {
    baseUrl: env('BASE_URL').BASE_URL,
    errorPage: (status, { acceptLanguage, query, typed }) => {
      const language = languageIn(new URLSearchParams(query)) ?? fromHeader(acceptLanguage, config);
      return errorPage({ language, config, path: '/', status, typed });
    },
  };
};
