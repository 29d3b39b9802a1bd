import { firstFile } from '../../domain/answer-layout.ts';
import { askForCode, downloaded, isFetchable } from '../../domain/delivery.ts';
import { type AnswerZip, zipsOf } from '../../domain/package.ts';
import { canBeCode, typedCode } from '../../domain/reference.ts';
import { type Case, namesCase, sendsAccess } from '../../domain/request.ts';
import { type DownloadProblem, type DownloadState, downloadPage } from '../../web/pages/download.tsx';
import type { Cases } from '../aws/cases.ts';
import { cases, now, tokens } from '../aws/from-env.ts';
import { type Presigner, presigner } from '../aws/presign.ts';
import { type CodeCheck, codeNow, type Token, type Tokens } from '../aws/tokens.ts';
import { openOwn } from '../lib/ended-link.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, type Visit } from '../lib/page.ts';
import { opened } from '../lib/session.ts';
import { text } from '../lib/typed.ts';

interface Deps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly links: Presigner;
  readonly look: Look;
  readonly now: () => Date;
}

/** The files that can be fetched now. */
const zipsAt = ({ request }: Case, at: Date): AnswerZip[] =>
  isFetchable(request, at) ? zipsOf(request).filter(({ expiresAt }) => expiresAt > at.toISOString()) : [];

const render = (visit: Visit, held: Case, state: DownloadState, deps: Deps, status = 200): Answer => ({
  status,
  formTo: deps.links.origin,
  html: downloadPage({
    ...deps.look(visit, held.request.language),
    request: held.request,
    zips: zipsAt(held, deps.now()),
    opensWith: sendsAccess(held.rights) ? undefined : firstFile(held.request.language, false),
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
  await deps.cases.change(held.request.requestId, (current) => askForCode(current, token.hash, n, deps.now()));
  return render(visit, held, { kind: 'code-sent' }, deps);
};

/** Of several files the one whose button was pressed. */
const wanted = (visit: Visit, zips: readonly AnswerZip[]): AnswerZip | undefined =>
  zips.find(({ n }) => text(visit, 'action') === `open-${n}`) ?? zips[0];

const gone = { right: false, left: 0, void: true } as const;

/** What became of a code that is not taken: only one that was typed wrong too often is locked. */
const notTaken = (visit: Visit, held: Case, checked: CodeCheck & { right: false }, deps: Deps): Answer => {
  if (checked.void) return render(visit, held, { kind: 'void' }, deps, 409);
  if (checked.left === 0) return render(visit, held, { kind: 'locked' }, deps, 429);
  return render(visit, held, { kind: 'wrong-code', left: checked.left }, deps, 400);
};

/** The right code opens a file for 60 seconds: the address is made now and bound to one object (T59). */
const openFile = async (visit: Visit, held: Case, token: Token, deps: Deps): Promise<Answer> => {
  const typed = typedCode(text(visit, 'code'));
  if (!canBeCode(typed, 8)) return anew(visit, held, 'code', deps);
  // A button that is pressed again, or a page that is sent again, is no attempt at a code.
  if (!codeNow(token, deps.now())) return notTaken(visit, held, gone, deps);
  const checked = await deps.tokens.check(token, typed, deps.now());
  if (!checked.right) return notTaken(visit, held, checked, deps);
  const zips = zipsAt(held, deps.now());
  const zip = wanted(visit, zips);
  if (!zip) return render(visit, held, { kind: 'expired' }, deps, 410);
  const spent = zips.length > 1 ? await deps.tokens.spendCodeOn(token, zip.n) : await deps.tokens.spendCode(token);
  if (!spent) return notTaken(visit, held, gone, deps);
  await deps.cases.change(held.request.requestId, (current) => downloaded(current, zip.key, deps.now()));
  return { location: await deps.links.presign(zip.key, zip.name, 60) };
};

const downloadPages = (deps: Deps) => ({
  'ANY /d/{token}': (visit: Visit) => openOwn(visit, 'download', ({ reference }) => `/download/${reference}`, deps),

  'ANY /download/{reference}': async (visit: Visit): Promise<Answer> => {
    const token = await opened(visit, deps.tokens, 'download', deps.now());
    const held = await deps.cases.read(token.requestId);
    if (zipsAt(held, deps.now()).length === 0) return render(visit, held, { kind: 'expired' }, deps);
    if (visit.method === 'GET') return render(visit, held, { kind: 'ready' }, deps);
    if (text(visit, 'action') === 'send-code') return sendCode(visit, held, token, deps);
    return openFile(visit, held, token, deps);
  },
});

export const handler = onPage(siteOf, () =>
  downloadPages({ cases: cases(), tokens: tokens(), links: presigner(), look: look(), now }),
);
