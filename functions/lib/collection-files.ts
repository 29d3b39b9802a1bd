import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import {
  documentPath,
  documentsField,
  evidenceKey,
  namesKey,
  type Part,
  pagesKey,
  partRoot,
  shownName,
  systemFolder,
  tablePaths,
} from '../../domain/answer-layout.ts';
import type { Found, FoundDocument, Row } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import { provided } from '../../domain/provided.ts';
import { kindsSeen, recordSchema } from '../../domain/record-schema.ts';
import { csvFile, jsonFile } from '../../domain/rendering.ts';
import type { Request, SourceRecord, StoredFile } from '../../domain/request.ts';
import { card, contactFields } from '../../domain/vcard.ts';
import type { Files } from '../aws/files.ts';
import { listDocuments } from './document-list.ts';
import type { Packed, Paged } from './packing.ts';

type GatheredCollection = SourceRecord['collections'][number];

/** Where the rows of a JSON file can be read from: piece n begins at byte `at[n]` with row `from[n]`; all end at byte `end`. */
export interface Pages {
  readonly rows: number;
  readonly at: readonly number[];
  readonly from: readonly number[];
  readonly end: number;
}

export interface Place {
  readonly request: Request;
  /** Which attempt writes here: never over what another one wrote. */
  readonly attempt: string;
  readonly system: string;
  /** Every system of the map, for the folder's number. */
  readonly systems: readonly string[];
  readonly files: Files;
  /** What systems answered before: later waves look for their values. */
  readonly answered?: readonly SourceRecord[];
  /** Whether the person also asked for what they provided (Art. 20). */
  readonly portable?: boolean;
}

/** Signs that are handed on at a time: single rows through a stream would cost more than deflating them. */
const piece = 65_536;
/** Names that other texts of the answer are searched for, of one collection. */
const mostNames = 1_000;
/** Contacts of one collection: beyond it the tables say the same. */
const maxCards = 100;

/** Hands on what is written in pieces, as many bytes at a time as deflate wants. */
export const growing = <T>(write: (source: AsyncIterable<string>) => Promise<T>) => {
  // Pieces stay apart: what a file can be read by from the middle.
  const stream = new PassThrough({ objectMode: true, highWaterMark: 1 });
  const written = write(stream as AsyncIterable<string>);
  // A failed upload must end the gathering, not hang it: whoever waits for room gets the failure.
  written.catch((error: Error) => stream.destroy(error));
  stream.on('error', () => undefined);
  const ends: number[] = [];
  let held = '';
  let added = 0;
  return {
    /** How much had been added when each piece but the last ended. */
    ends,
    /** Answers a promise only when there is no room: to wait for each row would cost a tenth of deflating it. */
    add(text: string): Promise<unknown> | undefined {
      held += text;
      added += 1;
      if (held.length < piece) return undefined;
      ends.push(added);
      const isFull = !stream.write(held);
      held = '';
      if (!isFull) return undefined;
      return stream.destroyed ? written : once(stream, 'drain');
    },
    async end(text: string): Promise<T> {
      stream.end(held + text || undefined);
      return written;
    },
    /** Ends it without a file: an upload left open would keep its parts in memory for as long as the function lives. */
    leave: () => void stream.destroy(new Error('left')),
  };
};

/** Fields whose values are not what they were: blacked out in part, or held back. */
type Hidden = ReadonlyMap<string, 'part' | 'whole'>;
const none: Hidden = new Map();
const without = (row: Row, hidden: Hidden): Row =>
  hidden.size === 0 ? row : Object.fromEntries(Object.entries(row).filter(([field]) => !hidden.has(field)));

/** Fields that hold somebody's name: a category user.name, or one below it. */
export const fieldsWithNames = ({ fields }: Collection): string[] =>
  Object.entries(fields).flatMap(([name, { category = '' }]) => (/^user\.name(\.|$)/.test(category) ? [name] : []));

/** Renders rows as JSON, CSV and vCards with their JSON Schema; a collection without rows has no file. */
const tableFiles = (place: Place, name: string, collection: Collection, part: Part) => {
  const { request, system, systems, files, attempt } = place;
  const { language, evidence } = request;
  const key = (at: string) => evidenceKey(evidence, attempt, at);
  const folder = systemFolder(systems, system, language, part);
  const path = tablePaths(folder, system, name, partRoot(language, part));
  const csv = csvFile(collection, language);
  const seen = kindsSeen();
  const contacts = contactFields(collection);
  const cards: string[] = [];
  const named = part ? [] : fieldsWithNames(collection);
  const people = new Set<string>();
  let rows = 0;
  let sinks: { json: ReturnType<typeof growing<Paged>>; csv: ReturnType<typeof growing<Packed>> } | undefined;

  const open = () => {
    const opened = {
      json: growing((source) => files.packInPieces(key(path.json), source)),
      csv: growing((source) => files.pack(key(path.csv), source)),
    };
    opened.json.add(jsonFile.open({ system, collection: name, title: collection.title[language] }));
    opened.csv.add(csv.open);
    return opened;
  };

  const text = async (at: string, content: string): Promise<StoredFile> => ({
    path: at,
    attempt,
    ...(await files.pack(key(at), [content])),
  });

  const described = async (): Promise<StoredFile[]> => {
    const schema = `${JSON.stringify(recordSchema(collection, seen.kinds(), language), null, 2)}\n`;
    const written = [await text(path.schema, schema)];
    return cards.length > 0 ? [...written, await text(path.cards, cards.join(''))] : written;
  };

  return {
    async add(row: Row, hidden = none): Promise<void> {
      const isFirst = sinks === undefined;
      sinks ??= open();
      seen.add(row);
      rows += 1;
      for (const field of named) {
        const name = row[field];
        if (typeof name === 'string' && people.size < mostNames) people.add(name.slice(0, 200));
      }
      const waits = sinks.json.add(jsonFile.row(row, isFirst));
      if (waits) await waits;
      const waitsToo = sinks.csv.add(csv.row(row));
      if (waitsToo) await waitsToo;
      const contact = contacts && cards.length < maxCards ? card(without(row, hidden), contacts) : '';
      if (contact) cards.push(contact);
    },

    async end(): Promise<StoredFile[]> {
      if (!sinks) return [];
      const { pieces, ...packed } = await sinks.json.end(jsonFile.close);
      // The opening was added before the first row.
      const pages: Pages = {
        rows,
        at: pieces,
        from: [0, ...sinks.json.ends.map((end) => end - 1)],
        end: packed.packed.bytes,
      };
      if (!part)
        await files.writeText(pagesKey(evidence, attempt, path.json), JSON.stringify(pages), 'application/json');
      if (named.length > 0)
        await files.writeText(namesKey(evidence, attempt, path.json), JSON.stringify([...people]), 'application/json');
      const json = { path: path.json, attempt, ...packed };
      const table = { path: path.csv, attempt, ...(await sinks.csv.end('')) };
      return [json, table, ...(await described())].map((file) => (part ? { ...file, right: part } : file));
    },

    leave(): void {
      sinks?.json.leave();
      sinks?.csv.leave();
    },
  };
};

/** Renders the part of the rows that the person provided; undefined where nobody asked for it, or there is none. */
const portabilityFiles = (place: Place, name: string, whole: Collection) => {
  const collection = provided(whole);
  if (!place.portable || !collection) return undefined;
  const table = tableFiles(place, name, collection, 'portability');
  // What stands in place of a value that is held back is for people: where it is taken over by a machine it would be the value.
  const pick = (row: Row, hidden: Hidden): Row =>
    Object.fromEntries(
      Object.entries(row).filter(([field]) => field in collection.fields && hidden.get(field) !== 'whole'),
    );
  return { ...table, add: (row: Row, hidden = none) => table.add(pick(row, hidden), hidden) };
};

/** Writes a collection's rows in every form the person gets, deflated as the ZIP will hold them, and its documents as they are. */
export const collectionFiles = (place: Place, name: string, collection: Collection) => {
  const { request, system, systems, files, attempt } = place;
  const { language, evidence } = request;
  const folder = systemFolder(systems, system, language);
  const table = tableFiles(place, name, collection, undefined);
  const portable = portabilityFiles(place, name, collection);
  const kept: StoredFile[] = [];
  let numbered = 0;
  let rows = 0;

  const write = async (document: FoundDocument, path: string): Promise<StoredFile> => {
    const key = evidenceKey(evidence, attempt, path);
    const written = await files.write(key, document.open(), 'application/octet-stream');
    return { path, name: shownName(document.name), attempt, ...written };
  };

  const add = async (row: Row, files: readonly StoredFile[] = [], hidden?: Hidden): Promise<void> => {
    kept.push(...files);
    await table.add(files.length > 0 ? { ...row, [documentsField]: files.map(({ path }) => path) } : row, hidden);
    await portable?.add(row, hidden);
    rows += 1;
  };

  return {
    /** Writes the documents of a row, numbered in the order of the calls; then the row can be added. */
    async documents({ documents = [] }: Found): Promise<StoredFile[]> {
      const paths = documents.map((each) => documentPath(folder, name, ++numbered, each.name, language));
      const written: StoredFile[] = [];
      for (const [at, document] of documents.entries()) written.push(await write(document, paths[at] ?? ''));
      return written;
    },

    add,

    /** A row that was read before a checkpoint: its files are there already. */
    async again(row: Row, files: readonly StoredFile[]): Promise<void> {
      numbered += files.length;
      await add(row, files);
    },

    /** Ends it where it stands, without a result. */
    leave(): void {
      table.leave();
      portable?.leave();
    },

    async end(): Promise<GatheredCollection> {
      const tables = [...(await table.end()), ...((await portable?.end()) ?? [])];
      const list = await listDocuments({ evidence, attempt, system, name }, kept, files);
      return { name, rows, documents: kept.length, files: tables, ...list };
    },
  };
};
