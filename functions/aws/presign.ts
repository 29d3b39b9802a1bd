import { createHash, createHmac } from 'node:crypto';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { env } from '../lib/env.ts';
import { defaultProvider } from './credentials.ts';

/** SHA-256 and HMAC-SHA-256 as the signer wants them, from Node. */
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

/** Off AWS the endpoint takes the bucket in the path; on AWS it is a part of the host. */
const placeOf = (bucket: string, region: string) => {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  if (!endpoint) return { protocol: 'https:', hostname: `${bucket}.s3.${region}.amazonaws.com`, prefix: '' };
  const { protocol, hostname, port } = new URL(endpoint);
  return { protocol, hostname, port: Number(port), prefix: `/${bucket}` };
};

const addressOf = ({ protocol, hostname, port, path, query }: HttpRequest): string => {
  const search = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `${protocol}//${hostname}${port ? `:${port}` : ''}${path}?${search.join('&')}`;
};

/**
 * Makes an address that opens one object as a download under a name of ours, for `seconds`. The signer alone: the whole S3 client would
 * add 130 kB to a page function.
 */
export const presigner = () => {
  const { EVIDENCE_BUCKET: bucket } = env('EVIDENCE_BUCKET');
  const region = process.env.AWS_REGION ?? '';
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials: defaultProvider(),
    sha256: Sha256,
    uriEscapePath: false,
  });
  const { prefix, ...place } = placeOf(bucket, region);
  const host = place.port ? `${place.hostname}:${place.port}` : place.hostname;
  /** What a page must let its form lead to: browsers hold the redirect after a POST to `form-action` too. */
  const origin = `${place.protocol}//${host}`;
  const presign = async (key: string, name: string, seconds: number): Promise<string> => {
    const query = {
      'response-content-disposition': `attachment; filename="${name}"`,
      'response-content-type': 'application/zip',
    };
    // S3 signs no body for a link; any other hash would be a signature of something else.
    const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const request = new HttpRequest({ ...place, method: 'GET', path: `${prefix}/${key}`, query, headers });
    return addressOf((await signer.presign(request, { expiresIn: seconds })) as HttpRequest);
  };
  return { origin, presign };
};
export type Presigner = ReturnType<typeof presigner>;
