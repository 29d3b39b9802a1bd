import type { Config } from '../../domain/config.ts';
import { isStaff } from '../../domain/staff.ts';
import type { Session, Sessions } from '../aws/sessions.ts';
import type { Visit } from './page.ts';

export const sessionCookie = '__Host-dpo';

/** Strict: no page of another site opens anything with it. The issuer's way back needs none, it brings the flow's own cookie. */
export const keepSession = (value: string): string =>
  `${sessionCookie}=${value}; Path=/; Max-Age=28800; Secure; HttpOnly; SameSite=Strict`;

export const dropSession = `${sessionCookie}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict`;

export interface SignedInDeps {
  readonly sessions: Pick<Sessions, 'find'>;
  readonly config: Pick<Config, 'signIn' | 'dpo'>;
  readonly now: () => Date;
}

/**
 * The live session of a member of staff who signed in with the issuer, or undefined. It stands for a second factor. Whether they are
 * staff is asked each time: who leaves the configuration is out with its deployment.
 */
export const signedIn = async (visit: Visit, { sessions, config, now }: SignedInDeps): Promise<Session | undefined> => {
  const cookie = visit.cookies.get(sessionCookie);
  const session = cookie && config.signIn ? await sessions.find(cookie, now()) : undefined;
  return session && isStaff(session.claims, config) ? session : undefined;
};
