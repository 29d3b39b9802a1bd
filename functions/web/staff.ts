import type { Change } from '../../domain/change.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { type Choice, decide, incompleteSources, refuseRequest } from '../../domain/decision.ts';
import { start } from '../../domain/gathering.ts';
import { tryAgain } from '../../domain/recovery.ts';
import { type Case, namesCase, rights } from '../../domain/request.ts';
import { type StaffProblem, staffPage } from '../../web/pages/staff.tsx';
import type { Cases } from '../aws/cases.ts';
import { cases, now, tokens } from '../aws/from-env.ts';
import type { Tokens } from '../aws/tokens.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { opened, openLink } from '../lib/session.ts';
import { readMap } from '../lib/settings.ts';

interface Deps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly map: DataMap;
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

/** What is missing in a form before the domain is asked: shown beside its field, nothing typed is lost. */
const problemsOf = (visit: Visit, held: Case, action: string): StaffProblem[] => {
  const found: StaffProblem[] = [];
  if (!namesCase(held.request, text(visit, 'last4'))) found.push({ field: 'last4', problem: 'last4' });
  const long = [...visit.fields].filter(
    ([name, [value = '']]) => (name.includes('reason') || name === 'incomplete') && value.length > longestReason,
  );
  for (const [field] of long) found.push({ field, problem: 'too-long' });
  if (action === 'refuse' && !text(visit, 'reason')) found.push({ field: 'reason', problem: 'reason' });
  if (action !== 'decide') return found;
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

const decideWith = (visit: Visit, held: Case, at: Date): Change => {
  const incomplete = text(visit, 'incomplete');
  return decide(
    held,
    choicesOf(visit),
    { manifest: text(visit, 'manifest'), ...(incomplete ? { incomplete } : {}) },
    at,
  );
};

/** What the DPO can do; each is written to the record first, and is only then a signal (security.md 3.4). */
const actions: Readonly<Record<string, (visit: Visit, held: Case, at: Date) => Change>> = {
  start: (_, held, at) => start(held, 'dpo', at),
  refuse: (visit, held, at) => refuseRequest(held, text(visit, 'reason'), at),
  decide: decideWith,
  'try-again': (_, held, at) => tryAgain(held, at),
};

const show = async (visit: Visit, held: Case, problems: readonly StaffProblem[], deps: Deps): Promise<Answer> => {
  const timeline = await Array.fromAsync(deps.cases.history(held.request.requestId));
  const typed = Object.fromEntries([...visit.fields].map(([name, [value = '']]) => [name, value]));
  const site = deps.look(visit, undefined);
  const page = staffPage({ ...site, ...held, map: deps.map, timeline: timeline as never, problems, typed });
  return { status: problems.length > 0 ? 400 : 200, html: page };
};

const act = async (visit: Visit, requestId: string, deps: Deps): Promise<Answer> => {
  const action = text(visit, 'action');
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (!run) throw new Refusal(400);
  const held = await deps.cases.read(requestId);
  const problems = problemsOf(visit, held, action);
  if (problems.length > 0) return show(visit, held, problems, deps);
  await deps.cases.change(requestId, (current) => run(visit, current, deps.now()));
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
  staffPages({ cases: cases(), tokens: tokens(), map: readMap().map, look: look(), now }),
);
