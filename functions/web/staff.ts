import { askAgain, withFollowers } from '../../domain/ask-again.ts';
import type { Change } from '../../domain/change.ts';
import type { Config } from '../../domain/config.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { type Choice, decide, incompleteSources, refuseRequest, takeBack } from '../../domain/decision.ts';
import { start } from '../../domain/gathering.ts';
import { planOf, wavesOf } from '../../domain/plan.ts';
import { tryAgain } from '../../domain/recovery.ts';
import { type Case, namesCase, type Right, rights } from '../../domain/request.ts';
import { askForCalendar, askPerson, extend, personAnswered } from '../../domain/time-limit.ts';
import { extendable } from '../../domain/urgency.ts';
import { dayIn } from '../../web/format.ts';
import { type StaffProblem, staffPage } from '../../web/pages/staff.tsx';
import type { Cases } from '../aws/cases.ts';
import { cases, now, tokens } from '../aws/from-env.ts';
import type { Tokens } from '../aws/tokens.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { opened, openLink } from '../lib/session.ts';
import { readConfig, readMap, rulesOf } from '../lib/settings.ts';

interface Deps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly map: DataMap;
  readonly config: Config;
  readonly look: Look;
  readonly now: () => Date;
}

const longestReason = 2_000;

const text = ({ fields }: Visit, name: string): string => (fields.get(name)?.[0] ?? '').trim();

const choicesOf = (visit: Visit): Partial<Record<(typeof rights)[number], Choice>> =>
  Object.fromEntries(
    rights.flatMap((right) => {
      const outcome = text(visit, `outcome-${right}`);
      if (outcome !== 'approve' && outcome !== 'refuse') return [];
      const reason = text(visit, `reason-${right}`);
      return [[right, { outcome, ...(reason ? { reason } : {}) }]];
    }),
  );

/** What an action cannot do without, and what is said about it. */
const required: Readonly<Record<string, readonly (readonly [field: string, problem: StaffProblem['problem']])[]>> = {
  refuse: [['reason', 'reason']],
  extend: [
    ['ground', 'ground'],
    ['reason', 'reason'],
  ],
  ask: [
    ['kind', 'kind'],
    ['question', 'question'],
  ],
  'note-answer': [['answer', 'answer']],
  'ask-again': [['system', 'system']],
};

const decideProblems = (visit: Visit, held: Case): StaffProblem[] => {
  const found: StaffProblem[] = [];
  const choices = choicesOf(visit);
  const approving = Object.values(choices).some(({ outcome }) => outcome === 'approve');
  if (approving && incompleteSources(held).length > 0 && !text(visit, 'incomplete')) {
    found.push({ field: 'incomplete', problem: 'incomplete' });
  }
  for (const { right, decision } of held.rights) {
    const choice = choices[right];
    if (decision) continue;
    if (!choice) found.push({ field: `outcome-${right}`, problem: 'choose' });
    else if (choice.outcome === 'refuse' && !choice.reason) found.push({ field: `reason-${right}`, problem: 'reason' });
  }
  return found;
};

const typedLong = /reason|incomplete|question|answer/;

/** What is missing in a form before the domain is asked: shown beside its field, nothing typed is lost. */
const problemsOf = (visit: Visit, held: Case, action: string, { config, now: clock }: Deps): StaffProblem[] => {
  const missing = (required[action] ?? []).filter(([field]) => !text(visit, field));
  const long = [...visit.fields].filter(([name, [value = '']]) => typedLong.test(name) && value.length > longestReason);
  const late = action === 'extend' && rightsToExtend(visit, held, config, clock()).length === 0;
  return [
    ...(namesCase(held.request, text(visit, 'last4')) ? [] : [{ field: 'last4', problem: 'last4' } as const]),
    ...long.map(([field]) => ({ field, problem: 'too-long' }) as const),
    ...(late ? [{ field: 'extend', problem: 'extend' } as const] : []),
    ...missing.map(([field, problem]) => ({ field, problem })),
    ...(action === 'decide' ? decideProblems(visit, held) : []),
  ];
};

/** The rights that the form names, of those whose time limit may still be extended; all of them unless one is named. */
const rightsToExtend = (visit: Visit, held: Case, { timeZone }: Config, at: Date): Right[] => {
  const named = text(visit, 'extend');
  return extendable(held.rights, dayIn(timeZone, at)).filter((right) => ['', 'all', right].includes(named));
};

const decideWith = (visit: Visit, held: Case, at: Date): Change => {
  const incomplete = text(visit, 'incomplete');
  return decide(
    held,
    choicesOf(visit),
    { manifest: text(visit, 'manifest'), ...(incomplete ? { incomplete } : {}) },
    at,
  );
};

type Act = (visit: Visit, held: Case, at: Date, deps: Pick<Deps, 'config' | 'map'>) => Change;

const extendWith: Act = (visit, held, at, { config }) => {
  const ground = text(visit, 'ground') === 'number' ? 'number' : 'complexity';
  const rights = rightsToExtend(visit, held, config, at);
  return extend(held, { rights, ground, reason: text(visit, 'reason') }, rulesOf(config), at);
};

const askWith: Act = (visit, held, at, { config }) => {
  const kind = text(visit, 'kind') === 'identity' ? 'identity' : 'clarification';
  return askPerson(held, { kind, question: text(visit, 'question') }, rulesOf(config), at);
};

/** What the DPO can do; each is written to the record first, and is only then a signal (security.md 3.4). */
const actions: Readonly<Record<string, Act>> = {
  start: (_, held, at) => start(held, 'dpo', at),
  refuse: (visit, held, at) => refuseRequest(held, text(visit, 'reason'), at),
  decide: decideWith,
  'try-again': (_, held, at) => tryAgain(held, at),
  undo: (_, held, at) => takeBack(held, at),
  'ask-again': (visit, held, at, { map }) =>
    askAgain(held, withFollowers([text(visit, 'system')], wavesOf(map, planOf(map, ['email']))), at),
  extend: extendWith,
  ask: askWith,
  'note-answer': (visit, held, at, { config }) =>
    personAnswered(held, text(visit, 'answer'), 'dpo', rulesOf(config), at),
  calendar: (_, held, at) => askForCalendar(held, at),
};

const show = async (visit: Visit, held: Case, problems: readonly StaffProblem[], deps: Deps): Promise<Answer> => {
  const timeline = await Array.fromAsync(deps.cases.history(held.request.requestId));
  const typed = Object.fromEntries([...visit.fields].map(([name, [value = '']]) => [name, value]));
  const site = deps.look(visit, undefined);
  const page = staffPage({
    ...site,
    ...held,
    map: deps.map,
    now: deps.now(),
    timeline: timeline as never,
    problems,
    typed,
  });
  return { status: problems.length > 0 ? 400 : 200, html: page };
};

const act = async (visit: Visit, requestId: string, deps: Deps): Promise<Answer> => {
  const action = text(visit, 'action');
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!run) throw new Refusal(400);
  const held = await deps.cases.read(requestId);
  const problems = problemsOf(visit, held, action, deps);
  if (problems.length > 0) return show(visit, held, problems, deps);
  await deps.cases.change(requestId, (current) => run(visit, current, deps.now(), deps));
  return { location: visit.path };
};

const staffPages = (deps: Deps) => ({
  'GET /dpo/{token}': (visit: Visit) =>
    openLink(visit, deps.tokens, 'dpo', ({ reference }) => `/dpo/request/${reference}`, deps.now()),

  'ANY /dpo/request/{reference}': async (visit: Visit): Promise<Answer> => {
    const token = await opened(visit, deps.tokens, 'dpo', deps.now());
    if (visit.method === 'POST') return act(visit, token.requestId, deps);
    return show(visit, await deps.cases.read(token.requestId), [], deps);
  },
});

export const handler = onPage(siteOf, () =>
  staffPages({ cases: cases(), tokens: tokens(), map: readMap().map, config: readConfig(), look: look(), now }),
);
