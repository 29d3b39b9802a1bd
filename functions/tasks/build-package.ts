import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { ZipFile } from 'yazl';
import { evidenceKey, layout } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import { mustBe } from '../../domain/change.ts';
import { needsPackage, packaged } from '../../domain/delivery.ts';
import { ManifestMismatch } from '../../domain/errors.ts';
import type { Manifest } from '../../domain/manifest.ts';
import type { Case } from '../../domain/request.ts';
import type { Files } from '../aws/files.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { hashing } from '../lib/hashing.ts';
import { type OfRequest, type StepDeps, step } from '../lib/step.ts';
import { onTask } from '../lib/task.ts';

interface Deps extends StepDeps {
  readonly files: Files;
}

/** Days that the download link works (security.md 3.3). */
const lifeDays = 14;
/** Every entry carries the same time, so that the same manifest gives the same bytes. */
const mtime = new Date('2000-01-01T00:00:00Z');

const sumsOf = (manifest: Manifest, manifestHash: string): string =>
  [...manifest.files.map(({ sha256: sum, path }) => [path, sum] as const), ['manifest.json', manifestHash] as const]
    .map(([path, sum]) => `${sum}  ${path}\n`)
    .join('');

/** Adds the manifest's files one after the other, each checked against its hash as it flows. */
const addFiles = async (zip: ZipFile, held: Case, manifest: Manifest, from: Files) => {
  for (const { path, sha256: wanted } of manifest.files) {
    const source = await from.read(evidenceKey(held.request.evidence, held.request.round, path));
    const checked = source.pipe(hashing(wanted));
    source.on('error', (error) => checked.destroy(error));
    zip.addReadStream(checked, path, { mtime, mode: 0o100644 });
    await new Promise((resolve, reject) => checked.once('end', resolve).once('error', reject));
  }
};

const readManifest = async (held: Case, from: Files) => {
  const { evidence, round, manifest } = held.request;
  const text = await from.readText(evidenceKey(evidence, round, 'manifest.json'));
  if (sha256(text) !== manifest?.hash) throw new ManifestMismatch('stored manifest is not the approved one');
  return { text, manifest: JSON.parse(text) as Manifest };
};

/** Streams the ZIP into the bucket: never the whole in memory or on disk. */
const zipTo = async (key: string, held: Case, to: Files) => {
  const { text, manifest } = await readManifest(held, to);
  const zip = new ZipFile();
  const through = zip.outputStream.pipe(new PassThrough());
  zip.on('error', (error) => through.destroy(error));
  const written = to.write(key, through, 'application/zip');
  const filled = addFiles(zip, held, manifest, to).then(() => {
    zip.addBuffer(Buffer.from(text), 'manifest.json', { mtime, mode: 0o100644 });
    zip.addBuffer(Buffer.from(sumsOf(manifest, sha256(text))), layout(held.request.language).sums, {
      mtime,
      mode: 0o100644,
    });
    zip.end();
  });
  // A file that is not the approved one ends the upload too: no half package becomes visible (F09).
  filled.catch((error) => through.destroy(error));
  await filled;
  return written;
};

/** Builds the answer from exactly the files of the manifest that the DPO approved, and refuses any other content. */
export const buildPackage = step(async ({ requestId }: OfRequest, deps: Deps) => {
  const held = await deps.cases.read(requestId);
  mustBe(held.request, 'APPROVED', 'DELIVERED');
  if (held.request.package || !needsPackage(held)) return;
  const key = `packages/${randomBytes(16).toString('hex')}.zip`;
  const written = await zipTo(key, held, deps.files);
  const builtAt = deps.now();
  const expiresAt = new Date(builtAt.getTime() + lifeDays * 86_400_000).toISOString();
  await deps.cases.change(requestId, (current) =>
    packaged(current, { key, ...written, builtAt: builtAt.toISOString(), expiresAt }, builtAt),
  );
});

export const handler = onTask(buildPackage, () => ({ cases: cases(), files: files(), now }));
