import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import {
  type Content,
  hashed,
  type Measured,
  measured,
  type Packed,
  type Paged,
  packed,
  packedInPieces,
} from '../lib/packing.ts';

/** The Evidence bucket: what was gathered and what is delivered, under random keys. */
export const filesIn = (Bucket: string, s3: S3Client = new S3Client()) => {
  /** One PutObject below 5 MiB, a multipart upload above; memory stays at a few parts. Answers what `flow` was told at its end. */
  const upload = async <T>(
    Key: string,
    flow: (done: (result: T) => void) => AsyncIterable<Uint8Array>,
    ContentType: string,
  ): Promise<T> => {
    let result: T | undefined;
    const Body = Readable.from(
      flow((done) => {
        result = done;
      }),
      { objectMode: false },
    );
    await new Upload({ client: s3, params: { Bucket, Key, Body, ContentType }, queueSize: 2 }).done();
    return result as T;
  };
  /** All files under a prefix, in the order of their keys. */
  const list = async (Prefix: string): Promise<{ key: string; bytes: number }[]> => {
    const found: { key: string; bytes: number }[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }));
      found.push(...(page.Contents ?? []).map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size })));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return found;
  };
  return {
    /** Streams a file into the bucket as it is. */
    write: (key: string, source: Content, type: string): Promise<Measured> =>
      upload<Measured>(key, (done) => measured(source, done), type),

    /** Streams a ZIP into the bucket. */
    writeZip: (key: string, source: AsyncIterable<Uint8Array>): Promise<Omit<Measured, 'crc32'>> =>
      upload<Omit<Measured, 'crc32'>>(key, (done) => hashed(source, done), 'application/zip'),

    /** Streams a file into the bucket, deflated as its ZIP will hold it. */
    pack: (key: string, source: Content): Promise<Packed> =>
      upload<Packed>(key, (done) => packed(source, done), 'application/octet-stream'),

    /** Streams a text into the bucket, deflated so that each of its pieces can be read alone. */
    packInPieces: (key: string, source: AsyncIterable<string>): Promise<Paged> =>
      upload<Paged>(key, (done) => packedInPieces(source, done), 'application/octet-stream'),

    async writeText(Key: string, text: string, ContentType: string): Promise<void> {
      const Body = Buffer.from(text);
      await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));
    },

    /** Streams a file's bytes. */
    async read(Key: string): Promise<Readable> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return Body as Readable;
    },

    /** Streams the content of a file that lies deflated. */
    async unpack(Key: string): Promise<Readable> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return pipeline(Body as Readable, createInflateRaw(), () => undefined) as Readable;
    },

    list,

    /** All keys under a prefix, in order. */
    keys: async (prefix: string): Promise<string[]> => (await list(prefix)).map(({ key }) => key),

    /** Removes files for good, a few at a time; what is gone already is no failure. */
    async remove(keys: readonly string[]): Promise<void> {
      const removed = (Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key }));
      for (let at = 0; at < keys.length; at += 16) {
        // All end before a failure is told: a call left behind would wake up a day later, in another run, with a signature of yesterday.
        const results = await Promise.allSettled(keys.slice(at, at + 16).map(removed));
        for (const result of results) if (result.status === 'rejected') throw result.reason;
      }
    },

    /** Every version of every file under a prefix, whatever hides it. */
    async versions(Prefix: string): Promise<{ key: string; versionId: string }[]> {
      const found: { key: string; versionId: string }[] = [];
      let next: Pick<ListObjectVersionsCommandInput, 'KeyMarker' | 'VersionIdMarker'> = {};
      do {
        const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix, ...next }));
        found.push(
          ...(page.Versions ?? []).map(({ Key = '', VersionId = '' }) => ({ key: Key, versionId: VersionId })),
        );
        next = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
      } while (next.KeyMarker);
      return found;
    },

    /** A small file as text. */
    async readText(Key: string, VersionId?: string): Promise<string> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
      return (await Body?.transformToString('utf8')) ?? '';
    },
  };
};
export type Files = ReturnType<typeof filesIn>;
