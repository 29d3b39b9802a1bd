import type { IncomingHttpHeaders } from 'node:http';
import { type Algorithm, algorithmOf } from './s3-body.ts';
import type { BucketDefinition, Lock, Precondition, Version } from './s3-objects.ts';
import { AwsError, type Call, type Permission } from './service.ts';

/** A call with its bucket and key taken from the path. */
export interface S3Request {
  readonly call: Call;
  readonly bucket: BucketDefinition;
  readonly key: string;
}

/** Bucket and key of a path such as `/bucket/a/key`. */
export function placeOf(path: string): { readonly bucket: string; readonly key: string } {
  const end = path.indexOf('/', 1);
  return end < 0 ? { bucket: path.slice(1), key: '' } : { bucket: path.slice(1, end), key: path.slice(end + 1) };
}

export const header = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

/** Headers of S3's own that are modelled, or change nothing here. Any other is refused, as S3 does with one it does not know. */
const knownHeaders = [
  'bucket-object-lock-enabled',
  'bypass-governance-retention',
  'checksum-',
  'content-sha256',
  'copy-source',
  'copy-source-range',
  'date',
  'decoded-content-length',
  'expected-bucket-owner',
  'meta-',
  'metadata-directive',
  'object-lock-legal-hold',
  'object-lock-mode',
  'object-lock-retain-until-date',
  'sdk-checksum-algorithm',
  'security-token',
  'server-side-encryption',
  'server-side-encryption-aws-kms-key-id',
  'server-side-encryption-bucket-key-enabled',
  'trailer',
  'user-agent',
];

/** Refuses what is not modelled, by name. `parameters` are those of the operation. */
export function refuseOthers({ headers, query }: Call, parameters: readonly string[]): void {
  const other = Object.keys(headers).find(
    (name) => name.startsWith('x-amz-') && !knownHeaders.some((known) => fits(name.slice('x-amz-'.length), known)),
  );
  const parameter = [...query.keys()].find(
    (name) => name !== 'x-id' && !name.toLowerCase().startsWith('x-amz-') && !parameters.includes(name),
  );
  if (other === undefined && parameter === undefined) return;
  throw new AwsError('NotImplemented', `The local cloud does not model ${other ?? parameter} here.`, 501);
}

const fits = (name: string, known: string) => (known.endsWith('-') ? name.startsWith(known) : name === known);

/** What S3 keeps of a write and gives back with every read. */
const keptHeaders = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];

export function headersToKeep(headers: IncomingHttpHeaders): Record<string, string> {
  const names = Object.keys(headers).filter((name) => keptHeaders.includes(name) || name.startsWith('x-amz-meta-'));
  const kept = Object.fromEntries(names.map((name) => [name, header(headers, name) ?? '']));
  const encoding = (kept['content-encoding'] ?? '').split(',').map((one) => one.trim());
  const own = encoding.filter((one) => one !== 'aws-chunked' && one !== '').join(',');
  const { 'content-encoding': _, ...rest } = kept;
  return { 'content-type': 'binary/octet-stream', ...rest, ...(own !== '' && { 'content-encoding': own }) };
}

/** The retention of a new version: what its headers say, or the bucket's own. */
export function lockOf(bucket: BucketDefinition, headers: IncomingHttpHeaders, now: Date): Lock | undefined {
  const mode = header(headers, 'x-amz-object-lock-mode');
  const until = header(headers, 'x-amz-object-lock-retain-until-date');
  const hold = header(headers, 'x-amz-object-lock-legal-hold');
  const { objectLock } = bucket;
  if (objectLock === undefined) {
    if (mode ?? until ?? hold) throw invalid('Bucket is missing Object Lock Configuration');
    return undefined;
  }
  if ((mode === undefined) !== (until === undefined))
    throw invalid('x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
  const lock: Lock = {
    ...(mode === undefined ? defaultRetention(objectLock, now) : explicitRetention(mode, until as string, now)),
    ...(hold === 'ON' && { legalHold: true as const }),
  };
  return Object.keys(lock).length > 0 ? lock : undefined;
}

function defaultRetention({ mode, days }: NonNullable<BucketDefinition['objectLock']>, now: Date): Lock {
  return mode === undefined || days === undefined ? {} : { mode, until: now.getTime() + days * 86_400_000 };
}

function explicitRetention(mode: string, until: string, now: Date): Lock {
  const at = Date.parse(until);
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw invalid('Unknown wormMode directive.');
  if (!(at > now.getTime())) throw invalid('The retain until date must be in the future!');
  return { mode, until: at };
}

/** What If-Match and If-None-Match demand of a write. */
export function preconditionOf(headers: IncomingHttpHeaders): Precondition {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch !== undefined && noneMatch !== '*')
    throw new AwsError('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, {
      Header: 'If-None-Match',
    });
  return (current) => {
    if (noneMatch === '*' && current !== undefined) throw preconditionFailed('If-None-Match');
    if (match === undefined) return;
    if (current === undefined) throw noSuchKey();
    if (!sameTag(match, current)) throw preconditionFailed('If-Match');
  };
}

/** What a read demands. Answers true when the reader has it already (304). */
export function isUnchanged(headers: IncomingHttpHeaders, version: Version): boolean {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  const { 'if-modified-since': modified, 'if-unmodified-since': unmodified } = headers;
  const seconds = Math.floor(version.at / 1000) * 1000;
  if (match !== undefined && !sameTag(match, version)) throw preconditionFailed('If-Match');
  if (match === undefined && unmodified !== undefined && seconds > Date.parse(unmodified))
    throw preconditionFailed('If-Unmodified-Since');
  if (noneMatch !== undefined) return noneMatch === '*' || sameTag(noneMatch, version);
  return modified !== undefined && seconds <= Date.parse(modified);
}

const sameTag = (wanted: string, { etag }: Version) => wanted.replaceAll('"', '') === etag;

/** First and last byte that a Range asks for; undefined when there is none to honour. Throws InvalidRange. */
export function rangeOf(text: string | undefined, size: number): readonly [number, number] | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const from = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (from < size && from <= to) return [from, to];
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, { ActualObjectSize: size });
}

/** The checksum algorithm that an upload in parts names. */
export function uploadAlgorithm(headers: IncomingHttpHeaders): Algorithm | undefined {
  const name = header(headers, 'x-amz-checksum-algorithm');
  if (header(headers, 'x-amz-checksum-type') === 'FULL_OBJECT')
    throw new AwsError('NotImplemented', 'The local cloud does not model checksums of whole objects in parts.', 501);
  return name === undefined ? undefined : algorithmOf(name);
}

/** The bucket, key and version that a copy reads. */
export function copySourceOf(headers: IncomingHttpHeaders): {
  bucket: string;
  key: string;
  versionId?: string | undefined;
} {
  const [path = '', query = ''] = (header(headers, 'x-amz-copy-source') ?? '').split('?', 2);
  const decoded = decodeURIComponent(path);
  const place = placeOf(decoded.startsWith('/') ? decoded : `/${decoded}`);
  return { ...place, versionId: new URLSearchParams(query).get('versionId') ?? undefined };
}

// Permissions.

export const bucketArn = (bucket: string) => `arn:aws:s3:::${bucket}`;

/** A permission on an object. */
export const onObject = (action: string, bucket: string, key: string): Permission => ({
  action: `s3:${action}`,
  resource: `${bucketArn(bucket)}/${key}`,
});

/** S3 uses the bucket's key in the name of the caller, who must be allowed to. */
export const onKey = ({ kmsKeyArn }: BucketDefinition, ...actions: readonly string[]): Permission[] =>
  kmsKeyArn === undefined
    ? []
    : actions.map((action) => ({
        action: `kms:${action}`,
        resource: kmsKeyArn,
        context: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' },
      }));

// Errors.

export const noSuchKey = (key?: string) =>
  new AwsError('NoSuchKey', 'The specified key does not exist.', 404, key === undefined ? {} : { Key: key });
const invalid = (message: string) => new AwsError('InvalidRequest', message);
const preconditionFailed = (condition: string) =>
  new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
    Condition: condition,
  });
