import { type Threshold, thresholds } from '../../domain/alarms.ts';
import type { Alert } from '../../domain/change.ts';
import type { Config } from '../../domain/config.ts';
import { longDate } from '../format.ts';
import { mailTexts } from './texts.ts';

type Say = ReturnType<typeof mailTexts>;

type Told = Omit<Alert, 'key'>;

const isThreshold = (about: Alert['about']): about is Threshold => thresholds.some((each) => each === about);

/** SNS takes a subject of ASCII only, so its words are chosen without other letters; the message has them all. */
const subjectOf = ({ about, reference }: Told, say: Say): string => {
  const what = /^\d+$/.test(about)
    ? say.counted('alert-subject.left', Number(about))
    : say(`alert-subject.${about}` as 'alert-subject.due');
  return `Privacy@ ${reference ? `${reference}: ` : ''}${what}`;
};

const causeOf = ({ about, due, date = '', count = 0 }: Told, say: Say): string => {
  if (about === 'outbox-stuck') return say.counted('alert.outbox-stuck', count);
  if (!isThreshold(about)) return say(`alert.${about}`, { date });
  const left = say(`time-limit.left-${about}`);
  return due ? say('time-limit.paused-left', { left }) : left;
};

/** What the escalation topic is told: the case's number, a date and a cause. Nothing about anybody (T62). */
export const alertText = (alert: Told, { dpo, timeZone }: Pick<Config, 'dpo' | 'timeZone'>) => {
  const { date, due = date, reference } = alert;
  const say = mailTexts(dpo.language);
  const day = (when: string) => ({ date: longDate(when, dpo.language, timeZone) });
  const lines = [
    causeOf(alert, say),
    reference && say('alert.case', { reference }),
    reference && due && say('alert.last-day', day(due)),
    date && due !== date && say('alert.paused', day(date)),
    reference && say('alert.page'),
  ];
  return { subject: subjectOf(alert, say), message: lines.filter(Boolean).join('\n') };
};
