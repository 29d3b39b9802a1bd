import * as client from 'openid-client';
import type { Issuer } from '../../domain/config.ts';
import { type Claims, together } from '../../domain/staff.ts';
import { readSecret } from '../aws/secrets.ts';

/** Why somebody was not signed in: a code that may be logged. */
export type RefusalReason = 'expired' | 'denied' | 'refused' | 'used' | 'unavailable' | 'not-staff';

/** A sign-in that did not come through. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused';
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** What a sign-in is for: what it begins with is what it must end with. */
export interface Aim {
  readonly purpose: string;
  /** What it is about, e.g. a case number; empty for nothing. */
  readonly boundTo: string;
}

/** A sign-in under way. It holds secrets: sealed, in the browser's own cookie, for ten minutes. */
export interface Flow extends Aim {
  readonly issuer: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly expiresAt: string;
}

/** Whom the issuer signed in: the pair of issuer and subject is the only name that never changes hands. */
export interface SignedInAs {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
}

const flowMinutes = 10;
const timeoutSeconds = 10;
/** Seconds that the issuer's clock may be off. */
const tolerance = 30;

const isLoopback = (address: string): boolean => /^http:\/\/127\.0\.0\.1:\d+$/.test(address);

/** Off AWS the demonstration's issuer says itself where it is; anywhere else only https and the configured one will do. */
const placeOf = (configured: string, secret: Readonly<Record<string, string>>, allowLoopback: boolean): URL =>
  new URL(allowLoopback && isLoopback(secret.issuer ?? '') ? (secret.issuer as string) : configured);

const unavailable = (error: unknown): never => {
  throw new SignInRefused('unavailable', error);
};

/** The way that the issuer takes the secret; the standard's own where it names none. */
const authentication = (supported: readonly string[] = [], secret: string): client.ClientAuth =>
  supported.includes('client_secret_post') && !supported.includes('client_secret_basic')
    ? client.ClientSecretPost(secret)
    : client.ClientSecretBasic(secret);

const discover = async (settings: Issuer, allowLoopback: boolean): Promise<client.Configuration> => {
  const secret = await readSecret(settings.secret);
  const clientSecret = secret.clientSecret ?? '';
  const place = placeOf(settings.issuer, secret, allowLoopback);
  const execute = place.protocol === 'http:' ? [client.allowInsecureRequests] : [];
  const found = await client.discovery(place, settings.clientId, clientSecret, undefined, {
    execute,
    timeout: timeoutSeconds,
  });
  const metadata = { client_secret: clientSecret, [client.clockTolerance]: tolerance };
  const chosen = authentication(found.serverMetadata().token_endpoint_auth_methods_supported, clientSecret);
  const configuration = new client.Configuration(found.serverMetadata(), settings.clientId, metadata, chosen);
  configuration.timeout = timeoutSeconds;
  for (const each of execute) each(configuration);
  // The signature is checked too, not only the connection that the token came by.
  client.enableNonRepudiationChecks(configuration);
  return configuration;
};

/** Whether the failure says that the issuer could not be reached, and nothing about who asked. */
const isOutage = (error: unknown): boolean =>
  (error instanceof TypeError && error.message === 'fetch failed') ||
  (error instanceof client.ClientError && error.code === 'OAUTH_TIMEOUT') ||
  (error instanceof client.ClientError && error.cause instanceof Response && error.cause.status >= 500);

/** The issuer does not know our secret: a new one may stand in its place by now. */
const isForeign = (error: unknown): boolean =>
  error instanceof client.WWWAuthenticateChallengeError ||
  (error instanceof client.ResponseBodyError && error.error === 'invalid_client');

const refused = (error: unknown): never => {
  if (error instanceof SignInRefused) throw error;
  if (error instanceof client.AuthorizationResponseError) throw new SignInRefused('denied', error);
  throw new SignInRefused(isOutage(error) ? 'unavailable' : 'refused', error);
};

/** Many issuers say the address only at their userinfo endpoint; the subject must be the token's. */
const moreClaims = async (at: client.Configuration, token: string, subject: string): Promise<Claims> =>
  at.serverMetadata().userinfo_endpoint ? client.fetchUserInfo(at, token, subject) : {};

/**
 * Sign-in with an OpenID Connect issuer: authorisation code with PKCE, state and nonce (RFC 6749, 7636, 9207). One for staff and for
 * people who prove who they are; what they may do is the caller's.
 */
export const oidcWith = (settings: Issuer, redirectTo: string, allowLoopback: boolean) => {
  let known: Promise<client.Configuration> | undefined;
  const forget = (): void => {
    known = undefined;
  };
  const configuration = (): Promise<client.Configuration> => {
    known ??= discover(settings, allowLoopback);
    // A failure is not kept: the next visitor asks anew.
    known.catch(forget);
    return known.catch(unavailable);
  };

  return {
    /** Where to send the browser, and what it must bring back with it. */
    async begin({ purpose, boundTo }: Aim, now: Date): Promise<{ location: string; flow: Flow }> {
      const at = await configuration();
      const verifier = client.randomPKCECodeVerifier();
      const flow: Flow = {
        purpose,
        boundTo,
        issuer: at.serverMetadata().issuer,
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier,
        expiresAt: new Date(now.getTime() + flowMinutes * 60_000).toISOString(),
      };
      const location = client.buildAuthorizationUrl(at, {
        redirect_uri: redirectTo,
        scope: settings.scope,
        state: flow.state,
        nonce: flow.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { location: location.href, flow };
    },

    /**
     * Who came back. Throws SignInRefused for a flow that is missing, over or for something else, and for whatever the issuer or the
     * checks of state, nonce, issuer, audience, time and signature refuse. `query`: of the address that the issuer sent the browser to.
     */
    async complete(flow: Flow | undefined, purpose: string, query: URLSearchParams, now: Date): Promise<SignedInAs> {
      const at = await configuration();
      const { issuer } = at.serverMetadata();
      if (!flow || flow.purpose !== purpose || flow.issuer !== issuer || flow.expiresAt <= now.toISOString())
        throw new SignInRefused('expired');
      const returned = new URL(redirectTo);
      returned.search = query.toString();
      try {
        const checks = { expectedState: flow.state, expectedNonce: flow.nonce, pkceCodeVerifier: flow.verifier };
        const tokens = await client.authorizationCodeGrant(at, returned, { ...checks, idTokenExpected: true });
        const claims = tokens.claims() as client.IDToken;
        const more = await moreClaims(at, tokens.access_token, claims.sub);
        return { issuer, subject: claims.sub, claims: together(claims, more) };
      } catch (error) {
        if (isForeign(error)) forget();
        return refused(error);
      }
    },
  };
};
export type Oidc = ReturnType<typeof oidcWith>;
