import { type BucketDefinition, isLocked, type LifecycleRule, type Objects, type Version } from './s3-objects.ts';
import type { Uploads } from './s3-uploads.ts';

const day = 86_400_000;

/** S3 counts days from the midnight (UTC) that follows. Milliseconds. */
const isDue = (at: number, days: number, now: number): boolean => Math.ceil((at + days * day) / day) * day <= now;

/** The next midnight (UTC), when the rules are applied. */
export const nextMidnight = (now: Date): Date => new Date(Math.floor(now.getTime() / day + 1) * day);

/** Applies a bucket's rules: expires objects, old versions and unfinished uploads. A locked version stays. */
export async function applyLifecycle(bucket: BucketDefinition, objects: Objects, uploads: Uploads): Promise<void> {
  const rules = (bucket.lifecycle ?? []).filter(({ Status }) => Status === 'Enabled');
  if (rules.length === 0) return;
  const now = objects.clock.now();
  for await (const [key, { versions }] of objects.entries(bucket)) {
    const own = rules.filter(({ Prefix = '' }) => key.startsWith(Prefix));
    if (expires(own, versions[0], now)) await objects.delete(bucket, key);
    for (const { id } of versions.filter((version) => isSpent(own, version, versions, now)))
      await objects.deleteVersion(bucket, key, id, false);
  }
  for await (const upload of uploads.all(bucket)) {
    const limits = rules.filter(({ Prefix = '' }) => upload.key.startsWith(Prefix));
    if (limits.some((rule) => isAbandoned(rule, upload.at, now))) await uploads.abort(bucket, upload);
  }
}

function expires(rules: readonly LifecycleRule[], current: Version | undefined, now: Date): boolean {
  if (current === undefined || current.marker) return false;
  return rules.some(({ ExpirationInDays: days }) => days !== undefined && isDue(current.at, days, now.getTime()));
}

/** An old version past its days, or a delete marker with nothing behind it. */
function isSpent(rules: readonly LifecycleRule[], version: Version, all: readonly Version[], now: Date): boolean {
  if (isLocked(version, now, false)) return false;
  if (version.marker && all.length === 1)
    return rules.some((rule) => rule.ExpiredObjectDeleteMarker === true || rule.ExpirationInDays !== undefined);
  const { noncurrentSince } = version;
  if (noncurrentSince === undefined) return false;
  return rules.some(
    ({ NoncurrentVersionExpiration: rule }) =>
      rule !== undefined && isDue(noncurrentSince, rule.NoncurrentDays, now.getTime()),
  );
}

function isAbandoned({ AbortIncompleteMultipartUpload: rule }: LifecycleRule, at: number, now: Date): boolean {
  return rule?.DaysAfterInitiation !== undefined && isDue(at, rule.DaysAfterInitiation, now.getTime());
}

/** Whether any bucket has a rule that could ever do something. */
export const hasRules = (buckets: readonly BucketDefinition[]): boolean =>
  buckets.some(({ lifecycle = [] }) => lifecycle.some(({ Status }) => Status === 'Enabled'));
