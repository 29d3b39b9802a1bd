import { marked } from '../../domain/typed-text.ts';
import { ButtonLink, Contact } from '../components.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { type CommonKey, t } from '../text.ts';

/** Statuses with a text of their own; any other client error is told as 400, any other failure as 500. */
const told = [400, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503] as const;
type Told = (typeof told)[number];

const toldAs = (status: number): Told => told.find((each) => each === status) ?? (status < 500 ? 400 : 500);

const key = (status: Told, part: 'title' | 'what' | 'how'): CommonKey => `error-page.${status}-${part}`;

type ErrorProps = Frame & {
  readonly status: number;
  /** What the visitor wrote on the page before: nothing keeps it any longer. */
  readonly typed?: readonly string[];
};

/** Why a page cannot be shown, how to go on, and how to reach a person. */
export const errorPage = ({ status, typed = [], ...frame }: ErrorProps): string => {
  const text = t(frame.language);
  const as = toldAs(status);
  return page({
    frame,
    title: text(key(as, 'title')),
    children: (
      <>
        <p class="caption">{text('error-page.number', { status })}</p>
        <h1>{text(key(as, 'title'))}</h1>
        <p class="lead">{text(key(as, 'what'))}</p>
        <p>{text(key(as, 'how'))}</p>
        {typed.length > 0 && (
          <>
            <p>{text('error-page.typed')}</p>
            {typed.map((each) => (
              <blockquote class="typed">{marked(each)}</blockquote>
            ))}
          </>
        )}
        <h2>{text('error-page.person')}</h2>
        <Contact frame={frame} />
        <p class="actions">
          <ButtonLink to={inLanguage(frame, '/')} look="secondary">
            {text('error-page.start')}
          </ButtonLink>
        </p>
      </>
    ),
  });
};
