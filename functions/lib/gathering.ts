import { referenceKey } from '../../domain/answer-layout.ts';
import type { Connector, Found, Page, Row } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import { exactly, formsOf, holdsAddresses, textsOf } from '../../domain/identity.ts';
import { dataSubject } from '../../domain/representation.ts';
import type { SourceRecord, StoredFile } from '../../domain/request.ts';
import { secondProofMissing } from '../../domain/second-proof.ts';
import type { Checkpoints, Gathered } from './checkpoints.ts';
import { collectionFiles, type Place } from './collection-files.ts';
import { inTurn } from './in-turn.ts';

/** One collection to gather: where its values come from, and which of its fields later steps look for. */
export interface Ask {
  readonly name: string;
  readonly inputs: readonly { readonly field: string; readonly from: string }[];
  readonly gives: readonly string[];
}

/** Values of one field that one other step may look for; beyond it the answer is PARTIAL. */
const maxValues = 10_000;

/** Values of a collection's fields that later steps look for. */
const valueCollector = (fields: readonly string[]) => {
  const held = new Map(fields.map((field) => [field, new Set<string>()]));
  let cut = false;
  return {
    /** Whether there were more values than later steps look for. */
    wasCut: () => cut,
    add(row: Row): void {
      for (const [field, values] of held) {
        for (const text of textsOf(row[field])) {
          if (text === '') continue;
          if (values.size < maxValues) values.add(text);
          else cut ||= !values.has(text);
        }
      }
    },
    entries: () => [...held].map(([field, values]) => [field, [...values]] as const),
  };
};

// Only a source that is asked for one value at once can't give a row twice: there a million keys need no memory.
const keepsOnce = (collection: Collection, looksUp: number): ((row: Row) => boolean) => {
  if (looksUp === 1) return () => true;
  const seen = new Set<string>();
  return (row) => {
    const before = seen.size;
    return seen.add(keyOf(collection, row)).size > before;
  };
};

const keyOf = (collection: Collection, row: Row): string =>
  JSON.stringify(collection.primaryKey.map((field) => String(row[field] ?? '')));

/** Why values are missing that a collection would be asked for, the worst first. */
const lacking = ['SourceNotAsked', 'LimitReached', secondProofMissing] as const;
export type Lacking = (typeof lacking)[number];
export const worst = (found: readonly (Lacking | undefined)[]): Lacking | undefined =>
  lacking.find((each) => found.includes(each));

/** The attempt that answered for the collection which a field stands in, or undefined where none did. */
const attemptFor = ({ answered = [], system, attempt }: Place, from: string): string | undefined => {
  const isOf = (source: SourceRecord) =>
    source.collections.some(({ name }) => from.startsWith(`${source.system}.${name}.`));
  return answered.find(isOf)?.attempt ?? (from.startsWith(`${system}.`) ? attempt : undefined);
};

const isClosed = ({ answered = [] }: Place, from: string): boolean =>
  answered.some(({ system, reason }) => reason === secondProofMissing && from.startsWith(`${system}.`));

/** The values to look for: the proven address, or what an earlier step wrote down; or why there are none. */
const valuesFor = async (place: Place, from: string): Promise<string[] | Lacking> => {
  const { request, files } = place;
  if (from === 'identity.email') return [dataSubject(request).email ?? []].flat();
  const attempt = attemptFor(place, from);
  if (!attempt) return isClosed(place, from) ? secondProofMissing : 'SourceNotAsked';
  return JSON.parse(await files.readText(referenceKey(request.evidence, attempt, from))) as string[];
};

/** The newest date among a field's values, YYYY-MM-DD; undefined while there is none. */
const newestOf = (field: string | undefined) => {
  let newest: string | undefined;
  return {
    add(row: Row): void {
      const [date] = /^\d{4}-\d\d-\d\d/.exec(field === undefined ? '' : String(row[field] ?? '')) ?? [];
      if (date && (newest === undefined || date > newest)) newest = date;
    },
    date: () => newest,
  };
};

/** What to ask a collection for. One way that is missing does not keep the others from being gone. */
const lookupsOf = async (place: Place, collection: Collection, { name, inputs }: Ask) => {
  const lookups = [];
  const lacks: Lacking[] = [];
  for (const { field, from } of inputs) {
    const wanted = await valuesFor(place, from);
    if (typeof wanted === 'string') {
      lacks.push(wanted);
      continue;
    }
    const isAddress = holdsAddresses(collection, field);
    const lookup = { name, collection, field, values: formsOf(wanted, isAddress) };
    if (wanted.length > 0) lookups.push({ lookup, matches: exactly(field, new Set(wanted), isAddress) });
  }
  return { lookups, lacks };
};

/** One run over a system: where the one before it stood, and until when it may go on. */
export interface Run {
  readonly checkpoints: Checkpoints;
  readonly signal: AbortSignal;
}

/** Takes rows in, once each: into the answer, for later steps, and for the next run. */
const takerOf = (place: Place, collection: Collection, ask: Ask, { checkpoints }: Run, looksUp: number) => {
  const writer = collectionFiles(place, ask.name, collection);
  const values = valueCollector(ask.gives);
  const seen = newestOf(collection.lastSeen);
  const isNew = keepsOnce(collection, looksUp);
  return {
    values,
    writer,
    seen,
    isNew,
    async takeIn({ row }: Found, files: readonly StoredFile[]): Promise<void> {
      values.add(row);
      seen.add(row);
      await writer.add(row, files);
      checkpoints.note(row, files);
    },
    /** What earlier runs took. */
    async replay(): Promise<void> {
      for await (const [row, files] of checkpoints.replay()) {
        isNew(row);
        values.add(row);
        seen.add(row);
        await writer.again(row, files);
      }
    },
  };
};

type Taker = ReturnType<typeof takerOf>;
type Looking = Awaited<ReturnType<typeof lookupsOf>>['lookups'][number];

/** Takes a page in. One with files may take longer than a run has: there each row is a place to go on from. */
const readPage = async (
  page: Page,
  { lookup, matches }: Looking,
  { checkpoints }: Run,
  taker: Taker,
): Promise<void> => {
  const position = checkpoints.position();
  const isLong = page.found.some(({ documents = [] }) => documents.length > 0);
  const before = new Set(position.taken);
  const line = inTurn(taker.writer.documents, async (found, files) => {
    await taker.takeIn(found, files);
    if (!isLong) return;
    position.taken.push(keyOf(lookup.collection, found.row));
    if (checkpoints.isDue()) await checkpoints.write();
  });
  try {
    for (const found of page.found) {
      if (isLong && before.has(keyOf(lookup.collection, found.row))) continue;
      if (!matches(found.row)) {
        position.possibleMatches += 1;
        if (isLong) position.taken.push(keyOf(lookup.collection, found.row));
      } else if (taker.isNew(found.row)) await line.take(found);
    }
    await line.end();
  } finally {
    await line.leave();
  }
  position.taken = [];
};

/** Reads every page that no run before has read. */
const readPages = async (connector: Connector, lookups: readonly Looking[], run: Run, taker: Taker): Promise<void> => {
  const { checkpoints, signal } = run;
  const position = checkpoints.position();
  for (const looking of lookups.slice(position.lookup)) {
    const { cursor } = position;
    for await (const page of connector.find(looking.lookup, { ...(cursor === undefined ? {} : { cursor }), signal })) {
      await readPage(page, looking, run, taker);
      position.cursor = page.cursor;
      if (page.cursor !== undefined && checkpoints.isDue()) await checkpoints.write();
    }
    position.cursor = undefined;
    position.lookup += 1;
  }
};

/** Gathers one collection whole: rows that match exactly go into the answer, the rest is counted for the DPO. */
export const gatherCollection = async (
  place: Place,
  connector: Connector,
  collection: Collection,
  ask: Ask,
  run: Run,
): Promise<Gathered> => {
  const { lookups, lacks } = await lookupsOf(place, collection, ask);
  const looksUp = lookups.flatMap(({ lookup }) => lookup.values).length;
  const taker = takerOf(place, collection, ask, run, looksUp);
  const { values, writer, seen } = taker;
  try {
    await taker.replay();
    await readPages(connector, lookups, run, taker);
  } catch (error) {
    writer.leave();
    throw error;
  }
  await writeValues(place, ask.name, values);
  const { possibleMatches } = run.checkpoints.position();
  const lack = worst([...lacks, values.wasCut() ? 'LimitReached' : undefined]);
  const lastSeen = seen.date();
  return { ...(await writer.end()), ...(lastSeen ? { lastSeen } : {}), possibleMatches, ...(lack ? { lack } : {}) };
};

const writeValues = async (
  { request, system, files, attempt }: Place,
  name: string,
  values: ReturnType<typeof valueCollector>,
): Promise<void> => {
  for (const [field, list] of values.entries()) {
    const key = referenceKey(request.evidence, attempt, `${system}.${name}.${field}`);
    await files.writeText(key, JSON.stringify(list), 'application/json');
  }
};

/** Makes the values of a collection that an earlier attempt gathered whole this attempt's own. */
export const keepValues = async ({ request, system, files, attempt }: Place, ask: Ask, from = ''): Promise<void> => {
  for (const field of ask.gives) {
    const keyOf = (by: string) => referenceKey(request.evidence, by, `${system}.${ask.name}.${field}`);
    await files.writeText(keyOf(attempt), await files.readText(keyOf(from)), 'application/json');
  }
};
