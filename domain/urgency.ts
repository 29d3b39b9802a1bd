import { type Alarm, alarmKey } from './alarms.ts';
import { type Case, isOver, type RightRecord } from './request.ts';

type Dated = Pick<Case, 'request' | 'rights'>;

const firstAlarm = ({ deadline }: RightRecord): string => deadline.alarms[0]?.at ?? '';

/** The right that must be answered first: of those not answered yet, the one whose alarms come first. */
export const mostUrgent = (records: readonly RightRecord[]): RightRecord | undefined =>
  records
    .filter(({ status }) => !isOver(status) && status !== 'DELIVERED')
    .toSorted((a, b) => firstAlarm(a).localeCompare(firstAlarm(b), 'en'))[0];

/** Alarms of the most urgent right that nobody has raised yet, in order. */
export const openAlarms = ({ request, rights }: Dated): Alarm[] =>
  (mostUrgent(rights)?.deadline.alarms ?? []).filter((alarm) => !request.raised?.includes(alarmKey(alarm)));

const day = 86_400_000;

/** When the watchdog looks again: at the next alarm, and at most a day ahead, so that an open request never drops out of its sight. */
export const nextLook = (held: Dated, now: Date): string => {
  const tomorrow = new Date(now.getTime() + day).toISOString();
  const alarm = openAlarms(held)[0]?.at ?? tomorrow;
  return alarm < tomorrow ? alarm : tomorrow;
};
