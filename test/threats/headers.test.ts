import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceFrom } from '../../domain/reference.ts';
import { routes } from '../../functions/routes.ts';
import { openWorld, type World } from '../journeys/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ demo: false });
});
afterAll(() => world?.close());

const values: Readonly<Record<string, string>> = {
  reference: referenceFrom(new Uint8Array(8)),
  token: 'A'.repeat(43),
  system: 'archive',
  file: 'styles.css',
};

/** Every route there is, with a path that it takes: a new one is here without being named. */
const all = Object.values(routes)
  .flat()
  .map((route) => {
    const [method = '', path = ''] = route === '$default' ? ['GET', '/nope'] : route.split(' ');
    return {
      route,
      methods: method === 'ANY' ? ['GET', 'HEAD', 'POST'] : [method],
      path: path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? name),
    };
  });

const form = { 'content-type': 'application/x-www-form-urlencoded' };

const ask = (path: string, method: string, headers: Record<string, string> = {}) => {
  const own = method === 'POST' ? { ...form, origin: world.site } : {};
  const body = method === 'POST' ? 'x=1' : null;
  return fetch(`${world.site}${path}`, { method, body, headers: { ...own, ...headers }, redirect: 'manual' });
};

describe.each(all)('$route', ({ path, methods }) => {
  test('T33: says in its headers that nothing is framed, run, guessed, kept or told to others', async () => {
    for (const method of methods) {
      const { headers } = await ask(path, method);
      const policy = headers.get('content-security-policy')?.split('; ') ?? [];
      for (const part of [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ])
        expect(policy, `${method} ${part}`).toContain(part);
      expect(
        policy.find((part) => part.startsWith('form-action')),
        method,
      ).toMatch(/^form-action 'self'( https?:\/\/[\w.:-]+)*$/);
      expect(policy.join(), method).not.toMatch(/unsafe|script-src|\*|data:/);
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('strict-transport-security')).toMatch(/max-age=63072000; includeSubDomains/);
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toContain('camera=()');
      expect(headers.get('cache-control')).toBe(path.startsWith('/assets') ? 'public, max-age=86400' : 'no-store');
      expect(headers.get('content-type')).toMatch(/charset=utf-8|image\/svg\+xml/);
      expect(headers.get('access-control-allow-origin')).toBeNull();
      for (const cookie of headers.getSetCookie())
        expect(cookie).toMatch(/^__Host-[\w.-]+=[^;]*; Path=\/; Max-Age=\d+; Secure; HttpOnly; SameSite=(Lax|Strict)$/);
    }
  });

  test('T33: takes no form from another site', async () => {
    if (!methods.includes('POST')) return expect((await ask(path, 'POST')).status).toBeGreaterThanOrEqual(404);
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'null' },
    ];
    for (const headers of foreign) expect((await ask(path, 'POST', headers)).status, JSON.stringify(headers)).toBe(403);
  });

  test('T33: sends nobody to an address that a visitor names', async () => {
    for (const name of ['next', 'url', 'redirect', 'returnTo', 'lang']) {
      const { headers } = await ask(`${path}?${name}=https://evil.example`, 'GET');
      expect(headers.get('refresh') ?? '').not.toContain('evil.example');
      expect(new URL(headers.get('location') ?? '/', world.site).hostname).not.toBe('evil.example');
    }
  });
});

test('T41: a line break or another sign in an address becomes no part of a header', async () => {
  const [a, b, c] = (values.reference ?? '').split('-');
  for (const odd of [`${a}%0D%0A${b}${c}`, `${a}%E2%80%A8${b}%C2%A0${c}`, `${a}%20-%20${b}-${c}`]) {
    const sent = await ask(`/dpo/request/${odd}`, 'GET');
    expect(sent.headers.get('location'), odd).toMatch(/^\/dpo\/sign-in\?request=[\x21-\x7e]+$/);
  }
  for (const path of [
    `/request/${a}%0D%0A${b}${c}`,
    `/dpo/sign-in?request=${a}%0D%0A${b}${c}`,
    '/c/%0D%0AX:1',
    '/dpo/%00',
  ])
    expect((await ask(path, 'GET')).status, path).toBeLessThan(500);
});
