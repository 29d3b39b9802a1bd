import type { Received } from './s3-body.ts';
import type { BucketDefinition, Draft, Objects, Precondition, Version } from './s3-objects.ts';
import { bucketArn, copySourceOf, noSuchKey } from './s3-request.ts';
import type { Uploads } from './s3-uploads.ts';
import { AwsError, type Call, type Caller, type Permission } from './service.ts';

/** What every operation works on. */
export interface Storage {
  readonly buckets: ReadonlyMap<string, BucketDefinition>;
  readonly objects: Objects;
  readonly uploads: Uploads;
  readonly authorise: (caller: Caller, permission: Permission) => void;
}

/** The bucket, key and version that a copy reads. Throws when the bucket is not there. */
export function sourceOf({ headers }: Call, { buckets }: Storage) {
  const { bucket: name, key, versionId } = copySourceOf(headers);
  const bucket = buckets.get(name);
  if (bucket === undefined)
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
  return { bucket, key, versionId };
}

/** The version that a read means. Who may not list the bucket is not told that a key is missing, as in AWS. */
export async function versionToRead(
  { objects, authorise }: Storage,
  caller: Caller,
  bucket: BucketDefinition,
  key: string,
  versionId?: string,
): Promise<Version> {
  const versions = (await objects.entry(bucket, key))?.versions ?? [];
  const version = versionId === undefined ? versions[0] : versions.find(({ id }) => id === versionId);
  if (version?.marker && versionId !== undefined)
    throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  if (version !== undefined && !version.marker) return version;
  authorise(caller, { action: 's3:ListBucket', resource: bucketArn(bucket.name) });
  if (versionId === undefined) throw noSuchKey(key);
  throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: versionId });
}

/** The part of a version that follows from its bytes. */
export function draftOf(
  blob: { id: string; bytes: number },
  { bytes, md5, checksum }: Received,
): Omit<Draft, 'headers'> {
  return { blobs: [blob], bytes, etag: md5, ...(checksum && { checksum }) };
}

/** Writes a version of new bytes; they go again when it may not be written. */
export async function writeVersion(
  objects: Objects,
  bucket: BucketDefinition,
  key: string,
  draft: Draft,
  precondition?: Precondition,
): Promise<Version> {
  try {
    return await objects.put(bucket, key, draft, precondition);
  } catch (error) {
    await objects.blobs.remove(draft.blobs);
    throw error;
  }
}
