import { documentPath, evidenceKey, systemFolder, uploadedName } from '../../domain/answer-layout.ts';
import type { Case, SourceRecord } from '../../domain/request.ts';
import type { Place } from './collection-files.ts';

async function* asText(typed: string) {
  // Windows' own editor needs both.
  yield `\uFEFF${typed.replaceAll(/\r?\n/g, '\r\n')}\r\n`;
}

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
  const put = async (path: string, from: AsyncIterable<Uint8Array | string>, type: string) => ({
    path,
    attempt,
    ...(await files.write(evidenceKey(evidence, attempt, path), from, type)),
  });
  const typed = given.text
    ? [await put(`${folder}/${language === 'da' ? 'svar' : 'answer'}.txt`, asText(given.text), 'text/plain')]
    : [];
  const kept = [];
  const taken = (await files.keys(given.uploads)).filter((key) => !given.refused?.includes(key));
  for (const [index, key] of taken.entries()) {
    const path = documentPath(folder, 'owner', index + 1, uploadedName(key, given.uploads), language);
    kept.push(await put(path, await files.read(key), 'application/octet-stream'));
  }
  const collection = { name: 'owner', rows: typed.length, documents: kept.length, files: [...typed, ...kept] };
  return { ...rest, rows: typed.length, documents: kept.length, collections: [collection] } satisfies SourceRecord;
};
