import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { elements, type Xml } from './protocol.ts';
import { formOf, received } from './s3-body.ts';
import {
  type BucketDefinition,
  isVersioned,
  nextMidnight,
  Objects,
  type Place,
  preconditionFailed,
  readable,
  sizeOf,
  type Version,
} from './s3-objects.ts';
import { AwsError, type Call, type Clock, type Permission, type Service } from './service.ts';

export { authenticateForm, isBrowserUpload } from './s3-body.ts';
export type { BucketDefinition } from './s3-objects.ts';

interface Options {
  readonly dir: string;
  readonly clock: Clock;
  readonly buckets: readonly BucketDefinition[];
}

/** Opens S3 on a folder. The buckets are those given; objects of others stay where they are. */
export async function openS3({ dir, clock, buckets }: Options): Promise<Service> {
  const objects = await Objects.open(dir, clock);
  const known = new Map(buckets.map((bucket) => [bucket.name, bucket]));
  const stop = expireDaily(objects, buckets);
  return {
    signingName: 's3',
    prepare(call) {
      const [name, { needs, run }] = operationOf(call);
      const request = requestOf(call, objects, known);
      const permissions = permissionsOf(needs, request);
      return { operation: name, permissions, answer: (response) => run(request, response) };
    },
    async close() {
      stop();
      await objects.close();
    },
  };
}

function expireDaily(objects: Objects, buckets: readonly BucketDefinition[]): () => void {
  const { clock } = objects;
  const ruled = buckets.filter(({ lifecycle = [] }) => lifecycle.length > 0);
  let cancel = () => {};
  const arm = () => {
    cancel = clock.at(nextMidnight(clock.now()), () => clock.busy(apply()));
  };
  const apply = async () => {
    arm();
    for (const bucket of ruled) await objects.expire(bucket);
  };
  if (ruled.length > 0) arm();
  return () => cancel();
}

// Requests.

/** A call with its bucket and key, taken from the path or from the form. */
interface Request extends Place {
  readonly call: Call;
  readonly objects: Objects;
  readonly buckets: ReadonlyMap<string, BucketDefinition>;
}

/** Bucket and key of a path such as `/bucket/a/key`. */
function placeOf(path: string): readonly [bucket: string, key: string] {
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return [bucket, key];
}

function requestOf(call: Call, objects: Objects, buckets: Request['buckets']): Request {
  const [name, inPath] = placeOf(call.path);
  const key = formOf(call.request)?.fields.get('key') ?? inPath;
  const bucket = name === '' ? { name } : buckets.get(name);
  if (bucket === undefined)
    throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: name });
  if (Buffer.byteLength(key) > 1024) throw new AwsError('KeyTooLongError', 'Your key is too long');
  checkClimb(key);
  return { call, bucket, key, objects, buckets };
}

/** Dots between slashes are part of a key, as long as they do not lead out of its bucket. */
function checkClimb(key: string): void {
  let depth = 0;
  for (const segment of key.split('/')) {
    depth += segment === '..' ? -1 : Number(segment !== '.' && segment !== '');
    if (depth < 0) throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => headers[name]?.toString();
const parameter = ({ call }: Request, name: string): string => call.query.get(name) ?? '';
const bypasses = ({ call }: Request) => call.headers['x-amz-bypass-governance-retention'] === 'true';

// Operations.

interface Operation {
  /** Method, place and the parameter that tells it from others. */
  readonly on: string;
  /** The parameters it knows; those of the signature aside. */
  readonly knows: string;
  /** The actions that a policy must allow; those of KMS where the bucket has a key of its own. */
  readonly needs: readonly string[];
  run(request: Request, response: ServerResponse): Promise<void>;
}

const overrides = ['response-content-disposition', 'response-content-encoding', 'response-content-type'];
const reading = `versionId ${overrides.join(' ')}`;
const listingVersions = 'versions prefix key-marker max-keys encoding-type';
const listing = 'list-type prefix delimiter max-keys continuation-token start-after encoding-type';
const toPut = ['s3:PutObject', 'kms:GenerateDataKey'];
/** A part is sealed with the upload's data key, which is opened again for each. */
const toPutPart = [...toPut, 'kms:Decrypt'];
const toGet = ['s3:GetObject', 'kms:Decrypt'];
const toAbort = ['s3:AbortMultipartUpload'];

/** The first row that fits a call is its operation. */
const operations: Readonly<Record<string, Operation>> = {
  ListBuckets: { on: 'GET service', knows: '', needs: ['s3:ListAllMyBuckets'], run: listBuckets },
  ListObjectsV2: { on: 'GET bucket list-type', knows: listing, needs: ['s3:ListBucket'], run: listObjects },
  ListObjectVersions: {
    on: 'GET bucket versions',
    knows: listingVersions,
    needs: ['s3:ListBucketVersions'],
    run: listVersions,
  },
  PostObject: { on: 'POST bucket', knows: '', needs: toPut, run: postObject },
  CreateMultipartUpload: { on: 'POST object uploads', knows: 'uploads', needs: toPut, run: createUpload },
  CompleteMultipartUpload: { on: 'POST object uploadId', knows: 'uploadId', needs: toPutPart, run: completeUpload },
  UploadPart: { on: 'PUT object uploadId', knows: 'uploadId partNumber', needs: toPutPart, run: uploadPart },
  PutObject: { on: 'PUT object', knows: '', needs: toPut, run: putObject },
  GetObject: { on: 'GET object', knows: reading, needs: toGet, run: getObject },
  HeadObject: { on: 'HEAD object', knows: reading, needs: ['s3:GetObject'], run: getObject },
  AbortMultipartUpload: { on: 'DELETE object uploadId', knows: 'uploadId', needs: toAbort, run: abortUpload },
  DeleteObject: { on: 'DELETE object', knows: 'versionId', needs: ['s3:DeleteObject'], run: deleteObject },
};

/** Headers of S3's own that are modelled, or change nothing here. Any other is refused, as S3 does with one it does not know. */
const knownHeaders =
  /^(?!x-amz-|if-(un)?modified-since)|^x-amz-(meta-.+|checksum-(crc32|crc64nvme|algorithm|mode)|server-side-encryption(-.+)?|bypass-governance-retention|content-sha256|date|decoded-content-length|sdk-checksum-algorithm|security-token|trailer|user-agent)$/;

/** What a link may hold besides what its operation knows: its signature, and what S3 does not look at in a link. */
const knownInLinks =
  /^(x-id|x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token|content-sha256|user-agent|checksum-(mode|crc32|crc64nvme|algorithm)|sdk-checksum-algorithm))$/i;

/** The operation of a call. What is not modelled is refused by name: the operation, a parameter, a header. */
function operationOf({ method, path, query, headers }: Call): [name: string, Operation] {
  const [bucket, key] = placeOf(path);
  const place = bucket === '' ? 'service' : key === '' ? 'bucket' : 'object';
  const operation = Object.entries(operations).find(([, { on }]) => {
    const [itsMethod, itsPlace, parameter] = on.split(' ');
    return itsMethod === method && itsPlace === place && (parameter === undefined || query.has(parameter));
  });
  const knows = operation?.[1].knows.split(' ') ?? [];
  const other =
    [...query.keys()].find((one) => !knows.includes(one) && !knownInLinks.test(one)) ??
    Object.keys(headers).find((one) => !knownHeaders.test(one));
  if (operation !== undefined && other === undefined) return operation;
  const what = `s3 ${method} ${place}`;
  const named = other === undefined ? what : `${other} of ${what}`;
  throw new AwsError('NotImplemented', `The local cloud does not model ${named}.`, 501);
}

/** Where the actions of an operation count. S3 uses the bucket's key in the name of the caller, who must be allowed to. */
function permissionsOf(needs: Operation['needs'], request: Request): Permission[] {
  const { bucket, key, call } = request;
  const place = bucket.name === '' ? '*' : `arn:aws:s3:::${bucket.name}${key && `/${key}`}`;
  const prefix = call.query.get('prefix');
  const context = { 's3:prefix': prefix ?? '' };
  const suffix = call.query.has('versionId') ? 'Version' : '';
  const permissions = needs.flatMap((action): Permission | [] =>
    action.startsWith('kms:')
      ? onKey(action, bucket)
      : { action: action + suffix, resource: place, ...(prefix !== null && { context }) },
  );
  const bypass = { action: 's3:BypassGovernanceRetention', resource: place };
  return bypasses(request) ? [...permissions, bypass] : permissions;
}

function onKey(action: string, { kmsKeyArn }: BucketDefinition): Permission | [] {
  const context = { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' };
  return kmsKeyArn === undefined ? [] : { action, resource: kmsKeyArn, context };
}

// Lists.

async function listBuckets({ buckets }: Request, response: ServerResponse): Promise<void> {
  const Bucket = [...buckets.keys()].sort().map((Name) => ({ Name, CreationDate: '2026-01-01T00:00:00.000Z' }));
  answerXml(response, 'ListAllMyBucketsResult', { Buckets: { Bucket } });
}

async function listObjects(request: Request, response: ServerResponse): Promise<void> {
  const token = parameter(request, 'continuation-token');
  const told = Buffer.from(token, 'base64url').toString();
  if (Buffer.from(told).toString('base64url') !== token)
    throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  const after = told || parameter(request, 'start-after');
  const page = await pageOf(request, after, (versions) => [readable(versions) ?? []].flat());
  const shown = encoder(request);
  answerXml(response, 'ListBucketResult', {
    ...described(request, page),
    NextContinuationToken: page.next && Buffer.from(page.next).toString('base64url'),
    KeyCount: page.keys.length + page.prefixes.length,
    Contents: page.keys.map(([key, [version]]) => ({ Key: shown(key), ...(version && describedVersion(version)) })),
    CommonPrefixes: page.prefixes.map((prefix) => ({ Prefix: shown(prefix) })),
  });
}

async function listVersions(request: Request, response: ServerResponse): Promise<void> {
  const page = await pageOf(request, parameter(request, 'key-marker'), (versions) => versions);
  const shown = encoder(request);
  const all = page.keys.flatMap(([key, versions]) =>
    versions.map((version, n) => ({
      marker: version.marker,
      told: { Key: shown(key), VersionId: version.id, IsLatest: n === 0, ...describedVersion(version) },
    })),
  );
  answerXml(response, 'ListVersionsResult', {
    ...described(request, page),
    NextKeyMarker: page.next && shown(page.next),
    Version: all.flatMap(({ marker, told }) => (marker ? [] : told)),
    DeleteMarker: all.flatMap(({ marker, told }) => (marker ? told : [])),
  });
}

interface Page {
  /** Keys with the versions that the list shows of them. */
  readonly keys: (readonly [key: string, versions: readonly Version[]])[];
  readonly prefixes: string[];
  readonly most: number;
  /** What the next page comes after. */
  readonly next?: string;
}

/** Keys as a client can read them in XML. */
const encoder = ({ call }: Request) =>
  call.query.get('encoding-type') === 'url'
    ? (text: string) => encodeURIComponent(text).replaceAll('%2F', '/')
    : (text: string) => text;

function described(request: Request, { most, next }: Page): Record<string, string | number | boolean | undefined> {
  return {
    Name: request.bucket.name,
    Prefix: encoder(request)(parameter(request, 'prefix')),
    EncodingType: parameter(request, 'encoding-type') || undefined,
    MaxKeys: most,
    IsTruncated: next !== undefined,
  };
}

function describedVersion({ at, marker, etag, ...version }: Version): Record<string, string | number> {
  const content = { ETag: `"${etag}"`, Size: sizeOf(version), StorageClass: 'STANDARD' };
  return { LastModified: new Date(at).toISOString(), ...(marker ? {} : content) };
}

/** Keys are in the order of their UTF-8 bytes. */
const before = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;

/** What comes after a key, as far as one page goes. Pages end with a key: all its versions are on one. */
async function pageOf(
  request: Request,
  after: string,
  show: (versions: readonly Version[]) => readonly Version[],
): Promise<Page> {
  const [prefix, delimiter] = [parameter(request, 'prefix'), parameter(request, 'delimiter')];
  const most = Math.min(Number(request.call.query.get('max-keys') ?? 1000), 1000);
  if (!(most > 0)) throw new AwsError('InvalidArgument', 'The local cloud takes a max-keys from 1 on');
  const page: Page = { keys: [], prefixes: [], most };
  let last = after;
  let count = 0;
  for await (const [key, versions] of request.objects.list(request.bucket, before(prefix, after) ? after : prefix)) {
    if (!key.startsWith(prefix)) break;
    // A key stands for itself, or for all keys that share what comes up to the delimiter.
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const name = at < 0 ? key : key.slice(0, at + delimiter.length);
    const shown = show(versions);
    if (shown.length === 0 || name === last || name === after || before(key, after)) continue;
    const more = at < 0 ? shown.length : 1;
    if (count > 0 && count + more > most) return { ...page, next: last };
    count += more;
    if (at < 0) page.keys.push([key, shown]);
    else page.prefixes.push(name);
    last = name;
  }
  return page;
}

// Reading.

async function getObject(request: Request, response: ServerResponse): Promise<void> {
  const { call, bucket, objects } = request;
  const version = await versionToRead(request, response);
  const size = sizeOf(version);
  const headers = { ...objectHeaders(bucket, version), ...overridden(request) };
  const { 'if-match': match, 'if-none-match': noneMatch } = call.headers;
  if (noneMatch !== undefined) throw new AwsError('NotImplemented', 'If-None-Match of a read is not modelled', 501);
  if (match !== undefined && !['*', version.etag].includes(unquoted(match))) throw preconditionFailed();
  const range = rangeOf(header(call.headers, 'range'), size);
  const [from, to] = range ?? [0, size - 1];
  // The checksum is that of the whole object: with a part of it, it would be wrong.
  const isAsked = header(call.headers, 'x-amz-checksum-mode') === 'ENABLED' && range === undefined;
  response.writeHead(range === undefined ? 200 : 206, {
    ...headers,
    ...(isAsked && checksumHeaders(version)),
    ...(range && { 'content-range': `bytes ${from}-${to}/${size}` }),
    'content-length': to - from + 1,
  });
  if (call.method === 'HEAD') return void response.end();
  const bytes = Readable.from(objects.read(version, from, to), { objectMode: false });
  await pipeline(bytes, response).catch((error: NodeJS.ErrnoException) => {
    // A reader that goes away is no failure of ours.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}

/** Whether a key is missing is told to those alone who may list the bucket. */
async function versionToRead(request: Request, response: ServerResponse): Promise<Version> {
  const id = parameter(request, 'versionId');
  const [latest, ...older] = await request.objects.versions(request);
  const version = id === '' ? latest : [latest, ...older].find((one) => one?.id === id);
  if (version !== undefined && !version.marker) return version;
  if (id === '') request.call.authorise({ action: 's3:ListBucket', resource: `arn:aws:s3:::${request.bucket.name}` });
  if (version !== undefined) response.setHeader('x-amz-delete-marker', 'true');
  if (id === '') throw noSuchKey(request.key);
  if (version === undefined) throw new AwsError('NoSuchVersion', 'The specified version does not exist.', 404);
  throw new AwsError('MethodNotAllowed', 'The specified version is a delete marker.', 405);
}

/** First and last byte that a Range asks for; undefined when there is none to honour. Throws InvalidRange. */
function rangeOf(text: string | undefined, size: number): readonly [number, number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const from = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (from < size && from <= to) return [from, to];
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, { ActualObjectSize: size });
}

/** The headers of the answer that the reader chose. */
function overridden(request: Request): Record<string, string> {
  const chosen = overrides.filter((name) => request.call.query.has(name));
  return Object.fromEntries(chosen.map((name) => [name.slice('response-'.length), parameter(request, name)]));
}

// Writing.

async function putObject(request: Request, response: ServerResponse): Promise<void> {
  const { call, bucket, objects } = request;
  const first = mustBeFirst(call.headers);
  const headers = headersToKeep(bucket, call.headers);
  const sums = ['content-md5', 'x-amz-checksum-crc32', 'x-amz-checksum-crc64nvme', 'x-amz-trailer'];
  if (bucket.objectLock !== undefined && !sums.some((name) => name in call.headers))
    throw new AwsError('InvalidRequest', 'Content-MD5 or x-amz-checksum- is required with Object Lock');
  const version = await objects.write(await received(call), (blob) =>
    objects.put(request, { blobs: [blob], etag: blob.md5, headers }, first),
  );
  response.writeHead(200, { ...writtenHeaders(bucket, version), 'content-length': 0 }).end();
}

async function postObject({ call, bucket, key, objects }: Request, response: ServerResponse): Promise<void> {
  const form = formOf(call.request);
  if (form === undefined) throw new AwsError('MethodNotAllowed', 'The specified method is not allowed.', 405);
  const { success_action_redirect: redirect = '', ...fields } = Object.fromEntries(form.fields);
  const other = Object.keys(fields).find((name) => !knownFields.test(name) && !keptHeaders.test(name));
  if (other !== undefined)
    throw new AwsError('NotImplemented', `The local cloud does not model the field ${other} of a form.`, 501);
  const headers = headersToKeep(bucket, fields);
  const version = await objects.write(form.file, (blob) =>
    objects.put({ bucket, key }, { blobs: [blob], etag: blob.md5, headers }),
  );
  const answer = writtenHeaders(bucket, version);
  if (!URL.canParse(redirect)) return void response.writeHead(204, answer).end();
  const location = new URL(redirect);
  for (const [name, value] of Object.entries({ bucket: bucket.name, key, etag: `"${version.etag}"` }))
    location.searchParams.append(name, value);
  response.writeHead(303, { ...answer, location: location.href }).end();
}

/** Fields of a form besides what S3 keeps of it. */
const knownFields =
  /^(key|policy|bucket|x-amz-(algorithm|credential|date|signature|security-token|server-side-encryption(-.+)?)|x-ignore-.*)$/;

async function deleteObject(request: Request, response: ServerResponse): Promise<void> {
  const { bucket, objects } = request;
  const id = parameter(request, 'versionId');
  const gone = await (id === '' ? objects.delete(request) : objects.deleteVersion(request, id, bypasses(request)));
  const marked = gone?.marker && { 'x-amz-delete-marker': 'true' };
  response.writeHead(204, { ...(gone && versionHeader(bucket, gone)), ...marked }).end();
}

async function createUpload(request: Request, response: ServerResponse): Promise<void> {
  const { call, bucket, key, objects } = request;
  const UploadId = await objects.beginUpload(request, headersToKeep(bucket, call.headers));
  const content = { Bucket: bucket.name, Key: key, UploadId };
  answerXml(response, 'InitiateMultipartUploadResult', content, encryptionHeaders(bucket));
}

async function uploadPart(request: Request, response: ServerResponse): Promise<void> {
  const { call, bucket, objects } = request;
  const number = Number(parameter(request, 'partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > 10_000)
    throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
  const { md5, checksum } = await objects.write(await received(call), (blob) =>
    objects.keepPart(request, parameter(request, 'uploadId'), number, blob),
  );
  const headers = { etag: `"${md5}"`, ...checksum, ...encryptionHeaders(bucket) };
  response.writeHead(200, { ...headers, 'content-length': 0 }).end();
}

async function completeUpload(request: Request, response: ServerResponse): Promise<void> {
  const { call, bucket, key, objects } = request;
  const xml = (await received(call)).content.toString('utf8');
  const named = [...xml.matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: /<ETag>(?:"|&quot;)?(\w+)/.exec(part)?.[1] ?? '',
    sums: [...part.matchAll(/<Checksum\w+>([^<]+)</g)].map(([, sum = '']) => sum),
  }));
  const first = mustBeFirst(call.headers);
  const version = await objects.complete(request, parameter(request, 'uploadId'), named, first);
  const { etag: ETag, ...headers } = writtenHeaders(bucket, version);
  const content = { Location: `/${bucket.name}/${key}`, Bucket: bucket.name, Key: key, ETag };
  answerXml(response, 'CompleteMultipartUploadResult', content, headers);
}

async function abortUpload(request: Request, response: ServerResponse): Promise<void> {
  await request.objects.abort(request, parameter(request, 'uploadId'));
  response.writeHead(204).end();
}

const keptHeaders =
  /^(cache-control|content-disposition|content-encoding|content-language|content-type|expires|x-amz-meta-.+)$/;

/** What S3 keeps of a write and gives back with every read. Throws when it asks for encryption that is not the bucket's own. */
function headersToKeep(bucket: BucketDefinition, headers: IncomingHttpHeaders): Record<string, string> {
  const encryption = encryptionHeaders(bucket);
  const kept: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of Object.keys(headers)) {
    const value = (header(headers, name) ?? '').replace(/^aws-chunked,? ?/, '');
    if (name.startsWith('x-amz-server-side-encryption') && encryption[name] !== value)
      throw new AwsError('NotImplemented', `The local cloud does not model ${name}: ${value} of this bucket.`, 501);
    if (keptHeaders.test(name) && value !== '') kept[name] = value;
  }
  return kept;
}

/** Whether a write must be the first of its key; it can ask for nothing else. */
function mustBeFirst({ 'if-match': match, 'if-none-match': noneMatch }: IncomingHttpHeaders): boolean {
  if (match === undefined && (noneMatch ?? '*') === '*') return noneMatch === '*';
  throw new AwsError(
    'NotImplemented',
    'Of the conditions of a write the local cloud models If-None-Match: * alone.',
    501,
  );
}

const unquoted = (tag: string) => tag.replaceAll('"', '');

// Answers.

function writtenHeaders(bucket: BucketDefinition, version: Version): Record<string, string> {
  const etag = `"${version.etag}"`;
  return { etag, ...encryptionHeaders(bucket), ...checksumHeaders(version), ...versionHeader(bucket, version) };
}

function objectHeaders(bucket: BucketDefinition, version: Version): Record<string, string> {
  const { mode, until = 0 } = version.lock ?? {};
  const retained = { 'x-amz-object-lock-retain-until-date': new Date(until).toISOString() };
  return {
    ...version.headers,
    ...encryptionHeaders(bucket),
    ...versionHeader(bucket, version),
    ...(mode && { 'x-amz-object-lock-mode': mode, ...retained }),
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.at).toUTCString(),
    'accept-ranges': 'bytes',
  };
}

const versionHeader = (bucket: BucketDefinition, { id }: Version): Record<string, string> =>
  isVersioned(bucket) ? { 'x-amz-version-id': id } : {};

/** Everything at rest is encrypted; with the bucket's own key when it has one. */
function encryptionHeaders({ kmsKeyArn }: BucketDefinition): Record<string, string> {
  const name = 'x-amz-server-side-encryption';
  if (kmsKeyArn === undefined) return { [name]: 'AES256' };
  return { [name]: 'aws:kms', [`${name}-aws-kms-key-id`]: kmsKeyArn, [`${name}-bucket-key-enabled`]: 'true' };
}

/** Of an object in parts there is none: S3 gives the checksum of the parts' checksums there, which no client compares. */
function checksumHeaders({ blobs: [blob], etag }: Version): Record<string, string> {
  if (blob?.checksum === undefined || blob.md5 !== etag) return {};
  return { ...blob.checksum, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function answerXml(response: ServerResponse, root: string, content: Xml, headers: Record<string, string> = {}): void {
  const xmlns = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} ${xmlns}>${elements(content)}</${root}>`;
  response.writeHead(200, { ...headers, 'content-type': 'application/xml' }).end(document);
}

const noSuchKey = (key = '') => new AwsError('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
