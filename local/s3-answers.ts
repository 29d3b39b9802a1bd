import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Blobs } from './s3-blobs.ts';
import type { Checksum } from './s3-body.ts';
import { type BucketDefinition, isVersioned, type Lock, type Version } from './s3-objects.ts';
import { header, isUnchanged, rangeOf, type S3Request } from './s3-request.ts';
import { document, type Xml } from './s3-xml.ts';
import { AwsError, type Call } from './service.ts';

/** Answers in XML. */
export function answerXml(
  response: ServerResponse,
  root: string,
  content: Xml,
  headers: Record<string, string> = {},
): void {
  response.writeHead(200, { ...headers, 'content-type': 'application/xml' }).end(document(root, content));
}

/** What every write answers in its headers. */
export function writtenHeaders(bucket: BucketDefinition, version: Version): Record<string, string> {
  return {
    etag: `"${version.etag}"`,
    ...encryptionHeaders(bucket),
    ...checksumHeaders(version.checksum),
    ...versionHeader(bucket, version),
  };
}

export const versionHeader = (bucket: BucketDefinition, { id }: Version): Record<string, string> =>
  isVersioned(bucket) ? { 'x-amz-version-id': id } : {};

/** Everything at rest is encrypted; with the bucket's own key when it has one. */
export function encryptionHeaders({ kmsKeyArn }: BucketDefinition): Record<string, string> {
  const name = 'x-amz-server-side-encryption';
  if (kmsKeyArn === undefined) return { [name]: 'AES256' };
  return { [name]: 'aws:kms', [`${name}-aws-kms-key-id`]: kmsKeyArn, [`${name}-bucket-key-enabled`]: 'true' };
}

function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  const type = checksum.value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT';
  return { [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value, 'x-amz-checksum-type': type };
}

function lockHeaders({ mode, until, legalHold }: Lock = {}): Record<string, string> {
  return {
    ...(mode !== undefined && { 'x-amz-object-lock-mode': mode }),
    ...(until !== undefined && { 'x-amz-object-lock-retain-until-date': new Date(until).toISOString() }),
    ...(legalHold && { 'x-amz-object-lock-legal-hold': 'ON' }),
  };
}

/** The parameters by which a reader chooses headers of the answer. */
export const overrides = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
].map((name) => `response-${name}`);

function overridden({ query }: Call): Record<string, string> {
  const chosen = overrides.flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [[name.slice('response-'.length), value] as const];
  });
  const bad = chosen.find(([, value]) => /[^\t\u0020-\u007e\u0080-\u00ff]/.test(value));
  if (bad !== undefined)
    throw new AwsError('InvalidArgument', `Header value cannot be represented: response-${bad[0]}`);
  return Object.fromEntries(chosen);
}

/** Answers a version's bytes, or the part that a Range asks for; of a HEAD only what it would say. */
export async function answerObject(
  { call, bucket }: S3Request,
  version: Version,
  blobs: Blobs,
  response: ServerResponse,
): Promise<void> {
  const isHead = call.method === 'HEAD';
  const headers = { ...objectHeaders(bucket, version), ...overridden(call) };
  if (isUnchanged(call.headers, version)) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = rangeOf(header(call.headers, 'range'), version.bytes);
  const [from, to] = range ?? [0, version.bytes - 1];
  // The checksum is that of the whole object: with a part of it, it would be wrong.
  const wants = header(call.headers, 'x-amz-checksum-mode') === 'ENABLED' && range === undefined;
  response.writeHead(range === undefined ? 200 : 206, {
    ...headers,
    ...(wants && checksumHeaders(version.checksum)),
    ...(range && { 'content-range': `bytes ${from}-${to}/${version.bytes}` }),
    'content-length': to - from + 1,
  });
  if (isHead) response.end();
  else await send(Readable.from(blobs.read(version.blobs, from, to), { objectMode: false }), response);
}

/** A reader that goes away is no failure of ours. */
async function send(body: Readable, response: ServerResponse): Promise<void> {
  await pipeline(body, response).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

function objectHeaders(bucket: BucketDefinition, version: Version): Record<string, string> {
  return {
    ...version.headers,
    ...encryptionHeaders(bucket),
    ...versionHeader(bucket, version),
    ...lockHeaders(version.lock),
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.at).toUTCString(),
    'accept-ranges': 'bytes',
  };
}
