import { isOver } from '../../domain/request.ts';
import { elevatedIn } from '../../domain/second-proof.ts';
import { DateText, Disclosure, Typed } from '../components.tsx';
import { PostForm, TextArea } from '../fields.tsx';
import { list } from '../format.ts';
import { inLanguage } from '../frame.ts';
import type { Form, Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { byInWords, Closing, roleInWords } from './staff-decider.tsx';
import { titlesOf } from './staff-forms.tsx';

interface Props {
  readonly props: StaffProps;
  readonly propose: Form;
  readonly confirm: Form;
}

const Confirm = ({ props, confirm }: Props) => {
  const { text } = confirm;
  const first = props.request.proofProposal;
  if (!first) return null;
  return (
    <>
      <p>
        {text('proof.written', { who: roleInWords(text, first.role) })} <DateText when={first.at} frame={props} time />:{' '}
        <Typed>{first.reason}</Typed>
      </p>
      {props.known?.key === first.by ? (
        <p>{text('proof.yours')}</p>
      ) : (
        <PostForm to={inLanguage(props, props.path)}>
          <input type="hidden" name="proposal" value={first.at} />
          <Closing props={props} form={confirm} action="confirm-proof" label={text('proof.confirm')} />
        </PostForm>
      )}
    </>
  );
};

const Propose = ({ props, propose }: Props) => {
  const { text } = propose;
  if (props.people.length < 2) return <p>{text('proof.alone')}</p>;
  return (
    <Disclosure title={text('proof.manual')} open={props.typed.action === 'manual-proof'}>
      <p>{text('proof.manual-lead')}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <TextArea
          form={propose}
          field="reason"
          label={text('proof.reason')}
          hint={text('proof.reason-hint')}
          rows={4}
        />
        <Closing props={props} form={propose} action="manual-proof" label={text('proof.propose')} />
      </PostForm>
    </Disclosure>
  );
};

const Given = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { secondProof } = props.request;
  if (!secondProof) return null;
  const when = <DateText when={secondProof.at} frame={props} time />;
  if (secondProof.method === 'oidc') {
    return (
      <p>
        {text('proof.signed-in', { issuer: props.config.proof?.name ?? secondProof.issuer })} {when}
      </p>
    );
  }
  return (
    <p>
      {text('proof.given', { who: byInWords(text, secondProof) })} {when}: <Typed>{secondProof.reason}</Typed>
    </p>
  );
};

/** What opens the elevated systems: what is missing, who wrote what, and the form of whoever has to act. */
export const SecondProof = (all: Props) => {
  const { props, propose } = all;
  const { text } = propose;
  const { secondProof, proof, status } = props.request;
  const names = titlesOf(props, elevatedIn(props.map));
  if (names.length === 0 || !proof) return null;
  const open = !secondProof && ['VERIFIED', 'GATHERING', 'REVIEW'].includes(status);
  if (!secondProof && (isOver(status) || !open)) return null;
  return (
    <section>
      <h2>{text('proof.title')}</h2>
      <p>{text('proof.systems', { systems: list(names, props.language) })}</p>
      {secondProof ? (
        <Given props={props} text={text} />
      ) : (
        <>
          <p>{text('proof.missing')}</p>
          <Confirm {...all} />
          <Propose {...all} />
        </>
      )}
    </section>
  );
};
