import { complaintBody } from '../../domain/complaint-bodies.ts';
import { maxLinks } from '../../domain/delivery.ts';
import { masked } from '../../domain/identity.ts';
import { lastEnd } from '../../domain/package.ts';
import { type Case, isOver, type RightRecord, type Status } from '../../domain/request.ts';
import { isPartlySent } from '../../domain/supplement.ts';
import { openAsk } from '../../domain/urgency.ts';
import {
  Button,
  ButtonLink,
  DateText,
  Disclosure,
  Link,
  Notice,
  Reference,
  SummaryList,
  Tag,
  TaskList,
  type TaskState,
  Typed,
} from '../components.tsx';
import { ErrorSummary, PostForm, TextArea, TextField } from '../fields.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../person-text.ts';
import { counted, type Text, t } from '../person-text.ts';

export type StatusProps = Frame &
  Pick<Case, 'request' | 'rights'> & {
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

const steps = ['received', 'proven', 'gathering', 'review', 'ready'] as const;

/** Which of the steps a request stands at; 5 when all are done. */
const stepOf: Readonly<Record<Status, number>> = {
  RECEIVED: 1,
  AWAITING_PROOF: 1,
  VERIFIED: 2,
  GATHERING: 2,
  REVIEW: 3,
  APPROVED: 3,
  DELIVERED: 5,
  CLOSED: 5,
  REFUSED: 5,
  WITHDRAWN: 0,
  UNVERIFIED_CLOSED: 0,
};

const stateAt = (step: number, at: number): TaskState => (step < at ? 'done' : step === at ? 'now' : 'later');

const Steps = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const at = stepOf[props.request.status];
  if (at === 0) return null;
  const waits = at === 1 ? 'status.step-you' : 'status.step-now';
  const words = { done: 'status.step-done', now: waits, later: 'status.step-later' } as const;
  return (
    <>
      <h2>{text('status.steps')}</h2>
      <TaskList
        tasks={steps.map((step, n) => {
          const state = stateAt(n, at);
          return { name: text(`status.step-${step}`), state, word: text(words[state]) };
        })}
      />
    </>
  );
};

const answerBy = (rights: readonly RightRecord[]): string | undefined =>
  rights
    .filter(({ status }) => !isOver(status) && status !== 'DELIVERED')
    .map(({ deadline }) => deadline.strictDate)
    .sort()[0];

/** Until the answer is sent there is one more thing to say than the state: by when it comes. */
const Headline = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { status } = props.request;
  const until = lastEnd(props.request);
  const by = answerBy(props.rights);
  const partly = isPartlySent(props);
  const key = status === 'DELIVERED' && !until ? 'status.answered' : (`status.${status}` as const);
  const open = !isOver(status) && status !== 'DELIVERED';
  return (
    <div class="headline">
      <p class="headline-state">{text(partly ? 'status.partly' : key)}</p>
      {open && by && (
        <p>
          {text(partly ? 'status.partly-by' : 'status.answer-by')}{' '}
          <strong>
            <DateText when={by} frame={props} />
          </strong>
          .
        </p>
      )}
      {(status === 'DELIVERED' || partly) && until && (
        <p>
          {text('status.fetch-until')} <DateText when={until} frame={props} />.
        </p>
      )}
    </div>
  );
};

const looks = { approve: 'good', refuse: 'warning' } as const;

/** What is with the person already, and why the rest is not. */
const SentParts = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { sent = [] } = props.request;
  if (!isPartlySent(props)) return null;
  return sent.map(({ at, reason }) => (
    <p>
      {text('status.partly-sent')} <DateText when={at} frame={props} />. {text('status.partly-why')}{' '}
      <Typed>{reason}</Typed>
    </p>
  ));
};

/** A right that was decided is told only when its answer was sent: until then the decision may not be complete. */
const RightState = ({ record, props }: { record: RightRecord; props: StatusProps }) => {
  const text = t(props.language);
  const { right, decision, status } = record;
  // Until then even a refusal may be taken back.
  const told = decision && props.request.status !== 'APPROVED' ? decision : undefined;
  const open = !isOver(status) && status !== 'DELIVERED' && props.rights.length > 1;
  return (
    <li>
      <h3>{text(`want.${right}`)}</h3>
      <p>
        {told ? (
          <Tag look={looks[told.outcome]}>
            {text(told.outcome === 'refuse' && status !== 'REFUSED' ? 'status.rest-refused' : `status.${told.outcome}`)}
          </Tag>
        ) : (
          <Tag look="info">{text(isOver(status) ? 'status.over' : 'status.working')}</Tag>
        )}
      </p>
      {record.extension && !isOver(status) && (
        <p>
          {text('status.extended')} <Typed>{record.extension.reason}</Typed>
        </p>
      )}
      {open && (
        <p>
          {text('status.answer-by')} <DateText when={record.deadline.strictDate} frame={props} />.
        </p>
      )}
      {told?.reason && (
        <p>
          {text('status.reason')} <Typed>{told.reason}</Typed>
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

/** The DPO's question, which stands here and in no mail, and where to answer it. */
const Question = ({ props }: { props: StatusProps }) => {
  const form = formOf(props, 'answer');
  const { text } = form;
  const open = openAsk(props.request);
  if (!open || isOver(props.request.status)) return null;
  return (
    <section class="todo">
      <h2>{text('status.question')}</h2>
      <p>{text(`status.question-${open.kind}`)}</p>
      <blockquote>
        <Typed>{open.question}</Typed>
      </blockquote>
      {open.suspends && <p>{text('status.question-suspends')}</p>}
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
  const { person, receivedAt, reference } = props.request;
  const other = person.onBehalfOf
    ? [{ key: text('status.behalf'), value: <Typed>{person.onBehalfOf.name}</Typed> }]
    : [];
  return (
    <SummaryList
      rows={[
        { key: text('status.reference'), value: <Reference>{reference}</Reference> },
        { key: text('status.received'), value: <DateText when={receivedAt} frame={props} /> },
        { key: text('you.email'), value: masked(person.email) },
        ...other,
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
        <TextField form={form} field="last4" label={text('last4.label')} hint={text('last4.hint')} width="short" />
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
  const { links = 0, status } = props.request;
  if (!lastEnd(props.request) || (status !== 'DELIVERED' && !isPartlySent(props))) return null;
  return (
    <Disclosure title={text('status.link')} open={form.errors.has('last4')}>
      {links > 0 && <p>{counted(props.language, 'status.link-sent', links)}</p>}
      {links < maxLinks ? (
        <>
          <p>{text('status.link-lead', { address: masked(props.request.person.email) })}</p>
          <PostForm to={inLanguage(props, props.path)}>
            <TextField form={form} field="last4" label={text('last4.label')} hint={text('last4.hint')} width="short" />
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
  const { email } = props.config.organisation;
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
export const statusPage = ({ request, rights, wrong, wantsProof, ...frame }: StatusProps): string => {
  const props = { request, rights, wrong, wantsProof, ...frame };
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
