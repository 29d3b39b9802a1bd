import { owedBy } from '../../domain/gathering.ts';
import { fetched } from '../../domain/package.ts';
import { incompleteSources, isPartlySent } from '../../domain/supplement.ts';
import { DateText, Disclosure, Notice, Table, Typed } from '../components.tsx';
import { PostForm, TextArea } from '../fields.tsx';
import { list } from '../format.ts';
import { inLanguage } from '../frame.ts';
import type { Form, Text } from '../staff-text.ts';
import { counted } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { Closing } from './staff-decider.tsx';
import { fingerprint, titlesOf } from './staff-forms.tsx';

interface Props {
  readonly props: StaffProps;
  readonly form: Form;
}

/** Owners keep the round open: the DPO may decide on what the others answered. */
export const GoOn = ({ props, form }: Props) => {
  const { text } = form;
  const owing = owedBy(props);
  if (owing.length === 0) return null;
  return (
    <Disclosure title={text('staff.go-on')} open={form.errors.size > 0 || props.typed.action === 'go-on'}>
      <p>{text('staff.go-on-lead', { systems: list(titlesOf(props, owing), props.language) })}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <Closing props={props} form={form} action="go-on" label={text('staff.go-on-button')} />
      </PostForm>
    </Disclosure>
  );
};

/** The answers that went out while something was missing. */
export const SentParts = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { sent = [] } = props.request;
  if (sent.length === 0) return null;
  const heads = ['staff.sent-at', 'staff.sent-missing', 'staff.said', 'staff.fetched'] as const;
  return (
    <section>
      <h2>{text('staff.sent')}</h2>
      <Table
        caption={text('staff.sent-caption')}
        heads={heads.map((head) => text(head))}
        rows={sent.map(({ at, missing, reason, package: built, manifest }) => [
          <>
            <DateText when={at} frame={props} time />
            <br />
            <span class="soft">
              {text('staff.sent-print')} <code>{fingerprint(manifest)}</code>
            </span>
          </>,
          list(titlesOf(props, missing), props.language),
          <Typed>{reason}</Typed>,
          built ? counted(props.language, 'download.times', fetched(built)) : text('staff.nothing-said'),
        ])}
      />
    </section>
  );
};

/** Ends the case without what never comes. */
export const EndWithout = ({ props, form }: Props) => {
  const { text } = form;
  if (props.request.status !== 'REVIEW' || !isPartlySent(props)) return null;
  return (
    <Disclosure title={text('staff.end-without')} open={props.typed.action === 'end-without'}>
      <p>{text('staff.end-without-lead')}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <TextArea form={form} field="reason" label={text('staff.reason')} hint={text('staff.reason-hint')} />
        <Closing
          props={props}
          form={form}
          action="end-without"
          label={text('staff.end-without-button')}
          look="danger"
        />
      </PostForm>
    </Disclosure>
  );
};

/** A part is sent and nothing new has come since. */
export const Rest = ({ props, text }: { props: StaffProps; text: Text }) => (
  <section class="todo" id="todo">
    <h2>{text('staff.rest')}</h2>
    <Notice look="warning">
      <p>{text('staff.rest-lead', { systems: list(titlesOf(props, incompleteSources(props)), props.language) })}</p>
    </Notice>
  </section>
);
