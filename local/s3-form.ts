import type { IncomingMessage } from 'node:http';
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

/** A form that a browser posts to a bucket: its fields are read, its file is still on the way. */
export interface Form {
  /** By lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly file: AsyncIterable<Buffer>;
  /** Bytes the file must and may have. */
  readonly least: number;
  readonly most: number;
}

/** S3's limits of a form: its fields together, and the file of one upload. Bytes. */
const mostFields = 20_480;
const mostBytes = 5 * 1024 ** 3;

/** Forms whose signature holds, by their request: the file stays on the wire until the service takes it. */
const forms = new WeakMap<IncomingMessage, Form>();

/** Whether a request is such a form; its signature stands in its fields, not in a header. */
export function isBrowserUpload({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'POST' &&
    headers.authorization === undefined &&
    headers['content-type']?.startsWith('multipart/form-data') === true
  );
}

/** Reads the form up to its file and checks its policy. Answers who signed; throws AwsError. */
export async function authenticateForm(request: IncomingMessage, findKey: FindKey, times: Times): Promise<Signer> {
  const { fields, file } = await readForm(request);
  const { credential, ...signer } = checkSignature(fields, findKey, times);
  const policy = policyOf(fields);
  checkExpiration(policy, signer, times);
  const bucket = decodeURIComponent((request.url ?? '').split(/[/?]/)[1] ?? '');
  const range = checkConditions(policy, new Map([...fields, ['bucket', bucket]]));
  forms.set(request, { fields, file, ...range });
  return signer;
}

/** The form of a request that authenticateForm let through. */
export const formOf = (request: IncomingMessage): Form | undefined => forms.get(request);

// Signature and policy.

function checkSignature(fields: Fields, findKey: FindKey, times: Times): Signer & { credential: string } {
  const field = (name: string) => fields.get(name) ?? '';
  const needed = ['policy', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature'];
  const missing = needed.find((name) => field(name) === '');
  if (missing !== undefined) throw invalid(`Bucket POST must contain a field named '${missing}'`);
  if (field('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') throw invalid('Only AWS4-HMAC-SHA256 is supported');
  const credential = field('x-amz-credential');
  const signer = signerOf(credential);
  const key = findKey(signer.accessKeyId);
  if (key === undefined) throw refuseS3('unknownKey');
  if (!equal(signatureOf(field('policy'), credential, key), field('x-amz-signature'))) throw refuseS3('mismatch');
  const signed = instantOf(field('x-amz-date'));
  if (signed === undefined) throw invalid('x-amz-date must be YYYYMMDDTHHMMSSZ');
  if (signed > times.real && signed > new Date(times.virtual.getTime() + 900_000)) throw refuseS3('early');
  return { ...signer, credential, ...(key.role !== undefined && { role: key.role }) };
}

interface Policy {
  readonly expiration: string;
  readonly conditions: readonly unknown[];
}

function policyOf(fields: Fields): Policy {
  try {
    const policy = JSON.parse(Buffer.from(fields.get('policy') ?? '', 'base64').toString('utf8')) as Partial<Policy>;
    if (typeof policy.expiration === 'string' && Array.isArray(policy.conditions)) return policy as Policy;
  } catch {
    // Said below.
  }
  throw new AwsError('InvalidPolicyDocument', 'Invalid Policy: it needs an expiration and conditions.');
}

/** A function's form ends by virtual time; a person's tool may live in either. */
function checkExpiration({ expiration }: Policy, { role }: Signer, { real, virtual }: Times): void {
  const ends = Date.parse(expiration);
  if (Number.isNaN(ends)) throw new AwsError('InvalidPolicyDocument', 'Invalid Policy: Invalid expiration.');
  const clocks = role === undefined ? [real, virtual] : [virtual];
  if (clocks.every((now) => now.getTime() > ends)) throw denied('Policy expired.');
}

/** Fields that no condition needs to name. */
const free = ['policy', 'x-amz-signature', 'bucket', 'file'];

type Fields = ReadonlyMap<string, string>;
type Range = { least: number; most: number };

/** Every condition must hold and every field must be named by one. Answers the range of lengths. */
function checkConditions({ conditions }: Policy, fields: Fields): Range {
  const range = { least: 0, most: mostBytes };
  const named = new Set(free);
  for (const condition of conditions) {
    const [test, subject, value] = normalised(condition);
    if (test === 'content-length-range') Object.assign(range, { least: Number(subject), most: Number(value) });
    else {
      const name = String(subject).replace(/^\$/, '').toLowerCase();
      named.add(name);
      if (!holds(test, fields.get(name) ?? '', String(value)))
        throw denied(`Policy Condition failed: ${JSON.stringify([test, subject, value])}`);
    }
  }
  const extra = [...fields.keys()].filter((name) => !named.has(name) && !name.startsWith('x-ignore-'));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return range;
}

/** `{key: value}` is short for `["eq", "$key", value]`. */
function normalised(condition: unknown): readonly unknown[] {
  if (Array.isArray(condition) && condition.length === 3) return condition;
  const [[name, value] = [], ...more] = Object.entries((condition ?? {}) as object);
  if (name === undefined || more.length > 0)
    throw new AwsError('InvalidPolicyDocument', 'Invalid Policy: Invalid condition.');
  return ['eq', `$${name}`, value];
}

function holds(test: unknown, value: string, wanted: string): boolean {
  if (test === 'eq') return value === wanted;
  if (test === 'starts-with') return value.startsWith(wanted);
  throw new AwsError('InvalidPolicyDocument', `Invalid Policy: Invalid condition ${test}.`);
}

// The form on the wire.

async function readForm(
  request: IncomingMessage,
): Promise<{ fields: Map<string, string>; file: AsyncIterable<Buffer> }> {
  const boundary = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) throw malformed();
  // Every boundary follows a line end, also the first.
  const wire = new Wire(request, malformed, lineEnd);
  const text = (mark: Buffer) => wire.text(mark, mostFields, tooLong);
  const end = Buffer.from(`\r\n--${boundary}`);
  const fields = new Map<string, string>();
  await text(end);
  for (;;) {
    if ((await text(lineEnd)) !== '') throw invalid('POST requires exactly one file upload per request.');
    const { name, filename } = nameOf(await text(headersEnd));
    if (name === 'file') return { fields: withFilename(fields, filename), file: wire.until(end) };
    fields.set(name, await text(end));
  }
}

const lineEnd = Buffer.from('\r\n');
const headersEnd = Buffer.from('\r\n\r\n');

function nameOf(headers: string): { name: string; filename: string } {
  const disposition = /^content-disposition:.*$/im.exec(headers)?.[0] ?? '';
  const value = (name: string) => new RegExp(`[; ]${name}="([^"]*)"`, 'i').exec(disposition)?.[1];
  const name = value('name');
  if (name === undefined) throw malformed();
  return { name: name.toLowerCase(), filename: (value('filename') ?? '').replaceAll('%22', '"') };
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder in a key
const placeholder = '${filename}';

/** The placeholder becomes the name of the file on the sender's machine, without its folders. */
function withFilename(fields: Map<string, string>, filename: string): Map<string, string> {
  const key = fields.get('key');
  if (key === undefined) throw invalid("Bucket POST must contain a field named 'key'");
  const name = filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
  return fields.set(
    'key',
    key.replaceAll(placeholder, () => name),
  );
}

const invalid = (message: string) => new AwsError('InvalidArgument', message);
const denied = (message: string) => new AwsError('AccessDenied', `Invalid according to Policy: ${message}`, 403);
const malformed = () =>
  new AwsError('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.');
const tooLong = () =>
  new AwsError('MaxPostPreDataLengthExceeded', 'Your POST request fields preceding the upload file were too large.');
