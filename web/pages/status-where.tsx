import { complaintBody } from '../../domain/complaint-bodies.ts';
import { isUntold } from '../../domain/decision.ts';
import { isFetchable } from '../../domain/delivery.ts';
import { lastEnd } from '../../domain/package.ts';
import { suspendedBy } from '../../domain/question.ts';
import { goesElsewhere } from '../../domain/representation.ts';
import { isAnswered, isOver, type Request, type RightRecord, type Status } from '../../domain/request.ts';
import { isPartlySent } from '../../domain/supplement.ts';
import { openAsk } from '../../domain/urgency.ts';
import { DateText, Link, Notice, TaskList, Typed } from '../components.tsx';
import { dayIn } from '../format.ts';
import { t } from '../person-text.ts';
import type { StatusProps } from './status.tsx';

const steps = ['received', 'proven', 'gathering', 'review', 'ready'] as const;

/** Which of the steps a request stands at; 5 when all are done. */
const stepAt: Readonly<Record<Exclude<Status, 'REFUSED'>, number>> = {
  RECEIVED: 1,
  AWAITING_PROOF: 1,
  VERIFIED: 2,
  GATHERING: 2,
  REVIEW: 3,
  APPROVED: 3,
  DELIVERED: 5,
  CLOSED: 5,
  WITHDRAWN: 0,
  UNVERIFIED_CLOSED: 0,
};

/** A request that is refused before it is started looks as it did until that stands. */
const shownStatus = ({ status, startedAt }: Request): Status =>
  status === 'APPROVED' && !startedAt ? 'VERIFIED' : status;

/** A refusal ends a request where it stands: what was not done by then never is. */
const stepOf = (request: Request): number => {
  const status = shownStatus(request);
  if (status !== 'REFUSED') return stepAt[status];
  return request.manifest ? 4 : 2;
};

export const Steps = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { status } = props.request;
  const at = stepOf(props.request);
  if (at === 0) return null;
  const waits = at === 1 ? 'status.step-you' : 'status.step-now';
  const stateOf = (n: number) => {
    if (n < at) return { state: 'done', word: text('status.step-done') } as const;
    if (status === 'REFUSED') return { state: 'later', word: text('status.step-never') } as const;
    if (n === at) return { state: 'now', word: text(waits) } as const;
    return { state: 'later', word: text('status.step-later') } as const;
  };
  return (
    <>
      <h2>{text('status.steps')}</h2>
      <TaskList tasks={steps.map((step, n) => ({ name: text(`status.step-${step}`), ...stateOf(n) }))} />
    </>
  );
};

/** Whether the person still waits for an answer about a right. */
export const isAwaited = (record: RightRecord, props: StatusProps): boolean =>
  isUntold(record, props.rights) || !isAnswered(record.status);

/** What is awaited, the first to be answered first. */
const awaited = (props: StatusProps): RightRecord[] =>
  props.rights
    .filter((record) => isAwaited(record, props))
    .sort((a, b) => a.deadline.strictDate.localeCompare(b.deadline.strictDate, 'en'));

/** Whether the day that the person was given is past. */
const isLate = ({ deadline }: RightRecord, { config, now }: StatusProps): boolean =>
  dayIn(config.timeZone, now) > deadline.strictDate;

/** While a question of ours lets its time limit stand still, nothing is said of a day that is past. */
const standsStill = ({ right }: RightRecord, props: StatusProps): boolean => {
  const ask = openAsk(props.request);
  return ask !== undefined && suspendedBy(props, ask, props.config.timeZone).waiting.includes(right);
};

interface ByProps {
  readonly record: RightRecord;
  readonly words: 'answer' | 'partly';
  readonly props: StatusProps;
}

/** By when an answer comes, in the words for all of it, the rest of it or one right. */
export const By = ({ record, words, props }: ByProps) => {
  const text = t(props.language);
  const late = isLate(record, props);
  if (late && standsStill(record, props)) return null;
  const date = <DateText when={record.deadline.strictDate} frame={props} />;
  return (
    <p>
      {text(late ? `status.${words}-was-by` : `status.${words}-by`)} <strong>{date}</strong>.
    </p>
  );
};

/** An answer that is late is told as late, with what the person can do about it. */
export const Overdue = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { config, request } = props;
  const late = awaited(props).find((record) => isLate(record, props) && !standsStill(record, props));
  if (!request.proof || !late || isOver(request.status)) return null;
  const { name, url } = complaintBody(config.country);
  return (
    <Notice look="warning" title={text('status.overdue')}>
      <By record={late} words={isPartlySent(props) ? 'partly' : 'answer'} props={props} />
      <p>{text('status.overdue-lead')}</p>
      <p>{text('status.overdue-us', { email: config.dpo.email })}</p>
      <p>
        {text('status.overdue-authority')} <Link to={url}>{name}</Link>. {text('status.overdue-court')}
      </p>
    </Notice>
  );
};

const stateOf = (request: Request) => {
  if (request.status !== 'DELIVERED') return `status.${shownStatus(request)}` as const;
  if (!lastEnd(request)) return 'status.answered';
  return goesElsewhere(request) ? 'status.elsewhere' : 'status.DELIVERED';
};

/** Until the answer is sent there is one more thing to say than the state: by when it comes. */
export const Headline = ({ props }: { props: StatusProps }) => {
  const text = t(props.language);
  const { status, handedOut } = props.request;
  const until = lastEnd(props.request);
  const [first] = awaited(props);
  const partly = isPartlySent(props);
  const isThere = (status === 'DELIVERED' || partly) && until && isFetchable(props.request, props.now);
  return (
    <div class="headline">
      <p class="headline-state">{text(partly ? 'status.partly' : stateOf(props.request))}</p>
      {!isOver(status) && first && !isLate(first, props) && (
        <By record={first} words={partly ? 'partly' : 'answer'} props={props} />
      )}
      {handedOut && (
        <p>
          {text(`status.handed-out-${handedOut.way}`)} <DateText when={handedOut.at} frame={props} />.
        </p>
      )}
      {isThere && goesElsewhere(props.request) && <p>{text('status.elsewhere-lead')}</p>}
      {isThere && !goesElsewhere(props.request) && !handedOut && (
        <p>
          {text('status.fetch-until')} <DateText when={until} frame={props} />.
        </p>
      )}
    </div>
  );
};

/** What is with the person already, and why the rest is not. */
export const SentParts = ({ props }: { props: StatusProps }) => {
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
