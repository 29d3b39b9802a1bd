import { type Alarm, alarmKey } from './alarms.ts';
import {
  type Ask,
  answerCameBack,
  type Case,
  isAnswered,
  type Request,
  type Right,
  type RightRecord,
} from './request.ts';

type Dated = Pick<Case, 'request' | 'rights'>;

const firstAlarm = ({ deadline }: RightRecord): string => deadline.alarms[0]?.at ?? '';

/** The right that must be answered first: of those not answered yet, the one whose alarms come first. */
export const mostUrgent = (records: readonly RightRecord[]): RightRecord | undefined =>
  records
    .filter(({ status }) => !isAnswered(status))
    .toSorted((a, b) => firstAlarm(a).localeCompare(firstAlarm(b), 'en'))[0];

/** Alarms of the most urgent right that nobody has raised yet, in order. */
export const openAlarms = ({ request, rights }: Dated): Alarm[] =>
  (mostUrgent(rights)?.deadline.alarms ?? []).filter((alarm) => !request.raised?.includes(alarmKey(alarm)));

/** The rights whose time limit may still be extended on a local day (YYYY-MM-DD): unanswered, never extended, in the first month (Art. 12(3)). */
export const extendable = (records: readonly RightRecord[], today: string): Right[] =>
  records
    .filter(({ status, extension, deadline }) => !isAnswered(status) && !extension && today <= deadline.firstMonthEnd)
    .map(({ right }) => right);

/** What the person was asked and has not answered. */
export const openAsk = ({ asks = [] }: Pick<Request, 'asks'>): Ask | undefined =>
  asks.find(({ answeredAt }) => !answeredAt);

const hour = 3_600_000;

/** Whether a person has the next move: nothing can get stuck before the next alarm then. */
export const waitsForPerson = (request: Request): boolean => {
  const { status, needsPerson, startAskedAt } = request;
  if (
    needsPerson ||
    answerCameBack(request) ||
    status === 'AWAITING_PROOF' ||
    status === 'REVIEW' ||
    status === 'DELIVERED'
  )
    return true;
  return status === 'VERIFIED' && startAskedAt !== undefined;
};

/** The day before the first month ends, when the notice of an extension must be out. */
const noticeLooks = ({ rights }: Dated, now: Date): string[] =>
  rights
    .filter(({ extension }) => extension)
    .map(({ deadline }) => new Date(Date.parse(deadline.firstMonthEnd) - 24 * hour).toISOString())
    .filter((at) => at > now.toISOString());

/**
 * When the watchdog looks again. A request that waits for a person waits for a known date, the next alarm; once all are raised it is
 * looked at daily until somebody acts. One that the workflow should move is looked at after an hour (decisions.md 9).
 */
export const nextLook = (held: Dated, now: Date, waits = waitsForPerson(held.request)): string => {
  const alarm = [...openAlarms(held).map(({ at }) => at), ...noticeLooks(held, now)].sort()[0];
  if (waits && alarm !== undefined) return alarm;
  const later = new Date(now.getTime() + (waits ? 24 : 1) * hour).toISOString();
  return alarm !== undefined && alarm < later ? alarm : later;
};
