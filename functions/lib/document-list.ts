import { documentsKey } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import { ManifestMismatch } from '../../domain/errors.ts';
import type { SourceRecord, StoredFile } from '../../domain/request.ts';

type GatheredCollection = SourceRecord['collections'][number];

interface Where {
  readonly evidence: string;
  readonly attempt: string;
  readonly system: string;
  readonly name: string;
}
interface Texts {
  writeText(key: string, text: string, type: string): Promise<void>;
}

/** Writes down which documents an attempt found in a collection: an item of DynamoDB holds 400 kB, some 2,000 of them. */
export const listDocuments = async (
  { evidence, attempt, system, name }: Where,
  documents: readonly StoredFile[],
  files: Texts,
): Promise<Pick<GatheredCollection, 'listed'>> => {
  if (documents.length === 0) return {};
  const text = documents.map((document) => `${JSON.stringify(document)}\n`).join('');
  await files.writeText(documentsKey(evidence, attempt, system, name), text, 'application/x-ndjson');
  return { listed: { attempt, bytes: Buffer.byteLength(text), sha256: sha256(text) } };
};

/** The documents of a collection, by the list that its record names by hash. */
export const documentsOf = async (
  { evidence, system }: Pick<Where, 'evidence' | 'system'>,
  { name, listed }: Pick<GatheredCollection, 'name' | 'listed'>,
  files: { readText(key: string): Promise<string> },
): Promise<StoredFile[]> => {
  if (!listed) return [];
  const text = await files.readText(documentsKey(evidence, listed.attempt, system, name));
  if (sha256(text) !== listed.sha256) throw new ManifestMismatch('the list of documents is not the one that was noted');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StoredFile);
};
