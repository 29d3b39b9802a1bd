import type { Readable } from 'node:stream';
import {
  documentPath,
  evidenceKey,
  ownerCollection,
  ownerTextName,
  shownName,
  systemFolder,
  textContent,
  uploadedName,
} from '../../domain/answer-layout.ts';
import { fileProblem, headBytes, sizeProblem } from '../../domain/file-kinds.ts';
import type { Case, SourceRecord } from '../../domain/request.ts';
import type { Place } from './collection-files.ts';
import { listDocuments } from './document-list.ts';
import type { Content } from './packing.ts';

async function* together(first: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>) {
  yield* first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** An upload's bytes, or undefined for one that is not what its name says: the form may have brought it after the owner saw the page (T48). */
const taken = async (name: string, from: Readable): Promise<AsyncIterable<Uint8Array> | undefined> => {
  const flow = from[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let head = Buffer.alloc(0);
  while (head.length < headBytes) {
    const { value, done } = await flow.next();
    if (done) break;
    first.push(value);
    head = Buffer.concat([head, value]);
  }
  if (!fileProblem(name, head.toString('latin1', 0, headBytes))) return together(first, flow);
  from.destroy();
  return undefined;
};

/**
 * Puts what a data owner gave among the answer's files, under names of ours, each hashed as it flows. Doing it again writes the same.
 * Answers the record with its files, and without the text, which then stands in one place only.
 */
export const materialise = async (
  held: Case,
  source: SourceRecord,
  { systems, files, attempt }: Pick<Place, 'systems' | 'files' | 'attempt'>,
) => {
  const { given, ...rest } = source;
  if (!given) return source;
  const { language, evidence } = held.request;
  const folder = systemFolder(systems, source.system, language);
  const put = async (path: string, from: Content, type: string) => ({
    path,
    attempt,
    ...(await files.write(evidenceKey(evidence, attempt, path), from, type)),
  });
  const typed = given.text
    ? [await put(`${folder}/${ownerTextName(language)}`, [textContent(given.text)], 'text/plain')]
    : [];
  const kept = [];
  for (const { key, bytes } of await files.list(given.uploads)) {
    const name = uploadedName(key, given.uploads);
    if (sizeProblem(bytes)) continue;
    const content = await taken(name, await files.read(key));
    const path = documentPath(folder, 'owner', kept.length + 1, name, language);
    if (content) kept.push({ ...(await put(path, content, 'application/octet-stream')), name: shownName(name) });
  }
  const list = await listDocuments({ evidence, attempt, system: source.system, name: ownerCollection }, kept, files);
  const collection = { name: ownerCollection, rows: typed.length, documents: kept.length, files: typed, ...list };
  return { ...rest, rows: typed.length, documents: kept.length, collections: [collection] } satisfies SourceRecord;
};
