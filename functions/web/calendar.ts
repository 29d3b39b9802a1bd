import type { Config } from '../../domain/config.ts';
import type { Case } from '../../domain/request.ts';
import { mostUrgent } from '../../domain/urgency.ts';
import { type CalendarDay, calendarOf } from '../../web/calendar.ts';
import { mailTexts } from '../../web/mail/texts.ts';
import type { Cases } from '../aws/cases.ts';
import { cases, now, requestsTable, tokens } from '../aws/from-env.ts';
import { dueIndex } from '../aws/keys.ts';
import { type Outbox, outboxIn } from '../aws/outbox.ts';
import type { Tokens } from '../aws/tokens.ts';
import { siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { readConfig } from '../lib/settings.ts';

interface Deps {
  readonly cases: Pick<Cases, 'read'>;
  readonly tokens: Tokens;
  readonly outbox: Pick<Outbox, 'due'>;
  readonly config: Config;
  readonly now: () => Date;
}

const dayOf = ({ request, rights }: Case, { config }: Deps): CalendarDay[] => {
  const say = mailTexts(config.dpo.language);
  const first = mostUrgent(rights);
  if (!first) return [];
  const { reference, version } = request;
  const words = { title: say('calendar.event', { reference }), text: say('calendar.event-text') };
  return [{ uid: reference, date: first.deadline.due, sequence: version, ...words }];
};

/** How many cases are read side by side. */
const abreast = 20;

/** Every open request stands in the due index, whenever it is due: that far and no further the feed reads. */
const openDays = async (deps: Deps): Promise<CalendarDay[]> => {
  const ids = (await deps.outbox.due('request', '9999')).items.map(({ requestId }) => requestId);
  const days: CalendarDay[] = [];
  for (let at = 0; at < ids.length; at += abreast) {
    const held = await Promise.all(ids.slice(at, at + abreast).map((id) => deps.cases.read(id)));
    days.push(...held.flatMap((each) => dayOf(each, deps)));
  }
  return days.sort((a, b) => `${a.date} ${a.uid}`.localeCompare(`${b.date} ${b.uid}`, 'en'));
};

const calendarPages = (deps: Deps) => ({
  /** The secret address that a calendar subscribes to: case numbers and dates of what is open, and nobody's name. */
  'GET /calendar/{token}': async ({ parameters }: Visit): Promise<Answer> => {
    const token = await deps.tokens.find(parameters.token ?? '', 'calendar', deps.now());
    if (!token || !(await deps.tokens.isFeed(token))) throw new Refusal(404);
    const name = mailTexts(deps.config.dpo.language)('calendar.title');
    const body = calendarOf(name, await openDays(deps), deps.now());
    return { body, contentType: 'text/calendar; charset=utf-8' };
  },
});

export const handler = onPage(siteOf, () => {
  const outbox = outboxIn(requestsTable(), dueIndex.name);
  return calendarPages({ cases: cases(), tokens: tokens(), outbox, config: readConfig(), now });
});
