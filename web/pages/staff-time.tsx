import type { Language } from '../../domain/config.ts';
import { ifAnswered, suspendedBy } from '../../domain/question.ts';
import { type Ask, isOver, type Right, type RightRecord } from '../../domain/request.ts';
import { extendable, openAsk } from '../../domain/urgency.ts';
import { Button, DateText, Disclosure, InLanguage, Notice, rightsInWords, Table, Tag, Typed } from '../components.tsx';
import { deadlineWords } from '../deadline-words.ts';
import { LastFour, PostForm, Radios, TextArea } from '../fields.tsx';
import { capital, dayIn, longDate } from '../format.ts';
import { inLanguage } from '../frame.ts';
import type { Form } from '../staff-text.ts';
import { type Text, t } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { Closing } from './staff-decider.tsx';
import { statusLooks } from './staff-looks.ts';

interface Props {
  readonly props: StaffProps;
  readonly form: Form;
}

/** The dates of a right, each with its head; the last two where they differ from the law's last day. */
const dates = [
  ['strictDate', 'staff.strict'],
  ['due', 'staff.due'],
  ['dueWithoutSuspension', 'staff.due-plain'],
  ['refuseBy', 'staff.refuse-by'],
] as const;

/**
 * Every right with its state and its dates: what was promised, the law's last day, the one without any suspension, by which alarms may run,
 * and the last day to refuse.
 */
export const Rights = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { rights } = props;
  const shown = dates.filter(
    ([date]) =>
      date === 'strictDate' || date === 'due' || rights.some(({ deadline }) => deadline[date] !== deadline.due),
  );
  return (
    <>
      <Table
        caption={text('staff.rights')}
        heads={[text('staff.right'), text('staff.state'), ...shown.map(([, head]) => text(head))]}
        rows={rights.map(({ right, status, deadline, extension }) => [
          text(`right.${right}`),
          <>
            <Tag look={statusLooks[status] ?? 'info'}>{text(`staff.${status}`)}</Tag>{' '}
            {extension && <Tag look="info">{text('staff.extended')}</Tag>}
          </>,
          ...shown.map(([date]) => <DateText when={deadline[date]} frame={props} />),
        ])}
      />
      {shown.some(([date]) => date === 'dueWithoutSuspension') && <p class="soft">{text('staff.due-plain-why')}</p>}
    </>
  );
};

type Derived = RightRecord['deadline']['derivation'][number];

const Step = ({ step, language }: { step: Derived; language: Language }) =>
  typeof step === 'string' ? <InLanguage language="en">{step}</InLanguage> : deadlineWords(step, language);

/** The derivations, each once, with all the rights that have it: those that were treated alike have the same. */
export const Why = ({ records, language }: { records: readonly RightRecord[]; language: Language }) => {
  const text = t(language);
  const different = [...Map.groupBy(records, ({ deadline }) => JSON.stringify(deadline.derivation)).values()];
  return (
    <Disclosure title={text('staff.why')}>
      {different.map((alike) => (
        <>
          {different.length > 1 && (
            <h3>
              {capital(
                rightsInWords(
                  alike.map(({ right }) => right),
                  language,
                ),
              )}
            </h3>
          )}
          <ul>
            {alike[0]?.deadline.derivation.map((step) => (
              <li>
                <Step step={step} language={language} />
              </li>
            ))}
          </ul>
        </>
      ))}
    </Disclosure>
  );
};

const underWay = ({ request }: StaffProps): boolean => ['VERIFIED', 'GATHERING', 'REVIEW'].includes(request.status);

const ExtendForm = ({ props, form }: Props) => {
  const { text } = form;
  const open = extendable(props.rights, dayIn(props.config.timeZone, props.now));
  const grounds = (['complexity', 'number'] as const).map((value) => ({ value, label: text(`staff.ground-${value}`) }));
  const which = [
    { value: 'all', label: text('staff.extend-all') },
    ...open.map((right) => ({ value: right, label: text(`right.${right}`) })),
  ];
  return (
    <PostForm to={inLanguage(props, props.path)}>
      {open.length > 1 && <Radios form={form} field="extend" label={text('staff.extend-which')} options={which} />}
      <Radios form={form} field="ground" label={text('staff.ground')} options={grounds} />
      <TextArea form={form} field="reason" label={text('staff.reason')} hint={text('staff.extend-hint')} rows={4} />
      <Closing props={props} form={form} action="extend" label={text('staff.extend-button')} />
    </PostForm>
  );
};

/** More time: once, in the first month, with a reason (Art. 12(3)). Afterwards the page says why not. */
const Extend = ({ props, form }: Props) => {
  const { text } = form;
  const open = extendable(props.rights, dayIn(props.config.timeZone, props.now));
  const [first] = props.rights.filter(({ status, extension }) => !isOver(status) && !extension);
  if (open.length === 0 && !first) return null;
  const until = (props.rights.find(({ right }) => open.includes(right)) ?? first)?.deadline.firstMonthEnd ?? '';
  return (
    <Disclosure title={text('staff.extend')} open={form.errors.size > 0 || props.typed.action === 'extend'}>
      <p>
        {form.errors.has('extend') && open.length < 2 && (
          <span class="field-error" id="extend-extend">
            {form.errors.get('extend')}.{' '}
          </span>
        )}
        {text(open.length > 0 ? 'staff.extend-lead' : 'staff.extend-late')} <DateText when={until} frame={props} />.
      </p>
      {open.length > 0 && <ExtendForm props={props} form={form} />}
    </Disclosure>
  );
};

const named = (rights: readonly Right[], { language }: StaffProps) => ({ rights: rightsInWords(rights, language) });

/** Of somebody who asks for another person, it is the authority that is in doubt. */
const wordsFor = (kind: Ask['kind'], { request }: StaffProps) =>
  kind === 'identity' && request.person.onBehalfOf ? 'behalf.ask' : (`staff.ask-${kind}` as const);

/** Whose time limit a question of a kind would let stand still if it were asked now, and whose not; why, where it is nobody's. */
const clockOf = (kind: Ask['kind'], props: StaffProps): string => {
  const text = t(props.language);
  const ask = (each: Ask['kind']) =>
    suspendedBy(props, { kind: each, at: props.now.toISOString() }, props.config.timeZone);
  const { waiting, running } = ask(kind);
  if (waiting.length === 0)
    return text(ask('identity').waiting.length > 0 ? 'staff.ask-access-only' : 'staff.ask-late');
  const stands = text('staff.ask-suspends', named(waiting, props));
  return running.length > 0 ? `${stands} ${text('staff.ask-runs', named(running, props))}` : stands;
};

const AskForm = ({ props, form }: Props) => {
  const { text } = form;
  const kinds = (['identity', 'clarification'] as const).map((value) => ({
    value,
    label: text(wordsFor(value, props)),
    hint: `${text(`${wordsFor(value, props)}-hint`)} ${clockOf(value, props)}`,
  }));
  return (
    <Disclosure title={text('staff.ask')} open={form.errors.size > 0 || props.typed.action === 'ask'}>
      <PostForm to={inLanguage(props, props.path)}>
        <Radios form={form} field="kind" label={text('staff.ask-kind')} options={kinds} />
        <TextArea
          form={form}
          field="question"
          label={text('staff.question')}
          hint={text('staff.question-hint')}
          rows={4}
        />
        <Closing props={props} form={form} action="ask" label={text('staff.ask-button')} />
      </PostForm>
    </Disclosure>
  );
};

const NoteAnswer = ({ props, form }: Props) => (
  <Disclosure
    title={form.text('staff.note-answer')}
    open={form.errors.size > 0 || props.typed.action === 'note-answer'}
  >
    <PostForm to={inLanguage(props, props.path)}>
      <TextArea form={form} field="answer" label={form.text('staff.their-answer')} rows={4} />
      <Closing props={props} form={form} action="note-answer" label={form.text('staff.note-answer-button')} />
    </PostForm>
  </Disclosure>
);

const Questions = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { asks = [] } = props.request;
  if (asks.length === 0) return null;
  return (
    <Table
      caption={text('staff.conversation')}
      heads={[text('staff.asked-at'), text('staff.question'), text('staff.their-answer')]}
      rows={asks.map(({ at, question, answer, answeredAt }) => [
        <DateText when={dayIn(props.config.timeZone, new Date(at))} frame={props} />,
        <Typed>{question}</Typed>,
        answeredAt ? <Typed>{answer}</Typed> : <Tag look="warning">{text('staff.no-answer')}</Tag>,
      ])}
    />
  );
};

/** What an open question does to the time limits: whose stands still, by which date the alarms go, and which there will be. */
const Clock = ({ props, ask }: { props: StaffProps; ask: Ask }) => {
  const text = t(props.language);
  const { country, timeZone, suspensionPolicy: policy } = props.config;
  const { waiting, running } = suspendedBy(props, ask, timeZone);
  const day = (date: string): string => longDate(date, props.language, timeZone);
  const answered = ifAnswered(props, { country, timeZone, policy }, props.now);
  if (waiting.length === 0) return <p>{text('staff.not-suspended')}</p>;
  return (
    <>
      <p>
        {text('staff.suspended', named(waiting, props))}{' '}
        {running.length > 0 && text('staff.ask-runs', named(running, props))}
      </p>
      <ul>
        {answered
          .filter(({ right }) => waiting.includes(right))
          .map(({ right, deadline }) => (
            <li>
              {text('staff.suspended-dates', {
                right: text(`right.${right}`),
                due: day(deadline.dueWithoutSuspension),
                next: day(deadline.due),
              })}
            </li>
          ))}
      </ul>
    </>
  );
};

/** What the DPO can do about the time limit and with the person: extend, ask, note an answer, subscribe to all dates. */
export const TimeLimit = ({ props, formOf }: { props: StaffProps; formOf: (action: string) => Form }) => {
  const text = t(props.language);
  const open = openAsk(props.request);
  return (
    <section>
      <h2>{text('staff.time')}</h2>
      <Questions props={props} text={text} />
      {open && !isOver(props.request.status) && (
        <Notice look="info">
          <Clock props={props} ask={open} />
        </Notice>
      )}
      {underWay(props) && open && <NoteAnswer props={props} form={formOf('note-answer')} />}
      {underWay(props) && !open && <AskForm props={props} form={formOf('ask')} />}
      {underWay(props) && <Extend props={props} form={formOf('extend')} />}
      <Disclosure title={text('staff.calendar')} open={formOf('calendar').errors.size > 0}>
        <p>{text('staff.calendar-lead')}</p>
        <PostForm to={inLanguage(props, props.path)}>
          <LastFour form={formOf('calendar')} />
          <Button action="calendar" look="secondary">
            {text('staff.calendar-button')}
          </Button>
        </PostForm>
      </Disclosure>
    </section>
  );
};
