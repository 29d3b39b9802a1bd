import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openS3 } from '../../local/s3.ts';
import type { BucketDefinition } from '../../local/s3-objects.ts';
import { signedGateway, temporaryFolder } from './signed-gateway.ts';
import { stillClock } from './small-gateway.ts';

const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111';
const evidence: BucketDefinition = { name: 'evidence', kmsKeyArn };
const versioned: BucketDefinition = { name: 'versioned', versioned: true };
const audit: BucketDefinition = { name: 'audit', objectLock: { mode: 'GOVERNANCE', days: 30 } };

async function start(buckets: readonly BucketDefinition[] = [evidence, versioned, audit], dir = temporaryFolder('s3')) {
  const clock = stillClock(new Date().toISOString());
  const service = await openS3({ dir: dir.path, clock, buckets });
  const gateway = await signedGateway(service, clock);
  const close = async () => {
    await gateway.close();
    await service.close?.();
  };
  return {
    dir,
    clock,
    ...gateway,
    close,
    client: new S3Client(gateway.config),
    ofFunction: new S3Client(gateway.functionConfig),
    async [Symbol.asyncDispose]() {
      await close();
      dir[Symbol.dispose]();
    },
  };
}

let cloud: Awaited<ReturnType<typeof start>>;
beforeAll(async () => {
  cloud = await start();
});
afterAll(() => cloud[Symbol.asyncDispose]());

const Bucket = 'evidence';
const put = (Key: string, Body: string | Buffer, more: object = {}) =>
  cloud.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const read = async (Key: string, more: object = {}) => {
  const answer = await cloud.client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, text: await answer.Body?.transformToString() };
};
const failure = async (work: Promise<unknown>): Promise<Error & { $metadata?: { httpStatusCode?: number } }> =>
  work.then(
    () => new Error('nothing failed'),
    (error) => error as Error,
  );

function signer(): SignatureV4 {
  const { credentials, region } = cloud.functionConfig;
  return new SignatureV4({ credentials, region, service: 's3', sha256: Sha256, uriEscapePath: false });
}

/** A link that a function signs for 60 seconds. */
async function presigned(key: string, query: Record<string, string>, signingDate: Date): Promise<string> {
  const { hostname, port } = new URL(cloud.endpoint);
  const request = new HttpRequest({
    method: 'GET',
    protocol: 'http:',
    hostname,
    port: Number(port),
    path: `/evidence/${key}`,
    query,
    headers: { host: `${hostname}:${port}`, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
  });
  const signed = await signer().presign(request, { expiresIn: 60, signingDate });
  return `${cloud.endpoint}${signed.path}?${new URLSearchParams(signed.query as Record<string, string>)}`;
}

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as NodeJS.ArrayBufferView);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

const versionedKey = { Bucket: 'versioned', Key: 'list/a' };

describe('S3 of the local cloud', () => {
  test('an object comes back as it was put, with its type, its metadata and its encryption', async () => {
    const key = 'a folder/å+ø & "q".txt';
    const { ETag, ServerSideEncryption } = await put(key, 'hello', {
      ContentType: 'text/plain; charset=utf-8',
      Metadata: { system: 'crm' },
    });
    expect(ETag).toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
    expect(ServerSideEncryption).toBe('aws:kms');
    expect(await read(key)).toMatchObject({
      text: 'hello',
      ContentType: 'text/plain; charset=utf-8',
      ContentLength: 5,
      Metadata: { system: 'crm' },
      SSEKMSKeyId: kmsKeyArn,
      BucketKeyEnabled: true,
      ChecksumCRC32: 'NhCmhg==',
    });
  });

  test('a stream of unknown length arrives whole, and a wrong checksum or hash is refused', async () => {
    const body = randomBytes(1_000_000);
    const Body = Readable.from([body.subarray(0, 7), body.subarray(7, 600_000), body.subarray(600_000)]);
    await cloud.client.send(new PutObjectCommand({ Bucket, Key: 'stream', Body, ContentLength: body.length }));
    const { Body: answer } = await cloud.client.send(new GetObjectCommand({ Bucket, Key: 'stream' }));
    expect(Buffer.compare(Buffer.from((await answer?.transformToByteArray()) ?? []), body)).toBe(0);
    expect((await failure(put('bad', 'x', { ChecksumCRC32: 'AAAAAA==' }))).name).toBe('BadDigest');
    expect((await failure(put('bad', 'x', { ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' }))).name).toBe('BadDigest');
    expect((await failure(read('bad'))).name).toBe('NoSuchKey');
  });

  test('an object has the checksum that its sender chose, the SDK or the AWS CLI', async () => {
    for (const ChecksumAlgorithm of ['CRC32', 'CRC64NVME'] as const) {
      const body = Readable.from([Buffer.from('hel'), Buffer.from('lo')]);
      const params = { Bucket, Key: ChecksumAlgorithm, Body: body, ContentLength: 5, ChecksumAlgorithm };
      await cloud.client.send(new PutObjectCommand(params));
      const sums = { CRC32: 'NhCmhg==', CRC64NVME: 'M3eFcAZSQlc=' };
      expect(await read(ChecksumAlgorithm)).toMatchObject({
        [`Checksum${ChecksumAlgorithm}`]: sums[ChecksumAlgorithm],
        text: 'hello',
      });
    }
    expect((await failure(put('bad', 'x', { ChecksumCRC64NVME: 'AAAAAAAAAAA=' }))).name).toBe('BadDigest');
    const sum = put('bad', 'x', { ChecksumAlgorithm: 'SHA256' });
    expect((await failure(sum)).message).toContain('x-amz-checksum-sha256');
  });

  test.each([
    ['is whole', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', 200, ''],
    ['ends too early', '9\r\nhello\r\n', 400, 'IncompleteBody'],
    ['goes back', '-5\r\nhello\r\n0\r\n\r\n', 400, 'IncompleteBody'],
    ['has another length', '4\r\nhell\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n', 400, 'IncompleteBody'],
    ['has no checksum', '5\r\nhello\r\n0\r\n\r\n', 400, 'MalformedTrailerError'],
    ['has another checksum', '5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 400, 'BadDigest'],
  ])('a body in chunks that %s', async (_, body, status, code) => {
    const headers = {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    };
    const { hostname, port, host } = new URL(cloud.endpoint);
    const request = new HttpRequest({ method: 'PUT', hostname, port: Number(port), path: '/evidence/chunks' });
    Object.assign(request.headers, headers, { host });
    const signed = await signer().sign(request, { signingDate: cloud.clock.now() });
    const answer = await fetch(`${cloud.endpoint}/evidence/chunks`, { method: 'PUT', headers: signed.headers, body });
    expect([answer.status, await answer.text()]).toEqual([status, expect.stringContaining(code)]);
  });

  test('whether a key is missing is told to those alone who may list the bucket', async () => {
    const missing = () => failure(read('nobody/nothing'));
    expect(await missing()).toMatchObject({ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } });
    cloud.denied.add('s3:ListBucket');
    expect(await missing()).toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    const head = await failure(cloud.client.send(new HeadObjectCommand({ Bucket, Key: 'nobody/nothing' })));
    cloud.denied.clear();
    expect(head.$metadata?.httpStatusCode).toBe(403);
  });

  test('dots between slashes are part of a key, as long as they do not lead out of the bucket', async () => {
    for (const key of ['dots/x/../b', 'dots/./b', 'dots/b']) await put(key, key);
    const { Contents = [] } = await cloud.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'dots/' }));
    expect(Contents.map(({ Key }) => Key)).toEqual(['dots/./b', 'dots/b', 'dots/x/../b']);
    expect((await read('dots/x/../b')).text).toBe('dots/x/../b');
    for (const key of ['../versioned/victim', 'a/../../b', '..'])
      expect((await failure(put(key, 'x'))).name, key).toBe('InvalidURI');
    expect(
      await failure(cloud.client.send(new GetObjectCommand({ Bucket: 'versioned', Key: 'victim' }))),
    ).toMatchObject({ name: 'NoSuchKey' });
  });

  test.each([
    ['a hash that is none', { 'x-amz-content-sha256': 'foo' }, 'InvalidArgument'],
    ['a Content-MD5 that is none', { 'content-md5': 'AAAA' }, 'InvalidDigest'],
  ])('%s is refused', async (_, headers, code) => {
    const client = new S3Client({ ...cloud.config, requestChecksumCalculation: 'WHEN_REQUIRED' });
    client.middlewareStack.add(
      (next) => (args) => {
        Object.assign((args.request as { headers: object }).headers, headers);
        return next(args);
      },
      { step: 'build' },
    );
    const wrong = client.send(new PutObjectCommand({ Bucket, Key: 'wrong', Body: 'x' }));
    expect((await failure(wrong)).name).toBe(code);
  });

  test('a token of another list is refused', async () => {
    const list = new ListObjectsV2Command({ Bucket, ContinuationToken: '!!' });
    expect((await failure(cloud.client.send(list))).name).toBe('InvalidArgument');
  });

  test('a link that carries what it would not apply is refused by name', async () => {
    const url = await presigned('linked', { 'x-amz-storage-class': 'GLACIER' }, cloud.clock.now());
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([
      501,
      expect.stringContaining('x-amz-storage-class of s3 GET'),
    ]);
  });

  test('only the first of two writers with If-None-Match succeeds', async () => {
    const write = () => put('once', 'mine', { IfNoneMatch: '*' });
    const outcomes = await Promise.allSettled([write(), write(), write()]);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [refused] = outcomes.flatMap((one) => (one.status === 'rejected' ? one.reason : []));
    expect(refused).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
    expect((await failure(put('once', 'other', { IfMatch: '"x"' }))).name).toBe('NotImplemented');
  });

  test.each([
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ])('a range %s answers %s', async (Range, text, ContentRange) => {
    await put('range', '0123456789');
    expect(await read('range', { Range })).toMatchObject({ text, ContentRange, $metadata: { httpStatusCode: 206 } });
  });

  test('a range beyond the end is refused, and so is an object that is another one by now', async () => {
    const { ETag } = await put('range', '0123456789');
    expect((await failure(read('range', { Range: 'bytes=10-' }))).name).toBe('InvalidRange');
    expect((await failure(read('range', { IfNoneMatch: ETag }))).name).toBe('NotImplemented');
    expect((await failure(read('range', { IfMatch: '"other"' }))).name).toBe('PreconditionFailed');
  });

  test('an upload in parts of lib-storage comes back whole and in any range', async () => {
    const body = randomBytes(12_000_000);
    const params = { Bucket, Key: 'large', Body: Readable.from([body]), ContentType: 'application/zip' };
    await new Upload({ client: cloud.client, params }).done();
    const { Body: all, ETag } = await cloud.client.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    expect(Buffer.compare(Buffer.from((await all?.transformToByteArray()) ?? []), body)).toBe(0);
    expect(ETag).toMatch(/-3"$/);
    const Range = 'bytes=5242870-5242890';
    const { Body: some } = await cloud.client.send(new GetObjectCommand({ Bucket, Key: 'large', Range }));
    expect(Buffer.from((await some?.transformToByteArray()) ?? [])).toEqual(body.subarray(5_242_870, 5_242_891));
  });

  test('an object is made of parts, and wrong parts are refused', async () => {
    const first = randomBytes(6_000_000);
    const place = { Bucket, Key: 'joined' };
    const { UploadId } = await cloud.client.send(new CreateMultipartUploadCommand(place));
    const upload = { ...place, UploadId };
    const send = async (PartNumber: number, Body: string | Buffer) => {
      const { ETag } = await cloud.client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
      return { PartNumber, ETag };
    };
    await send(1, 'of an attempt that was repeated');
    const parts = [await send(1, first), await send(2, 'end')];
    const complete = (Parts: object[]) =>
      cloud.client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    expect((await failure(complete([...parts].reverse()))).name).toBe('InvalidPartOrder');
    expect((await failure(complete([{ PartNumber: 1, ETag: '"wrong"' }]))).name).toBe('InvalidPart');
    await complete(parts);
    const { Body } = await cloud.client.send(new GetObjectCommand(place));
    expect(
      Buffer.compare(
        Buffer.from((await Body?.transformToByteArray()) ?? []),
        Buffer.concat([first, Buffer.from('end')]),
      ),
    ).toBe(0);
    expect((await read('joined', { Range: 'bytes=-3' })).text).toBe('end');
    expect((await failure(complete(parts))).name).toBe('NoSuchUpload');
    expect((await failure(send(3, 'late'))).name).toBe('NoSuchUpload');
  });

  test('small parts before the last are refused; an aborted upload leaves no file', async () => {
    await using own = await start();
    const place = { Bucket, Key: 'small' };
    const { UploadId } = await own.client.send(new CreateMultipartUploadCommand(place));
    const part = (PartNumber: number) =>
      own.client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: 'few' }));
    const Parts = [
      { PartNumber: 1, ETag: (await part(1)).ETag },
      { PartNumber: 2, ETag: (await part(2)).ETag },
    ];
    const done = (parts: object[]) =>
      own.client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts: parts } }));
    expect((await failure(done(Parts))).name).toBe('EntityTooSmall');
    const wrong = Parts.map((one) => ({ ...one, ChecksumCRC32: 'AAAAAA==' }));
    expect((await failure(done(wrong))).name).toBe('InvalidPart');
    await own.client.send(new AbortMultipartUploadCommand({ ...place, UploadId }));
    expect(readdirSync(join(own.dir.path, 'blobs'))).toEqual([]);
  });

  test('a listing follows prefix and delimiter, page by page', async () => {
    for (const key of ['l/a', 'l/b/1', 'l/b/2', 'l/c', 'l/d/1', 'm']) await put(key, key);
    const pages: string[][] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await cloud.client.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'l/', Delimiter: '/', MaxKeys: 2, ContinuationToken }),
      );
      const prefixes = page.CommonPrefixes?.map(({ Prefix }) => Prefix ?? '') ?? [];
      pages.push([...(page.Contents?.map(({ Key }) => Key ?? '') ?? []), ...prefixes]);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(pages).toEqual([
      ['l/a', 'l/b/'],
      ['l/c', 'l/d/'],
    ]);
    const { Contents, KeyCount } = await cloud.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'l/' }));
    expect([KeyCount, Contents?.[0]]).toMatchObject([5, { Key: 'l/a', Size: 3 }]);
  });

  test('a presigned link opens the object under a name for its seconds of virtual time, and no other', async () => {
    await put('package.zip', 'zip');
    const disposition = 'attachment; filename="svar.zip"';
    const now = cloud.clock.now();
    const url = await presigned('package.zip', { 'response-content-disposition': disposition }, now);
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-disposition'), await answer.text()]).toEqual([
      200,
      disposition,
      'zip',
    ]);
    const other = await fetch(url.replace('package.zip', 'joined'));
    expect([other.status, await other.text()]).toEqual([
      403,
      expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
    ]);
    await cloud.clock.move(new Date(now.getTime() + 61_000));
    const late = await fetch(url);
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
    expect((await fetch(`${cloud.endpoint}/evidence/package.zip`)).status).toBe(403);
  });

  test('a bucket that keeps versions deletes by a marker and gives old versions back', async () => {
    const place = { Bucket: 'versioned', Key: 'k' };
    const { VersionId } = await cloud.client.send(new PutObjectCommand({ ...place, Body: 'one' }));
    await cloud.client.send(new PutObjectCommand({ ...place, Body: 'two' }));
    const { DeleteMarker, VersionId: markerId } = await cloud.client.send(new DeleteObjectCommand(place));
    expect(DeleteMarker).toBe(true);
    expect((await failure(cloud.client.send(new GetObjectCommand(place)))).name).toBe('NoSuchKey');
    const old = await cloud.client.send(new GetObjectCommand({ ...place, VersionId }));
    expect(await old.Body?.transformToString()).toBe('one');
    await cloud.client.send(new DeleteObjectCommand({ ...place, VersionId: markerId }));
    const back = await cloud.client.send(new GetObjectCommand(place));
    expect([await back.Body?.transformToString(), back.VersionId === VersionId]).toEqual(['two', false]);
    await cloud.client.send(new DeleteObjectCommand({ ...place, VersionId: back.VersionId }));
    expect((await cloud.client.send(new HeadObjectCommand(place))).VersionId).toBe(VersionId);
    const gone = cloud.client.send(new GetObjectCommand({ ...place, VersionId: back.VersionId }));
    expect((await failure(gone)).name).toBe('NoSuchVersion');
  });

  test('a list of versions shows what a newer version or a marker hides, a page at a time', async () => {
    const versions = async (KeyMarker?: string) => {
      const ask = { Bucket: 'versioned', Prefix: 'list/', MaxKeys: 2, KeyMarker };
      const {
        Versions = [],
        DeleteMarkers = [],
        NextKeyMarker,
      } = await cloud.client.send(new ListObjectVersionsCommand(ask));
      const told = [Versions, DeleteMarkers].map((all) => all.map(({ Key, IsLatest }) => `${Key} ${IsLatest}`));
      return { told, next: NextKeyMarker };
    };
    for (const Body of ['one', 'two']) await cloud.client.send(new PutObjectCommand({ ...versionedKey, Body }));
    await put('list/b', 'x', { Bucket: 'versioned' });
    await cloud.client.send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'list/b' }));
    const first = await versions();
    expect(first).toEqual({ told: [['list/a true', 'list/a false'], []], next: 'list/a' });
    expect(await versions(first.next)).toEqual({ told: [['list/b false'], ['list/b true']], next: undefined });
  });

  test('a locked version cannot be deleted before its date, unless governance is bypassed', async () => {
    const place = { Bucket: 'audit', Key: 'head' };
    const { VersionId } = await cloud.client.send(new PutObjectCommand({ ...place, Body: 'hash' }));
    const head = await cloud.client.send(new HeadObjectCommand(place));
    expect(head.ObjectLockMode).toBe('GOVERNANCE');
    const gone = cloud.client.send(new DeleteObjectCommand({ ...place, VersionId }));
    expect((await failure(gone)).name).toBe('AccessDenied');
    await cloud.client.send(new DeleteObjectCommand(place));
    const locked = await cloud.client.send(new GetObjectCommand({ ...place, VersionId }));
    expect(await locked.Body?.transformToString()).toBe('hash');
    const days = (Number(head.ObjectLockRetainUntilDate) - cloud.clock.now().getTime()) / 86_400_000;
    expect(Math.round(days)).toBe(30);
    await cloud.client.send(new DeleteObjectCommand({ ...place, VersionId, BypassGovernanceRetention: true }));
    const again = cloud.client.send(new GetObjectCommand({ ...place, VersionId }));
    expect((await failure(again)).name).toBe('NoSuchVersion');
  });

  test('nobody deletes what is locked for compliance before its date', async () => {
    await using own = await start([{ name: 'audit', objectLock: { mode: 'COMPLIANCE', days: 1 } }]);
    const place = { Bucket: 'audit', Key: 'head' };
    const { VersionId } = await own.client.send(new PutObjectCommand({ ...place, Body: 'hash' }));
    const forced = () =>
      own.client.send(new DeleteObjectCommand({ ...place, VersionId, BypassGovernanceRetention: true }));
    expect((await failure(forced())).name).toBe('AccessDenied');
    await own.clock.move(new Date(own.clock.now().getTime() + 86_400_000));
    await forced();
    expect((await failure(own.client.send(new HeadObjectCommand(place)))).name).toBe('NotFound');
  });

  test('an unknown bucket, operation, parameter or header is refused by name', async () => {
    const missing = cloud.client.send(new GetObjectCommand({ Bucket: 'nowhere', Key: 'k' }));
    expect((await failure(missing)).name).toBe('NoSuchBucket');
    const tagged = await failure(put('t', 'x', { Tagging: 'a=b' }));
    expect([tagged.name, tagged.message]).toEqual([
      'NotImplemented',
      'The local cloud does not model x-amz-tagging of s3 PUT object.',
    ]);
    const copy = new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: 'evidence/t' });
    expect((await failure(cloud.client.send(copy))).message).toContain('x-amz-copy-source');
    const uploads = new ListMultipartUploadsCommand({ Bucket });
    expect((await failure(cloud.client.send(uploads))).message).toContain('uploads of s3 GET bucket');
    const owned = new ListObjectsV2Command({ Bucket, FetchOwner: true });
    expect((await failure(cloud.client.send(owned))).message).toContain('fetch-owner');
    const plain = await failure(put('t', 'x', { ServerSideEncryption: 'AES256' }));
    expect(plain.message).toContain('x-amz-server-side-encryption: AES256');
  });

  test('a call needs the permissions that AWS asks for, also for the key of the bucket', async () => {
    cloud.asked.length = 0;
    await put('p', 'x');
    await read('p');
    await cloud.client.send(new ListObjectsV2Command({ Bucket, Prefix: 'p' }));
    await cloud.client.send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'p', VersionId: 'v' }));
    const context = { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' };
    const key = { resource: kmsKeyArn, context };
    expect(cloud.asked).toEqual([
      { action: 's3:PutObject', resource: 'arn:aws:s3:::evidence/p' },
      { action: 'kms:GenerateDataKey', ...key },
      { action: 's3:GetObject', resource: 'arn:aws:s3:::evidence/p' },
      { action: 'kms:Decrypt', ...key },
      { action: 's3:ListBucket', resource: 'arn:aws:s3:::evidence', context: { 's3:prefix': 'p' } },
      { action: 's3:DeleteObjectVersion', resource: 'arn:aws:s3:::versioned/p' },
    ]);
  });
});

describe('a browser posts a file', () => {
  const form = (conditions: object[] = [], more: object = {}) =>
    createPresignedPost(cloud.ofFunction, {
      Bucket,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder in a key
      Key: 'owner/${filename}',
      Conditions: [['content-length-range', 1, 1000], ['starts-with', '$key', 'owner/'], ...(conditions as never[])],
      Fields: { success_action_redirect: 'http://127.0.0.1:3000/done?x=1' },
      Expires: 3600,
      ...more,
    });
  const send = async (fields: Record<string, string>, content: string, name = 'løn.txt') => {
    const body = new FormData();
    for (const [field, value] of Object.entries(fields)) body.append(field, value);
    body.append('file', new File([content], name));
    const answer = await fetch(`${cloud.endpoint}/evidence`, { method: 'POST', body, redirect: 'manual' });
    return { status: answer.status, location: answer.headers.get('location') ?? '', text: await answer.text() };
  };

  test('and is sent back to the page it came from; the file stands under its name', async () => {
    const { fields } = await form();
    const content = 'a\r\n--b\r\n'.repeat(50);
    const { status, location } = await send(fields, content);
    expect([status, location]).toEqual([
      303,
      expect.stringContaining('http://127.0.0.1:3000/done?x=1&bucket=evidence'),
    ]);
    expect((await read('owner/løn.txt')).text).toBe(content);
    expect(cloud.asked.at(-4)?.resource).toContain('owner/');
  });

  test.each([
    ['a file that is too large', {}, 'x'.repeat(1001), 'EntityTooLarge'],
    ['an empty file', {}, '', 'EntityTooSmall'],
    ['another folder', { key: 'elsewhere/a' }, 'x', 'Policy Condition failed'],
    ['a key that leads out of the bucket', { key: 'owner/../../versioned/a' }, 'x', 'InvalidURI'],
    ['a field that the policy does not name', { 'content-type': 'text/html' }, 'x', 'Extra input fields: content-type'],
    [
      'a changed policy',
      { Policy: Buffer.from('{"expiration":"2099-01-01","conditions":[]}').toString('base64') },
      'x',
      'SignatureDoesNotMatch',
    ],
  ])('%s is refused', async (_, change, content, code) => {
    const { fields } = await form();
    const { status, text } = await send({ ...fields, ...change }, content);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).toContain(code);
  });

  test('a list of content types passes when each of them may be', async () => {
    const { fields } = await form([['starts-with', '$Content-Type', 'image/']]);
    const types = { images: 'image/png,image/gif', mixed: 'image/png,text/html' };
    expect((await send({ ...fields, 'Content-Type': types.images }, 'x')).status).toBe(303);
    expect((await send({ ...fields, 'Content-Type': types.mixed }, 'x')).text).toContain('Policy Condition failed');
  });

  test('a field that the local cloud would not heed is refused by name; one that is to be ignored is ignored', async () => {
    const { fields } = await form([{ acl: 'public-read' }]);
    expect((await send({ ...fields, acl: 'public-read' }, 'x')).text).toContain('does not model the field acl');
    expect((await send({ ...(await form()).fields, 'x-ignore-me': '1' }, 'x')).status).toBe(303);
  });

  test('a form that has expired by virtual time is refused', async () => {
    const { fields } = await form();
    await cloud.clock.move(new Date(cloud.clock.now().getTime() + 3_700_000));
    expect((await send(fields, 'x')).text).toContain('Policy expired');
  });
});

describe('S3 over time and crashes', () => {
  test('objects are there after a restart, and bytes without a record are swept', async () => {
    using dir = temporaryFolder('s3');
    const first = await start([evidence], dir);
    await first.client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'kept' }));
    await first.client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'kept again' }));
    await first.close();
    writeFileSync(join(dir.path, 'blobs', 'orphan'), 'x');
    const second = await start([evidence], dir);
    const { Body } = await second.client.send(new GetObjectCommand({ Bucket, Key: 'kept' }));
    expect(await Body?.transformToString()).toBe('kept again');
    expect(readdirSync(join(dir.path, 'blobs'))).toHaveLength(1);
    await second.close();
  });

  test('rules of a bucket expire the objects and unfinished uploads below their prefix at midnight', async () => {
    const lifecycle = [
      { ExpirationInDays: 2, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
      { Prefix: 'elsewhere/', ExpirationInDays: 1 },
    ];
    await using own = await start([{ ...evidence, lifecycle }, versioned]);
    for (const Bucket of ['evidence', 'versioned'])
      await own.client.send(new PutObjectCommand({ Bucket, Key: 'old', Body: 'x' }));
    const upload = { Bucket, Key: 'unfinished' };
    const { UploadId } = await own.client.send(new CreateMultipartUploadCommand(upload));
    const part = { ...upload, UploadId, PartNumber: 1, Body: 'x' };
    await own.client.send(new UploadPartCommand(part));
    const files = () => readdirSync(join(own.dir.path, 'blobs')).length;
    const keys = async (Bucket: string) =>
      (await own.client.send(new ListObjectsV2Command({ Bucket }))).Contents?.map(({ Key }) => Key);
    const days = (n: number) => new Date(own.clock.now().getTime() + n * 86_400_000);
    await own.clock.move(days(0.9));
    await own.clock.move(days(1.1));
    expect([await keys('evidence'), files()]).toEqual([['old'], 2]);
    expect((await failure(own.client.send(new UploadPartCommand(part)))).name).toBe('NoSuchUpload');
    await own.clock.move(days(1));
    await own.client.send(new PutObjectCommand({ Bucket, Key: 'new', Body: 'x' }));
    expect([await keys('evidence'), await keys('versioned'), files()]).toEqual([['new'], ['old'], 2]);
  });
});
