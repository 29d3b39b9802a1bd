import type { Child } from 'hono/jsx';
import type { Language } from '../domain/config.ts';
import type { Right } from '../domain/request.ts';
import { dateAndTime, list, longDate } from './format.ts';
import type { Frame } from './frame.ts';
import { t } from './text.ts';

const safe = /^(?:https?:\/\/[^/]|mailto:|tel:|\/(?!\/)|#|\?)/i;

/** A link whose address may come from outside: one that could run a script (`javascript:`, `data:`) becomes plain text. */
export const Link = ({ to, children, ...more }: { to: string; children?: Child; class?: string; download?: string }) =>
  safe.test(to) ? (
    <a href={to} {...more}>
      {children}
    </a>
  ) : (
    <span>{children}</span>
  );

type ButtonLook = 'primary' | 'secondary' | 'danger';

interface ButtonProps {
  readonly look?: ButtonLook;
  /** What the form does: sent as `action`. */
  readonly action?: string;
  readonly children?: Child;
}

/** Sends its form. */
export const Button = ({ look = 'primary', action, children }: ButtonProps) => (
  <button type="submit" class={`button button-${look}`} {...(action ? { name: 'action', value: action } : {})}>
    {children}
  </button>
);

/** A link that looks like a button: goes on without sending anything. */
export const ButtonLink = ({ to, look = 'primary', children }: { to: string; look?: ButtonLook; children?: Child }) => (
  <Link to={to} class={`button button-${look}`}>
    {children}
  </Link>
);

/** The way back to the page before. */
export const BackLink = ({ to, children }: { to: string; children?: Child }) => (
  <Link to={to} class="back-link">
    {children}
  </Link>
);

type NoticeLook = 'info' | 'good' | 'warning' | 'error';

interface NoticeProps {
  readonly look?: NoticeLook;
  readonly title?: string;
  /** Read aloud when the page opens: for what just happened. */
  readonly loud?: boolean;
  readonly children?: Child;
}

/** A framed message. Its look is never the only sign of what it is: the words say it. */
export const Notice = ({ look = 'info', title, loud, children }: NoticeProps) => (
  <div class={`notice notice-${look}`} {...(loud ? { role: look === 'error' ? 'alert' : 'status' } : {})}>
    {title && <p class="notice-title">{title}</p>}
    {children}
  </div>
);

/** The end of a task: what was done, in one line, and what follows. */
export const Panel = ({ title, children }: { title: string; children?: Child }) => (
  <div class="panel">
    <h1>{title}</h1>
    {children}
  </div>
);

/** Text as somebody typed it, with its line breaks. */
export const Typed = ({ children }: { children?: Child }) => <span class="typed">{children}</span>;

export interface SummaryRow {
  readonly key: string;
  readonly value: Child;
  readonly change?: { readonly to: string; readonly text: string; readonly what: string };
}

/** Questions and answers, each with a link to change it where it can be. */
export const SummaryList = ({ rows }: { rows: readonly SummaryRow[] }) => (
  <dl class="summary">
    {rows.map(({ key, value, change }) => (
      <div>
        <dt>{key}</dt>
        <dd>{value}</dd>
        {change && (
          <dd class="summary-change">
            <Link to={change.to}>
              {change.text} <span class="for-readers">{change.what}</span>
            </Link>
          </dd>
        )}
      </div>
    ))}
  </dl>
);

export type TaskState = 'done' | 'now' | 'later';

/** Steps of a way, in words: the mark before each only repeats its state. */
export const TaskList = ({ tasks }: { tasks: readonly { name: string; state: TaskState; word: string }[] }) => (
  <ol class="tasks">
    {tasks.map(({ name, state, word }) => (
      <li class={`task task-${state}`} {...(state === 'now' ? { 'aria-current': 'step' } : {})}>
        <span class="task-name">{name}</span> <span class="task-word">{word}</span>
      </li>
    ))}
  </ol>
);

/** A day or an instant as people write it, with its machine form beside. */
export const DateText = ({ when, frame, time }: { when: string; frame: Frame; time?: boolean }) => {
  const { language, config } = frame;
  const write = time ? dateAndTime : longDate;
  return <time datetime={when}>{write(when, language, config.timeZone)}</time>;
};

/** The case number: in signs of equal width, never broken over two lines. */
export const Reference = ({ children }: { children: string }) => <strong class="reference">{children}</strong>;

/** More for those who want it, closed at first. */
export const Disclosure = ({ title, open, children }: { title: string; open?: boolean; children?: Child }) => (
  <details class="disclosure" open={open}>
    <summary>{title}</summary>
    <div class="disclosure-body">{children}</div>
  </details>
);

interface TableProps {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly Child[])[];
}

/** Rows under heads; on a narrow screen every cell carries its head. The first cell names its row. */
export const Table = ({ caption, heads, rows }: TableProps) => (
  <table class="table">
    <caption>{caption}</caption>
    <thead>
      <tr>
        {heads.map((head) => (
          <th scope="col">{head}</th>
        ))}
      </tr>
    </thead>
    <tbody>
      {rows.map(([first, ...cells]) => (
        <tr>
          <th scope="row">{first}</th>
          {cells.map((cell, at) => (
            <td data-head={heads[at + 1]}>{cell}</td>
          ))}
        </tr>
      ))}
    </tbody>
  </table>
);

/** A telephone number: one tap calls it, and no line breaks it. */
export const Phone = ({ number }: { number: string }) => (
  <Link to={`tel:${number.replaceAll(/[^+\d]/g, '')}`}>{number.replaceAll(' ', '\u00a0')}</Link>
);

/** How to reach a person at the organisation. */
export const Contact = ({ frame }: { frame: Frame }) => {
  const { email, phone } = frame.config.organisation;
  return (
    <p>
      <Link to={`mailto:${email}`}>{email}</Link>
      {phone && (
        <>
          , <Phone number={phone} />
        </>
      )}
    </p>
  );
};

/** A state in a word, coloured for those who see colours. */
export const Tag = ({ look, children }: { look: NoticeLook; children?: Child }) => (
  <strong class={`tag tag-${look}`}>{children}</strong>
);

/** A passage in another language than its page's. */
export const InLanguage = ({ language, children }: { language: Language; children?: Child }) => (
  <span lang={language}>{children}</span>
);

/** Rights as they are named within a sentence: "indsigt og sletning". */
export const rightsInWords = (rights: readonly Right[], language: Language): string =>
  list(
    rights.map((right) => t(language)(`right.${right}`).toLowerCase()),
    language,
  );
