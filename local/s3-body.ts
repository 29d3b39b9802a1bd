import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import type { Received, Sink } from './s3-objects.ts';
import { AwsError } from './service.ts';
import {
  equal,
  type FindKey,
  instantOf,
  refuseS3,
  type Signer,
  signatureOf,
  signerOf,
  type Times,
} from './signature.ts';
import { Wire } from './wire.ts';

// The body of a PUT: plain, or in chunks with a checksum behind them.

const checksum = 'x-amz-checksum-crc32';
const chunked = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** Gives every chunk of the body to `sink` and checks what the headers and the trailer say of it. Throws AwsError. */
export async function receive(
  source: AsyncIterable<Buffer>,
  headers: IncomingHttpHeaders,
  sink: Sink,
): Promise<Received> {
  const { 'x-amz-content-sha256': hash = '', 'x-amz-trailer': trailer } = headers as Readonly<Record<string, string>>;
  const inTrailer = new Map<string, string>();
  const sha256 = /^[0-9a-f]{64}$/.test(hash) ? createHash('sha256') : undefined;
  refuseOthers(hash, trailer);
  const inChunks = hash === chunked;
  const { crc, ...received } = await measure(inChunks ? unchunk(source, inTrailer) : source, async (chunk) => {
    sha256?.update(chunk);
    await sink(chunk);
  });
  const length = headers[inChunks ? 'x-amz-decoded-content-length' : 'content-length'];
  if (length !== undefined && Number(length) !== received.bytes) throw incomplete();
  if (sha256 !== undefined && sha256.digest('hex') !== hash)
    throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match.");
  const said = headers[checksum] ?? inTrailer.get(checksum);
  if (said === undefined && trailer !== undefined)
    throw new AwsError('MalformedTrailerError', 'The request contained trailing data that was not well-formed.');
  const md5 = Buffer.from(received.md5, 'hex').toString('base64');
  if ((said ?? crc) !== crc || (headers['content-md5'] ?? md5) !== md5)
    throw new AwsError('BadDigest', 'The CRC32 or the Content-MD5 you specified did not match what we received.');
  return said === undefined ? received : { ...received, crc32: crc };
}

function refuseOthers(hash: string, trailer = checksum): void {
  const isKnown = hash === chunked || !hash.startsWith('STREAMING-');
  if (isKnown && trailer === checksum) return;
  throw new AwsError('NotImplemented', `The local cloud does not model ${isKnown ? trailer : hash}.`, 501);
}

/** Gives every chunk to `sink` and measures what went through; `crc` is its CRC32 in base64. */
async function measure(source: AsyncIterable<Buffer>, sink: Sink): Promise<Received & { readonly crc: string }> {
  const md5 = createHash('md5');
  const crc = Buffer.alloc(4);
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    md5.update(chunk);
    crc.writeUInt32BE(crc32(chunk, crc.readUInt32BE()));
    await sink(chunk);
  }
  return { bytes, md5: md5.digest('hex'), crc: crc.toString('base64') };
}

/** Takes the chunks of aws-chunked apart: a size in hex, the bytes; at the end the trailer. */
async function* unchunk(source: AsyncIterable<Buffer>, trailer: Map<string, string>): AsyncGenerator<Buffer> {
  const wire = new Wire(source, incomplete);
  const line = () => wire.text(lineEnd, 1024, incomplete);
  for (let size = Number.parseInt(await line(), 16); size !== 0; size = Number.parseInt(await line(), 16)) {
    if (Number.isNaN(size)) throw incomplete();
    yield* wire.take(size);
    await line();
  }
  for (let text = await line(); text !== ''; text = await line()) {
    const [name = '', value = ''] = text.split(':', 2);
    trailer.set(name.trim().toLowerCase(), value.trim());
  }
}

const lineEnd = Buffer.from('\r\n');
const incomplete = () => new AwsError('IncompleteBody', 'The body has not the number of bytes that its headers say.');

/** A small body as text. Throws AwsError when it is longer than the names of 10,000 parts need. */
export async function receiveText(source: AsyncIterable<Buffer>, headers: IncomingHttpHeaders): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  await receive(source, headers, async (chunk) => {
    size += chunk.length;
    if (size > 4_194_304) throw new AwsError('MaxMessageLengthExceeded', 'Your request was too large.');
    parts.push(chunk);
  });
  return Buffer.concat(parts).toString('utf8');
}

// The form that a browser posts: its signature and its policy stand in its fields, before the file.

type Fields = ReadonlyMap<string, string>;

/** A form whose signature and policy hold; its file is still on the way. */
interface Form {
  /** By lower-case name. */
  readonly fields: Fields;
  readonly file: AsyncIterable<Buffer>;
  /** Bytes the file must and may have. */
  readonly least: number;
  readonly most: number;
}

/** By their request: the file stays on the wire until the service takes it. */
const forms = new WeakMap<IncomingMessage, Form>();

/** Whether a request is such a form. */
export function isBrowserUpload({ method, headers }: IncomingMessage): boolean {
  const isForm = headers['content-type']?.startsWith('multipart/form-data') === true;
  return method === 'POST' && headers.authorization === undefined && isForm;
}

/** Reads the form up to its file and checks its policy. Answers who signed; throws AwsError. */
export async function authenticateForm(request: IncomingMessage, findKey: FindKey, times: Times): Promise<Signer> {
  const { fields, file } = await readForm(request);
  const signer = signerOfForm(fields, findKey, times);
  const conditions = conditionsOf(fields, signer, times);
  const bucket = decodeURIComponent((request.url ?? '').split(/[/?]/)[1] ?? '');
  forms.set(request, { fields, file, ...checkConditions(conditions, new Map([...fields, ['bucket', bucket]])) });
  return signer;
}

/** The form of a request that authenticateForm let through. */
export const formOf = (request: IncomingMessage): Form | undefined => forms.get(request);

/** Gives the file to `sink`. Throws AwsError when it is not within the form's limits. */
export async function receiveFile({ file, least, most }: Form, sink: Sink): Promise<Received> {
  let size = 0;
  const { crc: _, ...received } = await measure(file, async (chunk) => {
    size += chunk.length;
    if (size > most) throw new AwsError('EntityTooLarge', `Your proposed upload exceeds the maximum of ${most} bytes.`);
    await sink(chunk);
  });
  if (size >= least) return received;
  throw new AwsError('EntityTooSmall', `Your proposed upload is smaller than the minimum of ${least} bytes.`);
}

function signerOfForm(fields: Fields, findKey: FindKey, times: Times): Signer {
  const field = (name: string) => {
    const value = fields.get(name);
    if (value !== undefined) return value;
    throw invalid(`Bucket POST must contain a field named '${name}'`);
  };
  if (field('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') throw invalid('Only AWS4-HMAC-SHA256 is supported');
  const signer = signerOf(field('x-amz-credential'));
  const key = findKey(signer.accessKeyId);
  if (key === undefined) throw refuseS3('unknownKey');
  const wanted = signatureOf(field('policy'), field('x-amz-credential'), key);
  if (!equal(wanted, field('x-amz-signature'))) throw refuseS3('mismatch');
  const signed = instantOf(field('x-amz-date'));
  if (signed === undefined) throw invalid('x-amz-date must be YYYYMMDDTHHMMSSZ');
  if (signed > times.real && signed > new Date(times.virtual.getTime() + 900_000)) throw refuseS3('early');
  return { ...signer, ...(key.role !== undefined && { role: key.role }) };
}

const Policy = z.strictObject({
  expiration: z.string().transform((text) => new Date(text)),
  conditions: z.array(
    z.union([
      z.tuple([z.literal('content-length-range'), z.number(), z.number()]),
      z.tuple([z.enum(['eq', 'starts-with']), z.string(), z.string()]),
      // Short for `["eq", "$key", value]`.
      z
        .record(z.string(), z.string())
        .refine((one) => Object.keys(one).length === 1)
        .transform((one) => ['eq', ...Object.entries(one).flat()] as const),
    ]),
  ),
});
type Conditions = z.infer<typeof Policy>['conditions'];

/** The conditions of a policy that has not expired. A function's form ends by virtual time; a person's tool may live in either. */
function conditionsOf(fields: Fields, { role }: Signer, { real, virtual }: Times): Conditions {
  const { expiration, conditions } = parsedPolicy(fields.get('policy') ?? '');
  const clocks = role === undefined ? [real, virtual] : [virtual];
  if (clocks.some((now) => now <= expiration)) return conditions;
  throw denied('Policy expired.');
}

function parsedPolicy(policy: string): z.infer<typeof Policy> {
  try {
    return Policy.parse(JSON.parse(Buffer.from(policy, 'base64').toString('utf8')));
  } catch {
    throw new AwsError('InvalidPolicyDocument', 'Invalid Policy: it needs an expiration and conditions.');
  }
}

/** Every condition must hold and every field must be named by one. Answers the range of lengths. */
function checkConditions(conditions: Conditions, fields: Fields): Pick<Form, 'least' | 'most'> {
  let range = { least: 0, most: 5 * 1024 ** 3 };
  // Fields that no condition needs to name.
  const named = new Set(['policy', 'x-amz-signature', 'bucket']);
  for (const [test, subject = '', wanted = ''] of conditions) {
    if (test === 'content-length-range') range = { least: Number(subject), most: Number(wanted) };
    else {
      const name = String(subject).replace(/^\$/, '').toLowerCase();
      const value = fields.get(name) ?? '';
      named.add(name);
      if (test === 'eq' ? value !== wanted : !value.startsWith(String(wanted)))
        throw denied(`Policy Condition failed: ${JSON.stringify([test, subject, wanted])}`);
    }
  }
  const extra = [...fields.keys()].filter((name) => !named.has(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return range;
}

/** Reads the fields, up to 20 KB of them; what comes after the file is not looked at, as in S3. */
async function readForm(request: IncomingMessage): Promise<Pick<Form, 'fields' | 'file'>> {
  const [, boundary = ''] = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '') ?? [];
  if (boundary === '') throw malformed();
  // Every boundary follows a line end, also the first.
  const wire = new Wire(request, malformed, lineEnd);
  const text = (mark: string) => wire.text(Buffer.from(mark), 20_480, tooLong);
  const end = `\r\n--${boundary}`;
  const fields = new Map<string, string>();
  await text(end);
  for (;;) {
    if ((await text('\r\n')) !== '') throw invalid('POST requires exactly one file upload per request.');
    const headers = await text('\r\n\r\n');
    const name = dispositionOf(headers, 'name').toLowerCase();
    if (name === 'file') {
      fields.set('key', keyOf(fields, dispositionOf(headers, 'filename')));
      return { fields, file: wire.until(Buffer.from(end)) };
    }
    fields.set(name, await text(end));
  }
}

function dispositionOf(headers: string, name: string): string {
  const [line = ''] = /^content-disposition:.*$/im.exec(headers) ?? [];
  const [, value] = new RegExp(`[; ]${name}="([^"]*)"`, 'i').exec(line) ?? [];
  if (value === undefined) throw malformed();
  return value.replaceAll('%22', '"');
}

/** The placeholder in the key becomes the name of the file on the sender's machine, without its folders. */
function keyOf(fields: Fields, filename: string): string {
  const key = fields.get('key');
  if (key === undefined) throw invalid("Bucket POST must contain a field named 'key'");
  const name = filename.split(/[/\\]/).at(-1) ?? '';
  // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder in a key
  return key.replaceAll('${filename}', () => name);
}

const invalid = (message: string) => new AwsError('InvalidArgument', message);
const denied = (message: string) => new AwsError('AccessDenied', `Invalid according to Policy: ${message}`, 403);
const malformed = () => new AwsError('MalformedPOSTRequest', 'The body is not well-formed multipart/form-data.');
const tooLong = () => new AwsError('MaxPostPreDataLengthExceeded', 'The fields before the file were too large.');
