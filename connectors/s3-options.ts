import * as z from 'zod';

/** What a system's connector of type `s3` may say. */
export const S3Options = z.strictObject({
  bucket: z.string().min(3).max(63),
  region: z.string().min(1).optional(),
});

/** What a collection behind `s3` may say. */
export const S3Collection = z.strictObject({
  /** Where a person's files are. A slash ends the value, so that 12 does not find the files of 123. */
  prefix: z
    .string()
    .regex(/^[^{}]*\{value\}[^/{}]*\/[^{}]*$/, 'one {value}, and a / after it, as in customers/{value}/')
    .regex(/^(?!\/)/, 'begins without a /'),
});
