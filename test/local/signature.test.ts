import { createHash, createHmac } from 'node:crypto';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from 'vitest';
import { type AccessKey, authenticate, type SignedRequest } from '../../local/signature.ts';

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

const real = new Date('2026-01-31T12:00:00Z');
const secretAccessKey = 'a secret of the tests';
const keys: Record<string, AccessKey> = {
  person: { secret: secretAccessKey },
  function: { secret: secretAccessKey, role: 'arn:aws:iam::123456789012:role/Download' },
};
const find = (id: string) => keys[id];
const later = (date: Date, seconds: number) => new Date(date.getTime() + seconds * 1000);
const months = 60 * 86_400;

const signerOf = (service: string, accessKeyId: string, secret = secretAccessKey) =>
  new SignatureV4({
    service,
    region: 'eu-west-1',
    credentials: { accessKeyId, secretAccessKey: secret },
    sha256: Sha256,
    uriEscapePath: service !== 's3',
  });

/** What arrives when AWS's own signer has signed. */
async function signed(service: string, options: { id?: string; secret?: string; date?: Date; path?: string } = {}) {
  const { id = 'person', secret = secretAccessKey, date = real, path = '/' } = options;
  const body = '{"TableName":"Requests"}';
  const query = { b: 'two words', a: ['2', '1'], 'a+b': "it's (~)" };
  const headers = { host: '127.0.0.1:4566', 'content-type': 'application/json', 'x-amz-target': 'X.Y' };
  const request = new HttpRequest({ method: 'POST', hostname: '127.0.0.1', path, query, headers, body });
  const { headers: answer } = await signerOf(service, id, secret).sign(request, { signingDate: date });
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const));
  const search = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
  return { method: 'POST', url: `${path}?${search}`, headers: answer, body: Buffer.from(body) } satisfies SignedRequest;
}

async function link(id: string, date: Date, expiresIn = 60): Promise<SignedRequest> {
  const headers = { host: '127.0.0.1:4566', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const path = '/evidence/packages/a%20b.zip';
  const request = new HttpRequest({ method: 'GET', hostname: '127.0.0.1', path, query: {}, headers });
  const { query } = await signerOf('s3', id).presign(request, { signingDate: date, expiresIn });
  const search = Object.entries(query as Record<string, string>).map((pair) => pair.map(encodeURIComponent).join('='));
  return { method: 'GET', url: `${path}?${search.join('&')}`, headers: { host: headers.host }, body: Buffer.alloc(0) };
}

const outcome = (request: SignedRequest, now = { real, virtual: real }) => {
  try {
    return authenticate(request, find, now);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a signature in the header', () => {
  test.each(['dynamodb', 's3', 'lambda', 'ses'])('of %s tells who signed, where and for what', async (service) => {
    const request = await signed(service, { id: 'function', path: '/2015-03-31/functions/arn%3Aaws%3Alambda/x' });
    const role = 'arn:aws:iam::123456789012:role/Download';
    expect(outcome(request)).toEqual({ accessKeyId: 'function', region: 'eu-west-1', service, role });
  });

  test('is refused when path, query, header, body or secret are others than those that were signed', async () => {
    const request = await signed('dynamodb');
    const headers = { ...request.headers, 'x-amz-target': 'X.Z' };
    const changed = [
      { ...request, url: request.url.replace('/?', '/other?') },
      { ...request, url: `${request.url}&more=1` },
      { ...request, headers },
      { ...request, body: Buffer.from('{"TableName":"Other"}') },
      await signed('dynamodb', { secret: 'another' }),
    ];
    expect(changed.map((one) => outcome(one))).toEqual(changed.map(() => 'InvalidSignatureException'));
  });

  test('counts within 15 minutes of real or of virtual time', async () => {
    const virtual = later(real, months);
    for (const date of [real, virtual, later(virtual, -890), later(real, 890)])
      expect(outcome(await signed('s3', { date }), { real, virtual })).toMatchObject({ accessKeyId: 'person' });
    for (const date of [later(real, 910), later(virtual, -910)])
      expect(outcome(await signed('s3', { date }), { real, virtual })).toBe('RequestTimeTooSkewed');
  });

  test('for another region is refused in the words of the service', async () => {
    for (const [service, code] of [
      ['dynamodb', 'InvalidSignatureException'],
      ['ses', 'SignatureDoesNotMatch'],
      ['s3', 'AuthorizationHeaderMalformed'],
    ] as const) {
      const request = await signed(service);
      const authorization = request.headers.authorization?.replace('eu-west-1', 'us-east-1');
      const elsewhere = { ...request, headers: { ...request.headers, authorization } } as SignedRequest;
      const refused = () => authenticate(elsewhere, find, { real, virtual: real });
      expect(refused).toThrow(expect.objectContaining({ code, message: expect.stringContaining("'us-east-1'") }));
    }
  });

  test('of an unknown key, without a part, or missing, is refused in the words of the service', async () => {
    expect(outcome(await signed('dynamodb', { id: 'nobody' }))).toBe('UnrecognizedClientException');
    expect(outcome(await signed('s3', { id: 'nobody' }))).toBe('InvalidAccessKeyId');
    expect(outcome(await signed('ses', { id: 'nobody' }))).toBe('InvalidClientTokenId');
    const request = await signed('dynamodb');
    const without = { ...request.headers, authorization: request.headers.authorization?.replace(/, Signature=.*/, '') };
    expect(outcome({ ...request, headers: without })).toBe('IncompleteSignatureException');
    const { authorization: _, ...none } = request.headers;
    expect(outcome({ ...request, headers: none })).toBe('MissingAuthenticationTokenException');
  });
});

describe('a presigned link', () => {
  test('of a function lives by virtual time', async () => {
    const virtual = later(real, 5);
    const request = await link('function', virtual);
    expect(outcome(request, { real, virtual: later(virtual, 60) })).toMatchObject({ service: 's3' });
    expect(outcome(request, { real, virtual: later(virtual, 61) })).toBe('AccessDenied');
  });

  test("of a person's tool lives by real time too", async () => {
    const request = await link('person', real);
    expect(outcome(request, { real: later(real, 59), virtual: later(real, months) })).toMatchObject({ service: 's3' });
    expect(outcome(request, { real: later(real, 61), virtual: later(real, months) })).toBe('AccessDenied');
  });

  test('of the signature before this one, as `aws s3 presign` of version 1 makes it, is refused by name', async () => {
    const request = await link('person', real);
    const old = `${request.url.split('?')[0]}?AWSAccessKeyId=person&Signature=x&Expires=1795694372`;
    expect(outcome({ ...request, url: old })).toBe('InvalidRequest');
  });

  test('cannot be pointed at another object, be made to live longer, or live longer than a week or for ever', async () => {
    const request = await link('person', real);
    expect(outcome({ ...request, url: request.url.replace('a%20b', 'other') })).toBe('SignatureDoesNotMatch');
    expect(outcome({ ...request, url: request.url.replace('Expires=60', 'Expires=600') })).toBe(
      'SignatureDoesNotMatch',
    );
    const long = request.url.replace('Expires=60', 'Expires=604801');
    const endless = request.url.replace('&X-Amz-Expires=60', '');
    expect(endless).not.toBe(request.url);
    expect([long, endless].map((url) => outcome({ ...request, url }))).toEqual([
      'AuthorizationQueryParametersError',
      'AuthorizationQueryParametersError',
    ]);
  });
});
