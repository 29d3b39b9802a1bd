import { html } from 'hono/html';
import type { PagesOptions } from '../pages.ts';
import { instant, layout, type Markup } from './layout.ts';

/** Clock, mailbox, requests and dead letters on one page. */
export async function overviewPage({ clock, mailbox, executions, queues }: PagesOptions): Promise<Markup> {
  const mails = mailbox.list().map(({ id, at, to, subject }) => {
    return [instant(at), to.join(', '), html`<a href="/_local/mail/${id}">${subject || '(no subject)'}</a>`];
  });
  const requests = (await executions.list()).map(({ name, status, startedAt }) => {
    return [instant(startedAt), html`<a href="/_local/executions/${encodeURIComponent(name)}">${name}</a>`, status];
  });
  const dead = (await queues.list()).flatMap(({ arn, messages }) =>
    messages.map(({ at, body }) => [instant(at), arn.split(':').at(-1), body]),
  );
  return layout(
    'Local cloud',
    html`${clockSection(clock.now())}
${listSection('Mailbox', ['Sent', 'To', 'Subject'], mails, 'No mail yet.')}
${listSection('Requests', ['Started', 'Execution', 'Status'], requests, 'No request yet.')}
${listSection('Dead letters', ['Since', 'Queue', 'Message'], dead, 'No message was given up.')}`,
  );
}

function clockSection(now: Date): Markup {
  return html`<h2>Clock</h2>
<p>It is ${instant(now)} here. Everything that falls due on the way happens, in order.</p>
<form method="post" action="/_local/clock">
<button name="advance" value="P1D">One day on</button>
<button name="advance" value="P7D">One week on</button>
<button name="advance" value="P1M">One month on</button>
</form>
<form method="post" action="/_local/clock">
<label>Jump by (ISO 8601, such as PT12H)<input name="advance" required pattern="P[0-9YMWDTHS.,]+" autocomplete="off"></label>
<button>Jump</button>
</form>`;
}

/** A page longer than this helps nobody; the rest is in the JSON lists. */
const mostRows = 200;

/** The newest rows of a list whose oldest stand first. */
function listSection(title: string, heads: string[], rows: unknown[][], none: string): Markup {
  if (rows.length === 0) return html`<h2>${title}</h2><p>${none}</p>`;
  const newest = rows.slice(-mostRows).reverse();
  const caption = newest.length < rows.length ? `The newest ${mostRows} of ${rows.length}` : `${rows.length} in all`;
  return html`<h2>${title}</h2><table><caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${newest.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table>`;
}
