import { layout } from '../../domain/answer-layout.ts';
import { type AnswerFacts, stillAsked } from './answer.ts';
import { leftOutTexts } from './left-out.ts';
import { answerTexts } from './texts.ts';

/** The answer's text file of a few lines, for those who open it first. */
export const readme = (facts: AnswerFacts): string => {
  const { language, organisation, reference } = facts;
  const say = answerTexts(language);
  const values = { ...layout(language), organisation: organisation.name, reference, email: organisation.email };
  const portability = stillAsked(facts).includes('portability') ? [say('about-files.portability', values)] : [];
  return `${[say('readme', values), ...portability, say('readme.questions', values)].join('\n')}\n`;
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
