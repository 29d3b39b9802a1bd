import { randomBytes } from 'node:crypto';
import type { Owner } from '../../domain/change.ts';
import type { DataMap, System } from '../../domain/data-map.ts';
import { awaitsOwner, inForce, isOpen, type OwnerAnswer, ownerAnswered } from '../../domain/gathering.ts';
import { type Case, namesCase } from '../../domain/request.ts';
import { ownerPage } from '../../web/pages/owner.tsx';
import type { Cases } from '../aws/cases.ts';
import { type EvidenceFiles, evidenceFiles } from '../aws/evidence.ts';
import { cases, now, tokens } from '../aws/from-env.ts';
import type { Tokens } from '../aws/tokens.ts';
import { type Uploads, uploads } from '../aws/uploads.ts';
import { env } from '../lib/env.ts';
import { type Look, look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { mapNow } from '../lib/request-map.ts';
import { opened, openLink } from '../lib/session.ts';
import { readMap } from '../lib/settings.ts';

interface Deps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly uploads: Uploads;
  readonly map: DataMap;
  readonly files: EvidenceFiles;
  readonly look: Look;
  readonly baseUrl: string;
  readonly now: () => Date;
}

/** One owner's task: the system, and the place for what they give. */
interface Task {
  readonly held: Case;
  readonly name: string;
  readonly system: System;
  /** Where uploads wait until the answer is sent. */
  readonly prefix: string;
  /** Whose link it is. */
  readonly by: Owner;
  readonly late?: boolean;
}

export interface OwnerProblem {
  readonly field: 'answer' | 'text' | 'last4' | 'name';
  readonly problem: 'choose' | 'give-something' | 'given' | 'last4' | 'too-long' | 'name';
}

const longestText = 8_000;
const text = ({ fields }: Visit, name: string): string => (fields.get(name)?.[0] ?? '').trim();

const taskOf = (held: Case, name: string, by: string, map: DataMap): Task => {
  const system = map.systems[name];
  if (!system) throw new Refusal(404);
  const asked = inForce(held).find((source) => source.system === name && isOpen(source));
  const prefix = `${held.request.evidence}/r${asked?.round ?? held.request.round}/uploads/${name}/`;
  return { held, name, system, prefix, by: by as Owner };
};

/** 16 signs that keep uploads of one name apart, in the order in which they were added. */
const apart = (now: Date): string => `${now.getTime().toString(16).padStart(12, '0')}${randomBytes(2).toString('hex')}`;

const openTask = ({ held, name }: Task): boolean => awaitsOwner(held, name);

const show = async (visit: Visit, task: Task, problems: readonly OwnerProblem[], deps: Deps): Promise<Answer> => {
  const open = openTask(task);
  const uploaded = open ? await deps.uploads.list(task.prefix) : [];
  const form = open
    ? await deps.uploads.form(`${task.prefix}${apart(deps.now())}-`, `${deps.baseUrl}${visit.path}`)
    : undefined;
  const typed = Object.fromEntries([...visit.fields].map(([field, [value = '']]) => [field, value]));
  const site = deps.look(visit, task.system.owner.language);
  const html = ownerPage({ ...site, ...task, now: deps.now(), open, uploaded, upload: form, problems, typed });
  return { status: problems.length > 0 ? 400 : 200, html, ...(form ? { formTo: new URL(form.url).origin } : {}) };
};

const problemsOf = (visit: Visit, { held }: Task, uploaded: number): OwnerProblem[] => {
  const answer = text(visit, 'answer');
  const gave = text(visit, 'text') !== '' || uploaded > 0;
  const found: OwnerProblem[] = [];
  if (!['found', 'nothing', 'not-me'].includes(answer)) found.push({ field: 'answer', problem: 'choose' });
  else if (answer !== 'found' && gave) found.push({ field: 'answer', problem: 'given' });
  if (answer === 'found' && !gave) found.push({ field: 'text', problem: 'give-something' });
  if (text(visit, 'text').length > longestText) found.push({ field: 'text', problem: 'too-long' });
  if (answer === 'not-me' && !text(visit, 'name')) found.push({ field: 'name', problem: 'name' });
  if (text(visit, 'name').length > 200) found.push({ field: 'name', problem: 'too-long' });
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

const answer = async (visit: Visit, task: Task, deps: Deps): Promise<Answer> => {
  const taken = (await deps.uploads.list(task.prefix)).filter(({ problem }) => !problem);
  const problems = problemsOf(visit, task, taken.length);
  if (problems.length > 0) return show(visit, task, problems, deps);
  const answered = given(visit, task, taken.length);
  await deps.cases.change(task.held.request.requestId, (held) => ownerAnswered(held, task.by, answered, deps.now()));
  return { location: visit.path };
};

/** Somebody else answered first, or the request ended: what was sent is not taken, and the page says so. */
const tooLate = async (visit: Visit, task: Task, deps: Deps): Promise<Answer> => ({
  ...(await show(visit, { ...task, late: true }, [], deps)),
  status: 409,
});

const ownerPages = (deps: Deps) => ({
  'GET /o/{token}': (visit: Visit) =>
    openLink(visit, deps.tokens, 'owner', ({ reference, about }) => `/task/${reference}/${about}`, deps.now()),

  'ANY /task/{reference}/{system}': async (visit: Visit): Promise<Answer> => {
    const token = await opened(visit, deps.tokens, 'owner', deps.now());
    // S3 sends the browser back with the object's key in the address: it goes no further.
    if (visit.method === 'GET' && visit.query.has('key')) return { location: visit.path };
    const name = visit.parameters.system ?? '';
    if (token.about !== name) throw new Refusal(404);
    const held = await deps.cases.read(token.requestId);
    const task = taskOf(held, name, token.recipient, await mapNow(held.request, deps.map, deps.files));
    if (visit.method === 'GET') return show(visit, task, [], deps);
    if (!openTask(task)) return tooLate(visit, task, deps);
    return answer(visit, task, deps);
  },
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
