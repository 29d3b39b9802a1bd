import { html } from 'hono/html';
import type { Mail } from '../mailbox.ts';
import { instant, layout, type Markup } from './layout.ts';

/** What a mail's HTML may do: open links. Nothing in it runs, loads or sends. */
export const mailSandbox = 'allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation';

/** One mail: its envelope, its text with links that work, its HTML in a sandbox without scripts, its attachments. */
export function mailPage({ id, at, from, to, subject, text, headers, attachments, ...mail }: Mail): Markup {
  const files = attachments.map(
    ({ name, type, size }) => html`<li>${name || '(no name)'}, ${type}, ${size} bytes</li>`,
  );
  return layout(
    subject || '(no subject)',
    html`<dl>
<dt>Sent</dt><dd>${instant(at)}</dd>
<dt>From</dt><dd>${headers.from ?? from}</dd>
<dt>To</dt><dd>${to.join(', ')}</dd>
</dl>
<p><a href="/_local/mail/${id}.eml">The raw message</a></p>
${text && html`<h2>Text</h2><pre>${linked(text)}</pre>`}
${mail.html && html`<h2>HTML</h2><iframe title="The mail as HTML" sandbox="${mailSandbox}" src="/_local/mail/${id}.html"></iframe>`}
${files.length > 0 ? html`<h2>Attachments</h2><ul>${files}</ul>` : ''}`,
  );
}

/** The text with each http(s) address as a link; punctuation that ends a sentence is not part of it. */
function linked(text: string): (Markup | string)[] {
  const parts = text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'])/);
  return parts.map((part, index) => (index % 2 === 1 ? html`<a href="${part}" rel="noreferrer">${part}</a>` : part));
}

/** The mail's HTML so that its links leave the frame. */
export function framed(mailHtml: string): string {
  const base = '<base target="_top">';
  const start = mailHtml.match(/<head(\s[^>]*)?>|<html(\s[^>]*)?>|<!doctype[^>]*>/gi)?.at(-1);
  return start === undefined ? base + mailHtml : mailHtml.replace(start, () => start + base);
}
