import type { Decider } from '../../domain/deciders.ts';
import type { Fields } from '../../domain/form.ts';
import { BackLink, Notice } from '../components.tsx';
import { ErrorSummary, Hidden, PostForm } from '../fields.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../review-text.ts';
import { type TextKey, t } from '../review-text.ts';
import type { StaffProblem } from './staff.tsx';
import { Closing } from './staff-decider.tsx';

export interface DeciderCodeProps extends Frame {
  readonly reference: string;
  /** The page that was asked for: its form leads there. */
  readonly to: string;
  readonly people: readonly Decider[];
  /** To whom a code was just mailed. */
  readonly sent?: Decider;
  /** What was sent: what is not about the code is done once it is known who asks. */
  readonly fields: Fields;
  readonly problem?: StaffProblem | undefined;
}

const own = ['action', 'person', 'code', 'last4'];

const formOf = ({ language, fields, problem }: DeciderCodeProps): Form => {
  const text = t(language);
  const errors = problem ? [[problem.field, text(`staff.problem-${problem.problem}` as TextKey)] as const] : [];
  return { text, values: fields, errors: new Map(errors) };
};

/** Asks who wants to see what was gathered, by a code from their own mailbox. */
export const deciderCodePage = (props: DeciderCodeProps): string => {
  const form = formOf(props);
  const { text } = form;
  const waiting = [...props.fields].filter(([name]) => !own.includes(name));
  return page({
    frame: props,
    title: text('who-looks.title'),
    wrong: form.errors.size > 0,
    children: (
      <>
        <ErrorSummary form={form} />
        <BackLink to={inLanguage(props, `/dpo/request/${props.reference}`)}>{text('review.back')}</BackLink>
        <p class="caption">{props.reference}</p>
        <h1>{text('who-looks.title')}</h1>
        <p class="lead">{text('who-looks.lead')}</p>
        {waiting.length > 0 && (
          <Notice>
            <p>{text('who-looks.kept')}</p>
          </Notice>
        )}
        <PostForm to={props.to}>
          {waiting.flatMap(([field, values]) => values.map((value) => <Hidden field={field} value={value} />))}
          <Closing
            props={{ ...props, typed: { action: 'open' } }}
            form={form}
            action="open"
            label={text('who-looks.open')}
          />
        </PostForm>
      </>
    ),
  });
};
