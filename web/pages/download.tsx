import { masked } from '../../domain/identity.ts';
import type { AnswerZip } from '../../domain/package.ts';
import { lastFour } from '../../domain/reference.ts';
import { answerAddress } from '../../domain/representation.ts';
import type { Request } from '../../domain/request.ts';
import { Button, DateText, Notice, Reference, SummaryList, Table } from '../components.tsx';
import { ErrorSummary, Hidden, LastFour, PostForm, TextField } from '../fields.tsx';
import { size } from '../format.ts';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../person-text.ts';
import { counted, t } from '../person-text.ts';

/** What a person had to type and did not. */
export type DownloadProblem = 'code' | 'last4';

export type DownloadState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'code-sent' }
  | { readonly kind: 'wrong-code'; readonly left: number }
  | { readonly kind: 'not-typed'; readonly problem: DownloadProblem }
  | { readonly kind: 'locked' }
  /** The code was used, or is too old. */
  | { readonly kind: 'void' }
  | { readonly kind: 'expired' };

export interface DownloadProps extends Frame {
  readonly request: Pick<Request, 'reference' | 'person' | 'sent'>;
  /** What can be fetched now. */
  readonly zips: readonly AnswerZip[];
  /** The file in it that is opened first, where that is not the start page. */
  readonly opensWith?: string;
  readonly state: DownloadState;
  /** The case number's last signs were typed already: they are not asked for a second time. */
  readonly meant?: boolean;
}

const problems = { code: 'download.blank', last4: 'last4.problem' } as const;

const formOf = ({ language, state }: DownloadProps): Form => {
  const text = t(language);
  const errors = new Map<string, string>();
  if (state.kind === 'wrong-code') errors.set('code', counted(language, 'download.wrong', state.left));
  if (state.kind === 'not-typed') errors.set(state.problem, text(problems[state.problem]));
  return { text, values: new Map(), errors };
};

const CaseNumber = ({ props: { meant, request }, form }: { props: DownloadProps; form: Form }) =>
  meant ? <Hidden field="last4" value={lastFour(request.reference)} /> : <LastFour form={form} />;

const SendCode = ({ props, form, again }: { props: DownloadProps; form: Form; again?: boolean }) => (
  <PostForm to={inLanguage(props, props.path)}>
    <CaseNumber props={props} form={form} />
    <Button action="send-code" look={again ? 'secondary' : 'primary'}>
      {form.text(again ? 'download.send-again' : 'download.send')}
    </Button>
  </PostForm>
);

/** Which answer of the case, and which part of it. */
const nameOf = ({ answer, part, parts }: AnswerZip, { request, zips }: DownloadProps, text: Form['text']): string => {
  const several = new Set(zips.map((zip) => zip.answer)).size > 1 || (request.sent?.length ?? 0) > 0;
  const which = several ? text(answer === 1 ? 'download.first' : 'download.later', { n: answer - 1 }) : undefined;
  const piece = parts > 1 ? text('download.part', { n: part, of: parts }) : undefined;
  return [which, piece].filter(Boolean).join(', ') || text('download.file');
};

/** The code stays typed in the page while files are fetched, one after the other. */
const OpenButtons = ({ props, form }: { props: DownloadProps; form: Form }) => {
  const { zips, language } = props;
  if (zips.length < 2) return <Button action="open">{form.text('download.open')}</Button>;
  return (
    <div class="stack">
      {zips.map((zip) => (
        <Button action={`open-${zip.n}`} look="secondary">
          {form.text('download.open-file', { file: nameOf(zip, props, form.text), size: size(zip.bytes, language) })}
        </Button>
      ))}
    </div>
  );
};

const TypeCode = ({ props, form }: { props: DownloadProps; form: Form }) => (
  <>
    <PostForm to={inLanguage(props, props.path)}>
      {props.meant && <CaseNumber props={props} form={form} />}
      <TextField
        form={form}
        field="code"
        label={form.text('download.code')}
        hint={form.text('download.code-hint', { address: masked(answerAddress(props.request)) })}
        autocomplete="one-time-code"
        width="short"
        digits
        blank
      />
      {props.zips.length > 1 && <p class="soft">{form.text('download.each')}</p>}
      <OpenButtons props={props} form={form} />
    </PostForm>
    <p class="soft">{form.text('download.no-code')}</p>
    <SendCode props={props} form={form} again />
  </>
);

const factsOf = (zip: AnswerZip, props: DownloadProps, text: Form['text']) => [
  { key: nameOf(zip, props, text), value: text('download.zip', { size: size(zip.bytes, props.language) }) },
  { key: text('download.until'), value: <DateText when={zip.expiresAt} frame={props} /> },
  { key: text('download.fetched'), value: counted(props.language, 'download.times', zip.downloads) },
];

const Inside = ({ props, text }: { props: DownloadProps; text: Form['text'] }) => {
  const { zips, language, opensWith } = props;
  return (
    <>
      <h2>{text('download.inside')}</h2>
      <p>{opensWith ? text('download.inside-portability', { file: opensWith }) : text('download.inside-lead')}</p>
      {zips.some(({ parts }) => parts > 1) && <p>{text('download.inside-parts')}</p>}
      {zips.length === 1 ? (
        <SummaryList rows={zips.flatMap((zip) => factsOf(zip, props, text))} />
      ) : (
        <Table
          caption={text('download.files')}
          heads={[text('download.file'), text('download.until'), text('download.fetched')]}
          rows={zips.map((zip) => [
            <>
              {nameOf(zip, props, text)} <span class="soft">({size(zip.bytes, language)})</span>
            </>,
            <DateText when={zip.expiresAt} frame={props} />,
            counted(language, 'download.times', zip.downloads),
          ])}
        />
      )}
      <h2>{text('download.safe')}</h2>
      <p>{text('download.safe-lead')}</p>
    </>
  );
};

const Before = ({ props, form }: { props: DownloadProps; form: Form }) => (
  <>
    <p class="lead">{form.text('download.lead', { address: masked(answerAddress(props.request)) })}</p>
    <SendCode props={props} form={form} />
  </>
);

const Sent = ({ props, form }: { props: DownloadProps; form: Form }) => (
  <>
    {props.state.kind === 'code-sent' && (
      <Notice look="good" loud>
        <p>{form.text('download.sent', { address: masked(answerAddress(props.request)) })}</p>
      </Notice>
    )}
    <TypeCode props={props} form={form} />
  </>
);

const Stopped = ({ kind, props, form }: { kind: 'locked' | 'void' | 'expired'; props: DownloadProps; form: Form }) => (
  <>
    <Notice look="warning" loud>
      <p>{form.text(`download.${kind}`)}</p>
      <p>{form.text(`download.${kind}-then`, { email: props.config.organisation.email })}</p>
    </Notice>
    {kind === 'void' && props.zips.length > 1 && <TypeCode props={props} form={form} />}
    {(kind === 'locked' || (kind === 'void' && props.zips.length === 1)) && (
      <SendCode props={props} form={form} again />
    )}
  </>
);

const Body = ({ props, form }: { props: DownloadProps; form: Form }) => {
  const { kind } = props.state;
  const unasked = props.state.kind === 'not-typed' && props.state.problem === 'last4';
  if (kind === 'ready' || unasked) return <Before props={props} form={form} />;
  if (kind === 'locked' || kind === 'void' || kind === 'expired')
    return <Stopped kind={kind} props={props} form={form} />;
  return <Sent props={props} form={form} />;
};

/** Where the answer is fetched: the link from the mail opens the page, a fresh code opens the file. */
export const downloadPage = (props: DownloadProps): string => {
  const form = formOf(props);
  const { text } = form;
  return page({
    frame: props,
    title: text('download.title'),
    wrong: form.errors.size > 0,
    children: (
      <>
        <ErrorSummary form={form} />
        <p class="caption">
          {text('status.reference')} <Reference>{props.request.reference}</Reference>
        </p>
        <h1>{text('download.title')}</h1>
        <Body props={props} form={form} />
        {props.state.kind !== 'expired' && <Inside props={props} text={text} />}
      </>
    ),
  });
};
