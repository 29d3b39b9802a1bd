import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Crc32, Crc64Nvme } from '@aws-sdk/checksums/crc';
import * as z from 'zod';
import type { Received } from './s3-objects.ts';
import { AwsError, type Call } from './service.ts';
import { authenticateFields, type FindKey, type Signer, type Times } from './signature.ts';

// The body of a PUT: plain, or in chunks with a checksum behind them.

/** The checksums that are modelled, by their header: SDKs send the first, the AWS CLI from version 2 on the second. */
const checksums = new Map<string, new () => Crc32 | Crc64Nvme>([
  ['x-amz-checksum-crc32', Crc32],
  ['x-amz-checksum-crc64nvme', Crc64Nvme],
]);
const chunked = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/** What a call's body holds. Throws AwsError when it is not what the headers and the trailer say. */
export async function received({ body, headers }: Pick<Call, 'body' | 'headers'>): Promise<Received> {
  const { 'x-amz-content-sha256': hash = '', 'x-amz-trailer': trailer } = headers as Readonly<Record<string, string>>;
  refuseOthers(hash, trailer);
  const { content, rest } = hash === chunked ? unchunked(body, headers) : { content: body, rest: '' };
  if (/^[0-9a-f]{64}$/.test(hash) && createHash('sha256').update(content).digest('hex') !== hash)
    throw new AwsError('XAmzContentSHA256Mismatch', "The provided 'x-amz-content-sha256' header does not match.");
  const name = trailer ?? [...checksums.keys()].find((one) => one in headers);
  const said =
    trailer === undefined ? headers[name ?? ''] : new RegExp(`^${trailer}: *(\\S+)\\r\\n`, 'im').exec(rest)?.[1];
  if (name !== undefined && said === undefined)
    throw new AwsError('MalformedTrailerError', 'The request contained trailing data that was not well-formed.');
  const checksum = await checksumOf(content, name);
  const md5 = createHash('md5').update(content).digest();
  const saidMd5 = headers['content-md5'] ?? md5.toString('base64');
  if (Buffer.from(String(saidMd5), 'base64').length !== 16)
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (checksum?.[name ?? ''] !== said || saidMd5 !== md5.toString('base64'))
    throw new AwsError('BadDigest', 'The checksum or the Content-MD5 you specified did not match what we received.');
  return { content, md5: md5.toString('hex'), checksum };
}

function refuseOthers(hash: string, trailer?: string): void {
  if (!/^([0-9a-f]{64}|STREAMING-.+|UNSIGNED-PAYLOAD|)$/.test(hash))
    throw new AwsError('InvalidArgument', 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value.');
  const isKnown = hash === chunked || !hash.startsWith('STREAMING-');
  if (isKnown && (trailer === undefined || checksums.has(trailer))) return;
  throw new AwsError('NotImplemented', `The local cloud does not model ${isKnown ? trailer : hash}.`, 501);
}

/** The checksum of a name under that name, in base64. */
async function checksumOf(content: Buffer, name = ''): Promise<Record<string, string> | undefined> {
  const Checksum = checksums.get(name);
  if (Checksum === undefined) return undefined;
  const sum = new Checksum();
  sum.update(content);
  return { [name]: Buffer.from(await sum.digest()).toString('base64') };
}

/** Takes the chunks of aws-chunked apart: a size in hex, the bytes. `rest` is the trailer. */
function unchunked(body: Buffer, { 'x-amz-decoded-content-length': length }: IncomingHttpHeaders) {
  const incomplete = new AwsError('IncompleteBody', 'The body has not the number of bytes that its headers say.');
  const chunks: Buffer[] = [];
  let at = 0;
  const line = () => {
    const end = body.indexOf('\r\n', at);
    if (end < 0) throw incomplete;
    const text = body.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  for (let size = Number.parseInt(line(), 16); size !== 0; size = Number.parseInt(line(), 16)) {
    if (!(size > 0 && at + size <= body.length)) throw incomplete;
    chunks.push(body.subarray(at, at + size));
    at += size;
    line();
  }
  const content = Buffer.concat(chunks);
  if (length !== undefined && Number(length) !== content.length) throw incomplete;
  return { content, rest: body.toString('latin1', at) };
}

// The form that a browser posts: its signature and its policy stand in its fields, before the file.

type Fields = ReadonlyMap<string, string>;

/** A form whose signature and policy hold. */
interface Form {
  /** By lower-case name. */
  readonly fields: Fields;
  readonly file: Received;
}

/** By their request, which S3 gets with the call. */
const forms = new WeakMap<IncomingMessage, Form>();

/** Whether a request is such a form. */
export function isBrowserUpload({ method, headers }: IncomingMessage): boolean {
  const isForm = headers['content-type']?.startsWith('multipart/form-data') === true;
  return method === 'POST' && headers.authorization === undefined && isForm;
}

/** Reads the form and checks it against its policy. Answers who signed; throws AwsError. */
export async function authenticateForm(
  request: IncomingMessage,
  body: Buffer,
  findKey: FindKey,
  times: Times,
): Promise<Signer> {
  const { fields, content } = await readForm(request.headers, body);
  const signer = authenticateFields(fields, findKey, times);
  const bucket = decodeURIComponent((request.url ?? '').split(/[/?]/)[1] ?? '');
  checkConditions(conditionsOf(fields, signer, times), new Map([...fields, ['bucket', bucket]]), content.length);
  forms.set(request, { fields, file: { content, md5: createHash('md5').update(content).digest('hex') } });
  return signer;
}

/** The form of a request that authenticateForm let through. */
export const formOf = (request: IncomingMessage): Form | undefined => forms.get(request);

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

/** Every condition must hold, and every field must be named by one. `bytes` is the size of the file. */
function checkConditions(conditions: Conditions, fields: Fields, bytes: number): void {
  // Fields that no condition needs to name.
  const named = new Set(['policy', 'x-amz-signature', 'bucket']);
  for (const [test, subject = '', wanted = ''] of conditions) {
    if (test === 'content-length-range') checkSize(bytes, Number(subject), Number(wanted));
    else {
      const name = String(subject).replace(/^\$/, '').toLowerCase();
      const value = fields.get(name) ?? '';
      named.add(name);
      // A content type may be a list, each of which must begin so.
      const values = name === 'content-type' ? value.split(',') : [value];
      if (test === 'eq' ? value !== wanted : !values.every((one) => one.startsWith(String(wanted))))
        throw denied(`Policy Condition failed: ${JSON.stringify([test, subject, wanted])}`);
    }
  }
  const extra = [...fields.keys()].filter((name) => !named.has(name) && !name.startsWith('x-ignore-'));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
}

function checkSize(bytes: number, least: number, most: number): void {
  const upload = 'Your proposed upload';
  if (bytes > most) throw new AwsError('EntityTooLarge', `${upload} exceeds the maximum of ${most} bytes.`);
  if (bytes < least) throw new AwsError('EntityTooSmall', `${upload} is smaller than the minimum of ${least} bytes.`);
}

/** The fields and the file; what comes after the file is not looked at, as in S3. */
async function readForm({ 'content-type': type = '' }: IncomingHttpHeaders, body: Buffer) {
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData().catch(() => {
    throw new AwsError('MalformedPOSTRequest', 'The body is not well-formed multipart/form-data.');
  });
  const fields = new Map<string, string>();
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.set(name.toLowerCase(), value);
    else if (name.toLowerCase() === 'file') {
      fields.set('key', keyOf(fields, value.name));
      return { fields, content: Buffer.from(await value.arrayBuffer()) };
    }
  }
  throw invalid('POST requires exactly one file upload per request.');
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
