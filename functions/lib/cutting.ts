import { cutsKey, documentsField, evidenceKey, namesKey, textContent, textIn } from '../../domain/answer-layout.ts';
import type { Row } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import { inForce } from '../../domain/gathering.ts';
import type { HeldBack } from '../../domain/left-out.ts';
import { type Cut, contentOf, cutter, type Instead, isOf, type Mark, pathsIn, stillFits } from '../../domain/marks.ts';
import { merged, type Names, namesToFind, redacted } from '../../domain/redaction.ts';
import { dataSubject } from '../../domain/representation.ts';
import type { Case, Request, SourceRecord, StoredFile } from '../../domain/request.ts';
import { groundText } from '../../web/package/grounds.ts';
import { answerTexts } from '../../web/package/texts.ts';
import type { AnswerDeps } from './answer-files.ts';
import { collectionFiles, fieldsWithNames, growing, type Place } from './collection-files.ts';
import { documentsOf, listDocuments } from './document-list.ts';
import { allRows } from './first-rows.ts';

type Texts = { readText(key: string): Promise<string> };
type Gathered = SourceRecord['collections'][number];

/** What a manifest says of everything that was held back. */
export interface Held {
  readonly heldBack: HeldBack[];
  readonly cuts: { readonly system: string; readonly collection: string; readonly sha256: string }[];
}

/** What does not fit any more of what was chosen to be held back. */
export type Lost = NonNullable<NonNullable<Request['manifest']>['lost']>;

/** Names of other people anywhere in the answer. */
export const namesOfOthers = async (
  held: Case,
  { map, files }: Pick<AnswerDeps, 'map'> & { files: Texts },
): Promise<Names> => {
  const { evidence } = held.request;
  const { name: own, alsoKnownAs = '' } = dataSubject(held.request);
  const keys = inForce(held).flatMap(({ system, collections }) =>
    collections.flatMap(({ name, files: all }) => {
      const of = map.systems[system]?.collections[name];
      const json = tableOf({ name, files: all });
      return of && json && fieldsWithNames(of).length > 0 ? [namesKey(evidence, json.attempt, json.path)] : [];
    }),
  );
  const lists = await Promise.all(keys.map(async (key) => JSON.parse(await files.readText(key)) as string[]));
  return namesToFind(lists.flat(), [own, alsoKnownAs]);
};

/** Adds up what was cut by field and reason. */
const tally = (system: string, collection: string) => {
  const sums = new Map<string, HeldBack>();
  const add = (what: HeldBack['what'], ground: string, field?: string) => {
    const key = [what, ground, field].join(' ');
    const count = (sums.get(key)?.count ?? 0) + 1;
    sums.set(key, { system, collection, ...(field ? { field } : {}), what, count, ground });
  };
  return {
    add,
    cut({ field, ground, spans, document }: Cut): void {
      // It counts as the document.
      if (!document) add(field === undefined ? 'rows' : spans ? 'places' : 'values', ground, field);
    },
    all: () => [...sums.values()],
  };
};

interface Work {
  readonly place: Place;
  readonly names: Names;
  readonly instead: Instead;
  readonly deps: AnswerDeps;
}

/** Documents that do not go out, with the reason: those chosen, and in time those of rows that do not. */
const withheldIn = (marks: readonly Mark[]): Map<string, string> =>
  new Map(
    marks.flatMap(({ document, choice, ground = '' }) =>
      document && choice === 'withhold' ? [[document, ground] as const] : [],
    ),
  );

/** A row without the places of documents that do not go out. */
const withoutDocuments = (row: Row, withheld: ReadonlyMap<string, string>, instead: Instead): Row => {
  if (withheld.size === 0 || pathsIn(row).length === 0) return row;
  const said = (path: string) => (withheld.has(path) ? instead(withheld.get(path) ?? '') : path);
  return { ...row, [documentsField]: pathsIn(row).map(said) };
};

/** A text that an owner typed, without the places that were chosen; any other file as it is. */
const cutText = async (
  file: StoredFile,
  marks: readonly Mark[],
  sums: ReturnType<typeof tally>,
  { place, instead, deps }: Work,
): Promise<StoredFile> => {
  const mark = marks.find((each) => each.choice === 'redact' && isOf(each, file));
  if (!mark?.spans) return file;
  const { request, attempt } = place;
  const { ground = '' } = mark;
  const whole = textIn(await deps.files.readText(evidenceKey(request.evidence, file.attempt, file.path)));
  const left = textContent(redacted(whole, merged(mark.spans), instead(ground)));
  const key = evidenceKey(request.evidence, attempt, file.path);
  sums.add('places', ground);
  return { path: file.path, attempt, ...(await deps.files.write(key, [left], 'text/plain')) };
};

/** Writes a collection's tables anew from the rows that stay, and the list of everything that was cut. */
const cutRows = async (
  whole: Gathered,
  from: { key: string; described: Collection; marks: readonly Mark[]; withheld: Map<string, string> },
  sums: ReturnType<typeof tally>,
  { place, names, instead, deps }: Work,
) => {
  const cut = cutter(from.marks, { names, instead });
  const writer = collectionFiles(place, whole.name, from.described);
  const key = cutsKey(place.request.evidence, place.attempt, place.system, whole.name);
  const list = growing((source) => deps.files.pack(key, source));
  let n = 0;
  for await (const row of allRows(await deps.files.unpack(from.key))) {
    const { row: left, cuts } = cut(row, n);
    n += 1;
    for (const each of cuts) {
      sums.cut(each);
      await list.add(`${JSON.stringify(each)}\n`);
    }
    // What belongs to a row that is held back is held back with it.
    if (!left) for (const path of pathsIn(row)) from.withheld.set(path, cuts[0]?.ground ?? '');
    const hidden = new Map(
      cuts.flatMap(({ field, spans }) => (field ? [[field, spans ? 'part' : 'whole'] as const] : [])),
    );
    if (left) await writer.add(withoutDocuments(left, from.withheld, instead), [], hidden);
  }
  const [{ sha256 }, { rows, files }] = [await list.end(''), await writer.end()];
  return { rows, files, sha256 };
};

/** A collection's JSON file, which has a row a line. */
export const tableOf = ({ name, files }: Pick<Gathered, 'name' | 'files'>) =>
  files.find(({ path, right }) => !right && path.endsWith(`/${name}.json`));

/** What some rows of a table hold. */
const contentsOf = async (key: string, wanted: ReadonlySet<number>, { unpack }: AnswerDeps['files']) => {
  const contents = new Map<number, string>();
  if (wanted.size === 0) return contents;
  let n = 0;
  for await (const row of allRows(await unpack(key))) {
    if (wanted.has(n)) contents.set(n, contentOf(row));
    n += 1;
    if (contents.size === wanted.size) break;
  }
  return contents;
};

/** A collection as it goes out: its tables written anew where rows were chosen about, without the documents that do not. */
const cutCollection = async (
  whole: Gathered,
  marks: readonly Mark[],
  work: Work,
): Promise<{ kept: Gathered } & Held> => {
  const { system, attempt, request } = work.place;
  const { evidence } = request;
  const described = work.deps.map.systems[system]?.collections[whole.name];
  const json = tableOf(whole);
  const sums = tally(system, whole.name);
  const withheld = withheldIn(marks);
  const from = described &&
    json && {
      key: evidenceKey(evidence, json.attempt, json.path),
      described,
      withheld,
      marks,
    };
  const table = from && (await cutRows(whole, from, sums, work));
  const goesOut = ({ path }: StoredFile) => !withheld.has(path);
  const tables = [...(table?.files ?? [])];
  if (!table) for (const file of whole.files.filter(goesOut)) tables.push(await cutText(file, marks, sums, work));
  // What an owner wrote is a row, and a file.
  const notSent = whole.files.length - tables.length;
  const documents = await documentsOf({ evidence, system }, whole, work.deps.files);
  const left = documents.filter(goesOut);
  for (const { path } of [...(table ? [] : whole.files), ...documents])
    if (withheld.has(path)) sums.add('documents', withheld.get(path) ?? '');
  const { listed: _, ...rest } = whole;
  const list = await listDocuments({ evidence, attempt, system, name: whole.name }, left, work.deps.files);
  return {
    kept: { ...rest, rows: table?.rows ?? whole.rows - notSent, documents: left.length, files: tables, ...list },
    heldBack: sums.all(),
    cuts: table ? [{ system, collection: whole.name, sha256: table.sha256 }] : [],
  };
};

const sum = (of: readonly Gathered[], what: 'rows' | 'documents'): number =>
  of.reduce((total, each) => total + each[what], 0);

/** The choices that mean what the source answered now. */
const fitting = async (marks: readonly Mark[], whole: Gathered, source: SourceRecord, { place, deps }: Work) => {
  const { evidence } = place.request;
  const json = tableOf(whole);
  const wanted = new Set(marks.flatMap(({ row, content }) => (row === undefined || !content ? [] : [row])));
  const rows = json && (await contentsOf(evidenceKey(evidence, json.attempt, json.path), wanted, deps.files));
  const listed = await documentsOf({ evidence, system: source.system }, whole, deps.files);
  const documents = new Map([...whole.files, ...listed].map(({ path, sha256 }) => [path, sha256]));
  return marks.filter((mark) => stillFits(mark, { attempt: source.attempt, rows: rows ?? new Map(), documents }));
};

/** How many choices to hold something back mean nothing any more, where something is there that they may have been about. */
const lostOf = (chosen: readonly Mark[], fit: readonly Mark[], { name, rows, documents }: Gathered): Lost => {
  const lost = chosen.filter((mark) => mark.choice !== 'send' && !fit.includes(mark));
  const count = rows + documents > 0 ? lost.length : 0;
  return lost.slice(0, count && 1).map(({ system }) => ({ system, collection: name, count }));
};

const cutSource = async (source: SourceRecord, marks: readonly Mark[], work: Work) => {
  const mine = marks.filter((mark) => mark.system === source.system);
  const out: ({ kept: Gathered; lost: Lost } & Held)[] = [];
  for (const whole of source.collections) {
    const own = mine.filter((mark) => mark.collection === whole.name);
    const fit = own.length > 0 ? await fitting(own, whole, source, work) : [];
    const cut = fit.length > 0 ? await cutCollection(whole, fit, work) : { kept: whole, heldBack: [], cuts: [] };
    out.push({ ...cut, lost: lostOf(own, fit, whole) });
  }
  const collections = out.map(({ kept }) => kept);
  return {
    source: { ...source, collections, rows: sum(collections, 'rows'), documents: sum(collections, 'documents') },
    out,
  };
};

/** The case as it goes out, by what the DPO chose to hold back, and what a manifest says of that. The originals stay where they are. */
export const withCuts = async (
  held: Case,
  marks: readonly Mark[],
  attempt: string,
  deps: AnswerDeps,
): Promise<{ held: Case; lost: Lost } & Held> => {
  if (marks.length === 0) return { held, heldBack: [], cuts: [], lost: [] };
  const { language } = held.request;
  const say = answerTexts(language);
  const grounds = deps.config.grounds ?? {};
  const instead = (ground: string) => say('held.instead', { why: groundText(ground, { language, grounds }).short });
  const names = await namesOfOthers(held, deps);
  const portable = held.rights.some(({ right }) => right === 'portability');
  const systems = Object.keys(deps.map.systems);
  const place = { request: held.request, attempt, systems, files: deps.files, portable };
  const sources: SourceRecord[] = [];
  const all: ({ lost: Lost } & Held)[] = [];
  for (const source of inForce(held)) {
    const cut = await cutSource(source, marks, { place: { ...place, system: source.system }, names, instead, deps });
    sources.push(cut.source);
    all.push(...cut.out);
  }
  return {
    held: { ...held, sources },
    heldBack: all.flatMap(({ heldBack }) => heldBack),
    cuts: all.flatMap(({ cuts }) => cuts),
    lost: all.flatMap(({ lost }) => lost),
  };
};
