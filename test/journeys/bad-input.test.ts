import { afterAll, beforeAll, expect, test } from 'vitest';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ demo: false });
});
afterAll(() => world?.close());

const pages = [
  '/want',
  '/who',
  '/you',
  '/details',
  '/answer',
  '/check',
  '/confirm/K7F-4QX-92M',
  '/request/K7F-4QX-92M',
  '/dpo/request/K7F-4QX-92M',
  '/task/K7F-4QX-92M/archive',
  '/task/K7F-4QX-92M/archive/files',
  '/download/K7F-4QX-92M',
];

const form = 'application/x-www-form-urlencoded';
const bodies: Readonly<Record<string, { body: string; type?: string }>> = {
  empty: { body: '' },
  'over 16 KB': { body: `name=${'x'.repeat(17_000)}` },
  'four megabytes': { body: `name=${'x'.repeat(4_000_000)}` },
  'a broken percent sign': { body: 'name=%zz&email=%' },
  'bytes that are not UTF-8': { body: 'name=%ff%fe' },
  JSON: { body: '{"name":"x"}', type: 'application/json' },
  'no content type': { body: 'name=x', type: '' },
  XML: { body: '<a/>', type: 'text/xml' },
  'unknown fields': { body: 'status=CLOSED&verifiedAt=2026-01-01&requestId=x' },
  'prototype keys': { body: '__proto__=x&constructor=y&__proto__[polluted]=z&prototype=1' },
  'a thousand fields': { body: Array.from({ length: 1_000 }, (_, n) => `f${n}=1`).join('&') },
  'the same field twice': { body: 'name=a&name=b&email=a&email=b' },
  'control signs': { body: 'name=a%00b%0d%0aBcc:%20x&email=a%0d%0a@b.dk' },
};

test.each(Object.entries(bodies))(
  '%s gets a clear page and a 4xx on every form, never a 5xx',
  async (_, { body, type = form }) => {
    for (const path of pages) {
      const headers = { ...(type ? { 'content-type': type } : {}), origin: world.site };
      const response = await fetch(`${world.site}${path}`, {
        method: 'POST',
        body: type ? body : Buffer.from(body),
        headers,
        redirect: 'manual',
      });
      const text = await response.text();
      const moved = response.status === 303 && path === '/check';
      const optional = response.status === 303 && path === '/details' && body === '';
      expect(
        moved || optional || (response.status >= 400 && response.status < 500),
        `${path}: ${response.status}`,
      ).toBe(true);
      if (!moved && !optional && response.status !== 413) expect(textOf(text).length, path).toBeGreaterThan(60);
    }
    expect(await world.executions()).toEqual([]);
    expect(await world.mails()).toEqual([]);
  },
);

const postTo = async (path: string, fields: Readonly<Record<string, string>>) => {
  const { status, html } = await new Visitor(world.site).post(path, fields);
  return { status, text: textOf(html) };
};

test('a text with a sign that could turn it around is taken on no page, and comes back with the sign written out', async () => {
  for (const path of ['/request/K7F-4QX-92M', '/dpo/request/K7F-4QX-92M', '/task/K7F-4QX-92M/archive']) {
    for (const field of ['text', 'answer', 'reason', 'name', 'question']) {
      const { status, text } = await postTo(path, { [field]: 'En mappe\r\nfdp\u202etxt', last4: '4QX9' });
      expect([status, text.match(/En mappe fdp\S*/)?.[0]], `${path} ${field}`).toEqual([
        422,
        'En mappe fdp[U+202E]txt',
      ]);
    }
  }
  // The form says so at the field.
  const { status, text } = await postTo('/details', { details: 'En mappe fdp\u202etxt' });
  expect([status, text]).toEqual([400, expect.stringContaining('usynligt tegn')]);
  // Signs of other scripts and of the page's own lines are nothing of the kind.
  expect((await postTo('/task/K7F-4QX-92M/archive', { text: 'שלום\r\n\u200fأهلا 👩‍👧' })).status).toBe(404);
});

test('a text that a page has no room for comes back on the page that says so, whatever its script', async () => {
  for (const typed of ['漢'.repeat(4_000), '😀'.repeat(2_000), 'et ord og '.repeat(1_800).trim()]) {
    for (const [path, field] of [
      ['/request/K7F-4QX-92M', 'answer'],
      ['/task/K7F-4QX-92M/archive', 'text'],
    ] as const) {
      const { status, text } = await postTo(path, { [field]: typed });
      expect([status, text.includes(typed)], `${path} ${typed.slice(0, 4)}`).toEqual([413, true]);
    }
  }
});

test('other methods are refused with 405', async () => {
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    expect((await fetch(`${world.site}/want`, { method })).status, method).toBe(405);
  }
});

test('an address where nothing is says so on a page, in the reader’s language', async () => {
  for (const path of ['/nope', '/nope/deep?x=1', '/want/', '/assets', '/favicon.ico']) {
    const page = await new Visitor(world.site, 'en').get(path);
    expect([page.status, page.headers.get('content-type')], path).toEqual([404, 'text/html; charset=utf-8']);
    expect(textOf(page.html), path).toContain('Go to the front page');
  }
  expect(textOf((await new Visitor(world.site, 'en').get('/nope?lang=da')).html)).toContain('Gå til forsiden');
  expect((await new Visitor(world.site).post('/', { x: '1' })).status).toBe(404);
});

test.each([
  ['c', 'r', 'd'],
  ['dpo', 'o'],
])('T19: an unknown or foreign link looks the same everywhere: %s %s', async (...paths) => {
  const unknown = 'A'.repeat(43);
  const seen = await Promise.all(
    paths.map(async (path) => {
      const page = await new Visitor(world.site).get(`/${path}/${unknown}`);
      return { status: page.status, text: textOf(page.html) };
    }),
  );
  expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([404]));
  expect(new Set(seen.map(({ text }) => text)).size).toBe(1);
});
