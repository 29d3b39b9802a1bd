import type { AuditEntry } from '../../domain/audit.ts';
import { ownerOf } from '../../domain/change.ts';
import { DateText, Table } from '../components.tsx';
import { capital, number } from '../format.ts';
import { groundText } from '../package/grounds.ts';
import { isTextKey, type Text, type TextKey } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { byInWords } from './staff-decider.tsx';
import { titleOf } from './staff-forms.tsx';
import { collectionTitle } from './staff-systems.tsx';

/** An entry of the audit chain, as the page tells it. */
export type Told = Pick<AuditEntry, 'at' | 'what' | 'by' | 'facts'>;

interface Props {
  readonly props: StaffProps;
  readonly text: Text;
}

/** A code of ours in words; one that has none yet stands as it is. */
const inWords = (text: Text, prefix: string, code: string): string =>
  isTextKey(`${prefix}${code}`) ? text(`${prefix}${code}` as TextKey) : code;

const fact = ({ facts = {} }: Told, name: string): string | undefined =>
  facts[name] === undefined ? undefined : String(facts[name]);

/** What is done from the command line, or claimed by whoever asks for a code, tells nothing of who has the link. */
const fromCommands = ['HELD', 'HOLD_LIFTED'];
const claimed = ['DECIDER_CODE_ASKED'];

/** The one who decided, where the act asked who it was; else whoever has the link. */
const deciderInWords = (text: Text, told: Told): string => {
  if (fromCommands.includes(told.what)) return text('actor.dpo');
  const by = claimed.includes(told.what) ? undefined : fact(told, 'by');
  if (by === undefined) return text('actor.link');
  return capital(byInWords(text, { by, second: fact(told, 'second') }));
};

const actorInWords = ({ props, text }: Props, told: Told): string => {
  const { by } = told;
  if (by === 'dpo') return deciderInWords(text, told);
  if (!by.startsWith('owner:')) return inWords(text, 'actor.', by);
  const { system: name, place } = ownerOf(by);
  return text(place === undefined ? 'actor.owner' : 'actor.deputy', { system: titleOf(props, name) });
};

/** What was chosen to be sent or held back: names of ours and numbers, never a value. */
const Chosen = ({ props, text, told }: Props & { told: Told }) => {
  const { language, config } = props;
  const [name = '', collection = '', choice = ''] = ['system', 'collection', 'choice'].map((each) => fact(told, each));
  const [row, field, ground] = ['row', 'field', 'ground'].map((each) => fact(told, each));
  const system = props.map.systems[name];
  const where = [
    system?.title[language] ?? name,
    collectionTitle(system, collection, text, language),
    row === undefined
      ? fact(told, 'document')?.split('/').at(-1)
      : text('chosen.row', { n: number(Number(row) + 1, language) }),
    field && (system?.collections[collection]?.fields[field]?.label[language] ?? field),
  ];
  const why = ground ? ` (${groundText(ground, { language, grounds: config.grounds ?? {} }).short})` : '';
  return (
    <p class="soft">
      {where.filter(Boolean).join(', ')}: {inWords(text, 'chosen.', choice)}
      {why}
    </p>
  );
};

/** All that happened, and who did it. */
export const Timeline = ({ props, text }: Props) => (
  <section>
    <h2>{text('staff.timeline')}</h2>
    <Table
      caption={text('staff.timeline-caption')}
      heads={[text('staff.what'), text('staff.by'), text('staff.at')]}
      rows={props.timeline.map((told) => [
        <>
          {inWords(text, 'audit.', told.what)}
          {told.what === 'MARKED' && <Chosen props={props} text={text} told={told} />}
        </>,
        actorInWords({ props, text }, told),
        <DateText when={told.at} frame={props} time />,
      ])}
    />
  </section>
);
