import { randomBytes } from 'node:crypto';
import type { Config } from '../../domain/config.ts';
import { askForDecidersCode, type Decider, decidersOf } from '../../domain/deciders.ts';
import { comparable } from '../../domain/identity.ts';
import { typedCode } from '../../domain/reference.ts';
import { verifiedEmail } from '../../domain/staff.ts';
import type { Cases } from '../aws/cases.ts';
import type { Counters } from '../aws/counters.ts';
import type { Sessions } from '../aws/sessions.ts';
import { codePlace, type Link, placeForCode, type Tokens } from '../aws/tokens.ts';
import type { Visit } from './page.ts';
import { signedIn } from './signed-in.ts';
import { text } from './typed.ts';

export interface FactorDeps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  readonly counters: Counters;
  readonly config: Config;
  readonly now: () => Date;
}

/** What is wrong with the field named. */
export interface FactorProblem {
  readonly field: 'person' | 'code' | 'last4';
  readonly problem: 'person' | 'code' | 'code-gone' | 'codes-many' | 'last4';
}

/** Who decides, as far as it is known; the code may just have been mailed. */
export type Factor =
  | { readonly kind: 'known'; readonly by: Decider; readonly cookies: readonly string[] }
  | { readonly kind: 'sent'; readonly to: Decider; readonly problem?: FactorProblem }
  | { readonly kind: 'unknown'; readonly problem?: FactorProblem };

/** A working day: forty open requests are one code. */
const seconds = 8 * 3_600;
const codesPerDay = 5;

const browserCookie = '__Host-decider';
/** Says no more than that this browser holds the other one, which comes along only from pages of ours. */
const hintCookie = '__Host-decider-hint';

const cookies = (browser: string, key: string, life: number): string[] => [
  `${browserCookie}=${browser}; Path=/; Max-Age=${life}; Secure; HttpOnly; SameSite=Strict`,
  `${hintCookie}=${key}; Path=/; Max-Age=${life}; Secure; HttpOnly; SameSite=Lax`,
];

/** Who this browser decides as: signed in with the issuer, or remembered from a code. Whether they may still decide is asked each time. */
export const deciderIn = async (visit: Visit, deps: FactorDeps): Promise<Decider | undefined> => {
  const people = decidersOf(deps.config);
  const email = verifiedEmail((await signedIn(visit, deps))?.claims ?? {});
  const bySignIn = people.find((each) => email !== undefined && comparable(each.email) === comparable(email));
  if (bySignIn) return bySignIn;
  const cookie = visit.cookies.get(browserCookie);
  const session = cookie ? await deps.sessions.find(cookie, deps.now()) : undefined;
  return people.find(({ key }) => key === session?.claims.decider);
};

/** Whom the page shows as deciding when a link of another site opened it: only a hint, every form is checked by `deciderIn`. */
export const hintedDecider = ({ cookies: held }: Visit, config: Config): Decider | undefined =>
  decidersOf(config).find(({ key }) => key === held.get(hintCookie));

const chosen = (visit: Visit, people: readonly Decider[]): Decider | undefined =>
  people.length === 1 ? people[0] : people.find(({ key }) => key === text(visit, 'person'));

/** Mails a code to the person's own configured address; five a day for each request and person. */
const send = async (link: Link, to: Decider, deps: FactorDeps): Promise<Factor> => {
  const few = await deps.counters.allow(`decider ${link.requestId} ${to.key}`, codesPerDay, 86_400, deps.now());
  if (!few) return { kind: 'unknown', problem: { field: 'last4', problem: 'codes-many' } };
  const { hash, write } = placeForCode(link, to.key, deps.now());
  await deps.cases.change(link.requestId, (held, at) => askForDecidersCode(held, to, hash, at), [write]);
  return { kind: 'sent', to };
};

/** The right code is spent and makes this browser the person's for a working day. */
const remember = async (hash: string, by: Decider, deps: FactorDeps): Promise<Factor> => {
  if (!(await deps.tokens.spendCode({ hash })))
    return { kind: 'sent', to: by, problem: { field: 'code', problem: 'code-gone' } };
  const state = randomBytes(32).toString('base64url');
  const who = { issuer: 'mailed code', subject: by.key };
  const browser = await deps.sessions.begin(who, { decider: by.key }, state, deps.now(), seconds * 1000);
  return { kind: 'known', by, cookies: cookies(browser, by.key, seconds) };
};

const check = async (visit: Visit, link: Link, by: Decider, deps: FactorDeps): Promise<Factor> => {
  const hash = codePlace(link.hash, by.key);
  const checked = await deps.tokens.check({ hash }, typedCode(text(visit, 'code')), deps.now());
  if (checked.right) return remember(hash, by, deps);
  const problem = checked.left > 0 ? 'code' : 'code-gone';
  return { kind: 'sent', to: by, problem: { field: 'code', problem } };
};

/**
 * Who decides: what the browser proves, else the code that the form holds, else a code is mailed. A link alone, forwarded to whomever,
 * decides nothing (T25). `fresh`: the form asks for a code.
 */
export const secondFactor = async (visit: Visit, link: Link, fresh: boolean, deps: FactorDeps): Promise<Factor> => {
  const known = await deciderIn(visit, deps);
  if (known) return { kind: 'known', by: known, cookies: [] };
  const by = chosen(visit, decidersOf(deps.config));
  if (!by) return { kind: 'unknown', problem: { field: 'person', problem: 'person' } };
  return fresh || !text(visit, 'code') ? send(link, by, deps) : check(visit, link, by, deps);
};

/** Forgets every browser of the person that this one is remembered as; answers the cookies that say so. */
export const forgetBrowsers = async (visit: Visit, deps: FactorDeps): Promise<readonly string[]> => {
  await deps.sessions.end(visit.cookies.get(browserCookie) ?? '', true, deps.now());
  return cookies('', '', 0);
};
