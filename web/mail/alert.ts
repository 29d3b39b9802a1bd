import type { Alert } from '../../domain/change.ts';
import type { Config } from '../../domain/config.ts';
import { longDate } from '../format.ts';
import { mailTexts } from './texts.ts';

/** SNS takes a subject of ASCII only, so it names the cause by its code; the message is in the DPO's language. */
const subjectOf = ({ about, reference }: Omit<Alert, 'key'>): string => {
  const what = /^\d+$/.test(about) ? `${about} days left` : about;
  return `Privacy@ ${reference ? `${reference}: ` : ''}${what}`;
};

/** What the escalation topic is told: the case's number, a date and a cause. Nothing about anybody (T62). */
export const alertText = (alert: Omit<Alert, 'key'>, { dpo, timeZone }: Pick<Config, 'dpo' | 'timeZone'>) => {
  const { about, date = '', reference, count = 0 } = alert;
  const say = mailTexts(dpo.language);
  const cause =
    about === 'outbox-stuck'
      ? say.counted('alert.outbox-stuck', count)
      : (say.perhaps(`time-limit.left-${about}`) ?? say(`alert.${about}` as 'alert.taken-over', { date }));
  const lines = [
    cause,
    reference && say('alert.case', { reference }),
    reference && date && say('alert.last-day', { date: longDate(date, dpo.language, timeZone) }),
    reference && say('alert.page'),
  ];
  return { subject: subjectOf(alert), message: lines.filter(Boolean).join('\n') };
};
