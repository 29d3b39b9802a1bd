import { type choices, type Mark, ownGrounds } from '../../domain/marks.ts';
import type { Span } from '../../domain/redaction.ts';
import { Button, Disclosure, Tag } from '../components.tsx';
import { Checkboxes, Hidden, type Option, PostForm, Radios, TextArea } from '../fields.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { groundText } from '../package/grounds.ts';
import type { Form } from '../review-text.ts';
import { type Text, type TextKey, t } from '../review-text.ts';

type Choice = (typeof choices)[number];

export const looks: Readonly<Record<Choice, 'good' | 'warning' | 'info'>> = {
  send: 'good',
  redact: 'info',
  withhold: 'warning',
};

/** What is wrong in a form of the review pages; `field` is the field's name in the form that was sent. */
export interface ReviewProblem {
  readonly field: 'choice' | 'ground' | 'words' | 'pattern';
  readonly problem: 'choose' | 'ground' | 'nothing' | 'nowhere' | 'pattern' | 'late' | 'conflict';
  /** What is told of what was typed. */
  readonly words?: string;
}

export interface Sent {
  readonly fields: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly ReviewProblem[];
}

/**
 * The form of one target; only the one that was sent has values and errors. `mark` is what was chosen before, `struck` what it blacks out of
 * this text.
 */
export const formFor = (
  frame: Frame,
  target: string,
  mark: Mark | undefined,
  sent: Sent,
  struck: readonly Span[] = [],
): Form => {
  const text = t(frame.language);
  const mine = sent.fields.get('target')?.[0] === target;
  const before = new Map<string, readonly string[]>([
    ['choice', mark ? [mark.choice] : []],
    ['ground', mark?.ground ? [mark.ground] : []],
    ['span', struck.map((span) => span.join('-'))],
    ['pattern', mark?.patterns ?? []],
  ]);
  const said = ({ problem, words = '' }: ReviewProblem) => text(`review.problem-${problem}` as TextKey, { words });
  return {
    text,
    name: `f-${target.replaceAll(/\W/g, '-')}`,
    values: mine ? sent.fields : before,
    errors: new Map(mine ? sent.problems.map((each) => [each.field, said(each)]) : []),
  };
};

/** What was chosen, in words. */
export const Chosen = ({ mark, frame }: { mark: Mark | undefined; frame: Frame }) => {
  const text = t(frame.language);
  if (!mark) return <Tag look="good">{text('review.send')}</Tag>;
  const { short } = groundText(mark.ground ?? '', { language: frame.language, grounds: frame.config.grounds ?? {} });
  return (
    <>
      <Tag look={looks[mark.choice]}>{text(`review.${mark.choice}`)}</Tag>{' '}
      {mark.choice !== 'send' && <span class="soft">{short}</span>}
    </>
  );
};

const groundOptions = ({ language, config }: Frame): Option[] => {
  const grounds = config.grounds ?? {};
  return [...ownGrounds, ...Object.keys(grounds)].map((value) => {
    const { short, text } = groundText(value, { language, grounds });
    return { value, label: `${short[0]?.toUpperCase()}${short.slice(1)}`, hint: text };
  });
};

interface ChoiceProps {
  readonly frame: Frame;
  readonly form: Form;
  readonly target: string;
  readonly title: string;
  readonly offered: readonly Choice[];
  /** What is blacked out of the text or found in it, to be ticked one by one; the first `struck` are blacked out. */
  readonly suggestions?: readonly Option[];
  readonly struck?: number;
  /** Offers to black out by pattern in all rows. */
  readonly byPattern?: boolean;
  readonly open?: boolean;
  /** Where the form goes; the page itself where nothing is said. */
  readonly to?: string;
}

const patternOptions = (text: Text): Option[] =>
  (['cpr', 'email', 'phone', 'name'] as const).map((value) => ({ value, label: text(`review.found-${value}`) }));

const BlackOut = ({ form, suggestions = [], struck = 0, byPattern }: ChoiceProps) => {
  const { text } = form;
  if (byPattern)
    return <Checkboxes form={form} field="pattern" label={text('review.patterns')} options={patternOptions(text)} />;
  return (
    <>
      {suggestions.length > 0 && (
        <Checkboxes form={form} field="span" label={text('review.suggestions')} options={suggestions} />
      )}
      <Hidden
        field="offered"
        value={suggestions
          .slice(0, struck)
          .map(({ value }) => value)
          .join(' ')}
      />
      <TextArea form={form} field="words" label={text('review.words')} hint={text('review.words-hint')} rows={3} />
    </>
  );
};

/** Send, black out or hold back, with the reason: closed until it is wanted. */
export const ChoiceForm = (props: ChoiceProps) => {
  const { frame, form, target, title, offered, open, to = inLanguage(frame, frame.path) } = props;
  const { text } = form;
  const options = offered.map((value) => ({
    value,
    label: text(`review.${value}`),
    hint: text(`review.${value}-hint`),
    ...(value === 'redact' ? { more: <BlackOut {...props} /> } : {}),
  }));
  return (
    <Disclosure title={title} open={open || form.errors.size > 0}>
      <PostForm to={to}>
        <Hidden field="target" value={target} />
        <Radios form={form} field="choice" label={text('review.choice')} options={options} />
        <Radios form={form} field="ground" label={text('review.ground')} options={groundOptions(frame)} />
        <Button>{text('review.save')}</Button>
      </PostForm>
    </Disclosure>
  );
};
