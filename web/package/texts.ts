import { phrases } from '../mail/phrases.ts';
import da from '../texts/answer.da.json' with { type: 'json' };
import en from '../texts/answer.en.json' with { type: 'json' };

/** The texts of the answer's own pages in a language. */
export const answerTexts = phrases<keyof typeof da>({ da, en });
