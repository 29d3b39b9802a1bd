import * as z from 'zod';

/** What a system's connector of type `lambda` may say. */
export const LambdaOptions = z.strictObject({
  /** Name or ARN of the function, with an alias where there is one. */
  function: z
    .string()
    .regex(
      /^(arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[\w-]{1,64}(:[\w$-]{1,128})?$/,
      'the name or ARN of a function',
    ),
  region: z.string().min(1).optional(),
  /** Seconds that the client waits for a page. */
  timeout: z.int().min(1).max(840).default(60),
  /** Values in one call. */
  values: z.int().min(1).max(1_000).default(100),
});
export type LambdaOptions = z.infer<typeof LambdaOptions>;

/** What a collection behind `lambda` may say: nothing, it is asked for by its name. */
export const LambdaCollection = z.strictObject({});
