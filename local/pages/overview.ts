import { html } from 'hono/html';
import type { Mail } from '../mailbox.ts';
import { instant, layout, type Markup } from './layout.ts';

/** An execution of the state machine, one per request and segment. */
export interface ExecutionSummary {
  readonly name: string;
  readonly status: string;
  readonly startedAt: string | Date;
}

/** An alarm of the template. Metrics are not modelled: `state` says what is known, or that nothing is. */
export interface AlarmSummary {
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
}

/** A dead letter queue and what is in it. */
export interface QueueSummary {
  readonly arn: string;
  readonly messages: readonly { readonly at: string; readonly body: string }[];
}

/** What the overview shows. Lists are oldest first. */
export interface Overview {
  readonly now: Date;
  readonly mails: readonly Mail[];
  readonly executions: readonly ExecutionSummary[];
  readonly alarms: readonly AlarmSummary[];
  readonly queues: readonly QueueSummary[];
}

/** A page longer than this helps nobody; the rest is in the JSON lists. */
const mostRows = 200;

/** Mailbox, requests, clock and alarms on one page. */
export function overviewPage(overview: Overview): Markup {
  return layout(
    'Local cloud',
    html`${clockSection(overview.now)}${mailSection(overview.mails)}${executionSection(overview.executions)}${alarmSection(overview)}`,
  );
}

const jumps = [
  ['P1D', 'One day on'],
  ['P7D', 'One week on'],
  ['P1M', 'One month on'],
] as const;

function clockSection(now: Date): Markup {
  const buttons = jumps.map(([value, label]) => html`<button name="advance" value="${value}">${label}</button>`);
  return html`<section aria-labelledby="clock">
<h2 id="clock">Clock</h2>
<p>It is ${instant(now)} here. Everything that falls due on the way happens, in order.</p>
<form method="post" action="/_local/clock">${buttons}</form>
<form method="post" action="/_local/clock">
<label>Jump by (ISO 8601, such as PT12H)<input name="advance" required pattern="P[0-9YMWDTHS.,]+" autocomplete="off"></label>
<button>Jump</button>
</form>
</section>
`;
}

function mailSection(mails: readonly Mail[]): Markup {
  const rows = newest(mails).map(
    (mail) => html`<tr><td>${instant(mail.at)}</td><td>${mail.to.join(', ')}</td>
<td><a href="/_local/mail/${mail.id}">${mail.subject || '(no subject)'}</a></td></tr>
`,
  );
  return section('mailbox', 'Mailbox', table(['Sent', 'To', 'Subject'], rows, mails.length, 'No mail yet.'));
}

function executionSection(executions: readonly ExecutionSummary[]): Markup {
  const rows = newest(executions).map(
    ({ name, status, startedAt }) => html`<tr><td>${instant(startedAt)}</td>
<td><a href="/_local/executions/${encodeURIComponent(name)}">${name}</a></td><td>${status}</td></tr>
`,
  );
  const list = table(['Started', 'Execution', 'Status'], rows, executions.length, 'No request yet.');
  return section('requests', 'Requests', list);
}

function alarmSection({ alarms, queues }: Overview): Markup {
  const alarmRows = alarms.map(
    ({ name, state, reason }) => html`<tr><td>${name}</td><td>${state}</td><td>${reason ?? ''}</td></tr>
`,
  );
  const dead = queues.flatMap(({ arn, messages }) =>
    messages.map(
      ({ at, body }) => html`<tr><td>${instant(at)}</td><td>${arn.split(':').at(-1)}</td><td>${body}</td></tr>
`,
    ),
  );
  return section(
    'alarms',
    'Alarms',
    html`${table(['Alarm', 'State', 'Reason'], alarmRows, alarms.length, 'No alarm.')}
<h3>Dead letters</h3>
${table(['Since', 'Queue', 'Message'], dead, dead.length, 'No message was given up.')}`,
  );
}

const newest = <Row>(rows: readonly Row[]): Row[] => rows.slice(-mostRows).reverse();

function section(id: string, title: string, content: Markup): Markup {
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${content}
</section>
`;
}

function table(heads: readonly string[], rows: readonly Markup[], total: number, none: string): Markup {
  if (rows.length === 0) return html`<p>${none}</p>`;
  const shown = rows.length < total ? `The newest ${rows.length} of ${total}` : `${total} in all`;
  return html`<table><caption>${shown}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table>`;
}
