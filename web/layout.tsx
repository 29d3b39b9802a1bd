import type { Child } from 'hono/jsx';
import { Link, Phone } from './components.tsx';
import { asLanguage, type Frame, inLanguage } from './frame.ts';
import { t } from './text.ts';

/** A page's address in another language is the same one with `?lang=`; a link, so that it works without a script. */
const Languages = ({ frame }: { frame: Frame }) => {
  const others = frame.config.languages.filter((language) => language !== frame.language);
  if (others.length === 0) return null;
  return (
    <nav class="languages" aria-label={t(frame.language)('layout.languages')}>
      {others.map((language) => (
        <a href={asLanguage(frame.path, language)} lang={language} hreflang={language}>
          {t(language)('layout.language-name')}
        </a>
      ))}
    </nav>
  );
};

const Header = ({ frame }: { frame: Frame }) => (
  <header class="site-header">
    <div class="site-header-row">
      <a class="site-name" href={inLanguage(frame, '/')}>
        {frame.config.organisation.name}
      </a>
      <Languages frame={frame} />
    </div>
  </header>
);

const Footer = ({ frame }: { frame: Frame }) => {
  const text = t(frame.language);
  const { name, address, phone, email, privacyNotice } = frame.config.organisation;
  return (
    <footer class="site-footer">
      <div class="site-footer-row">
        <address>
          <strong>{name}</strong>
          <span>{address}</span>
          <Link to={`mailto:${email}`}>{email}</Link>
          {phone && <Phone number={phone} />}
        </address>
        <ul>
          {privacyNotice && (
            <li>
              <Link to={privacyNotice}>{text('layout.privacy-notice')}</Link>
            </li>
          )}
          <li>
            <a href={inLanguage(frame, '/accessibility')}>{text('layout.accessibility')}</a>
          </li>
          <li>{text('layout.no-tracking')}</li>
        </ul>
      </div>
    </footer>
  );
};

interface PageProps {
  readonly frame: Frame;
  /** Stands in the tab and in the browser's history; usually the page's heading. */
  readonly title: string;
  /** A form came back with errors: the title says so first, because a screen reader reads it first. */
  readonly wrong?: boolean;
  /** Staff pages hold tables and cards. */
  readonly wide?: boolean;
  /** A style sheet of its own beside those of all pages. */
  readonly sheet?: 'overview.css';
  /** Stands above the main part: the way back. */
  readonly before?: Child;
  readonly children?: Child;
}

const Head = ({ frame, title, wrong, sheet }: PageProps) => (
  <head>
    <meta charset="utf-8" />
    <title>{`${wrong ? `${t(frame.language)('layout.error')}: ` : ''}${title} - ${frame.config.organisation.name}`}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex, nofollow" />
    <meta name="format-detection" content="telephone=no" />
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/assets/styles.css" />
    <link rel="stylesheet" href="/assets/brand.css" />
    {sheet && <link rel="stylesheet" href={`/assets/${sheet}`} />}
  </head>
);

const Page = (props: PageProps) => (
  <html lang={props.frame.language}>
    <Head {...props} />
    <body class={props.wide ? 'wide' : undefined}>
      <a class="skip-link" href="#main">
        {t(props.frame.language)('layout.skip')}
      </a>
      <Header frame={props.frame} />
      <div class="page">
        {props.before && <nav aria-label={t(props.frame.language)('layout.way')}>{props.before}</nav>}
        <main id="main" tabindex={-1}>
          {props.children}
        </main>
      </div>
      <Footer frame={props.frame} />
    </body>
  </html>
);

/** A whole document. No script, no style and no picture of another place is in it, so that the strictest policy holds. */
export const page = (props: PageProps): string => `<!doctype html>\n${<Page {...props} />}\n`;
