import { S3Client } from '@aws-sdk/client-s3';
import type { Connector, ConnectorFactory, Found, Lookup, Value } from '../domain/connector.ts';
import { contentTypeOf } from './content-type.ts';
import { parsed, parsedCollections } from './options.ts';
import { probe } from './probe.ts';
import { fieldsOf, rowOf } from './row.ts';
import { type Bucket, bytesOf, type Listed, listFiles } from './s3-object.ts';
import { S3Collection, S3Options } from './s3-options.ts';
import { rowsInFiles } from './s3-rows.ts';
import { type Answer, type Place, walk } from './steps.ts';

/**
 * An S3 bucket: files below a prefix that holds the value (a row tells key, name, size, lastModified and contentType), or rows inside
 * files of JSON lines, CSV or Parquet.
 */
export const s3: ConnectorFactory = ({ system, allowLoopback }) => {
  const { bucket, region } = parsed(S3Options, system.connector.options, 'connector.options');
  const collections = parsedCollections(S3Collection, system.collections);
  // Off AWS there are no host names per bucket.
  const client = new S3Client({ ...(region && { region }), forcePathStyle: allowLoopback });
  const find: Connector['find'] = (lookup, from) => {
    const options = collections.get(lookup.collection) ?? parsed(S3Collection, lookup.collection.options, 'options');
    const place = { client, bucket, name: lookup.name, signal: from?.signal };
    return options.format === 'files'
      ? filesOf(place, options.prefix, lookup, from)
      : rowsInFiles(place, options, lookup, from?.cursor);
  };
  return { find, check: () => probe(system, find), close: async () => client.destroy() };
};

const filesOf = (bucket: Bucket, template: string, lookup: Lookup, from: Parameters<Connector['find']>[1]) => {
  const ask = async (value: string, { position }: Place): Promise<Answer> => {
    const prefix = template.replace('{value}', () => value);
    const { files, next } = await listFiles(bucket, prefix, position);
    return { found: files.map((file) => foundFile(bucket, lookup, file, value, prefix)), next };
  };
  return walk(lookup.name, [...new Set(lookup.values)].filter(isSegment), from, ask);
};

// A value with a slash would be a path of its own, and an empty one would widen the prefix to everybody.
const isSegment = (value: string): boolean =>
  value.isWellFormed() && !/[/\0]/.test(value) && !['', '.', '..'].includes(value) && Buffer.byteLength(value) < 1_024;

const foundFile = (bucket: Bucket, lookup: Lookup, file: Listed, value: string, prefix: string): Found => {
  const { key, size, lastModified } = file;
  const name = key.slice(prefix.length);
  const contentType = contentTypeOf(name);
  const told: Readonly<Record<string, Value | undefined>> = {
    ...{ key, name, size, lastModified, contentType },
    [lookup.field]: value,
  };
  const open = () => bytesOf(bucket, file);
  return { row: rowOf(fieldsOf(lookup), (field) => told[field]), documents: [{ name, contentType, size, open }] };
};
