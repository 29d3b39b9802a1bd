import * as z from 'zod/mini';
import type { Found, Lookup, Page, Row } from '../domain/connector.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';
import { packed, unpacked } from './cursor.ts';
import { fieldsOf, rowOf } from './row.ts';
import { csvRows, jsonRows, type Numbered, type Wanted } from './s3-lines.ts';
import { type Bucket, bytesOf, type Listed, listFiles } from './s3-object.ts';
import type { S3Collection } from './s3-options.ts';
import { parquetRows } from './s3-parquet.ts';

const most = 1_000;

/** The key before the file to go on in, that file's ETag, and how many of its rows were given. */
const Resume = z.tuple([z.nullable(z.string()), z.nullable(z.string()), z.int().check(z.minimum(0))]);

/** Rows of everybody's files whose field holds one of the values; `key` and `line` tell where a row stands, where it has no such field. */
export async function* rowsInFiles(
  bucket: Bucket,
  options: S3Collection,
  lookup: Lookup,
  cursor: string | undefined,
): AsyncIterable<Page> {
  const [after, etag, given] = cursor === undefined ? [null, null, 0] : unpacked(Resume, cursor);
  if (lookup.values.length === 0) return;
  let held: Page | undefined;
  for await (const page of pages(bucket, options, lookup, { after, etag, given })) {
    if (held) yield held;
    bucket.signal?.throwIfAborted();
    held = page;
  }
  // Only the end tells which page was the last.
  if (held) yield { found: held.found };
}

interface Start {
  readonly after: string | null;
  readonly etag: string | null;
  readonly given: number;
}

async function* pages(bucket: Bucket, options: S3Collection, lookup: Lookup, start: Start): AsyncIterable<Page> {
  const folded = new Set(lookup.values.map((value) => value.toLowerCase()));
  const wanted: Wanted = (value) => folded.has(String(value).toLowerCase());
  let before = start.after;
  for await (const file of filesAfter(bucket, options.prefix, before)) {
    // A file that changed since is read from its beginning: the caller knows the rows it has.
    const skip = before === start.after && file.etag === start.etag ? start.given : 0;
    let found: Found[] = [];
    let count = 0;
    for await (const row of rowsOf(bucket, file, options, lookup, wanted)) {
      count += 1;
      if (count > skip) found.push({ row });
      if (found.length < most) continue;
      yield { found, cursor: packed([before, file.etag ?? null, count]) };
      found = [];
    }
    before = file.key;
    yield { found, cursor: packed([before, null, 0]) };
  }
}

async function* filesAfter(bucket: Bucket, prefix: string, after: string | null): AsyncIterable<Listed> {
  let position = after ?? undefined;
  do {
    bucket.signal?.throwIfAborted();
    const { files, next } = await listFiles(bucket, prefix, position);
    yield* files;
    position = next;
  } while (position !== undefined);
}

async function* rowsOf(
  bucket: Bucket,
  file: Listed,
  { format, delimiter }: S3Collection,
  lookup: Lookup,
  wanted: Wanted,
): AsyncIterable<Row> {
  const { key } = file;
  const rows: Readonly<Record<S3Collection['format'], () => AsyncIterable<Numbered> | readonly Numbered[]>> = {
    jsonl: () => jsonRows(bytesOf(bucket, file), key, lookup.field, wanted),
    csv: () => csvRows(bytesOf(bucket, file), key, delimiter, lookup.field, wanted),
    parquet: () => parquetRows(bucket, file, lookup, wanted),
    files: () => [],
  };
  const fields = fieldsOf(lookup);
  try {
    for await (const [line, row] of rows[format]()) {
      const place: Row = { key, line };
      yield rowOf(fields, (field) => (Object.hasOwn(row, field) ? row[field] : place[field]));
    }
  } catch (error) {
    if (error instanceof SourceMalformed || error instanceof SourceUnavailable || bucket.signal?.aborted) throw error;
    // What a broken file makes a parser say may repeat what it holds.
    throw new SourceMalformed(`${lookup.name}: a file is not ${format} that can be read`);
  }
}
