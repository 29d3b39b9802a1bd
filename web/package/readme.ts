import { layout } from '../../domain/answer-layout.ts';
import type { AnswerFacts } from './answer.ts';
import { leftOutTexts } from './left-out.ts';
import { answerTexts } from './texts.ts';

/** The answer's text file of five lines, for those who open it first. */
export const readme = ({ language, organisation, reference }: AnswerFacts): string => {
  const { start, systems, sums } = layout(language);
  const values = { organisation: organisation.name, reference, start, systems, sums, email: organisation.email };
  return `${answerTexts(language)('readme', values)}\n`;
};

/** What the folder for portability holds and what is left out of it; `hasData`: whether there is anything the person provided. */
export const portabilityReadme = (facts: AnswerFacts, hasData: boolean): string => {
  const { language, organisation, reference, authority } = facts;
  const say = answerTexts(language);
  const values = { organisation: organisation.name, reference, email: organisation.email };
  const left = leftOutTexts(facts, 'portability').map(({ what, why }) => `- ${what}: ${why}`);
  if (left.length === 0) return `${say(hasData ? 'readme.portability' : 'readme.portability-nothing', values)}\n`;
  const told = say('readme.portability-left', { list: left.join('\n'), authority: authority.name, url: authority.url });
  return `${say(hasData ? 'readme.portability' : 'readme.portability-none', values)}\n\n${told}\n`;
};
