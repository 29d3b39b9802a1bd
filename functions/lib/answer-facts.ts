import { pagePath, systemFolder } from '../../domain/answer-layout.ts';
import { complaintBody } from '../../domain/complaint-bodies.ts';
import type { Config } from '../../domain/config.ts';
import type { Row } from '../../domain/connector.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { inForce } from '../../domain/gathering.ts';
import { type HeldBack, leftOut } from '../../domain/left-out.ts';
import { dataSubject } from '../../domain/representation.ts';
import type { Case, SourceRecord, StoredFile } from '../../domain/request.ts';
import { lastSent } from '../../domain/supplement.ts';
import type { AnswerCollection, AnswerFacts, AnswerSystem } from '../../web/package/answer.ts';

type Gathered = SourceRecord['collections'][number];

/** What the answer's pages are made from, beside the case. `firstRows` reads the rows that a page shows. */
export interface FactDeps {
  readonly map: DataMap;
  readonly config: Config;
  /** What the DPO held back. */
  readonly heldBack?: readonly HeldBack[];
  readonly firstRows: (json: StoredFile) => Promise<Row[]>;
  /** The documents that the pages list. */
  readonly documentsOf: (system: string, collection: Gathered) => Promise<StoredFile[]>;
}

const ranks: readonly SourceRecord['state'][] = ['FAILED', 'PARTIAL', 'MANUAL', 'OK', 'EMPTY', 'EXCLUDED'];

/** A system that was asked in two waves counts as its worse half. */
const mergedState = (records: readonly SourceRecord[]): SourceRecord['state'] =>
  ranks.find((state) => records.some((record) => record.state === state)) ?? 'FAILED';

const sum = (of: readonly Gathered[], what: 'rows' | 'documents'): number =>
  of.reduce((total, each) => total + each[what], 0);

const answerCollection = async (
  { firstRows, documentsOf }: FactDeps,
  system: string,
  collection: Gathered,
): Promise<AnswerCollection> => {
  const { name, rows, files } = collection;
  const own = files.filter(({ right }) => !right);
  const json = own.find(({ path }) => path.endsWith(`/${name}.json`));
  const csv = own.find(({ path }) => path.endsWith(`/${name}.csv`));
  const documents = await documentsOf(system, collection);
  return { name, rows, sample: json ? await firstRows(json) : [], json: json?.path, csv: csv?.path, documents };
};

const answerSystem = async (held: Case, deps: FactDeps, name: string): Promise<AnswerSystem | undefined> => {
  const { systems } = deps.map;
  const system = systems[name];
  if (!system) return undefined;
  const records = inForce(held).filter((record) => record.system === name);
  // A supplement tells of what it adds and of what is still missing.
  if (records.length === 0 && lastSent(held.request)) return undefined;
  const described = records.flatMap(({ collections }) => collections.filter((each) => each.name in system.collections));
  const others = records.flatMap(({ collections }) => collections.filter((each) => !(each.name in system.collections)));
  const filesOf = async (each: Gathered) => [...each.files, ...(await deps.documentsOf(name, each))];
  return {
    name,
    system,
    page: pagePath(systemFolder(Object.keys(systems), name, held.request.language)),
    state: mergedState(records),
    reason: records.find(({ reason }) => reason)?.reason,
    possibleMatches: records.reduce((sum, { possibleMatches }) => sum + possibleMatches, 0),
    collections: await Promise.all(described.map((each) => answerCollection(deps, name, each))),
    files: (await Promise.all(others.map(filesOf))).flat(),
    found: {
      rows: sum(described, 'rows'),
      documents: sum(described, 'documents') + sum(others, 'rows') + sum(others, 'documents'),
    },
  };
};

const refusedBefore = ({ rights }: Case) =>
  rights
    .filter(({ status }) => status === 'REFUSED')
    .map(({ right, decision }) => ({ right, reason: decision?.reason }));

/** Everything that the answer's pages and its letter say. The same round gives the same facts. */
export const answerFacts = async (held: Case, deps: FactDeps): Promise<AnswerFacts> => {
  const { request, rights } = held;
  const { organisation, dpo, timeZone, country } = deps.config;
  const names = Object.keys(deps.map.systems).sort();
  const answered = await Promise.all(names.map((name) => answerSystem(held, deps, name)));
  const systems = answered.filter((system) => system !== undefined);
  const sent = lastSent(request);
  return {
    language: request.language,
    organisation,
    dpo,
    timeZone,
    reference: request.reference,
    person: { name: dataSubject(request).name, email: dataSubject(request).email ?? request.person.email },
    rights: rights.map(({ right }) => right),
    receivedAt: request.receivedAt,
    // The last answer of a system: building the same round twice gives the same bytes.
    gatheredAt: inForce(held).reduce((latest, { at }) => (at > latest ? at : latest), request.receivedAt),
    ...(sent ? { addedTo: { sentAt: sent.at } } : {}),
    authority: complaintBody(country),
    systems,
    leftOut: leftOut(systems, refusedBefore(held), deps.heldBack),
    grounds: deps.config.grounds ?? {},
  };
};
