import { outcomes } from '../../domain/month.ts';
import { monthAfter, type Report, type ReportRow } from '../../domain/report.ts';
import { DateText, Link, Notice, SummaryList, Table } from '../components.tsx';
import { inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { monthName } from '../overview/figures.tsx';
import { type StaffFrame, StaffWays } from '../overview/frame.tsx';
import { type OverviewKey, type OverviewText, overviewTexts } from '../overview/texts.ts';
import { t } from '../staff-text.ts';

export interface ReportProps extends StaffFrame {
  /** The month that is reported, `2026-11`; `month` is the one that runs. */
  readonly of: string;
  readonly report: Report;
  readonly madeAt: string;
}

/** What a column says of a right's month. */
type Column = readonly [head: OverviewKey, cell: (row: ReportRow) => number];

const came: readonly Column[] = [
  ['report.received', ({ received }) => received],
  ...outcomes.map((outcome): Column => [`report.${outcome}`, (row) => row.outcomes[outcome]]),
];

const inTime: readonly Column[] = [
  ['report.on-time', ({ onTime }) => onTime],
  ['report.late', ({ late }) => late],
  ['report.extended', ({ extended }) => extended],
  ['report.breaches', ({ breaches }) => breaches],
];

interface RightsProps {
  readonly props: ReportProps;
  readonly text: OverviewText;
  readonly caption: OverviewKey;
  readonly columns: readonly Column[];
}

const Rights = ({ props, text, caption, columns }: RightsProps) => {
  const words = t(props.language);
  const name = (right: ReportRow['right']) => (right === 'all' ? text('report.all') : words(`right.${right}`));
  return (
    <Table
      caption={text(caption)}
      heads={[text('report.right'), ...columns.map(([head]) => text(head))]}
      rows={props.report.rows.map((row) => [name(row.right), ...columns.map(([, cell]) => String(cell(row)))])}
    />
  );
};

const grounds = (text: OverviewText, prefix: 'refused-for' | 'extended-for', ground: string): string =>
  text.perhaps(`report.${prefix}-${ground}`) ?? ground;

interface ReasonsProps {
  readonly text: OverviewText;
  readonly what: 'refused-for' | 'extended-for';
  readonly found: Report['refusals'];
}

const Reasons = ({ text, what, found }: ReasonsProps) => (
  <section>
    <h2>{text(`report.${what}`)}</h2>
    {found.length === 0 ? (
      <p>{text('report.none')}</p>
    ) : (
      <SummaryList rows={found.map(({ ground, n }) => ({ key: grounds(text, what, ground), value: String(n) }))} />
    )}
  </section>
);

const share = (row: ReportRow, language: 'da' | 'en'): string | undefined => {
  const replies = row.onTime + row.late;
  if (replies === 0) return undefined;
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(row.onTime / replies);
};

const Head = ({ props, text }: { props: ReportProps; text: OverviewText }) => {
  const { medianDays, longestDays, rows } = props.report;
  const all = rows.at(-1) as ReportRow;
  const onTime = share(all, props.language);
  const days = (n: number) => text.counted('report.days', n);
  return (
    <SummaryList
      rows={[
        { key: text('report.received'), value: String(all.received) },
        { key: text('report.on-time-share'), value: onTime ?? text('report.nothing-answered') },
        ...(medianDays === undefined ? [] : [{ key: text('report.median'), value: days(medianDays) }]),
        ...(longestDays === undefined ? [] : [{ key: text('report.longest'), value: days(longestDays) }]),
        { key: text('report.breaches'), value: String(all.breaches) },
      ]}
    />
  );
};

/** A month in numbers, for the management and the file: nobody's name, prints on A4. */
export const reportPage = (props: ReportProps): string => {
  const text = overviewTexts(props.language);
  const { of, month, report, config } = props;
  const to = (which: string) => inLanguage(props, `/dpo/report/${which}`);
  const title = text('report.title', { month: monthName(of, props.language) });
  return page({
    frame: props,
    title,
    wide: true,
    sheet: 'overview.css',
    before: <StaffWays frame={props} />,
    children: (
      <>
        <p class="caption">{config.organisation.name}</p>
        <h1>{title}</h1>
        {of === month && (
          <Notice>
            <p>{text('report.running')}</p>
          </Notice>
        )}
        <Head props={props} text={text} />
        <h2>{text('report.by-right')}</h2>
        <Rights props={props} text={text} caption="report.caption-came" columns={came} />
        <Rights props={props} text={text} caption="report.caption-in-time" columns={inTime} />
        <Reasons text={text} what="refused-for" found={report.refusals} />
        <Reasons text={text} what="extended-for" found={report.extensions} />
        <h2>{text('report.how')}</h2>
        <p>{text('report.how-counted')}</p>
        <p class="hint">
          {text('report.made')} <DateText when={props.madeAt} frame={props} time />.
        </p>
        <nav class="pages" aria-label={text('report.months')}>
          <Link to={to(monthAfter(of, -1))}>{monthName(monthAfter(of, -1), props.language)}</Link>
          {of < month && <Link to={to(monthAfter(of, 1))}>{monthName(monthAfter(of, 1), props.language)}</Link>}
        </nav>
      </>
    ),
  });
};
