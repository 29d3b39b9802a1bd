import type { Value } from '../../domain/connector.ts';
import { choices, type Mark, struckBy } from '../../domain/marks.ts';
import { placesOf } from '../../domain/phrases.ts';
import { findings, isWithin, merged, type Names, noNames, type Span } from '../../domain/redaction.ts';
import type { ReviewProblem } from '../../web/pages/review-choice.tsx';
import { Refusal, type Visit } from './page.ts';
import { text } from './typed.ts';

type About = Pick<Mark, 'system' | 'collection'> &
  Partial<Pick<Mark, 'row' | 'field' | 'document' | 'content' | 'attempt'>>;

/** A choice as the form says it, or what is wrong with it. */
export type Asked = { readonly mark: Mark } | { readonly problems: readonly ReviewProblem[] };

/** Spans as a form says them, of those that a text can have; anything else is no answer of our form. */
const spansIn = (said: readonly string[], length: number): Span[] =>
  said.map((text) => {
    const [from = -1, to = -1] = text.split('-').map(Number);
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= length))
      throw new Refusal(400);
    return [from, to];
  });

/** What was chosen before: for this text, and for its field in all rows. */
export interface Before {
  readonly own: Mark | undefined;
  readonly wide?: Mark | undefined;
  readonly names?: Names;
}

const problem = (field: ReviewProblem['field'], what: ReviewProblem['problem'], words?: string): Asked => ({
  problems: [{ field, problem: what, ...(words ? { words } : {}) }],
});

/** What the form offered ticked and came back without: nothing else is taken back, whatever was struck while the form was open. */
const untickedIn = (visit: Visit, length: number): Span[] => {
  const ticked = new Set(visit.fields.get('span'));
  const offered = text(visit, 'offered').split(' ').filter(Boolean);
  return spansIn(offered, length).filter((span) => !ticked.has(span.join('-')));
};

/** The pairs that a mark keeps. */
const pairs = (spans: readonly Span[]): [number, number][] => spans.map(([from, to]) => [from, to]);

/**
 * What is blacked out of one text: what was before and was not unticked, what is ticked, and typed words, which are not kept themselves. What
 * its field's patterns find comes on top, but for what was unticked.
 */
const places = (visit: Visit, value: string, { own, wide, names = noNames }: Before): Partial<Mark> | Asked => {
  const words = text(visit, 'words')
    .split('\n')
    .filter((line) => line.trim());
  const nowhere = words.find((line) => placesOf(value, [line]).length === 0);
  if (nowhere) return problem('words', 'nowhere', nowhere.trim());
  const unticked = untickedIn(visit, value.length);
  const isUnticked = (span: Span) => unticked.some((each) => isWithin(span, each));
  const kept = struckBy(own, value, names).filter((span) => !isUnticked(span));
  const ticked = spansIn(visit.fields.get('span') ?? [], value.length);
  const spans = merged([...kept, ...ticked, ...placesOf(value, words)]);
  if (spans.length === 0) return problem('words', 'nothing');
  const except = merged([...(own?.except ?? []), ...struckBy(wide, value, names).filter(isUnticked)]);
  return {
    spans: pairs(spans),
    ...(except.length > 0 ? { except: pairs(except) } : {}),
    ...(wide?.choice === 'withhold' ? { over: true as const } : {}),
  };
};

/** What is blacked out: patterns of a field, or places of one text. */
const blackOut = (visit: Visit, about: About, value: Value | undefined, before: Before): Partial<Mark> | Asked => {
  if (about.row === undefined && about.document === undefined) {
    const patterns = findings.filter((each) => visit.fields.get('pattern')?.includes(each));
    return patterns.length > 0 ? { patterns } : problem('pattern', 'pattern');
  }
  if (typeof value !== 'string') throw new Refusal(400);
  return places(visit, value, before);
};

/** Reads a choice out of a form: what, why, and which places of the text. */
export const markIn = (
  visit: Visit,
  about: About,
  grounds: readonly string[],
  value?: Value,
  before: Before = { own: undefined },
): Asked => {
  const choice = choices.find((each) => each === text(visit, 'choice'));
  if (!choice) return problem('choice', 'choose');
  if (choice === 'send') return { mark: { ...about, choice } };
  const ground = grounds.find((each) => each === text(visit, 'ground'));
  if (!ground) return problem('ground', 'ground');
  const more = choice === 'redact' ? blackOut(visit, about, value, before) : {};
  return 'problems' in more ? more : { mark: { ...about, choice, ground, ...more } };
};
