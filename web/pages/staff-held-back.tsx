import { inForce } from '../../domain/gathering.ts';
import type { HeldBack as Held } from '../../domain/left-out.ts';
import { ofThisAnswer } from '../../domain/supplement.ts';
import { Link, Table } from '../components.tsx';
import { capital, list } from '../format.ts';
import { inLanguage } from '../frame.ts';
import { groundText } from '../package/grounds.ts';
import { counted, type Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';
import { collectionTitle } from './staff-systems.tsx';

interface Props {
  readonly props: StaffProps;
  readonly text: Text;
}

/** What the answer shown holds back; of one that is to be made anew nothing is told. */
const heldIn = ({ manifest }: StaffProps['request']): readonly Held[] =>
  manifest?.stale ? [] : (manifest?.heldBack ?? []);

const countsOf = ({ language }: StaffProps, { rows, documents }: { rows: number; documents: number }): string =>
  list([counted(language, 'system.rows', rows), counted(language, 'system.documents', documents)], language);

const foundIn = (props: StaffProps) => {
  const sources = inForce(ofThisAnswer(props));
  const sum = (of: 'rows' | 'documents') => sources.reduce((total, source) => total + source[of], 0);
  return { rows: sum('rows'), documents: sum('documents') };
};

/** Where it was chosen. */
const Where = ({ props, text, held: { system: name, collection } }: Props & { held: Held }) => {
  const { map, language, path } = props;
  const system = map.systems[name];
  const title = [system?.title[language] ?? name, collectionTitle(system, collection, text, language)].join(', ');
  const to = inLanguage(props, `${path}/data/${name}/${collection}`);
  return props.request.purgedAt ? <span>{title}</span> : <Link to={to}>{title}</Link>;
};

/** What is held back of what was found, how much and why: whoever agrees to an answer agrees to that too. */
export const HeldBack = ({ props, text }: Props) => {
  const { request, language, config } = props;
  const all = heldIn(request);
  if (!request.manifest || all.length === 0) return null;
  const grounds = config.grounds ?? {};
  // Portability alone sends only what the person provided of what was found: the two can't be compared.
  const access = props.rights.some(({ right }) => right === 'access');
  return (
    <section id="held-back">
      <h2>{text('held-back.title')}</h2>
      <p>
        {access &&
          text('held-back.counts', {
            found: countsOf(props, foundIn(props)),
            sent: countsOf(props, request.manifest),
          })}{' '}
        {all.some(({ what }) => what === 'documents') && text('held-back.documents-rows')}
      </p>
      <Table
        caption={text('held-back.caption')}
        heads={[text('held-back.where'), text('held-back.how-much'), text('held-back.why')]}
        rows={all.map((held) => [
          <Where props={props} text={text} held={held} />,
          counted(language, `system.${held.what}`, held.count),
          capital(groundText(held.ground, { language, grounds }).short),
        ])}
      />
    </section>
  );
};

/** Beside what is decided on: that something of what was found is not in it. */
export const SomethingHeldBack = ({ props, text }: Props) =>
  heldIn(props.request).length > 0 ? (
    <p>
      <a href="#held-back">{text('held-back.some')}</a>
    </p>
  ) : null;
