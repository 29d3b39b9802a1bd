import { randomBytes } from 'node:crypto';
import type { Blob, Blobs } from './s3-blobs.ts';
import type { Checksum } from './s3-body.ts';
import { AwsError, type Clock, type Store } from './service.ts';
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
  /** Loopback counts as secure transport, so this changes nothing here (decisions.md 18). */
  readonly enforceTls?: boolean | undefined;
}

type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

export interface LifecycleRule {
  readonly Status: 'Enabled' | 'Disabled';
  readonly Prefix?: string | undefined;
  readonly ExpirationInDays?: number | undefined;
  readonly ExpiredObjectDeleteMarker?: boolean | undefined;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number } | undefined;
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation?: number | undefined } | undefined;
}

export interface Lock {
  readonly mode?: LockMode;
  /** Milliseconds. */
  readonly until?: number;
  readonly legalHold?: true;
}

/** One version of an object, or a delete marker. */
export interface Version {
  readonly id: string;
  /** When it was written, in milliseconds. */
  readonly at: number;
  readonly marker?: true;
  readonly blobs: readonly Blob[];
  readonly bytes: number;
  readonly etag: string;
  readonly checksum?: Checksum;
  /** What the writer said of it, as headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly lock?: Lock;
  /** When a newer version came, in milliseconds. */
  readonly noncurrentSince?: number;
}

/** An object: its versions, the current one first. */
export interface Entry {
  readonly versions: readonly Version[];
}

/** What to write; number and time are given at the commit. */
export type Draft = Omit<Version, 'id' | 'at' | 'noncurrentSince'>;
/** Looks at the current version and throws when the write must not happen. */
export type Precondition = (current: Version | undefined) => void;

/** The objects of all buckets: an index of records and the files they name. */
export class Objects {
  readonly blobs: Blobs;
  readonly turns = new Turns();
  readonly clock: Clock;
  private readonly store: Store;

  constructor(store: Store, blobs: Blobs, clock: Clock) {
    this.store = store;
    this.blobs = blobs;
    this.clock = clock;
  }

  /** All versions of a key, or undefined. */
  entry(bucket: BucketDefinition, key: string): Promise<Entry | undefined> {
    return this.of(bucket).get<Entry>(key);
  }

  /** The current version, if it is one that can be read. */
  async current(bucket: BucketDefinition, key: string): Promise<Version | undefined> {
    const version = (await this.entry(bucket, key))?.versions[0];
    return version?.marker ? undefined : version;
  }

  /** Entries in the order of their keys, from the first that is not before `from`. */
  entries(bucket: BucketDefinition, from = ''): AsyncIterable<readonly [string, Entry]> {
    return this.of(bucket).entries<Entry>({ gte: from });
  }

  /** Writes a version; where the bucket keeps no versions, it replaces the one before. */
  put(bucket: BucketDefinition, key: string, draft: Draft, precondition: Precondition = () => {}): Promise<Version> {
    return this.turn(bucket, key, async () => {
      const before = (await this.entry(bucket, key))?.versions ?? [];
      precondition(before[0]?.marker ? undefined : before[0]);
      const now = this.clock.now().getTime();
      const version = { ...draft, id: isVersioned(bucket) ? newVersionId(now) : 'null', at: now };
      const kept = isVersioned(bucket) ? before : [];
      await this.keep(bucket, key, [version, ...superseded(kept, now)]);
      await this.forget(isVersioned(bucket) ? [] : before);
      return version;
    });
  }

  /** Deletes as DeleteObject does without a version: by a marker where versions are kept. */
  delete(bucket: BucketDefinition, key: string): Promise<Version | undefined> {
    if (isVersioned(bucket)) return this.put(bucket, key, marker);
    return this.turn(bucket, key, async () => {
      await this.forget(await this.drop(bucket, key, () => true));
      return undefined;
    });
  }

  /** Deletes one version for good. `bypass` lifts GOVERNANCE. Throws when it is locked. */
  deleteVersion(bucket: BucketDefinition, key: string, id: string, bypass: boolean): Promise<Version | undefined> {
    return this.turn(bucket, key, async () => {
      const [version] = ((await this.entry(bucket, key))?.versions ?? []).filter((one) => one.id === id);
      if (version !== undefined && isLocked(version, this.clock.now(), bypass))
        throw new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);
      await this.forget(await this.drop(bucket, key, (one) => one.id === id));
      return version;
    });
  }

  /** Every blob that a version names. */
  async blobIds(buckets: Iterable<BucketDefinition>): Promise<Set<string>> {
    const ids = new Set<string>();
    for (const bucket of buckets)
      for await (const [, { versions }] of this.entries(bucket))
        for (const { id } of versions.flatMap(({ blobs }) => blobs)) ids.add(id);
    return ids;
  }

  turn<T>({ name }: BucketDefinition, key: string, work: () => Promise<T>): Promise<T> {
    return this.turns.take([`${name}/${key}`], work);
  }

  private of({ name }: BucketDefinition): Store {
    return this.store.sub('objects').sub(name);
  }

  private keep(bucket: BucketDefinition, key: string, versions: readonly Version[]): Promise<void> {
    if (versions.length === 0) return this.of(bucket).del(key);
    return this.of(bucket).put(key, { versions } satisfies Entry);
  }

  /** Takes versions out of the record and answers them. */
  private async drop(bucket: BucketDefinition, key: string, which: (version: Version) => boolean): Promise<Version[]> {
    const versions = (await this.entry(bucket, key))?.versions ?? [];
    const gone = versions.filter(which);
    if (gone.length > 0)
      await this.keep(
        bucket,
        key,
        versions.filter((version) => !which(version)),
      );
    return gone;
  }

  private forget(versions: readonly Version[]): Promise<void> {
    return this.blobs.remove(versions.flatMap(({ blobs }) => blobs));
  }
}

const marker: Draft = { marker: true, blobs: [], bytes: 0, etag: '', headers: {} };

/** Object Lock needs versions, so a bucket with the one has the other. */
export const isVersioned = ({ versioned, objectLock }: BucketDefinition): boolean =>
  versioned === true || objectLock !== undefined;

/** Whether a version may not be deleted now. */
export function isLocked({ lock }: Version, now: Date, bypass: boolean): boolean {
  if (lock?.legalHold) return true;
  const retained = lock?.until !== undefined && lock.until > now.getTime();
  return retained && !(bypass && lock.mode === 'GOVERNANCE');
}

function superseded([first, ...rest]: readonly Version[], now: number): Version[] {
  return first === undefined ? [] : [{ ...first, noncurrentSince: now }, ...rest];
}

const newVersionId = (now: number) => now.toString(36) + randomBytes(12).toString('base64url');
