import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { AwsError } from './service.ts';
import { Wire } from './wire.ts';

/** A body as it was received: its size in bytes, its MD5 in hex, and the checksum it came with. */
export interface Received {
  readonly bytes: number;
  readonly md5: string;
  readonly checksum?: Checksum;
}

export interface Checksum {
  readonly algorithm: Algorithm;
  /** Base64; of an object in parts with `-N` behind it. */
  readonly value: string;
}
export type Algorithm = keyof typeof algorithms;

interface Digest {
  update(chunk: Buffer): unknown;
  /** Base64. */
  end(): string;
}

/** The checksums that are checked; S3 knows CRC32C and CRC64NVME besides. */
const algorithms = {
  CRC32: () => crcDigest(),
  SHA1: () => hashDigest(createHash('sha1')),
  SHA256: () => hashDigest(createHash('sha256')),
};

function crcDigest(): Digest {
  let crc = 0;
  return {
    update: (chunk) => {
      crc = crc32(chunk, crc);
    },
    end: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return bytes.toString('base64');
    },
  };
}

const hashDigest = (hash: Hash): Digest => ({
  update: (chunk) => hash.update(chunk),
  end: () => hash.digest('base64'),
});

/** The checksum of the checksums of parts, as S3 makes it for an object in parts. */
export function compositeChecksum(algorithm: Algorithm, parts: readonly string[]): Checksum {
  const digest = algorithms[algorithm]();
  for (const part of parts) digest.update(Buffer.from(part, 'base64'));
  return { algorithm, value: `${digest.end()}-${parts.length}` };
}

/** The algorithm of a name such as `crc32`. Throws when it is not modelled. */
export function algorithmOf(name: string): Algorithm {
  const upper = name.toUpperCase();
  if (Object.hasOwn(algorithms, upper)) return upper as Algorithm;
  throw new AwsError('NotImplemented', `The local cloud does not model the checksum ${name}.`, 501);
}

const checksumHeader = 'x-amz-checksum-';
const chunked = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

type Sink = (chunk: Buffer) => Promise<unknown>;

/** Gives every chunk to `sink` and measures what went through. */
export async function measure(
  source: AsyncIterable<Buffer>,
  algorithm: Algorithm | undefined,
  sink: Sink,
): Promise<Received> {
  const digest = algorithm && algorithms[algorithm]();
  const md5 = createHash('md5');
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    md5.update(chunk);
    digest?.update(chunk);
    await sink(chunk);
  }
  const measured = { bytes, md5: md5.digest('hex') };
  return digest === undefined
    ? measured
    : { ...measured, checksum: { algorithm: algorithm as Algorithm, value: digest.end() } };
}

/** Gives every chunk of the body to `sink` and checks what the headers and the trailer say of it. Throws AwsError. */
export async function receive(
  source: AsyncIterable<Buffer>,
  headers: IncomingHttpHeaders,
  sink: Sink,
): Promise<Received> {
  const trailer = new Map<string, string>();
  const chunks = isChunked(headers) ? unchunk(source, trailer) : source;
  const said = textOf(headers['x-amz-content-sha256']);
  const sha256 = /^[0-9a-f]{64}$/.test(said) ? createHash('sha256') : undefined;
  const received = await measure(chunks, declaredAlgorithm(headers), (chunk) => {
    sha256?.update(chunk);
    return sink(chunk);
  });
  checkLength(headers, received.bytes);
  if (sha256 !== undefined && sha256.digest('hex') !== said) throw wrongSha256();
  checkMd5(headers, Buffer.from(received.md5, 'hex').toString('base64'));
  if (received.checksum !== undefined) checkChecksum(headers, trailer, received.checksum);
  return received;
}

/** A small body, checked as any other. Throws AwsError when it is longer than `most` bytes. */
export async function receiveText(source: AsyncIterable<Buffer>, headers: IncomingHttpHeaders): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  await receive(source, headers, async (chunk) => {
    size += chunk.length;
    if (size > mostXml) throw new AwsError('MaxMessageLengthExceeded', 'Your request was too large.');
    parts.push(chunk);
  });
  return Buffer.concat(parts).toString('utf8');
}

/** 10,000 parts or 1,000 names of 1,024 bytes, and room. */
const mostXml = 4_194_304;

function isChunked(headers: IncomingHttpHeaders): boolean {
  const hash = textOf(headers['x-amz-content-sha256']);
  if (hash.startsWith('STREAMING-') && hash !== chunked)
    throw new AwsError('NotImplemented', `The local cloud does not model a body of ${hash}.`, 501);
  return hash === chunked;
}

/** Takes the chunks of aws-chunked apart: a size in hex, the bytes; at the end the trailer. */
async function* unchunk(source: AsyncIterable<Buffer>, trailer: Map<string, string>): AsyncGenerator<Buffer> {
  const wire = new Wire(source, incomplete);
  const line = () => wire.text(lineEnd, 1024, incomplete);
  for (;;) {
    const size = Number.parseInt((await line()).split(';')[0] ?? '', 16);
    if (Number.isNaN(size)) throw incomplete();
    if (size === 0) break;
    yield* wire.take(size);
    await line();
  }
  for (let text = await line(); text !== ''; text = await line()) {
    const [name = '', value = ''] = text.split(':', 2);
    trailer.set(name.trim().toLowerCase(), value.trim());
  }
}

const lineEnd = Buffer.from('\r\n');
const incomplete = () =>
  new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header');

/** The algorithm whose value comes in a header or will come in the trailer. */
function declaredAlgorithm(headers: IncomingHttpHeaders): Algorithm | undefined {
  const inTrailer = textOf(headers['x-amz-trailer']).toLowerCase();
  const name = [...Object.keys(headers), inTrailer].find(
    (name) => name.startsWith(checksumHeader) && !['algorithm', 'mode', 'type'].some((end) => name.endsWith(end)),
  );
  return name === undefined ? undefined : algorithmOf(name.slice(checksumHeader.length));
}

function checkLength(headers: IncomingHttpHeaders, bytes: number): void {
  const said = isChunked(headers) ? headers['x-amz-decoded-content-length'] : headers['content-length'];
  if (said !== undefined && Number(said) !== bytes) throw incomplete();
}

function wrongSha256(): AwsError {
  const text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
  return new AwsError('XAmzContentSHA256Mismatch', text);
}

function checkMd5(headers: IncomingHttpHeaders, value: string): void {
  const said = headers['content-md5'];
  if (said === undefined || said === value) return;
  throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
}

function checkChecksum(
  headers: IncomingHttpHeaders,
  trailer: Map<string, string>,
  { algorithm, value }: Checksum,
): void {
  const name = checksumHeader + algorithm.toLowerCase();
  const said = headers[name] ?? trailer.get(name);
  if (said === undefined)
    throw new AwsError('MalformedTrailerError', 'The request contained trailing data that was not well-formed.');
  if (said !== value)
    throw new AwsError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

const textOf = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : (value ?? ''));
