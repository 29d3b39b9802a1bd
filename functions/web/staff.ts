import { askAgain, makeAnew, withFollowers } from '../../domain/ask-again.ts';
import type { Change } from '../../domain/change.ts';
import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { type Decider, decidersOf, doneBy } from '../../domain/deciders.ts';
import { endWithout, refuseRequest, takeBack } from '../../domain/decision.ts';
import { mailAddress } from '../../domain/form-mail.ts';
import { agree, decideAs, openProposal } from '../../domain/four-eyes.ts';
import { goOnWithout, start, startFor } from '../../domain/gathering.ts';
import { canHandOut, handOut } from '../../domain/hand-out.ts';
import { handlerOf, handOver, isFree, mayDecide, mustBeFree } from '../../domain/hand-over.ts';
import { askPerson, personAnswered } from '../../domain/question.ts';
import { tryAgain } from '../../domain/recovery.ts';
import { type Case, handOverGrounds } from '../../domain/request.ts';
import { confirmProof, proposeProof } from '../../domain/second-proof.ts';
import { askForCalendar, extend } from '../../domain/time-limit.ts';
import { sendAgain, settleMail } from '../../domain/undelivered.ts';
import { type StaffProblem, type StaffProps, staffPage } from '../../web/pages/staff.tsx';
import { bucketPlace } from '../aws/bucket-place.ts';
import { type EvidenceFiles, evidenceFiles } from '../aws/evidence.ts';
import { cases, counters, now, requestsTable, tokens } from '../aws/from-env.ts';
import { overviewIn } from '../aws/overview.ts';
import { sessionsIn } from '../aws/sessions.ts';
import type { Link } from '../aws/tokens.ts';
import { env } from '../lib/env.ts';
import { errorName } from '../lib/log.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { mapNow } from '../lib/request-map.ts';
import { deciderIn, type FactorDeps, forgetBrowsers, hintedDecider, secondFactor } from '../lib/second-factor.ts';
import { openLink } from '../lib/session.ts';
import { readConfig, readMap, rulesOf } from '../lib/settings.ts';
import { linkOf, type StaffAccessDeps } from '../lib/staff-access.ts';
import { choicesOf, groundIn, named, problemsOf, rightsToExtend } from '../lib/staff-form.ts';
import { allTyped, text } from '../lib/typed.ts';

interface Deps extends FactorDeps {
  readonly overview: StaffAccessDeps['overview'];
  /** As deployed; what a case is shown and judged by is `mapNow` of it. */
  readonly map: DataMap;
  readonly files: EvidenceFiles;
  /** Where the bucket answers a browser. */
  readonly bucket: string;
  readonly look: Look;
}

type Act = (visit: Visit, held: Case, at: Date, deps: Pick<Deps, 'config' | 'map'>) => Change;

/** What one person of the configuration answers for. */
type Decide = (visit: Visit, held: Case, by: Decider, at: Date, deps: Pick<Deps, 'config' | 'map'>) => Change;

/** Who else may decide the case. */
const others = ({ request }: Case, by: Decider, config: Config): Decider[] =>
  mayDecide(request, config).filter(({ key }) => key !== by.key);

const decideWith: Decide = (visit, held, by, at, { config }) => {
  const incomplete = text(visit, 'incomplete');
  const decision = {
    choices: choicesOf(visit),
    manifest: text(visit, 'manifest'),
    ...(incomplete ? { incomplete } : {}),
  };
  return decideAs(held, decision, { by, others: others(held, by, config), fourEyes: config.dpo.fourEyes === true }, at);
};

const extendWith: Decide = (visit, held, _, at, { config }) => {
  const ground = text(visit, 'ground') === 'number' ? 'number' : 'complexity';
  const rights = rightsToExtend(visit, held, config, at);
  return extend(held, { rights, ground, reason: text(visit, 'reason') }, rulesOf(config), at);
};

const askWith: Decide = (visit, held, _, at, { config }) => {
  const kind = text(visit, 'kind') === 'identity' ? 'identity' : 'clarification';
  return askPerson(held, { kind, question: text(visit, 'question') }, rulesOf(config), at);
};

/** What releases data or keeps it back, and what the person is told or asked in our name: asks for the second factor. */
const decisions: Readonly<Record<string, Decide>> = {
  refuse: (visit, held, by, at) => {
    const ground = groundIn(visit, 'ground') ?? 'other';
    return refuseRequest(held, { ground, reason: text(visit, 'reason') }, by.role, at);
  },
  'start-for': (visit, held, by, at) => {
    const answerTo = text(visit, 'answerTo') === 'sender' ? 'sender' : 'person';
    const email = mailAddress(text(visit, 'email'));
    return startFor(held, { email, answerTo, reason: text(visit, 'authority'), by: by.role }, at);
  },
  decide: decideWith,
  'go-on': (_, held, by, at) => goOnWithout(held, by.role, at),
  'hand-over': (visit, held, by, at, { config }) => {
    const to = named(visit, config) ?? by;
    const ground = handOverGrounds.find((each) => each === text(visit, 'ground')) ?? 'other';
    const note = text(visit, 'reason');
    return handOver(held, to, { ground, ...(note ? { note } : {}) }, by, at);
  },
  'hand-out': (visit, held, by, at) => handOut(held, text(visit, 'way') === 'post' ? 'post' : 'in-person', by.role, at),
  'end-without': (visit, held, by, at) => endWithout(held, text(visit, 'reason'), by.role, at),
  agree: (visit, held, by, at) => agree(held, by, text(visit, 'proposal'), at),
  extend: extendWith,
  ask: askWith,
  'note-answer': (visit, held, _, at, { config }) =>
    personAnswered(held, text(visit, 'answer'), 'dpo', rulesOf(config), at),
  'manual-proof': (visit, held, by, at, { config }) =>
    proposeProof(held, text(visit, 'reason'), by, others(held, by, config), at),
  'confirm-proof': (visit, held, by, at) => confirmProof(held, { by, shown: text(visit, 'proposal') }, at),
};

/** What the DPO can do; each is written to the record first, and is only then a signal (security.md 3.4). */
const actions: Readonly<Record<string, Act>> = {
  start: (_, held, at) => start(held, 'dpo', at),
  'try-again': (_, held, at) => tryAgain(held, at),
  undo: (_, held, at) => takeBack(held, at),
  'make-anew': (_, held, at) => makeAnew(held, at),
  'ask-again': (visit, held, at) => askAgain(held, withFollowers([text(visit, 'system')], held.request), at),
  undelivered: (visit, held, at) =>
    (text(visit, 'deal') === 'again' ? sendAgain : settleMail)(held, text(visit, 'mail'), at),
  calendar: (_, held, at) => askForCalendar(held, at),
};

type Shown = Partial<Pick<StaffProps, 'known' | 'sent' | 'moved'>>;

const show = async (
  visit: Visit,
  held: Case,
  problems: readonly StaffProblem[],
  deps: Deps,
  more: Shown = {},
): Promise<Answer> => {
  const timeline = await Array.fromAsync(deps.cases.history(held.request.requestId));
  const known =
    (await deciderIn(visit, deps)) ?? (visit.method === 'GET' ? hintedDecider(visit, deps.config) : undefined);
  const ticked = (name: string) => visit.fields.get(name) ?? [];
  const site = deps.look(visit, undefined);
  const page = staffPage({
    ...site,
    ...held,
    map: deps.map,
    now: deps.now(),
    timeline: timeline as never,
    problems,
    typed: { ...allTyped(visit), action: actionOf(visit).action },
    looked: ticked('looked'),
    again: ticked('again'),
    people: decidersOf(deps.config),
    handler: handlerOf(held.request.handedTo?.key, deps.config),
    known,
    ...more,
  });
  const status = problems.length > 0 ? 400 : more.moved ? 409 : 200;
  // Where the form leads that fetches a file to hand it out.
  return { status, html: page, ...(canHandOut(held) ? { formTo: deps.bucket } : {}) };
};

/** `code-decide` asks for a code for `decide`. */
const actionOf = (visit: Visit): { action: string; fresh: boolean } => {
  const sent = text(visit, 'action');
  return { action: sent.replace(/^code-/, ''), fresh: sent.startsWith('code-') };
};

/** Does it, or shows what became of the request meanwhile: who comes second sees who was first, and loses nothing. */
const attempt = async (
  visit: Visit,
  requestId: string,
  change: (held: Case) => Change,
  deps: Deps,
): Promise<Answer> => {
  try {
    await deps.cases.change(requestId, change);
    return { location: visit.path };
  } catch (error) {
    if (!['TransitionRefused', 'Conflict'].includes(errorName(error))) throw error;
    return show(visit, await deps.cases.read(requestId), [], deps, { moved: true });
  }
};

/** Whether nobody at all could do it: the request moved on while its page was open. */
const isTooLate = (visit: Visit, held: Case, run: Decide, deps: Deps): boolean =>
  decidersOf(deps.config).every((by) => {
    try {
      run(visit, held, by, deps.now(), deps);
      return false;
    } catch (error) {
      if (errorName(error) !== 'TransitionRefused') throw error;
      return true;
    }
  });

const givesAway = (action: string): boolean => action === 'hand-over';

/** Why this person may not do it: they decided first, or have a conflict of interest. */
const whyNot = (action: string, held: Case, by: Decider, { config }: Deps): StaffProblem['problem'] | undefined => {
  const first = { agree: openProposal(held), 'confirm-proof': held.request.proofProposal }[action];
  if (first?.by === by.key) return 'same-person';
  return givesAway(action) || isFree(held.request, by, config) ? undefined : 'conflict';
};

/** A decision, once it is known who decides. */
const decideNow = async (visit: Visit, held: Case, link: Link, run: Decide, deps: Deps): Promise<Answer> => {
  if (isTooLate(visit, held, run, deps)) return show(visit, held, [], deps, { moved: true });
  const { action, fresh } = actionOf(visit);
  const factor = await secondFactor(visit, link, fresh, deps);
  if (factor.kind !== 'known') {
    const problems = factor.problem ? [factor.problem] : [];
    return show(visit, held, problems, deps, factor.kind === 'sent' ? { sent: factor.to } : {});
  }
  const { by, cookies } = factor;
  // A button that asks for a code decides nothing.
  if (fresh) return show(visit, held, [], deps, { known: by });
  const problem = whyNot(action, held, by, deps);
  if (problem) {
    const answer = await show(visit, held, [{ field: 'last4', problem }], deps, { known: by });
    return { ...answer, cookies };
  }
  const change = (current: Case) => {
    if (!givesAway(action)) mustBeFree(current.request, by, deps.config);
    return doneBy(run(visit, current, by, deps.now(), deps), by);
  };
  const answer = await attempt(visit, link.requestId, change, deps);
  return { ...answer, cookies };
};

const act = async (visit: Visit, held: Case, link: Link, deps: Deps): Promise<Answer> => {
  const { action } = actionOf(visit);
  if (action === 'forget') return { location: visit.path, cookies: await forgetBrowsers(visit, deps) };
  const decision = Object.hasOwn(decisions, action) ? decisions[action] : undefined;
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!decision && !run) throw new Refusal(400);
  const problems = problemsOf(visit, held, action, deps);
  if (problems.length > 0) return show(visit, held, problems, deps);
  if (decision) return decideNow(visit, held, link, decision, deps);
  const by = await deciderIn(visit, deps);
  const change = (current: Case) => doneBy((run as Act)(visit, current, deps.now(), deps), by);
  return attempt(visit, link.requestId, change, deps);
};

const staffPages = (deps: Deps) => ({
  'GET /dpo/{token}': (visit: Visit) =>
    openLink(visit, deps.tokens, 'dpo', ({ reference }) => `/dpo/request/${reference}`, deps.now()),

  'ANY /dpo/request/{reference}': async (visit: Visit): Promise<Answer> => {
    const link = await linkOf(visit, deps);
    if (!link) return { location: `/dpo/sign-in?request=${visit.parameters.reference}` };
    const held = await deps.cases.read(link.requestId);
    const map = await mapNow(held.request, deps.map, deps.files);
    if (visit.method === 'POST') return act(visit, held, link, { ...deps, map });
    return show(visit, held, [], { ...deps, map });
  },
});

export const handler = onPage(siteOf, () => {
  const table = requestsTable();
  const records = { cases: cases(), overview: overviewIn(table), counters: counters() };
  const keys = { tokens: tokens(), sessions: sessionsIn(table) };
  const bucket = bucketPlace(env('EVIDENCE_BUCKET').EVIDENCE_BUCKET).origin;
  const maps = { map: readMap().map, files: evidenceFiles(), bucket };
  return staffPages({ ...records, ...keys, ...maps, config: readConfig(), look: look(), now });
});
