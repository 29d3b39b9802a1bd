import { addDays, addMonths, daysBetween } from './calendar.ts';

/**
 * How asking for proof of identity or for clarification moves the time limit: `suspend` adds the days until the answer
 * (EDPB Guidelines 01/2022, 5.3), `restart` counts the months from the answer (ICO on identity), `uk-pause` adds the days of
 * asking and answering too (DPA 2018 s. 54(3C)).
 */
export type SuspensionPolicy = 'suspend' | 'restart' | 'uk-pause';

/** The person was asked for something, in local dates YYYY-MM-DD; one without an answer counts nothing until answered. */
export interface Suspension {
  readonly asked: string;
  /** Exclusive: asked and answered on the same day is no day. */
  readonly answered?: string;
}

export interface ClosedSuspension extends Suspension {
  readonly answered: string;
}

/** "Without undue delay" in days after receipt: a number of our policy, not of the law. Later asking suspends nothing. */
export const promptDays = 7;

export const isClosed = (suspension: Suspension): suspension is ClosedSuspension => suspension.answered !== undefined;

/** Whether the first time that something was asked came soon enough after receipt for any suspension to count. */
export function askedInTime(received: string, suspensions: readonly Suspension[]): boolean {
  const first = suspensions.map(({ asked }) => asked).sort()[0];
  return first !== undefined && daysBetween(received, first) <= promptDays;
}

/** Days covered, each once however many suspensions overlap; `extra` days are added to the end of each. */
export function daysCovered(suspensions: readonly ClosedSuspension[], extra: 0 | 1): number {
  const ordered = suspensions.toSorted((a, b) => a.asked.localeCompare(b.asked, 'en'));
  let days = 0;
  let covered = '';
  for (const { asked, answered } of ordered) {
    const from = asked > covered ? asked : covered;
    const to = addDays(answered, extra);
    if (to <= from) continue;
    days += daysBetween(from, to);
    covered = to;
  }
  return days;
}

type MonthEnd = (received: string, months: number, suspensions: readonly ClosedSuspension[]) => string;

const lastAnswer = (suspensions: readonly ClosedSuspension[]): string | undefined =>
  suspensions
    .map(({ answered }) => answered)
    .sort()
    .at(-1);

/** Where the months end under each policy, before any roll over weekends and holidays. */
export const monthEnd: Readonly<Record<SuspensionPolicy, MonthEnd>> = {
  suspend: (received, months, suspensions) => addDays(addMonths(received, months), daysCovered(suspensions, 0)),
  restart: (received, months, suspensions) => addMonths(lastAnswer(suspensions) ?? received, months),
  'uk-pause': (received, months, suspensions) => addDays(addMonths(received, months), daysCovered(suspensions, 1)),
};
