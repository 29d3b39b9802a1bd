import * as Instant from 'temporal-polyfill/fns/Instant';
import * as ZonedDateTime from 'temporal-polyfill/fns/ZonedDateTime';
import { startOfDay } from './calendar.ts';

export interface BreachFacts {
  /** Instant, ISO 8601 with Z or an offset: when the controller became aware (Art. 33(1) GDPR). */
  readonly awareAt: string;
  /** IANA zone whose hours are counted. */
  readonly timeZone: string;
}

/** Instants in UTC with Z. */
export interface BreachClock {
  /** Awareness and exactly 72 hours: what to work to, always before `legal`. */
  readonly target: string;
  /** The hour of becoming aware is not counted: 72 hours from its end (Reg. 1182/71 Art. 3(1) and 3(2)(a)). */
  readonly legal: string;
}

/** The facts cannot be: `field` names which, the message says why. */
export class InvalidBreachFacts extends Error {
  override readonly name = 'InvalidBreachFacts';
  readonly field: keyof BreachFacts;

  constructor(field: keyof BreachFacts, message: string, cause?: unknown) {
    super(`${field}: ${message}`, { cause });
    this.field = field;
  }
}

function check<T>(field: keyof BreachFacts, message: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InvalidBreachFacts(field, message, error);
  }
}

const hours = 72;

/**
 * The 72 hours of Art. 33(1): elapsed hours, so summer time moves the wall clock, and weekends and holidays count
 * (Reg. 1182/71 Art. 3(4) excludes periods in hours). Throws InvalidBreachFacts.
 */
export function breachClock({ awareAt, timeZone }: BreachFacts): BreachClock {
  const zoneMessage = `"${timeZone}" is not a known IANA time zone such as Europe/Copenhagen`;
  if (!/^[A-Z]/i.test(timeZone)) throw new InvalidBreachFacts('timeZone', zoneMessage);
  check('timeZone', zoneMessage, () => startOfDay('2018-05-25', timeZone));
  return check('awareAt', `"${awareAt}" is not an instant with Z or an offset, or its date does not exist`, () => {
    const aware = Instant.fromString(awareAt);
    const hour = ZonedDateTime.startOfHour(Instant.toZonedDateTimeISO(aware, timeZone));
    return {
      target: Instant.toString(Instant.addHours(aware, hours)),
      legal: Instant.toString(Instant.addHours(ZonedDateTime.toInstant(hour), 1 + hours)),
    };
  });
}
