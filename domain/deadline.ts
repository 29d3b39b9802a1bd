import { type Alarm, alarmsOf } from './alarms.ts';
import { addDays, addMonths, startOfDay } from './calendar.ts';
import { checkFacts, type DeadlineFacts, InvalidDeadlineFacts, localDate } from './deadline-facts.ts';
import { type DeadlineStep, stepsOf } from './deadline-steps.ts';
import { countries, type HolidayCalendar, holidayCalendar } from './holidays.ts';
import { askedInTime, isClosed, monthEnd } from './suspension.ts';
import { roll, workingDaysBefore } from './working-day.ts';

export type { Suspension, SuspensionPolicy } from './suspension.ts';
export type { DeadlineFacts };
export { addMonths, InvalidDeadlineFacts, localDate };

/** Changes whenever the same facts and the same holidays would give another date. */
export const rulesVersion = '1';

/** Local dates are YYYY-MM-DD in the controller's zone. */
export interface Deadline {
  /** The end of the months with suspended days, not rolled: what the person is shown. */
  readonly strictDate: string;
  /** The legal last day, rolled over weekends and public holidays: for the DPO. */
  readonly due: string;
  /** The first instant after `due`, UTC with Z. */
  readonly dueExclusive: string;
  /** `due` as if nothing had been asked: alarms run on the earlier of the two. */
  readonly dueWithoutSuspension: string;
  /** Last day for the notice of an extension: one month from receipt, on the safe side neither rolled nor suspended. */
  readonly firstMonthEnd: string;
  /** Five working days before `due`. */
  readonly internalTarget: string;
  /** When to say that time runs out, in order: on the earlier of `due` and `dueWithoutSuspension`, so that no suspension hushes it. */
  readonly alarms: readonly Alarm[];
  readonly rulesVersion: string;
  readonly holidayListVersion: string;
  /** How it was computed; web/deadline-words.ts words it. */
  readonly derivation: readonly DeadlineStep[];
}

function calendarOf(country: string): HolidayCalendar {
  const calendar = holidayCalendar(country);
  if (calendar) return calendar;
  throw new InvalidDeadlineFacts('country', `"${country}" is not known; known are ${countries.join(', ')}`);
}

const internalTargetDays = 5;

/** `deadlineOf` with a holiday list of one's own in place of the country's. */
export function deadlineWith(facts: DeadlineFacts, calendar: HolidayCalendar): Deadline {
  const received = localDate(facts.receivedAt, facts.timeZone);
  checkFacts(facts, received);

  const suspensions = facts.suspensions ?? [];
  const months = facts.extended ? 3 : 1;
  const counted = askedInTime(received, suspensions) ? suspensions.filter(isClosed) : [];
  const strictDate = monthEnd[facts.policy ?? 'suspend'](received, months, counted);
  const rolled = roll(strictDate, calendar);
  const dueWithoutSuspension = roll(addMonths(received, months), calendar).due;
  const target = (date: string) => workingDaysBefore(date, internalTargetDays, calendar);
  const watched = rolled.due < dueWithoutSuspension ? rolled.due : dueWithoutSuspension;
  return {
    strictDate,
    due: rolled.due,
    dueExclusive: startOfDay(addDays(rolled.due, 1), facts.timeZone),
    dueWithoutSuspension,
    firstMonthEnd: addMonths(received, 1),
    internalTarget: target(rolled.due),
    alarms: alarmsOf(watched, target(watched), facts.timeZone),
    rulesVersion,
    holidayListVersion: calendar.version,
    derivation: stepsOf({ facts, received, months, counted, strictDate, rolled }, calendar),
  };
}

/**
 * The time limit of Art. 12(3) and 12(4) with Regulation 1182/71. A suspension that is still open counts nothing until it is
 * answered: there is no clock here. Throws InvalidDeadlineFacts for facts that cannot be.
 */
export const deadlineOf = (facts: DeadlineFacts): Deadline => deadlineWith(facts, calendarOf(facts.country));
