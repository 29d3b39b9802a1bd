import * as z from 'zod/mini';
import { SourceMalformed } from '../domain/errors.ts';
import { parsed } from './options.ts';
import type { HttpClient } from './rest-http.ts';
import type { Auth } from './rest-options.ts';
import { atPath, safeBase } from './rest-request.ts';
import { jsonIn, Partner, systemUser, ticketIn, token } from './superoffice-login.ts';

type Headers = Readonly<Record<string, string>>;

/** Gives the headers that prove who asks; what must be fetched for them is fetched once. */
export type Authenticator = (signal?: AbortSignal) => Promise<Headers>;

interface Given<A extends Auth = Auth> {
  readonly auth: A;
  readonly secret: unknown;
  readonly base: URL;
  readonly client: HttpClient;
  readonly allowLoopback: boolean;
}

type Kinds = { readonly [T in Auth['type']]: (given: Given<Extract<Auth, { type: T }>>) => Authenticator };

const Token = z.object({ token });
const Login = z.object({ username: z.string().check(z.minLength(1)), password: z.string() });
const Client = z.object({ clientId: token, clientSecret: token });
const RefreshClient = z.extend(Client, { refreshToken: token });

const fixed =
  (headers: Headers): Authenticator =>
  async () =>
    headers;

// Kept only when it came: a failed log-in may be tried again.
const once = (fetched: Authenticator): Authenticator => {
  let held: Headers | undefined;
  return async (signal) => {
    held ??= await fetched(signal);
    return held;
  };
};

const kinds: Kinds = {
  none: () => fixed({}),
  bearer: ({ secret }) => fixed({ authorization: `Bearer ${parsed(Token, secret, 'secret').token}` }),
  header: ({ secret, auth }) => fixed({ [auth.name]: parsed(Token, secret, 'secret').token }),
  basic: ({ secret }) => {
    const { username, password } = parsed(Login, secret, 'secret');
    return fixed({ authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` });
  },
  oauth2: ({ auth, secret, base, client, allowLoopback }) => {
    const { tokenUrl, grant, scope } = auth;
    const url = tokenUrl.startsWith('/') ? atPath(base, tokenUrl) : safeBase(tokenUrl, allowLoopback);
    const { clientId, clientSecret, ...more } = parsed(
      grant === 'refresh_token' ? RefreshClient : Client,
      secret,
      'secret',
    );
    const form = new URLSearchParams({ grant_type: grant, client_id: clientId, client_secret: clientSecret });
    if ('refreshToken' in more) form.set('refresh_token', String(more.refreshToken));
    if (scope) form.set('scope', scope);
    const body = { type: 'application/x-www-form-urlencoded', text: form.toString() };
    return once(async (signal) => {
      const { access_token } = await posted(client, url, body, z.object({ access_token: token }), signal);
      return { authorization: `Bearer ${access_token}` };
    });
  },
  superoffice: ({ auth, secret, client, allowLoopback }) => {
    const partner = parsed(Partner, secret, 'secret');
    const url = atPath(
      safeBase(partner.login ?? auth.login, allowLoopback),
      '/Login/api/PartnerSystemUser/Authenticate',
    );
    return once(async (signal) => {
      const body = { type: 'application/json', text: JSON.stringify(systemUser(partner, auth.tenant)) };
      const { Token: jwt } = await posted(
        client,
        url,
        body,
        z.object({ IsSuccessful: z.literal(true), Token: token }),
        signal,
      );
      return { authorization: `SOTicket ${ticketIn(jwt)}`, 'so-apptoken': partner.applicationToken };
    });
  },
};

/** Throws SourceMalformed where the secret lacks what this kind of proof needs. */
export const authenticator = (given: Given): Authenticator =>
  (kinds[given.auth.type] as (given: Given) => Authenticator)(given);

const posted = async <T>(
  client: HttpClient,
  url: URL,
  body: { readonly type: string; readonly text: string },
  schema: z.ZodMiniType<T>,
  signal?: AbortSignal,
): Promise<T> => {
  const headers = { accept: 'application/json', 'content-type': body.type };
  const answer = await client.send({ url, method: 'POST', headers, body: body.text, signal });
  if (answer.status !== 200) throw new SourceMalformed(`the log-in answered ${answer.status}`);
  return parsed(schema, jsonIn(answer.text), 'the log-in');
};
