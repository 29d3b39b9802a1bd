import type { Language } from '../../domain/config.ts';
import type { LeftOut } from '../../domain/left-out.ts';
import type { AnswerFacts } from './answer.ts';
import { answerTexts } from './texts.ts';
import { plain } from './value.tsx';

/** What is left out, as people read it: of what, and why. */
export interface LeftOutText {
  readonly what: string;
  readonly why: string;
}

const titleOfSystem = ({ systems, language }: AnswerFacts, name: string): string =>
  systems.find((each) => each.name === name)?.system.title[language] ?? name;

const reasonText = (reason: string | undefined, language: Language): string | undefined =>
  reason && answerTexts(language).perhaps(`reason.${reason}`);

const textOf = (left: LeftOut, facts: AnswerFacts): LeftOutText => {
  const { language } = facts;
  const say = answerTexts(language);
  if (left.kind === 'right')
    return { what: say(`right.${left.right}`), why: plain(left.reason ?? say('left-out.right')) };
  const what = titleOfSystem(facts, left.system);
  if (left.kind === 'near-matches') return { what, why: say.counted('left-out.near', left.count) };
  const why = [say.perhaps(`explain.${left.state}`), reasonText(left.reason, language)].filter(Boolean).join(' ');
  return { what, why };
};

/** Everything that is left out of the answer, in the reader's language. */
export const leftOutTexts = (facts: AnswerFacts): LeftOutText[] => facts.leftOut.map((left) => textOf(left, facts));

/** Titles of the systems that were searched and hold nothing on the person. */
export const emptySystems = ({ systems, language }: AnswerFacts): string[] =>
  systems.filter(({ state }) => state === 'EMPTY').map(({ system }) => system.title[language]);
