import { type Alarm, alarmKey } from './alarms.ts';
import { type Alert, actor, type Change, type MailDraft } from './change.ts';
import { openProposal } from './four-eyes.ts';
import { inForce, isOpen } from './gathering.ts';
import { needsPerson, takeOver } from './recovery.ts';
import { answerCameBack, type Case, type Extension, isOver, type Request } from './request.ts';
import { mostUrgent, nextLook, openAlarms } from './urgency.ts';

const hour = 3_600_000;

/** Whether the workflow, and no person, has the next move. */
const machineMoves = (held: Case): boolean => {
  const { request } = held;
  if (request.needsPerson || answerCameBack(request)) return false;
  if (request.status === 'RECEIVED' || request.status === 'APPROVED') return true;
  if (request.status === 'VERIFIED') return !request.startAskedAt;
  const asked = request.unawaited !== request.round && inForce(held).some(isOpen);
  return request.status === 'GATHERING' && !asked;
};

const quietFor = ({ segment }: Request, now: Date): number => now.getTime() - Date.parse(segment.at);

/** Whether the workflow should have moved this request on for an hour, and did not: its execution wants a look. */
export const isQuiet = (held: Case, now: Date): boolean =>
  !isOver(held.request.status) && machineMoves(held) && quietFor(held.request, now) > hour;

/** Whether the time has come to look at an open request. */
export const isDue = ({ status, nextActionAt }: Request, now: Date): boolean =>
  !isOver(status) && nextActionAt !== undefined && nextActionAt <= now.toISOString();

const alert = ({ reference }: Request, about: Alert['about'], key: string, date?: string): Alert => ({
  key,
  about,
  reference,
  ...(date ? { date } : {}),
});

const alarmed = (held: Case, alarm: Alarm): Alert => {
  const due = mostUrgent(held.rights)?.deadline.due;
  const told = alert(held.request, alarm.threshold, alarmKey(alarm), alarm.date);
  return due && due !== alarm.date ? { ...told, due } : told;
};

/** Who hears that time runs out: those whose yes is missing, and else whoever has the case. */
const nextMovers = (held: Case): MailDraft['to'][] => {
  const asked = openProposal(held)?.asked ?? [];
  return asked.length > 0 ? asked.map((key) => `dpo:${key}` as const) : ['dpo'];
};

/** Says once, on both channels, that time runs out. The request stays as it is: nothing is cancelled, closed or decided. */
const raise = (held: Case, passed: readonly Alarm[], now: Date): Change => {
  const raised = [...(held.request.raised ?? []), ...passed.map(alarmKey)];
  const request = { ...held.request, raised };
  return {
    request: { ...request, nextActionAt: nextLook({ ...held, request }, now) },
    mails: passed.flatMap((alarm) =>
      nextMovers(held).map((to) => ({ template: 'time-limit', to, cause: alarmKey(alarm), about: alarm.threshold })),
    ),
    alerts: passed.map((alarm) => alarmed(held, alarm)),
    audit: actor('watchdog', 'ESCALATED', { thresholds: passed.map(alarmKey).join(' ') }),
  };
};

/** A step that moved for nobody: started again from the record when its execution is gone, shown to the DPO when it hangs for a day. */
const resume = (held: Case, running: boolean, now: Date): Change | undefined => {
  const { segment } = held.request;
  if (!running) {
    const later = new Date(now.getTime() + hour).toISOString();
    const change = takeOver({ ...held, request: { ...held.request, nextActionAt: later } }, now);
    return { ...change, alerts: [alert(held.request, 'taken-over', `taken-over@${segment.n}`)] };
  }
  if (quietFor(held.request, now) <= 24 * hour) return undefined;
  const change = needsPerson(held, segment.step, 'NoProgress', now);
  return change && { ...change, alerts: [alert(held.request, 'no-progress', `no-progress@${segment.n}`)] };
};

/** What the watchdog saw outside the record before it decides. */
export interface Seen {
  /** Whether the request's execution runs. */
  readonly running: boolean;
  /** Whether SES took the notice of an extension. */
  readonly noticed: boolean;
}

const noticeKey = 'notice-unsent';

/** Extensions whose notice must have gone out by tomorrow: without it in the first month there is no extension (Art. 12(3)). */
export const noticesDue = ({ rights, request }: Case, now: Date): Extension[] => {
  const tomorrow = new Date(now.getTime() + 24 * hour).toISOString().slice(0, 10);
  if (request.raised?.includes(noticeKey)) return [];
  return rights.flatMap(({ extension, deadline }) =>
    extension && deadline.firstMonthEnd <= tomorrow ? extension : [],
  );
};

const noticeUnsent = (held: Case, now: Date): Change => {
  const request = { ...held.request, raised: [...(held.request.raised ?? []), noticeKey] };
  const date = held.rights.find(({ extension }) => extension)?.deadline.firstMonthEnd;
  return {
    request: { ...request, nextActionAt: nextLook({ ...held, request }, now) },
    alerts: [alert(request, 'notice-unsent', noticeKey, date)],
    audit: actor('watchdog', 'ESCALATED', { thresholds: noticeKey }),
  };
};

/**
 * What the watchdog does about an open request whose time has come: alarms of the time limit first, a step that does not move,
 * an extension nobody was told of next. It never cancels, closes or decides (security.md 1.8), and where it has nothing to say the
 * record stays as it is: undefined.
 */
export const watch = (held: Case, { running, noticed }: Seen, now: Date): Change | undefined => {
  const { request } = held;
  if (!isDue(request, now)) return undefined;
  const passed = openAlarms(held).filter(({ at }) => at <= now.toISOString());
  if (passed.length > 0) return raise(held, passed, now);
  if (!noticed && noticesDue(held, now).length > 0) return noticeUnsent(held, now);
  return isQuiet(held, now) ? resume(held, running, now) : undefined;
};

/** When a request about which there is nothing to say is looked at again. */
export const lookAgain = (held: Case, now: Date): string => nextLook(held, now, !machineMoves(held));
