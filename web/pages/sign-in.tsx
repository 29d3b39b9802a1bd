import { ButtonLink, Contact, Link, Notice } from '../components.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { type OverviewKey, type OverviewText, overviewTexts } from '../overview/texts.ts';
import { t } from '../staff-text.ts';

/** What the page is about: to sign in, having done so, to sign out, having done so, or why it did not work. */
export type SignInState =
  | { readonly kind: 'ask'; readonly request: string }
  | { readonly kind: 'done'; readonly to: string }
  | { readonly kind: 'leave' | 'left' }
  | { readonly kind: 'expired' | 'denied' | 'refused' | 'used' | 'unavailable' | 'not-staff' };

const Begin = ({ frame, text, request = '' }: { frame: Frame; text: OverviewText; request?: string }) => (
  <p class="actions">
    <ButtonLink to={inLanguage(frame, `/dpo/sign-in/begin${request && `?request=${request}`}`)}>
      {text('sign-in.begin')}
    </ButtonLink>
  </p>
);

const Ask = ({ frame, text, request }: { frame: Frame; text: OverviewText; request: string }) => (
  <>
    <h1>{text('sign-in.title')}</h1>
    <p class="lead">{text('sign-in.lead', { organisation: frame.config.organisation.name })}</p>
    <Begin frame={frame} text={text} request={request} />
    <p>{text('sign-in.without')}</p>
  </>
);

const Leave = ({ frame, text }: { frame: Frame; text: OverviewText }) => (
  <>
    <h1>{text('sign-in.leave')}</h1>
    <form method="post" action={inLanguage(frame, '/dpo/sign-out')} class="actions">
      <button type="submit" class="button button-primary" name="action" value="here">
        {text('sign-in.leave')}
      </button>
      <button type="submit" class="button button-secondary" name="action" value="everywhere">
        {text('sign-in.leave-everywhere')}
      </button>
    </form>
    <p>{text('sign-in.leave-why')}</p>
  </>
);

const Refused = ({ frame, text, kind }: { frame: Frame; text: OverviewText; kind: SignInState['kind'] }) => (
  <>
    <h1>{text('sign-in.refused')}</h1>
    <Notice look="error" loud>
      <p>{text(kind === 'refused' ? 'sign-in.refused-why' : (`sign-in.${kind}` as OverviewKey))}</p>
    </Notice>
    <Begin frame={frame} text={text} />
    <p>{text('sign-in.without')}</p>
    <h2>{t(frame.language)('error-page.person')}</h2>
    <Contact frame={frame} />
  </>
);

const Body = ({ frame, text, state }: { frame: Frame; text: OverviewText; state: SignInState }) => {
  if (state.kind === 'ask') return <Ask frame={frame} text={text} request={state.request} />;
  if (state.kind === 'leave') return <Leave frame={frame} text={text} />;
  if (state.kind === 'done' || state.kind === 'left') {
    return (
      <>
        <h1>{text(`sign-in.${state.kind}`)}</h1>
        {state.kind === 'done' && (
          <p>
            <Link to={inLanguage(frame, state.to)}>{text('sign-in.go-on')}</Link>
          </p>
        )}
        {state.kind === 'left' && <Begin frame={frame} text={text} />}
      </>
    );
  }
  return <Refused frame={frame} text={text} kind={state.kind} />;
};

const titles = {
  ask: 'sign-in.title',
  done: 'sign-in.done',
  leave: 'sign-in.leave',
  left: 'sign-in.left',
} as const;

/** The pages around signing in: the issuer itself asks for the name and the password. */
export const signInPage = ({ state, ...frame }: Frame & { readonly state: SignInState }): string => {
  const text = overviewTexts(frame.language);
  const title = text(state.kind in titles ? titles[state.kind as keyof typeof titles] : 'sign-in.refused');
  return page({ frame, title, children: <Body frame={frame} text={text} state={state} /> });
};
