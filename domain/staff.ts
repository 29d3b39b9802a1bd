import type { Config, SignIn } from './config.ts';
import { decidersOf } from './deciders.ts';
import { comparable } from './identity.ts';

/** What an issuer says about whoever signed in. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * What the ID token and the userinfo endpoint say, the token first. An address and whether it is verified come from one of them: that one
 * address is verified says nothing about another (T77).
 */
export const together = ({ email, email_verified, ...token }: Claims, userinfo: Claims): Claims => ({
  ...userinfo,
  ...token,
  ...(email_verified === undefined ? {} : { email, email_verified }),
});

/** The address that the issuer says it has verified, with ASCII letters in lower case. An address it has not verified is anybody's (T77). */
export const verifiedEmail = ({ email, email_verified }: Claims): string | undefined =>
  email_verified === true && typeof email === 'string' ? comparable(email) : undefined;

/** Whether a claim has a value, or has it among its values. */
export const holds = (claims: Claims, { name, value }: { name: string; value: string }): boolean => {
  const held = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return Array.isArray(held) ? held.includes(value) : held === value;
};

/** Whether somebody who signed in is staff: by a configured claim, or by a verified address; where neither is named, by a decider's. */
export const isStaff = (claims: Claims, { signIn, dpo }: Pick<Config, 'signIn' | 'dpo'>): boolean => {
  if (!signIn) return false;
  const { emails, claim } = signIn.staff;
  if (claim && holds(claims, claim)) return true;
  const email = verifiedEmail(claims);
  const listed = emails ?? (claim ? [] : decidersOf({ dpo }).map((each) => each.email));
  return email !== undefined && listed.some((each) => comparable(each) === email);
};

/** Of the claims only what says who it is and why they are staff: what a session keeps. */
export const keptClaims = (claims: Claims, { staff: { claim } }: SignIn): Claims => {
  const names = ['email', 'email_verified', ...(claim ? [claim.name] : [])];
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(claims, name) ? [[name, claims[name]]] : [])));
};
