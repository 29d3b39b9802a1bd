import { addDays, startOfDay } from './calendar.ts';
import type { MailDraft } from './change.ts';
import type { Chore, ChoreRules } from './chores.ts';
import { inForce, isOpen } from './gathering.ts';
import type { Case, SourceRecord } from './request.ts';

/**
 * The last day of a system's owner, YYYY-MM-DD: the internal target, for the DPO needs what is left after it; for an owner who is asked
 * later than that, the date that the person was given.
 */
export const ownersLastDay = (held: Case, system: string): string => {
  const asked = inForce(held).find((source) => source.system === system)?.at ?? '';
  const first = (dates: readonly string[]) => dates.toSorted()[0] ?? '';
  const target = first(held.rights.map(({ deadline }) => deadline.internalTarget));
  return target >= asked.slice(0, 10) ? target : first(held.rights.map(({ deadline }) => deadline.strictDate));
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
export const ownerChores = (held: Case, { timeZone }: Pick<ChoreRules, 'timeZone'>): Chore[] => {
  const waiting = inForce(held).filter(isOpen);
  const dated = waiting.flatMap((source) => chores(source, ownersLastDay(held, source.system), timeZone));
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
