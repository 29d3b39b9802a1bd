import { inflateRawSync } from 'node:zlib';
import {
  evidenceKey,
  firstFile,
  ownerCollection,
  ownerTextName,
  partRoot,
  placesKey,
  textIn,
} from '../../domain/answer-layout.ts';
import { marked } from '../../domain/ask-again.ts';
import type { Config } from '../../domain/config.ts';
import type { Row } from '../../domain/connector.ts';
import type { DataMap } from '../../domain/data-map.ts';
import { type Decider, doneBy } from '../../domain/deciders.ts';
import { inForce } from '../../domain/gathering.ts';
import { fetchToHandOut } from '../../domain/hand-out.ts';
import { isFree, mustBeFree } from '../../domain/hand-over.ts';
import type { Manifest } from '../../domain/manifest.ts';
import {
  choicesFor,
  contentOf,
  isOf,
  type Mark,
  ownGrounds,
  pathsIn,
  stillFits,
  struckBy,
} from '../../domain/marks.ts';
import { type AnswerZip, zipsOf } from '../../domain/package.ts';
import { findIn, type Names, noNames, type Span } from '../../domain/redaction.ts';
import type { Case, SourceRecord, StoredFile } from '../../domain/request.ts';
import { dataPage, type ReviewProps, rowPage, textPage } from '../../web/pages/review.tsx';
import type { ReviewProblem } from '../../web/pages/review-choice.tsx';
import { markWrite } from '../aws/cases.ts';
import { type EvidenceFiles, evidenceFiles } from '../aws/evidence.ts';
import { cases, counters, now, requestsTable, tokens } from '../aws/from-env.ts';
import { overviewIn } from '../aws/overview.ts';
import { type Presigner, presigner } from '../aws/presign.ts';
import { sessionsIn } from '../aws/sessions.ts';
import type { Link } from '../aws/tokens.ts';
import { namesOfOthers, tableOf } from '../lib/cutting.ts';
import { documentsOf } from '../lib/document-list.ts';
import { type DecidersDeps, forDeciders, hereOf } from '../lib/for-deciders.ts';
import { look, siteOf } from '../lib/look.ts';
import { type Answer, onPage, Refusal, type Visit } from '../lib/page.ts';
import { mapNow } from '../lib/request-map.ts';
import { type Asked, markIn } from '../lib/review-marks.ts';
import { type RowPage, rowsAPage, rowsFrom } from '../lib/row-page.ts';
import { readConfig, readMap } from '../lib/settings.ts';

interface Deps extends DecidersDeps {
  readonly files: EvidenceFiles;
  readonly links: Presigner;
  /** As deployed; what a case is shown by is `mapNow` of it. */
  readonly map: DataMap;
}

/** A page of gathered data, for the link that opened it and the one who decides. */
type ReviewPage = (visit: Visit, link: Link, deps: Deps, by: Decider) => Promise<Answer>;

/** One collection of one case, as a link of the DPO opened it. */
interface Place {
  readonly held: Case;
  readonly source: SourceRecord;
  readonly collection: SourceRecord['collections'][number];
  readonly json: StoredFile | undefined;
  readonly documents: readonly StoredFile[];
  readonly all: readonly Mark[];
  readonly map: DataMap;
}

const placeOf = async (
  visit: Visit,
  { requestId }: Link,
  { cases: record, files, map: deployed }: Deps,
): Promise<Place> => {
  const held = await record.read(requestId);
  const found = inForce(held).flatMap((source) => source.collections.map((collection) => ({ source, collection })));
  const here = found.find(
    ({ source, collection }) =>
      source.system === visit.parameters.source && collection.name === visit.parameters.collection,
  );
  if (!here || held.request.purgedAt) throw new Refusal(404);
  const described = tableOf(here.collection);
  const listed = await documentsOf(
    { evidence: held.request.evidence, system: here.source.system },
    here.collection,
    files,
  );
  const documents = described ? listed : [...here.collection.files, ...listed];
  const marks = await record.marks(requestId);
  const all = marks.filter(
    ({ system, collection }) => system === here.source.system && collection === here.collection.name,
  );
  const map = await mapNow(held.request, deployed, files);
  return { held, ...here, json: described, documents, all, map };
};

/** The choices that mean what the source answered now, of the collection, its documents and these rows. */
const currentMarks = ({ all, source, documents }: Place, { from, rows }: RowPage): Mark[] => {
  const wanted = new Set(all.map(({ row }) => row));
  const contents = rows.flatMap((row, at) => (wanted.has(from + at) ? [[from + at, contentOf(row)] as const] : []));
  const there = new Map(documents.map(({ path, sha256 }) => [path, sha256]));
  return all.filter((mark) => stillFits(mark, { attempt: source.attempt, rows: new Map(contents), documents: there }));
};

const propsOf = (
  visit: Visit,
  place: Place,
  rows: RowPage,
  problems: readonly ReviewProblem[],
  deps: Deps,
): ReviewProps => {
  const { held, source, collection, map } = place;
  const system = map.systems[source.system];
  if (!system) throw new Refusal(404);
  const lost = held.request.manifest?.lost?.find(
    (each) => each.system === source.system && each.collection === collection.name,
  );
  return {
    ...deps.look(visit, undefined),
    reference: held.request.reference,
    system,
    name: collection.name,
    collection: system.collections[collection.name],
    marks: currentMarks(place, rows),
    outdated: lost?.count ?? 0,
    open: held.request.status === 'REVIEW',
    text: textFile(place)?.path,
    sent: { fields: visit.fields, problems },
  };
};

const none: RowPage = { from: 0, total: 0, rows: [] };
const readRows = ({ held, json }: Place, from: number, { files }: Deps): Promise<RowPage> | RowPage =>
  json ? rowsFrom(files, held.request.evidence, json, from) : none;

/** A number in an address. */
const whole = (text: string | null | undefined): number => {
  if (!text || !/^\d{1,9}$/.test(text)) throw new Refusal(404);
  return Number(text);
};

const groundsOf = ({ grounds = {} }: Config): string[] => [...ownGrounds, ...Object.keys(grounds)];

/** Keeps a choice, or shows the page again with what is wrong. */
const choose = async (
  visit: Visit,
  place: Place,
  asked: Asked,
  again: (problems: readonly ReviewProblem[]) => Promise<Answer>,
  deps: Deps,
  by: Decider,
  marksOf: (mark: Mark) => readonly Mark[] = (mark) => [mark],
): Promise<Answer> => {
  if ('problems' in asked) return again(asked.problems);
  const { requestId } = place.held.request;
  if (!isFree(place.held.request, by, deps.config)) return again([{ field: 'choice', problem: 'conflict' }]);
  const writes = marksOf(asked.mark).map((mark) => markWrite(requestId, mark));
  const change = (held: Case) => {
    mustBeFree(held.request, by, deps.config);
    return doneBy(marked(held, asked.mark), by);
  };
  await deps.cases.change(requestId, change, writes);
  return { location: hereOf(visit) };
};

const about = ({ source, collection }: Place) => ({ system: source.system, collection: collection.name });

const targetOf = (visit: Visit): [kind: string, name: string] => {
  const [, kind = '', name = ''] = /^(\w+)(?::(.*))?$/s.exec(visit.fields.get('target')?.[0] ?? '') ?? [];
  return [kind, name];
};

const markOnData = (visit: Visit, place: Place, deps: Deps): Asked => {
  const [kind, name] = targetOf(visit);
  const grounds = groundsOf(deps.config);
  if (kind === 'field' && name) return markIn(visit, { ...about(place), field: name }, grounds);
  const document = kind === 'document' ? place.documents[whole(name)] : undefined;
  if (!document) throw new Refusal(400);
  return markIn(visit, { ...about(place), document: document.path, content: document.sha256 }, grounds);
};

const showData = async (
  visit: Visit,
  place: Place,
  problems: readonly ReviewProblem[],
  deps: Deps,
): Promise<Answer> => {
  const begin = (name: string) => (visit.query.has(name) ? whole(visit.query.get(name)) : 0);
  const rows = await readRows(place, begin('from'), deps);
  const from = begin('documents');
  const { documents: all } = place;
  const html = dataPage({
    ...propsOf(visit, place, rows, problems, deps),
    ...rows,
    perPage: rowsAPage,
    documents: { from, total: all.length, shown: all.slice(from, from + rowsAPage) },
  });
  return { status: problems.length > 0 ? 400 : 200, html };
};

/** A document as it was found, as a download under a name of ours: nothing of it is shown on our pages (T49). */
const openDocument = async ({ held, documents }: Place, n: number, { links }: Deps): Promise<Answer> => {
  const file = documents[n];
  if (!file) throw new Refusal(404);
  const name = file.path.split('/').at(-1) ?? 'file';
  return { location: await links.presign(evidenceKey(held.request.evidence, file.attempt, file.path), name, 60) };
};

const data: ReviewPage = async (visit, link, deps, by) => {
  const place = await placeOf(visit, link, deps);
  if (visit.query.has('document')) return openDocument(place, whole(visit.query.get('document')), deps);
  if (visit.method === 'GET') return showData(visit, place, [], deps);
  return choose(
    visit,
    place,
    markOnData(visit, place, deps),
    (problems) => showData(visit, place, problems, deps),
    deps,
    by,
  );
};

/** The text that an owner typed: a file of its own. */
const textFile = ({ held, collection, documents }: Pick<Place, 'held' | 'collection' | 'documents'>) =>
  collection.name === ownerCollection
    ? documents.find(({ path }) => path.endsWith(`/${ownerTextName(held.request.language)}`))
    : undefined;

/** The text whole, with what may be about others marked, and what of it goes out. */
const ownersText: ReviewPage = async (visit, link, deps, by) => {
  const place = await placeOf(visit, link, deps);
  const file = textFile(place);
  if (!file) throw new Refusal(404);
  const { request } = place.held;
  const value = textIn(await deps.files.readText(evidenceKey(request.evidence, file.attempt, file.path)));
  const own = place.all.find((mark) => isOf(mark, file));
  const again = async (problems: readonly ReviewProblem[]): Promise<Answer> => {
    const found = findIn(value, await namesOfOthers(place.held, { ...deps, map: place.map }));
    const html = textPage({
      ...propsOf(visit, place, none, problems, deps),
      value,
      found,
      document: file.path,
      struck: struckBy(own, value, noNames),
    });
    return { status: problems.length > 0 ? 400 : 200, html };
  };
  if (visit.method === 'GET') return again([]);
  const of = { ...about(place), document: file.path, content: file.sha256 };
  return choose(visit, place, markIn(visit, of, groundsOf(deps.config), value, { own }), again, deps, by);
};

const textsOf = (row: Row): (readonly [field: string, value: string])[] =>
  Object.entries(row).flatMap(([field, value]) => (typeof value === 'string' ? [[field, value] as const] : []));

/** What is blacked out of each text of a row. */
const struckIn = (place: Place, page: RowPage, row: Row, names: Names): Record<string, Span[]> => {
  const chosen = choicesFor(currentMarks(place, page));
  return Object.fromEntries(
    textsOf(row).map(([field, value]) => [
      field,
      chosen.struck(page.from, field, value, names).map(({ span }) => span),
    ]),
  );
};

const showRow = async (
  visit: Visit,
  place: Place,
  n: number,
  page: RowPage,
  problems: readonly ReviewProblem[],
  deps: Deps,
): Promise<Answer> => {
  const [row] = page.rows;
  if (!row || page.from !== n) throw new Refusal(404);
  const names = await namesOfOthers(place.held, { ...deps, map: place.map });
  const described = place.map.systems[place.source.system]?.collections[place.collection.name];
  const found = Object.fromEntries(
    textsOf(row)
      .filter(([field]) => described?.fields[field]?.freeText)
      .map(([field, value]) => [field, findIn(value, names)]),
  );
  const struck = struckIn(place, page, row, names);
  const html = rowPage({ ...propsOf(visit, place, page, problems, deps), n, total: page.total, row, found, struck });
  return { status: problems.length > 0 ? 400 : 200, html };
};

/** A choice for a whole row is one for its documents, where it has some: they go together. */
const withDocuments = ({ documents }: Place, row: Row) => {
  const paths = new Set(pathsIn(row));
  const own = documents.filter(({ path }) => paths.has(path));
  return ({ row: n, ...mark }: Mark): Mark[] =>
    own.length > 0 && mark.field === undefined
      ? own.map(({ path, sha256 }) => ({ ...mark, document: path, content: sha256 }))
      : [{ ...mark, row: n }];
};

const oneRow: ReviewPage = async (visit, link, deps, by) => {
  if (visit.parameters.row === 'text') return ownersText(visit, link, deps, by);
  const place = await placeOf(visit, link, deps);
  const n = whole(visit.parameters.row);
  const page = await readRows(place, n, deps);
  const again = (problems: readonly ReviewProblem[]) => showRow(visit, place, n, page, problems, deps);
  if (visit.method === 'GET') return again([]);
  const [kind, field] = targetOf(visit);
  const [row] = page.rows;
  if (!row || page.from !== n) throw new Refusal(404);
  const of = { ...about(place), row: n, content: contentOf(row), ...(kind === 'value' ? { field } : {}) };
  const names = await namesOfOthers(place.held, { ...deps, map: place.map });
  const chosen = choicesFor(currentMarks(place, page));
  const before = { own: chosen.own(n, field), wide: chosen.wide(field), names };
  const asked = markIn(visit, of, groundsOf(deps.config), row[field], before);
  return choose(visit, place, asked, again, deps, by, withDocuments(place, row));
};

/** Bytes that a function can answer. */
const mostShown = 4_000_000;

const contentType = (path: string): string => {
  if (path.endsWith('.html')) return 'text/html; charset=utf-8';
  return path.endsWith('.pdf') ? 'application/pdf' : 'application/octet-stream';
};

/**
 * A ZIP as it was sent, to be handed out: the audit chain has it before the address is made, so only the form of the case's page fetches it,
 * and an address that is opened or looked at beforehand leads back to that page.
 */
const toHandOut = async (visit: Visit, zip: AnswerZip, { requestId, reference }: Link, by: Decider, deps: Deps) => {
  if (visit.method === 'GET') return { location: `/dpo/request/${reference}` };
  await deps.cases.change(requestId, (held) => fetchToHandOut(held, zip, by.role));
  return { location: await deps.links.presign(zip.key, zip.name, 60) };
};

/** A file of the answer, byte for byte as the person will get it, in a page that can do nothing. */
const preview: ReviewPage = async (visit, link, deps, by) => {
  const { request } = await deps.cases.read(link.requestId);
  const path = visit.parameters.path ?? '';
  const zip = zipsOf(request).find(({ name }) => name === path);
  if (zip) return toHandOut(visit, zip, link, by, deps);
  if (!request.manifest || request.purgedAt) throw new Refusal(404);
  const { evidence, manifest } = request;
  const { files } = JSON.parse(
    await deps.files.readText(evidenceKey(evidence, manifest.attempt, 'manifest.json')),
  ) as Manifest;
  const places = JSON.parse(await deps.files.readText(placesKey(evidence, manifest.attempt))) as Record<string, string>;
  const file = files.find((each) => each.path === path);
  // A table all of whose rows are held back has no file: the read-me tells of it.
  const readme = firstFile(request.language, false);
  if (!file && path.startsWith(partRoot(request.language, 'portability')) && path !== readme)
    return { location: `/dpo/request/${link.reference}/preview/${readme}` };
  if (!file) throw new Refusal(404);
  const key = evidenceKey(evidence, places[path] ?? '', path);
  const name = path.split('/').at(-1) ?? 'file';
  if (!file.packed) return { location: await deps.links.presign(key, name, 60) };
  // Too large to be answered here: the browser inflates it as it saves it.
  if (file.bytes > mostShown) return { location: await deps.links.presign(key, name, 60, 'deflate') };
  const bytes = inflateRawSync(await deps.files.readAll(key));
  return {
    bytes,
    contentType: contentType(path),
    sandbox: true,
    ...(path.endsWith('.html') ? {} : { download: name }),
  };
};

/** Every page of this function goes through here: a new one is behind the second factor without being told so. */
const reviewPages = (deps: Deps) =>
  Object.fromEntries(
    Object.entries({
      'ANY /dpo/request/{reference}/data/{source}/{collection}': data,
      'ANY /dpo/request/{reference}/data/{source}/{collection}/{row}': oneRow,
      'ANY /dpo/request/{reference}/preview/{path+}': preview,
    }).map(([route, page]) => [
      route,
      (visit: Visit) => forDeciders(visit, (link, by) => page(visit, link, deps, by), deps),
    ]),
  );

export const handler = onPage(siteOf, () =>
  reviewPages({
    cases: cases(),
    tokens: tokens(),
    overview: overviewIn(requestsTable()),
    sessions: sessionsIn(requestsTable()),
    counters: counters(),
    files: evidenceFiles(),
    links: presigner(),
    map: readMap().map,
    config: readConfig(),
    look: look(),
    now,
  }),
);
