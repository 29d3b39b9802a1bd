import { evidenceKey, placesKey } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { review } from '../../domain/decision.ts';
import { Conflict } from '../../domain/errors.ts';
import { inForce, keptWaitingBy, tellLacking, turnOf } from '../../domain/gathering.ts';
import { byCollection } from '../../domain/left-out.ts';
import { type Manifest, manifestText } from '../../domain/manifest.ts';
import { provided } from '../../domain/provided.ts';
import type { Case, StoredFile } from '../../domain/request.ts';
import { lastSent, ofThisAnswer } from '../../domain/supplement.ts';
import type { Files } from '../aws/files.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { letterBy, type WriteLetter } from '../aws/letter.ts';
import { type AnswerDeps, partsOf, writeAnswerFiles } from '../lib/answer-files.ts';
import { newAttempt } from '../lib/attempt.ts';
import { type Held, withCuts } from '../lib/cutting.ts';
import { documentsOf } from '../lib/document-list.ts';
import { env } from '../lib/env.ts';
import { materialise } from '../lib/given.ts';
import { log } from '../lib/log.ts';
import { mapOf } from '../lib/request-map.ts';
import { readConfig } from '../lib/settings.ts';
import { OfRequest, type StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

interface Given extends StepDeps, Omit<AnswerDeps, 'map'> {
  readonly writeLetter: WriteLetter;
}
type Deps = Given & AnswerDeps;

/** The manifest of one round: what the systems answered, and the files of each right that is answered with data. */
const manifestOf = ({ held, heldBack, cuts }: { held: Case } & Held, files: readonly StoredFile[]): Manifest => {
  const records = inForce(held).sort((a, b) => (a.system < b.system ? -1 : 1));
  const addedTo = lastSent(held.request)?.manifest;
  return {
    version: 1,
    reference: held.request.reference,
    round: held.request.round,
    ...(addedTo ? { addedTo } : {}),
    language: held.request.language,
    dataMap: held.request.dataMap ?? '',
    systems: records.map(({ system, state, rows, documents, reason }) => ({ system, state, rows, documents, reason })),
    ...(heldBack.length > 0 ? { heldBack, cuts } : {}),
    files: files.map(({ attempt: _, name: __, ...file }) => file),
  };
};

/** The case with what owners gave written among the answer's files. */
const withGiven = async (held: Case, attempt: string, { files, cases: record, map }: Deps): Promise<Case> => {
  const place = { systems: Object.keys(map.systems), files, attempt };
  const sources = [];
  for (const source of inForce(held)) {
    const whole = await materialise(held, source, place);
    if (whole !== source) await record.putSource(held.request.requestId, whole);
    sources.push(whole);
  }
  return { ...held, sources };
};

/** The files of every right that is answered with data, in the order of their paths. */
const filesOf = async (held: Case, pages: readonly StoredFile[], files: Files): Promise<StoredFile[]> => {
  const asked: readonly string[] = partsOf(held);
  const { evidence } = held.request;
  const found = inForce(held).flatMap(({ system, collections }) =>
    collections.map(async (each) => [...each.files, ...(await documentsOf({ evidence, system }, each, files))]),
  );
  return [...pages, ...(await Promise.all(found)).flat()]
    .filter(({ right }) => asked.includes(right ?? 'access'))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
};

/** Writes the manifest and the list of where its files lie; answers what the DPO is shown. */
const writeManifest = async (whole: Case, attempt: string, deps: Deps) => {
  const { evidence, requestId } = whole.request;
  const cut = await withCuts(whole, await deps.cases.marks(requestId), attempt, deps);
  const { held, heldBack } = cut;
  const said = { requestId, attempt, heldBack, sources: [...held.sources] };
  const letter = partsOf(held).includes('access') ? [await deps.writeLetter(said)] : [];
  const pages = [...letter, ...(await writeAnswerFiles(held, attempt, heldBack, deps))];
  const files = await filesOf(held, pages, deps.files);
  const text = manifestText(manifestOf(cut, files));
  const places = JSON.stringify(Object.fromEntries(files.map(({ path, attempt: by }) => [path, by])));
  await deps.files.writeText(placesKey(evidence, attempt), places, 'application/json');
  await deps.files.writeText(evidenceKey(evidence, attempt, 'manifest.json'), text, 'application/json');
  const lost = cut.lost.length > 0 ? { lost: cut.lost } : {};
  const kept = heldBack.length > 0 ? { heldBack: byCollection(heldBack) } : {};
  return { hash: sha256(text), ...sizeOf(held, deps.map), attempt, ...lost, ...kept };
};

/** What systems answered, in a word that changes when one of them does. */
const stampOf = (held: Case): string =>
  inForce(held)
    .map((source) => `${turnOf(source)} ${source.at}`)
    .sort()
    .join();

const total = (counted: readonly Record<'rows' | 'documents', number>[], of: 'rows' | 'documents') =>
  counted.reduce((sum, each) => sum + each[of], 0);

/** How much the answer holds: without access only tables with what the person provided. */
const sizeOf = (held: Case, { systems }: DataMap) => {
  const records = inForce(held);
  if (partsOf(held).includes('access')) return { rows: total(records, 'rows'), documents: total(records, 'documents') };
  const tables = records.flatMap(({ system, collections }) =>
    collections.filter(({ name }) => {
      const of = systems[system]?.collections[name];
      return of && provided(of);
    }),
  );
  return { rows: total(tables, 'rows'), documents: 0 };
};

/**
 * Closes a round when every system has answered: writes the manifest of every file the person would get, and asks the DPO to decide on
 * exactly that (security.md 3.5). While an owner is still to answer it leaves the request as it is; their answer starts this step again.
 */
export const askToDecide = task({
  input: OfRequest,
  async run({ requestId }, given: Given) {
    const held = await given.cases.read(requestId);
    if (held.request.status !== 'GATHERING') return { requestId, waiting: 0 };
    const waiting = keptWaitingBy(held);
    if (waiting.length > 0) {
      await given.cases.change(requestId, tellLacking);
      log.info('waiting for owners', { requestId, count: waiting.length });
      return { requestId, waiting: waiting.length };
    }
    const deps: Deps = { ...given, map: await mapOf(held.request, given.files) };
    const attempt = newAttempt();
    const shown = await writeManifest(await withGiven(ofThisAnswer(held), attempt, deps), attempt, deps);
    await deps.cases.change(requestId, (current) => {
      // A system answered late: its answer is not in this manifest.
      if (stampOf(current) !== stampOf(held)) throw new Conflict('a system answered meanwhile');
      return review(current, shown, deps.now());
    });
    return { requestId, waiting: 0 };
  },
});

export const handler = onTask(askToDecide, () => ({
  cases: cases(),
  files: files(),
  now,
  config: readConfig(),
  writeLetter: letterBy(env('LETTER_FUNCTION').LETTER_FUNCTION),
}));
