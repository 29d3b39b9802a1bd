import { askForCode, downloaded } from '../../domain/delivery.ts';
import { canBeCode, typedCode } from '../../domain/reference.ts';
import { type Case, namesCase } from '../../domain/request.ts';
import { type DownloadProblem, type DownloadState, downloadPage } from '../../web/pages/download.tsx';
import type { Cases } from '../aws/cases.ts';
import { cases, now, tokens } from '../aws/from-env.ts';
import { type Presigner, presigner } from '../aws/presign.ts';
import type { Token, Tokens } from '../aws/tokens.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, type Visit } from '../lib/page.ts';
import { opened, openLink } from '../lib/session.ts';

interface Deps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly links: Presigner;
  readonly look: Look;
  readonly now: () => Date;
}

const stateOf = (held: Case, at: Date): DownloadState['kind'] => {
  const { package: built } = held.request;
  return built && built.expiresAt > at.toISOString() ? 'ready' : 'expired';
};

const text = ({ fields }: Visit, name: string): string => fields.get(name)?.[0] ?? '';

const render = (visit: Visit, held: Case, state: DownloadState, { look: site, links }: Deps, status = 200): Answer => ({
  status,
  formTo: links.origin,
  html: downloadPage({
    ...site(visit, held.request.language),
    request: held.request,
    state,
    meant: namesCase(held.request, text(visit, 'last4')),
  }),
});

/** Nobody typed what a person types: the page again, and nothing is counted or sent (T24). */
const anew = (visit: Visit, held: Case, problem: DownloadProblem, deps: Deps): Answer =>
  render(visit, held, { kind: 'not-typed', problem }, deps, 400);

/** Sends a fresh code to the proven address; five in a link's life. */
const sendCode = async (visit: Visit, held: Case, token: Token, deps: Deps): Promise<Answer> => {
  if (!namesCase(held.request, text(visit, 'last4'))) return anew(visit, held, 'last4', deps);
  const n = await deps.tokens.countCode(token);
  if (n === undefined) return render(visit, held, { kind: 'locked' }, deps, 429);
  await deps.cases.change(held.request.requestId, (current) => askForCode(current, token.hash, n));
  return render(visit, held, { kind: 'code-sent' }, deps);
};

/** The right code opens the file for 60 seconds: the address is made now and bound to one object (T59). */
const openFile = async (visit: Visit, held: Case, token: Token, deps: Deps): Promise<Answer> => {
  const typed = typedCode(text(visit, 'code'));
  if (!canBeCode(typed, 8)) return anew(visit, held, 'code', deps);
  const checked = await deps.tokens.check(token, typed, deps.now());
  if (!checked.right) {
    const state: DownloadState = checked.left > 0 ? { kind: 'wrong-code', left: checked.left } : { kind: 'locked' };
    return render(visit, held, state, deps, checked.left > 0 ? 400 : 429);
  }
  const { package: built, reference, requestId } = held.request;
  if (!built) return render(visit, held, { kind: 'expired' }, deps, 410);
  if (!(await deps.tokens.spendCode(token))) return render(visit, held, { kind: 'locked' }, deps, 429);
  await deps.cases.change(requestId, downloaded);
  return { location: await deps.links.presign(built.key, `${reference}.zip`, 60) };
};

const downloadPages = (deps: Deps) => ({
  'GET /d/{token}': (visit: Visit) =>
    openLink(visit, deps.tokens, 'download', ({ reference }) => `/download/${reference}`, deps.now()),

  'ANY /download/{reference}': async (visit: Visit): Promise<Answer> => {
    const token = await opened(visit, deps.tokens, 'download', deps.now());
    const held = await deps.cases.read(token.requestId);
    const kind = stateOf(held, deps.now());
    if (visit.method === 'GET' || kind === 'expired') return render(visit, held, { kind } as DownloadState, deps);
    if (text(visit, 'action') === 'send-code') return sendCode(visit, held, token, deps);
    return openFile(visit, held, token, deps);
  },
});

export const handler = onPage(siteOf, () =>
  downloadPages({ cases: cases(), tokens: tokens(), links: presigner(), look: look(), now }),
);
