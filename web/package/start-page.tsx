import { layout } from '../../domain/answer-layout.ts';
import type { Value } from '../../domain/connector.ts';
import { Link } from '../components.tsx';
import { dateAndTime, list, longDate } from '../format.ts';
import { type AnswerFacts, type AnswerSystem, stillAsked } from './answer.ts';
import { FileLink, hrefOf } from './files.tsx';
import { concernsPerson, holdsData, isIncomplete, stateText } from './found.ts';
import { page, Search } from './page.tsx';
import { answerTexts, titleOf } from './texts.ts';
import { plain } from './value.tsx';

interface PartProps {
  readonly facts: AnswerFacts;
}

const caseRows = (facts: AnswerFacts): [name: string, value: string][] => {
  const { language, timeZone, rights } = facts;
  const say = answerTexts(language);
  const asked = list(
    rights.map((right) => say(`right.${right}`)),
    language,
  );
  return [
    [say('case.reference'), facts.reference],
    [say('case.person'), plain(facts.person.name)],
    [say('case.email'), plain(facts.person.email)],
    [say('case.asked'), asked],
    [say('case.received'), longDate(facts.receivedAt, language, timeZone)],
    [say('case.gathered'), dateAndTime(facts.gatheredAt, language, timeZone)],
  ];
};

const CasePart = ({ facts }: PartProps) => (
  <section class="part">
    <h2>{answerTexts(facts.language)('case')}</h2>
    <dl class="pairs">
      {caseRows(facts).map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  </section>
);

const Missing = ({ facts }: PartProps) => {
  const say = answerTexts(facts.language);
  const incomplete = facts.systems.filter(isIncomplete).map(({ system }) => system.title[facts.language]);
  if (incomplete.length === 0) return null;
  return (
    <div class="state missing">
      <p class="state-name">{say('overview.missing-title')}</p>
      <p>{say('overview.missing', { systems: list(incomplete, facts.language) })}</p>
      <p>{say('overview.later')}</p>
    </div>
  );
};

const Added = ({ facts }: PartProps) => {
  const { language, timeZone, addedTo, systems } = facts;
  const say = answerTexts(language);
  if (!addedTo) return null;
  const date = longDate(addedTo.sentAt, language, timeZone);
  const come = systems.filter((each) => !isIncomplete(each)).map(({ system }) => system.title[language]);
  return (
    <div class="state">
      <p class="state-name">{say('overview.added-title')}</p>
      <p>
        {come.length > 0
          ? say('overview.added', { date, systems: list(come, language) })
          : say('overview.added-none', { date })}
      </p>
    </div>
  );
};

const Nothing = ({ facts }: PartProps) => {
  const say = answerTexts(facts.language);
  if (facts.addedTo || facts.systems.some(holdsData)) return null;
  const what = facts.systems.some((each) => concernsPerson(each, facts)) ? 'withheld' : 'nothing';
  return (
    <div class="state">
      <p class="state-name">{say(`overview.${what}-title`)}</p>
      <p>{say(`overview.${what}`, { email: plain(facts.person.email) })}</p>
    </div>
  );
};

const contentsOf = ({ system }: AnswerSystem, language: AnswerFacts['language']): string =>
  Object.values(system.collections)
    .map(({ title }) => title[language])
    .join(', ');

/** Signs of each system's rows that the start page's search looks through. */
const mostSearched = 50_000;

/** What the first rows of a system hold, so that a word leads to the system it stands in. */
const wordsIn = ({ collections }: AnswerSystem): string =>
  plain(
    collections
      .map(({ sample }) => sample.map((row) => Object.values(row).map(searchable).join(' ')).join(' '))
      .join(' ')
      .slice(0, mostSearched),
  );

const searchable = (value: Value): string =>
  value !== null && typeof value === 'object' ? Object.values(value).map(searchable).join(' ') : String(value ?? '');

const OverviewTable = ({ facts }: PartProps) => {
  const { language, systems } = facts;
  const say = answerTexts(language);
  const reading = { ...facts, base: './' };
  return (
    <table>
      <caption class="for-readers">{say('overview.caption')}</caption>
      <thead>
        <tr>
          <th scope="col">{say('overview.system')}</th>
          <th scope="col">{say('overview.result')}</th>
          <th scope="col">{say('overview.kinds')}</th>
        </tr>
      </thead>
      <tbody>
        {systems.map((each) => (
          <tr data-find={wordsIn(each)}>
            <th scope="row">
              <a href={hrefOf(each.page, reading)}>{each.system.title[language]}</a>
            </th>
            <td data-head={say('overview.result')}>{stateText(each, facts)}</td>
            <td data-head={say('overview.kinds')}>{contentsOf(each, language) || say('value.none')}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const Overview = ({ facts }: PartProps) => {
  const say = answerTexts(facts.language);
  return (
    <section class="part">
      <h2>{say('overview')}</h2>
      <Added facts={facts} />
      <Nothing facts={facts} />
      <Missing facts={facts} />
      <p>{say('overview.lead')}</p>
      <Search facts={facts} />
      <OverviewTable facts={facts} />
      <ul class="files">
        <FileLink path={layout(facts.language).letter} text={say('letter.file')} reading={{ ...facts, base: './' }} />
        <FileLink path={layout(facts.language).withheld} text={say('left-out')} reading={{ ...facts, base: './' }} />
      </ul>
    </section>
  );
};

const rights = ['rectify', 'erase', 'restrict', 'object', 'withdraw'] as const;

const RightsPart = ({ facts: { language, authority } }: PartProps) => {
  const say = answerTexts(language);
  return (
    <section class="part">
      <h2>{say('rights')}</h2>
      <ul>
        {rights.map((right) => (
          <li>{say(`rights.${right}`)}</li>
        ))}
      </ul>
      <p>
        {say('rights.complain', { authority: authority.name })} <Link to={authority.url}>{authority.url}</Link>
      </p>
      <p>{say('rights.court')}</p>
    </section>
  );
};

const ContactPart = ({ facts: { language, organisation, dpo, reference } }: PartProps) => {
  const say = answerTexts(language);
  return (
    <section class="part">
      <h2>{say('contact')}</h2>
      <p>{say('contact.lead', { reference })}</p>
      <dl class="pairs">
        <div>
          <dt>{say('contact.organisation')}</dt>
          <dd>
            <address class="contact">
              <span>{organisation.name}</span>
              <span>{organisation.address}</span>
              <span>{organisation.phone}</span>
              <Link to={`mailto:${organisation.email}`}>{organisation.email}</Link>
            </address>
          </dd>
        </div>
        <div>
          <dt>{say('contact.dpo')}</dt>
          <dd>
            {dpo.name}, <Link to={`mailto:${dpo.email}`}>{dpo.email}</Link>
          </dd>
        </div>
      </dl>
    </section>
  );
};

const FilesPart = ({ facts }: PartProps) => {
  const { language } = facts;
  const say = answerTexts(language);
  return (
    <section class="part">
      <h2>{say('about-files')}</h2>
      <ul>
        <li>{say('about-files.csv')}</li>
        <li>{say('about-files.json')}</li>
        {stillAsked(facts).includes('portability') && <li>{say('about-files.portability', layout(language))}</li>}
        <li>{say('about-files.sums', { sums: layout(language).sums })}</li>
        <li>{say('about-files.parts')}</li>
      </ul>
    </section>
  );
};

const Intro = ({ facts }: PartProps) => {
  const say = answerTexts(facts.language);
  return (
    <header>
      <p class="organisation">{facts.organisation.name}</p>
      <h1>{titleOf(facts)}</h1>
      <p class="lead">{say('lead')}</p>
      <p class="soft">{say('offline')}</p>
    </header>
  );
};

/** The answer's start page: an overview that leads to a page for each system. */
export const startPage = (facts: AnswerFacts): string =>
  page({
    facts,
    title: titleOf(facts),
    base: './',
    children: (
      <>
        <Intro facts={facts} />
        <Overview facts={facts} />
        <CasePart facts={facts} />
        <RightsPart facts={facts} />
        <ContactPart facts={facts} />
        <FilesPart facts={facts} />
      </>
    ),
  });
