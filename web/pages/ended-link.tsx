import { Button, Contact, Notice } from '../components.tsx';
import { ErrorSummary, LastFour, PostForm } from '../fields.tsx';
import { asLanguage, type Frame } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../person-text.ts';
import { t } from '../person-text.ts';

/** `asked`: a new one was asked for; nobody is told whether there was one to send. */
export type EndedLinkState = 'ended' | 'not-typed' | 'asked';

export type EndedLinkProps = Frame & { readonly state: EndedLinkState };

const Ask = ({ frame, form }: { frame: Frame; form: Form }) => (
  <>
    <ErrorSummary form={form} />
    <h1>{form.text('ended.title')}</h1>
    <p class="lead">{form.text('ended.why')}</p>
    <p>{form.text('ended.lives')}</p>
    <p>{form.text('ended.newest')}</p>
    <h2>{form.text('ended.again')}</h2>
    <p>{form.text('ended.again-lead')}</p>
    <PostForm to={asLanguage('', frame.language)}>
      <LastFour form={form} />
      <Button>{form.text('status.link-button')}</Button>
    </PostForm>
  </>
);

const Asked = ({ frame, form }: { frame: Frame; form: Form }) => (
  <>
    <h1>{form.text('ended.asked')}</h1>
    <Notice look="good" loud>
      <p>{form.text('ended.asked-lead')}</p>
    </Notice>
    <p>{form.text('ended.asked-none', { email: frame.config.organisation.email })}</p>
  </>
);

/**
 * Behind a link of a person's that does not work: why that may be, and the way to a new one. It is the same for one that has ended and one
 * that never was (T19), and holds nothing of its address.
 */
export const endedLinkPage = ({ state, ...frame }: EndedLinkProps): string => {
  const text = t(frame.language);
  const errors = new Map(state === 'not-typed' ? [['last4', text('last4.problem')]] : []);
  const form: Form = { text, values: new Map(), errors };
  const own = { ...frame, path: '' };
  return page({
    frame: own,
    title: text(state === 'asked' ? 'ended.asked' : 'ended.title'),
    wrong: errors.size > 0,
    children: (
      <>
        {state === 'asked' ? <Asked frame={own} form={form} /> : <Ask frame={own} form={form} />}
        <h2>{text('error-page.person')}</h2>
        <Contact frame={own} />
      </>
    ),
  });
};
