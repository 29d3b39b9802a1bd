import { type OwnerAnswer, ownerAnswered } from '../../domain/gathering.ts';
import { namesCase } from '../../domain/request.ts';
import { ownerPage } from '../../web/pages/owner.tsx';
import { evidenceFiles } from '../aws/evidence.ts';
import { cases, now, tokens } from '../aws/from-env.ts';
import { uploads } from '../aws/uploads.ts';
import { env } from '../lib/env.ts';
import { errorName, log } from '../lib/log.ts';
import { look, siteOf } from '../lib/look.ts';
import { ownersFiles } from '../lib/owner-files.ts';
import { isOpenTask, type OwnerDeps, type Task, taskIn } from '../lib/owner-task.ts';
import { type Answer, onPage, type Visit } from '../lib/page.ts';
import { openLink } from '../lib/session.ts';
import { readMap } from '../lib/settings.ts';
import { allTyped, text } from '../lib/typed.ts';

export interface OwnerProblem {
  readonly field: 'answer' | 'text' | 'last4' | 'name';
  readonly problem: 'choose' | 'give-something' | 'given' | 'last4' | 'too-long' | 'name';
}

type Typed = Readonly<Record<string, string>>;

/** What they had typed before they went to their files. */
const draftOf = async ({ draft }: Task, deps: OwnerDeps): Promise<Typed> =>
  JSON.parse((await deps.uploads.read(draft)) ?? '{}') as Typed;

interface Shown {
  readonly problems?: readonly OwnerProblem[];
  readonly late?: boolean;
}

const show = async (
  visit: Visit,
  task: Task,
  deps: OwnerDeps,
  { problems = [], late }: Shown = {},
): Promise<Answer> => {
  const open = isOpenTask(task);
  const [uploaded, typed] = open
    ? await Promise.all([
        deps.uploads.list(task.prefix),
        visit.method === 'GET' ? draftOf(task, deps) : allTyped(visit),
      ])
    : [[], allTyped(visit)];
  const site = deps.look(visit, task.system.owner.language);
  const html = ownerPage({
    ...site,
    ...task,
    now: deps.now(),
    open,
    uploaded,
    problems,
    typed,
    ...(late ? { late } : {}),
  });
  return { status: problems.length > 0 ? 400 : 200, html };
};

const tooLong = (visit: Visit): OwnerProblem[] =>
  (
    [
      ['text', 8_000],
      ['name', 200],
    ] as const
  ).flatMap(([field, most]) => (text(visit, field).length > most ? [{ field, problem: 'too-long' }] : []));

const problemsOf = (visit: Visit, { held }: Task, uploaded: number): OwnerProblem[] => {
  const answer = text(visit, 'answer');
  const gave = text(visit, 'text') !== '' || uploaded > 0;
  const found: OwnerProblem[] = [];
  if (!['found', 'nothing', 'not-me'].includes(answer)) found.push({ field: 'answer', problem: 'choose' });
  else if (answer !== 'found' && gave) found.push({ field: 'answer', problem: 'given' });
  if (answer === 'found' && !gave) found.push({ field: 'text', problem: 'give-something' });
  found.push(...tooLong(visit));
  if (answer === 'not-me' && !text(visit, 'name')) found.push({ field: 'name', problem: 'name' });
  if (!namesCase(held.request, text(visit, 'last4'))) found.push({ field: 'last4', problem: 'last4' });
  return found;
};

/** What the owner gave; it is put among the answer's files when the round closes. */
const given = (visit: Visit, { prefix }: Task, documents: number): OwnerAnswer => {
  const answer = text(visit, 'answer');
  if (answer === 'not-me') return { answer, named: text(visit, 'name') };
  if (answer !== 'found') return { answer: 'nothing' };
  const typed = text(visit, 'text');
  return { answer: 'found', uploads: prefix, documents, ...(typed ? { text: typed } : {}) };
};

const answer = async (visit: Visit, task: Task, deps: OwnerDeps): Promise<Answer> => {
  const taken = (await deps.uploads.list(task.prefix)).filter(({ problem }) => !problem);
  const problems = problemsOf(visit, task, taken.length);
  if (problems.length > 0) return show(visit, task, deps, { problems });
  const answered = given(visit, task, taken.length);
  await deps.cases.change(task.held.request.requestId, (held) => ownerAnswered(held, task.by, answered, deps.now()));
  await forget(task, deps);
  return { location: task.page };
};

/** Their answer is taken: what is left of the draft is no reason to tell them otherwise. */
const forget = ({ draft, held }: Task, deps: OwnerDeps): Promise<void> =>
  deps.uploads.remove([draft]).catch((error: unknown) => {
    log.error('draft left', { requestId: held.request.requestId, error: errorName(error) });
  });

/** Keeps what is typed, and goes to the files, whose form leads to the bucket and takes nothing of it along. */
const toFiles = async (visit: Visit, task: Task, deps: OwnerDeps): Promise<Answer> => {
  const problems = tooLong(visit);
  if (problems.length > 0) return show(visit, task, deps, { problems });
  const typed = ['answer', 'text', 'name'].map((field) => [field, text(visit, field)] as const);
  if (typed.some(([, value]) => value)) await deps.uploads.keep(task.draft, JSON.stringify(Object.fromEntries(typed)));
  return { location: task.filesPage };
};

/** Somebody else answered first, or the request ended: what was sent is not taken, and the page says so. */
const tooLate = async (visit: Visit, task: Task, deps: OwnerDeps): Promise<Answer> => ({
  ...(await show(visit, task, deps, { late: true })),
  status: 409,
});

const ownerPages = (deps: OwnerDeps) => ({
  'GET /o/{token}': (visit: Visit) =>
    openLink(visit, deps.tokens, 'owner', ({ reference, about }) => `/task/${reference}/${about}`, deps.now()),

  'ANY /task/{reference}/{system}': async (visit: Visit): Promise<Answer> => {
    const task = await taskIn(visit, deps);
    if (visit.method === 'GET') return show(visit, task, deps);
    if (!isOpenTask(task)) return tooLate(visit, task, deps);
    return text(visit, 'action') === 'files' ? toFiles(visit, task, deps) : answer(visit, task, deps);
  },

  'ANY /task/{reference}/{system}/files': (visit: Visit): Promise<Answer> => ownersFiles(visit, deps),
});

export const handler = onPage(siteOf, () =>
  ownerPages({
    cases: cases(),
    tokens: tokens(),
    uploads: uploads(now),
    map: readMap().map,
    files: evidenceFiles(),
    look: look(),
    baseUrl: env('BASE_URL').BASE_URL,
    now,
  }),
);
