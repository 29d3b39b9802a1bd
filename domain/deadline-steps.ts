import { addMonths, daysBetween, isWeekend } from './calendar.ts';
import type { DeadlineFacts } from './deadline-facts.ts';
import type { HolidayCalendar } from './holidays.ts';
import { type ClosedSuspension, daysCovered, isClosed, promptDays, type SuspensionPolicy } from './suspension.ts';
import type { Roll } from './working-day.ts';

/** The rules by which a time limit is counted; each has its wording, with its source, in web/texts/deadline.*.json. */
export const rules = [
  'received',
  'month',
  'extended',
  'refusal',
  'same-day',
  'no-such-day',
  'asked-late',
  'unanswered',
  'suspended',
  'added',
  'added-uk',
  'anew',
  'anew-month',
  'anew-extended',
  'weekend',
  'holiday',
  'weekend-holiday',
  'year-unknown',
  'working-day',
] as const;

/** One step of the computation: its rule, and what it was applied to. Dates are local, YYYY-MM-DD. */
export interface DeadlineStep {
  readonly rule: (typeof rules)[number];
  readonly date?: string;
  readonly asked?: string;
  readonly answered?: string;
  readonly days?: number;
  /** The day of the month that the month of `date` lacks. */
  readonly day?: number;
  readonly year?: number;
  readonly country?: string;
  readonly timeZone?: string;
}

/** What the computation found on its way. */
export interface Computed {
  readonly facts: DeadlineFacts;
  readonly received: string;
  readonly months: number;
  readonly counted: readonly ClosedSuspension[];
  readonly strictDate: string;
  readonly rolled: Roll;
}

const limit = ({ facts: { refusal, extended, country } }: Computed): DeadlineStep => {
  if (refusal) return { rule: 'refusal', country };
  return { rule: extended ? 'extended' : 'month', country };
};

function monthEnd({ received, months }: Computed): DeadlineStep {
  const date = addMonths(received, months);
  const day = Number(received.slice(8));
  return Number(date.slice(8)) === day ? { rule: 'same-day', date } : { rule: 'no-such-day', day, date };
}

const added =
  (rule: 'added' | 'added-uk', extra: 0 | 1) =>
  ({ counted, strictDate }: Computed): DeadlineStep[] => [
    ...counted.map(({ asked, answered }) => ({ rule: 'suspended' as const, asked, answered })),
    { rule, days: daysCovered(counted, extra), date: strictDate },
  ];

const byPolicy: Readonly<Record<SuspensionPolicy, (computed: Computed) => DeadlineStep[]>> = {
  suspend: added('added', 0),
  'uk-pause': added('added-uk', 1),
  restart: ({ counted, months, strictDate }) => [
    {
      rule: 'anew',
      answered: counted
        .map(({ answered }) => answered)
        .toSorted()
        .at(-1),
    },
    { rule: months === 1 ? 'anew-month' : 'anew-extended', date: strictDate },
  ],
};

function suspensions(computed: Computed): DeadlineStep[] {
  const all = computed.facts.suspensions ?? [];
  const first = all.map(({ asked }) => asked).toSorted()[0];
  if (first === undefined) return [];
  const days = daysBetween(computed.received, first);
  if (days > promptDays) return [{ rule: 'asked-late', asked: first, days }];
  const open = all
    .filter((suspension) => !isClosed(suspension))
    .map(({ asked }) => ({ rule: 'unanswered' as const, asked }));
  return computed.counted.length > 0 ? [...open, ...byPolicy[computed.facts.policy ?? 'suspend'](computed)] : open;
}

function passedOver(date: string, country: string, calendar: HolidayCalendar): DeadlineStep {
  if (!calendar.isHoliday(date)) return { rule: 'weekend', date };
  return { rule: isWeekend(date) ? 'weekend-holiday' : 'holiday', date, country };
}

function rolledOver({ facts, rolled }: Computed, calendar: HolidayCalendar): DeadlineStep[] {
  const { country, timeZone } = facts;
  if (rolled.unknownYear !== undefined) {
    return [{ rule: 'year-unknown', date: rolled.due, country, year: rolled.unknownYear }];
  }
  return [
    ...rolled.over.map((date) => passedOver(date, country, calendar)),
    { rule: 'working-day', date: rolled.due, timeZone },
  ];
}

/** The computation step by step, in its order. */
export const stepsOf = (computed: Computed, calendar: HolidayCalendar): DeadlineStep[] => [
  { rule: 'received', date: computed.received, timeZone: computed.facts.timeZone },
  limit(computed),
  monthEnd(computed),
  ...suspensions(computed),
  ...rolledOver(computed, calendar),
];
