import * as z from 'zod';
import { parsed } from './options.ts';
import type { Auth } from './rest-options.ts';

const Token = z.object({ token: z.string().regex(/^[\x21-\x7e]+$/, 'not a token') });
const Login = z.object({ username: z.string().min(1), password: z.string() });

type Credentials = (secret: unknown, auth: Auth) => Readonly<Record<string, string>>;

const credentials: Record<Auth['type'], Credentials> = {
  none: () => ({}),
  bearer: (secret) => ({ authorization: `Bearer ${parsed(Token, secret, 'secret').token}` }),
  header: (secret, auth) => ('name' in auth ? { [auth.name]: parsed(Token, secret, 'secret').token } : {}),
  basic: (secret) => {
    const { username, password } = parsed(Login, secret, 'secret');
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  },
};

/** The headers that prove who asks, from the secret. Throws SourceMalformed where the secret lacks what this kind needs. */
export const authHeaders: Credentials = (secret, auth) => credentials[auth.type](secret, auth);
