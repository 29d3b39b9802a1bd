import type { ServerResponse } from 'node:http';
import { writtenHeaders } from './s3-answers.ts';
import { measure } from './s3-body.ts';
import { formOf } from './s3-form.ts';
import type { BucketDefinition, Version } from './s3-objects.ts';
import { headersToKeep, lockOf, type S3Request } from './s3-request.ts';
import { draftOf, type Storage, writeVersion } from './s3-storage.ts';
import { document } from './s3-xml.ts';
import { AwsError } from './service.ts';

export async function postObject(
  { call, bucket }: S3Request,
  { objects }: Storage,
  response: ServerResponse,
): Promise<void> {
  const form = formOf(call.stream);
  if (form === undefined)
    throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405);
  const { fields, file, least, most } = form;
  const key = fields.get('key') ?? '';
  const lock = lockOf(bucket, Object.fromEntries(fields), objects.clock.now());
  const [blob, received] = await objects.blobs.write((sink) => {
    let size = 0;
    return measure(file, undefined, (chunk) => {
      size += chunk.length;
      return size > most ? Promise.reject(wrongSize('EntityTooLarge', 'exceeds the maximum', most)) : sink(chunk);
    });
  });
  if (received.bytes < least) {
    await objects.blobs.remove([blob]);
    throw wrongSize('EntityTooSmall', 'is smaller than the minimum', least);
  }
  call.stream.resume();
  const headers = headersToKeep(Object.fromEntries(fields));
  const version = await writeVersion(objects, bucket, key, {
    ...draftOf(blob, received),
    headers,
    ...(lock && { lock }),
  });
  answerForm(response, fields, bucket, key, version);
}

const wrongSize = (code: string, how: string, limit: number) =>
  new AwsError(code, `Your proposed upload ${how} allowed size`, 400, {
    [how.includes('max') ? 'MaxSizeAllowed' : 'MinSizeAllowed']: limit,
  });

function answerForm(
  response: ServerResponse,
  fields: ReadonlyMap<string, string>,
  bucket: BucketDefinition,
  key: string,
  version: Version,
): void {
  const headers = writtenHeaders(bucket, version);
  const redirect = fields.get('success_action_redirect') ?? fields.get('redirect') ?? '';
  if (URL.canParse(redirect)) {
    const location = new URL(redirect);
    for (const [name, value] of Object.entries({ bucket: bucket.name, key, etag: `"${version.etag}"` }))
      location.searchParams.append(name, value);
    response.writeHead(303, { ...headers, location: location.href }).end();
    return;
  }
  const status = fields.get('success_action_status');
  const location = `/${bucket.name}/${key.split('/').map(encodeURIComponent).join('/')}`;
  if (status === '201') {
    const content = { Location: location, Bucket: bucket.name, Key: key, ETag: `"${version.etag}"` };
    response.writeHead(201, { ...headers, location, 'content-type': 'application/xml' });
    response.end(document('PostResponse', content));
    return;
  }
  response.writeHead(status === '200' ? 200 : 204, { ...headers, location }).end();
}
