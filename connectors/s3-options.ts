import * as z from 'zod/mini';

/** What a system's connector of type `s3` may say. */
export const S3Options = z.strictObject({
  bucket: z.string().check(z.minLength(3), z.maxLength(63)),
  region: z.optional(z.string().check(z.minLength(1))),
});

const ofPerson = /^[^{}]*\{value\}[^/{}]*\/[^{}]*$/;

/** What a collection behind `s3` may say. */
export const S3Collection = z
  .strictObject({
    /**
     * files: where a person's files are; a slash ends the value, so that 12 does not find the files of 123. Other formats: where the files
     * are that hold everybody's rows; all of them are read.
     */
    prefix: z.string().check(z.regex(/^(?!\/)/, 'begins without a /')),
    format: z._default(z.enum(['files', 'jsonl', 'csv', 'parquet']), 'files'),
    /** Of csv. */
    delimiter: z._default(z.enum([',', ';', '\t', '|']), ','),
  })
  .check(
    z.superRefine(({ prefix, format }, { addIssue }) => {
      const isRight = format === 'files' ? ofPerson.test(prefix) : !/[{}]/.test(prefix);
      const files = 'one {value}, and a / after it, as in customers/{value}/';
      const message = format === 'files' ? files : 'no {value}: the files hold the rows of everybody';
      if (!isRight) addIssue({ code: 'custom', path: ['prefix'], message });
    }),
  );
export type S3Collection = z.infer<typeof S3Collection>;
