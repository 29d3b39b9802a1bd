import type { Child } from 'hono/jsx';
import {
  type Answers,
  type Fields,
  type FormErrors,
  type FormStep,
  formSteps,
  honeypot,
  limits,
  stamp,
} from '../../domain/form.ts';
import { BackLink, Button } from '../components.tsx';
import { ErrorSummary, Hidden, PostForm } from '../fields.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../person-text.ts';
import { t } from '../person-text.ts';

export interface StepProps extends Frame {
  readonly step: FormStep;
  /** What was answered on the pages so far. */
  readonly answers: Partial<Answers>;
  /** What stands in this page's fields: as answered before, or as typed when the page comes back with errors. */
  readonly fields: Fields;
  readonly errors: FormErrors;
  /** It was sent too fast or too late to be taken: the page says so, and the next click counts. */
  readonly notSent?: boolean;
  /** Signed time at which the form was shown; only the page that sends carries it. */
  readonly stamp?: string | undefined;
}

/** The form of a page, with the words of its errors. */
export const formOf = ({ language, fields, errors }: StepProps): Form => {
  const text = t(language);
  return {
    text,
    values: fields,
    errors: new Map(Object.entries(errors).map(([field, error]) => [field, text(`error.${error}`, limits)])),
  };
};

/** Out of sight of people and of screen readers; whoever fills it in is a machine. */
const Trap = ({ form }: { form: Form }) => (
  <div class="trap" aria-hidden="true">
    <label for={honeypot}>{form.text('form.leave-empty')}</label>
    <input type="text" id={honeypot} name={honeypot} value="" tabindex={-1} autocomplete="off" />
  </div>
);

interface StepPageProps {
  readonly props: StepProps;
  readonly form: Form;
  /** Default: the step's own. */
  readonly title?: string;
  /** Default: go on. */
  readonly button?: string;
  readonly children?: Child;
}

const backFrom = (step: FormStep): string => {
  const before = formSteps[formSteps.indexOf(step) - 1];
  return before ? `/${before}` : '/';
};

/** A page of the form: where one is, what is wrong, the question, the button. */
export const stepDocument = ({ props, form, title, button, children }: StepPageProps): string => {
  const { step, stamp: shown } = props;
  const { text } = form;
  const n = formSteps.indexOf(step) + 1;
  return page({
    frame: props,
    title: title ?? text(`${step}.title`),
    wrong: form.errors.size > 0,
    before: <BackLink to={inLanguage(props, backFrom(step))}>{text('form.back')}</BackLink>,
    children: (
      <>
        <ErrorSummary form={form} />
        <p class="caption">{text('form.step', { n, total: formSteps.length })}</p>
        <PostForm to={inLanguage(props, `/${step}`)}>
          {children}
          {shown && <Trap form={form} />}
          {shown && <Hidden field={stamp} value={shown} />}
          <Button>{button ?? text('form.next')}</Button>
        </PostForm>
      </>
    ),
  });
};
