import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { escapeUri, HttpRequest } from '@smithy/core/protocols';
import { getCanonicalHeaders, SignatureV4Base } from '@smithy/signature-v4';
import * as z from 'zod';
import { AwsError } from './service.ts';
import { place } from './template-resources.ts';

/** A request as it came: `url` is path and query, still encoded. */
export type SignedRequest = Readonly<{ method: string; url: string; headers: IncomingHttpHeaders; body: Buffer }>;

/** An access key. A function's key names its role, and its clock is the virtual one. */
export type AccessKey = Readonly<{ secret: string; role?: string }>;
export type FindKey = (accessKeyId: string) => AccessKey | undefined;

/** Both clocks: functions live in virtual time, people and their tools in real time. */
export type Times = Readonly<{ real: Date; virtual: Date }>;

/** Who signed, and for which region and service. */
export type Signer = Readonly<{ accessKeyId: string; role?: string; region: string; service: string }>;

/** AWS's tolerance between the clocks of a caller and its own, in milliseconds. */
const tolerance = 900_000;
/** Seven days, AWS's longest life of a presigned request, in seconds. */
const longestLife = 604_800;
const algorithm = 'AWS4-HMAC-SHA256';

/** The signer of a request with Signature Version 4 in its header or its query. Throws AwsError with the codes AWS uses. */
export function authenticate(request: SignedRequest, findKey: FindKey, times: Times): Signer {
  const claim = claimOf(request);
  const { service } = scopeOf(claim);
  const must = ['host', ...Object.keys(request.headers).filter((name) => name.startsWith('x-amz-'))];
  const unsigned = must.find((name) => !claim.SignedHeaders.includes(name));
  if (unsigned !== undefined) throw refusals(service)('unsigned', `${texts.unsigned}: ${unsigned}`);
  const scope = claim.Credential.replace(/^[^/]*\//, '');
  const canonical = canonicalOf(request, claim.SignedHeaders, service);
  return signerOf(claim, [algorithm, claim.Date, scope, sha256(canonical)].join('\n'), findKey, times);
}

/** The signer of the form that a browser posts: its fields hold the claim, and what is signed is its policy. Throws AwsError. */
export function authenticateFields(fields: ReadonlyMap<string, string>, findKey: FindKey, times: Times): Signer {
  const said = Object.keys(Claim.shape).map((name) => [name, fields.get(`x-amz-${name.toLowerCase()}`)]);
  const { data, error } = Claim.safeParse(Object.fromEntries(said));
  if (error !== undefined) throw new AwsError('InvalidArgument', `The form is not complete: ${z.prettifyError(error)}`);
  return signerOf({ ...data, Expires: `${longestLife}` }, fields.get('policy') ?? '', findKey, times);
}

/** Who signed the text, if the claim holds. */
function signerOf(claim: Timed, text: string, findKey: FindKey, times: Times): Signer {
  const { accessKeyId, region, service } = scopeOf(claim);
  const refuse = refusals(service);
  checkRegion(region, service);
  const key = findKey(accessKeyId);
  if (key === undefined) throw refuse('unknownKey');
  const late = checkTime(claim, key, times);
  if (late !== undefined) throw refuse(late);
  if (!equal(signatureOf(text, claim.Credential, key), claim.Signature)) throw refuse('mismatch');
  return { accessKeyId, region, service, ...(key.role !== undefined && { role: key.role }) };
}

/** Whoever looks for a resource in another region finds none; STS answers for every region. */
function checkRegion(region: string, service: string): void {
  if (region === place.region || service === 'sts') return;
  const refuse = refusals(service);
  const malformed = `The authorization header is malformed; the region '${region}' is wrong; expecting '${place.region}'`;
  if (service === 's3') throw refuse('incomplete', malformed);
  throw refuse('mismatch', `Credential should be scoped to a valid region, not '${region}'.`);
}

function signatureOf(text: string, credential: string, key: AccessKey): string {
  const name = `${credential} ${key.secret}`;
  const [, date = '', region = '', service = ''] = credential.split('/');
  const derive = () => [date, region, service, 'aws4_request'].reduce(hmac, Buffer.from(`AWS4${key.secret}`));
  const scoped = derived.get(name) ?? createSecretKey(derive());
  if (derived.size > 1000) derived.clear();
  derived.set(name, scoped);
  return hmac(scoped, text).toString('hex');
}

/** Keys of one day, derived already: four of five hashes of a call. */
const derived = new Map<string, KeyObject>();

/** What a credential `KEY/DATE/REGION/SERVICE/aws4_request` names. Throws when it is not of that form. */
function scopeOf({ Credential }: Claim): Omit<Signer, 'role'> {
  const [, accessKeyId = '', region = '', service = ''] =
    /^([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request$/.exec(Credential) ?? [];
  if (service !== '') return { accessKeyId, region, service };
  const text = `Credential must be keyid/date/region/service/aws4_request, got '${Credential}'`;
  throw refusals(Credential.split('/')[3] ?? '')('incomplete', text);
}

/** Whether two signatures are the same, in constant time. */
function equal(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The instant of `YYYYMMDDTHHMMSSZ`, or undefined. */
function instantOf(basic: string): Date | undefined {
  const extended = basic.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const instant = new Date(extended);
  return extended === basic || Number.isNaN(instant.getTime()) ? undefined : instant;
}

/** The service that a request is for: named in the scope of its credential, guessed where it has none. */
export function serviceOf({ url, headers }: Pick<SignedRequest, 'url' | 'headers'>): string {
  const { authorization = '', 'x-amz-target': target } = headers;
  const credential =
    /Credential=([^,\s]+)/.exec(authorization)?.[1] ?? queryOf(url).get('X-Amz-Credential') ?? authorization;
  if (credential !== '') return credential.split('/')[3] ?? '';
  if (target !== undefined) return 'dynamodb';
  return headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? 'ses' : 's3';
}

// What a request claims, and what has to hold.

const part = z.string({ error: 'is missing' }).min(1, 'is missing');
/** The parts of a signature under the names that a link gives them. */
const Claim = z.object({
  Algorithm: z.literal(algorithm, `must be ${algorithm}`),
  Credential: part,
  Signature: part,
  Date: part.refine(instantOf, "must be in ISO-8601 'basic format'"),
});
type Claim = z.infer<typeof Claim>;
/** `Expires`, in seconds, stands in a link only. */
const RequestClaim = Claim.extend({
  SignedHeaders: part.transform((names) => names.split(';')),
  Expires: z
    .string()
    .regex(/^\d+$/, 'must be a number of seconds')
    .refine((text) => Number(text) <= longestLife, 'must be less than a week')
    .optional(),
});
type RequestClaim = z.infer<typeof RequestClaim>;
type Timed = Claim & Pick<RequestClaim, 'Expires'>;

function claimOf({ url, headers }: SignedRequest): RequestClaim {
  const { authorization, 'x-amz-date': date } = headers;
  const query = queryOf(url);
  const refuse = refusals(serviceOf({ url, headers }));
  if (query.has('AWSAccessKeyId')) throw new AwsError('InvalidRequest', texts.old);
  if (authorization === undefined && !query.has('X-Amz-Algorithm')) throw refuse('missing');
  const inHeader = authorization?.matchAll(/(Credential|SignedHeaders|Signature)=([^,\s]+)/g);
  const said =
    inHeader === undefined
      ? Object.keys(RequestClaim.shape).map((name) => [name, query.get(`X-Amz-${name}`) ?? ''])
      : [['Algorithm', authorization?.split(' ')[0]], ['Date', date], ...[...inHeader].map((one) => one.slice(1))];
  const { data, error } = RequestClaim.safeParse(Object.fromEntries(said));
  if (data !== undefined) return data;
  const text = `The signature is not complete: ${z.prettifyError(error)}`;
  throw inHeader ? refuse('incomplete', text) : new AwsError('AuthorizationQueryParametersError', text);
}

function checkTime({ Date: date, Expires, Credential }: Timed, { role }: AccessKey, times: Times): Reason | undefined {
  if (Credential.split('/')[1] !== date.slice(0, 8)) return 'mismatch';
  // A function signs by virtual time, so that its link ends when virtual time says so; a person's tool by either.
  const clocks = Expires !== undefined && role !== undefined ? [times.virtual] : [times.real, times.virtual];
  const ages = clocks.map((now) => now.getTime() - (instantOf(date) as Date).getTime());
  const most = Expires === undefined ? tolerance : Number(Expires) * 1000;
  if (ages.some((age) => age >= -tolerance && age <= most)) return undefined;
  if (Expires === undefined) return 'skewed';
  return ages.every((age) => age < -tolerance) ? 'early' : 'expired';
}

/** AWS's own signer writes the text that is signed; keys and hashes are ours. S3 signs the path as it is sent, others encode it once more. */
class Canonical extends SignatureV4Base {
  constructor(service: string) {
    const credentials = { accessKeyId: '', secretAccessKey: '' };
    super({ service, uriEscapePath: service !== 's3', region: '', credentials, sha256: undefined as never });
  }
  text(request: HttpRequest, hash: string): string {
    const headers = getCanonicalHeaders(request, undefined, new Set(Object.keys(request.headers)));
    return this.createCanonicalRequest(request, headers, hash);
  }
}

function canonicalOf({ method, url, headers, body }: SignedRequest, signed: string[], service: string): string {
  const [path = '/'] = url.split('?');
  const params = queryOf(url);
  const request = new HttpRequest({
    method,
    path: service === 's3' ? escapeUri(decodeURIComponent(path)).replaceAll('%2F', '/') : path,
    query: Object.fromEntries([...new Set(params.keys())].map((name) => [name, params.getAll(name)])),
    headers: Object.fromEntries(signed.map((name) => [name, String(headers[name] ?? '')])),
  });
  // S3 signs what the sender says of the body, which S3 checks itself; the others sign the body.
  const said = String(headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD');
  return new Canonical(service).text(request, service === 's3' ? said : sha256(body));
}

const queryOf = (url: string) => new URLSearchParams(url.replace(/^[^?]*/, ''));
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | KeyObject, text: string) => createHmac('sha256', key).update(text).digest();

// How each kind of service says no.

type Reason = keyof typeof texts;

const texts = {
  missing: 'Request is missing Authentication Token',
  incomplete: 'The request signature is not complete.',
  unknownKey: 'The security token included in the request is invalid.',
  mismatch:
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  unsigned: 'There were headers present in the request which were not signed',
  skewed: 'The difference between the request time and the current time is too large.',
  expired: 'Request has expired',
  early: 'Request is not valid yet',
  old: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
};

/** The codes of services in JSON, of those in the query protocol, and of S3. */
const codes: Readonly<Partial<Record<Reason, readonly string[]>>> = {
  missing: ['MissingAuthenticationTokenException', 'MissingAuthenticationToken', 'AccessDenied'],
  incomplete: ['IncompleteSignatureException', 'IncompleteSignature', 'AuthorizationHeaderMalformed'],
  unknownKey: ['UnrecognizedClientException', 'InvalidClientTokenId', 'InvalidAccessKeyId'],
  mismatch: ['InvalidSignatureException', 'SignatureDoesNotMatch', 'SignatureDoesNotMatch'],
  skewed: ['InvalidSignatureException', 'SignatureDoesNotMatch', 'RequestTimeTooSkewed'],
};
const otherwise = ['InvalidSignatureException', 'SignatureDoesNotMatch', 'AccessDenied'];

/** Makes the error in the words of one service. */
function refusals(service: string): (reason: Reason, text?: string) => AwsError {
  const protocol = service === 's3' ? 2 : service === 'ses' || service === 'sns' ? 1 : 0;
  return (reason, text = texts[reason]) => {
    const status = protocol === 0 || reason === 'incomplete' ? 400 : 403;
    return new AwsError((codes[reason] ?? otherwise)[protocol] as string, text, status);
  };
}
