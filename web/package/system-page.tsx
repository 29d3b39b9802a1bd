import type { Child } from 'hono/jsx';
import { aboutRows } from './about.ts';
import type { AnswerFacts, AnswerSystem } from './answer.ts';
import { CollectionPart } from './collection.tsx';
import { DocumentList } from './files.tsx';
import { holdsData, isIncomplete, stateText } from './found.ts';
import { heldOf, heldWhy } from './left-out.ts';
import { page, Search } from './page.tsx';
import { answerTexts } from './texts.ts';

interface SystemProps {
  readonly answered: AnswerSystem;
  readonly facts: AnswerFacts;
}

const base = '../../';

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

const About = (props: SystemProps) => (
  <section class="part">
    <h2>{answerTexts(props.facts.language)('about')}</h2>
    <dl class="pairs">
      {aboutRows(props.answered, props.facts).map(([name, texts]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            <Texts of={texts} />
          </dd>
        </div>
      ))}
    </dl>
  </section>
);

/** What is missing or empty, said plainly. */
const State = ({ answered, facts }: SystemProps): Child => {
  const say = answerTexts(facts.language);
  const why = say.perhaps(`explain.${answered.state}`);
  const reason = answered.reason && say.perhaps(`reason.${answered.reason}`);
  const text = [why, isIncomplete(answered) && reason].filter(Boolean).join(' ');
  return (
    <div class={isIncomplete(answered) ? 'state missing' : 'state'}>
      <p class="state-name">{stateText(answered, facts)}</p>
      {text && <p>{text}</p>}
    </div>
  );
};

const OwnerFiles = ({ answered, facts }: SystemProps) =>
  answered.files.length > 0 && (
    <section class="part">
      <h2>{answerTexts(facts.language)('file.other')}</h2>
      <DocumentList files={answered.files} reading={{ ...facts, base }} />
    </section>
  );

/** The page of one system: what was found, every collection and file, and what the data are for. */
export const systemPage = (facts: AnswerFacts, answered: AnswerSystem): string => {
  const { system, collections } = answered;
  const title = system.title[facts.language];
  return page({
    facts,
    title,
    base,
    children: (
      <>
        <h1>{title}</h1>
        <State answered={answered} facts={facts} />
        {holdsData(answered) && <Search facts={facts} />}
        {collections.map((each) => {
          const collection = system.collections[each.name];
          const reading = { ...facts, base } as const;
          const held = heldOf(facts, answered.name).filter((of) => of.collection === each.name && !of.field);
          const withheld = held.map((of) => heldWhy(of, facts));
          return collection && <CollectionPart {...{ answered: each, collection, reading, withheld }} />;
        })}
        <OwnerFiles answered={answered} facts={facts} />
        <About answered={answered} facts={facts} />
      </>
    ),
  });
};
