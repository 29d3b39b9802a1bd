import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { documentPath, evidenceKey, referenceKey, systemFolder } from '../../domain/answer-layout.ts';
import type { Connector, Found, FoundDocument, Row } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import { exactly } from '../../domain/identity.ts';
import { csvFile, jsonFile } from '../../domain/rendering.ts';
import type { Request, SourceRecord } from '../../domain/request.ts';
import type { Files } from '../aws/files.ts';

type GatheredCollection = SourceRecord['collections'][number];
type File = GatheredCollection['files'][number];

/** One collection to gather: where its values come from, and which of its fields later steps look for. */
export interface Ask {
  readonly name: string;
  readonly inputs: readonly { readonly field: string; readonly from: string }[];
  readonly gives: readonly string[];
}

export interface Place {
  readonly request: Request;
  readonly system: string;
  /** Every system of the map, for the folder's number. */
  readonly systems: readonly string[];
  readonly files: Files;
}

/** A minute less than the function has: the source is left in order, and the failure has a name. */
const longest = 14 * 60_000;

/** Values of one field that one other step may look for; beyond it the answer is PARTIAL. */
const maxValues = 10_000;

/** A file of the answer that is written as rows come; nothing is written before the first row. */
const growing = (files: Files, key: string, contentType: string) => {
  const stream = new PassThrough();
  const written = files.write(key, stream, contentType);
  // A failed upload must end the gathering, not hang it: whoever waits for room also waits for the failure.
  written.catch(() => stream.destroy());
  return {
    async add(text: string): Promise<void> {
      if (!stream.write(text)) await Promise.race([once(stream, 'drain'), written]);
    },
    async end(text = ''): Promise<{ bytes: number; sha256: string }> {
      stream.end(text);
      return written;
    },
  };
};

/** Writes a collection's rows as JSON and CSV, and its documents as they are. */
const collectionWriter = ({ request, system, systems, files }: Place, name: string, collection: Collection) => {
  const { language, evidence, round } = request;
  const folder = systemFolder(systems, system, language);
  const path = { json: `${folder}/${name}.json`, csv: `${folder}/${name}.csv` };
  const key = (of: string) => evidenceKey(evidence, round, of);
  const csv = csvFile(collection, language);
  let sinks: { json: ReturnType<typeof growing>; csv: ReturnType<typeof growing> } | undefined;
  const kept: File[] = [];
  let rows = 0;
  let documents = 0;

  const open = async () => {
    const meta = { system, collection: name, title: collection.title[language] };
    const opened = {
      json: growing(files, key(path.json), 'application/json'),
      csv: growing(files, key(path.csv), 'text/csv; charset=utf-8'),
    };
    await opened.json.add(jsonFile.open(meta));
    await opened.csv.add(csv.open);
    return opened;
  };

  const addDocument = async (document: FoundDocument): Promise<string> => {
    documents += 1;
    const at = documentPath(folder, name, documents, document.name, language);
    const written = await files.write(key(at), document.open(), 'application/octet-stream');
    kept.push({ path: at, ...written });
    return at;
  };

  return {
    async add({ row, documents: found = [] }: Found): Promise<void> {
      sinks ??= await open();
      const paths: string[] = [];
      for (const document of found) paths.push(await addDocument(document));
      await sinks.json.add(jsonFile.row(paths.length > 0 ? { ...row, files: paths } : row, rows === 0));
      await sinks.csv.add(csv.row(row));
      rows += 1;
    },

    async end(): Promise<GatheredCollection> {
      if (sinks) {
        kept.unshift({ path: path.csv, ...(await sinks.csv.end()) });
        kept.unshift({ path: path.json, ...(await sinks.json.end(jsonFile.close)) });
      }
      return { name, rows, documents, files: kept };
    },
  };
};

/** Values of a collection's fields that later steps look for. */
const valueCollector = (fields: readonly string[]) => {
  const held = new Map(fields.map((field) => [field, new Set<string>()]));
  let cut = false;
  return {
    /** Whether there were more values than later steps look for. */
    wasCut: () => cut,
    add(row: Row): void {
      for (const [field, values] of held) {
        const value = row[field];
        if (value === null || value === undefined || value === '') continue;
        if (values.size < maxValues) values.add(String(value));
        else cut ||= !values.has(String(value));
      }
    },
    entries: () => [...held].map(([field, values]) => [field, [...values]] as const),
  };
};

const keyOf = (collection: Collection, row: Row): string =>
  JSON.stringify(collection.primaryKey.map((field) => String(row[field] ?? '')));

/** The values to look for: the proven address, or what an earlier step wrote down. */
const valuesFor = async ({ request, files }: Place, from: string): Promise<string[]> => {
  if (from === 'identity.email') return [request.person.email];
  return JSON.parse(await files.readText(referenceKey(request.evidence, request.round, from))) as string[];
};

/** Gathers one collection whole: rows that match exactly go into the answer, the rest is counted for the DPO. */
export const gatherCollection = async (place: Place, connector: Connector, collection: Collection, ask: Ask) => {
  const writer = collectionWriter(place, ask.name, collection);
  const values = valueCollector(ask.gives);
  const seen = new Set<string>();
  let possibleMatches = 0;
  for (const { field, from } of ask.inputs) {
    const wanted = await valuesFor(place, from);
    if (wanted.length === 0) continue;
    const matches = exactly(field, new Set(wanted), collection.identity.email === field);
    const lookup = { name: ask.name, collection, field, values: wanted };
    for await (const { found } of connector.find(lookup, { signal: AbortSignal.timeout(longest) })) {
      for (const each of found) {
        const key = keyOf(collection, each.row);
        if (!matches(each.row)) possibleMatches += 1;
        else if (!seen.has(key)) {
          seen.add(key);
          values.add(each.row);
          await writer.add(each);
        }
      }
    }
  }
  await writeValues(place, ask.name, values);
  return { ...(await writer.end()), possibleMatches, cut: values.wasCut() };
};

const writeValues = async (
  { request, system, files }: Place,
  name: string,
  values: ReturnType<typeof valueCollector>,
): Promise<void> => {
  for (const [field, list] of values.entries()) {
    const key = referenceKey(request.evidence, request.round, `${system}.${name}.${field}`);
    await files.writeText(key, JSON.stringify(list), 'application/json');
  }
};
