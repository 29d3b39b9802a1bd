import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { evidenceKey, layout, placesKey } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import type { Config } from '../../domain/config.ts';
import { needsPackage, packaged, sends } from '../../domain/delivery.ts';
import { ManifestMismatch } from '../../domain/errors.ts';
import { type Manifest, type ManifestFile, textToSend } from '../../domain/manifest.ts';
import { inParts, partFile, partSuffix } from '../../domain/parts.ts';
import { type Case, isGranted } from '../../domain/request.ts';
import type { Files } from '../aws/files.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { errorName } from '../lib/log.ts';
import { readConfig } from '../lib/settings.ts';
import { OfSegment, type StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';
import { verified } from '../lib/verified.ts';
import { type ZipMember, zip } from '../lib/zip.ts';

interface Deps extends StepDeps {
  readonly files: Files;
  readonly config: Config;
}

/** Days that the download link works (security.md 3.3). */
const lifeDays = 14;

const textMember = (path: string, text: string): ZipMember => {
  const content = Buffer.from(text);
  return { path, bytes: content.length, crc32: crc32(content), open: () => [content] };
};

const sumsOf = (sums: readonly (readonly [path: string, sha256: string])[]): string =>
  sums.map(([path, sum]) => `${sum}  ${path}\n`).join('');

/** What S3 says of an object that is not there; without the right to list the bucket it says that one may not. */
const gone = ['NoSuchKey', 'AccessDenied'];

/** A file that is gone is as little the approved one as a changed one. */
const present = async <T>(reading: Promise<T>): Promise<T> => {
  try {
    return await reading;
  } catch (error) {
    throw gone.includes(errorName(error)) ? new ManifestMismatch('a file is gone') : error;
  }
};

const memberOf =
  ({ request }: Case, { places }: Approved, from: Files) =>
  ({ path, bytes, crc32: sum, sha256: content, packed }: ManifestFile): ZipMember => ({
    path,
    bytes,
    crc32: sum,
    ...(packed ? { deflated: packed.bytes } : {}),
    async *open() {
      // Where it lies needs no trust: its bytes are compared.
      const bytes = await present(from.read(evidenceKey(request.evidence, places[path] ?? '', path)));
      yield* verified(bytes, packed?.sha256 ?? content);
    },
  });

/** The approved files as they lie, each checked against the manifest as it is copied; then what the part is, the manifest and the sums. */
const membersOf = (
  held: Case,
  files: readonly ManifestFile[],
  { part, of }: { part: number; of: number },
  approved: Approved,
  from: Files,
): ZipMember[] => {
  const { language } = held.request;
  const { text } = approved;
  const own = of > 1 ? [partFile(part, of, sha256(text), files)] : [];
  const texts = [...own, { path: 'manifest.json', text }];
  const sums = [
    ...files.map(({ path, sha256: sum }) => [path, sum] as const),
    ...texts.map((each) => [each.path, sha256(each.text)] as const),
  ];
  const name = layout(language).sums.replace('.', `${partSuffix(part, of, language)}.`);
  return [
    ...files.map(memberOf(held, approved, from)),
    ...texts.map((each) => textMember(each.path, each.text)),
    textMember(name, sumsOf(sums)),
  ];
};

/** What of the approved manifest goes out, and which attempt wrote each of its files. */
interface Approved {
  readonly text: string;
  readonly places: Readonly<Record<string, string>>;
}

const readApproved = async ({ request, rights }: Case, from: Files): Promise<Approved> => {
  const { hash, attempt } = request.manifest ?? { hash: '', attempt: '' };
  const text = await present(from.readText(evidenceKey(request.evidence, attempt, 'manifest.json')));
  if (sha256(text) !== hash) throw new ManifestMismatch('stored manifest is not the approved one');
  const granted = rights.filter(isGranted).map(({ right }) => right);
  return {
    text: textToSend(text, granted),
    places: JSON.parse(await from.readText(placesKey(request.evidence, attempt))),
  };
};

const writeParts = async (held: Case, { files, config }: Deps) => {
  const approved = await readApproved(held, files);
  const { files: all } = JSON.parse(approved.text) as Manifest;
  const parts = inParts(all, config.delivery.partMegabytes * 1e6);
  const written = [];
  for (const [at, each] of parts.entries()) {
    const key = `packages/${randomBytes(16).toString('hex')}.zip`;
    const members = membersOf(held, each, { part: at + 1, of: parts.length }, approved, files);
    // A file that is not the approved one ends the upload too: no half package becomes visible (F09).
    const { bytes, sha256: sum } = await files.writeZip(key, zip(members));
    written.push({ key, bytes, sha256: sum, downloads: 0 });
  }
  return { parts: written, manifest: sha256(approved.text) };
};

/** Builds the answer from exactly the files of the manifest that the DPO approved, and refuses any other content. */
const build = async (requestId: string, segment: number, deps: Deps): Promise<void> => {
  const held = await deps.cases.read(requestId);
  if (!sends(held, segment) || held.request.package || !needsPackage(held)) return;
  const { parts, manifest } = await writeParts(held, deps);
  const builtAt = deps.now();
  const expiresAt = new Date(builtAt.getTime() + lifeDays * 86_400_000).toISOString();
  await deps.cases.change(requestId, (current) =>
    packaged(current, segment, { parts, builtAt: builtAt.toISOString(), expiresAt }, manifest, builtAt),
  );
};

export const buildPackage = task({
  input: OfSegment,
  async run({ requestId, segment }, deps: Deps) {
    await build(requestId, segment, deps);
    return { requestId };
  },
});

export const handler = onTask(buildPackage, () => ({ cases: cases(), files: files(), now, config: readConfig() }));
