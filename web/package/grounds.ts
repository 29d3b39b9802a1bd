import type { Part } from '../../domain/answer-layout.ts';
import { phrases } from '../mail/phrases.ts';
import da from '../texts/grounds.da.json' with { type: 'json' };
import en from '../texts/grounds.en.json' with { type: 'json' };
import type { AnswerFacts } from './answer.ts';

/** A file of their own: pages of staff tell grounds and carry no other text of the answer. */
const groundTexts = phrases<keyof typeof da>({ da, en });

/** The reason for holding something back: a few words for its place, and a sentence; each right has an article of its own for it. */
export const groundText = (
  ground: string,
  { language, grounds = {} }: Pick<AnswerFacts, 'language' | 'grounds'>,
  part?: Part,
) => {
  const say = groundTexts(language);
  const own = grounds[ground];
  return {
    short: own?.short[language] ?? say.perhaps(`ground-short.${ground}`) ?? ground,
    text: own?.text[language] ?? say.perhaps(`ground.${ground}`, { article: part ? 20 : 15 }) ?? '',
  };
};
