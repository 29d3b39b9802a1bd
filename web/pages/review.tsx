import type { Child } from 'hono/jsx';
import { documentsField } from '../../domain/answer-layout.ts';
import type { Row, Value } from '../../domain/connector.ts';
import type { Collection, System } from '../../domain/data-map.ts';
import { choicesFor, type Mark, pathsIn } from '../../domain/marks.ts';
import { type Found, outside, type Span } from '../../domain/redaction.ts';
import { BackLink, Link, Notice, Table, Tag, Typed } from '../components.tsx';
import { ErrorSummary, type Option } from '../fields.tsx';
import { number, size } from '../format.ts';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import { plain } from '../package/value.tsx';
import { counted, type Text, t } from '../review-text.ts';
import { ChoiceForm, Chosen, formFor, type Sent } from './review-choice.tsx';
import { collectionTitle } from './staff-systems.tsx';

export interface DocumentFile {
  readonly path: string;
  /** What it is called where it came from. */
  readonly name?: string | undefined;
  readonly bytes: number;
}

/** What the pages of one collection are told. */
export interface ReviewProps extends Frame {
  readonly reference: string;
  readonly system: System;
  readonly name: string;
  /** Undefined for what an owner gave. */
  readonly collection: Collection | undefined;
  readonly marks: readonly Mark[];
  /** Choices about rows of an answer that was replaced: they no longer count. */
  readonly outdated: number;
  /** Whether anything can still be chosen. */
  readonly open: boolean;
  /** Path of the text that an owner typed. */
  readonly text?: string | undefined;
  readonly sent: Sent;
}

export interface DataProps extends ReviewProps {
  readonly from: number;
  readonly total: number;
  readonly rows: readonly Row[];
  readonly perPage: number;
  /** Those of one page. */
  readonly documents: { readonly from: number; readonly total: number; readonly shown: readonly DocumentFile[] };
}

export interface RowProps extends ReviewProps {
  readonly n: number;
  readonly total: number;
  readonly row: Row;
  readonly found: Readonly<Record<string, readonly Found[]>>;
  /** What is blacked out, by field. */
  readonly struck: Readonly<Record<string, readonly Span[]>>;
}

const longest = 160;
/** Suggestions that one form offers; more are blacked out by pattern. */
const mostSuggestions = 40;
/** Blacked out places that one form offers to take back: it has to be sent (16 KiB). Those it does not offer stay. */
const mostStruck = 200;

const titleOf = ({ system, name, language }: ReviewProps): string =>
  `${system.title[language]}: ${collectionTitle(system, name, t(language), language)}`;

const labelOf = ({ collection, language }: ReviewProps, field: string): string =>
  collection?.fields[field]?.label[language] ?? (field === documentsField ? t(language)('review.documents') : field);

const asText = (value: Value | undefined): string =>
  plain(value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value ?? ''));

/** A value with the meaning of its code; of documents the names of their files. */
const resolved = (props: ReviewProps, field: string, value: Value | undefined): string => {
  if (field === documentsField && !props.collection?.fields[field] && Array.isArray(value))
    return value.map((path) => asText(path).split('/').at(-1)).join(', ');
  const meaning = props.collection?.fields[field]?.codes?.[String(value)]?.[props.language];
  return meaning ? `${meaning} (${asText(value)})` : asText(value);
};

const short = (text: string): string => (text.length > longest ? `${text.slice(0, longest)} …` : text);

const fieldsOf = ({ collection }: ReviewProps, rows: readonly Row[]): string[] => [
  ...new Set([...Object.keys(collection?.fields ?? {}), ...rows.flatMap((row) => Object.keys(row))]),
];

const base = ({ reference }: ReviewProps): string => `/dpo/request/${reference}`;

const Head = ({ props, text, title }: { props: ReviewProps; text: Text; title: string }) => (
  <>
    <BackLink to={inLanguage(props, base(props))}>{text('review.back')}</BackLink>
    <p class="caption">{props.reference}</p>
    <h1>{title}</h1>
    {!props.open && (
      <Notice>
        <p>{text('review.closed')}</p>
      </Notice>
    )}
    {props.outdated > 0 && (
      <Notice look="warning" title={text('review.outdated')}>
        <p>{counted(props.language, 'review.outdated-lead', props.outdated)}</p>
      </Notice>
    )}
  </>
);

const targetOf = (sent: Sent): string => sent.fields.get('target')?.[0] ?? '';

const FieldChoices = ({ props, text }: { props: DataProps; text: Text }) => {
  const chosen = choicesFor(props.marks);
  const described = props.collection?.fields ?? {};
  return (
    <section>
      <h2>{text('review.fields')}</h2>
      <p>{text('review.fields-lead')}</p>
      <Table
        caption={text('review.fields')}
        heads={[text('review.field'), text('review.source-name'), text('review.category'), text('review.now')]}
        rows={fieldsOf(props, props.rows).map((field) => [
          <>
            {labelOf(props, field)} {described[field]?.freeText && <Tag look="warning">{text('system.free-text')}</Tag>}
          </>,
          <code>{field}</code>,
          described[field]?.category ?? text('review.no-category'),
          <>
            <Chosen mark={chosen.value(-1, field)} frame={props} />
            {props.open && (
              <ChoiceForm
                frame={props}
                form={formFor(props, `field:${field}`, chosen.value(-1, field), props.sent)}
                target={`field:${field}`}
                title={text('review.choose-field', { field: labelOf(props, field) })}
                offered={described[field]?.freeText ? ['send', 'redact', 'withhold'] : ['send', 'withhold']}
                byPattern
              />
            )}
          </>,
        ])}
      />
    </section>
  );
};

/** The page with its rows and its documents from a place on. */
const pageAt = (props: DataProps, { from = props.from, documents = props.documents.from }): string => {
  const asked = [from > 0 && `from=${from}`, documents > 0 && `documents=${documents}`].filter(Boolean).join('&');
  return inLanguage(props, asked ? `${props.path}?${asked}` : props.path);
};

interface Part {
  readonly props: DataProps;
  readonly text: Text;
  readonly said: 'review.shown' | 'review.documents-shown';
  readonly from: number;
  readonly count: number;
  readonly total: number;
  readonly to: (from: number) => string;
}

const Turn = ({ props: { language, perPage }, text, said, from, count, total, to }: Part) => {
  const last = from + count;
  const counts = { from: number(from + 1, language), to: number(last, language), total: number(total, language) };
  return (
    <div class="turn">
      <p>{text(said, counts)}</p>
      <ul class="links">
        {from > 0 && (
          <li>
            <Link to={to(Math.max(from - perPage, 0))}>{text('review.previous')}</Link>
          </li>
        )}
        {last < total && (
          <li>
            <Link to={to(last)}>{text('review.next')}</Link>
          </li>
        )}
        {last < total && (
          <li>
            <Link to={to(total - 1 - ((total - 1) % perPage))}>{text('review.last')}</Link>
          </li>
        )}
      </ul>
    </div>
  );
};

/** Fields that the table of rows has room for; a row's own page has all. */
const columnsShown = 4;

const Rows = ({ props, text }: { props: DataProps; text: Text }) => {
  const chosen = choicesFor(props.marks);
  const shown = fieldsOf(props, props.rows).slice(0, columnsShown);
  const { from, total, rows } = props;
  const to = (row: number) => pageAt(props, { from: row });
  const turn = <Turn {...{ props, text, from, total, to }} said="review.shown" count={rows.length} />;
  const link = (n: number) => (
    <Link to={inLanguage(props, `${props.path}/${n}`)}>{text('review.row', { n: number(n + 1, props.language) })}</Link>
  );
  const about = (n: number, row: Row) => {
    const whole = chosen.row(n, row);
    const some = Object.keys(row).filter((field) => (chosen.value(n, field)?.choice ?? 'send') !== 'send').length;
    if (whole && whole.choice !== 'send') return <Chosen mark={whole} frame={props} />;
    return some > 0 ? <Tag look="info">{text('review.partly')}</Tag> : <Tag look="good">{text('review.send')}</Tag>;
  };
  return (
    <section>
      <h2>{text('review.rows')}</h2>
      {turn}
      <Table
        caption={text('review.rows')}
        heads={[text('review.number'), ...shown.map((field) => labelOf(props, field)), text('review.now')]}
        rows={props.rows.map((row, at) => [
          link(props.from + at),
          ...shown.map((field) => <Typed>{short(resolved(props, field, row[field]))}</Typed>),
          about(props.from + at, row),
        ])}
      />
      {turn}
    </section>
  );
};

const typeOf = (path: string): string => (path.split('.').at(-1) ?? '').toUpperCase();

const documentRow = (props: DataProps, text: Text, { path, bytes, name: called }: DocumentFile, n: number) => {
  const mark = props.marks.find(({ document }) => document === path);
  const name = plain(called || path.split('/').at(-1) || path);
  return [
    <Link to={inLanguage(props, path === props.text ? `${props.path}/text` : `${props.path}?document=${n}`)}>
      {name}
    </Link>,
    typeOf(path),
    size(bytes, props.language),
    <>
      <Chosen mark={mark} frame={props} />
      {props.open && (
        <ChoiceForm
          frame={props}
          to={pageAt(props, {})}
          form={formFor(props, `document:${n}`, mark, props.sent)}
          target={`document:${n}`}
          title={text('review.choose-field', { field: name })}
          offered={['send', 'withhold']}
        />
      )}
    </>,
  ];
};

const Documents = ({ props, text }: { props: DataProps; text: Text }) => {
  const { from, total, shown } = props.documents;
  const to = (documents: number) => pageAt(props, { documents });
  return (
    <section>
      <h2>{text('review.documents')}</h2>
      <p>
        {text('review.documents-lead')} {props.total > 0 && text('review.documents-rows')}
      </p>
      {total > shown.length && (
        <Turn {...{ props, text, from, total, to }} said="review.documents-shown" count={shown.length} />
      )}
      <Table
        caption={text('review.documents')}
        heads={[text('review.document'), text('review.type'), text('review.size'), text('review.now')]}
        rows={shown.map((file, at) => documentRow(props, text, file, from + at))}
      />
    </section>
  );
};

/** What every page of the review begins with: what is wrong, where one is, and whether anything can still be chosen. */
const shell = (props: ReviewProps, title: string, content: Child): string =>
  page({
    frame: props,
    title,
    wrong: props.sent.problems.length > 0,
    wide: true,
    children: (
      <>
        <ErrorSummary form={formFor(props, targetOf(props.sent), undefined, props.sent)} />
        <Head props={props} text={t(props.language)} title={title} />
        {content}
      </>
    ),
  });

/** What one collection holds, page by page, and what of it goes out. */
export const dataPage = (props: DataProps): string => {
  const text = t(props.language);
  const title = titleOf(props);
  return shell(
    props,
    title,
    <>
      {props.total > 0 && <Rows props={props} text={text} />}
      {props.documents.total > 0 && <Documents props={props} text={text} />}
      {props.total > 0 && <FieldChoices props={props} text={text} />}
    </>,
  );
};

interface Looked {
  readonly value: string;
  readonly found: readonly Found[];
  readonly struck: readonly Span[];
  readonly text: Text;
}

/** A text as it goes out: what is blacked out of it struck through, what else was found in it marked. */
const Marked = ({ value, found, struck, text }: Looked) => {
  const shown = plain(value);
  const open = outside(
    found.map(({ span }) => span),
    struck,
  );
  const parts: Child[] = [];
  let done = 0;
  for (const span of [...struck, ...open].sort((a, b) => a[0] - b[0])) {
    const [from, to] = span;
    const part = shown.slice(from, to);
    parts.push(shown.slice(done, from), struck.includes(span) ? <del>{part}</del> : <mark>{part}</mark>);
    done = to;
  }
  return (
    <>
      <Typed>
        {parts}
        {shown.slice(done)}
      </Typed>
      {struck.length > 0 && <p class="soft">{text('review.struck')}</p>}
    </>
  );
};

const around = 30;

/** What the form has to tick: first what is blacked out already, then what was found and is not. */
const toTick = ({ value, found, struck, text }: Looked) => {
  const option = (what: string, [from, to]: Span): Option => ({
    value: `${from}-${to}`,
    label: plain(value.slice(from, to)),
    hint: `${what}: … ${plain(value.slice(Math.max(from - around, 0), to + around))} …`,
  });
  const offered = struck.slice(0, mostStruck);
  const open = found.filter(({ span }) => outside([span], struck).length > 0).slice(0, mostSuggestions);
  return {
    struck: offered.length,
    suggestions: [
      ...offered.map((span) => option(text('review.struck-now'), span)),
      ...open.map(({ kind, span }) => option(text(`review.found-${kind}`), span)),
    ],
  };
};

const FieldOfRow = ({ props, field, text }: { props: RowProps; field: string; text: Text }) => {
  const value = props.row[field];
  const found = props.found[field] ?? [];
  const struck = props.struck[field] ?? [];
  const mark = choicesFor(props.marks).value(props.n, field);
  const isText = typeof value === 'string';
  return (
    <div class="field-of-row">
      <h3>
        {labelOf(props, field)} <Chosen mark={mark} frame={props} />
      </h3>
      <p class="soft">
        <code>{field}</code> {props.collection?.fields[field]?.explanation?.[props.language]}
      </p>
      <div class="value">
        {isText && found.length + struck.length > 0 ? (
          <Marked {...{ value, found, struck, text }} />
        ) : (
          <Typed>{resolved(props, field, value)}</Typed>
        )}
      </div>
      {props.open && (
        <ChoiceForm
          frame={props}
          form={formFor(props, `value:${field}`, mark, props.sent, struck)}
          target={`value:${field}`}
          title={text('review.choose-field', { field: labelOf(props, field) })}
          offered={isText ? ['send', 'redact', 'withhold'] : ['send', 'withhold']}
          {...(isText ? toTick({ value, found, struck, text }) : {})}
        />
      )}
    </div>
  );
};

export interface TextProps extends ReviewProps {
  readonly document: string;
  readonly value: string;
  readonly found: readonly Found[];
  readonly struck: readonly Span[];
}

/** A text that an owner typed, with what may be about others marked, and what of it goes out. */
export const textPage = (props: TextProps): string => {
  const text = t(props.language);
  const { value, found, struck, document } = props;
  const title = text('review.owner-text', { title: titleOf(props) });
  const mark = props.marks.find((each) => each.document === document);
  return shell(
    props,
    title,
    <>
      <p>
        <Link to={inLanguage(props, props.path.replace(/\/text$/, ''))}>{text('review.list')}</Link>
      </p>
      <div class="field-of-row">
        <p>
          <Chosen mark={mark} frame={props} />
        </p>
        <div class="value">
          <Marked {...{ value, found, struck, text }} />
        </div>
        {props.open && (
          <ChoiceForm
            frame={props}
            form={formFor(props, 'text', mark, props.sent, struck)}
            target="text"
            title={text('review.choose-text')}
            offered={['send', 'redact', 'withhold']}
            {...toTick({ value, found, struck, text })}
          />
        )}
      </div>
    </>,
  );
};

/** One row with every field whole, what may be about others marked, and what goes out. */
export const rowPage = (props: RowProps): string => {
  const text = t(props.language);
  const title = text('review.row-of', { n: number(props.n + 1, props.language), title: titleOf(props) });
  const list = props.path.replace(/\/\d+$/, '');
  const to = (n: number) => inLanguage(props, `${list}/${n}`);
  const whole = choicesFor(props.marks).row(props.n, props.row);
  return shell(
    props,
    title,
    <>
      <ul class="links">
        <li>
          <Link to={inLanguage(props, `${list}?from=${props.n}`)}>{text('review.list')}</Link>
        </li>
        {props.n > 0 && (
          <li>
            <Link to={to(props.n - 1)}>{text('review.previous')}</Link>
          </li>
        )}
        {props.n + 1 < props.total && (
          <li>
            <Link to={to(props.n + 1)}>{text('review.next')}</Link>
          </li>
        )}
      </ul>
      <section>
        <h2>
          {text('review.whole-row')} <Chosen mark={whole} frame={props} />
        </h2>
        {pathsIn(props.row).length > 0 && <p class="soft">{text('review.documents-rows')}</p>}
        {props.open && (
          <ChoiceForm
            frame={props}
            form={formFor(props, 'row', whole, props.sent)}
            target="row"
            title={text('review.choose-row')}
            offered={['send', 'withhold']}
          />
        )}
      </section>
      <section>
        <h2>{text('review.fields')}</h2>
        {fieldsOf(props, [props.row]).map((field) => (
          <FieldOfRow props={props} field={field} text={text} />
        ))}
      </section>
    </>,
  );
};
