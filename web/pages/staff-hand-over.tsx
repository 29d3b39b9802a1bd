import { mayDecide } from '../../domain/hand-over.ts';
import { handOverGrounds, isOver } from '../../domain/request.ts';
import { DateText, Disclosure, Notice, Typed } from '../components.tsx';
import { PostForm, Radios, TextArea } from '../fields.tsx';
import { inLanguage } from '../frame.ts';
import type { Form, Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { Closing, personInWords, roleInWords } from './staff-decider.tsx';

/** Who has the case, where it is not the DPO by themselves. */
export const HandedTo = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { handler, request } = props;
  const { handedTo } = request;
  if (!handedTo || !handler) return null;
  return (
    <p>
      {text('hand-over.has', { name: handler.name, role: roleInWords(text, handler.role) })}{' '}
      {text('hand-over.from', { who: roleInWords(text, handedTo.by) })}{' '}
      <DateText when={handedTo.at} frame={props} time />. {text(`hand-over.ground-${handedTo.ground}`)}.{' '}
      {handedTo.note && <Typed>{handedTo.note}</Typed>}
    </p>
  );
};

/** Who gave it away for a conflict of interest, and whether they are out of it. */
export const Conflicts = ({ props, text }: { props: StaffProps; text: Text }) => {
  const { people, request, config } = props;
  const barred = people.filter(({ key }) => request.conflicts?.some((each) => each.key === key));
  if (barred.length === 0) return null;
  const few = mayDecide(request, config).length === people.length;
  return (
    <Notice look="warning">
      {barred.map(({ key }) => (
        <p>{text(few ? 'conflict.has' : 'conflict.out', { who: personInWords(text, people, key) })}</p>
      ))}
      {few && <p>{text('conflict.few')}</p>}
    </Notice>
  );
};

/** Gives the case to another of those who may decide. */
export const HandOver = ({ props, form }: { props: StaffProps; form: Form }) => {
  const { text } = form;
  const { people, handler, request } = props;
  const options = people
    .filter(({ key }) => key !== handler?.key && !request.conflicts?.some((each) => each.key === key))
    .map(({ key, name, role }) => ({ value: key, label: `${name} (${roleInWords(text, role)})` }));
  if (isOver(request.status) || options.length === 0) return null;
  const grounds = handOverGrounds.map((value) => ({
    value,
    label: text(`hand-over.ground-${value}`),
    ...(value === 'conflict' ? { hint: text('hand-over.conflict-hint') } : {}),
  }));
  return (
    <Disclosure title={text('hand-over.title')} open={props.typed.action === 'hand-over'}>
      <p>{text('hand-over.lead')}</p>
      <PostForm to={inLanguage(props, props.path)}>
        <Radios form={form} field="to" label={text('hand-over.to')} options={options} />
        <Radios form={form} field="ground" label={text('hand-over.why')} options={grounds} />
        <TextArea form={form} field="reason" label={text('hand-over.note')} rows={3} />
        <Closing props={props} form={form} action="hand-over" label={text('hand-over.button')} />
      </PostForm>
    </Disclosure>
  );
};
