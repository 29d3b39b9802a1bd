import { documentsField } from '../../domain/answer-layout.ts';
import type { Row } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import { pathsIn } from '../../domain/marks.ts';
import { number } from '../format.ts';
import type { AnswerCollection, AnswerDocument } from './answer.ts';
import { DocumentList, documentText, FileLink, hrefOf } from './files.tsx';
import { answerTexts } from './texts.ts';
import { plain, type Reading, Shown } from './value.tsx';

/** Columns that a table holds on a desk's screen and on paper; rows with more are shown as cards. */
const columnsThatFit = 5;

interface RowsProps {
  readonly title: string;
  readonly collection: Collection;
  readonly rows: readonly Row[];
  readonly names: readonly string[];
  readonly documents: readonly AnswerDocument[];
  readonly reading: Reading;
}

/** Ours, and not a field of the source. */
const namesDocuments = (collection: Collection, name: string): boolean =>
  name === documentsField && !Object.hasOwn(collection.fields, name);

const labelOf = (collection: Collection, name: string, { language }: Reading): string => {
  if (namesDocuments(collection, name)) return answerTexts(language)('file.documents');
  return collection.fields[name]?.label[language] ?? name;
};

/** The documents of a row; in place of one that is held back stands the reason. */
const Documents = ({ row, documents, reading }: Pick<RowsProps, 'documents' | 'reading'> & { row: Row }) => (
  <ul class="members">
    {pathsIn(row).map((path) => {
      const at = documents.findIndex((each) => each.path === path);
      const document = documents[at];
      return (
        <li>{document ? <a href={hrefOf(path, reading)}>{documentText(document, at, reading)}</a> : plain(path)}</li>
      );
    })}
  </ul>
);

const Cell = ({ row, name, ...props }: RowsProps & { row: Row; name: string }) =>
  namesDocuments(props.collection, name) && pathsIn(row).length > 0 ? (
    <Documents row={row} {...props} />
  ) : (
    <Shown value={row[name]} field={props.collection.fields[name]} reading={props.reading} />
  );

const RowTable = (props: RowsProps) => {
  const { title, collection, rows, names, reading } = props;
  return (
    <table class="rows">
      <caption class="for-readers">{title}</caption>
      <thead>
        <tr>
          {names.map((name) => (
            <th scope="col">{labelOf(collection, name, reading)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr data-find>
            {names.map((name) => (
              <td data-head={labelOf(collection, name, reading)}>
                <Cell {...props} row={row} name={name} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const RowCards = (props: RowsProps) => {
  const { collection, rows, names, reading } = props;
  return (
    <ol class="cards">
      {rows.map((row) => (
        <li data-find>
          <dl class="pairs">
            {names.map((name) => (
              <div>
                <dt>{labelOf(collection, name, reading)}</dt>
                <dd>
                  <Cell {...props} row={row} name={name} />
                </dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ol>
  );
};

/** Fields in the order of the data map, then those a row holds beside them: nothing is left out for want of a label. */
const namesOf = (collection: Collection, rows: readonly Row[]): string[] => [
  ...new Set([...Object.keys(collection.fields), ...rows.flatMap((row) => Object.keys(row))]),
];

const codesOf = (collection: Collection, name: string, { language }: Reading): string =>
  Object.entries(collection.fields[name]?.codes ?? {})
    .map(([code, text]) => `${code} = ${text[language]}`)
    .join(', ');

/** What a field means and what its codes stand for, where the data map says so. */
const Explanations = ({ collection, reading }: { collection: Collection; reading: Reading }) => {
  const say = answerTexts(reading.language);
  const explained = Object.entries(collection.fields).filter(([, { explanation, codes }]) => explanation ?? codes);
  if (explained.length === 0) return null;
  return (
    <details>
      <summary>{say('collection.fields')}</summary>
      <dl class="pairs">
        {explained.map(([name, { explanation }]) => {
          const codes = codesOf(collection, name, reading);
          return (
            <div>
              <dt>{labelOf(collection, name, reading)}</dt>
              <dd>
                {explanation && <p>{explanation[reading.language]}</p>}
                {codes && <p>{say('collection.codes', { codes })}</p>}
              </dd>
            </div>
          );
        })}
      </dl>
    </details>
  );
};

const HowMany = ({ answered, reading, withheld }: Omit<CollectionProps, 'collection'>) => {
  const { language } = reading;
  const say = answerTexts(language);
  const { rows, sample } = answered;
  if (rows === 0 && answered.documents.length === 0) return withheld.length === 0 && <p>{say('collection.none')}</p>;
  if (rows === sample.length) return <p class="soft">{say.counted('records', rows)}</p>;
  if (sample.length === 0) return <p>{`${say.counted('records', rows)}. ${say('collection.not-shown')}`}</p>;
  const counts = { n: number(sample.length, language), total: number(rows, language) };
  return <p>{say('collection.shown', counts)}</p>;
};

interface CollectionProps {
  readonly answered: AnswerCollection;
  readonly collection: Collection;
  readonly reading: Reading;
  /** How many rows and documents were held back, and why. */
  readonly withheld: readonly string[];
}

/** One collection: how much was found, the first rows, what their fields mean, and where all of it lies. */
export const CollectionPart = ({ answered, collection, reading, withheld }: CollectionProps) => {
  const say = answerTexts(reading.language);
  const title = collection.title[reading.language];
  const names = namesOf(collection, answered.sample);
  const Rows = names.length > columnsThatFit ? RowCards : RowTable;
  const { sample, csv, json, documents } = answered;
  return (
    <section class="part collection">
      <h2>{title}</h2>
      <HowMany answered={answered} reading={reading} withheld={withheld} />
      {withheld.map((text) => (
        <p>{text}</p>
      ))}
      {sample.length > 0 && (
        <>
          <Rows {...{ title, collection, names, documents, reading }} rows={sample} />
          <Explanations collection={collection} reading={reading} />
        </>
      )}
      <ul class="files">
        {csv && <FileLink path={csv} text={say('file.csv', { title })} reading={reading} />}
        {json && <FileLink path={json} text={say('file.json', { title })} reading={reading} />}
      </ul>
      {documents.length > 0 && (
        <>
          <h3>{say('file.documents')}</h3>
          <DocumentList files={documents} reading={reading} />
        </>
      )}
    </section>
  );
};
