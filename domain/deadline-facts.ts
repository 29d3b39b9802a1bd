import { addDays, localDateAt, startOfDay } from './calendar.ts';
import { monthEnd, type Suspension, type SuspensionPolicy } from './suspension.ts';

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

/** Throws InvalidDeadlineFacts unless the facts agree with each other; `received` is the local date of receipt. */
export function checkFacts(facts: DeadlineFacts, received: string): void {
  checkChoices(facts);
  for (const suspension of facts.suspensions ?? []) checkSuspension(suspension, received);
}
