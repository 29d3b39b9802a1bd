import { addMonths } from '../../domain/calendar.ts';
import { DateText, Notice, Panel, Reference } from '../components.tsx';
import type { Frame } from '../frame.ts';
import { page } from '../layout.tsx';
import { t } from '../person-text.ts';

export interface SentProps extends Frame {
  readonly reference: string;
  /** The day (YYYY-MM-DD) on which the request was received. */
  readonly receivedOn: string;
}

/** The receipt. It is the same for everyone: it tells nothing about what is known of an address (T14). */
export const sentPage = ({ reference, receivedOn, ...given }: SentProps): string => {
  // The page in the other language must still know the day.
  const frame = { ...given, path: `${given.path}?on=${receivedOn}` };
  const text = t(frame.language);
  const { email } = frame.config.organisation;
  return page({
    frame,
    title: text('sent.title'),
    children: (
      <>
        <Panel title={text('sent.title')}>
          <p>
            {text('sent.reference')} <Reference>{reference}</Reference>
          </p>
        </Panel>
        <h2>{text('sent.confirm')}</h2>
        <p>{text('sent.confirm-lead')}</p>
        <p>{text('sent.confirm-why')}</p>
        <Notice title={text('sent.clock')}>
          <p>
            {text('sent.answer-by')} <DateText when={addMonths(receivedOn, 1)} frame={frame} />.
          </p>
        </Notice>
        <h2>{text('sent.no-mail')}</h2>
        <p>{text('sent.no-mail-lead')}</p>
        <p>{text('sent.contact', { email, reference })}</p>
        <h2>{text('sent.keep')}</h2>
        <p>{text('sent.keep-lead')}</p>
      </>
    ),
  });
};
