import { ownerCollection } from '../../domain/answer-layout.ts';
import type { Language } from '../../domain/config.ts';
import type { System } from '../../domain/data-map.ts';
import { inForce } from '../../domain/gathering.ts';
import { reasonOf } from '../../domain/reasons.ts';
import type { SourceRecord } from '../../domain/request.ts';
import { DateText, Link, Tag } from '../components.tsx';
import { type Frame, inLanguage } from '../frame.ts';
import { counted, type Text } from '../staff-text.ts';
import type { StaffProps } from './staff.tsx';

type Look = 'info' | 'good' | 'warning' | 'error';

/** Worst first: a system that was asked twice is as good as its worse answer. */
const worst = ['FAILED', 'PARTIAL', 'WAITING', 'RUNNING', 'OK', 'EXCLUDED', 'EMPTY'] as const;
type Shown = (typeof worst)[number];

const looks: Readonly<Record<Shown, Look>> = {
  FAILED: 'error',
  PARTIAL: 'warning',
  WAITING: 'info',
  RUNNING: 'info',
  OK: 'good',
  EXCLUDED: 'info',
  EMPTY: 'info',
};

/** An owner's open task is not an answer yet. */
const shownAs = ({ state, answeredAt }: SourceRecord): Shown => {
  if (state !== 'MANUAL') return state;
  return answeredAt ? 'OK' : 'WAITING';
};

interface Card {
  readonly name: string;
  readonly system: System | undefined;
  readonly records: readonly SourceRecord[];
  readonly shown: Shown;
  /** Choices of what is held back that do not fit its answer, by collection. */
  readonly lost: ReadonlyMap<string, number>;
}

const shownOf = (records: readonly SourceRecord[], expected: number): Shown => {
  const all = records.map(shownAs);
  return worst.find((each) => all.includes(each) || (each === 'RUNNING' && all.length < expected)) ?? 'EMPTY';
};

const cardsOf = (props: StaffProps): Card[] => {
  const { request, map } = props;
  const sources = inForce(props);
  const asked = request.planned ?? [];
  const names = [...new Set([...asked.map(({ system }) => system), ...sources.map(({ system }) => system)])];
  return names.map((name) => {
    const records = sources.filter(({ system }) => system === name);
    const expected = asked.filter(({ system }) => system === name).length;
    const lost = (request.manifest?.lost ?? []).filter(({ system }) => system === name);
    return {
      name,
      system: map.systems[name],
      records,
      shown: shownOf(records, expected),
      lost: new Map(lost.map(({ collection, count }) => [collection, count])),
    };
  });
};

const sum = (records: readonly SourceRecord[], of: 'rows' | 'documents' | 'possibleMatches'): number =>
  records.reduce((total, record) => total + record[of], 0);

const word = ({ shown, records, system }: Card, frame: Frame, text: Text): string => {
  if (shown === 'OK') return counted(frame.language, 'system.found', sum(records, 'rows') + sum(records, 'documents'));
  return text(`system.${shown}`, { owner: system?.owner.name ?? '' });
};

/** Why something failed, in words; only one that nobody has foreseen shows its name, for those who run the system. */
export const WhyFailed = ({ code, text }: { code: string; text: Text }) => (
  <>
    {text(`reason.${reasonOf(code)}`)} {reasonOf(code) === 'Unexpected' && <code>{code}</code>}
  </>
);

const Reasons = ({ records, text }: { records: readonly SourceRecord[]; text: Text }) => {
  const named = records.flatMap((record) => record.named ?? []);
  const codes = new Set(records.flatMap(({ reason, state }) => (reason && state !== 'MANUAL' ? [reason] : [])));
  return (
    <>
      {[...codes].map((code) => (
        <p class="soft">
          <WhyFailed code={code} text={text} />
        </p>
      ))}
      {named.map((name) => (
        <p>{text('system.ask-instead', { name })}</p>
      ))}
    </>
  );
};

/** Whether a collection may tell of other people (Art. 15(4)): free text, and whatever an owner wrote. */
const holdsFreeText = (system: System | undefined, name: string): boolean => {
  const collection = system?.collections[name];
  return !collection || Object.values(collection.fields).some(({ freeText }) => freeText);
};

/** What a collection is called: by the data map, or that a colleague gave it. */
export const collectionTitle = (system: System | undefined, name: string, text: Text, language: Language): string =>
  system?.collections[name]?.title[language] ?? (name === ownerCollection ? text('system.from-owner') : name);

const Collections = ({ card, frame, text }: { card: Card; frame: Frame; text: Text }) => {
  const { language } = frame;
  const collections = card.records.flatMap((record) => record.collections);
  if (collections.length === 0) return null;
  return (
    <ul class="collections">
      {collections.map(({ name, rows, documents }) => (
        <li>
          <strong>{collectionTitle(card.system, name, text, language)}</strong>{' '}
          <span class="soft">
            {(rows > 0 || documents === 0) && counted(language, 'system.rows', rows)}
            {rows > 0 && documents > 0 && ', '}
            {documents > 0 && counted(language, 'system.documents', documents)}
          </span>{' '}
          {rows + documents > 0 && (
            <Link to={inLanguage(frame, `${frame.path}/data/${card.name}/${name}`)}>
              {text('system.look')}{' '}
              <span class="for-readers">{collectionTitle(card.system, name, text, language)}</span>
            </Link>
          )}{' '}
          {card.lost.has(name) && (
            <Tag look="warning">{counted(language, 'system.lost', card.lost.get(name) ?? 0)}</Tag>
          )}{' '}
          {holdsFreeText(card.system, name) && <Tag look="warning">{text('system.free-text')}</Tag>}
        </li>
      ))}
    </ul>
  );
};

/** The newest date that any of a system's collections tells; undefined where the data map names no field for it. */
const lastSeenIn = (records: readonly SourceRecord[]): string | undefined =>
  records
    .flatMap(({ collections }) => collections.flatMap(({ lastSeen }) => lastSeen ?? []))
    .sort()
    .at(-1);

const SystemCard = ({ card, frame, text }: { card: Card; frame: Frame; text: Text }) => {
  const possible = sum(card.records, 'possibleMatches');
  const lastSeen = lastSeenIn(card.records);
  return (
    <li class={`card card-${looks[card.shown]}`}>
      <div class="card-head">
        <h3>{card.system?.title[frame.language] ?? card.name}</h3>
        <Tag look={looks[card.shown]}>{word(card, frame, text)}</Tag>
      </div>
      <Reasons records={card.records} text={text} />
      {possible > 0 && <p>{counted(frame.language, 'system.possible', possible)}</p>}
      {lastSeen && (
        <p>
          {text('system.last-seen')} <DateText when={lastSeen} frame={frame} />
        </p>
      )}
      <Collections card={card} frame={frame} text={text} />
    </li>
  );
};

/** A card per system: found, nothing, failed, waiting. What is missing is as visible as what is there. */
export const Systems = ({ props, text }: { props: StaffProps; text: Text }) => {
  const cards = cardsOf(props);
  if (cards.length === 0) return null;
  return (
    <section>
      <h2>{text('staff.systems')}</h2>
      <ul class="cards">
        {cards.map((card) => (
          <SystemCard card={card} frame={props} text={text} />
        ))}
      </ul>
    </section>
  );
};
