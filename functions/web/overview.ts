import type { Config } from '../../domain/config.ts';
import { decidersOf } from '../../domain/deciders.ts';
import { comparable } from '../../domain/identity.ts';
import { daysLeft, type Filter, filters, type Summary, under, type Viewer } from '../../domain/overview.ts';
import { parseReference } from '../../domain/reference.ts';
import { csvLine, csvStart } from '../../domain/rendering.ts';
import { instantsOf, reportOf } from '../../domain/report.ts';
import { verifiedEmail } from '../../domain/staff.ts';
import { dayIn } from '../../web/format.ts';
import type { StaffFrame } from '../../web/overview/frame.tsx';
import { overviewTexts } from '../../web/overview/texts.ts';
import { waitsInWords } from '../../web/overview/waits.ts';
import { type OverviewProps, overviewPage } from '../../web/pages/overview.tsx';
import { reportPage } from '../../web/pages/report.tsx';
import { t } from '../../web/staff-text.ts';
import { now, requestsTable } from '../aws/from-env.ts';
import { type Overview, overviewIn } from '../aws/overview.ts';
import { type Sessions, sessionsIn } from '../aws/sessions.ts';
import type { Table } from '../aws/table.ts';
import { mint, newFeed } from '../aws/tokens.ts';
import { env } from '../lib/env.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { readConfig } from '../lib/settings.ts';
import { signedIn } from '../lib/signed-in.ts';

interface Deps {
  readonly overview: Overview;
  readonly sessions: Sessions;
  readonly table: Pick<Table, 'transact'>;
  readonly config: Config;
  readonly look: Look;
  readonly now: () => Date;
}

const perPage = 50;
const monthsShown = 12;
const day = 86_400_000;

const filterIn = ({ query }: Visit): Filter => filters.find((each) => each === query.get('show')) ?? 'all';

/** Whether they decide: "waiting for me" follows who has a case. */
const viewerOf = (email: string, config: Config): Viewer | undefined => {
  const found = decidersOf(config).find((each) => comparable(each.email) === comparable(email));
  return found && { key: found.key, config };
};

/** Who may be here, and how the page looks to them. */
const staffFrame = async (visit: Visit, deps: Deps): Promise<StaffFrame | undefined> => {
  if (!deps.config.signIn) throw new Refusal(404);
  const session = await signedIn(visit, deps);
  if (!session) return undefined;
  const today = dayIn(deps.config.timeZone, deps.now());
  const frame = deps.look(visit, deps.config.dpo.language);
  const who = verifiedEmail(session.claims) ?? '';
  return { ...frame, who, viewer: viewerOf(who, deps.config), month: today.slice(0, 7) };
};

const pageIn = ({ query }: Visit, pages: number): number => {
  const asked = Number(query.get('page') ?? '1');
  return Number.isInteger(asked) ? Math.min(Math.max(asked, 1), pages) : 1;
};

const show = async (visit: Visit, frame: StaffFrame, deps: Deps, more: Partial<OverviewProps> = {}) => {
  const today = dayIn(deps.config.timeZone, deps.now());
  const [found, months] = await Promise.all([
    deps.overview.open(),
    deps.overview.months(frame.month, monthsShown, deps.config.timeZone),
  ]);
  const { viewer } = frame;
  const count = (filter: Filter) => under(filter, found.open, today, viewer).length;
  const counts = Object.fromEntries(filters.map((filter) => [filter, count(filter)])) as Record<Filter, number>;
  const filter = filterIn(visit);
  const pages = Math.max(Math.ceil(counts[filter] / perPage), 1);
  const pageNumber = pageIn(visit, pages);
  const listed = under(filter, found.open, today, viewer).slice((pageNumber - 1) * perPage, pageNumber * perPage);
  return overviewPage({ ...frame, ...found, months, counts, filter, pages, pageNumber, listed, today, ...more });
};

const seek = async (visit: Visit, frame: StaffFrame, typed: string, deps: Deps): Promise<Answer> => {
  const reference = parseReference(typed);
  if (reference && (await deps.overview.named(reference))) return { location: `/dpo/request/${reference}` };
  return { status: 404, html: await show(visit, frame, deps, { sought: typed.slice(0, 100) }) };
};

const feedDays = 400;

/** A new address of the calendar feed: shown once to whoever signed in; the one before is closed. */
const feed = async ({ table, now: clock }: Deps): Promise<string> => {
  const expiresAt = new Date(clock().getTime() + feedDays * day);
  const facts = { purpose: 'calendar', requestId: 'SYSTEM', reference: '', recipient: 'dpo', expiresAt } as const;
  const { token, hash, write } = mint(facts);
  await table.transact([write, newFeed(hash)]);
  return `${env('BASE_URL').BASE_URL}/calendar/${token}`;
};

const csv = async (visit: Visit, frame: StaffFrame, deps: Deps): Promise<Answer> => {
  const { language, viewer } = frame;
  const [text, words] = [overviewTexts(language), t(language)];
  const today = dayIn(deps.config.timeZone, deps.now());
  const { open } = await deps.overview.open();
  const heads = ['case', 'rights', 'status', 'waits', 'failed', 'received', 'target', 'due', 'days'] as const;
  const rowOf = (each: Summary) => [
    each.reference,
    each.rights.map((right) => words(`right.${right}`)).join(', '),
    words(`staff.${each.status}`),
    waitsInWords(each, frame),
    each.failed ? text(`overview.failed-${each.failed}`) : '',
    dayIn(deps.config.timeZone, new Date(each.receivedAt)),
    each.target,
    each.due,
    daysLeft(each, today),
  ];
  const rows = under(filterIn(visit), open, today, viewer).map(rowOf);
  const lines = [heads.map((head) => text(`overview.head-${head}`)), ...rows].map((row) => csvLine(row, language));
  const body = `${csvStart}${lines.join('')}`;
  return { body, contentType: 'text/csv; charset=utf-8', download: `privacy-${today}.csv` };
};

const report = async (visit: Visit, frame: StaffFrame, deps: Deps): Promise<Answer> => {
  const of = visit.parameters.month ?? '';
  if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(of) || of > frame.month) throw new Refusal(404);
  const { timeZone } = deps.config;
  const { from, to } = instantsOf(of, timeZone);
  const facts = await deps.overview.facts(from, to);
  const props = { ...frame, of, report: reportOf(facts, timeZone), madeAt: deps.now().toISOString() };
  return { html: reportPage(props) };
};

type Handle = (visit: Visit, frame: StaffFrame, deps: Deps) => Promise<Answer> | Answer;

/** Without a session the sign-in comes first. */
const forStaff = (handle: Handle, deps: Deps) => async (visit: Visit) => {
  const frame = await staffFrame(visit, deps);
  return frame ? handle(visit, frame, deps) : { location: '/dpo/sign-in' };
};

const main: Handle = async (visit, frame, deps) => {
  const sought = visit.query.get('find');
  if (visit.method === 'POST') {
    if (visit.fields.get('action')?.[0] !== 'calendar') throw new Refusal(400);
    return { html: await show(visit, frame, deps, { feed: await feed(deps) }) };
  }
  return sought ? seek(visit, frame, sought, deps) : { html: await show(visit, frame, deps) };
};

const overviewPages = (deps: Deps) => ({
  'ANY /dpo': forStaff(main, deps),
  'GET /dpo/open.csv': forStaff(csv, deps),
  'GET /dpo/report/{month}': forStaff(report, deps),
});

export const handler = onPage(siteOf, () => {
  const table = requestsTable();
  const stores = { overview: overviewIn(table), sessions: sessionsIn(table), table };
  return overviewPages({ ...stores, config: readConfig(), look: look(), now });
});
