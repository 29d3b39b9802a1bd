import { addDays, addMonths, dayOfWeek, daysBetween, localDateAt, startOfDay } from './calendar.ts';
import { type Fact, type Outcome, outcomes } from './month.ts';
import type { Summary } from './overview.ts';
import { type Right, rights } from './request.ts';

type Answered = Extract<Fact, { what: 'answered' }>;

/** The first and the last instant of a local month (`2026-11`), as ISO instants. */
export const instantsOf = (month: string, timeZone: string): { from: string; to: string } => {
  const instant = (day: string): number => Date.parse(startOfDay(day, timeZone));
  const first = `${month}-01`;
  return {
    from: new Date(instant(first)).toISOString(),
    to: new Date(instant(addMonths(first, 1)) - 1).toISOString(),
  };
};

/** The month so many months after another. */
export const monthAfter = (month: string, n: number): string => addMonths(`${month}-01`, n).slice(0, 7);

/** What holds at the end: a decision that was taken back is not counted, one made again is counted once. */
const settled = (facts: readonly Fact[]): Fact[] => {
  const held = new Map<string, Fact>();
  for (const fact of facts) {
    const key = (what: string) => `${what} ${fact.requestId} ${fact.right}`;
    if (fact.what === 'reopened') held.delete(key('answered'));
    else held.set(key(fact.what), fact);
  }
  return [...held.values()];
};

const isAnswer = (fact: Fact): fact is Answered => fact.what === 'answered';

/** Answers that somebody waited for: not what was withdrawn or never proven. */
const isReply = ({ outcome }: Answered): boolean => outcome === 'delivered' || outcome === 'refused';

const daysTaken = ({ receivedAt, at }: Fact, timeZone: string): number =>
  daysBetween(localDateAt(receivedAt, timeZone), localDateAt(at, timeZone));

const isOnTime = ({ due, at }: Fact, timeZone: string): boolean => localDateAt(at, timeZone) <= due;

/** Days to an answer, by the last day of each group; the last group has no end. */
export const dayGroups = [7, 14, 21, 30, 60, 90, Number.POSITIVE_INFINITY] as const;

/** What the charts need of a month: rights received and closed, and how many answers took how many days. */
export interface MonthTotals {
  readonly received: number;
  readonly closed: number;
  /** As many numbers as there are `dayGroups`. */
  readonly days: readonly number[];
}

export const totalsOf = (facts: readonly Fact[], timeZone: string): MonthTotals => {
  const all = settled(facts);
  const answers = all.filter(isAnswer);
  const taken = answers.filter(isReply).map((fact) => daysTaken(fact, timeZone));
  const groupOf = (days: number): number => dayGroups.findIndex((last) => days <= last);
  return {
    received: all.filter(({ what }) => what === 'received').length,
    closed: answers.length,
    days: dayGroups.map((_, at) => taken.filter((days) => groupOf(days) === at).length),
  };
};

/** A month of one right, or of all. */
export interface ReportRow {
  readonly right: Right | 'all';
  readonly received: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Of those delivered or refused. */
  readonly onTime: number;
  readonly late: number;
  readonly extended: number;
  /** Requests whose last day passed in the month without an answer. */
  readonly breaches: number;
}

export interface Report {
  readonly rows: readonly ReportRow[];
  readonly refusals: readonly { readonly ground: string; readonly n: number }[];
  readonly extensions: readonly { readonly ground: string; readonly n: number }[];
  /** Days from receipt to answer; undefined where nothing was answered. */
  readonly medianDays: number | undefined;
  readonly longestDays: number | undefined;
}

const rowOf = (right: Right | 'all', facts: readonly Fact[], timeZone: string): ReportRow => {
  const mine = facts.filter((fact) => right === 'all' || fact.right === right);
  const answers = mine.filter(isAnswer);
  const replies = answers.filter(isReply);
  const onTime = replies.filter((fact) => isOnTime(fact, timeZone)).length;
  const count = (what: Fact['what']): number => mine.filter((fact) => fact.what === what).length;
  const ended = (outcome: Outcome) => answers.filter((fact) => fact.outcome === outcome).length;
  return {
    right,
    received: count('received'),
    outcomes: Object.fromEntries(outcomes.map((outcome) => [outcome, ended(outcome)])) as Record<Outcome, number>,
    onTime,
    late: replies.length - onTime,
    extended: count('extended'),
    breaches: count('late'),
  };
};

const byGround = (grounds: readonly string[]): { ground: string; n: number }[] =>
  [...new Set(grounds)].sort().map((ground) => ({ ground, n: grounds.filter((each) => each === ground).length }));

const middle = (sorted: readonly number[]): number | undefined => {
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
};

/** A month in numbers, each right on its own and all together. `facts`: of that month, in order. */
export const reportOf = (facts: readonly Fact[], timeZone: string): Report => {
  const all = settled(facts);
  const answers = all.filter(isAnswer);
  const taken = answers.filter(isReply).map((fact) => daysTaken(fact, timeZone));
  const sorted = taken.sort((a, b) => a - b);
  const seen = rights.filter((right) => all.some((fact) => fact.right === right));
  const refused = answers.filter(({ outcome }) => outcome === 'refused');
  return {
    rows: [...seen, 'all' as const].map((right) => rowOf(right, all, timeZone)),
    refusals: byGround(refused.map(({ ground = 'other' }) => ground)),
    extensions: byGround(all.flatMap((fact) => (fact.what === 'extended' ? [fact.ground] : []))),
    medianDays: middle(sorted),
    longestDays: sorted.at(-1),
  };
};

/** Open requests by the week in which their last day falls: the past, nine weeks from this one on, and all later. */
export const dueWeeks = (open: readonly Pick<Summary, 'due'>[], today: string) => {
  const monday = addDays(today, 1 - dayOfWeek(today));
  const weeks = Array.from({ length: 9 }, (_, n) => addDays(monday, 7 * n));
  const end = addDays(monday, 7 * 9);
  const within = (from: string, to: string): number => open.filter(({ due }) => due >= from && due < to).length;
  return {
    overdue: within('', today),
    weeks: weeks.map((from) => ({ from, n: within(from < today ? today : from, addDays(from, 7)) })),
    later: within(end, '9999'),
  };
};
