import { layout } from '../../domain/answer-layout.ts';
import { canHandOut, handOutWays } from '../../domain/hand-out.ts';
import { zipsOf } from '../../domain/package.ts';
import { Button, DateText, Disclosure, Link } from '../components.tsx';
import { Hidden, PostForm, Radios } from '../fields.tsx';
import { size } from '../format.ts';
import { inLanguage } from '../frame.ts';
import type { Form } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { Closing, roleInWords } from './staff-decider.tsx';

/** The letter to print and the files to put on a stick, for somebody whom mail does not reach; that it was done is noted. */
export const HandOut = ({ props, form }: { props: StaffProps; form: Form }) => {
  const { text } = form;
  const { request, path, language } = props;
  const { handedOut, manifest } = request;
  if (!canHandOut(props)) return null;
  const letter = props.rights.some(({ right }) => right === 'access') && manifest;
  const file = (name: string) => inLanguage(props, `${path}/preview/${name}`);
  const options = handOutWays.map((value) => ({ value, label: text(`hand-out.${value}`) }));
  return (
    <Disclosure title={text('hand-out.title')} open={props.typed.action === 'hand-out'}>
      {handedOut && (
        <p>
          {text('hand-out.done', { way: text(`hand-out.${handedOut.way}`), who: roleInWords(text, handedOut.by) })}{' '}
          <DateText when={handedOut.at} frame={props} time />.
        </p>
      )}
      <p>{text('hand-out.lead')}</p>
      <ul>
        {letter && (
          <li>
            <Link to={file(layout(request.language).letter)}>{text('hand-out.letter')}</Link>
          </li>
        )}
        {zipsOf(request).map(({ name, bytes }) => (
          <li>
            <PostForm to={file(name)}>
              <Hidden field="target" value="file" />
              <Button look="secondary">{text('hand-out.file', { name, size: size(bytes, language) })}</Button>
            </PostForm>
          </li>
        ))}
      </ul>
      <PostForm to={inLanguage(props, path)}>
        <Radios form={form} field="way" label={text('hand-out.way')} options={options} />
        <Closing props={props} form={form} action="hand-out" label={text('hand-out.button')} />
      </PostForm>
    </Disclosure>
  );
};
