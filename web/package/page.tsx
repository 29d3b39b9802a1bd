import { createHash } from 'node:crypto';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { layout } from '../../domain/answer-layout.ts';
import type { AnswerFacts } from './answer.ts';
import { hrefOf } from './files.tsx';
import { searchScript } from './search.ts';
import { answerStyles } from './styles.ts';
import { answerTexts } from './texts.ts';

const hash = createHash('sha256').update(searchScript).digest('base64');

/** Nothing is allowed but the page's own style and script, and pictures beside it: what a value holds can load nothing and run nothing (T37). */
const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'`;

export interface PageProps {
  readonly facts: AnswerFacts;
  readonly title: string;
  /** './' at the root of the ZIP; '../../' on a system's page, which then leads back to the start page. */
  readonly base: './' | '../../';
  readonly children?: Child;
}

const Head = ({ facts, title }: PageProps) => (
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content={policy} />
    <title>{`${title} - ${facts.reference}`}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <meta name="format-detection" content="telephone=no" />
    <style>{raw(answerStyles)}</style>
  </head>
);

const Back = ({ facts, base }: PageProps) => {
  const say = answerTexts(facts.language);
  return (
    <nav aria-label={say('back.label')}>
      <a href={hrefOf(layout(facts.language).start, { ...facts, base })}>{say('back')}</a>
    </nav>
  );
};

/** A field that a script shows; without scripts it is not there, and a browser's own search does as well. */
export const Search = ({ facts: { language } }: { facts: AnswerFacts }) => {
  const say = answerTexts(language);
  return (
    <search id="search" hidden>
      <label for="words">{say('search.label')}</label>
      <input id="words" type="search" autocomplete="off" spellcheck={false} />
      <p class="soft" role="status" data-text={say('search.found')}></p>
    </search>
  );
};

const Page = (props: PageProps) => (
  <html lang={props.facts.language} dir="ltr">
    <Head {...props} />
    <body>
      <div class="page">
        {props.base !== './' && <Back {...props} />}
        <main>{props.children}</main>
      </div>
      <script>{raw(searchScript)}</script>
    </body>
  </html>
);

/** A page of the answer: opens from a folder, without a script or a network; the same facts give the same bytes. */
export const page = (props: PageProps): string => `<!doctype html>\n${<Page {...props} />}\n`;
