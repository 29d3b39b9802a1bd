import { addDays, localDateAt, startOfDay } from './calendar.ts';
import type { MailDraft } from './change.ts';
import type { Chore, ChoreRules } from './chores.ts';
import type { Config } from './config.ts';
import { inForce, isOpen } from './gathering.ts';
import { holidayCalendar } from './holidays.ts';
import { type Case, isAnswered, type SourceRecord } from './request.ts';
import { roll } from './working-day.ts';

type Place = Pick<Config, 'country' | 'timeZone'>;

const nextWorkingDay = (day: string, { country }: Place): string => {
  const calendar = holidayCalendar(country);
  const next = addDays(day, 1);
  return calendar ? roll(next, calendar).due : next;
};

/** The first date of those that the unanswered rights have. */
const firstOf = ({ rights }: Case, date: 'internalTarget' | 'strictDate'): string => {
  const open = rights.filter(({ status }) => !isAnswered(status));
  const dates = (open.length > 0 ? open : rights).map(({ deadline }) => deadline[date]);
  return dates.toSorted()[0] ?? '';
};

/**
 * The last day of a system's owner, YYYY-MM-DD: the internal target, for the DPO needs what is left after it; for an owner who is asked
 * later than that, the date that the person was given; and for one who is asked after that, the next working day.
 */
const ownersLastDay = (held: Case, system: string, place: Place): string => {
  const { at } = inForce(held).find((source) => source.system === system) ?? {};
  const asked = at ? localDateAt(at, place.timeZone) : '';
  const dates = [firstOf(held, 'internalTarget'), firstOf(held, 'strictDate')];
  return dates.find((date) => date >= asked) ?? nextWorkingDay(asked, place);
};

/** By when an owner is asked to answer, said on a day: never a day that is over. `urgent`: the person's own date is near, or over. */
export const ownersDay = (held: Case, system: string, place: Place, now: Date): { day: string; urgent: boolean } => {
  const last = ownersLastDay(held, system, place);
  const today = localDateAt(now.toISOString(), place.timeZone);
  if (last < today) return { day: nextWorkingDay(today, place), urgent: true };
  return { day: last, urgent: last > firstOf(held, 'strictDate') };
};

const chores = ({ system, round, at }: SourceRecord, last: string, timeZone: string): Chore[] => {
  const end = startOfDay(addDays(last, 1), timeZone);
  if (end <= at) return [];
  const asked = Date.parse(at);
  const share = (part: number) => new Date(asked + part * (Date.parse(end) - asked)).toISOString();
  const about = { system, round };
  return [
    { name: 'owner-50', at: share(0.5), about, until: share(0.8) },
    { name: 'owner-80', at: share(0.8), about },
  ];
};

/** When the owners that have not answered are reminded, in order: at 50 and at 80 % of the time from being asked to the end of their last day. */
export const ownerChores = (held: Case, rules: Pick<ChoreRules, 'country' | 'timeZone'>): Chore[] => {
  const waiting = inForce(held).filter(isOpen);
  const dated = waiting.flatMap((source) => chores(source, ownersLastDay(held, source.system, rules), rules.timeZone));
  return dated.sort((a, b) => a.at.localeCompare(b.at, 'en'));
};

/** To the owner, and at 80 % to each deputy too, by their place in the data map: the address is looked up when the mail goes out. */
export const ownerReminders = ({ name, about }: Chore, deputies: number): MailDraft[] => {
  const { system, round } = about ?? {};
  if (system === undefined) return [];
  const places = name === 'owner-80' ? Array.from({ length: deputies }, (_, at) => `:${at + 1}`) : [];
  const mail = { template: 'owner-reminder', cause: `${name} round-${round}`, about: system } as const;
  return ['', ...places].map((place) => ({ ...mail, to: `owner:${system}${place}` as const }));
};
