import { referenceKey } from '../../domain/answer-layout.ts';
import type { Connector, Row } from '../../domain/connector.ts';
import type { Collection } from '../../domain/data-map.ts';
import { SourceNotAsked } from '../../domain/errors.ts';
import { exactly, formsOf, holdsAddresses } from '../../domain/identity.ts';
import type { SourceRecord } from '../../domain/request.ts';
import { collectionFiles, type Place } from './collection-files.ts';

/** One collection to gather: where its values come from, and which of its fields later steps look for. */
export interface Ask {
  readonly name: string;
  readonly inputs: readonly { readonly field: string; readonly from: string }[];
  readonly gives: readonly string[];
}

/** A minute less than the function has: the source is left in order, and the failure has a name. */
const longest = 14 * 60_000;

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
        const value = row[field];
        if (value === null || value === undefined || value === '') continue;
        if (values.size < maxValues) values.add(String(value));
        else cut ||= !values.has(String(value));
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

/** The attempt that answered for the collection which a field stands in. */
const attemptFor = ({ answered = [], system, attempt }: Place, from: string): string => {
  const isOf = (source: SourceRecord) =>
    source.collections.some(({ name }) => from.startsWith(`${source.system}.${name}.`));
  const found = answered.find(isOf)?.attempt ?? (from.startsWith(`${system}.`) ? attempt : undefined);
  if (!found) throw new SourceNotAsked('an earlier system failed');
  return found;
};

/** The values to look for: the proven address, or what an earlier step wrote down. */
const valuesFor = async (place: Place, from: string): Promise<string[]> => {
  const { request, files } = place;
  if (from === 'identity.email') return [request.person.email];
  const key = referenceKey(request.evidence, attemptFor(place, from), from);
  return JSON.parse(await files.readText(key)) as string[];
};

const lookupsOf = async (place: Place, collection: Collection, { name, inputs }: Ask) => {
  const lookups = [];
  for (const { field, from } of inputs) {
    const wanted = await valuesFor(place, from);
    const isAddress = holdsAddresses(collection, field);
    const lookup = { name, collection, field, values: formsOf(wanted, isAddress) };
    if (wanted.length > 0) lookups.push({ lookup, matches: exactly(field, new Set(wanted), isAddress) });
  }
  return lookups;
};

/** Gathers one collection whole: rows that match exactly go into the answer, the rest is counted for the DPO. */
export const gatherCollection = async (place: Place, connector: Connector, collection: Collection, ask: Ask) => {
  const writer = collectionFiles(place, ask.name, collection);
  const values = valueCollector(ask.gives);
  const lookups = await lookupsOf(place, collection, ask);
  const isNew = keepsOnce(collection, lookups.flatMap(({ lookup }) => lookup.values).length);
  let possibleMatches = 0;
  for (const { lookup, matches } of lookups) {
    for await (const { found } of connector.find(lookup, { signal: AbortSignal.timeout(longest) })) {
      for (const each of found) {
        if (!matches(each.row)) possibleMatches += 1;
        else if (isNew(each.row)) {
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
  { request, system, files, attempt }: Place,
  name: string,
  values: ReturnType<typeof valueCollector>,
): Promise<void> => {
  for (const [field, list] of values.entries()) {
    const key = referenceKey(request.evidence, attempt, `${system}.${name}.${field}`);
    await files.writeText(key, JSON.stringify(list), 'application/json');
  }
};
