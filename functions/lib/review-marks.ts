import type { Value } from '../../domain/connector.ts';
import { choices, type Mark } from '../../domain/marks.ts';
import { findings, merged, placesOf, type Span } from '../../domain/redaction.ts';
import type { ReviewProblem } from '../../web/pages/review-choice.tsx';
import { Refusal, type Visit } from './page.ts';

type About = Pick<Mark, 'system' | 'collection'> &
  Partial<Pick<Mark, 'row' | 'field' | 'document' | 'content' | 'attempt'>>;

/** A choice as the form says it, or what is wrong with it. */
export type Asked = { readonly mark: Mark } | { readonly problems: readonly ReviewProblem[] };

const first = ({ fields }: Visit, name: string): string => (fields.get(name)?.[0] ?? '').trim();

/** Spans that were ticked, of those that a text can have; anything else is no answer of our form. */
const ticked = ({ fields }: Visit, length: number): Span[] =>
  (fields.get('span') ?? []).map((text) => {
    const [from = -1, to = -1] = text.split('-').map(Number);
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= length))
      throw new Refusal(400);
    return [from, to];
  });

const problem = (field: ReviewProblem['field'], what: ReviewProblem['problem']): Asked => ({
  problems: [{ field, problem: what }],
});

/** What is blacked out: ticked suggestions and typed words of one text, or patterns of a field. The words themselves are not kept. */
const blackOut = (visit: Visit, about: About, value: Value | undefined): Partial<Mark> | Asked => {
  if (about.row === undefined && about.document === undefined) {
    const patterns = findings.filter((each) => visit.fields.get('pattern')?.includes(each));
    return patterns.length > 0 ? { patterns } : problem('pattern', 'pattern');
  }
  if (typeof value !== 'string') throw new Refusal(400);
  const words = first(visit, 'words').split('\n');
  const spans = merged([...ticked(visit, value.length), ...placesOf(value, words)]).map(
    ([from, to]): [number, number] => [from, to],
  );
  return spans.length > 0 ? { spans } : problem('words', 'nothing');
};

/** Reads a choice out of a form: what, why, and which places of the text. */
export const markIn = (visit: Visit, about: About, grounds: readonly string[], value?: Value): Asked => {
  const choice = choices.find((each) => each === first(visit, 'choice'));
  if (!choice) return problem('choice', 'choose');
  if (choice === 'send') return { mark: { ...about, choice } };
  const ground = grounds.find((each) => each === first(visit, 'ground'));
  if (!ground) return problem('ground', 'ground');
  const more = choice === 'redact' ? blackOut(visit, about, value) : {};
  return 'problems' in more ? more : { mark: { ...about, choice, ground, ...more } };
};
