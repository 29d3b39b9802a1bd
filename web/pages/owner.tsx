import type { System } from '../../domain/data-map.ts';
import { inForce } from '../../domain/gathering.ts';
import { ownersDay } from '../../domain/owner-time.ts';
import { dataSubject } from '../../domain/representation.ts';
import { answeredWithData, type Case } from '../../domain/request.ts';
import { Button, DateText, Notice, Reference, SummaryList, type SummaryRow, Typed } from '../components.tsx';
import { ErrorSummary, LastFour, PostForm, Radios, TextArea, TextField } from '../fields.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { page } from '../layout.tsx';
import type { Form } from '../person-text.ts';
import { type Text, type TextKey, t } from '../person-text.ts';
import { FileList, type OwnersFile } from './owner-files.tsx';

export interface OwnerProps extends Frame {
  readonly held: Case;
  /** The system's name in the data map. */
  readonly name: string;
  readonly system: System;
  /** Which day it is. */
  readonly now: Date;
  /** Whether the task still waits for an answer. */
  readonly open: boolean;
  /** What was sent came after the task was answered. */
  readonly late?: boolean;
  readonly uploaded: readonly OwnersFile[];
  readonly problems: readonly OwnerProblem[];
  /** What was typed, when the page comes back with problems. */
  readonly typed: Readonly<Record<string, string>>;
}

export interface OwnerProblem {
  readonly field: string;
  readonly problem: 'choose' | 'give-something' | 'given' | 'last4' | 'too-long' | 'name';
}

const formOf = ({ language, problems, typed }: OwnerProps): Form => {
  const text = t(language);
  return {
    text,
    values: new Map(Object.entries(typed).map(([field, value]) => [field, [value]])),
    errors: new Map(problems.map(({ field, problem }) => [field, text(`owner.problem-${problem}` as TextKey)])),
  };
};

/** Ends the key of a text that says another thing when the person gets nothing of what is found. */
const whatFor = ({ rights }: Case) => (rights.some(({ right }) => answeredWithData(right)) ? '' : '-other');

/** Identifiers only: what the owner needs to look, and not why the person asks. */
const personRows = ({ held }: OwnerProps, text: Text): SummaryRow[] => {
  const { name, email, customerNumber, alsoKnownAs } = dataSubject(held.request);
  const rows: readonly (readonly [TextKey, string | undefined])[] = [
    ['owner.person-name', name],
    ['owner.person-email', email],
    ['owner.person-number', customerNumber],
    ['owner.person-known-as', alsoKnownAs],
  ];
  return rows.flatMap(([key, value]) => (value ? [{ key: text(key), value: <Typed>{value}</Typed> }] : []));
};

const Task = ({ props, text }: { props: OwnerProps; text: Text }) => {
  const { system, language } = props;
  const collections = Object.values(system.collections);
  return (
    <>
      <h2>{text('owner.who')}</h2>
      <SummaryList rows={personRows(props, text)} />
      <h2>{text('owner.what')}</h2>
      <p>
        <Typed>
          {system.instructions?.[language] ?? text('owner.what-default', { system: system.title[language] })}
        </Typed>
      </p>
      {collections.length > 0 && (
        <ul>
          {collections.map(({ title }) => (
            <li>{title[language]}</li>
          ))}
        </ul>
      )}
      <p>{text('owner.example')}</p>
    </>
  );
};

/** What is there, and the way to the page that adds and removes: it leads through this form, so that nothing typed is lost. */
const Files = ({ props, text }: { props: OwnerProps; text: Text }) => (
  <div class="field">
    <h3>{text('owner.files')}</h3>
    {props.uploaded.length > 0 ? (
      <FileList files={props.uploaded} language={props.language} text={text} />
    ) : (
      <p class="hint">{text('owner.files-none')}</p>
    )}
    <Button action="files" look="secondary">
      {text(props.uploaded.length > 0 ? 'owner.files-change' : 'owner.files-add')}
    </Button>
  </div>
);

const Answer = ({ props, form }: { props: OwnerProps; form: Form }) => {
  const { text } = form;
  const found = (
    <TextArea
      form={form}
      field="text"
      label={text('owner.text')}
      hint={text(`owner.text-hint${whatFor(props.held)}`)}
    />
  );
  const named = <TextField form={form} field="name" label={text('owner.name')} hint={text('owner.name-hint')} />;
  return (
    <>
      <h2>{text('owner.answer')}</h2>
      <PostForm to={inLanguage(props, props.path)}>
        {/* The first button is the one that the Enter key presses. */}
        {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: no key reaches it; the button that is read stands at the end. */}
        <button type="submit" name="action" value="answer" class="for-readers" tabindex={-1} aria-hidden="true">
          {text('owner.send')}
        </button>
        <Radios
          form={form}
          field="answer"
          label={text('owner.found')}
          options={[
            { value: 'found', label: text('owner.found-yes'), more: found },
            { value: 'nothing', label: text('owner.found-nothing'), hint: text('owner.found-nothing-hint') },
            { value: 'not-me', label: text('owner.found-not-me'), more: named },
          ]}
        />
        <Files props={props} text={text} />
        <LastFour form={form} />
        <Button action="answer">{text('owner.send')}</Button>
      </PostForm>
    </>
  );
};

/** By when, and that it is urgent where the person has waited too long. */
const By = ({ props, text }: { props: OwnerProps; text: Text }) => {
  const { day, urgent } = ownersDay(props.held, props.name, props.config, props.now);
  return (
    <Notice look={urgent ? 'warning' : 'info'}>
      <p>
        {text('owner.by')}{' '}
        <strong>
          <DateText when={day} frame={props} />
        </strong>
        .
      </p>
      {urgent && <p>{text('owner.urgent')}</p>}
    </Notice>
  );
};

const Open = ({ props, form }: { props: OwnerProps; form: Form }) => (
  <>
    <p class="lead">
      {form.text(`owner.lead${whatFor(props.held)}`, { organisation: props.config.organisation.name })}
    </p>
    <By props={props} text={form.text} />
    <Task props={props} text={form.text} />
    <Answer props={props} form={form} />
  </>
);

/** Whoever of the owner and the deputies opens it sees the outcome. */
const Done = ({ props, text }: { props: OwnerProps; text: Text }) => {
  const { answer } = inForce(props.held).find(({ system }) => system === props.name) ?? {};
  // The case ended while nobody had answered.
  const words = answer ? 'done' : 'gone';
  return (
    <Notice look={props.late ? 'error' : answer ? 'good' : 'info'} title={text(`owner.${words}`)} loud>
      {props.late && <p>{text('owner.late', { email: props.config.dpo.email })}</p>}
      {answer && <p>{text(`owner.outcome-${answer}`)}</p>}
      {!props.late && <p>{text(`owner.${words}-lead`)}</p>}
      {props.late && props.typed?.text && (
        <>
          <p>{text('owner.late-typed')}</p>
          <blockquote class="typed">{props.typed.text}</blockquote>
        </>
      )}
    </Notice>
  );
};

/** A data owner's task: who asks, what to look for, by when, and the ways to answer. No account. */
export const ownerPage = (props: OwnerProps): string => {
  const form = formOf(props);
  const { text } = form;
  const title = text('owner.title', { system: props.system.title[props.language] });
  return page({
    frame: props,
    title,
    wrong: form.errors.size > 0,
    children: (
      <>
        <ErrorSummary form={form} />
        <p class="caption">
          {text('status.reference')} <Reference>{props.held.request.reference}</Reference>
        </p>
        <h1>{title}</h1>
        {props.open ? <Open props={props} form={form} /> : <Done props={props} text={text} />}
      </>
    ),
  });
};
