import type { ServerResponse } from 'node:http';
import { answerObject, answerXml, versionHeader, writtenHeaders } from './s3-answers.ts';
import { receive, receiveText } from './s3-body.ts';
import type { BucketDefinition, Objects } from './s3-objects.ts';
import { deletePermissions } from './s3-permissions.ts';
import { header, headersToKeep, lockOf, preconditionOf, type S3Request } from './s3-request.ts';
import { draftOf, type Storage, sourceOf, versionToRead, writeVersion } from './s3-storage.ts';
import { insides, textIn, type Xml } from './s3-xml.ts';
import { AwsError, type Call } from './service.ts';

export async function getObject(request: S3Request, storage: Storage, response: ServerResponse): Promise<void> {
  const { call, bucket, key } = request;
  const version = await versionToRead(storage, call.caller, bucket, key, call.query.get('versionId') ?? undefined);
  await answerObject(request, version, storage.objects.blobs, response);
}

export async function putObject(
  { call, bucket, key }: S3Request,
  { objects }: Storage,
  response: ServerResponse,
): Promise<void> {
  const { headers, stream } = call;
  const precondition = preconditionOf(headers);
  // Before the body too: nobody sends a gigabyte to learn that it is not wanted.
  precondition(await objects.current(bucket, key));
  const lock = lockOf(bucket, headers, objects.clock.now());
  const [blob, received] = await objects.blobs.write((sink) => receive(stream, headers, sink));
  if (lock !== undefined && received.checksum === undefined && headers['content-md5'] === undefined) {
    await objects.blobs.remove([blob]);
    const text =
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters';
    throw new AwsError('InvalidRequest', text);
  }
  const draft = { ...draftOf(blob, received), headers: headersToKeep(headers), ...(lock && { lock }) };
  const version = await writeVersion(objects, bucket, key, draft, precondition);
  response.writeHead(200, { ...writtenHeaders(bucket, version), 'content-length': 0 }).end();
}

export async function copyObject(
  { call, bucket, key }: S3Request,
  storage: Storage,
  response: ServerResponse,
): Promise<void> {
  const { objects } = storage;
  const { headers } = call;
  const source = sourceOf(call, storage);
  const from = await versionToRead(storage, call.caller, source.bucket, source.key, source.versionId);
  const replaces = header(headers, 'x-amz-metadata-directive') === 'REPLACE';
  const isSelf = source.bucket.name === bucket.name && source.key === key && source.versionId === undefined;
  if (isSelf && !replaces)
    throw new AwsError(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata.",
    );
  const lock = lockOf(bucket, headers, objects.clock.now());
  const { blobs, bytes, etag, checksum } = from;
  const version = await writeVersion(objects, bucket, key, {
    blobs: await objects.blobs.copy(blobs),
    bytes,
    etag,
    ...(checksum && { checksum }),
    headers: replaces ? headersToKeep(headers) : from.headers,
    ...(lock && { lock }),
  });
  const { etag: ETag, ...rest } = writtenHeaders(bucket, version);
  answerXml(response, 'CopyObjectResult', { ETag, LastModified: new Date(version.at).toISOString() }, rest);
}

export async function deleteObject(
  { call, bucket, key }: S3Request,
  { objects }: Storage,
  response: ServerResponse,
): Promise<void> {
  const versionId = call.query.get('versionId') ?? undefined;
  const gone = await deleteOne(call, bucket, objects, key, versionId);
  response
    .writeHead(204, {
      ...(gone && versionHeader(bucket, gone)),
      ...(gone?.marker && { 'x-amz-delete-marker': 'true' }),
    })
    .end();
}

function deleteOne({ headers }: Call, bucket: BucketDefinition, objects: Objects, key: string, versionId?: string) {
  const bypass = header(headers, 'x-amz-bypass-governance-retention') === 'true';
  return versionId === undefined ? objects.delete(bucket, key) : objects.deleteVersion(bucket, key, versionId, bypass);
}

export async function deleteObjects(
  { call, bucket }: S3Request,
  storage: Storage,
  response: ServerResponse,
): Promise<void> {
  const xml = await receiveText(call.stream, call.headers);
  const wanted = insides(xml, 'Object');
  if (wanted.length === 0 || wanted.length > 1000)
    throw new AwsError(
      'MalformedXML',
      'The XML you provided was not well-formed or did not validate against our published schema',
    );
  const quiet = textIn(xml, 'Quiet') === 'true';
  const Deleted: Xml[] = [];
  const Errors: Xml[] = [];
  for (const one of wanted) {
    const [Key = '', VersionId] = [textIn(one, 'Key'), textIn(one, 'VersionId')];
    try {
      for (const permission of deletePermissions(call, bucket, Key, VersionId))
        storage.authorise(call.caller, permission);
      const gone = await deleteOne(call, bucket, storage.objects, Key, VersionId);
      Deleted.push({ Key, VersionId, ...(gone?.marker && { DeleteMarker: true, DeleteMarkerVersionId: gone.id }) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Errors.push({ Key, VersionId, Code: error.code, Message: error.message });
    }
  }
  answerXml(response, 'DeleteResult', { Deleted: quiet ? [] : Deleted, Error: Errors });
}
