import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { evidenceKey, layout } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import { mustBe } from '../../domain/change.ts';
import { needsPackage, packaged } from '../../domain/delivery.ts';
import { ManifestMismatch } from '../../domain/errors.ts';
import type { Manifest, ManifestFile } from '../../domain/manifest.ts';
import type { Case } from '../../domain/request.ts';
import type { Files } from '../aws/files.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { type OfRequest, type StepDeps, step } from '../lib/step.ts';
import { onTask } from '../lib/task.ts';
import { verified } from '../lib/verified.ts';
import { type ZipMember, zip } from '../lib/zip.ts';

interface Deps extends StepDeps {
  readonly files: Files;
}

/** Days that the download link works (security.md 3.3). */
const lifeDays = 14;

/** The manifest's files that the approved rights are answered with. */
const approvedFiles = ({ rights }: Case, { files: all }: Manifest): ManifestFile[] => {
  const approved = rights.filter(({ status }) => status === 'APPROVED').map(({ right }) => right);
  return all.filter(({ right }) => approved.includes(right ?? 'access'));
};

const textMember = (path: string, text: string): ZipMember => {
  const content = Buffer.from(text);
  return { path, bytes: content.length, crc32: crc32(content), open: () => [content] };
};

const sumsOf = (sums: readonly (readonly [path: string, sha256: string])[]): string =>
  sums.map(([path, sum]) => `${sum}  ${path}\n`).join('');

/** The approved files as they lie, each checked against the manifest as it is copied; then the manifest and the sums. */
const membersOf = (held: Case, text: string, from: Files): ZipMember[] => {
  const { evidence, round, language } = held.request;
  const approved = approvedFiles(held, JSON.parse(text) as Manifest);
  const member = ({ path, bytes, crc32: sum, sha256: content, packed }: ManifestFile): ZipMember => ({
    path,
    bytes,
    crc32: sum,
    ...(packed ? { deflated: packed.bytes } : {}),
    async *open() {
      yield* verified(await from.read(evidenceKey(evidence, round, path)), packed?.sha256 ?? content);
    },
  });
  const sums = approved.map(({ path, sha256: sum }) => [path, sum] as const);
  return [
    ...approved.map(member),
    textMember('manifest.json', text),
    textMember(layout(language).sums, sumsOf([...sums, ['manifest.json', sha256(text)]])),
  ];
};

const readManifest = async ({ request }: Case, from: Files): Promise<string> => {
  const text = await from.readText(evidenceKey(request.evidence, request.round, 'manifest.json'));
  if (sha256(text) !== request.manifest?.hash) throw new ManifestMismatch('stored manifest is not the approved one');
  return text;
};

/** Builds the answer from exactly the files of the manifest that the DPO approved, and refuses any other content. */
export const buildPackage = step(async ({ requestId }: OfRequest, deps: Deps) => {
  const held = await deps.cases.read(requestId);
  mustBe(held.request, 'APPROVED', 'DELIVERED');
  if (held.request.package || !needsPackage(held)) return;
  const key = `packages/${randomBytes(16).toString('hex')}.zip`;
  const members = membersOf(held, await readManifest(held, deps.files), deps.files);
  // A file that is not the approved one ends the upload too: no half package becomes visible (F09).
  const { bytes, sha256: sum } = await deps.files.write(key, zip(members), 'application/zip');
  const builtAt = deps.now();
  const expiresAt = new Date(builtAt.getTime() + lifeDays * 86_400_000).toISOString();
  await deps.cases.change(requestId, (current) =>
    packaged(current, { key, bytes, sha256: sum, builtAt: builtAt.toISOString(), expiresAt }, builtAt),
  );
});

export const handler = onTask(buildPackage, () => ({ cases: cases(), files: files(), now }));
