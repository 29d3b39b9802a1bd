import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Adapter, type AdapterPayload, type Configuration, interactionPolicy } from 'oidc-provider';
import type { Running } from './crm.ts';
import { peopleToTry } from './people.ts';

/** Those whom the organisation's issuer knows. It asks for no password: it is a demonstration. */
export const colleagues = [
  { id: 'dorte', name: 'Dorte Ågård, DPO', email: 'dpo@nordlys.example', email_verified: true },
  { id: 'kim', name: 'Kim Holst, lager', email: 'kim@nordlys.example', email_verified: true },
  { id: 'falsk', name: 'En ukendt med DPO’ens adresse', email: 'dpo@nordlys.example', email_verified: false },
] as const;

/** Those of the people to try who have an account; with one nobody has shown that the address is theirs. */
const customers = [
  { id: 'mette', name: 'Mette Kjærgaard', email: 'Mette.Kjaergaard@skovmail.example', email_verified: true },
  { id: 'jens', name: 'Jens Hansen', email: peopleToTry.nearlyTheSame, email_verified: true },
  { id: 'falsk-mette', name: 'En ukendt med Mettes adresse', email: peopleToTry.everywhere, email_verified: false },
] as const;

const accounts = [...colleagues, ...customers];

/** The applications that the issuer serves, where each is led back to, and who may choose it. */
const applications = [
  { id: 'privacy-at', back: '/dpo/signed-in', people: colleagues },
  { id: 'privacy-at-people', back: '/proven', people: customers },
] as const;

/** What the issuer remembers, until its process ends. */
class Memory implements Adapter {
  static readonly #held = new Map<string, AdapterPayload>();
  readonly #kind: string;
  constructor(kind: string) {
    this.#kind = kind;
  }
  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    Memory.#held.set(`${this.#kind} ${id}`, payload);
  }
  async find(id: string): Promise<AdapterPayload | undefined> {
    return Memory.#held.get(`${this.#kind} ${id}`);
  }
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return [...Memory.#held.values()].find((payload) => payload.uid === uid);
  }
  async findByUserCode(): Promise<undefined> {}
  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id: string): Promise<void> {
    Memory.#held.delete(`${this.#kind} ${id}`);
  }
  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, payload] of Memory.#held) if (payload.grantId === grantId) Memory.#held.delete(key);
  }
}

const keys = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }];
};

/** Asks each time who it is, so that one can be another person after signing out. */
const asksAlways = () => {
  const policy = interactionPolicy.base();
  policy
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check('always', 'asks each time', (ctx) => ctx.oidc.result?.login === undefined),
    );
  return policy;
};

const settings = (clientSecret: string, site: string): Configuration => ({
  adapter: Memory,
  clients: applications.map(({ id, back }) => ({
    client_id: id,
    client_secret: clientSecret,
    redirect_uris: [`${site}${back}`],
    id_token_signed_response_alg: 'ES256',
  })),
  jwks: { keys: keys() as never },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  features: { devInteractions: { enabled: false } },
  interactions: { policy: asksAlways(), url: (_, { uid }) => `/who/${uid}` },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
  findAccount(_, id) {
    const found = accounts.find((each) => each.id === id);
    return found && { accountId: id, claims: () => ({ sub: id, ...found }) };
  },
  // Nobody is asked whether the organisation's own application may know their address.
  async loadExistingGrant({ oidc }) {
    const { client, session, provider } = oidc;
    const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId });
    grant.addOIDCScope('openid email');
    await grant.save();
    return grant;
  },
});

const peopleOf = (client: unknown): readonly (typeof accounts)[number][] =>
  applications.find(({ id }) => id === client)?.people ?? [];

const pageFor = (client: unknown): string => `<!doctype html>
<html lang="da">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Nordlys Handel A/S: log ind</title>
<style>
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem }
button { display: block; width: 100%; font: inherit; text-align: left; padding: .8rem; margin: .8rem 0 }
</style>
</head>
<body>
<main>
<h1>Hvem er du?</h1>
<p>Demonstrationens logintjeneste spørger ikke om en adgangskode.</p>
<form method="post">
${peopleOf(client)
  .map(({ id, name }) => `<button name="who" value="${id}">${name}</button>`)
  .join('\n')}
</form>
</main>
</body>
</html>
`;

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> =>
  new URLSearchParams(Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString('utf8'));

const who = async (provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method !== 'POST') {
    const { params } = await provider.interactionDetails(request, response);
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(pageFor(params.client_id));
    return;
  }
  const accountId = (await bodyOf(request)).get('who') ?? '';
  await provider.interactionFinished(request, response, { login: { accountId } });
};

const real = Date.now;

/**
 * Gives this process the local cloud's time: what the issuer signs must be of the same day. The first call comes before anything sets a
 * timer: a register whose clock goes back months would wait for its own time-out a thousand times a second.
 */
export const followClock = async (site: string | undefined): Promise<void> => {
  if (!site) return;
  const { now } = (await (await fetch(`${site}/_local/clock`)).json()) as { now: string };
  const ahead = Date.parse(now) - real();
  Date.now = () => real() + ahead;
};

/** The organisation's OpenID Connect issuer on a free port. `clock`: the local cloud whose time it follows, the whole process with it. */
export const startSignIn = async (clientSecret: string, site: string, clock?: string): Promise<Running> => {
  const host = '127.0.0.1';
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const provider = new Provider(`http://${host}:${port}`, settings(clientSecret, site));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    const asked = request.url?.startsWith('/who/') ? who.bind(undefined, provider) : answer;
    followClock(clock)
      .then(() => asked(request, response))
      .catch(() => response.writeHead(400).end('The sign-in has ended. Begin again.'));
  });
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { host, port, close };
};
