import { daysLeft, type Failed, type Filter, filters, type Summary } from '../../domain/overview.ts';
import { Button, Link, Notice, Reference, Table, Tag } from '../components.tsx';
import { ErrorSummary, PostForm, TextField } from '../fields.tsx';
import { inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { Figures, type Months } from '../overview/figures.tsx';
import { type StaffFrame, StaffWays } from '../overview/frame.tsx';
import { ShortDay } from '../overview/short-day.tsx';
import { type OverviewText, overviewTexts } from '../overview/texts.ts';
import { waitsInWords } from '../overview/waits.ts';
import type { Form } from '../staff-text.ts';
import { t } from '../staff-text.ts';
import { statusLooks } from './staff-looks.ts';

export interface OverviewProps extends StaffFrame, Months {
  /** Everything that is open, the most urgent first. */
  readonly open: readonly Summary[];
  /** There are more than were read. */
  readonly more: boolean;
  readonly filter: Filter;
  readonly counts: Readonly<Record<Filter, number>>;
  /** The page's part of what the filter lets through. */
  readonly listed: readonly Summary[];
  readonly pageNumber: number;
  readonly pages: number;
  /** YYYY-MM-DD. */
  readonly today: string;
  /** What was searched for and not found. */
  readonly sought?: string;
  /** A new address of the calendar feed, shown once. */
  readonly feed?: string;
}

const Left = ({ each, today, text }: { each: Summary; today: string; text: OverviewText }) => {
  const left = daysLeft(each, today);
  if (left < 0) return <Tag look="error">{text.counted('overview.days-over', -left)}</Tag>;
  if (left === 0) return <Tag look="warning">{text('overview.due-today')}</Tag>;
  const said = text.counted('overview.days-left', left);
  return left <= 7 ? <Tag look="warning">{said}</Tag> : <span>{said}</span>;
};

const at = (props: OverviewProps, path: string): string => inLanguage(props, path);

const addressOf = (props: OverviewProps, filter: Filter, n = 1): string => {
  const query = new URLSearchParams({
    ...(filter === 'all' ? {} : { show: filter }),
    ...(n > 1 ? { page: String(n) } : {}),
  });
  return at(props, query.size > 0 ? `/dpo?${query}` : '/dpo');
};

const Numbers = ({ props, text }: { props: OverviewProps; text: OverviewText }) => (
  <nav aria-label={text('overview.filters')}>
    <ul class="numbers">
      {filters.map((filter) => (
        <li class={props.counts[filter] > 0 ? `number-${filter}` : undefined}>
          <a href={addressOf(props, filter)} {...(filter === props.filter ? { 'aria-current': 'true' } : {})}>
            <strong>{props.counts[filter]}</strong> <span>{text(`overview.${filter}`)}</span>
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

const Search = ({ props, form, text }: { props: OverviewProps; form: Form; text: OverviewText }) => (
  <form method="get" action={at(props, '/dpo')} class="search">
    <input type="hidden" name="lang" value={props.language} />
    <TextField form={form} field="find" label={text('overview.find')} hint={text('overview.find-hint')} width="short" />
    <Button look="secondary">{text('overview.find-button')}</Button>
  </form>
);

const failedKey = { step: 'overview.failed-step', mail: 'overview.failed-mail' } as const satisfies Record<
  Failed,
  string
>;
const rowOf = (props: OverviewProps, text: OverviewText, each: Summary) => {
  const words = t(props.language);
  return [
    <a href={at(props, `/dpo/request/${each.reference}`)}>
      <Reference>{each.reference}</Reference>
    </a>,
    each.rights.map((right) => words(`right.${right}`)).join(', ') || text('overview.none'),
    <>
      <Tag look={statusLooks[each.status] ?? 'info'}>{words(`staff.${each.status}`)}</Tag>
      {each.partly && (
        <>
          <br />
          <Tag look="warning">{text('overview.partly')}</Tag>
        </>
      )}
    </>,
    <>
      {waitsInWords(each, props)}
      {each.failed && (
        <>
          <br />
          <Tag look="error">{text(failedKey[each.failed])}</Tag>
        </>
      )}
    </>,
    <ShortDay day={each.target} language={props.language} />,
    <>
      <ShortDay day={each.due} language={props.language} />
      <br />
      <Left each={each} today={props.today} text={text} />
    </>,
  ];
};

const List = ({ props, text }: { props: OverviewProps; text: OverviewText }) => {
  const { listed, counts, filter, pageNumber, pages } = props;
  if (listed.length === 0) return <p>{text(counts.all === 0 ? 'overview.empty' : 'overview.empty-filter')}</p>;
  const heads = ['case', 'rights', 'status', 'waits', 'target', 'due'] as const;
  return (
    <Table
      caption={text('overview.caption', {
        what: text(`overview.${filter}`),
        n: counts[filter],
        page: pageNumber,
        pages,
      })}
      heads={heads.map((head) => text(`overview.head-${head}`))}
      rows={listed.map((each) => rowOf(props, text, each))}
    />
  );
};

const Pages = ({ props, text }: { props: OverviewProps; text: OverviewText }) => {
  const { pageNumber, pages, filter } = props;
  if (pages < 2) return null;
  return (
    <nav class="pages" aria-label={text('overview.pages')}>
      {pageNumber > 1 && <Link to={addressOf(props, filter, pageNumber - 1)}>{text('overview.page-before')}</Link>}
      {pageNumber < pages && <Link to={addressOf(props, filter, pageNumber + 1)}>{text('overview.page-after')}</Link>}
    </nav>
  );
};

const Take = ({ props, text }: { props: OverviewProps; text: OverviewText }) => (
  <section>
    <h2>{text('overview.take')}</h2>
    {props.feed && (
      <Notice look="good" title={text('overview.feed-new')} loud>
        <p>
          <code class="address">{props.feed}</code>
        </p>
        <p>{text('overview.feed-new-how')}</p>
      </Notice>
    )}
    <p>
      <Link to={at(props, `/dpo/open.csv${props.filter === 'all' ? '' : `?show=${props.filter}`}`)} download="">
        {text('overview.csv')}
      </Link>
    </p>
    <PostForm to={at(props, '/dpo')}>
      <p>{text('overview.feed')}</p>
      <Button look="secondary" action="calendar">
        {text('overview.feed-button')}
      </Button>
    </PostForm>
  </section>
);

/** Everything that is open: four numbers, the list by its last day, and three charts. */
export const overviewPage = (props: OverviewProps): string => {
  const text = overviewTexts(props.language);
  const { sought, more, open, counts } = props;
  const errors = new Map(sought === undefined ? [] : [['find', text('overview.not-found')]]);
  const form: Form = { text: t(props.language), values: new Map([['find', [sought ?? '']]]), errors };
  return page({
    frame: props,
    title: text('overview.title'),
    wrong: errors.size > 0,
    wide: true,
    sheet: 'overview.css',
    before: <StaffWays frame={props} />,
    children: (
      <>
        <ErrorSummary form={form} />
        <h1>{text('overview.title')}</h1>
        {more && (
          <Notice look="warning">
            <p>{text('overview.more', { n: counts.all })}</p>
          </Notice>
        )}
        <Numbers props={props} text={text} />
        <Search props={props} form={form} text={text} />
        <List props={props} text={text} />
        <Pages props={props} text={text} />
        <Take props={props} text={text} />
        <Figures language={props.language} open={open} today={props.today} months={props.months} />
      </>
    ),
  });
};
