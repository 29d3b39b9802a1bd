import * as z from 'zod/mini';

/** What a system's connector of type `lambda` may say. */
export const LambdaOptions = z.strictObject({
  /** Name or ARN of the function, with an alias where there is one. */
  function: z
    .string()
    .check(
      z.regex(
        /^(arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,64}(:[\w$-]{1,128})?$/,
        'the name or ARN of a function',
      ),
    ),
  region: z.optional(z.string().check(z.minLength(1))),
  /** Seconds that the client waits for a page. */
  timeout: z._default(z.int().check(z.minimum(1), z.maximum(840)), 60),
  /** Values in one call. */
  values: z._default(z.int().check(z.minimum(1), z.maximum(1_000)), 100),
});
export type LambdaOptions = z.infer<typeof LambdaOptions>;

/** What a collection behind `lambda` may say: nothing, it is asked for by its name. */
export const LambdaCollection = z.strictObject({});
