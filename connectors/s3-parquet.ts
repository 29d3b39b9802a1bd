import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { type AsyncBuffer, type Compressors, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import type { Lookup, Row, Value } from '../domain/connector.ts';
import { SourceMalformed } from '../domain/errors.ts';
import { exactNumber } from './exact-json.ts';
import { fieldsOf } from './row.ts';
import type { Numbered, Wanted } from './s3-lines.ts';
import { type Bucket, bytesOf, type Listed } from './s3-object.ts';

type Decompress = (input: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

// No page may grow beyond what it says of itself.
const within = (decompress: Decompress) => (input: Uint8Array, length: number) =>
  new Uint8Array(decompress(input, { maxOutputLength: Math.max(1, length) }));

const compressors: Compressors = {
  GZIP: within(gunzipSync),
  ZSTD: within(zstdDecompressSync),
  BROTLI: within(brotliDecompressSync),
};

/** Bytes of a row group, unpacked: it is held in memory as a whole. */
const largest = 256 * 1_048_576;

/** Rows of a Parquet file whose field is wanted, a row group at a time: its column is read first, the others where something is found. */
export async function* parquetRows(
  bucket: Bucket,
  object: Listed,
  lookup: Lookup,
  wanted: Wanted,
): AsyncIterable<Numbered> {
  const file = rangesOf(bucket, object);
  const metadata = await parquetMetadataAsync(file);
  const names = new Set(metadata.schema.slice(1).map(({ name }) => name));
  if (!names.has(lookup.field)) throw new SourceMalformed(`${lookup.name}: a file has no column ${lookup.field}`);
  let rowStart = 0;
  for (const { num_rows, total_byte_size } of metadata.row_groups) {
    if (total_byte_size > largest)
      throw new SourceMalformed(`${lookup.name}: a row group of more than ${largest} bytes`);
    const rowEnd = rowStart + Number(num_rows);
    const read = (columns: string[]) =>
      parquetReadObjects({ file, metadata, compressors, columns, rowStart, rowEnd, utf8: false }) as Promise<
        Record<string, unknown>[]
      >;
    const matches = (await read([lookup.field])).map((row) => wanted(plain(row[lookup.field])));
    if (matches.includes(true)) {
      const rows = await read(fieldsOf(lookup).filter((field) => names.has(field)));
      for (const [place, row] of rows.entries()) if (matches[place]) yield [rowStart + place + 1, plain(row) as Row];
    }
    rowStart = rowEnd;
  }
}

const rangesOf = (bucket: Bucket, object: Listed): AsyncBuffer => ({
  byteLength: object.size,
  slice: async (start, end = object.size) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytesOf(bucket, object, [start, end])) chunks.push(chunk);
    return new Uint8Array(Buffer.concat(chunks)).buffer;
  },
});

// Writers of old leave it open whether bytes are a text: an address among them must be found.
const plain = (value: unknown): Value => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return exactNumber(String(value));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array)
    return isUtf8(value) ? Buffer.from(value).toString() : Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object') return value as Value;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plain(held)]));
};
