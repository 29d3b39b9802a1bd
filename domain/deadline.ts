import { addDays, addMonths, isWeekend, localDateAt, startOfDay, yearOf } from './calendar.ts';
import { derivationOf } from './deadline-derivation.ts';
import { countries, type HolidayCalendar, holidayCalendar } from './holidays.ts';
import { askedInTime, isClosed, monthEnd, type Suspension, type SuspensionPolicy } from './suspension.ts';

export type { Suspension, SuspensionPolicy };
export { addMonths };

/** Changes whenever the same facts and the same holidays would give another date. */
export const rulesVersion = '1';

/** What the time limit depends on, and nothing else does. */
export interface DeadlineFacts {
  /** Instant, ISO 8601 with Z or an offset: when the request reached an official channel, read or unread. */
  readonly receivedAt: string;
  /** ISO 3166 code of the controller: DK, DE, GB-EAW ... (`countries` of holidays.ts). */
  readonly country: string;
  /** IANA zone of the controller: its wall clock decides which day it is. */
  readonly timeZone: string;
  /** Art. 12(3): by two further months, that is three from receipt. */
  readonly extended?: boolean;
  /** Art. 12(4): the notice of a refusal has one month and no extension. */
  readonly refusal?: boolean;
  readonly suspensions?: readonly Suspension[];
  /** Default `suspend`. */
  readonly policy?: SuspensionPolicy;
}

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
  readonly rulesVersion: string;
  readonly holidayListVersion: string;
  /** English sentences, each with its source. */
  readonly derivation: readonly string[];
}

/** The facts cannot be: `field` names which, the message says why. */
export class InvalidDeadlineFacts extends Error {
  override readonly name = 'InvalidDeadlineFacts';
  readonly field: keyof DeadlineFacts;

  constructor(field: keyof DeadlineFacts, message: string, cause?: unknown) {
    super(`${field}: ${message}`, { cause });
    this.field = field;
  }
}

function check<T>(field: keyof DeadlineFacts, message: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidDeadlineFacts(field, message, error);
  }
}

function refuseUnless(holds: boolean, field: keyof DeadlineFacts, message: string): void {
  if (!holds) throw new InvalidDeadlineFacts(field, message);
}

// Far enough for any request, near enough that no sum leaves the four-digit years.
const sensible = (date: string): boolean => /^(19|2\d)\d\d-\d\d-\d\d$/.test(date);

/** The date in a zone at an instant (ISO 8601 with Z or an offset); throws InvalidDeadlineFacts. */
export function localDate(instant: string, timeZone: string): string {
  // An offset such as +01:00 is not a zone: it knows no summer time.
  refuseUnless(
    /^[A-Z]/i.test(timeZone),
    'timeZone',
    `"${timeZone}" is not an IANA time zone such as Europe/Copenhagen`,
  );
  check('timeZone', `"${timeZone}" is not a known IANA time zone`, () => startOfDay('2018-05-25', timeZone));
  const date = check(
    'receivedAt',
    `"${instant}" is not an instant with Z or an offset, or its date does not exist`,
    () => localDateAt(instant, timeZone),
  );
  refuseUnless(sensible(date), 'receivedAt', `"${instant}" is outside the years 1900 to 2999`);
  return date;
}

function calendarOf(country: string): HolidayCalendar {
  const calendar = holidayCalendar(country);
  if (calendar) return calendar;
  throw new InvalidDeadlineFacts('country', `"${country}" is not known; known are ${countries.join(', ')}`);
}

function checkDate(date: string): void {
  check('suspensions', `"${date}" is not a date that exists (YYYY-MM-DD)`, () => addDays(date, 0));
  refuseUnless(sensible(date), 'suspensions', `"${date}" is outside the years 1900 to 2999`);
}

function checkSuspension({ asked, answered }: Suspension, received: string): void {
  checkDate(asked);
  refuseUnless(asked >= received, 'suspensions', `asked on ${asked}, before the request was received on ${received}`);
  if (answered === undefined) return;
  checkDate(answered);
  refuseUnless(answered >= asked, 'suspensions', `answered on ${answered}, before it was asked on ${asked}`);
}

function checkChoices({ extended, refusal, policy = 'suspend' }: DeadlineFacts): void {
  refuseUnless(!(extended && refusal), 'refusal', 'a refusal has one month and cannot be extended (Art. 12(4) GDPR)');
  refuseUnless(
    Object.hasOwn(monthEnd, policy),
    'policy',
    `"${policy}" is not one of ${Object.keys(monthEnd).join(', ')}`,
  );
}

/** Where a date goes when the last day must be a working day (Reg. 1182/71 Art. 3(4)). */
export interface Roll {
  readonly due: string;
  /** The days that were passed over, in order. */
  readonly over: readonly string[];
  /** The year that the holiday list lacks: nothing is passed over then, the date is earlier and safe. */
  readonly unknownYear?: number;
}

function roll(date: string, calendar: HolidayCalendar): Roll {
  const over: string[] = [];
  let due = date;
  while (calendar.knows(yearOf(due)) && !isWorkingDay(due, calendar)) {
    over.push(due);
    due = addDays(due, 1);
  }
  return calendar.knows(yearOf(due)) ? { due, over } : { due: date, over: [], unknownYear: yearOf(due) };
}

const isWorkingDay = (date: string, calendar: HolidayCalendar): boolean =>
  !isWeekend(date) && !calendar.isHoliday(date);

function workingDaysBefore(date: string, n: number, calendar: HolidayCalendar): string {
  let day = date;
  for (let left = n; left > 0; ) {
    day = addDays(day, -1);
    if (isWorkingDay(day, calendar)) left -= 1;
  }
  return day;
}

const internalTargetDays = 5;

/** `deadlineOf` with a holiday list of one's own in place of the country's. */
export function deadlineWith(facts: DeadlineFacts, calendar: HolidayCalendar): Deadline {
  checkChoices(facts);
  const received = localDate(facts.receivedAt, facts.timeZone);
  const suspensions = facts.suspensions ?? [];
  for (const suspension of suspensions) checkSuspension(suspension, received);

  const months = facts.extended ? 3 : 1;
  const counted = askedInTime(received, suspensions) ? suspensions.filter(isClosed) : [];
  const strictDate = monthEnd[facts.policy ?? 'suspend'](received, months, counted);
  const rolled = roll(strictDate, calendar);
  return {
    strictDate,
    due: rolled.due,
    dueExclusive: startOfDay(addDays(rolled.due, 1), facts.timeZone),
    dueWithoutSuspension: roll(addMonths(received, months), calendar).due,
    firstMonthEnd: addMonths(received, 1),
    internalTarget: workingDaysBefore(rolled.due, internalTargetDays, calendar),
    rulesVersion,
    holidayListVersion: calendar.version,
    derivation: derivationOf({ facts, received, months, counted, strictDate, rolled }, calendar),
  };
}

/**
 * The time limit of Art. 12(3) and 12(4) with Regulation 1182/71. A suspension that is still open counts nothing until it is
 * answered: there is no clock here. Throws InvalidDeadlineFacts for facts that cannot be.
 */
export const deadlineOf = (facts: DeadlineFacts): Deadline => deadlineWith(facts, calendarOf(facts.country));
