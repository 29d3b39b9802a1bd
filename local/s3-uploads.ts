import { createHash, randomUUID } from 'node:crypto';
import type { Blob } from './s3-blobs.ts';
import { type Algorithm, type Checksum, compositeChecksum } from './s3-body.ts';
import type { BucketDefinition, Draft, Lock, Objects, Precondition, Version } from './s3-objects.ts';
import { AwsError, type Store } from './service.ts';

/** An upload in parts that is under way. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  /** Milliseconds. */
  readonly at: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly lock?: Lock;
  readonly algorithm?: Algorithm;
}

export interface Part {
  readonly number: number;
  readonly blob: Blob;
  readonly md5: string;
  readonly at: number;
  readonly checksum?: Checksum;
}

/** A part as the client names it when it completes the upload. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
}

/** S3's limits: parts of an upload, and bytes of each part but the last. */
const mostParts = 10_000;
const leastBytes = 5 * 1024 ** 2;

/** The uploads in parts of all buckets. A finished object keeps its parts as they are, one file each. */
export class Uploads {
  private readonly store: Store;
  private readonly objects: Objects;

  constructor(store: Store, objects: Objects) {
    this.store = store;
    this.objects = objects;
  }

  async begin(bucket: BucketDefinition, upload: Omit<Upload, 'id' | 'at'>): Promise<Upload> {
    const begun = { ...upload, id: randomUUID(), at: this.objects.clock.now().getTime() };
    await this.of(bucket).put(begun.id, begun);
    return begun;
  }

  /** The upload of this number and key, or S3's error. */
  async get(bucket: BucketDefinition, key: string, id: string): Promise<Upload> {
    const upload = await this.of(bucket).get<Upload>(id);
    if (upload?.key === key) return upload;
    const text =
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
    throw new AwsError('NoSuchUpload', text, 404);
  }

  /** Keeps a part; an earlier one of its number goes. */
  async keepPart(bucket: BucketDefinition, upload: Upload, part: Part): Promise<void> {
    if (!Number.isInteger(part.number) || part.number < 1 || part.number > mostParts)
      throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
    await this.objects.turn(bucket, upload.id, async () => {
      await this.get(bucket, upload.key, upload.id);
      const parts = this.partsOf(bucket, upload);
      const before = await parts.get<Part>(partKey(part.number));
      await parts.put(partKey(part.number), part);
      if (before !== undefined) await this.objects.blobs.remove([before.blob]);
    });
  }

  /** The parts that are there, in order. */
  async parts(bucket: BucketDefinition, upload: Upload): Promise<Part[]> {
    const parts: Part[] = [];
    for await (const [, part] of this.partsOf(bucket, upload).entries<Part>()) parts.push(part);
    return parts;
  }

  /** Makes the object of the named parts. Throws S3's errors on a part that is missing, small or out of order. */
  complete(
    bucket: BucketDefinition,
    upload: Upload,
    named: readonly NamedPart[],
    precondition: Precondition,
  ): Promise<Version> {
    return this.objects.turn(bucket, upload.id, async () => {
      await this.get(bucket, upload.key, upload.id);
      const there = await this.parts(bucket, upload);
      const chosen = chooseParts(there, named);
      const version = await this.objects.put(bucket, upload.key, draftOf(upload, chosen), precondition);
      await this.remove(bucket, upload);
      return version;
    });
  }

  abort(bucket: BucketDefinition, upload: Upload): Promise<void> {
    return this.objects.turn(bucket, upload.id, () => this.remove(bucket, upload));
  }

  async *all(bucket: BucketDefinition): AsyncGenerator<Upload> {
    for await (const [, upload] of this.of(bucket).entries<Upload>()) yield upload;
  }

  /** Every blob that a part names. */
  async blobIds(buckets: Iterable<BucketDefinition>): Promise<Set<string>> {
    const ids = new Set<string>();
    for (const bucket of buckets)
      for await (const upload of this.all(bucket))
        for (const { blob } of await this.parts(bucket, upload)) ids.add(blob.id);
    return ids;
  }

  /** Ends what a crash left between the object and the end of its upload. */
  async finishCompleted(buckets: Iterable<BucketDefinition>, inObjects: ReadonlySet<string>): Promise<void> {
    for (const bucket of buckets)
      for await (const upload of this.all(bucket)) {
        const parts = await this.parts(bucket, upload);
        if (parts.some(({ blob }) => inObjects.has(blob.id))) await this.remove(bucket, upload);
      }
  }

  /** Forgets the upload; the bytes of parts that became an object stay. */
  private async remove(bucket: BucketDefinition, upload: Upload): Promise<void> {
    const parts = await this.parts(bucket, upload);
    const versions = (await this.objects.entry(bucket, upload.key))?.versions ?? [];
    const used = new Set(versions.flatMap(({ blobs }) => blobs.map(({ id }) => id)));
    await this.of(bucket).del(upload.id);
    await this.partsOf(bucket, upload).batch(parts.map(({ number }) => ({ type: 'del', key: partKey(number) })));
    await this.objects.blobs.remove(parts.flatMap(({ blob }) => (used.has(blob.id) ? [] : blob)));
  }

  private of({ name }: BucketDefinition): Store {
    return this.store.sub('uploads').sub(name);
  }

  private partsOf({ name }: BucketDefinition, { id }: Upload): Store {
    return this.store.sub('parts').sub(name).sub(id);
  }
}

const partKey = (number: number) => String(number).padStart(5, '0');

function chooseParts(there: readonly Part[], named: readonly NamedPart[]): Part[] {
  if (named.length === 0)
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  if (named.some(({ number }, n) => n > 0 && number <= (named[n - 1] as NamedPart).number))
    throw new AwsError(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
    );
  const chosen = named.map(({ number, etag }) => {
    const part = there.find((one) => one.number === number && one.md5 === etag.replaceAll('"', ''));
    if (part !== undefined) return part;
    const text =
      "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.";
    throw new AwsError('InvalidPart', text, 400, { PartNumber: number });
  });
  const small = chosen.slice(0, -1).find(({ blob }) => blob.bytes < leastBytes);
  if (small !== undefined)
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed object size.', 400, {
      ProposedSize: small.blob.bytes,
      PartNumber: small.number,
    });
  return chosen;
}

function draftOf({ headers, lock, algorithm }: Upload, parts: readonly Part[]): Draft {
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.md5, 'hex'));
  const sums = parts.flatMap(({ checksum }) => (checksum?.algorithm === algorithm ? (checksum?.value ?? []) : []));
  return {
    blobs: parts.map(({ blob }) => blob),
    bytes: parts.reduce((sum, { blob }) => sum + blob.bytes, 0),
    etag: `${md5.digest('hex')}-${parts.length}`,
    headers,
    ...(lock && { lock }),
    ...(algorithm && sums.length === parts.length && { checksum: compositeChecksum(algorithm, sums) }),
  };
}
