import { HttpRequest } from '@smithy/core/protocols';
import { env } from '../lib/env.ts';
import { bucketPlace } from './bucket-place.ts';
import { signerFor } from './small-call.ts';

const addressOf = ({ protocol, hostname, port, path, query }: HttpRequest): string => {
  const search = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `${protocol}//${hostname}${port ? `:${port}` : ''}${path}?${search.join('&')}`;
};

/**
 * Makes an address that opens one object as a download under a name of ours, for `seconds`; `encoding`: how it lies, for the browser to undo.
 * The signer alone: the whole S3 client would add 130 kB to a page function.
 */
export const presigner = () => {
  const { EVIDENCE_BUCKET: bucket } = env('EVIDENCE_BUCKET');
  const signer = signerFor('s3');
  const { prefix, origin, ...place } = bucketPlace(bucket);
  const host = place.port ? `${place.hostname}:${place.port}` : place.hostname;
  const presign = async (key: string, name: string, seconds: number, encoding?: 'deflate'): Promise<string> => {
    const query = {
      ...(encoding ? { 'response-content-encoding': encoding } : {}),
      'response-content-disposition': `attachment; filename="${name}"`,
      'response-content-type': name.endsWith('.zip') ? 'application/zip' : 'application/octet-stream',
    };
    // S3 signs no body for a link; any other hash would be a signature of something else.
    const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const request = new HttpRequest({ ...place, method: 'GET', path: `${prefix}/${key}`, query, headers });
    return addressOf((await signer.presign(request, { expiresIn: seconds })) as HttpRequest);
  };
  return { origin, presign };
};
export type Presigner = ReturnType<typeof presigner>;
