import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { answerXml, overrides } from './s3-answers.ts';
import { Blobs } from './s3-blobs.ts';
import { postObject } from './s3-form-operation.ts';
import { applyLifecycle, hasRules, nextMidnight } from './s3-lifecycle.ts';
import { listObjects, listVersions } from './s3-listing.ts';
import { copyObject, deleteObject, deleteObjects, getObject, putObject } from './s3-object-operations.ts';
import { type BucketDefinition, Objects } from './s3-objects.ts';
import {
  deletePermissions,
  formPermissions,
  getPermissions,
  listPermission,
  partPermissions,
  readPermission,
  readPermissionsOfSource,
  writePermissions,
} from './s3-permissions.ts';
import { onObject, placeOf, refuseOthers, type S3Request } from './s3-request.ts';
import type { Storage } from './s3-storage.ts';
import { completeUpload, copyPart, createUpload, listParts, uploadOf, uploadPart } from './s3-upload-operations.ts';
import { Uploads } from './s3-uploads.ts';
import { AwsError, type Call, type Caller, type Clock, type Permission, type Service } from './service.ts';
import { openStore } from './store.ts';

export type { BucketDefinition } from './s3-objects.ts';

interface Options {
  readonly dir: string;
  readonly clock: Clock;
  readonly buckets: readonly BucketDefinition[];
  /** Throws AwsError when the caller may not. For what shows only while a call is served: each key of DeleteObjects, and whether a missing key may be known. */
  readonly authorise?: (caller: Caller, permission: Permission) => void;
}

/** Opens S3 on a folder. The buckets are those given; objects of others stay where they are. */
export async function openS3({ dir, clock, buckets: definitions, authorise = () => {} }: Options): Promise<Service> {
  const blobs = new Blobs(join(dir, 'blobs'));
  await blobs.open();
  const store = await openStore(join(dir, 'index'));
  const objects = new Objects(store, blobs, clock);
  const storage: Storage = {
    buckets: new Map(definitions.map((bucket) => [bucket.name, bucket])),
    objects,
    uploads: new Uploads(store, objects),
    authorise,
  };
  await sweepLeftovers(storage, await store.get<string[]>('buckets'));
  await store.put('buckets', [...storage.buckets.keys()]);
  const stop = hasRules(definitions) ? applyDaily(storage) : () => {};
  return {
    signingName: 's3',
    permissions: (call) => {
      const operation = operationOf(call);
      return operation.permissions(requestOf(storage, call), storage);
    },
    handle: async (call, response) => {
      const operation = operationOf(call);
      refuseOthers(call, operation.parameters ?? []);
      await operation.run(requestOf(storage, call), storage, response);
    },
    close: async () => {
      stop();
      await store.close();
    },
  };
}

/** Removes bytes that a crash left without a record; buckets that the template dropped keep theirs. */
async function sweepLeftovers({ buckets, objects, uploads }: Storage, before: readonly string[] = []): Promise<void> {
  const all = [...new Set([...before, ...buckets.keys()])].map((name) => ({ name }));
  const inObjects = await objects.blobIds(all);
  await uploads.finishCompleted(all, inObjects);
  await objects.blobs.keepOnly(inObjects.union(await uploads.blobIds(all)));
}

function applyDaily({ buckets, objects, uploads }: Storage): () => void {
  let cancel = () => {};
  const { clock } = objects;
  const arm = () => {
    cancel = clock.at(nextMidnight(clock.now()), () => clock.busy(apply()));
  };
  const apply = async () => {
    arm();
    for (const bucket of buckets.values()) await applyLifecycle(bucket, objects, uploads);
  };
  arm();
  return () => cancel();
}

const nowhere: BucketDefinition = { name: '' };

function requestOf({ buckets }: Storage, call: Call): S3Request {
  const { bucket: name, key } = placeOf(call.path);
  const bucket = name === '' ? nowhere : buckets.get(name);
  if (bucket === undefined)
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
  if (Buffer.byteLength(key) > 1024) throw new AwsError('KeyTooLongError', 'Your key is too long');
  return { call, bucket, key };
}

// Operations.

interface Operation {
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** A parameter or a header that tells it from the others of its method. */
  readonly parameter?: string;
  readonly header?: string;
  /** The parameters it knows. */
  readonly parameters?: readonly string[];
  permissions(request: S3Request, storage: Storage): readonly Permission[];
  run(request: S3Request, storage: Storage, response: ServerResponse): Promise<void>;
}

const listing = [
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
  'fetch-owner',
];

/** The first row that fits a call is its operation. */
const operations: readonly Operation[] = [
  {
    method: 'GET',
    on: 'service',
    permissions: () => [{ action: 's3:ListAllMyBuckets', resource: '*' }],
    run: listBuckets,
  },
  { method: 'HEAD', on: 'bucket', permissions: listPermission('ListBucket'), run: headBucket },
  {
    method: 'GET',
    on: 'bucket',
    parameter: 'location',
    parameters: ['location'],
    permissions: listPermission('GetBucketLocation'),
    run: async (_, __, response) => answerXml(response, 'LocationConstraint', 'eu-west-1'),
  },
  {
    method: 'GET',
    on: 'bucket',
    parameter: 'list-type',
    parameters: listing,
    permissions: listPermission('ListBucket'),
    run: async ({ bucket, call }, { objects }, response) =>
      answerXml(response, 'ListBucketResult', await listObjects(objects, bucket, call.query)),
  },
  {
    method: 'GET',
    on: 'bucket',
    parameter: 'versions',
    parameters: ['versions', 'prefix', 'max-keys', 'encoding-type'],
    permissions: listPermission('ListBucketVersions'),
    run: async ({ bucket, call }, { objects }, response) =>
      answerXml(response, 'ListVersionsResult', await listVersions(objects, bucket, call.query)),
  },
  // Which keys it deletes stands in its body: each is judged when it is read.
  {
    method: 'POST',
    on: 'bucket',
    parameter: 'delete',
    parameters: ['delete'],
    permissions: () => [],
    run: deleteObjects,
  },
  { method: 'POST', on: 'bucket', permissions: formPermissions, run: postObject },
  {
    method: 'POST',
    on: 'object',
    parameter: 'uploads',
    parameters: ['uploads'],
    permissions: writePermissions,
    run: createUpload,
  },
  {
    method: 'POST',
    on: 'object',
    parameter: 'uploadId',
    parameters: ['uploadId'],
    permissions: partPermissions,
    run: completeUpload,
  },
  {
    method: 'PUT',
    on: 'object',
    parameter: 'uploadId',
    header: 'x-amz-copy-source',
    parameters: ['uploadId', 'partNumber'],
    permissions: (request, storage) => [...readPermissionsOfSource(request, storage), ...partPermissions(request)],
    run: copyPart,
  },
  {
    method: 'PUT',
    on: 'object',
    parameter: 'uploadId',
    parameters: ['uploadId', 'partNumber'],
    permissions: partPermissions,
    run: uploadPart,
  },
  {
    method: 'PUT',
    on: 'object',
    header: 'x-amz-copy-source',
    permissions: (request, storage) => [...readPermissionsOfSource(request, storage), ...writePermissions(request)],
    run: copyObject,
  },
  { method: 'PUT', on: 'object', permissions: writePermissions, run: putObject },
  {
    method: 'GET',
    on: 'object',
    parameter: 'uploadId',
    parameters: ['uploadId', 'max-parts', 'part-number-marker'],
    permissions: ({ bucket, key }) => [onObject('ListMultipartUploadParts', bucket.name, key)],
    run: listParts,
  },
  { method: 'GET', on: 'object', parameters: ['versionId', ...overrides], permissions: getPermissions, run: getObject },
  {
    method: 'HEAD',
    on: 'object',
    parameters: ['versionId', ...overrides],
    permissions: ({ call, bucket, key }) => [readPermission(bucket, key, call.query.get('versionId'))],
    run: getObject,
  },
  {
    method: 'DELETE',
    on: 'object',
    parameter: 'uploadId',
    parameters: ['uploadId'],
    permissions: ({ bucket, key }) => [onObject('AbortMultipartUpload', bucket.name, key)],
    run: async (request, { uploads }, response) => {
      await uploads.abort(request.bucket, await uploadOf(request, uploads));
      response.writeHead(204).end();
    },
  },
  {
    method: 'DELETE',
    on: 'object',
    parameters: ['versionId'],
    permissions: ({ call, bucket, key }) =>
      deletePermissions(call, bucket, key, call.query.get('versionId') ?? undefined),
    run: deleteObject,
  },
];

function operationOf({ method, path, query, headers }: Call): Operation {
  const { bucket, key } = placeOf(path);
  const on = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const found = operations.find(
    (row) =>
      row.method === method &&
      row.on === on &&
      (row.parameter === undefined || query.has(row.parameter)) &&
      (row.header === undefined || row.header in headers),
  );
  if (found !== undefined) return found;
  const what = [...query.keys()].find((name) => name !== 'x-id');
  throw new AwsError(
    'NotImplemented',
    `The local cloud does not model s3 ${method} of a ${on}${what ? ` with ${what}` : ''}.`,
    501,
  );
}

// Buckets.

async function listBuckets(_: S3Request, { buckets }: Storage, response: ServerResponse): Promise<void> {
  const Bucket = [...buckets.keys()].sort().map((Name) => ({ Name, CreationDate: '2026-01-01T00:00:00.000Z' }));
  answerXml(response, 'ListAllMyBucketsResult', { Owner: { ID: '123456789012' }, Buckets: { Bucket } });
}

async function headBucket(_: S3Request, __: Storage, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'x-amz-bucket-region': 'eu-west-1' }).end();
}
