import { complaintBody } from '../../domain/complaint-bodies.ts';
import { isUntold } from '../../domain/decision.ts';
import { isFetchable, mayAskForLink } from '../../domain/delivery.ts';
import { masked } from '../../domain/identity.ts';
import { suspendedBy } from '../../domain/question.ts';
import { answerAddress } from '../../domain/representation.ts';
import { type Ask, type Case, isOver, type Right, type RightRecord, refusesRest } from '../../domain/request.ts';
import { openAsk } from '../../domain/urgency.ts';
import {
  Button,
  ButtonLink,
  DateText,
  Disclosure,
  Link,
  Notice,
  Reference,
  rightsInWords,
  SummaryList,
  Tag,
  Typed,
} from '../components.tsx';
import { ErrorSummary, LastFour, PostForm, TextArea } from '../fields.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../person-text.ts';
import { counted, type Text, t } from '../person-text.ts';
import { By, Headline, isAwaited, Overdue, SentParts, Steps } from './status-where.tsx';

export type StatusProps = Frame &
  Pick<Case, 'request' | 'rights'> & {
    readonly now: Date;
    /** Some systems open only with more proof than the mailbox. */
    readonly wantsProof?: boolean;
    /** What is wrong with an answer that was sent, and the answer. */
    readonly wrong?: {
      readonly problem: 'answer' | 'too-long' | 'last4';
      readonly typed: string;
      /** Which of the forms it was. */
      readonly form: 'answer' | 'withdraw' | 'send-link';
    };
  };

const looks = { approve: 'good', refuse: 'warning' } as const;

const stateKey = ({ status }: RightRecord, awaited: boolean) => {
  if (status === 'WITHDRAWN') return 'status.withdrawn';
  return awaited || status === 'DELIVERED' ? 'status.working' : 'status.over';
};

/** A right that was decided is told only when its answer was sent: until then even a refusal may be taken back. */
const RightState = ({ record, props }: { record: RightRecord; props: StatusProps }) => {
  const text = t(props.language);
  const { right, decision } = record;
  const told = decision && !isUntold(record, props.rights) ? decision : undefined;
  const awaited = isAwaited(record, props);
  return (
    <li>
      <h3>{text(`want.${right}`)}</h3>
      <p>
        {told ? (
          <Tag look={looks[told.outcome]}>
            {text(refusesRest(record) ? 'status.rest-refused' : `status.${told.outcome}`)}
          </Tag>
        ) : (
          <Tag look="info">{text(stateKey(record, awaited))}</Tag>
        )}
      </p>
      {record.extension && awaited && (
        <p>
          {text('status.extended')} <Typed>{record.extension.reason}</Typed>
        </p>
      )}
      {awaited && props.rights.length > 1 && <By record={record} words="answer" props={props} />}
      {told?.reason && (
        <p>
          {text(told.outcome === 'approve' ? 'status.done' : 'status.reason')} <Typed>{told.reason}</Typed>
        </p>
      )}
      {told?.incomplete && (
        <p>
          {text('status.incomplete')} <Typed>{told.incomplete}</Typed>
        </p>
      )}
    </li>
  );
};

const sentenceOf = (problem: NonNullable<StatusProps['wrong']>['problem'], text: Text): string =>
  text(problem === 'last4' ? 'last4.problem' : `status.problem-${problem}`);

type FormName = NonNullable<StatusProps['wrong']>['form'];

/** One of the page's forms; only the one that was sent has values and errors. */
const formOf = ({ language, wrong }: StatusProps, name: FormName): Form => {
  const text = t(language);
  const sent = wrong?.form === name ? wrong : undefined;
  const field = sent?.problem === 'last4' ? 'last4' : 'answer';
  return {
    text,
    name,
    values: new Map(sent ? [['answer', [sent.typed]]] : []),
    errors: new Map(sent ? [[field, sentenceOf(sent.problem, text)]] : []),
  };
};

/** Whose time limit stands still until the person answers. */
const Waits = ({ props, ask, text }: { props: StatusProps; ask: Ask; text: Text }) => {
  const { waiting, running } = suspendedBy(props, ask, props.config.timeZone);
  const named = (rights: readonly Right[]) => ({ rights: rightsInWords(rights, props.language) });
  if (waiting.length === 0) return null;
  return (
    <p>
      {text('status.question-suspends', named(waiting))}{' '}
      {running.length > 0 && text('status.question-runs', named(running))}
    </p>
  );
};

/** The DPO's question, which stands here and in no mail, and where to answer it. */
const Question = ({ props }: { props: StatusProps }) => {
  const form = formOf(props, 'answer');
  const { text } = form;
  const open = openAsk(props.request);
  if (!open || isOver(props.request.status)) return null;
  const asksAuthority = open.kind === 'identity' && props.request.person.onBehalfOf;
  return (
    <section class="todo">
      <h2>{text('status.question')}</h2>
      <p>{text(asksAuthority ? 'status.question-authority' : `status.question-${open.kind}`)}</p>
      <blockquote>
        <Typed>{open.question}</Typed>
      </blockquote>
      <Waits props={props} ask={open} text={text} />
      <PostForm to={inLanguage(props, props.path)}>
        <TextArea form={form} field="answer" label={text('status.your-answer')} rows={5} />
        <Button action="answer">{text('status.answer-button')}</Button>
      </PostForm>
    </section>
  );
};

const Answered = ({ props }: { props: StatusProps }) => {
  const answered = (props.request.asks ?? []).filter(({ answeredAt }) => answeredAt);
  if (answered.length === 0) return null;
  return (
    <>
      <h2>{t(props.language)('status.answered-question')}</h2>
      {answered.map(({ question, answer }) => (
        <>
          <blockquote>
            <Typed>{question}</Typed>
          </blockquote>
          <p>
            <Typed>{answer}</Typed>
          </p>
        </>
      ))}
    </>
  );
};

const Asked = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { person, receivedAt, reference, authority } = props.request;
  const other = person.onBehalfOf
    ? [{ key: text('status.behalf'), value: <Typed>{person.onBehalfOf.name}</Typed> }]
    : [];
  const to = authority ? [{ key: text('status.answer-to'), value: masked(answerAddress(props.request)) }] : [];
  return (
    <SummaryList
      rows={[
        { key: text('status.reference'), value: <Reference>{reference}</Reference> },
        { key: text('status.received'), value: <DateText when={receivedAt} frame={props} /> },
        { key: text('you.email'), value: masked(person.email) },
        ...other,
        ...to,
      ]}
    />
  );
};

const Withdraw = ({ props }: { props: StatusProps }) => {
  const form = formOf(props, 'withdraw');
  const { text } = form;
  const { status } = props.request;
  if (isOver(status) || status === 'DELIVERED') return null;
  return (
    <Disclosure title={text('status.withdraw')} open={form.errors.has('last4')}>
      <p>{text('status.withdraw-lead')}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <LastFour form={form} />
        <Button action="withdraw" look="danger">
          {text('status.withdraw-button')}
        </Button>
      </PostForm>
    </Disclosure>
  );
};

const SendLink = ({ props }: { props: StatusProps }) => {
  const form = formOf(props, 'send-link');
  const { text } = form;
  const { links = 0 } = props.request;
  if (!isFetchable(props.request, props.now)) return null;
  return (
    <Disclosure title={text('status.link')} open={form.errors.has('last4')}>
      {links > 0 && <p>{counted(props.language, 'status.link-sent', links)}</p>}
      {mayAskForLink(props.request, props.now) ? (
        <>
          <p>{text('status.link-lead', { address: masked(answerAddress(props.request)) })}</p>
          <PostForm to={inLanguage(props, props.path)}>
            <LastFour form={form} />
            <Button action="send-link">{text('status.link-button')}</Button>
          </PostForm>
        </>
      ) : (
        <p>{text('status.link-no-more', { email: props.config.organisation.email })}</p>
      )}
    </Disclosure>
  );
};

const Complain = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { name, url } = complaintBody(props.config.country);
  const { email } = props.config.dpo;
  return (
    <>
      <h2>{text('status.complain')}</h2>
      <p>{text('status.complain-us', { email })}</p>
      <p>
        {text('status.complain-authority')} <Link to={url}>{name}</Link>
      </p>
    </>
  );
};

/** What opens the systems that a mailbox does not, or that they were opened. */
const MoreProof = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { proof, organisation } = props.config;
  const { email } = organisation;
  const { reference, secondProof, status } = props.request;
  if (secondProof && !isOver(status)) return <p>{text('status.proven')}</p>;
  if (!props.wantsProof) return null;
  return (
    <Notice title={text('status.more-proof')}>
      <p>
        {proof ? text('status.sign-in-lead', { name: proof.name, email }) : text('status.more-proof-lead', { email })}
      </p>
      {proof && (
        <p class="actions">
          <ButtonLink to={inLanguage(props, `/request/${reference}/proof`)}>
            {text('proof.sign-in', { name: proof.name })}
          </ButtonLink>
        </p>
      )}
    </Notice>
  );
};

/** Where a request stands, in the person's words: no system's name, no error, nobody's name but their own. */
export const statusPage = ({ request, rights, wrong, wantsProof, now, ...frame }: StatusProps): string => {
  const props = { request, rights, wrong, wantsProof, now, ...frame };
  const text = t(frame.language);
  const title = text('status.title', { reference: request.reference });
  return page({
    frame,
    title,
    wrong: wrong !== undefined,
    children: (
      <>
        <ErrorSummary form={formOf(props, wrong?.form ?? 'answer')} />
        <h1>
          {text('status.heading')} <Reference>{request.reference}</Reference>
        </h1>
        <Headline props={props} />
        <Overdue props={props} />
        <SentParts props={props} />
        <SendLink props={props} />
        <Question props={props} />
        {request.status === 'AWAITING_PROOF' && (
          <Notice look="warning" title={text('status.prove')}>
            <p>{text('status.prove-lead')}</p>
          </Notice>
        )}
        <MoreProof props={props} />
        <Steps props={props} />
        <h2>{text('status.rights')}</h2>
        <ul class="rights">
          {rights.map((record) => (
            <RightState record={record} props={props} />
          ))}
        </ul>
        <h2>{text('status.asked')}</h2>
        <Asked props={props} />
        <Answered props={props} />
        <Complain props={props} />
        <Withdraw props={props} />
      </>
    ),
  });
};
