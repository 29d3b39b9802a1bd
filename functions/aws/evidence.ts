import { env } from '../lib/env.ts';
import { bucketPlace } from './bucket-place.ts';
import { smallBytes } from './small-call.ts';

/** Reads from the Evidence bucket without the S3 client, which would be a third of a page function. */
export const evidenceFiles = () => {
  const { host, prefix } = bucketPlace(env('EVIDENCE_BUCKET').EVIDENCE_BUCKET);
  const get = (key: string, more: Record<string, string> = {}): Promise<Buffer> => {
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...more };
    return smallBytes({ service: 's3', host, method: 'GET', path: `${prefix}/${key}`, headers });
  };
  return {
    readAll: (key: string): Promise<Buffer> => get(key),
    readText: async (key: string): Promise<string> => (await get(key)).toString('utf8'),
    /** The bytes from one place up to the one before another. */
    readPart: (key: string, from: number, before: number): Promise<Buffer> =>
      get(key, { range: `bytes=${from}-${before - 1}` }),
  };
};
export type EvidenceFiles = ReturnType<typeof evidenceFiles>;
