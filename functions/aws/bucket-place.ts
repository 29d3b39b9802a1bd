import { placeOf } from './small-call.ts';

/** Where a bucket answers. Off AWS the endpoint takes the bucket in the path; on AWS it is a part of the host. */
export const bucketPlace = (bucket: string) => {
  const host = `${bucket}.s3.${process.env.AWS_REGION}.amazonaws.com`;
  const { off, ...place } = placeOf(host);
  const origin = `${place.protocol}//${place.hostname}${place.port ? `:${place.port}` : ''}`;
  /** `origin`: what a page must let its form lead to; browsers hold the redirect after a POST to `form-action` too. */
  return { ...place, host, prefix: off ? `/${bucket}` : '', origin };
};
