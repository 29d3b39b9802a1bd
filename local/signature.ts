import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './service.ts';

/** A request as it came over the wire. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, still percent-encoded: `request.url`. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Absent where the body is streamed; its hash is then the reader's to check. */
  readonly body?: Buffer;
}

/** An access key. A function's key names its role, and its clock is the virtual one. */
export interface AccessKey {
  readonly secret: string;
  readonly role?: string;
}
export type FindKey = (accessKeyId: string) => AccessKey | undefined;

/** Both clocks: functions live in virtual time, people and their tools in real time. */
export interface Times {
  readonly real: Date;
  readonly virtual: Date;
}

/** Who signed, and for which region and service. */
export interface Signer {
  readonly accessKeyId: string;
  readonly role?: string;
  readonly region: string;
  readonly service: string;
}

/** AWS's tolerance between the clocks of a caller and its own, in milliseconds. */
const tolerance = 900_000;
/** Seven days, AWS's longest life of a presigned request, in seconds. */
const longestLife = 604_800;
const algorithm = 'AWS4-HMAC-SHA256';

/** The signer of a request with Signature Version 4 in its header or its query. Throws AwsError with the codes AWS uses. */
export function authenticate(request: SignedRequest, findKey: FindKey, times: Times): Signer {
  const claim = claimOf(request);
  const signer = signerOf(claim.credential);
  const refuse = refusals(signer.service);
  const key = findKey(signer.accessKeyId);
  if (key === undefined) throw refuse('unknownKey');
  checkTime(claim, key, times, refuse);
  checkSignedHeaders(claim, request, refuse);
  const wanted = signatureOf(toSign(claim, canonicalRequest(request, claim, signer.service)), claim.credential, key);
  if (!equal(wanted, claim.signature)) throw refuse('mismatch');
  return { ...signer, ...(key.role !== undefined && { role: key.role }) };
}

/** The signature of a text under a key and the scope of a credential; a browser's upload form signs its policy so. */
export function signatureOf(text: string, credential: string, key: AccessKey): string {
  const [, date = '', region = '', service = ''] = credential.split('/');
  const scoped = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${key.secret}`);
  return hmac(scoped, text).toString('hex');
}

/** The signer a credential `KEY/DATE/REGION/SERVICE/aws4_request` names. Throws when it is not of that form. */
export function signerOf(credential: string): Signer {
  const [accessKeyId = '', date = '', region = '', service = '', end, more] = credential.split('/');
  const whole = /^\d{8}$/.test(date) && region !== '' && service !== '' && end === 'aws4_request' && more === undefined;
  if (whole && accessKeyId !== '') return { accessKeyId, region, service };
  throw refusals(service)(
    'incomplete',
    `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`,
  );
}

/** Whether two signatures are the same, in constant time. */
export function equal(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** The instant of `YYYYMMDDTHHMMSSZ`, or undefined. */
export function instantOf(basic: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(basic);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

// What a request claims.

interface Claim {
  readonly credential: string;
  readonly signature: string;
  readonly signedHeaders: readonly string[];
  readonly date: string;
  /** Seconds; of a presigned request only. */
  readonly expires?: number;
}

function claimOf(request: SignedRequest): Claim {
  const query = new URL(request.url, 'http://aws').searchParams;
  const { authorization } = request.headers;
  if (query.has('X-Amz-Algorithm') && authorization === undefined) return presignedClaim(query);
  if (authorization !== undefined) return headerClaim(authorization, request);
  throw refusals(serviceGuess(request))('missing');
}

/** Without a signature nothing names the service; the services that name an operation in a header are not S3. */
function serviceGuess({ headers, method }: SignedRequest): string {
  if (headers['x-amz-target'] !== undefined) return 'dynamodb';
  const isForm = method === 'POST' && headers['content-type']?.startsWith('application/x-www-form-urlencoded');
  return isForm ? 'ses' : 's3';
}

function headerClaim(authorization: string, { headers }: SignedRequest): Claim {
  const fields = new Map(
    [...authorization.matchAll(/(Credential|SignedHeaders|Signature)=([^,\s]+)/g)].map(
      ([, name = '', value = '']) => [name, value] as const,
    ),
  );
  const date = textOf(headers['x-amz-date']);
  const refuse = refusals(fields.get('Credential')?.split('/')[3] ?? '');
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.has(name));
  if (!authorization.startsWith(`${algorithm} `))
    throw refuse('incomplete', `Unsupported AWS 'algorithm': only ${algorithm} is understood.`);
  if (missing.length > 0)
    throw refuse('incomplete', missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '));
  if (instantOf(date) === undefined)
    throw refuse('incomplete', `Date must be in ISO-8601 'basic format'. Got '${date}'.`);
  return {
    credential: fields.get('Credential') as string,
    signature: fields.get('Signature') as string,
    signedHeaders: (fields.get('SignedHeaders') as string).split(';'),
    date,
  };
}

const presignedFields = ['Algorithm', 'Credential', 'Date', 'Expires', 'SignedHeaders', 'Signature'] as const;

function presignedClaim(query: URLSearchParams): Claim {
  const field = (name: (typeof presignedFields)[number]) => query.get(`X-Amz-${name}`) ?? '';
  const expires = Number(field('Expires'));
  const bad = (message: string) => new AwsError('AuthorizationQueryParametersError', message);
  if (presignedFields.some((name) => field(name) === ''))
    throw bad(
      `Query-string authentication requires the ${presignedFields.map((n) => `X-Amz-${n}`).join(', ')} parameters.`,
    );
  if (field('Algorithm') !== algorithm) throw bad(`X-Amz-Algorithm only supports "${algorithm}"`);
  if (instantOf(field('Date')) === undefined)
    throw bad("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (!Number.isInteger(expires) || expires < 0) throw bad('X-Amz-Expires must be a non-negative number of seconds');
  if (expires > longestLife)
    throw bad('X-Amz-Expires must be less than a week (in seconds); that is, it must be less than 604800');
  return {
    credential: field('Credential'),
    signature: field('Signature'),
    signedHeaders: field('SignedHeaders').split(';'),
    date: field('Date'),
    expires,
  };
}

// What has to hold.

type Refuse = ReturnType<typeof refusals>;

function checkTime({ date, expires, credential }: Claim, key: AccessKey, times: Times, refuse: Refuse): void {
  const signed = (instantOf(date) as Date).getTime();
  if (credential.split('/')[1] !== date.slice(0, 8)) throw refuse('mismatch');
  const since = (now: Date) => now.getTime() - signed;
  const { real, virtual } = times;
  if (expires === undefined) {
    if ([real, virtual].every((now) => Math.abs(since(now)) > tolerance)) throw refuse('skewed');
    return;
  }
  // A function signs by virtual time, so that its link ends when virtual time says so; a person's tool by either.
  const clocks = key.role === undefined ? [real, virtual] : [virtual];
  if (clocks.every((now) => since(now) < -tolerance)) throw refuse('early');
  if (!clocks.some((now) => since(now) >= -tolerance && since(now) <= expires * 1000)) throw refuse('expired');
}

/** AWS wants the host and every x-amz- header under the signature. */
function checkSignedHeaders({ signedHeaders }: Claim, { headers }: SignedRequest, refuse: Refuse): void {
  const must = ['host', ...Object.keys(headers).filter((name) => name.startsWith('x-amz-'))];
  const unsigned = must.find((name) => !signedHeaders.includes(name));
  if (unsigned !== undefined)
    throw refuse('unsigned', `There were headers present in the request which were not signed: ${unsigned}`);
}

// The text that is signed.

function toSign({ date, credential }: Claim, canonical: string): string {
  const scope = credential.split('/').slice(1).join('/');
  return [algorithm, date, scope, sha256(canonical)].join('\n');
}

function canonicalRequest(request: SignedRequest, claim: Claim, service: string): string {
  const [path = '/', query = ''] = splitOnce(request.url, '?');
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${textOf(request.headers[name]).trim().replace(/ +/g, ' ')}\n`,
  );
  return [
    request.method,
    canonicalPath(path, service),
    canonicalQuery(query),
    headers.join(''),
    claim.signedHeaders.join(';'),
    payloadHash(request, claim),
  ].join('\n');
}

/** S3 signs the path as it is sent; every other service signs it encoded once more. */
function canonicalPath(path: string, service: string): string {
  const plain = service === 's3' ? decode(path) : path;
  return plain.split('/').map(encode).join('/');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '' && !pair.startsWith('X-Amz-Signature='))
    .map((pair) => splitOnce(pair, '=').map((part) => encode(decode(part.replaceAll('+', ' ')))))
    .map(([name = '', value = '']) => [name, value] as const)
    .sort(([a, av], [b, bv]) => order(a, b) || order(av, bv))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** The hash of the body where it is at hand, so that a changed body is a changed signature. */
function payloadHash({ headers, body }: SignedRequest, claim: Claim): string {
  const said = textOf(headers['x-amz-content-sha256']);
  if (claim.expires !== undefined) return said || 'UNSIGNED-PAYLOAD';
  return body === undefined ? said : sha256(body);
}

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const textOf = (value: string | string[] | undefined) => (Array.isArray(value) ? value.join(',') : (value ?? ''));

function splitOnce(text: string, at: string): string[] {
  const place = text.indexOf(at);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
  }
}

/** Percent-encodes everything but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

// How each kind of service says no.

type Reason = 'missing' | 'incomplete' | 'unknownKey' | 'mismatch' | 'unsigned' | 'skewed' | 'expired' | 'early';

const mismatch =
  'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
const texts: Readonly<Record<Reason, string>> = {
  missing: 'Request is missing Authentication Token',
  incomplete: 'The request signature is not complete.',
  unknownKey: 'The security token included in the request is invalid.',
  mismatch,
  unsigned: 'There were headers present in the request which were not signed',
  skewed: 'Signature expired: the request was signed more than 15 minutes from now.',
  expired: 'Request has expired',
  early: 'Request is not valid yet',
};

type Codes = Readonly<Record<Reason, readonly [code: string, status: number]>>;
const json: Codes = {
  missing: ['MissingAuthenticationTokenException', 400],
  incomplete: ['IncompleteSignatureException', 400],
  unknownKey: ['UnrecognizedClientException', 400],
  mismatch: ['InvalidSignatureException', 400],
  unsigned: ['InvalidSignatureException', 400],
  skewed: ['InvalidSignatureException', 400],
  expired: ['InvalidSignatureException', 400],
  early: ['InvalidSignatureException', 400],
};
const query: Codes = {
  missing: ['MissingAuthenticationToken', 403],
  incomplete: ['IncompleteSignature', 400],
  unknownKey: ['InvalidClientTokenId', 403],
  mismatch: ['SignatureDoesNotMatch', 403],
  unsigned: ['SignatureDoesNotMatch', 403],
  skewed: ['SignatureDoesNotMatch', 403],
  expired: ['SignatureDoesNotMatch', 403],
  early: ['SignatureDoesNotMatch', 403],
};
const s3: Codes = {
  missing: ['AccessDenied', 403],
  incomplete: ['AuthorizationHeaderMalformed', 400],
  unknownKey: ['InvalidAccessKeyId', 403],
  mismatch: ['SignatureDoesNotMatch', 403],
  unsigned: ['AccessDenied', 403],
  skewed: ['RequestTimeTooSkewed', 403],
  expired: ['AccessDenied', 403],
  early: ['AccessDenied', 403],
};
const s3Texts: Partial<typeof texts> = {
  missing: 'Access Denied',
  unknownKey: 'The AWS Access Key Id you provided does not exist in our records.',
  skewed: 'The difference between the request time and the current time is too large.',
};
const codesOf: Readonly<Record<string, Codes>> = { s3, ses: query, sns: query };

/** Makes the error in the words of one service. */
function refusals(service: string): (reason: Reason, text?: string) => AwsError {
  return (reason, text) => {
    const [code, status] = (codesOf[service] ?? json)[reason];
    return new AwsError(code, text ?? ((service === 's3' && s3Texts[reason]) || texts[reason]), status);
  };
}

/** The error of a signed form or link in the words of S3. */
export const refuseS3 = refusals('s3');
