import { raw } from 'hono/html';
import { layout } from '../../domain/answer-layout.ts';
import { Link } from '../components.tsx';
import { dateAndTime, list, longDate } from '../format.ts';
import type { AnswerFacts, AnswerSystem } from './answer.ts';
import { holdsData, isIncomplete, stateText } from './found.ts';
import { startPageStyles } from './styles.ts';
import { anchorOf, SystemPart } from './system.tsx';
import { answerTexts } from './texts.ts';

interface PartProps {
  readonly facts: AnswerFacts;
}

/** Nothing is allowed but the page's own style and pictures beside it: what a value holds can load nothing and run nothing (T37). */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'";

const titleOf = ({ language, organisation }: AnswerFacts): string =>
  answerTexts(language)('title', { organisation: organisation.name });

const Head = ({ facts }: PartProps) => (
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content={policy} />
    <title>{`${titleOf(facts)} - ${facts.reference}`}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <meta name="format-detection" content="telephone=no" />
    <style>{raw(startPageStyles)}</style>
  </head>
);

const caseRows = (facts: AnswerFacts): [name: string, value: string][] => {
  const { language, timeZone, rights } = facts;
  const say = answerTexts(language);
  const asked = list(
    rights.map((right) => say(`right.${right}`)),
    language,
  );
  return [
    [say('case.reference'), facts.reference],
    [say('case.person'), facts.person.name],
    [say('case.email'), facts.person.email],
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
    </div>
  );
};

const Nothing = ({ facts }: PartProps) => {
  const say = answerTexts(facts.language);
  if (facts.systems.some(holdsData)) return null;
  return (
    <div class="state">
      <p class="state-name">{say('overview.nothing-title')}</p>
      <p>{say('overview.nothing')}</p>
    </div>
  );
};

const contentsOf = ({ system }: AnswerSystem, language: AnswerFacts['language']): string =>
  Object.values(system.collections)
    .map(({ title }) => title[language])
    .join(', ');

const OverviewTable = ({ facts: { language, systems } }: PartProps) => {
  const say = answerTexts(language);
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
          <tr>
            <th scope="row">
              <a href={`#${anchorOf(each.name)}`}>{each.system.title[language]}</a>
            </th>
            <td data-head={say('overview.result')}>{stateText(each, language)}</td>
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
      <Nothing facts={facts} />
      <Missing facts={facts} />
      <p>{say('overview.lead')}</p>
      <OverviewTable facts={facts} />
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

const FilesPart = ({ facts: { language } }: PartProps) => {
  const say = answerTexts(language);
  return (
    <section class="part">
      <h2>{say('about-files')}</h2>
      <ul>
        <li>{say('about-files.csv')}</li>
        <li>{say('about-files.json')}</li>
        <li>{say('about-files.sums', { sums: layout(language).sums })}</li>
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

const StartPage = ({ facts }: PartProps) => (
  <html lang={facts.language} dir="ltr">
    <Head facts={facts} />
    <body>
      <main class="page">
        <Intro facts={facts} />
        <CasePart facts={facts} />
        <Overview facts={facts} />
        {facts.systems.map((answered) => (
          <SystemPart answered={answered} facts={facts} />
        ))}
        <RightsPart facts={facts} />
        <ContactPart facts={facts} />
        <FilesPart facts={facts} />
      </main>
    </body>
  </html>
);

/** The answer's start page: opens from a folder, without a script or a network; the same facts give the same bytes. */
export const startPage = (facts: AnswerFacts): string => `<!doctype html>\n${<StartPage facts={facts} />}\n`;

/** The answer's text file of five lines, for those who open it first. */
export const readme = ({ language, organisation, reference }: AnswerFacts): string => {
  const { start, systems, sums } = layout(language);
  const values = { organisation: organisation.name, reference, start, systems, sums, email: organisation.email };
  return `${answerTexts(language)('readme', values)}\n`;
};
