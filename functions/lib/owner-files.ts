import { randomBytes } from 'node:crypto';
import { filesRemoved } from '../../domain/gathering.ts';
import { namesCase } from '../../domain/request.ts';
import { type FilesProblem, ownerFilesPage } from '../../web/pages/owner-files.tsx';
import { isOpenTask, type OwnerDeps, type Task, taskIn } from './owner-task.ts';
import type { Answer, Visit } from './page.ts';
import { text } from './typed.ts';

/** 16 signs that keep uploads of one name apart, in the order in which they were added. */
const apart = (now: Date): string => `${now.getTime().toString(16).padStart(12, '0')}${randomBytes(2).toString('hex')}`;

const show = async (visit: Visit, task: Task, problems: readonly FilesProblem[], deps: OwnerDeps): Promise<Answer> => {
  const uploaded = await deps.uploads.list(task.prefix);
  const upload = await deps.uploads.form(`${task.prefix}${apart(deps.now())}-`, `${deps.baseUrl}${task.filesPage}`);
  const html = ownerFilesPage({
    ...deps.look(visit, task.system.owner.language),
    task,
    uploaded: uploaded.map((file) => ({ ...file, id: file.key.slice(task.prefix.length) })),
    upload,
    problems,
    chosen: visit.fields.get('remove') ?? [],
  });
  return { status: problems.length > 0 ? 400 : 200, html, formTo: new URL(upload.url).origin };
};

/** Takes files away again: the record says so first. Files of other tasks can't be named. */
const remove = async (visit: Visit, task: Task, deps: OwnerDeps): Promise<Answer> => {
  const { requestId } = task.held.request;
  const named = (visit.fields.get('remove') ?? []).map((id) => `${task.prefix}${id}`);
  const keys = (await deps.uploads.list(task.prefix)).map(({ key }) => key).filter((key) => named.includes(key));
  const problems: FilesProblem[] = [
    ...(keys.length === 0 ? ['remove' as const] : []),
    ...(namesCase(task.held.request, text(visit, 'last4')) ? [] : ['last4' as const]),
  ];
  if (problems.length > 0) return show(visit, task, problems, deps);
  await deps.cases.change(requestId, (held) => filesRemoved(held, task.by, keys.length));
  await deps.uploads.remove(keys);
  return { location: task.filesPage };
};

/** The files of an owner's task: what is there, a form that adds one, and one that takes some away. */
export const ownersFiles = async (visit: Visit, deps: OwnerDeps): Promise<Answer> => {
  const task = await taskIn(visit, deps);
  // S3 sends the browser back with the object's key in the address: it goes no further.
  if (visit.method === 'GET' && visit.query.has('key')) return { location: task.filesPage };
  if (!isOpenTask(task)) return { location: task.page };
  return visit.method === 'GET' ? show(visit, task, [], deps) : remove(visit, task, deps);
};
