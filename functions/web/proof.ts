import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { Conflict, TransitionRefused } from '../../domain/errors.ts';
import type { Case } from '../../domain/request.ts';
import { proveBySignIn, signInFault, wantsProof } from '../../domain/second-proof.ts';
import { type ProofProblem, proofPage } from '../../web/pages/proof.tsx';
import type { Cases } from '../aws/cases.ts';
import { cases, now, seals, tokens } from '../aws/from-env.ts';
import type { Seals } from '../aws/seals.ts';
import { useOnce } from '../aws/sessions.ts';
import type { Tokens } from '../aws/tokens.ts';
import { env } from '../lib/env.ts';
import { flowIn } from '../lib/flow.ts';
import { log } from '../lib/log.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Oidc, oidcWith, type SignedInAs, SignInRefused } from '../lib/oidc.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { opened } from '../lib/session.ts';
import { readConfig, readMap } from '../lib/settings.ts';

interface Deps {
  readonly oidc: Oidc;
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly seals: Seals;
  readonly config: Config;
  readonly map: DataMap;
  readonly look: Look;
  readonly now: () => Date;
}

const purpose = 'proof';
const flows = flowIn('__Host-proof');
const statuses: Partial<Record<ProofProblem, number>> = { expired: 400, used: 400, closed: 409, unavailable: 503 };

/** Nothing was recorded, and nobody is told but the person. */
const refuse = (visit: Visit, problem: ProofProblem, deps: Deps, held?: Case): Answer => {
  const say = problem === 'unavailable' ? log.error : log.info;
  say('proof refused', { reason: problem });
  const frame = deps.look(visit, held?.request.language);
  const reference = held?.request.reference;
  // The address with the issuer's answer is good for one visit: in the other language it would say something else.
  const back = reference ? { reference, path: `/request/${reference}` } : {};
  const html = proofPage({ ...frame, problem, ...back });
  return { status: statuses[problem] ?? 403, html, cookies: [flows.drop] };
};

/** Anything but a refusal is a failure of ours. */
const problemOf = (error: unknown): ProofProblem => {
  if (error instanceof SignInRefused && error.reason !== 'not-staff') return error.reason;
  if (error instanceof Conflict) return 'used';
  if (error instanceof TransitionRefused) return 'closed';
  throw error;
};

/** The case whose page is open in this browser: the link of its mail proves the mailbox anew. */
const caseIn = async (visit: Visit, reference: string, { cases: record, tokens: links, now: clock }: Deps) => {
  const parameters = { ...visit.parameters, reference };
  return record.read((await opened({ ...visit, parameters }, links, 'status', clock())).requestId);
};

const begin = async (visit: Visit, held: Case, deps: Deps): Promise<Answer> => {
  if (!wantsProof(held, deps.map)) return refuse(visit, 'closed', deps, held);
  const { location, flow } = await deps.oidc.begin({ purpose, boundTo: held.request.reference }, deps.now());
  return { location, cookies: [await flows.keep(flow, deps.seals)] };
};

/** Records the proof, with its audit entry, once for a sign-in's state. */
const record = async ({ request }: Case, { issuer, subject }: SignedInAs, state: string, deps: Deps) => {
  const { requestId } = request;
  const by = { issuer, subject: await deps.seals.pseudonym(JSON.stringify(['proof', requestId, issuer, subject])) };
  const prove = (held: Case) => proveBySignIn(held, by, deps.now());
  await deps.cases.change(requestId, prove, [useOnce(state, deps.now())]);
  log.info('proof recorded');
};

const complete = async (visit: Visit, deps: Deps): Promise<Answer> => {
  const flow = await flows.of(visit, deps.seals);
  const held = flow && (await caseIn(visit, flow.boundTo, deps).catch(missing));
  try {
    if (!flow || !held) throw new SignInRefused('expired');
    const who = await deps.oidc.complete(flow, purpose, visit.query, deps.now());
    const fault = signInFault(who.claims, held.request, deps.config.proof?.claims);
    if (fault) return refuse(visit, fault, deps, held);
    await record(held, who, flow.state, deps);
    return { location: `/request/${held.request.reference}`, cookies: [flows.drop] };
  } catch (error) {
    return refuse(visit, problemOf(error), deps, held);
  }
};

const missing = (error: unknown): undefined => {
  if (!(error instanceof Refusal)) throw error;
};

const proofPages = (deps: Deps) => ({
  'GET /request/{reference}/proof': async (visit: Visit): Promise<Answer> => {
    if (!deps.config.proof) throw new Refusal(404);
    const held = await caseIn(visit, visit.parameters.reference ?? '', deps);
    return begin(visit, held, deps).catch((error: unknown) => refuse(visit, problemOf(error), deps, held));
  },

  'GET /proven': (visit: Visit): Promise<Answer> => {
    if (!deps.config.proof) throw new Refusal(404);
    return complete(visit, deps);
  },
});

export const handler = onPage(siteOf, () => {
  const config = readConfig();
  const nobody = { issuer: '', clientId: '', secret: '', scope: '' };
  const oidc = oidcWith(
    config.proof ?? nobody,
    `${env('BASE_URL').BASE_URL}/proven`,
    process.env.ALLOW_LOOPBACK === 'true',
  );
  const store = { cases: cases(), tokens: tokens(), seals: seals(), map: readMap().map };
  return proofPages({ oidc, ...store, config, look: look(), now });
});
