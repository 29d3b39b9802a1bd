import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/** Size in bytes and SHA-256 of what was written. */
export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/** Counts and hashes what flows through. */
async function* measured(source: AsyncIterable<Uint8Array | string>, done: (written: Written) => void) {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of source) {
    const chunk = typeof part === 'string' ? Buffer.from(part) : part;
    bytes += chunk.byteLength;
    hash.update(chunk);
    yield chunk;
  }
  done({ bytes, sha256: hash.digest('hex') });
}

/** The Evidence bucket: what was gathered and what is delivered, under random keys. */
export const filesIn = (Bucket: string, s3: S3Client = new S3Client()) => ({
  /** Streams a file into the bucket: one PutObject below 5 MiB, a multipart upload above; memory stays at a few parts. */
  async write(Key: string, source: AsyncIterable<Uint8Array | string>, ContentType: string): Promise<Written> {
    let written: Written = { bytes: 0, sha256: '' };
    const Body = Readable.from(
      measured(source, (result) => {
        written = result;
      }),
      { objectMode: false },
    );
    await new Upload({ client: s3, params: { Bucket, Key, Body, ContentType }, queueSize: 2 }).done();
    return written;
  },

  async writeText(Key: string, text: string, ContentType: string): Promise<Written> {
    const Body = Buffer.from(text);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
    return { bytes: Body.byteLength, sha256: createHash('sha256').update(Body).digest('hex') };
  },

  /** Streams a file's bytes. */
  async read(Key: string): Promise<Readable> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Body as Readable;
  },

  /** All keys under a prefix, in order. */
  async keys(Prefix: string): Promise<string[]> {
    const found: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
      found.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return found;
  },

  /** A small file as text. */
  async readText(Key: string): Promise<string> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString('utf8')) ?? '';
  },
});
export type Files = ReturnType<typeof filesIn>;
