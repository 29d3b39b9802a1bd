import { addressNotes } from '../../domain/address.ts';
import type { DataMap } from '../../domain/data-map.ts';
import type { Decider } from '../../domain/deciders.ts';
import { undoableUntil } from '../../domain/decision.ts';
import { owedBy } from '../../domain/gathering.ts';
import { lastEnd } from '../../domain/package.ts';
import { dataSubject, lacksAuthority } from '../../domain/representation.ts';
import { answerCameBack, type Case, isOver, refusesRest, rights, type Status } from '../../domain/request.ts';
import { isPartlySent } from '../../domain/supplement.ts';
import { DateText, Notice, Reference, SummaryList, Table, Tag, Typed } from '../components.tsx';
import { ErrorSummary } from '../fields.tsx';
import { list } from '../format.ts';
import type { Frame } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../staff-text.ts';
import { counted, type Text, type TextKey, t } from '../staff-text.ts';
import { Behalf } from './staff-behalf.tsx';
import { byInWords, ForgetBrowsers, Lapsed, MovedOn, Proposed } from './staff-decider.tsx';
import { AskAgainForm, DecideForm, MakeAnewForm, StartForm, StuckForm, titlesOf, UndoForm } from './staff-forms.tsx';
import { HandOut } from './staff-hand-out.tsx';
import { Conflicts, HandedTo, HandOver } from './staff-hand-over.tsx';
import { HeldBack } from './staff-held-back.tsx';
import { LegalNotes } from './staff-legal.tsx';
import { statusLooks } from './staff-looks.ts';
import { SecondProof } from './staff-proof.tsx';
import { EndWithout, GoOn, Rest, SentParts } from './staff-rest.tsx';
import { Systems, WhyFailed } from './staff-systems.tsx';
import { Rights, TimeLimit, Why } from './staff-time.tsx';
import { Timeline, type Told } from './staff-timeline.tsx';
import { UndeliveredForm } from './staff-undelivered.tsx';

/** `field` is the field's name in the form that was sent. */
export interface StaffProblem {
  readonly field: string;
  readonly problem:
    | 'last4'
    | 'reason'
    | 'too-long'
    | 'choose'
    | 'incomplete'
    | 'ground'
    | 'ground-hand-over'
    | 'extend'
    | 'extend-which'
    | 'kind'
    | 'question'
    | 'answer'
    | 'system'
    | 'deal'
    | 'person'
    | 'authority'
    | 'how-seen'
    | 'email'
    | 'answer-to'
    | 'to'
    | 'code'
    | 'code-gone'
    | 'codes-many'
    | 'same-person'
    | 'conflict'
    | 'way'
    | 'looked'
    | 'again';
  /** Of which systems it is told. */
  readonly systems?: readonly string[];
}

export interface StaffProps extends Frame, Case {
  readonly map: DataMap;
  /** Which day it is decides what may still be done. */
  readonly now: Date;
  readonly timeline: readonly Told[];
  readonly problems: readonly StaffProblem[];
  /** What was typed, when the page comes back with problems. */
  readonly typed: Readonly<Record<string, string>>;
  /** Everybody who may decide. */
  readonly people: readonly Decider[];
  /** Who has the case. */
  readonly handler?: Decider | undefined;
  /** Who this browser decides as. */
  readonly known?: Decider | undefined;
  /** To whom a code was just mailed. */
  readonly sent?: Decider;
  /** What was sent came too late. */
  readonly moved?: boolean;
  /** Systems that were ticked as looked at, and as looked at again. */
  readonly looked?: readonly string[];
  readonly again?: readonly string[];
}

/** One of the page's forms; only the one that was sent has values and errors. */
const formOf = (props: StaffProps, name: string): Form => {
  const text = t(props.language);
  const sent = props.typed.action === name;
  // A form that asks the same of several rights says of which.
  const sentence = ({ field, problem, systems = [] }: StaffProblem) => {
    const right = rights.find((each) => /^(outcome|ground|reason|done)-/.test(field) && field.endsWith(`-${each}`));
    const said = text(`staff.problem-${problem}` as TextKey, {
      systems: list(titlesOf(props, systems), props.language),
    });
    return right ? `${text(`right.${right}`)}: ${said}` : said;
  };
  return {
    text,
    name,
    values: new Map(
      sent
        ? [
            ...Object.entries(props.typed).map(([field, value]) => [field, [value]] as const),
            ['looked', props.looked ?? []],
            ['again', props.again ?? []],
          ]
        : [],
    ),
    errors: new Map(sent ? props.problems.map((each) => [each.field, sentence(each)]) : []),
  };
};

const personRows = (props: StaffProps, text: Text) => {
  const { person, receivedAt, proof, language } = props.request;
  const { name, email, customerNumber, alsoKnownAs } = dataSubject(props.request);
  const typed = (key: TextKey, value: string | undefined) =>
    value ? [{ key: text(key), value: <Typed>{value}</Typed> }] : [];
  const sender = person.onBehalfOf
    ? [...typed('staff.sender', person.name), ...typed('staff.sender-email', person.email)]
    : [];
  return [
    ...sender,
    ...typed('owner.person-name', name),
    ...typed('owner.person-email', email),
    ...typed('owner.person-number', customerNumber),
    ...typed('owner.person-known-as', alsoKnownAs),
    { key: text('staff.received'), value: <DateText when={receivedAt} frame={props} time /> },
    {
      key: text('staff.proof'),
      value: proof ? (
        <>
          {text('staff.proof-mailbox')} <DateText when={proof.at} frame={props} time />
        </>
      ) : (
        text('staff.proof-none')
      ),
    },
    { key: text('staff.answer-language'), value: t(language)('layout.language-name') },
  ];
};

const AboutAddress = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { shared, looksLike } = addressNotes(props.request.person.email);
  return (
    <>
      {looksLike && (
        <Notice look="warning" title={text('staff.address-signs')}>
          <p>{text('staff.address-signs-lead', { domain: looksLike })}</p>
        </Notice>
      )}
      {shared && (
        <Notice look="warning" title={text('staff.address-shared')}>
          <p>{text('staff.address-shared-lead')}</p>
        </Notice>
      )}
    </>
  );
};

const Person = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { details } = props.request.person;
  return (
    <section>
      <h2>{text('staff.person')}</h2>
      <AboutAddress props={props} text={text} />
      <Behalf props={props} text={text} />
      <SummaryList rows={personRows(props, text)} />
      {details && (
        <>
          <h3>{text('staff.details')}</h3>
          <blockquote>
            <Typed>{details}</Typed>
          </blockquote>
        </>
      )}
    </section>
  );
};

const Fetched = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { deliveredAt, downloads, sent = [] } = props.request;
  const end = lastEnd(props.request);
  if ((!deliveredAt && sent.length === 0) || (!end && downloads === 0)) return null;
  const until = end ? [{ key: text('staff.fetch-until'), value: <DateText when={end} frame={props} /> }] : [];
  const fetched = { key: text('staff.fetched'), value: counted(props.language, 'download.times', downloads) };
  return <SummaryList rows={[fetched, ...until]} />;
};

const Outcome = ({ props, text }: { props: StaffProps; text: Text }) => {
  const decided = props.rights.flatMap((record) =>
    record.decision ? [{ right: record.right, rest: refusesRest(record), ...record.decision }] : [],
  );
  if (decided.length === 0) return null;
  const said = ({ reason, incomplete }: (typeof decided)[number]) =>
    [reason, incomplete].filter(Boolean).map((each) => <Typed>{each}</Typed>);
  return (
    <section>
      <h2>{text('staff.outcome')}</h2>
      <Table
        caption={text('staff.outcome-caption')}
        heads={[text('staff.right'), text('staff.decision'), text('staff.decided'), text('staff.said')]}
        rows={decided.map((each) => [
          text(`right.${each.right}`),
          <>
            <Tag look={each.outcome === 'approve' ? 'good' : 'warning'}>
              {text(each.rest ? 'status.rest-refused' : `status.${each.outcome}`)}
            </Tag>{' '}
            {each.ground && text(`staff.refusal-${each.ground}`)}
          </>,
          <>
            <DateText when={each.at} frame={props} time />, {byInWords(text, each)}
          </>,
          said(each).length > 0 ? said(each) : text('staff.nothing-said'),
        ])}
      />
      <Fetched props={props} text={text} />
    </section>
  );
};

const Stuck = ({ props, form }: { props: StaffProps; form: Form }) => {
  const { text } = form;
  const { needsPerson } = props.request;
  if (!needsPerson || isOver(props.request.status)) return null;
  const { at, step, error } = needsPerson;
  return (
    <Notice look="error" title={text('staff.stuck')}>
      <p>
        {text('staff.stuck-step', { step: text(`staff.step-${step}`) })} <DateText when={at} frame={props} time />.
      </p>
      <p>
        <WhyFailed code={error} text={text} />
      </p>
      <StuckForm props={props} form={form} />
    </Notice>
  );
};

const waits: Readonly<Partial<Record<Status, TextKey>>> = {
  RECEIVED: 'staff.waits-proof',
  AWAITING_PROOF: 'staff.waits-proof',
  GATHERING: 'staff.waits-gathering',
  APPROVED: 'staff.waits-delivery',
};

/** What the page's form is for: a link on top leads to it. */
const toDo: Readonly<Partial<Record<Status, TextKey>>> = { VERIFIED: 'staff.start', REVIEW: 'staff.decide' };

/** A part is sent, and nothing has come since that could be decided on. */
const restOnly = ({ request, rights }: StaffProps): boolean =>
  request.status === 'REVIEW' && !request.manifest && isPartlySent({ request, rights });

const StatusTag = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { status } = props.request;
  if (restOnly(props)) return <Tag look="warning">{text('staff.partly')}</Tag>;
  return <Tag look={statusLooks[status] ?? 'info'}>{text(`staff.${status}`)}</Tag>;
};

/** What the DPO has to do now, or what the request waits for. */
const ToDo = ({ props }: { props: StaffProps }) => {
  const text = t(props.language);
  const { status, manifest } = props.request;
  if (restOnly(props)) return <Rest props={props} text={text} />;
  if (status === 'VERIFIED') {
    const start = formOf(props, lacksAuthority(props.request) ? 'start-for' : 'start');
    return <StartForm props={props} start={start} refuse={formOf(props, 'refuse')} />;
  }
  if (status === 'REVIEW' && manifest?.stale) return <MakeAnewForm props={props} form={formOf(props, 'make-anew')} />;
  if (status === 'REVIEW') {
    return (
      <>
        <Proposed props={props} form={formOf(props, 'agree')} />
        <DecideForm props={props} form={formOf(props, 'decide')} />
      </>
    );
  }
  if (undoableUntil(props.request, props.now)) return <UndoForm props={props} form={formOf(props, 'undo')} />;
  // The task on top says that the answer came back.
  if (answerCameBack(props.request)) return null;
  const key = owedBy(props).length > 0 ? 'staff.waits-owners' : waits[status];
  return key ? (
    <Notice>
      <p>{text(key)}</p>
    </Notice>
  ) : null;
};

/** The DPO's page of one request: the person, the time limit, what each system gave, what to do, and all that happened. */
export const staffPage = (props: StaffProps): string => {
  const text = t(props.language);
  const { reference, status } = props.request;
  const stuck = formOf(props, 'try-again');
  const sent = formOf(props, props.typed.action ?? '');
  return page({
    frame: props,
    title: text('status.title', { reference }),
    wrong: sent.errors.size > 0,
    wide: true,
    children: (
      <>
        <ErrorSummary form={sent} />
        <p class="caption">{text('staff.caption')}</p>
        <h1>
          <Reference>{reference}</Reference> <StatusTag props={props} text={text} />
        </h1>
        <MovedOn props={props} text={text} />
        <Stuck props={props} form={stuck} />
        <UndeliveredForm props={props} form={formOf(props, 'undelivered')} />
        {toDo[status] && (
          <p>
            <a href="#todo">{text(restOnly(props) ? 'staff.rest' : toDo[status])}</a>
          </p>
        )}
        <HandedTo props={props} text={text} />
        <Conflicts props={props} text={text} />
        <Lapsed props={props} text={text} />
        <Rights props={props} text={text} />
        <Why records={props.rights} language={props.language} />
        <Person props={props} text={text} />
        <Systems props={props} text={text} />
        <AskAgainForm props={props} form={formOf(props, 'ask-again')} />
        <SecondProof props={props} propose={formOf(props, 'manual-proof')} confirm={formOf(props, 'confirm-proof')} />
        <HeldBack props={props} text={text} />
        <ToDo props={props} />
        <GoOn props={props} form={formOf(props, 'go-on')} />
        <HandOver props={props} form={formOf(props, 'hand-over')} />
        <EndWithout props={props} form={formOf(props, 'end-without')} />
        <TimeLimit props={props} formOf={(action) => formOf(props, action)} />
        <HandOut props={props} form={formOf(props, 'hand-out')} />
        <LegalNotes props={props} text={text} />
        <SentParts props={props} text={text} />
        <Outcome props={props} text={text} />
        <Timeline props={props} text={text} />
        <ForgetBrowsers props={props} text={text} />
      </>
    ),
  });
};
