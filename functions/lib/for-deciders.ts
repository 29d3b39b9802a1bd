import { type Decider, decidersOf } from '../../domain/deciders.ts';
import { namesCase } from '../../domain/request.ts';
import { deciderCodePage } from '../../web/pages/decider-code.tsx';
import type { Presigner } from '../aws/presign.ts';
import type { Link } from '../aws/tokens.ts';
import type { Look } from './look.ts';
import type { Answer, Visit } from './page.ts';
import { deciderIn, type Factor, type FactorDeps, secondFactor } from './second-factor.ts';
import { openedLink, type StaffAccessDeps } from './staff-access.ts';
import { text } from './typed.ts';

export interface DecidersDeps extends FactorDeps {
  readonly overview: StaffAccessDeps['overview'];
  readonly look: Look;
  readonly links: Pick<Presigner, 'origin'>;
}

/** Where the visit is, with what its address asks for. */
export const hereOf = ({ path, query }: Visit): string => `${path}${query.size > 0 ? `?${query}` : ''}`;

/** What this browser proves, else what the code of the page's form proves. No code is mailed before the case is named (T24). */
const factorOf = async (visit: Visit, link: Link, deps: DecidersDeps): Promise<Factor> => {
  const by = await deciderIn(visit, deps);
  if (by) return { kind: 'known', by, cookies: [] };
  const action = text(visit, 'action');
  if (action !== 'open' && action !== 'code-open') return { kind: 'unknown' };
  if (!namesCase(link, text(visit, 'last4'))) return { kind: 'unknown', problem: { field: 'last4', problem: 'last4' } };
  return secondFactor(visit, link, action === 'code-open', deps);
};

const ask = (visit: Visit, link: Link, factor: Exclude<Factor, { kind: 'known' }>, deps: DecidersDeps): Answer => ({
  status: factor.problem ? 400 : 200,
  // Where a document is fetched: a browser holds the form to it through every redirect.
  formTo: deps.links.origin,
  html: deciderCodePage({
    ...deps.look(visit, undefined),
    reference: link.reference,
    to: hereOf(visit),
    people: decidersOf(deps.config),
    fields: visit.fields,
    problem: factor.problem,
    ...(factor.kind === 'sent' ? { sent: factor.to } : {}),
  }),
});

/**
 * A page of the DPO that shows what was gathered: only somebody who decides gets it, whoever else holds the link is asked for a code (T25).
 * What was sent without one waits in that form, and is done with it.
 */
export const forDeciders = async (
  visit: Visit,
  show: (link: Link, by: Decider) => Promise<Answer>,
  deps: DecidersDeps,
): Promise<Answer> => {
  const link = await openedLink(visit, deps);
  const factor = await factorOf(visit, link, deps);
  if (factor.kind !== 'known') return ask(visit, link, factor, deps);
  const onlyOpens = visit.method === 'POST' && !visit.fields.has('target');
  const answer = onlyOpens ? { location: hereOf(visit) } : await show(link, factor.by);
  return factor.cookies.length > 0 ? { ...answer, cookies: factor.cookies } : answer;
};
