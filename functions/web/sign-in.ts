import type { Config } from '../../domain/config.ts';
import { Conflict } from '../../domain/errors.ts';
import { parseReference } from '../../domain/reference.ts';
import { isStaff, keptClaims } from '../../domain/staff.ts';
import { type SignInState, signInPage } from '../../web/pages/sign-in.tsx';
import { now, requestsTable, seals } from '../aws/from-env.ts';
import type { Seals } from '../aws/seals.ts';
import { type Sessions, sessionsIn } from '../aws/sessions.ts';
import { env } from '../lib/env.ts';
import { flowIn } from '../lib/flow.ts';
import { log } from '../lib/log.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Oidc, oidcWith, type RefusalReason, SignInRefused } from '../lib/oidc.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { readConfig } from '../lib/settings.ts';
import { dropSession, keepSession, sessionCookie, signedIn } from '../lib/signed-in.ts';

interface Deps {
  readonly oidc: Oidc;
  readonly sessions: Sessions;
  readonly seals: Pick<Seals, 'seal' | 'open'>;
  readonly config: Config;
  readonly look: Look;
  readonly now: () => Date;
}

const purpose = 'dpo';
const flows = flowIn('__Host-sign-in');

/** Where a sign-in leads: the overview, or the request that was asked for. Never an address that came from outside. */
const goal = (reference: string): string => (reference ? `/dpo/request/${reference}` : '/dpo');

const wanted = ({ query }: Visit): string => parseReference(query.get('request') ?? '') ?? '';

const render = (visit: Visit, state: SignInState, deps: Deps, status = 200, more: Answer = {}): Answer => ({
  ...more,
  status,
  html: signInPage({ ...deps.look(visit, deps.config.dpo.language), state }),
});

const statuses: Readonly<Record<RefusalReason, number>> = {
  expired: 400,
  denied: 403,
  refused: 403,
  used: 400,
  unavailable: 503,
  'not-staff': 403,
};

/** Anything but a refusal is a failure of ours. */
const refusalOf = (error: unknown): SignInRefused => {
  if (error instanceof SignInRefused) return error;
  if (error instanceof Conflict) return new SignInRefused('used');
  throw error;
};

const refuse = (visit: Visit, error: unknown, deps: Deps): Answer => {
  const { reason } = refusalOf(error);
  const say = reason === 'unavailable' ? log.error : log.info;
  say('sign-in refused', { reason });
  return render(visit, { kind: reason }, deps, statuses[reason], { cookies: [flows.drop] });
};

const begin = async (visit: Visit, deps: Deps): Promise<Answer> => {
  if (await signedIn(visit, deps)) return { location: goal(wanted(visit)) };
  const { location, flow } = await deps.oidc.begin({ purpose, boundTo: wanted(visit) }, deps.now());
  return { location, cookies: [await flows.keep(flow, deps.seals)] };
};

/** The issuer has sent the browser back. The page that answers goes on by itself: only a page of ours takes a Strict cookie along. */
const complete = async (visit: Visit, deps: Deps): Promise<Answer> => {
  const { config, sessions, oidc } = deps;
  const flow = await flows.of(visit, deps.seals);
  const who = await oidc.complete(flow, purpose, visit.query, deps.now());
  if (!flow || !config.signIn || !isStaff(who.claims, config)) throw new SignInRefused('not-staff');
  const cookie = await sessions.begin(who, keptClaims(who.claims, config.signIn), flow.state, deps.now());
  log.info('signed in');
  const to = goal(flow.boundTo);
  return render(visit, { kind: 'done', to }, deps, 200, {
    goOn: to,
    cookies: [keepSession(cookie), flows.drop],
  });
};

const guarded = (handle: (visit: Visit, deps: Deps) => Promise<Answer>, deps: Deps) => async (visit: Visit) => {
  if (!deps.config.signIn) throw new Refusal(404);
  return handle(visit, deps).catch((error: unknown) => refuse(visit, error, deps));
};

const signInPages = (deps: Deps) => ({
  'GET /dpo/sign-in': guarded(async (visit) => {
    if (await signedIn(visit, deps)) return { location: goal(wanted(visit)) };
    return render(visit, { kind: 'ask', request: wanted(visit) }, deps);
  }, deps),

  'GET /dpo/sign-in/begin': guarded(begin, deps),

  'GET /dpo/signed-in': guarded(complete, deps),

  'ANY /dpo/sign-out': guarded(async (visit) => {
    if (visit.method === 'GET') return render(visit, { kind: 'leave' }, deps);
    const everywhere = visit.fields.get('action')?.[0] === 'everywhere';
    await deps.sessions.end(visit.cookies.get(sessionCookie) ?? '', everywhere, deps.now());
    return render(visit, { kind: 'left' }, deps, 200, { cookies: [dropSession] });
  }, deps),
});

export const handler = onPage(siteOf, () => {
  const config = readConfig();
  const back = `${env('BASE_URL').BASE_URL}/dpo/signed-in`;
  const nobody = { issuer: '', clientId: '', secret: '', scope: '' };
  const oidc = oidcWith(config.signIn ?? nobody, back, process.env.ALLOW_LOOPBACK === 'true');
  return signInPages({ oidc, sessions: sessionsIn(requestsTable()), seals: seals(), config, look: look(), now });
});
