import { evidenceKey } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import { review } from '../../domain/decision.ts';
import { waitingFor } from '../../domain/gathering.ts';
import { type Manifest, type ManifestFile, manifestText } from '../../domain/manifest.ts';
import type { Case, SourceRecord } from '../../domain/request.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { letterBy, type WriteLetter } from '../aws/letter.ts';
import { ofRound } from '../lib/answer-facts.ts';
import { type AnswerDeps, partsOf, writeAnswerFiles } from '../lib/answer-files.ts';
import { env } from '../lib/env.ts';
import { materialise } from '../lib/given.ts';
import { log } from '../lib/log.ts';
import { readConfig, readMap } from '../lib/settings.ts';
import { OfRequest, type StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

interface Deps extends StepDeps, AnswerDeps {
  readonly writeLetter: WriteLetter;
}

/** The manifest of one round: what the systems answered, and the files of each right that is answered with data. */
const manifestOf = (held: Case, pages: readonly ManifestFile[]): Manifest => {
  const asked: readonly string[] = partsOf(held);
  const records = ofRound(held).sort((a, b) => (a.system < b.system ? -1 : 1));
  const files = records.flatMap(({ collections }) => collections.flatMap(({ files: list }) => list));
  return {
    version: 1,
    reference: held.request.reference,
    round: held.request.round,
    language: held.request.language,
    dataMap: held.request.dataMap ?? '',
    systems: records.map(({ system, state, rows, documents, reason }) => ({ system, state, rows, documents, reason })),
    files: [...pages, ...files]
      .filter(({ right }) => asked.includes(right ?? 'access'))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
};

/** The case with what owners gave written among the answer's files. */
const withGiven = async (held: Case, { files: to, cases: record, map }: Deps): Promise<Case> => {
  if (held.request.status !== 'GATHERING' || waitingFor(held).length > 0) return held;
  const systems = Object.keys(map.systems);
  const sources = [];
  for (const source of held.sources) {
    const whole = source.round === held.request.round ? await materialise(held, source, systems, to) : source;
    if (whole !== source) await record.putSource(held.request.requestId, whole);
    sources.push(whole);
  }
  return { ...held, sources };
};

const total = (records: readonly SourceRecord[], of: 'rows' | 'documents') =>
  records.reduce((sum, record) => sum + record[of], 0);

/**
 * Closes a round when every system has answered: writes the manifest of every file the person would get, and asks the DPO to decide on
 * exactly that (security.md 3.5). While an owner is still to answer it leaves the request as it is; their answer starts this step again.
 */
export const askToDecide = task({
  input: OfRequest,
  async run({ requestId }, deps: Deps) {
    const held = await withGiven(await deps.cases.read(requestId), deps);
    if (held.request.status !== 'GATHERING') return { requestId, waiting: 0 };
    const waiting = waitingFor(held);
    if (waiting.length > 0) {
      log.info('waiting for owners', { requestId, count: waiting.length });
      return { requestId, waiting: waiting.length };
    }
    const letter = partsOf(held).includes('access') ? [await deps.writeLetter(requestId)] : [];
    const manifest = manifestText(manifestOf(held, [...letter, ...(await writeAnswerFiles(held, deps))]));
    const key = evidenceKey(held.request.evidence, held.request.round, 'manifest.json');
    await deps.files.writeText(key, manifest, 'application/json');
    const shown = {
      hash: sha256(manifest),
      rows: total(ofRound(held), 'rows'),
      documents: total(ofRound(held), 'documents'),
    };
    await deps.cases.change(requestId, (current) => review(current, shown, deps.now()));
    return { requestId, waiting: 0 };
  },
});

export const handler = onTask(askToDecide, () => ({
  cases: cases(),
  files: files(),
  now,
  config: readConfig(),
  map: readMap().map,
  writeLetter: letterBy(env('LETTER_FUNCTION').LETTER_FUNCTION),
}));
