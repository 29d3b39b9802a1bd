import { formOf } from './s3-form.ts';
import type { BucketDefinition } from './s3-objects.ts';
import { bucketArn, header, onKey, onObject, type S3Request } from './s3-request.ts';
import { type Storage, sourceOf } from './s3-storage.ts';
import type { Call, Permission } from './service.ts';

export function listPermission(action: string): (request: S3Request) => Permission[] {
  return ({ call, bucket }) => {
    const keys = ['prefix', 'delimiter', 'max-keys'].flatMap((name) => {
      const value = call.query.get(name);
      return value === null ? [] : [[`s3:${name}`, value] as const];
    });
    const permission = { action: `s3:${action}`, resource: bucketArn(bucket.name) };
    return [keys.length > 0 ? { ...permission, context: Object.fromEntries(keys) } : permission];
  };
}

export function readPermission(
  bucket: BucketDefinition,
  key: string,
  versionId: string | null | undefined,
): Permission {
  const permission = onObject(versionId ? 'GetObjectVersion' : 'GetObject', bucket.name, key);
  return versionId ? { ...permission, context: { 's3:VersionId': versionId } } : permission;
}

export function getPermissions({ call, bucket, key }: S3Request): Permission[] {
  return [readPermission(bucket, key, call.query.get('versionId')), ...onKey(bucket, 'Decrypt')];
}

export function writePermissions({ call, bucket, key }: S3Request): Permission[] {
  const lock = header(call.headers, 'x-amz-object-lock-mode') !== undefined;
  const hold = header(call.headers, 'x-amz-object-lock-legal-hold') !== undefined;
  return [
    onObject('PutObject', bucket.name, key),
    ...(lock ? [onObject('PutObjectRetention', bucket.name, key)] : []),
    ...(hold ? [onObject('PutObjectLegalHold', bucket.name, key)] : []),
    ...onKey(bucket, 'GenerateDataKey'),
  ];
}

/** A part is sealed with the upload's data key, which is opened again for each. */
export function partPermissions({ bucket, key }: S3Request): Permission[] {
  return [onObject('PutObject', bucket.name, key), ...onKey(bucket, 'GenerateDataKey', 'Decrypt')];
}

export function readPermissionsOfSource({ call }: S3Request, storage: Storage): Permission[] {
  const { key, versionId, bucket } = sourceOf(call, storage);
  return [readPermission(bucket, key, versionId), ...onKey(bucket, 'Decrypt')];
}

export function formPermissions(request: S3Request): Permission[] {
  const key = formOf(request.call.stream)?.fields.get('key');
  return key === undefined ? [] : writePermissions({ ...request, key });
}

export function deletePermissions(
  { headers }: Call,
  { name }: BucketDefinition,
  key: string,
  versionId?: string,
): Permission[] {
  const bypass = header(headers, 'x-amz-bypass-governance-retention') === 'true';
  return [
    onObject(versionId === undefined ? 'DeleteObject' : 'DeleteObjectVersion', name, key),
    ...(bypass ? [onObject('BypassGovernanceRetention', name, key)] : []),
  ];
}
