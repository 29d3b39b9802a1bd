import { type _Object, GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { SourceUnavailable } from '../domain/errors.ts';
import { awsFailure } from './aws-failure.ts';

/** A bucket as one look-up reads it; `name` is the collection's, for errors. */
export interface Bucket {
  readonly client: S3Client;
  readonly bucket: string;
  readonly name: string;
  readonly signal: AbortSignal | undefined;
}

/** An object that was listed. */
export interface Listed {
  readonly key: string;
  readonly size: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

const listed = ({ Key = '', Size = 0, ETag, LastModified }: _Object): Listed => ({
  key: Key,
  size: Size,
  etag: ETag,
  lastModified: LastModified?.toISOString(),
});

// Consoles make an empty object with a slash at its end to show a folder.
const isFile = ({ key, size }: Listed): boolean => !(key.endsWith('/') && size === 0);

/** At most a thousand files of a prefix after a key, and the key to go on after. */
export const listFiles = async ({ client, bucket, name, signal }: Bucket, prefix: string, after?: string) => {
  const request = { Bucket: bucket, Prefix: prefix, MaxKeys: 1_000, StartAfter: after };
  const answer = await client.send(new ListObjectsV2Command(request), { abortSignal: signal }).catch((error) => {
    throw awsFailure(name, 'S3', error, signal);
  });
  const objects = (answer.Contents ?? []).map(listed);
  return { files: objects.filter(isFile), next: answer.IsTruncated ? objects.at(-1)?.key : undefined };
};

/**
 * The bytes of the object that was listed, or those of a range of it, end exclusive. One that changed since then, or ends early, is not
 * passed on as if it were that: throws SourceUnavailable.
 */
export async function* bytesOf(
  { client, bucket, name, signal }: Bucket,
  { key, etag, size }: Listed,
  [start, end]: readonly [number, number] = [0, size],
): AsyncIterable<Uint8Array> {
  const range = start === 0 && end === size ? {} : { Range: `bytes=${start}-${end - 1}` };
  let read = 0;
  try {
    const request = new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag, ...range });
    const { Body } = await client.send(request, { abortSignal: signal });
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      signal?.throwIfAborted();
      read += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw awsFailure(name, 'S3', error, signal);
  }
  if (read !== end - start) throw new SourceUnavailable(`${name}: a file ended after ${read} of ${end - start} bytes`);
}
