import { type _Object, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Connector, ConnectorFactory, Found, Lookup, Value } from '../domain/connector.ts';
import { SourceUnavailable } from '../domain/errors.ts';
import { awsFailure } from './aws-failure.ts';
import { contentTypeOf } from './content-type.ts';
import { parsed, parsedCollections } from './options.ts';
import { probe } from './probe.ts';
import { fieldsOf, rowOf } from './row.ts';
import { S3Collection, S3Options } from './s3-options.ts';
import { type Answer, type Place, walk } from './steps.ts';

/** Files in an S3 bucket below a prefix that holds the value; a row tells key, name, size, lastModified and contentType. */
export const s3: ConnectorFactory = ({ system, allowLoopback }) => {
  const { bucket, region } = parsed(S3Options, system.connector.options, 'connector.options');
  const collections = parsedCollections(S3Collection, system.collections);
  // Off AWS there are no host names per bucket.
  const client = new S3Client({ ...(region && { region }), forcePathStyle: allowLoopback });
  const find: Connector['find'] = (lookup, from) => {
    const options = collections.get(lookup.collection) ?? parsed(S3Collection, lookup.collection.options, 'options');
    const files = fileReader(client, bucket, lookup, from?.signal);
    const ask = async (value: string, { position }: Place): Promise<Answer> => {
      const prefix = options.prefix.replace('{value}', () => value);
      const request = { Bucket: bucket, Prefix: prefix, MaxKeys: 1_000, StartAfter: position };
      const listed = await client
        .send(new ListObjectsV2Command(request), { abortSignal: from?.signal })
        .catch((error) => {
          throw awsFailure(lookup.name, 'S3', error, from?.signal);
        });
      const objects = listed.Contents ?? [];
      const found = objects.filter(isFile).map((object) => files(object, value, prefix));
      return { found, next: listed.IsTruncated ? objects.at(-1)?.Key : undefined };
    };
    return walk(lookup.name, [...new Set(lookup.values)].filter(isSegment), from, ask);
  };
  return { find, check: () => probe(system, find), close: async () => client.destroy() };
};

// A value with a slash would be a path of its own, and an empty one would widen the prefix to everybody.
const isSegment = (value: string): boolean =>
  value.isWellFormed() && !/[/\0]/.test(value) && !['', '.', '..'].includes(value) && Buffer.byteLength(value) < 1_024;

// Consoles make an empty object with a slash at its end to show a folder.
const isFile = ({ Key = '', Size }: _Object): boolean => !(Key.endsWith('/') && Size === 0);

const fileReader =
  (client: S3Client, bucket: string, lookup: Lookup, signal: AbortSignal | undefined) =>
  (object: _Object, value: string, prefix: string): Found => {
    const { Key: key = '', Size: size = 0, LastModified, ETag } = object;
    const name = key.slice(prefix.length);
    const contentType = contentTypeOf(name);
    const told: Readonly<Record<string, Value | undefined>> = {
      key,
      name,
      size,
      lastModified: LastModified?.toISOString(),
      contentType,
      [lookup.field]: value,
    };
    const open = () => bytesOf(client, { Bucket: bucket, Key: key, IfMatch: ETag }, size, lookup.name, signal);
    return { row: rowOf(fieldsOf(lookup), (field) => told[field]), documents: [{ name, contentType, size, open }] };
  };

// The bytes of the object that was listed: one that changed since then, or ends early, is not passed on as if it were that.
async function* bytesOf(
  client: S3Client,
  request: { readonly Bucket: string; readonly Key: string; readonly IfMatch: string | undefined },
  size: number,
  name: string,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  let read = 0;
  try {
    const { Body } = await client.send(new GetObjectCommand(request), { abortSignal: signal });
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      read += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw awsFailure(name, 'S3', error, signal);
  }
  if (read !== size) throw new SourceUnavailable(`${name}: a file ended after ${read} of ${size} bytes`);
}
