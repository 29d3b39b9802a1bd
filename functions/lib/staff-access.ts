import { sha256 } from '../../domain/canonical.ts';
import { parseReference } from '../../domain/reference.ts';
import type { Overview } from '../aws/overview.ts';
import type { Link, Tokens } from '../aws/tokens.ts';
import { Refusal, type Visit } from './page.ts';
import { opened } from './session.ts';
import { type SignedInDeps, sessionCookie, signedIn } from './signed-in.ts';

export interface StaffAccessDeps extends SignedInDeps {
  readonly overview: Pick<Overview, 'named'>;
  readonly tokens: Tokens;
}

/** Any request, for whoever signed in. */
const bySession = async (visit: Visit, reference: string, deps: StaffAccessDeps): Promise<Link | undefined> => {
  if (!(await signedIn(visit, deps))) return undefined;
  const requestId = await deps.overview.named(reference);
  if (!requestId) throw new Refusal(404);
  return { requestId, reference, hash: sha256(`signed in ${visit.cookies.get(sessionCookie)}`) };
};

/** The request that a member of staff may open: by their session, else by the link from a mail. Undefined where signing in could help. */
export const linkOf = async (visit: Visit, deps: StaffAccessDeps): Promise<Link | undefined> => {
  const reference = parseReference(visit.parameters.reference ?? '');
  const signed = reference && (await bySession(visit, reference, deps));
  if (signed) return signed;
  try {
    return await opened(visit, deps.tokens, 'dpo', deps.now());
  } catch (error) {
    const helps = reference && deps.config.signIn && visit.method === 'GET' && error instanceof Refusal;
    if (helps) return undefined;
    throw error;
  }
};

/** The same for a page behind it: who cannot open the request gets 404. */
export const openedLink = async (visit: Visit, deps: StaffAccessDeps): Promise<Link> => {
  const link = await linkOf(visit, deps);
  if (!link) throw new Refusal(404);
  return link;
};
