import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { sendLinkAgain } from '../../domain/delivery.ts';
import { askForProofAgain, maxConfirmMails, prove } from '../../domain/proof.ts';
import { personAnswered } from '../../domain/question.ts';
import { withdraw } from '../../domain/recovery.ts';
import { canBeCode, typedCode } from '../../domain/reference.ts';
import { type Case, namesCase } from '../../domain/request.ts';
import { wantsProof } from '../../domain/second-proof.ts';
import { type ConfirmProblem, type ConfirmState, confirmPage } from '../../web/pages/confirm.tsx';
import { statusPage } from '../../web/pages/status.tsx';
import type { Cases } from '../aws/cases.ts';
import { cases, now, tokens } from '../aws/from-env.ts';
import { consume, mint, type Token, type Tokens } from '../aws/tokens.ts';
import { openOwn } from '../lib/ended-link.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { keep, opened } from '../lib/session.ts';
import { readConfig, readMap, rulesOf } from '../lib/settings.ts';

interface Deps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly config: Config;
  readonly map: DataMap;
  readonly look: Look;
  readonly now: () => Date;
}

const statusLife = 120 * 86_400_000;

const confirm = (visit: Visit, held: Case, state: ConfirmState, { look: site }: Deps, status = 200): Answer => ({
  status,
  html: confirmPage({ ...site(visit, held.request.language), request: held.request, state }),
});

/** Nobody typed what a person types: the page again, and nothing is counted or sent (T24). */
const confirmAnew = (visit: Visit, held: Case, token: Token, problem: ConfirmProblem, { look: site }: Deps): Answer => {
  const page = { ...site(visit, held.request.language), request: held.request, state: stateOf(held, token) };
  return { status: 400, html: confirmPage({ ...page, problem }) };
};

const stateOf = ({ request }: Case, token: Token): ConfirmState => {
  if (request.proof) return { kind: 'confirmed' };
  return token.attempts >= 5 ? { kind: 'locked', again: request.confirmMails < maxConfirmMails } : { kind: 'open' };
};

/** Takes the typed code. The right one proves the address, uses the link up and opens the status page. */
const takeCode = async (visit: Visit, held: Case, token: Token, deps: Deps): Promise<Answer> => {
  const typed = typedCode(visit.fields.get('code')?.[0] ?? '');
  if (!canBeCode(typed, 6)) return confirmAnew(visit, held, token, 'code', deps);
  const checked = await deps.tokens.check(token, typed, deps.now());
  if (!checked.right) {
    const again = held.request.confirmMails < maxConfirmMails;
    const state: ConfirmState =
      checked.left > 0 ? { kind: 'wrong-code', left: checked.left } : { kind: 'locked', again };
    return confirm(visit, held, state, deps, checked.left > 0 ? 400 : 429);
  }
  const { requestId, reference } = held.request;
  const expiresAt = new Date(deps.now().getTime() + statusLife);
  const status = mint({ purpose: 'status', requestId, reference, recipient: 'subject', expiresAt });
  await deps.cases.change(requestId, (current) => prove(current, deps.now()), [
    consume(token.hash, deps.now()),
    status.write,
  ]);
  return { location: `/request/${reference}`, cookies: [keep('status', reference, status.token)] };
};

const meansCase = (visit: Visit, { request }: Case): boolean =>
  namesCase(request, visit.fields.get('last4')?.[0] ?? '');

const sendAgain = async (visit: Visit, held: Case, token: Token, deps: Deps): Promise<Answer> => {
  if (held.request.confirmMails >= maxConfirmMails)
    return confirm(visit, held, { kind: 'locked', again: false }, deps, 429);
  if (!meansCase(visit, held)) return confirmAnew(visit, held, token, 'last4', deps);
  await deps.cases.change(held.request.requestId, (current) => askForProofAgain(current, deps.now()));
  return confirm(visit, held, { kind: 'sent-again' }, deps);
};

type Wrong = Parameters<typeof statusPage>[0]['wrong'];

const showStatus = async (visit: Visit, { requestId }: Token, deps: Deps, wrong?: Wrong): Promise<Answer> => {
  const held = await deps.cases.read(requestId);
  const { request, rights } = held;
  const site = deps.look(visit, request.language);
  const page = { ...site, request, rights, wantsProof: wantsProof(held, deps.map), now: deps.now() };
  return { status: wrong ? 400 : 200, html: statusPage({ ...page, ...(wrong ? { wrong } : {}) }) };
};

const longestAnswer = 4_000;

/** Takes the person's answer to the DPO's question; the time limit runs again. */
const takeAnswer = async (visit: Visit, token: Token, deps: Deps): Promise<Answer> => {
  const typed = (visit.fields.get('answer')?.[0] ?? '').trim();
  if (!typed) return showStatus(visit, token, deps, { problem: 'answer', typed, form: 'answer' });
  if (typed.length > longestAnswer)
    return showStatus(visit, token, deps, { problem: 'too-long', typed, form: 'answer' });
  const rules = rulesOf(deps.config);
  await deps.cases.change(token.requestId, (current) => personAnswered(current, typed, 'subject', rules, deps.now()));
  return { location: visit.path };
};

const takeBack = async (visit: Visit, token: Token, deps: Deps): Promise<Answer> => {
  if (!meansCase(visit, await deps.cases.read(token.requestId))) {
    return showStatus(visit, token, deps, { problem: 'last4', typed: '', form: 'withdraw' });
  }
  await deps.cases.change(token.requestId, (current) => withdraw(current, deps.now()));
  return { location: visit.path };
};

/** A new link to the answer, for one that was lost or locked. */
const sendLink = async (visit: Visit, token: Token, deps: Deps): Promise<Answer> => {
  if (!meansCase(visit, await deps.cases.read(token.requestId))) {
    return showStatus(visit, token, deps, { problem: 'last4', typed: '', form: 'send-link' });
  }
  await deps.cases.change(token.requestId, (current) => sendLinkAgain(current, deps.now()));
  return { location: visit.path };
};

const personPages = (deps: Deps) => ({
  'ANY /c/{token}': (visit: Visit) => openOwn(visit, 'confirm', ({ reference }) => `/confirm/${reference}`, deps),

  'ANY /confirm/{reference}': async (visit: Visit): Promise<Answer> => {
    const token = await opened(visit, deps.tokens, 'confirm', deps.now());
    const held = await deps.cases.read(token.requestId);
    const state = stateOf(held, token);
    if (visit.method === 'GET' || state.kind === 'confirmed') return confirm(visit, held, state, deps);
    return visit.fields.get('action')?.[0] === 'again'
      ? sendAgain(visit, held, token, deps)
      : takeCode(visit, held, token, deps);
  },

  'ANY /r/{token}': (visit: Visit) => openOwn(visit, 'status', ({ reference }) => `/request/${reference}`, deps),

  'ANY /request/{reference}': async (visit: Visit): Promise<Answer> => {
    const token = await opened(visit, deps.tokens, 'status', deps.now());
    if (visit.method === 'GET') return showStatus(visit, token, deps);
    const action = visit.fields.get('action')?.[0];
    if (action === 'answer') return takeAnswer(visit, token, deps);
    if (action === 'withdraw') return takeBack(visit, token, deps);
    if (action === 'send-link') return sendLink(visit, token, deps);
    throw new Refusal(400);
  },
});

export const handler = onPage(siteOf, () =>
  personPages({ cases: cases(), tokens: tokens(), config: readConfig(), map: readMap().map, look: look(), now }),
);
