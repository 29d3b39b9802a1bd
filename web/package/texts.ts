import { phrases } from '../mail/phrases.ts';
import da from '../texts/answer.da.json' with { type: 'json' };
import en from '../texts/answer.en.json' with { type: 'json' };
import type { AnswerFacts } from './answer.ts';

/** The texts of the answer's own pages in a language. */
export const answerTexts = phrases<keyof typeof da>({ da, en });

/** What the answer is called, on its pages and in its letter. */
export const titleOf = ({ language, organisation }: AnswerFacts): string =>
  answerTexts(language)('title', { organisation: organisation.name });
