import { placeOf } from './small-call.ts';

/** Where a bucket answers. Off AWS the endpoint takes the bucket in the path; on AWS it is a part of the host. */
export const bucketPlace = (bucket: string) => {
  const host = `${bucket}.s3.${process.env.AWS_REGION}.amazonaws.com`;
  const { off, ...place } = placeOf(host);
  return { ...place, host, prefix: off ? `/${bucket}` : '' };
};
