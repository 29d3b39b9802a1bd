import type { Language } from '../../domain/config.ts';
import type { Field } from '../../domain/data-map.ts';
import { capital, list } from '../format.ts';
import type { AnswerFacts, AnswerSystem } from './answer.ts';
import { groundText } from './grounds.ts';
import { heldOf } from './left-out.ts';
import { answerTexts } from './texts.ts';

/** Whether the answer holds anything of the system. */
export const holdsData = ({ found: { rows, documents } }: AnswerSystem): boolean => rows + documents > 0;

/** Whether the system holds data about the person (Art. 15(1)), in the answer or held back: what is not about them is none. */
export const concernsPerson = (system: AnswerSystem, facts: AnswerFacts): boolean =>
  holdsData(system) || heldOf(facts, system.name).some(({ ground }) => ground !== 'not-personal');

/** Whether data of the system may be missing: never the same as nothing found (security.md 3.7). */
export const isIncomplete = ({ state }: AnswerSystem): boolean =>
  state === 'FAILED' || state === 'PARTIAL' || state === 'MANUAL';

/** "alt er udeladt: hensyn til andre"; "0 poster" where nothing was held back. */
const noneText = ({ name }: AnswerSystem, facts: AnswerFacts): string => {
  const say = answerTexts(facts.language);
  const why = new Set(heldOf(facts, name).map(({ ground }) => groundText(ground, facts).short));
  return why.size > 0 ? say('held.all', { why: list([...why], facts.language) }) : say.counted('records', 0);
};

/** "14 poster og 3 dokumenter", "Intet fundet", "Mangler: ...". */
export const stateText = (system: AnswerSystem, facts: AnswerFacts): string => {
  const { language } = facts;
  const say = answerTexts(language);
  const { rows, documents } = system.found;
  const parts = [rows > 0 && say.counted('records', rows), documents > 0 && say.counted('documents', documents)];
  const found = list(
    parts.filter((part) => part !== false),
    language,
  );
  return capital(say(`state.${system.state}`, { found: found || noneText(system, facts) }));
};

/** The name of a data category: of itself, or of the nearest wider one that has a name. */
const categoryName = (category: string, language: Language): string | undefined => {
  const parts = category.split('.');
  const wider = parts.map((_, at) => parts.slice(0, parts.length - at).join('.'));
  return wider.map((name) => answerTexts(language).perhaps(`category.${name}`)).find((name) => name !== undefined);
};

/** "Kundetype" becomes "kundetype" in a list; CPR stays CPR. */
const inList = (label: string): string => label.replace(/^\p{Lu}(?=\p{Ll})/u, (first) => first.toLowerCase());

const kindOf = ({ category, label }: Field, language: Language): string =>
  (category && categoryName(category, language)) || inList(label[language]);

/** The kinds of data a system holds (Art. 15(1)(b)): by category where its fields name one, else by their labels. */
export const kindsOf = ({ system }: AnswerSystem, language: Language): string[] => {
  const fields = Object.values(system.collections).flatMap((collection) => Object.values(collection.fields));
  return [...new Set(fields.map((field) => kindOf(field, language)))];
};
