import type { ServerResponse } from 'node:http';
import { answerXml, encryptionHeaders, writtenHeaders } from './s3-answers.ts';
import { measure, type Received, receive, receiveText } from './s3-body.ts';
import type { BucketDefinition, Version } from './s3-objects.ts';
import {
  header,
  headersToKeep,
  lockOf,
  preconditionOf,
  rangeOf,
  type S3Request,
  uploadAlgorithm,
} from './s3-request.ts';
import { type Storage, sourceOf, versionToRead } from './s3-storage.ts';
import type { Part, Upload, Uploads } from './s3-uploads.ts';
import { insides, textIn } from './s3-xml.ts';
import type { Call } from './service.ts';

/** The upload that a call names. */
export const uploadOf = ({ call, bucket, key }: S3Request, uploads: Uploads) =>
  uploads.get(bucket, key, call.query.get('uploadId') ?? '');

export async function createUpload(
  { call, bucket, key }: S3Request,
  { objects, uploads }: Storage,
  response: ServerResponse,
): Promise<void> {
  const lock = lockOf(bucket, call.headers, objects.clock.now());
  const algorithm = uploadAlgorithm(call.headers);
  const { id } = await uploads.begin(bucket, {
    key,
    headers: headersToKeep(call.headers),
    ...(lock && { lock }),
    ...(algorithm && { algorithm }),
  });
  const headers = {
    ...encryptionHeaders(bucket),
    ...(algorithm && { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': 'COMPOSITE' }),
  };
  answerXml(response, 'InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: id }, headers);
}

export async function uploadPart(request: S3Request, storage: Storage, response: ServerResponse): Promise<void> {
  const { call, bucket } = request;
  const { objects, uploads } = storage;
  const upload = await uploadOf(request, uploads);
  const [blob, received] = await objects.blobs.write((sink) => receive(call.stream, call.headers, sink));
  const part = partOf(call, blob, received, objects.clock.now());
  await keepPart(storage, bucket, upload, part);
  const checksum: Record<string, string> = part.checksum
    ? { [`x-amz-checksum-${part.checksum.algorithm.toLowerCase()}`]: part.checksum.value }
    : {};
  response
    .writeHead(200, { etag: `"${part.md5}"`, ...checksum, ...encryptionHeaders(bucket), 'content-length': 0 })
    .end();
}

/** Keeps a part of new bytes; they go again when it can't be kept. */
async function keepPart(
  { objects, uploads }: Storage,
  bucket: BucketDefinition,
  upload: Upload,
  part: Part,
): Promise<void> {
  try {
    await uploads.keepPart(bucket, upload, part);
  } catch (error) {
    await objects.blobs.remove([part.blob]);
    throw error;
  }
}

function partOf({ query }: Call, blob: Part['blob'], { md5, checksum }: Received, now: Date): Part {
  return { number: Number(query.get('partNumber')), blob, md5, at: now.getTime(), ...(checksum && { checksum }) };
}

export async function copyPart(request: S3Request, storage: Storage, response: ServerResponse): Promise<void> {
  const { call, bucket } = request;
  const { objects, uploads } = storage;
  const upload = await uploadOf(request, uploads);
  const source = sourceOf(call, storage);
  const version = await versionToRead(storage, call.caller, source.bucket, source.key, source.versionId);
  const asked = header(call.headers, 'x-amz-copy-source-range');
  const [from, to] = rangeOf(asked, version.bytes) ?? [0, version.bytes - 1];
  const [blob, received] = await objects.blobs.write((sink) =>
    measure(objects.blobs.read(version.blobs, from, to), upload.algorithm, sink),
  );
  const part = partOf(call, blob, received, objects.clock.now());
  await keepPart(storage, bucket, upload, part);
  const LastModified = new Date(part.at).toISOString();
  answerXml(
    response,
    'CopyPartResult',
    { ETag: `"${part.md5}"`, LastModified, ...checksumElement(part) },
    encryptionHeaders(bucket),
  );
}

export async function completeUpload(
  request: S3Request,
  { uploads }: Storage,
  response: ServerResponse,
): Promise<void> {
  const { call, bucket, key } = request;
  const upload = await uploadOf(request, uploads);
  const named = insides(await receiveText(call.stream, call.headers), 'Part').map((part) => ({
    number: Number(textIn(part, 'PartNumber')),
    etag: textIn(part, 'ETag') ?? '',
  }));
  const version = await uploads.complete(bucket, upload, named, preconditionOf(call.headers));
  const { etag: ETag, ...headers } = writtenHeaders(bucket, version);
  const content = {
    Location: `/${bucket.name}/${key}`,
    Bucket: bucket.name,
    Key: key,
    ETag,
    ...checksumElement(version),
  };
  answerXml(response, 'CompleteMultipartUploadResult', content, headers);
}

const checksumElement = ({ checksum }: Pick<Version, 'checksum'>): Record<string, string> =>
  checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value } : {};

export async function listParts(request: S3Request, { uploads }: Storage, response: ServerResponse): Promise<void> {
  const { call, bucket, key } = request;
  const upload = await uploadOf(request, uploads);
  const after = Number(call.query.get('part-number-marker') ?? 0);
  const most = Math.min(Number(call.query.get('max-parts') ?? 1000), 1000);
  const rest = (await uploads.parts(bucket, upload)).filter(({ number }) => number > after);
  const page = rest.slice(0, most);
  const isTruncated = page.length < rest.length;
  answerXml(response, 'ListPartsResult', {
    Bucket: bucket.name,
    Key: key,
    UploadId: upload.id,
    MaxParts: most,
    IsTruncated: isTruncated,
    NextPartNumberMarker: isTruncated ? page.at(-1)?.number : undefined,
    Part: page.map(({ number, md5, blob, at }) => ({
      PartNumber: number,
      ETag: `"${md5}"`,
      Size: blob.bytes,
      LastModified: new Date(at).toISOString(),
    })),
  });
}
