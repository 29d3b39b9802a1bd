import { mayAskAgain } from '../../domain/ask-again.ts';
import { isUndecided, lostSystems, undoableUntil, withFreeText } from '../../domain/decision.ts';
import { inForce, owedBy } from '../../domain/gathering.ts';
import { lacksAuthority } from '../../domain/representation.ts';
import { answeredWithData, isOver, type Right, refusalGrounds } from '../../domain/request.ts';
import { incompleteSources, isPartlySent, lastSent } from '../../domain/supplement.ts';
import { Button, DateText, Disclosure, Notice } from '../components.tsx';
import { Checkboxes, Hidden, LastFour, PostForm, Radios, TextArea } from '../fields.tsx';
import { dayIn, list, longDate } from '../format.ts';
import { inLanguage } from '../frame.ts';
import { counted, type Form, type TextKey } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { StartFor } from './staff-behalf.tsx';
import { Closing } from './staff-decider.tsx';
import { SomethingHeldBack } from './staff-held-back.tsx';
import { Preview } from './staff-preview.tsx';

interface Props {
  readonly props: StaffProps;
  readonly form: Form;
}

type Titled = Pick<StaffProps, 'map' | 'language'>;

/** A system as the reader knows it; one that the map has no more, by its name. */
export const titleOf = ({ map, language }: Titled, name: string): string => map.systems[name]?.title[language] ?? name;

/** Systems as the reader knows them, each once. */
export const titlesOf = (props: Titled, systems: readonly string[]): string[] =>
  [...new Set(systems)].map((name) => titleOf(props, name));

/** A refusal has one month, whatever was extended (Art. 12(4)): late is said, and still possible, for the person must have an answer. */
const RefuseLate = ({ props, form }: Props) => {
  const today = dayIn(props.config.timeZone, props.now);
  const late = props.rights.find(({ status, deadline }) => !isOver(status) && deadline.refuseBy < today);
  if (!late) return null;
  return (
    <Notice look="warning">
      <p>
        {form.text('staff.refuse-late')} <DateText when={late.deadline.refuseBy} frame={props} />.
      </p>
    </Notice>
  );
};

/** Asks one system again, and those that are asked for its values: the DPO then decides on a new round. */
export const AskAgainForm = ({ props, form }: Props) => {
  const { text } = form;
  if (!mayAskAgain(props)) return null;
  const waiting = owedBy(props);
  const planned = (props.request.planned ?? []).map(({ system }) => system);
  const systems = [...new Set(planned)].filter((system) => !waiting.includes(system));
  if (systems.length === 0) return null;
  const options = systems.map((value) => ({ value, label: titleOf(props, value) }));
  return (
    <Disclosure title={text('staff.ask-again')} open={form.errors.size > 0}>
      <p>{text('staff.ask-again-lead')}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <Radios form={form} field="system" label={text('staff.ask-again-which')} options={options} />
        <LastFour form={form} />
        <Button action="ask-again" look="secondary">
          {text('staff.ask-again-button')}
        </Button>
      </PostForm>
    </Disclosure>
  );
};

/** What was held back has changed: the answer is made anew before anything is decided. */
export const MakeAnewForm = ({ props, form }: Props) => (
  <section class="todo" id="todo">
    <h2>{form.text('staff.make-anew')}</h2>
    <p>{form.text('staff.make-anew-lead', { name: props.handler?.name ?? '' })}</p>
    <PostForm to={inLanguage(props, props.path)}>
      <LastFour form={form} />
      <Button action="make-anew">{form.text('staff.make-anew-button')}</Button>
    </PostForm>
  </section>
);

/** Somebody looked at the free text of each system that has some (T13). */
const LookedAt = ({ props, form }: Props) => {
  const systems = withFreeText(props, props.map);
  if (systems.length === 0) return null;
  const options = systems.map((value) => ({ value, label: titleOf(props, value) }));
  return (
    <Checkboxes
      form={form}
      field="looked"
      label={form.text('staff.looked')}
      hint={form.text('staff.looked-hint')}
      options={options}
    />
  );
};

/** What was chosen to be held back and may go out now, for a system answered with something else: somebody looks again. */
const LostChoices = ({ props, form }: Props) => {
  const { text } = form;
  const lost = props.request.manifest?.lost ?? [];
  const sends = props.rights.some((record) => isUndecided(record) && answeredWithData(record.right));
  if (lost.length === 0 || !sends) return null;
  const countOf = (system: string) =>
    lost.filter((each) => each.system === system).reduce((sum, { count }) => sum + count, 0);
  const options = lostSystems(props).map((value) => ({
    value,
    label: titleOf(props, value),
    hint: counted(props.language, 'system.lost', countOf(value)),
  }));
  return (
    <Notice look="warning" title={text('staff.lost')}>
      <p>{text('staff.lost-lead')}</p>
      <Checkboxes form={form} field="again" label={text('staff.again')} options={options} />
    </Notice>
  );
};

/** Takes an approval back while nothing was sent. */
export const UndoForm = ({ props, form }: Props) => {
  const { text } = form;
  return (
    <section class="todo" id="todo">
      <h2>{text('staff.undo')}</h2>
      <p>
        {text('staff.undo-lead')} <DateText when={undoableUntil(props.request, props.now) ?? ''} frame={props} time />.
      </p>
      <PostForm to={inLanguage(props, props.path)}>
        <LastFour form={form} />
        <Button action="undo" look="secondary">
          {text('staff.undo-button')}
        </Button>
      </PostForm>
    </section>
  );
};

/** Has the step that failed tried again. */
export const StuckForm = ({ props, form }: Props) => (
  <PostForm to={inLanguage(props, props.path)}>
    <LastFour form={form} />
    <Button action="try-again">{form.text('staff.try-again')}</Button>
  </PostForm>
);

const RefusalGrounds = ({ form, field }: { form: Form; field: string }) => (
  <Radios
    form={form}
    field={field}
    label={form.text('staff.ground')}
    options={refusalGrounds.map((value) => ({ value, label: form.text(`staff.refusal-${value}`) }))}
  />
);

/** Confirms that the request is proper, or refuses it before anything is read. */
export const StartForm = ({ props, start, refuse }: { props: StaffProps; start: Form; refuse: Form }) => {
  const { text } = start;
  const to = inLanguage(props, props.path);
  return (
    <section class="todo" id="todo">
      <h2>{text('staff.start')}</h2>
      <p>{text('staff.start-lead')}</p>
      {lacksAuthority(props.request) ? (
        <StartFor props={props} form={start} />
      ) : (
        <PostForm to={to}>
          <LastFour form={start} />
          <Button action="start">{text('staff.start-button')}</Button>
        </PostForm>
      )}
      <Disclosure title={text('staff.refuse-all')} open={props.typed.action === 'refuse'}>
        <p>{text('staff.refuse-all-lead')}</p>
        <RefuseLate props={props} form={refuse} />
        <PostForm to={to}>
          <RefusalGrounds form={refuse} field="ground" />
          <TextArea form={refuse} field="reason" label={text('staff.reason')} hint={text('staff.reason-hint')} />
          <Closing props={props} form={refuse} action="refuse" label={text('staff.refuse-button')} look="danger" />
        </PostForm>
      </Disclosure>
    </section>
  );
};

/** What the DPO has to know before granting a right: what it sends, or that there is nothing to be done. */
const grantHint = (right: Right, { sources, request }: StaffProps): TextKey => {
  if (right === 'portability') return 'staff.approve-portability';
  if (answeredWithData(right)) return 'staff.approve-data';
  const found = inForce({ sources, request, rights: [] });
  return found.length > 0 && found.every(({ state }) => state === 'EMPTY')
    ? 'staff.approve-nothing'
    : 'staff.approve-done';
};

const RightChoice = ({ props, form, right }: Props & { right: Right }) => {
  const { text } = form;
  const only = isPartlySent(props);
  const done = (
    <TextArea
      form={form}
      field={`done-${right}`}
      label={text('staff.done')}
      hint={text('staff.done-hint')}
      rows={3}
      optional
    />
  );
  const why = (
    <>
      <RefusalGrounds form={form} field={`ground-${right}`} />
      <TextArea form={form} field={`reason-${right}`} label={text('staff.reason')} hint={text('staff.reason-hint')} />
    </>
  );
  return (
    <Radios
      form={form}
      field={`outcome-${right}`}
      label={text(`right.${right}`)}
      options={[
        {
          value: 'approve',
          label: text('staff.approve'),
          hint: text(grantHint(right, props)),
          more: answeredWithData(right) ? undefined : done,
        },
        ...(only ? [] : [{ value: 'refuse', label: text('staff.refuse'), more: why }]),
      ]}
    />
  );
};

/** Only what came since an answer went out is decided on now. */
const Supplement = ({ props, form }: Props) => {
  const last = lastSent(props.request);
  if (!last) return null;
  const date = longDate(last.at, props.language, props.config.timeZone);
  return (
    <Notice title={form.text('staff.supplement')}>
      <p>{form.text('staff.supplement-lead', { date })}</p>
    </Notice>
  );
};

const Incomplete = ({ props, form }: Props) => {
  const { text } = form;
  const missing = titlesOf(props, incompleteSources(props));
  if (missing.length === 0) return null;
  return (
    <Notice look="warning" title={text('staff.incomplete')}>
      <p>{text('staff.incomplete-lead', { systems: list(missing, props.language) })}</p>
      <p>{text('staff.incomplete-then')}</p>
      <TextArea form={form} field="incomplete" label={text('staff.incomplete-reason')} rows={3} />
    </Notice>
  );
};

/** Enough of a hash to compare by eye. */
export const fingerprint = (hash: string): string => (hash.slice(0, 16).match(/.{4}/g) ?? []).join(' ');

const Manifest = ({ props, form }: Props) => {
  const { manifest } = props.request;
  if (!manifest) return null;
  const { hash, rows, documents } = manifest;
  const { language } = props;
  const counts = [counted(language, 'system.rows', rows), counted(language, 'system.documents', documents)];
  return (
    <>
      <Hidden field="manifest" value={hash} />
      <SomethingHeldBack props={props} text={form.text} />
      <p class="soft">
        {form.text('staff.manifest', { found: list(counts, language) })} <code>{fingerprint(hash)}</code>
      </p>
    </>
  );
};

/** Decides each right that is open, on exactly the manifest that the page shows (security.md 3.5). */
export const DecideForm = ({ props, form }: Props) => (
  <section class="todo" id="todo">
    <h2>{form.text('staff.decide')}</h2>
    <p>{form.text('staff.decide-lead')}</p>
    <Supplement props={props} form={form} />
    <Preview props={props} form={form} />
    <RefuseLate props={props} form={form} />
    <PostForm to={inLanguage(props, props.path)}>
      {props.rights.filter(isUndecided).map(({ right }) => (
        <RightChoice props={props} form={form} right={right} />
      ))}
      <LostChoices props={props} form={form} />
      <LookedAt props={props} form={form} />
      <Incomplete props={props} form={form} />
      <Manifest props={props} form={form} />
      <Closing props={props} form={form} action="decide" label={form.text('staff.decide-button')} />
    </PostForm>
  </section>
);
