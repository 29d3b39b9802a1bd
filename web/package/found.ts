import type { Language } from '../../domain/config.ts';
import type { Field } from '../../domain/data-map.ts';
import { list } from '../format.ts';
import type { AnswerSystem } from './answer.ts';
import { answerTexts } from './texts.ts';

/** Whether the answer holds anything of the system. */
export const holdsData = ({ found: { rows, documents } }: AnswerSystem): boolean => rows + documents > 0;

/** Whether data of the system may be missing: never the same as nothing found (security.md 3.7). */
export const isIncomplete = ({ state }: AnswerSystem): boolean =>
  state === 'FAILED' || state === 'PARTIAL' || state === 'MANUAL';

/** "14 poster og 3 dokumenter", "Intet fundet", "Mangler: ...". */
export const stateText = (system: AnswerSystem, language: Language): string => {
  const say = answerTexts(language);
  const { rows, documents } = system.found;
  const parts = [rows > 0 && say.counted('records', rows), documents > 0 && say.counted('documents', documents)];
  const found = list(
    parts.filter((part) => part !== false),
    language,
  );
  return say(`state.${system.state}`, { found: found || say.counted('records', 0) });
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
