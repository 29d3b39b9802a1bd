import { answeredWithData, isOver } from '../../domain/request.ts';
import { Disclosure } from '../components.tsx';
import type { Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';

/** What the law asks of the decision, in plain words: for every request, and for the rights that this one asks for. */
export const LegalNotes = ({ props, text }: { props: StaffProps; text: Text }) => {
  if (isOver(props.request.status)) return null;
  const rights = props.rights.map(({ right }) => right);
  return (
    <section>
      <h2>{text('legal.title')}</h2>
      <Disclosure title={text('legal.open')}>
        <ul>
          <li>{text('legal.time')}</li>
          <li>{text('legal.identity')}</li>
          <li>{text('legal.refuse')}</li>
          {rights.some(answeredWithData) && <li>{text('legal.others')}</li>}
        </ul>
        <dl class="pairs">
          {rights.map((right) => (
            <div>
              <dt>{text(`right.${right}`)}</dt>
              <dd>{text(`legal.${right}`)}</dd>
            </div>
          ))}
        </dl>
      </Disclosure>
    </section>
  );
};
