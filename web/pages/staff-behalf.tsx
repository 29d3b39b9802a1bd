import { lacksAuthority } from '../../domain/representation.ts';
import { DateText, Notice, Typed } from '../components.tsx';
import { PostForm, Radios, TextArea, TextField } from '../fields.tsx';
import { inLanguage } from '../frame.ts';
import type { Form, Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { byInWords, Closing } from './staff-decider.tsx';

/** Somebody asks for another person: for whom, and what showed that they may, or that it is still to be shown. */
export const Behalf = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { person, authority } = props.request;
  if (!person.onBehalfOf) return null;
  return (
    <Notice look={authority ? 'info' : 'warning'} title={text('staff.behalf')}>
      <p>
        {text('staff.behalf-who')} <Typed>{person.onBehalfOf.name}</Typed>. {text('staff.behalf-relation')}{' '}
        <Typed>{person.onBehalfOf.relation}</Typed>.
      </p>
      {lacksAuthority(props.request) && <p>{text('staff.behalf-check')}</p>}
      {authority && (
        <>
          <p>
            {text('behalf.seen', { who: byInWords(text, authority) })}{' '}
            <DateText when={authority.at} frame={props} time />: <Typed>{authority.reason}</Typed>
          </p>
          <p>
            {text(`behalf.answer-${authority.answerTo}`)}. {text('behalf.searched')} <Typed>{authority.email}</Typed>.
          </p>
        </>
      )}
    </Notice>
  );
};

/** Starts a request for another person: what showed that the sender may act for them, where to look, and who gets the answer. */
export const StartFor = ({ props, form }: { props: StaffProps; form: Form }) => {
  const { text } = form;
  const answer = (['person', 'sender'] as const).map((value) => ({
    value,
    label: text(`behalf.answer-${value}`),
    hint: text(`behalf.answer-${value}-hint`),
  }));
  return (
    <>
      <p>{text('behalf.lead')}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <TextArea
          form={form}
          field="authority"
          label={text('behalf.authority')}
          hint={text('behalf.authority-hint')}
          rows={3}
        />
        <TextField form={form} field="email" label={text('behalf.email')} hint={text('behalf.email-hint')} />
        <Radios form={form} field="answerTo" label={text('behalf.answer')} options={answer} />
        <Closing props={props} form={form} action="start-for" label={text('staff.start-button')} />
      </PostForm>
    </>
  );
};
