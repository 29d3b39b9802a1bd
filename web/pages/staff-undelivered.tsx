import { ownerOf } from '../../domain/change.ts';
import { isAnswer, type Undelivered } from '../../domain/request.ts';
import { Button, DateText, Notice } from '../components.tsx';
import { Hidden, LastFour, PostForm, Radios } from '../fields.tsx';
import { inLanguage } from '../frame.ts';
import type { Form } from '../staff-text.ts';
import { counted, type Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';

const reader = ({ to }: Undelivered, { map, language }: StaffProps, text: Text): string => {
  if (to === 'subject' || to === 'dpo') return text(`undelivered.to-${to}`);
  if (to.startsWith('dpo:')) return text('undelivered.to-colleague');
  const { system } = ownerOf(to);
  return text('undelivered.to-owner', { system: map.systems[system]?.title[language] ?? system });
};

/** A mail that did not arrive, and what the DPO can do about it; one at a time, the oldest first. */
export const UndeliveredForm = ({ props, form }: { props: StaffProps; form: Form }) => {
  const [failed, ...more] = props.request.undelivered ?? [];
  if (!failed) return null;
  const { text } = form;
  const options = (['again', 'settled'] as const).map((value) => ({ value, label: text(`undelivered.${value}`) }));
  return (
    <Notice look="error" title={text('undelivered.title')}>
      <p>
        {reader(failed, props, text)} {text(`undelivered.${failed.reason}`)}{' '}
        <DateText when={failed.at} frame={props} time />.
      </p>
      {isAnswer(failed) && props.request.status === 'APPROVED' && <p>{text('undelivered.answer')}</p>}
      {failed.template === 'confirm' && <p>{text('undelivered.proof')}</p>}
      {more.length > 0 && <p>{counted(props.language, 'undelivered.more', more.length)}</p>}
      <PostForm to={inLanguage(props, props.path)}>
        <Hidden field="mail" value={failed.mail} />
        <Radios form={form} field="deal" label={text('undelivered.deal')} options={options} />
        <LastFour form={form} />
        <Button action="undelivered">{text('undelivered.button')}</Button>
      </PostForm>
    </Notice>
  );
};
