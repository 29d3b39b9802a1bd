import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { env } from '../lib/env.ts';

/** A form that a browser posts straight to the bucket, without a script. */
export interface UploadForm {
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface Uploaded {
  readonly key: string;
  /** As the owner's machine called it: data, never a path of ours. */
  readonly name: string;
  readonly bytes: number;
}

/** 50 MB a file: a scanned binder, not a film. */
const maxBytes = 50_000_000;

/** What data owners give: files go to the bucket directly and wait under a prefix until the answer is sent. */
export const uploads = (s3: S3Client = new S3Client()) => {
  const { EVIDENCE_BUCKET: Bucket } = env('EVIDENCE_BUCKET');
  return {
    /** An upload form that works for an hour and only under `prefix`; afterwards the browser comes back to `backTo`. */
    async form(prefix: string, backTo: string): Promise<UploadForm> {
      return createPresignedPost(s3, {
        Bucket,
        Key: `${prefix}\${filename}`,
        Conditions: [
          ['content-length-range', 1, maxBytes],
          ['starts-with', '$key', prefix],
        ],
        Fields: { success_action_redirect: backTo },
        Expires: 3600,
      });
    },

    async list(prefix: string): Promise<Uploaded[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: prefix, MaxKeys: 200 }));
      return Contents.map(({ Key = '', Size = 0 }) => ({
        key: Key,
        name: Key.slice(prefix.length).replace(/^[0-9a-f]{16}-/, ''),
        bytes: Size,
      }));
    },
  };
};
export type Uploads = ReturnType<typeof uploads>;
