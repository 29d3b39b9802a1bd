import type { Child } from 'hono/jsx';
import type { AnswerFacts, AnswerSystem } from './answer.ts';
import { CollectionPart } from './collection.tsx';
import { DocumentList } from './files.tsx';
import { isIncomplete, kindsOf, stateText } from './found.ts';
import { answerTexts } from './texts.ts';

/** The place of a system on the page. */
export const anchorOf = (name: string): string => `system-${name}`;

interface SystemProps {
  readonly answered: AnswerSystem;
  readonly facts: AnswerFacts;
}

const Texts = ({ of }: { of: readonly string[] }) => {
  if (of.length === 1) return <p>{of[0]}</p>;
  return (
    <ul>
      {of.map((text) => (
        <li>{text}</li>
      ))}
    </ul>
  );
};

const recipientTexts = ({ answered: { system }, facts }: SystemProps): string[] => {
  const { language, organisation } = facts;
  if (system.art15.recipients.length === 0) {
    return [answerTexts(language)('about.recipients-none', { organisation: organisation.name })];
  }
  return system.art15.recipients.map(({ name, why }) => (why ? `${name}: ${why[language]}` : name));
};

/** What Art. 15(1)(a) to (h) and 15(2) ask, about this system and not in general. */
const aboutRows = (props: SystemProps): [name: string, texts: readonly string[]][] => {
  const { language } = props.facts;
  const say = answerTexts(language);
  const { purposes, legalBasis, transfers, retention, source, automatedDecisions } = props.answered.system.art15;
  const kinds = kindsOf(props.answered, language).join(', ');
  return [
    [say('about.purposes'), purposes.map((purpose) => purpose[language])],
    [say('about.basis'), [legalBasis[language]]],
    ...(kinds ? [[say('about.categories'), [kinds]] as [string, string[]]] : []),
    [say('about.recipients'), recipientTexts(props)],
    [say('about.transfers'), [transfers?.[language] ?? say('about.transfers-none')]],
    [say('about.retention'), [retention[language]]],
    [say('about.source'), [source[language]]],
    [say('about.automated'), [automatedDecisions?.[language] ?? say('about.automated-none')]],
  ];
};

const About = (props: SystemProps) => (
  <>
    <h3>{answerTexts(props.facts.language)('about')}</h3>
    <dl class="pairs">
      {aboutRows(props).map(([name, texts]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            <Texts of={texts} />
          </dd>
        </div>
      ))}
    </dl>
  </>
);

/** What is missing or empty, said plainly. */
const State = ({ answered, facts }: SystemProps): Child => {
  const say = answerTexts(facts.language);
  const why = say.perhaps(`explain.${answered.state}`);
  const reason = answered.reason && say.perhaps(`reason.${answered.reason}`);
  const text = [why, isIncomplete(answered) && reason].filter(Boolean).join(' ');
  return (
    <div class={isIncomplete(answered) ? 'state missing' : 'state'}>
      <p class="state-name">{stateText(answered, facts.language)}</p>
      {text && <p>{text}</p>}
    </div>
  );
};

/** One system of the answer: what was found, what it is for, every collection, every file. */
export const SystemPart = ({ answered, facts }: SystemProps) => {
  const { name, system, collections, files } = answered;
  return (
    <section class="system" id={anchorOf(name)} aria-labelledby={`${anchorOf(name)}-title`}>
      <h2 id={`${anchorOf(name)}-title`}>{system.title[facts.language]}</h2>
      <State answered={answered} facts={facts} />
      <About answered={answered} facts={facts} />
      {collections.map((each) => {
        const collection = system.collections[each.name];
        return collection && <CollectionPart answered={each} collection={collection} reading={facts} />;
      })}
      <DocumentList title={answerTexts(facts.language)('file.other')} files={files} reading={facts} />
    </section>
  );
};
