import { evidenceKey, layout } from '../../domain/answer-layout.ts';
import { sha256 } from '../../domain/canonical.ts';
import { complaintBody } from '../../domain/complaint-bodies.ts';
import type { Config } from '../../domain/config.ts';
import type { Row } from '../../domain/connector.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { review } from '../../domain/decision.ts';
import { waitingFor } from '../../domain/gathering.ts';
import { type Manifest, type ManifestFile, manifestText } from '../../domain/manifest.ts';
import type { Case, SourceRecord } from '../../domain/request.ts';
import type { AnswerCollection, AnswerFacts, AnswerSystem } from '../../web/package/answer.ts';
import { readme, startPage } from '../../web/package/start-page.tsx';
import type { Files } from '../aws/files.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { materialise } from '../lib/given.ts';
import { log } from '../lib/log.ts';
import { readConfig, readMap } from '../lib/settings.ts';
import { OfRequest, type StepDeps } from '../lib/step.ts';
import { onTask, task } from '../lib/task.ts';

interface Deps extends StepDeps {
  readonly files: Files;
  readonly map: DataMap;
  readonly config: Config;
}

/** Rows of each collection that the start page shows; all are in the files beside it. */
const sampleRows = 200;
/** Beyond this a JSON file is not read back for the page. */
const sampleBytes = 1_000_000;

const ofRound = ({ request, sources }: Case): SourceRecord[] => sources.filter(({ round }) => round === request.round);

const ranks: readonly SourceRecord['state'][] = ['FAILED', 'PARTIAL', 'MANUAL', 'OK', 'EMPTY', 'EXCLUDED'];

/** A system that was asked in two waves counts as its worse half. */
const mergedState = (records: readonly SourceRecord[]): SourceRecord['state'] =>
  ranks.find((state) => records.some((record) => record.state === state)) ?? 'FAILED';

const sampleOf = async (held: Case, { files: from }: Deps, file: ManifestFile | undefined): Promise<Row[]> => {
  if (!file || file.bytes > sampleBytes) return [];
  const text = await from.readText(evidenceKey(held.request.evidence, held.request.round, file.path));
  return (JSON.parse(text) as { records: Row[] }).records.slice(0, sampleRows);
};

const answerCollection = async (
  held: Case,
  deps: Deps,
  { name, rows, files: list }: SourceRecord['collections'][number],
): Promise<AnswerCollection> => {
  const json = list.find(({ path }) => path.endsWith(`/${name}.json`));
  const csv = list.find(({ path }) => path.endsWith(`/${name}.csv`));
  const documents = list.filter((file) => file !== json && file !== csv);
  return { name, rows, sample: await sampleOf(held, deps, json), json: json?.path, csv: csv?.path, documents };
};

const answerSystem = async (held: Case, deps: Deps, name: string): Promise<AnswerSystem | undefined> => {
  const system = deps.map.systems[name];
  if (!system) return undefined;
  const records = ofRound(held).filter((record) => record.system === name);
  const described = records.flatMap(({ collections }) => collections.filter((each) => each.name in system.collections));
  const others = records.flatMap(({ collections }) => collections.filter((each) => !(each.name in system.collections)));
  return {
    name,
    system,
    state: mergedState(records),
    reason: records.find(({ reason }) => reason)?.reason,
    collections: await Promise.all(described.map((each) => answerCollection(held, deps, each))),
    files: others.flatMap(({ files: list }) => list),
  };
};

const factsOf = async (held: Case, deps: Deps): Promise<AnswerFacts> => {
  const { request, rights } = held;
  const { organisation, dpo, timeZone, country } = deps.config;
  const systems = await Promise.all(
    Object.keys(deps.map.systems)
      .sort()
      .map((name) => answerSystem(held, deps, name)),
  );
  return {
    language: request.language,
    organisation,
    dpo,
    timeZone,
    reference: request.reference,
    person: { name: request.person.name, email: request.person.email },
    rights: rights.map(({ right }) => right),
    receivedAt: request.receivedAt,
    // The last answer of a system: building the same round twice gives the same bytes.
    gatheredAt: ofRound(held).reduce((latest, { at }) => (at > latest ? at : latest), request.receivedAt),
    authority: complaintBody(country),
    systems: systems.filter((system) => system !== undefined),
  };
};

/** Writes the pages that explain the answer, and says their place, size and hash. */
const writePages = async (held: Case, deps: Deps): Promise<ManifestFile[]> => {
  const facts = await factsOf(held, deps);
  const names = layout(held.request.language);
  const pages = [
    { path: names.start, text: startPage(facts), type: 'text/html; charset=utf-8' },
    { path: names.readme, text: readme(facts), type: 'text/plain; charset=utf-8' },
  ];
  const key = (path: string) => evidenceKey(held.request.evidence, held.request.round, path);
  return Promise.all(
    pages.map(async ({ path, text, type }) => ({ path, ...(await deps.files.writeText(key(path), text, type)) })),
  );
};

const manifestOf = (held: Case, pages: readonly ManifestFile[]): Manifest => {
  const records = ofRound(held).sort((a, b) => (a.system < b.system ? -1 : 1));
  const files = records.flatMap(({ collections }) => collections.flatMap(({ files: list }) => list));
  return {
    version: 1,
    reference: held.request.reference,
    round: held.request.round,
    language: held.request.language,
    dataMap: held.request.dataMap ?? '',
    systems: records.map(({ system, state, rows, documents, reason }) => ({ system, state, rows, documents, reason })),
    files: [...pages, ...files].sort((a, b) => (a.path < b.path ? -1 : 1)),
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
    const manifest = manifestText(manifestOf(held, await writePages(held, deps)));
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
}));
