import { layout } from '../../domain/answer-layout.ts';
import type { AnswerFacts } from './answer.ts';
import { answerTexts } from './texts.ts';

/** The answer's text file of five lines, for those who open it first. */
export const readme = ({ language, organisation, reference }: AnswerFacts): string => {
  const { start, systems, sums } = layout(language);
  const values = { organisation: organisation.name, reference, start, systems, sums, email: organisation.email };
  return `${answerTexts(language)('readme', values)}\n`;
};

/** What the folder for portability holds; `hasData`: whether there is anything the person provided. */
export const portabilityReadme = ({ language, organisation, reference }: AnswerFacts, hasData: boolean): string => {
  const say = answerTexts(language);
  const values = { organisation: organisation.name, reference, email: organisation.email };
  return `${say(hasData ? 'readme.portability' : 'readme.portability-nothing', values)}\n`;
};
