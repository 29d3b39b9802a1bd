import { html } from 'hono/html';
import type { Mail } from '../mailbox.ts';
import { instant, layout, type Markup } from './layout.ts';

/** One mail: its envelope, its text with links that work, its HTML in a sandbox without scripts, its attachments. */
export function mailPage(mail: Mail): Markup {
  return layout(
    mail.subject || '(no subject)',
    html`<dl>
<dt>Sent</dt><dd>${instant(mail.at)}</dd>
<dt>From</dt><dd>${mail.headers.from ?? mail.from}</dd>
<dt>To</dt><dd>${mail.to.join(', ')}</dd>
</dl>
<p><a href="/_local/mail/${mail.id}.eml">The raw message</a></p>
${textSection(mail)}${htmlSection(mail)}${attachmentSection(mail)}`,
  );
}

function textSection({ text }: Mail): Markup | string {
  if (text === '') return '';
  return html`<h2>Text</h2>
<pre>${linked(text)}</pre>
`;
}

/** The text with each http(s) address as a link; punctuation that ends a sentence is not part of it. */
function linked(text: string): Markup[] {
  const parts = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/);
  return parts.map((part, index) =>
    index % 2 === 1 ? html`<a href="${part}" rel="noreferrer">${part}</a>` : html`${part}`,
  );
}

/** What a mail's HTML may do: open links. Nothing in it runs, loads or sends. */
export const mailSandbox = 'allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation';

function htmlSection(mail: Mail): Markup | string {
  if (mail.html === '') return '';
  return html`<h2>HTML</h2>
<iframe title="The mail as HTML" sandbox="${mailSandbox}" src="/_local/mail/${mail.id}.html"></iframe>
`;
}

function attachmentSection({ attachments }: Mail): Markup | string {
  if (attachments.length === 0) return '';
  const items = attachments.map(
    ({ name, type, size }) => html`<li>${name || '(no name)'}, ${type}, ${size} bytes</li>`,
  );
  return html`<h2>Attachments</h2>
<ul>${items}</ul>`;
}

/** The mail's HTML so that its links leave the frame. */
export function framed(mailHtml: string): string {
  const base = '<base target="_top">';
  const start = mailHtml.match(/<head(\s[^>]*)?>|<html(\s[^>]*)?>|<!doctype[^>]*>/gi)?.at(-1);
  return start === undefined ? base + mailHtml : mailHtml.replace(start, () => start + base);
}
