import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import {
  documentPath,
  evidenceKey,
  type Part,
  partRoot,
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

type GatheredCollection = SourceRecord['collections'][number];

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
/** Contacts of one collection: beyond it the tables say the same. */
const maxCards = 100;

/** A text file of the answer that is deflated and written as it grows. */
const growing = (files: Files, key: string) => {
  const stream = new PassThrough();
  const written = files.pack(key, stream);
  // A failed upload must end the gathering, not hang it: whoever waits for room gets the failure.
  written.catch((error: Error) => stream.destroy(error));
  stream.on('error', () => undefined);
  let held = '';
  return {
    /** Answers a promise only when there is no room: to wait for each row would cost a tenth of deflating it. */
    add(text: string): Promise<unknown> | undefined {
      held += text;
      if (held.length < piece) return undefined;
      const isFull = !stream.write(held);
      held = '';
      if (!isFull) return undefined;
      return stream.destroyed ? written : once(stream, 'drain');
    },
    async end(text: string) {
      stream.end(held + text);
      return written;
    },
  };
};

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
  let sinks: { json: ReturnType<typeof growing>; csv: ReturnType<typeof growing> } | undefined;

  const open = () => {
    const opened = { json: growing(files, key(path.json)), csv: growing(files, key(path.csv)) };
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
    async add(row: Row): Promise<void> {
      const isFirst = sinks === undefined;
      sinks ??= open();
      seen.add(row);
      const waits = sinks.json.add(jsonFile.row(row, isFirst));
      if (waits) await waits;
      const waitsToo = sinks.csv.add(csv.row(row));
      if (waitsToo) await waitsToo;
      const contact = contacts && cards.length < maxCards ? card(row, contacts) : '';
      if (contact) cards.push(contact);
    },

    async end(): Promise<StoredFile[]> {
      if (!sinks) return [];
      const json = { path: path.json, attempt, ...(await sinks.json.end(jsonFile.close)) };
      const table = { path: path.csv, attempt, ...(await sinks.csv.end('')) };
      return [json, table, ...(await described())].map((file) => (part ? { ...file, right: part } : file));
    },
  };
};

/** Renders the part of the rows that the person provided; undefined where nobody asked for it, or there is none. */
const portabilityFiles = (place: Place, name: string, whole: Collection) => {
  const collection = provided(whole);
  if (!place.portable || !collection) return undefined;
  const table = tableFiles(place, name, collection, 'portability');
  const pick = (row: Row): Row =>
    Object.fromEntries(Object.entries(row).filter(([field]) => field in collection.fields));
  return { add: (row: Row) => table.add(pick(row)), end: table.end };
};

/** Writes a collection's rows in every form the person gets, deflated as the ZIP will hold them, and its documents as they are. */
export const collectionFiles = (place: Place, name: string, collection: Collection) => {
  const { request, system, systems, files, attempt } = place;
  const { language, evidence } = request;
  const folder = systemFolder(systems, system, language);
  const table = tableFiles(place, name, collection, undefined);
  const portable = portabilityFiles(place, name, collection);
  const kept: StoredFile[] = [];
  let rows = 0;

  const addDocument = async (document: FoundDocument): Promise<string> => {
    const path = documentPath(folder, name, kept.length + 1, document.name, language);
    const written = await files.write(
      evidenceKey(evidence, attempt, path),
      document.open(),
      'application/octet-stream',
    );
    kept.push({ path, attempt, ...written });
    return path;
  };

  return {
    async add({ row, documents = [] }: Found): Promise<void> {
      const paths: string[] = [];
      for (const document of documents) paths.push(await addDocument(document));
      await table.add(paths.length > 0 ? { ...row, files: paths } : row);
      await portable?.add(row);
      rows += 1;
    },

    async end(): Promise<GatheredCollection> {
      const tables = [...(await table.end()), ...((await portable?.end()) ?? [])];
      return { name, rows, documents: kept.length, files: [...tables, ...kept] };
    },
  };
};
