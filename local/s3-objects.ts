import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AwsError, type Clock } from './service.ts';
import { type OpenStore, openStore } from './store.ts';
import { Turns } from './turns.ts';

/** A bucket as the template declares it. */
export interface BucketDefinition {
  readonly name: string;
  readonly versioned?: boolean | undefined;
  /** Object Lock, with the retention that every new version gets. */
  readonly objectLock?: { readonly mode?: LockMode; readonly days?: number } | undefined;
  /** Rules as CloudFormation writes them. */
  readonly lifecycle?: readonly LifecycleRule[] | undefined;
  readonly kmsKeyArn?: string | undefined;
}

type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

interface LifecycleRule {
  readonly Prefix?: string | undefined;
  readonly ExpirationInDays?: number | undefined;
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation: number } | undefined;
}

/** The MD5 of some bytes in hex, and the checksum that the sender gave as its header. */
interface Sums {
  readonly md5: string;
  readonly checksum?: Readonly<Record<string, string>> | undefined;
}

/** What a body brought. */
export interface Received extends Sums {
  readonly content: Buffer;
}

/** Bytes in a file that never changes. */
interface Blob extends Sums {
  readonly id: string;
  readonly bytes: number;
}

/** One version of an object, or a delete marker. Instants are milliseconds. */
export interface Version {
  readonly id: string;
  readonly at: number;
  readonly marker?: true;
  /** One after the other; more than one when it was uploaded in parts. */
  readonly blobs: readonly Blob[];
  readonly etag: string;
  /** What the writer said of it, as headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly lock?: { readonly mode: LockMode; readonly until: number };
}

type Draft = Omit<Version, 'id' | 'at' | 'lock'>;

/** An upload in parts that is under way, its parts by their number. */
interface Upload extends Pick<Version, 'at' | 'headers'> {
  readonly key: string;
  readonly parts: Readonly<Record<number, Blob>>;
}

/** The parts of an object as the client names them; `sums`: the checksums that they are said to have, in base64. */
type NamedParts = readonly { readonly number: number; readonly etag: string; readonly sums: readonly string[] }[];

export interface Place {
  readonly bucket: BucketDefinition;
  readonly key: string;
}

const objectPath = ({ bucket, key }: Place) => `object/${bucket.name}/${key}`;
const uploadPath = ({ bucket }: Place, id: string) => `upload/${bucket.name}/${id}`;
/** All records below a path that ends in a slash. */
const below = (path: string) => ({ gte: path, lt: `${path.slice(0, -1)}0` });

/** Objects, their versions and the uploads under way: records in an index, and files with the bytes that they name. */
export class Objects {
  readonly clock: Clock;
  private readonly index: OpenStore;
  private readonly dir: string;
  private readonly turns = new Turns();

  private constructor(index: OpenStore, dir: string, clock: Clock) {
    this.index = index;
    this.dir = dir;
    this.clock = clock;
  }

  /** Opens a folder and removes bytes that a crash left without a record. */
  static async open(dir: string, clock: Clock): Promise<Objects> {
    const objects = new Objects(await openStore(join(dir, 'index')), join(dir, 'blobs'), clock);
    await mkdir(objects.dir, { recursive: true });
    const known = new Set((await objects.recorded()).map(({ id }) => id));
    const names = await readdir(objects.dir);
    await objects.remove(names.filter((id) => !known.has(id)).map((id) => ({ id })));
    return objects;
  }

  close(): Promise<void> {
    return this.index.close();
  }

  // Bytes. They count when a record names them.

  /** Gives the bytes, once they are on disk, to `keep`. They are gone when it fails. */
  async write<T>({ content, ...sums }: Received, keep: (blob: Blob) => Promise<T>): Promise<T> {
    const id = randomUUID();
    const file = await open(join(this.dir, id), 'wx');
    try {
      await file.writeFile(content);
      // A file's name is on disk when its folder is.
      const folder = await open(this.dir, 'r');
      await Promise.all([file.sync(), folder.sync()]).finally(() => folder.close());
      return await keep({ id, bytes: content.length, ...sums });
    } catch (error) {
      await this.remove([{ id }]);
      throw error;
    } finally {
      await file.close();
    }
  }

  /** The bytes `from` to `to` (inclusive). */
  async *read({ blobs }: Version, from: number, to: number): AsyncGenerator<Buffer> {
    let begin = 0;
    for (const { id, bytes } of blobs) {
      const [start, end] = [Math.max(from - begin, 0), Math.min(to - begin, bytes - 1)];
      begin += bytes;
      if (start <= end) yield* createReadStream(join(this.dir, id), { start, end, highWaterMark: 262_144 });
    }
  }

  /** A reader that has the file open keeps its bytes. */
  private async remove(blobs: readonly { readonly id: string }[]): Promise<void> {
    await Promise.all(blobs.map(({ id }) => rm(join(this.dir, id), { force: true })));
  }

  /** Those of buckets that the template dropped too. */
  private async recorded(): Promise<Blob[]> {
    const blobs: Blob[] = [];
    for await (const [, versions] of this.index.entries<Version[]>(below('object/')))
      blobs.push(...versions.flatMap((version) => version.blobs));
    for await (const [, { parts }] of this.index.entries<Upload>(below('upload/'))) blobs.push(...Object.values(parts));
    return blobs;
  }

  // Objects.

  /** All versions of a key, the current one first. */
  async versions(place: Place): Promise<readonly Version[]> {
    return (await this.index.get<Version[]>(objectPath(place))) ?? [];
  }

  /** Keys with all their versions, the current one first, in the order of their UTF-8 bytes, from the first that is not before `from`. */
  async *list(bucket: BucketDefinition, from = ''): AsyncGenerator<readonly [key: string, Version[]]> {
    const start = objectPath({ bucket, key: '' });
    for await (const [path, versions] of this.index.entries<Version[]>({ ...below(start), gte: start + from }))
      yield [path.slice(start.length), versions];
  }

  /** Writes a version; where the bucket keeps no versions, it replaces the one before. `first`: there must be none to read. */
  put(place: Place, draft: Draft, first = false): Promise<Version> {
    return this.turns.take([objectPath(place)], () => this.commit(place, draft, first));
  }

  /** `upload` is the record that ends with this write: both are on disk or neither. */
  private async commit(place: Place, draft: Draft, first: boolean, upload?: string): Promise<Version> {
    const before = await this.versions(place);
    if (first && readable(before) !== undefined) throw preconditionFailed();
    const version = { ...draft, ...stampOf(place.bucket, draft, this.clock.now().getTime()) };
    const kept = isVersioned(place.bucket) ? before : [];
    await this.index.batch([
      { type: 'put', key: objectPath(place), value: [version, ...kept] },
      ...(upload === undefined ? [] : [{ type: 'del' as const, key: upload }]),
    ]);
    if (kept !== before) await this.remove(before.flatMap(({ blobs }) => blobs));
    return version;
  }

  /** Deletes as DeleteObject does without a version: by a marker where versions are kept. */
  delete(place: Place): Promise<Version | undefined> {
    return isVersioned(place.bucket) ? this.put(place, marker) : this.deleteVersion(place, 'null', false);
  }

  /** Deletes one version for good. `bypass` lifts GOVERNANCE. Throws when it is locked. */
  deleteVersion(place: Place, id: string, bypass: boolean): Promise<Version | undefined> {
    const path = objectPath(place);
    return this.turns.take([path], async () => {
      const versions = await this.versions(place);
      const gone = versions.find((version) => version.id === id);
      if (gone === undefined) return undefined;
      const { mode, until = 0 } = gone.lock ?? {};
      if (until > this.clock.now().getTime() && !(bypass && mode === 'GOVERNANCE'))
        throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
      const rest = versions.filter((version) => version !== gone);
      await (rest.length > 0 ? this.index.put(path, rest) : this.index.del(path));
      await this.remove(gone.blobs);
      return gone;
    });
  }

  // Uploads in parts. A finished object keeps its parts as they are, one file each.

  async beginUpload(place: Place, headers: Version['headers']): Promise<string> {
    const id = randomUUID();
    const upload: Upload = { key: place.key, headers, at: this.clock.now().getTime(), parts: {} };
    await this.index.put(uploadPath(place, id), upload);
    return id;
  }

  /** Keeps a part; an earlier one of its number goes. */
  keepPart(place: Place, id: string, number: number, blob: Blob): Promise<Blob> {
    return this.inUpload(place, id, async (upload) => {
      const parts = { ...upload.parts, [number]: blob };
      await this.index.put(uploadPath(place, id), { ...upload, parts });
      await this.remove([upload.parts[number] ?? []].flat());
      return blob;
    });
  }

  /** Makes the object of the named parts. Throws S3's errors on a part that is missing, small or out of order. */
  complete(place: Place, id: string, named: NamedParts, first: boolean): Promise<Version> {
    return this.inUpload(place, id, async ({ parts, headers }) => {
      const blobs = chooseParts(parts, named);
      const draft = { blobs, etag: etagOfParts(blobs), headers };
      const version = await this.commit(place, draft, first, uploadPath(place, id));
      await this.remove(Object.values(parts).filter((blob) => !blobs.includes(blob)));
      return version;
    });
  }

  abort(place: Place, id: string): Promise<void> {
    return this.inUpload(place, id, async ({ parts }) => {
      await this.index.del(uploadPath(place, id));
      await this.remove(Object.values(parts));
    });
  }

  private inUpload<T>(place: Place, id: string, work: (upload: Upload) => Promise<T>): Promise<T> {
    const path = uploadPath(place, id);
    return this.turns.take([objectPath(place), path], async () => {
      const upload = await this.index.get<Upload>(path);
      if (upload?.key === place.key) return work(upload);
      throw new AwsError('NoSuchUpload', 'The specified upload does not exist, or was aborted or completed.', 404);
    });
  }

  /** Applies a bucket's rules: expires objects and unfinished uploads. */
  async expire(bucket: BucketDefinition): Promise<void> {
    const now = this.clock.now().getTime();
    const uploads = below(uploadPath({ bucket, key: '' }, ''));
    for (const { Prefix = '', ExpirationInDays, AbortIncompleteMultipartUpload: abort } of bucket.lifecycle ?? []) {
      for await (const [key, versions] of this.list(bucket))
        if (key.startsWith(Prefix) && isDue(readable(versions)?.at, ExpirationInDays, now))
          await this.delete({ bucket, key });
      for await (const [path, { key, at }] of this.index.entries<Upload>(uploads))
        if (key.startsWith(Prefix) && isDue(at, abort?.DaysAfterInitiation, now))
          await this.abort({ bucket, key }, path.slice(uploads.gte.length));
    }
  }
}

const marker: Draft = { marker: true, blobs: [], etag: '', headers: {} };
/** The current version, if it is one that can be read. */
export const readable = ([version]: readonly Version[]): Version | undefined => (version?.marker ? undefined : version);
export const preconditionFailed = () =>
  new AwsError('PreconditionFailed', 'A pre-condition that you gave did not hold', 412);
export const sizeOf = ({ blobs }: Pick<Version, 'blobs'>): number => blobs.reduce((sum, { bytes }) => sum + bytes, 0);

/** Object Lock needs versions, so a bucket with the one has the other. */
export const isVersioned = ({ versioned, objectLock }: BucketDefinition): boolean =>
  versioned === true || objectLock !== undefined;

/** What a version gets when it is written: its number, its time, and the retention of its bucket. */
function stampOf(bucket: BucketDefinition, draft: Draft, at: number): Pick<Version, 'id' | 'at' | 'lock'> {
  const id = isVersioned(bucket) ? at.toString(36) + randomBytes(12).toString('base64url') : 'null';
  const { mode, days } = bucket.objectLock ?? {};
  if (mode === undefined || days === undefined || draft.marker) return { id, at };
  return { id, at, lock: { mode, until: at + days * day } };
}

/** S3's least size of each part but the last, in bytes. */
const leastBytes = 5 * 1024 ** 2;

function chooseParts(there: Upload['parts'], named: NamedParts): Blob[] {
  if (named.length === 0) throw new AwsError('MalformedXML', 'The XML you provided was not well-formed');
  if (named.some(({ number }, n) => number <= (named[n - 1]?.number ?? 0)))
    throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
  const chosen = named.map(({ number, etag, sums }) => {
    const part = there[number];
    const known = Object.values(part?.checksum ?? {});
    if (part?.md5 === etag && sums.every((sum) => known.includes(sum))) return part;
    throw new AwsError('InvalidPart', `Part ${number} could not be found, or has another entity tag.`);
  });
  if (chosen.slice(0, -1).every(({ bytes }) => bytes >= leastBytes)) return chosen;
  throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
}

function etagOfParts(parts: readonly Blob[]): string {
  const sums = Buffer.concat(parts.map(({ md5 }) => Buffer.from(md5, 'hex')));
  return `${createHash('md5').update(sums).digest('hex')}-${parts.length}`;
}

const day = 86_400_000;

/** The next midnight (UTC), when the rules are applied. */
export const nextMidnight = (now: Date): Date => new Date(Math.floor(now.getTime() / day + 1) * day);

/** S3 counts days from the midnight (UTC) that follows. Milliseconds. */
const isDue = (at: number | undefined, days: number | undefined, now: number): boolean =>
  at !== undefined && days !== undefined && Math.ceil((at + days * day) / day) * day <= now;
