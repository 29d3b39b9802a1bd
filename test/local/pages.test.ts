import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HtmlValidate } from 'html-validate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openMailbox } from '../../local/mailbox.ts';
import { openPages } from '../../local/pages.ts';
import { openQueues } from '../../local/queues.ts';
import { openSes } from '../../local/ses.ts';
import { memoryStore, stillClock } from './small-gateway.ts';

const queue = 'arn:aws:sqs:eu-west-1:123456789012:dead';

async function start() {
  const clock = stillClock();
  const store = memoryStore();
  const mailbox = await openMailbox({ store: store.sub('mailbox'), clock });
  const queues = openQueues({ store: store.sub('queues'), clock, queues: [queue] });
  const ses = await openSes({ store, mailbox, identities: [], configurationSets: [], publish: async () => {} });
  const state = { faults: [] as unknown[] };
  const answer = openPages({
    clock,
    mailbox,
    queues,
    behaviours: ses.behaviours,
    jump: async (to) => ({ fired: await clock.move(to), coalesced: 0 }),
    executions: {
      list: async () => [{ name: 'R-1 <b>', status: 'RUNNING', startedAt: '2026-01-31T11:00:00.000Z' }],
      history: async (name) => (name === 'R-1 <b>' ? [{ id: 1, type: 'ExecutionStarted' }] : []),
    },
    permissions: () => ({ used: [], unused: [] }),
    faults: {
      add(fault) {
        if (!Object.hasOwn(fault as object, 'service')) throw new Error('service: is required');
        state.faults.push(fault);
        return fault;
      },
      list: () => state.faults,
      clear: () => state.faults.splice(0),
    },
  });
  const server = createServer(async (request, response) => {
    if (!(await answer(request, response))) response.writeHead(200).end('the site');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { clock, mailbox, queues, state, server, site };
}

let local: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  local = await start();
});
afterEach(async () => {
  local.server.closeAllConnections();
  await new Promise((resolve) => local.server.close(resolve));
});

const get = (path: string, init: RequestInit = {}) => fetch(local.site + path, { redirect: 'manual', ...init });
const json = (method: string, value: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
const jump = (value: unknown) => get('/_local/clock', json('POST', value));
const deliver = (raw: string) =>
  local.mailbox.put({ from: 'a@example.dk', to: ['anna@example.com'], raw: Buffer.from(raw.replaceAll('\n', '\r\n')) });
const letter = `From: a@example.dk
Subject: <b>Your</b> request
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain

Open https://example.dk/v/a_b?c=1&d=2. <script>alert(1)</script>
--b
Content-Type: text/html

<!doctype html><html><head><title>x</title></head><body><a href="https://example.dk/v/1">Open</a></body></html>
--b--
`;

describe('the clock', () => {
  test('tells virtual time', async () => {
    expect(await (await get('/_local/clock')).json()).toEqual({ now: '2026-01-31T12:00:00.000Z' });
  });

  test('jumps, fires what is due and answers what it did', async () => {
    const fired: string[] = [];
    local.clock.at(new Date('2026-02-01T00:00:00Z'), () => fired.push('midnight'));
    const answer = await jump({ advance: 'P3DT1H' });
    expect([answer.status, await answer.json(), fired]).toEqual([
      200,
      { now: '2026-02-03T13:00:00.000Z', fired: 1, coalesced: 0 },
      ['midnight'],
    ]);
  });

  test.each([
    ['P1M', '2026-02-28T12:00:00.000Z'],
    ['P2M', '2026-03-31T12:00:00.000Z'],
    ['P1Y1M', '2027-02-28T12:00:00.000Z'],
    ['P2W', '2026-02-14T12:00:00.000Z'],
    ['PT1.5S', '2026-01-31T12:00:01.500Z'],
    ['PT0S', '2026-01-31T12:00:00.000Z'],
  ])('advances by the calendar: %s from 31 January is %s', async (advance, now) => {
    expect(await (await jump({ advance })).json()).toMatchObject({ now });
  });

  test('goes to an instant with an offset', async () => {
    expect(await (await jump({ now: '2026-03-01T00:00:00+01:00' })).json()).toMatchObject({
      now: '2026-02-28T23:00:00.000Z',
    });
  });

  test.each([
    [{ advance: '-P1D' }, /^advance: .*backwards/],
    [{ now: '2026-01-31T11:59:59Z' }, /^now: .*backwards/],
    [{ advance: '3 days' }, /^advance: .*duration/],
    [{ advance: 3 }, /^advance: .*text/],
    [{ advance: 'P11Y' }, /^advance: at most/],
    [{ advance: 'P999999999999Y' }, /^advance: /],
    [{ now: '2026-02-31T00:00:00Z' }, /^now: .*instant/],
    [{ now: '2026-03-01' }, /^now: .*instant/],
    [{}, /^advance: /],
    [{ advance: 'P1D', now: '2026-03-01T00:00:00Z' }, /^advance: .*either/],
    [{ days: 3 }, /^days: unknown/],
  ])('refuses %j with the name of the field', async (input, message) => {
    const answer = await jump(input);
    expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringMatching(message) }]);
    expect(local.clock.now().toISOString()).toBe('2026-01-31T12:00:00.000Z');
  });

  test('is moved by a form on the page, which leads back to the page', async () => {
    const answer = await get('/_local/clock', { method: 'POST', body: new URLSearchParams({ advance: 'P1D' }) });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/_local/']);
    expect(local.clock.now().toISOString()).toBe('2026-02-01T12:00:00.000Z');
  });

  test('tells the wrong content type and broken JSON', async () => {
    const plain = await get('/_local/clock', { method: 'POST', body: '{"advance":"P1D"}' });
    expect([plain.status, await plain.json()]).toEqual([415, { error: expect.stringContaining('text/plain') }]);
    const broken = await get('/_local/clock', { ...json('POST', {}), body: '{' });
    expect([broken.status, await broken.json()]).toEqual([400, { error: 'body: is not valid JSON' }]);
    const huge = await get('/_local/clock', json('POST', { advance: 'x'.repeat(70_000) }));
    expect(huge.status).toBe(413);
  });
});

describe('mail', () => {
  test('is listed as JSON, oldest first, and is there raw', async () => {
    const [first, second] = [await deliver(letter), await deliver(letter)];
    const list = (await (await get('/_local/mail')).json()) as { id: string }[];
    expect(list.map(({ id }) => id)).toEqual([first.id, second.id]);
    expect(list[0]).toMatchObject({
      to: ['anna@example.com'],
      subject: '<b>Your</b> request',
      headers: { from: 'a@example.dk' },
    });
    const raw = await get(`/_local/mail/${first.id}.eml`);
    expect([raw.headers.get('content-type'), await raw.text()]).toEqual([
      'message/rfc822',
      letter.replaceAll('\n', '\r\n'),
    ]);
  });

  test('can be listed for one address', async () => {
    const { id } = await deliver(letter);
    const to = async (address: string) => (await get(`/_local/mail?to=${address}`)).json();
    expect(await to('anna%40example.com')).toEqual([expect.objectContaining({ id })]);
    expect(await to('bo@example.com')).toEqual([]);
  });

  test('opens as a page whose text is text and whose links work', async () => {
    const { id } = await deliver(letter);
    const page = await (await get(`/_local/mail/${id}`)).text();
    expect(page).toContain('<a href="https://example.dk/v/a_b?c=1&amp;d=2" rel="noreferrer">');
    expect(page).not.toContain('<script>');
    expect(page).not.toContain('<b>Your</b>');
    expect(page).toContain(`src="/_local/mail/${id}.html"`);
  });

  test('shows its HTML in a sandbox without scripts, with links that leave the frame', async () => {
    const { id } = await deliver(letter);
    const framed = await get(`/_local/mail/${id}.html`);
    expect(framed.headers.get('content-security-policy')).toMatch(/^sandbox allow-popups.*default-src 'none'/);
    expect(framed.headers.get('content-security-policy')).not.toContain('allow-scripts');
    expect(await framed.text()).toContain('<head><base target="_top"><title>');
  });

  test.each(['/_local/mail/none', '/_local/mail/none.eml', '/_local/mail/none.html', '/_local/mail/..%2Fx.eml'])(
    'that is not there is 404 JSON: %s',
    async (path) => {
      const answer = await get(path);
      expect([answer.status, await answer.json()]).toEqual([404, { error: expect.any(String) }]);
    },
  );

  test('to an address can be made to bounce, and the wish is listed and cleared', async () => {
    const wish = { address: 'anna@example.com', event: 'Bounce' };
    expect((await get('/_local/mail/behaviour', json('POST', wish))).status).toBe(200);
    expect(await (await get('/_local/mail/behaviour')).json()).toEqual([wish]);
    expect((await get('/_local/mail/behaviour', { method: 'DELETE' })).status).toBe(204);
    expect(await (await get('/_local/mail/behaviour')).json()).toEqual([]);
    const wrong = await get('/_local/mail/behaviour', json('POST', { ...wish, event: 'Vanish' }));
    expect([wrong.status, await wrong.json()]).toEqual([400, { error: expect.stringContaining('event: Vanish') }]);
  });
});

describe('the overview', () => {
  const validator = new HtmlValidate({
    extends: ['html-validate:standard'],
  });

  test('shows mail, requests, clock and dead letters as valid HTML, all of it escaped', async () => {
    const { id } = await deliver(letter);
    await local.queues.send(queue, '<i>lost</i>');
    const answer = await get('/_local/');
    const page = await answer.text();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const part of [`href="/_local/mail/${id}"`, 'href="/_local/executions/R-1%20%3Cb%3E"', '&lt;i&gt;lost']) {
      expect(page).toContain(part);
    }
    expect(page).toMatch(/<button name="advance" value="P1M">/);
    expect(page).not.toContain('<i>');
    for (const source of [page, await (await get(`/_local/mail/${id}`)).text()]) {
      const { results } = await validator.validateString(source);
      expect(results.flatMap(({ messages }) => messages.map(({ message, line }) => `${line}: ${message}`))).toEqual([]);
    }
  });

  test('is found without its slash, and its style sheet with the right type', async () => {
    expect((await get('/_local')).headers.get('location')).toBe('/_local/');
    expect((await get('/_local/style.css')).headers.get('content-type')).toBe('text/css; charset=utf-8');
  });
});

describe('the rest', () => {
  test('executions and their history', async () => {
    expect(await (await get('/_local/executions')).json()).toMatchObject([{ name: 'R-1 <b>', status: 'RUNNING' }]);
    const history = await get(`/_local/executions/${encodeURIComponent('R-1 <b>')}`);
    expect(await history.json()).toEqual([{ id: 1, type: 'ExecutionStarted' }]);
    expect((await get('/_local/executions/none')).status).toBe(404);
    expect((await get('/_local/executions/%E0%A4%A')).status).toBe(404);
  });

  test('faults are added, listed and cleared; a bad one is 400', async () => {
    const fault = { service: 'ses', mode: 'refuse' };
    expect(await (await get('/_local/faults', json('POST', fault))).json()).toEqual(fault);
    expect(await (await get('/_local/faults')).json()).toEqual([fault]);
    expect((await get('/_local/faults', { method: 'DELETE' })).status).toBe(204);
    expect(await (await get('/_local/faults')).json()).toEqual([]);
    const bad = await get('/_local/faults', json('POST', { mode: 'refuse' }));
    expect([bad.status, await bad.json()]).toEqual([400, { error: 'service: is required' }]);
  });

  test('permissions and queues are JSON', async () => {
    expect(await (await get('/_local/permissions')).json()).toEqual({ used: [], unused: [] });
    expect(await (await get('/_local/queues')).json()).toEqual([{ arn: queue, messages: [] }]);
  });

  test('an unknown path is 404 JSON, a wrong method 405 with what is allowed, any other path is the site', async () => {
    const missing = await get('/_local/nothing');
    expect([missing.status, await missing.json()]).toEqual([
      404,
      { error: expect.stringContaining('/_local/nothing') },
    ]);
    const wrong = await get('/_local/clock', { method: 'DELETE' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, POST']);
    expect(await (await get('/_localx')).text()).toBe('the site');
  });

  test('another site in the same browser can neither move the clock nor read the mail', async () => {
    const post = (headers: Record<string, string>) => raw('POST', '/_local/clock', headers);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await post({ ...form, origin: 'https://evil.example' })).toBe(403);
    expect(await post({ ...form, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await raw('GET', '/_local/mail', { host: 'evil.example' })).toBe(403);
    expect(await post({ ...form, origin: local.site, 'sec-fetch-site': 'same-origin' })).toBe(303);
  });
});

/** The status of a request with headers that fetch would not let pass. */
function raw(method: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(local.site + path, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end(method === 'POST' ? 'advance=PT0S' : undefined);
  });
}
