import { Link } from '../components.tsx';
import type { AnswerFacts } from './answer.ts';
import { emptySystems, leftOutTexts } from './left-out.ts';
import { page } from './page.tsx';
import { answerTexts } from './texts.ts';

const LeftOutList = ({ facts }: { facts: AnswerFacts }) => {
  const say = answerTexts(facts.language);
  const left = leftOutTexts(facts);
  if (left.length === 0) return <p>{say('left-out.nothing')}</p>;
  return (
    <dl class="pairs">
      {left.map(({ what, why }) => (
        <div>
          <dt>{what}</dt>
          <dd>{why}</dd>
        </div>
      ))}
    </dl>
  );
};

const Empty = ({ facts }: { facts: AnswerFacts }) => {
  const say = answerTexts(facts.language);
  const titles = emptySystems(facts);
  if (titles.length === 0) return null;
  return (
    <section class="part">
      <h2>{say('empty')}</h2>
      <p>{say('empty.lead')}</p>
      <ul>
        {titles.map((title) => (
          <li>{title}</li>
        ))}
      </ul>
    </section>
  );
};

/** The page of what is not in the answer: what, why, and whom to write to or complain to about it. */
export const withheldPage = (facts: AnswerFacts): string => {
  const { language, dpo, authority } = facts;
  const say = answerTexts(language);
  return page({
    facts,
    title: say('left-out'),
    base: './',
    children: (
      <>
        <h1>{say('left-out')}</h1>
        <section class="part">
          <h2>{say('left-out.list')}</h2>
          <LeftOutList facts={facts} />
        </section>
        <Empty facts={facts} />
        <section class="part">
          <h2>{say('left-out.disagree')}</h2>
          <p>
            {say('left-out.write', { reference: facts.reference })} <Link to={`mailto:${dpo.email}`}>{dpo.email}</Link>
          </p>
          <p>
            {say('rights.complain', { authority: authority.name })} <Link to={authority.url}>{authority.url}</Link>
          </p>
          <p>{say('rights.court')}</p>
        </section>
      </>
    ),
  });
};
