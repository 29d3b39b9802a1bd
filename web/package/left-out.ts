import type { Part } from '../../domain/answer-layout.ts';
import type { Language } from '../../domain/config.ts';
import type { LeftOut } from '../../domain/left-out.ts';
import { provided } from '../../domain/provided.ts';
import type { AnswerFacts } from './answer.ts';
import { groundText } from './grounds.ts';
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

type Held = Extract<LeftOut, { kind: 'held' }>;

/** What was held back of a system. */
export const heldOf = ({ leftOut }: AnswerFacts, name: string): Held[] =>
  leftOut.filter((left) => left.kind === 'held').filter(({ system }) => system === name);

const heldText = (held: Held, title: string, facts: AnswerFacts, part: Part): LeftOutText => {
  const { language } = facts;
  const collection = facts.systems.find(({ name }) => name === held.system)?.system.collections[held.collection];
  const field = held.field && (collection?.fields[held.field]?.label[language] ?? held.field);
  const what = [title, collection?.title[language], field].filter(Boolean).join(', ');
  return { what, why: heldWhy(held, facts, part) };
};

/** "4 poster er udeladt. Det handler også om andre ...". */
export const heldWhy = ({ what, count, ground }: Held, facts: AnswerFacts, part?: Part): string =>
  `${answerTexts(facts.language).counted(`held.${what}`, count)} ${groundText(ground, facts, part).text}`;

const textOf = (left: LeftOut, facts: AnswerFacts, part: Part): LeftOutText => {
  const { language } = facts;
  const say = answerTexts(language);
  if (left.kind === 'right')
    return { what: say(`right.${left.right}`), why: plain(left.reason ?? say('left-out.right')) };
  const what = titleOfSystem(facts, left.system);
  if (left.kind === 'held') return heldText(left, what, facts, part);
  if (left.kind === 'near-matches') return { what, why: say.counted('left-out.near', left.count) };
  const why = [say.perhaps(`explain.${left.state}`), reasonText(left.reason, language)].filter(Boolean).join(' ');
  return { what, why };
};

/** Whether it is left out of the part for portability too: only what the person provided belongs to that. */
const isPortable = (left: LeftOut, { systems }: AnswerFacts): boolean => {
  if (left.kind === 'right') return false;
  const collections = systems.find(({ name }) => name === left.system)?.system.collections ?? {};
  if (left.kind !== 'held') return Object.values(collections).some(provided);
  const collection = collections[left.collection];
  const fields = collection && provided(collection)?.fields;
  return fields !== undefined && (left.field ? left.field in fields : ['rows', 'documents'].includes(left.what));
};

/** Everything that is left out of the answer, or of a part of it, in the reader's language. */
export const leftOutTexts = (facts: AnswerFacts, part?: Part): LeftOutText[] =>
  facts.leftOut.filter((left) => !part || isPortable(left, facts)).map((left) => textOf(left, facts, part));

/** Titles of the systems that were searched and hold nothing on the person. */
export const emptySystems = ({ systems, language }: AnswerFacts): string[] =>
  systems.filter(({ state }) => state === 'EMPTY').map(({ system }) => system.title[language]);
