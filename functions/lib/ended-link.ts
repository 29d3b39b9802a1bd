import { sendNewLink } from '../../domain/new-link.ts';
import { typedCode } from '../../domain/reference.ts';
import { namesCase } from '../../domain/request.ts';
import { type EndedLinkState, endedLinkPage } from '../../web/pages/ended-link.tsx';
import type { Cases } from '../aws/cases.ts';
import type { Token, Tokens } from '../aws/tokens.ts';
import type { Look } from './look.ts';
import type { Answer, Visit } from './page.ts';
import { openLink } from './session.ts';

interface Deps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly look: Look;
  readonly now: () => Date;
}

type Purpose = Parameters<typeof sendNewLink>[1];

/** Whether it can be the end of a case number: a scanner's empty form asks for nothing (T24). */
const isTyped = (typed: string): boolean => typedCode(typed).length === 4;

const sendAnother = async (visit: Visit, purpose: Purpose, typed: string, deps: Deps): Promise<void> => {
  const token = await deps.tokens.sent(visit.parameters.token ?? '', purpose);
  if (!token || !namesCase(token, typed)) return;
  await deps.cases.change(token.requestId, (held) => sendNewLink(held, purpose, deps.now()));
};

/**
 * Answers a link of a person's that does not work. By the page's form a new one goes to the address that the link was sent to, and nowhere
 * else; the answer is the same whatever came of it, so that nobody learns whether there is a case (T14, T19).
 */
const ended = async (visit: Visit, purpose: Purpose, deps: Deps): Promise<Answer> => {
  const page = (state: EndedLinkState, status: number): Answer => ({
    status,
    html: endedLinkPage({ ...deps.look(visit, undefined), state }),
  });
  if (visit.method === 'GET') return page('ended', 404);
  const typed = visit.fields.get('last4')?.[0] ?? '';
  if (!isTyped(typed)) return page('not-typed', 400);
  await sendAnother(visit, purpose, typed, deps);
  return page('asked', 200);
};

/** Opens a link of a person's; behind one that has ended is the way to a new one. */
export const openOwn = (visit: Visit, purpose: Purpose, to: (token: Token) => string, deps: Deps): Promise<Answer> =>
  openLink(visit, deps.tokens, purpose, to, deps.now(), () => ended(visit, purpose, deps));
