import { masked } from '../../domain/identity.ts';
import { maxConfirmMails } from '../../domain/proof.ts';
import type { Request } from '../../domain/request.ts';
import { Button, ButtonLink, Disclosure, Notice, Reference } from '../components.tsx';
import { ErrorSummary, LastFour, PostForm, TextField } from '../fields.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../person-text.ts';
import { counted, t } from '../person-text.ts';

export type ConfirmState =
  | { readonly kind: 'open' }
  | { readonly kind: 'wrong-code'; readonly left: number }
  /** `again`: whether another mail may be asked for. */
  | { readonly kind: 'locked'; readonly again: boolean }
  | { readonly kind: 'sent-again' }
  | { readonly kind: 'confirmed' };

/** What a person had to type and did not. */
export type ConfirmProblem = 'code' | 'last4';

export interface ConfirmProps extends Frame {
  readonly request: Pick<Request, 'reference' | 'person' | 'confirmMails'>;
  readonly state: ConfirmState;
  readonly problem?: ConfirmProblem;
}

const problems = { code: 'confirm.blank', last4: 'last4.problem' } as const;

const formOf = ({ language, state, problem }: ConfirmProps): Form => {
  const text = t(language);
  const errors = new Map(problem ? [[problem as string, text(problems[problem])]] : []);
  if (state.kind === 'wrong-code') errors.set('code', counted(language, 'confirm.wrong', state.left));
  if (state.kind === 'locked') errors.delete('code');
  return { text, values: new Map(), errors };
};

/** The typed code is what a mail scanner cannot do: opening the link alone confirms nothing (T24). */
const CodeForm = ({ props, form }: { props: ConfirmProps; form: Form }) => (
  <PostForm to={inLanguage(props, props.path)}>
    <TextField
      form={form}
      field="code"
      label={form.text('confirm.code')}
      hint={form.text('confirm.code-hint')}
      autocomplete="one-time-code"
      width="short"
      blank
    />
    <Button action="confirm">{form.text('confirm.yes')}</Button>
  </PostForm>
);

const Again = ({ props, form }: { props: ConfirmProps; form: Form }) =>
  props.request.confirmMails >= maxConfirmMails ? null : (
    <Disclosure title={form.text('confirm.no-mail')} open={props.state.kind === 'locked' || form.errors.has('last4')}>
      <p>{form.text('confirm.no-mail-lead', { address: masked(props.request.person.email) })}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <LastFour form={form} />
        <Button action="again" look="secondary">
          {form.text('confirm.again')}
        </Button>
      </PostForm>
    </Disclosure>
  );

const Ask = ({ props, form }: { props: ConfirmProps; form: Form }) => (
  <>
    <ErrorSummary form={form} />
    <h1>{form.text('confirm.title')}</h1>
    <p class="lead">
      {form.text('confirm.lead', { organisation: props.config.organisation.name })}{' '}
      <Reference>{props.request.reference}</Reference>.
    </p>
    <CodeForm props={props} form={form} />
    <h2>{form.text('confirm.not-me')}</h2>
    <p>{form.text('confirm.not-me-lead')}</p>
    <Again props={props} form={form} />
  </>
);

const Locked = ({ props, form, again }: { props: ConfirmProps; form: Form; again: boolean }) => (
  <>
    <ErrorSummary form={form} />
    <h1>{form.text('confirm.locked')}</h1>
    <Notice look="warning" loud>
      <p>{form.text('confirm.locked-why')}</p>
      <p>
        {again
          ? form.text('confirm.locked-again')
          : form.text('confirm.locked-contact', { email: props.config.organisation.email })}
      </p>
    </Notice>
    <Again props={props} form={form} />
  </>
);

const SentAgain = ({ props, form }: { props: ConfirmProps; form: Form }) => (
  <>
    <h1>{form.text('confirm.sent-again')}</h1>
    <Notice look="good" loud>
      <p>{form.text('confirm.sent-again-lead', { address: masked(props.request.person.email) })}</p>
    </Notice>
    <p>{form.text('confirm.sent-again-spam')}</p>
  </>
);

const Confirmed = ({ props, form }: { props: ConfirmProps; form: Form }) => (
  <>
    <h1>{form.text('confirm.done')}</h1>
    <p class="lead">{form.text('confirm.done-lead')}</p>
    <p class="actions">
      <ButtonLink to={inLanguage(props, `/request/${props.request.reference}`)}>
        {form.text('confirm.follow')}
      </ButtonLink>
    </p>
  </>
);

const titles = {
  open: 'confirm.title',
  'wrong-code': 'confirm.title',
  locked: 'confirm.locked',
  'sent-again': 'confirm.sent-again',
  confirmed: 'confirm.done',
} as const satisfies Record<ConfirmState['kind'], string>;

const Body = ({ props, form }: { props: ConfirmProps; form: Form }) => {
  const { state } = props;
  if (state.kind === 'locked') return <Locked props={props} form={form} again={state.again} />;
  if (state.kind === 'sent-again') return <SentAgain props={props} form={form} />;
  return state.kind === 'confirmed' ? <Confirmed props={props} form={form} /> : <Ask props={props} form={form} />;
};

/** Where a person proves their address: a button, and the code that stands in the same mail. */
export const confirmPage = (props: ConfirmProps): string => {
  const form = formOf(props);
  return page({
    frame: props,
    title: form.text(titles[props.state.kind]),
    wrong: form.errors.size > 0,
    children: <Body props={props} form={form} />,
  });
};
