import { createPrivateKey, createSign } from 'node:crypto';
import * as z from 'zod/mini';
import { SourceMalformed } from '../domain/errors.ts';
import { parsed } from './options.ts';

/** A token as it stands in a header. */
export const token = z.string().check(z.regex(/^[\x21-\x7e]+$/, 'not a token'));

const isKey = (held: string): boolean => {
  try {
    return createPrivateKey(held).type === 'private';
  } catch {
    return false;
  }
};

/** What SuperOffice gives a partner, in the secret. */
export const Partner = z.object({
  applicationToken: token,
  systemUserToken: token,
  privateKey: z.string().check(z.refine(isKey, 'not a private key')),
  login: z.optional(z.url()),
});

/** What a log-in answered. Throws SourceMalformed where it is no JSON. */
export const jsonIn = (held: string): unknown => {
  try {
    return JSON.parse(held);
  } catch {
    throw new SourceMalformed('the log-in did not answer JSON');
  }
};

/** The system user's token with the minute behind it, signed by the partner's key. */
export const systemUser = (
  { applicationToken, systemUserToken, privateKey }: z.infer<typeof Partner>,
  tenant: string,
) => {
  const minute = new Date().toISOString().replace(/\D/g, '').slice(0, 12);
  const signed = `${systemUserToken}.${minute}`;
  const signature = createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64');
  return {
    SignedSystemToken: `${signed}.${signature}`,
    ApplicationToken: applicationToken,
    ContextIdentifier: tenant,
    ReturnTokenType: 'JWT',
  };
};

const ticketClaim = 'http://schemes.superoffice.net/identity/ticket';

/** The ticket in what the log-in answered. Its signature need not be looked at: it came over TLS from the host that makes it. */
export const ticketIn = (jwt: string): string => {
  const claims = jsonIn(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  return parsed(z.object({ [ticketClaim]: token }), claims, 'the log-in')[ticketClaim] as string;
};
