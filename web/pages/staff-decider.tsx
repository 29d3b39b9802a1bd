import type { Decider } from '../../domain/deciders.ts';
import { lapsedProposal, openProposal } from '../../domain/four-eyes.ts';
import { masked } from '../../domain/identity.ts';
import { Button, DateText, Notice, Tag, Typed } from '../components.tsx';
import { Hidden, LastFour, PostForm, Radios, TextField } from '../fields.tsx';
import { capital } from '../format.ts';
import { inLanguage } from '../frame.ts';
import type { Form, Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { SomethingHeldBack } from './staff-held-back.tsx';

interface Props {
  readonly props: StaffProps;
  readonly form: Form;
}

interface ClosingProps {
  readonly props: Pick<StaffProps, 'people' | 'known' | 'sent' | 'typed'>;
  readonly form: Form;
  readonly action: string;
  readonly label: string;
  readonly look?: 'danger';
}

/** The DPO, or which deputy. */
export const roleInWords = (text: Text, role: string): string =>
  role === 'dpo' ? text('decider.dpo') : text('decider.deputy', { n: role.replace('deputy-', '') });

/** Somebody who may decide: by name, while the configuration knows them. */
export const personInWords = (text: Text, people: readonly Decider[], key: string, role = ''): string => {
  const known = people.find((each) => each.key === key);
  return known ? `${known.name} (${roleInWords(text, known.role)})` : capital(roleInWords(text, role));
};

const TypeCode = ({ props, form, action, label, look }: ClosingProps) => {
  const { text } = form;
  const { sent } = props;
  if (!sent) return null;
  return (
    <>
      <Hidden field="person" value={sent.key} />
      <TextField
        form={form}
        field="code"
        label={text('decider.code')}
        hint={text('decider.code-hint', { address: masked(sent.email) })}
        autocomplete="one-time-code"
        width="short"
        digits
        blank
        first={form.errors.size === 0}
      />
      <div class="buttons">
        <Button action={action} {...(look ? { look } : {})}>
          {label}
        </Button>
        <Button action={`code-${action}`} look="secondary">
          {text('decider.again')}
        </Button>
      </div>
    </>
  );
};

const AskForCode = ({ props, form, action }: ClosingProps) => {
  const { text } = form;
  const [only, ...others] = props.people;
  const options = props.people.map(({ key, name, role, email }) => ({
    value: key,
    label: `${name} (${roleInWords(text, role)})`,
    hint: masked(email),
  }));
  return (
    <>
      {others.length > 0 && <Radios form={form} field="person" label={text('decider.who')} options={options} />}
      <p class="soft">
        {only && others.length === 0
          ? text('decider.lead-one', { address: masked(only.email) })
          : text('decider.lead-some')}
      </p>
      <Button action={`code-${action}`}>{text('decider.send')}</Button>
    </>
  );
};

/** The end of a form that decides, or opens what was gathered: who it is, by a code from their own mailbox, and the button. A known browser has the button alone. */
export const Closing = (closing: ClosingProps) => {
  const { props, form, action, label, look } = closing;
  const { text } = form;
  const mine = props.typed.action === action;
  return (
    <>
      <LastFour form={form} />
      {props.known ? (
        <>
          <p class="soft">{text('decider.known', { name: props.known.name })}</p>
          <Button action={action} {...(look ? { look } : {})}>
            {label}
          </Button>
        </>
      ) : mine && props.sent ? (
        <TypeCode {...closing} />
      ) : (
        <AskForCode {...closing} />
      )}
    </>
  );
};

/** What was decided by one person, and the form with which another agrees. */
export const Proposed = ({ props, form }: Props) => {
  const { text } = form;
  const proposal = openProposal(props);
  if (!proposal) return null;
  return (
    <section>
      <h2>{text('proposed.title')}</h2>
      <p>
        {text('proposed.by', { who: roleInWords(text, proposal.role) })}{' '}
        <DateText when={proposal.at} frame={props} time />. {text('proposed.waits')}
      </p>
      <ul>
        {props.rights.flatMap(({ right }) => {
          const choice = proposal.choices[right];
          if (!choice) return [];
          return (
            <li>
              {text(`right.${right}`)}:{' '}
              <Tag look={choice.outcome === 'approve' ? 'good' : 'warning'}>{text(`status.${choice.outcome}`)}</Tag>{' '}
              {choice.ground && <>{text(`staff.refusal-${choice.ground}`)}. </>}
              {choice.reason && <Typed>{choice.reason}</Typed>}
            </li>
          );
        })}
      </ul>
      {proposal.incomplete && (
        <p>
          {text('staff.incomplete-reason')}: <Typed>{proposal.incomplete}</Typed>
        </p>
      )}
      <SomethingHeldBack props={props} text={text} />
      {props.known?.key === proposal.by ? (
        <p>{text('proposed.yours')}</p>
      ) : (
        <PostForm to={inLanguage(props, props.path)}>
          <input type="hidden" name="proposal" value={proposal.at} />
          <Closing props={props} form={form} action="agree" label={text('proposed.agree')} />
        </PostForm>
      )}
    </section>
  );
};

/** What one person decided fell away before another agreed: nobody is to wait for it. */
export const Lapsed = ({ props, text }: { props: StaffProps; text: Text }) => {
  const lapsed = lapsedProposal(props);
  if (!lapsed) return null;
  const { proposal, why } = lapsed;
  return (
    <Notice look="warning" title={text('lapsed.title')}>
      <p>
        {text('lapsed.by', { who: personInWords(text, props.people, proposal.by, proposal.role) })}{' '}
        <DateText when={proposal.at} frame={props} time />, {text(`lapsed.${why}`)}
      </p>
    </Notice>
  );
};

/** Says on top that what was sent was not done, because the request had moved on. What happened stands below. */
export const MovedOn = ({ props, text }: { props: StaffProps; text: Text }) =>
  props.moved ? (
    <Notice look="warning" title={text('moved.title')} loud>
      <p>{text('moved.lead', { state: text(`staff.${props.request.status}`) })}</p>
      <ul>
        {props.rights.flatMap(({ right, decision }) =>
          decision ? (
            <li>
              {text(`right.${right}`)}: {text(`status.${decision.outcome}`)}, {byInWords(text, decision)},{' '}
              <DateText when={decision.at} frame={props} time />
            </li>
          ) : (
            []
          ),
        )}
      </ul>
    </Notice>
  ) : null;

/** Who decided, and who agreed. */
export const byInWords = (
  text: Text,
  { by = 'dpo', second }: { by?: string | undefined; second?: string | undefined },
): string =>
  second
    ? text('decider.both', { first: roleInWords(text, by), second: roleInWords(text, second) })
    : roleInWords(text, by);

/** Ends what this browser, and every other one of the same person, is remembered for. */
export const ForgetBrowsers = ({ props, text }: { props: StaffProps; text: Text }) =>
  props.known ? (
    <section>
      <h2>{text('decider.browser')}</h2>
      <p>{text('decider.browser-lead', { name: props.known.name })}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <Button action="forget" look="secondary">
          {text('decider.forget')}
        </Button>
      </PostForm>
    </section>
  ) : null;
