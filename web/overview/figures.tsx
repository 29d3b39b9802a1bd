import type { Language } from '../../domain/config.ts';
import type { Summary } from '../../domain/overview.ts';
import { dayGroups, dueWeeks, type MonthTotals } from '../../domain/report.ts';
import { localeOf } from '../text.ts';
import { type Bars, Chart } from './chart.tsx';
import { shortDay } from './short-day.tsx';
import { type OverviewText, overviewTexts } from './texts.ts';

/** The twelve months up to this one, in order, with their totals. */
export interface Months {
  readonly months: readonly { readonly month: string; readonly totals: MonthTotals }[];
}

/** "nov. 2026", or the whole word. `month`: 2026-11. */
export const monthName = (month: string, language: Language, length: 'short' | 'long' = 'long'): string =>
  new Intl.DateTimeFormat(localeOf(language), { month: length, year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${month}-01`),
  );

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

const weekBars = (open: readonly Summary[], today: string, language: Language, text: OverviewText): Bars[] => {
  const { overdue, weeks, later } = dueWeeks(open, today);
  return [
    { name: text('overview.overdue'), values: [overdue], late: true },
    ...weeks.map(({ from, n }) => ({
      name: text('figures.week', { day: shortDay(from, language, false) }),
      values: [n],
    })),
    { name: text('figures.later'), values: [later] },
  ];
};

const dayBars = ({ months }: Months, text: OverviewText): Bars[] =>
  dayGroups.map((last, at) => {
    const from = at === 0 ? 0 : (dayGroups[at - 1] as number) + 1;
    const name = Number.isFinite(last) ? text('figures.days', { from, to: last }) : text('figures.days-over', { from });
    return { name, values: [sum(months.map(({ totals }) => totals.days[at] ?? 0))] };
  });

interface FiguresProps extends Months {
  readonly language: Language;
  readonly open: readonly Summary[];
  readonly today: string;
}

/** What the bars add up to, in a sentence. */
const total = (bars: readonly Bars[], at = 0): number => sum(bars.map(({ values }) => values[at] ?? 0));

/** Three charts: what is open by the week it is due, how long answers took, and whether what comes in is closed. */
export const Figures = ({ language, open, today, months }: FiguresProps) => {
  const text = overviewTexts(language);
  const weeks = weekBars(open, today, language, text);
  const days = dayBars({ months }, text);
  const flow = months.map(({ month, totals }) => ({
    name: monthName(month, language, 'short'),
    values: [totals.received, totals.closed],
  }));
  const [received, closed] = [total(flow), total(flow, 1)];
  return (
    <section class="charts">
      <h2>{text('figures.title')}</h2>
      <Chart
        id="due"
        title={text('figures.due')}
        says={text.counted('figures.due-says', total(weeks), { overdue: weeks[0]?.values[0] ?? 0 })}
        heads={[text('figures.due-week'), text('figures.open')]}
        bars={weeks}
      />
      <Chart
        id="days"
        title={text('figures.answer-days')}
        says={text.counted('figures.answer-days-says', total(days))}
        heads={[text('figures.answer-days-group'), text('figures.answers')]}
        bars={days}
      />
      <Chart
        id="flow"
        title={text('figures.flow')}
        says={text('figures.flow-says', { received, closed })}
        heads={[text('figures.month'), text('figures.received'), text('figures.closed')]}
        bars={flow}
      />
    </section>
  );
};
