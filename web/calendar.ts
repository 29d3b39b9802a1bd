import ical, { ICalAlarmType, ICalCalendarMethod, ICalEventBusyStatus, ICalEventTransparency } from 'ical-generator';

/** A last day in somebody's calendar: a case's number and a date, nothing about anybody. */
export interface CalendarDay {
  /** The same for the same case, so that a later file moves the entry. */
  readonly uid: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly title: string;
  readonly text: string;
  /** Grows with each change. */
  readonly sequence: number;
}

const hour = 3_600;
/** Days before, at nine in the morning. */
const remindDays = [7, 3, 1];

/** An iCalendar file (RFC 5545) of all-day entries with alarms a week, three days and a day before. `stamp`: when it was made. */
export const calendarOf = (name: string, days: readonly CalendarDay[], stamp: Date): string => {
  const calendar = ical({ name, prodId: { company: 'Privacy@', product: 'time limits' }, ttl: hour });
  calendar.method(ICalCalendarMethod.PUBLISH);
  for (const { uid, date, title, text, sequence } of days) {
    const event = calendar.createEvent({
      id: uid,
      start: new Date(date),
      allDay: true,
      summary: title,
      description: text,
      sequence,
      stamp,
      busystatus: ICalEventBusyStatus.FREE,
      transparency: ICalEventTransparency.TRANSPARENT,
    });
    for (const day of remindDays) {
      event.createAlarm({ type: ICalAlarmType.display, trigger: (24 * day - 9) * hour, description: title });
    }
  }
  return calendar.toString();
};
