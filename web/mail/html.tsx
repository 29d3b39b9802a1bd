import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { Language } from '../../domain/config.ts';
import { Link } from '../components.tsx';
import type { Block, Draft } from './block.ts';
import { mailStyles } from './styles.ts';

type Of<Kind extends Block['kind']> = Extract<Block, { kind: Kind }>;

/** Line breaks as somebody typed them; Outlook knows no `white-space`. */
const Lines = ({ children }: { children: string }) =>
  children.split(/\r?\n/).map((line, at) => (
    <>
      {at > 0 && <br />}
      {line}
    </>
  ));

const Paragraph = ({ text, strong }: Of<'paragraph'>) => (
  <p class={strong ? 'lead' : undefined}>
    <Lines>{text}</Lines>
  </p>
);

/** A table, because Outlook paints no padding around a link. */
const Button = ({ text, to, hint }: Of<'button'>) => (
  <>
    <table role="presentation" class="button">
      <tbody>
        <tr>
          <td class="button-cell">
            <Link to={to}>{text}</Link>
          </td>
        </tr>
      </tbody>
    </table>
    <p class="soft">
      {hint}
      <br />
      <Link to={to} class="address">
        {to}
      </Link>
    </p>
  </>
);

const Facts = ({ rows }: Of<'facts'>) => (
  <table class="facts">
    <tbody>
      {rows.map(([name, value]) => (
        <tr>
          <th scope="row">{name}</th>
          <td>{value}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

const List = ({ items, ordered }: Of<'list'>) => {
  const Tag = ordered ? 'ol' : 'ul';
  return (
    <Tag>
      {items.map((item) => (
        <li>{item}</li>
      ))}
    </Tag>
  );
};

const Code = ({ label, code }: Of<'code'>) => (
  <div class="code">
    <p>{label}</p>
    <p class="sign">{code}</p>
  </div>
);

const Note = ({ title, text, warning }: Of<'note'>) => (
  <div class={warning ? 'note warning' : 'note'}>
    <p class="note-title">{title}</p>
    <p>
      <Lines>{text}</Lines>
    </p>
  </div>
);

const Address = ({ text, to }: Of<'link'>) => (
  <p>
    {text}: <Link to={to}>{to}</Link>
  </p>
);

const writers: { readonly [Kind in Block['kind']]: (block: Of<Kind>) => Child } = {
  heading: ({ text }) => <h2>{text}</h2>,
  paragraph: Paragraph,
  button: Button,
  facts: Facts,
  list: List,
  code: Code,
  note: Note,
  link: Address,
};

const written = (block: Block): Child => (writers[block.kind] as (block: Block) => Child)(block);

interface MailProps extends Draft {
  readonly language: Language;
  readonly organisation: string;
}

const Head = ({ subject }: MailProps) => (
  <head>
    <meta charset="utf-8" />
    <title>{subject}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="supported-color-schemes" content="light dark" />
    <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
    <style>{raw(mailStyles)}</style>
  </head>
);

const Column = ({ organisation, title, blocks, foot }: MailProps) => (
  <table role="presentation" class="column">
    <tbody>
      <tr>
        <td>
          <p class="name">{organisation}</p>
        </td>
      </tr>
      <tr>
        <td class="bar">&nbsp;</td>
      </tr>
      <tr>
        <td class="paper">
          <h1>{title}</h1>
          {blocks.map(written)}
        </td>
      </tr>
      <tr>
        <td class="foot">
          {foot.map((line) => (
            <p>{line}</p>
          ))}
        </td>
      </tr>
    </tbody>
  </table>
);

/** Language and direction stand on the first element of the body too: web mail drops `html` and `body`. */
const Mail = (props: MailProps) => (
  <html lang={props.language} dir="ltr">
    <Head {...props} />
    <body>
      <div lang={props.language} dir="ltr">
        <div class="preview">{props.preview}</div>
        <table role="presentation" class="ground">
          <tbody>
            <tr>
              <td class="ground-cell">
                <Column {...props} />
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </body>
  </html>
);

/** A mail as HTML: one column, no picture, no script, nothing that is loaded from anywhere. */
export const htmlMail = (props: MailProps): string => `<!doctype html>\n${<Mail {...props} />}\n`;
