import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startSignIn } from '../../demo/sign-in.ts';
import { asAtIssuer, expectStatus, signInAs } from './access.ts';
import { itemsOf } from './faults.ts';
import { logOf } from './permissions.ts';
import { type Page, textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';

let world: World;
let visitor: Visitor;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());
beforeEach(() => {
  visitor = new Visitor(world.site);
});

const flow = '__Host-sign-in';
const session = '__Host-dpo';

/** Goes to the issuer by the page's link. `change` tampers with the address on the way. */
const toIssuer = async (change: (address: URL) => void = () => {}): Promise<URL> => {
  const { location } = await visitor.redirect('/dpo/sign-in/begin');
  const address = new URL(location);
  change(address);
  return address;
};

const signIn = (who = 'dorte'): Promise<Page> => signInAs(visitor, who);

const isSignedIn = async (by = visitor): Promise<boolean> =>
  (await by.redirect('/dpo/sign-in')).location === `${world.site}/dpo`;

const refused = (page: Page, status: number, words: RegExp): void => {
  expect(textOf(page.html)).toMatch(words);
  expect(page.status).toBe(status);
  expect(visitor.cookies.has(session)).toBe(false);
};

/** Sets fields of the secret while `work` is done. */
const withSecret = async (fields: object, work: () => Promise<void>): Promise<void> => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const vault = new SecretsManagerClient({ endpoint: world.aws, region: 'eu-west-1', credentials });
  const SecretId = 'demo/sign-in';
  const { SecretString = '' } = await vault.send(new GetSecretValueCommand({ SecretId }));
  const changed = { ...(JSON.parse(SecretString) as object), ...fields };
  await vault.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(changed) }));
  await work().finally(() => vault.send(new PutSecretValueCommand({ SecretId, SecretString })));
  vault.destroy();
};

test('an issuer that is away, or that says it is another one, is told as away, and nobody is sent to it', async () => {
  const impostor = createServer((_, response) => {
    const said = { issuer: 'https://login.nordlys.example', authorization_endpoint: 'https://evil.example/' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  }).listen(0, '127.0.0.1');
  await once(impostor, 'listening');
  const { port } = impostor.address() as AddressInfo;
  for (const issuer of ['http://127.0.0.1:9', `http://127.0.0.1:${port}`]) {
    await withSecret({ issuer }, async () => {
      refused(await visitor.get('/dpo/sign-in/begin'), 503, /kan ikke nås lige nu/);
    });
  }
  impostor.close();
});

test('a client secret that the issuer does not know is refused, and the right one works once it is put in', async () => {
  await withSecret({ clientSecret: 'mistyped' }, async () => {
    refused(await signIn(), 403, /bestod ikke vores kontrol/);
  });
  expectStatus(await signIn(), 200);
});

test('the DPO signs in with the organisation’s issuer, and stays signed in', async () => {
  const page = expectStatus(await signIn(), 200);
  expect(textOf(page.html)).toContain('Du er logget ind');
  expect(page.headers.get('refresh')).toBe('0; url=/dpo');
  expect(await isSignedIn()).toBe(true);
  expect(await isSignedIn(new Visitor(world.site))).toBe(false);
});

test('the issuer is asked by code, PKCE, state and nonce, anew each time', async () => {
  const [first, second] = [await toIssuer(), await toIssuer()];
  expect(Object.fromEntries(first.searchParams)).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    scope: 'openid email',
    redirect_uri: `${world.site}/dpo/signed-in`,
  });
  for (const name of ['state', 'nonce', 'code_challenge']) {
    expect(first.searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    expect(first.searchParams.get(name)).not.toBe(second.searchParams.get(name));
  }
});

test('the session’s cookie is for our pages only; the table holds its hash and no more about who it is than their address', async () => {
  const page = await signIn();
  const cookies = page.headers.getSetCookie();
  const kept = cookies.find((line) => line.startsWith(session));
  expect(kept).toMatch(/; Path=\/; Max-Age=28800; Secure; HttpOnly; SameSite=Strict$/);
  expect(cookies.find((line) => line.startsWith(flow))).toMatch(/Max-Age=0; Secure; HttpOnly; SameSite=Lax$/);
  const secret = visitor.cookies.get(session)?.split('.')[1] ?? 'none';
  const held = JSON.stringify(await itemsOf(world));
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(held).not.toContain(secret);
  expect(held).not.toContain('Dorte');
});

test('a wrong state is refused', async () => {
  const back = await asAtIssuer('dorte', await toIssuer());
  back.searchParams.set('state', 'A'.repeat(43));
  refused(await visitor.get(back.href), 403, /bestod ikke vores kontrol/);
});

test('a wrong nonce is refused', async () => {
  const address = await toIssuer((url) => url.searchParams.set('nonce', 'A'.repeat(43)));
  refused(await visitor.get((await asAtIssuer('dorte', address)).href), 403, /bestod ikke vores kontrol/);
});

test('a code that was asked for with another PKCE challenge is refused', async () => {
  const address = await toIssuer((url) => url.searchParams.set('code_challenge', 'A'.repeat(43)));
  refused(await visitor.get((await asAtIssuer('dorte', address)).href), 403, /bestod ikke vores kontrol/);
});

test('a code brought again is refused, with the cookie of then as well', async () => {
  const back = await asAtIssuer('dorte', await toIssuer());
  const held = visitor.cookies.get(flow) as string;
  expectStatus(await visitor.get(back.href), 200);
  visitor.cookies.clear();
  visitor.cookies.set(flow, held);
  refused(await visitor.get(back.href), 403, /bestod ikke vores kontrol/);
});

test('another browser cannot end what this one began, and nobody is signed in by a link that somebody else sends', async () => {
  const back = await asAtIssuer('dorte', await toIssuer());
  visitor = new Visitor(world.site);
  refused(await visitor.get(back.href), 400, /begyndte i en anden browser/);
});

test('an answer of another issuer is refused', async () => {
  const back = await asAtIssuer('dorte', await toIssuer());
  back.searchParams.set('iss', 'http://127.0.0.1:9');
  refused(await visitor.get(back.href), 403, /bestod ikke vores kontrol/);
});

test('a code of another issuer that knows the same application is refused', async () => {
  const other = await startSignIn('another secret', world.site);
  const address = await toIssuer((url) => {
    url.port = String(other.port);
  });
  const back = await asAtIssuer('dorte', address);
  refused(await visitor.get(back.href), 403, /bestod ikke vores kontrol/);
  back.searchParams.delete('iss');
  await toIssuer();
  refused(await visitor.get(back.href), 403, /bestod ikke vores kontrol/);
  await other.close();
});

test('an address that the issuer has not verified is nobody’s', async () => {
  refused(await signIn('falsk'), 403, /ikke blandt dem, der besvarer/);
});

test('a colleague whom the issuer knows and the configuration does not name is refused', async () => {
  refused(await signIn('kim'), 403, /ikke blandt dem, der besvarer/);
});

test('who stops at the issuer is told so, and may begin again', async () => {
  const address = await toIssuer((url) => url.searchParams.set('prompt', 'none'));
  const { location } = await new Visitor(address.origin).redirect(address.href);
  const page = await visitor.get(location);
  refused(page, 403, /Logintjenesten stoppede/);
  expect(page.html).toContain('href="/dpo/sign-in/begin?lang=');
});

test('a sign-in that takes longer than ten minutes is refused', async () => {
  const address = await toIssuer();
  await world.advance('PT11M');
  refused(await visitor.get((await asAtIssuer('dorte', address)).href), 400, /mere end ti minutter/);
});

test('a session ends after half an hour without a page', async () => {
  await signIn();
  for (const step of ['PT25M', 'PT25M']) {
    await world.advance(step);
    expect(await isSignedIn()).toBe(true);
  }
  await world.advance('PT31M');
  expect(await isSignedIn()).toBe(false);
});

test('a session ends after eight hours, however busy', async () => {
  await signIn();
  for (let minutes = 25; minutes < 8 * 60; minutes += 25) {
    await world.advance('PT25M');
    expect(await isSignedIn()).toBe(true);
  }
  await world.advance('PT25M');
  expect(await isSignedIn()).toBe(false);
});

test('signing out ends the session here, and everywhere when that is asked', async () => {
  await signIn();
  const [here, there] = [visitor, new Visitor(world.site)];
  const copied = new Visitor(world.site);
  visitor = there;
  await signIn();
  copied.cookies.set(session, here.cookies.get(session) as string);
  expectStatus(await here.submit(await here.get('/dpo/sign-out'), { action: 'here' }), 200);
  expect(here.cookies.has(session)).toBe(false);
  expect(await isSignedIn(copied)).toBe(false);
  expect(await isSignedIn(there)).toBe(true);

  visitor = here;
  await signIn();
  expectStatus(await here.submit(await here.get('/dpo/sign-out'), { action: 'everywhere' }), 200);
  expect(await isSignedIn(there)).toBe(false);
});

test('a request that was wanted is where the sign-in leads; any other address is not', async () => {
  const asked = await visitor.get('/dpo/sign-in?request=K7F-4QX-92H');
  expect(asked.html).toMatch(/href="\/dpo\/sign-in\/begin(\?request=[\w-]+&amp;lang=da|\?lang=da)"/);
  for (const to of ['https://evil.example', '//evil.example', '/dpo/request/../..']) {
    const { location } = await visitor.redirect(`/dpo/sign-in/begin?request=${encodeURIComponent(to)}`);
    expect(location).not.toContain('evil');
    const back = await asAtIssuer('dorte', new URL(location));
    expect((await visitor.get(back.href)).headers.get('refresh')).toBe('0; url=/dpo');
    visitor = new Visitor(world.site);
  }
});

test('nothing of who signs in, of codes and of secrets is logged', () => {
  const logged = logOf(world.state, 'SignIn');
  expect(logged).toContain('"sign-in refused"');
  expect(logged).not.toMatch(/dorte|nordlys\.example|code=|state=/i);
});
