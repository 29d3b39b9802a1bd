import { parseReference } from '../../domain/reference.ts';
import type { Purpose, Token, Tokens } from '../aws/tokens.ts';
import { type Answer, Refusal, type Visit } from './page.ts';

/** Minutes that a page opened by a link stays open in the browser; opening the link again starts anew. */
const minutes = 60;

/** One cookie per purpose and case: two cases open in two tabs never act on each other. */
const cookieName = (purpose: Purpose, reference: string, about = ''): string =>
  `__Host-${purpose}.${reference.replaceAll('-', '')}${about && `.${about}`}`;

/** Keeps the link's token in the browser for this purpose and case. */
export const keep = (purpose: Purpose, reference: string, token: string, about?: string): string =>
  `${cookieName(purpose, reference, about)}=${token}; Path=/; Max-Age=${minutes * 60}; Secure; HttpOnly; SameSite=Lax`;

const gone = (): never => {
  throw new Refusal(404);
};

/**
 * Opens a mailed link: checks it, keeps the token in a cookie and sends on to an address without it, so that no history, log or
 * referrer holds it. Reads only: scanners may open it as often as they like (T23). `ended`: the answer to one that doesn't work.
 */
export const openLink = async (
  visit: Visit,
  tokens: Tokens,
  purpose: Purpose,
  to: (token: Token) => string,
  now: Date,
  ended: () => Promise<Answer> = gone,
): Promise<Answer> => {
  const raw = visit.parameters.token ?? '';
  const token = await tokens.find(raw, purpose, now);
  if (!token) return ended();
  return { location: to(token), cookies: [keep(purpose, token.reference, raw, token.about)] };
};

/** The token that this page was opened with; unknown, expired, foreign and missing look the same. */
export const opened = async (visit: Visit, tokens: Tokens, purpose: Purpose, now: Date): Promise<Token> => {
  const reference = parseReference(visit.parameters.reference ?? '');
  const raw = reference && visit.cookies.get(cookieName(purpose, reference, visit.parameters.system));
  const token = raw ? await tokens.find(raw, purpose, now) : undefined;
  if (!token || token.reference !== reference) throw new Refusal(404);
  return token;
};
