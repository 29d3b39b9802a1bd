import { ButtonLink, Contact, Notice } from '../components.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { type TextKey, t } from '../person-text.ts';

/** Why a sign-in of the person was not taken as proof. */
export type ProofProblem =
  | 'expired'
  | 'denied'
  | 'refused'
  | 'used'
  | 'unavailable'
  | 'unverified'
  | 'no-match'
  | 'too-weak'
  | 'closed';

interface Props extends Frame {
  readonly problem: ProofProblem;
  /** The case to go back to, where it is known. */
  readonly reference?: string;
}

/** Says why the sign-in proved nothing, and leads back to the case. Names no address: whoever came back may be anybody. */
export const proofPage = ({ problem, reference, ...frame }: Props): string => {
  const text = t(frame.language);
  const title = text('proof.refused');
  return page({
    frame,
    title,
    children: (
      <>
        <h1>{title}</h1>
        <Notice look="error" loud>
          <p>{text(problem === 'refused' ? 'proof.refused-why' : (`proof.${problem}` satisfies TextKey))}</p>
        </Notice>
        <p>{text('proof.nothing-lost')}</p>
        {reference && (
          <p class="actions">
            <ButtonLink to={inLanguage(frame, `/request/${reference}`)}>{text('proof.begin-again')}</ButtonLink>
          </p>
        )}
        <h2>{text('error-page.person')}</h2>
        <Contact frame={frame} />
      </>
    ),
  });
};
