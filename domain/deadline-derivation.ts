import { addMonths, dayOfWeek, daysBetween, isWeekend } from './calendar.ts';
import type { DeadlineFacts } from './deadline-facts.ts';
import type { HolidayCalendar } from './holidays.ts';
import { type ClosedSuspension, daysCovered, isClosed, promptDays, type SuspensionPolicy } from './suspension.ts';
import type { Roll } from './working-day.ts';

/** What the computation found on its way. */
export interface Steps {
  readonly facts: DeadlineFacts;
  readonly received: string;
  readonly months: number;
  readonly counted: readonly ClosedSuspension[];
  readonly strictDate: string;
  readonly rolled: Roll;
}

const monthNames = 'January February March April May June July August September October November December'.split(' ');
const dayNames = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

const monthOf = (date: string): string => monthNames[Number(date.slice(5, 7)) - 1] ?? '';
const spoken = (date: string): string => `${Number(date.slice(8))} ${monthOf(date)} ${date.slice(0, 4)}`;
const weekdayOf = (date: string): string => dayNames[dayOfWeek(date) - 1] ?? '';
const ordinal = (n: number): string => `${n}${n === 31 ? 'st' : 'th'}`;
const days = (n: number): string => (n === 1 ? '1 day' : `${n} days`);

const gdpr = (country: string): string => (country.startsWith('GB') ? 'UK GDPR' : 'GDPR');

const limitLines: readonly [when: (facts: DeadlineFacts) => boolean | undefined, line: string][] = [
  [({ refusal }) => refusal, 'a refusal is notified within one month of receipt and has no extension (Art. 12(4)'],
  [({ extended }) => extended, 'extended by two further months: three months from receipt (Art. 12(3)'],
  [() => true, 'to be answered within one month of receipt (Art. 12(3)'],
];

function limitLine({ facts }: Steps): string {
  const line = limitLines.find(([when]) => when(facts))?.[1];
  return `${line} ${gdpr(facts.country)})`;
}

function clampLine(from: string, to: string): string {
  const day = Number(from.slice(8));
  if (Number(to.slice(8)) === day) return `the same day of the month: ${spoken(to)} (Reg. 1182/71 Art. 3(2)(c))`;
  return `${monthOf(to)} has no ${ordinal(day)}: ${spoken(to)} (Reg. 1182/71 Art. 3(2)(c))`;
}

const addedLine =
  (extra: 0 | 1, source: string) =>
  ({ counted, strictDate }: Steps): string[] => [
    ...counted.map(({ asked, answered }) => `suspended from ${spoken(asked)} until the answer on ${spoken(answered)}`),
    `${days(daysCovered(counted, extra))} added: ${spoken(strictDate)} (${source})`,
  ];

const policyLines: Readonly<Record<SuspensionPolicy, (steps: Steps) => string[]>> = {
  suspend: addedLine(0, 'EDPB Guidelines 01/2022, 5.3'),
  'uk-pause': addedLine(1, 'DPA 2018 s. 54(3C): the days of asking and answering count too'),
  restart: ({ counted, months, strictDate }) => {
    const answered =
      counted
        .map((suspension) => suspension.answered)
        .sort()
        .at(-1) ?? '';
    return [
      `counted anew from the answer on ${spoken(answered)} (ICO, right of access: identity)`,
      `${months === 1 ? 'one month' : 'three months'} from there: ${spoken(strictDate)}`,
    ];
  },
};

function suspensionLines(steps: Steps): string[] {
  const suspensions = steps.facts.suspensions ?? [];
  const first = suspensions.map(({ asked }) => asked).sort()[0];
  if (first === undefined) return [];
  const late = daysBetween(steps.received, first);
  if (late > promptDays) {
    return [
      `first asked on ${spoken(first)}, ${days(late)} after receipt: not without undue delay, nothing is suspended`,
    ];
  }
  const open = suspensions
    .filter((suspension) => !isClosed(suspension))
    .map(({ asked }) => `asked on ${spoken(asked)}, not answered: counts nothing until it is answered`);
  return steps.counted.length > 0 ? [...open, ...policyLines[steps.facts.policy ?? 'suspend'](steps)] : open;
}

function whyNotWorking(date: string, country: string, calendar: HolidayCalendar): string {
  const holiday = calendar.isHoliday(date) && `a public holiday in ${country}`;
  const reasons = [isWeekend(date) && `a ${weekdayOf(date)}`, holiday].filter((reason) => reason !== false);
  return `${spoken(date)} is ${reasons.join(' and ')}`;
}

function rollLines({ facts, rolled }: Steps, calendar: HolidayCalendar): string[] {
  if (rolled.unknownYear !== undefined) {
    return [
      `no list of public holidays for ${facts.country} in ${rolled.unknownYear}: not moved, ${spoken(rolled.due)} stays, which is the earlier date`,
    ];
  }
  return [
    ...rolled.over.map(
      (date) => `${whyNotWorking(date, facts.country, calendar)}: on to the next day (Reg. 1182/71 Art. 3(4))`,
    ),
    `${spoken(rolled.due)} is a ${weekdayOf(rolled.due)}, a working day: it ends with the last hour of that day in ${facts.timeZone}`,
  ];
}

/** The computation in English sentences, in its order, each rule with its source. */
export const derivationOf = (steps: Steps, calendar: HolidayCalendar): string[] => [
  `received ${weekdayOf(steps.received)} ${spoken(steps.received)} in ${steps.facts.timeZone}`,
  limitLine(steps),
  clampLine(steps.received, addMonths(steps.received, steps.months)),
  ...suspensionLines(steps),
  ...rollLines(steps, calendar),
];
