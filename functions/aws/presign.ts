import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { env } from '../lib/env.ts';

/** Makes an address that opens one object as a download under a name of ours, for `seconds`. */
export const presigner = (s3: S3Client = new S3Client()) => {
  const { EVIDENCE_BUCKET: Bucket } = env('EVIDENCE_BUCKET');
  return (Key: string, name: string, seconds: number): Promise<string> => {
    const ResponseContentDisposition = `attachment; filename="${name}"`;
    const command = new GetObjectCommand({
      Bucket,
      Key,
      ResponseContentDisposition,
      ResponseContentType: 'application/zip',
    });
    return getSignedUrl(s3, command, { expiresIn: seconds });
  };
};
export type Presigner = ReturnType<typeof presigner>;
