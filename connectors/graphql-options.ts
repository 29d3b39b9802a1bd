import * as z from 'zod/mini';
import { Expression, RestCollection, RestOptions } from './rest-options.ts';

/** What a system's connector of type `graphql` may say: what `rest` may but a preset, and where it answers below `baseUrl`. */
export const GraphQlOptions = z.extend(z.omit(RestOptions, { preset: true }), {
  path: z._default(z.string().check(z.regex(/^\//, 'begins with /')), '/graphql'),
});
export type GraphQlOptions = z.infer<typeof GraphQlOptions>;

// A value is a variable: a query's text is never built.
const Query = z.string().check(
  z.regex(/^\s*query\b/, 'begins with query: nothing is changed in a source'),
  z.refine((text) => !/["']\{value/.test(text), 'a value is a variable ($email), never a text in the query'),
);

/** What a collection behind `graphql` must say: a query, its variables, and where its answer holds the rows. */
export const GraphQlCollection = z.extend(z.pick(RestCollection, { itemsPath: true, fields: true, totalPath: true }), {
  query: Query,
  /** Texts may hold {value}. */
  variables: z.record(z.string(), z.json()),
  /** `param` is the variable that takes the cursor. */
  paging: z._default(
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('none') }),
      z.strictObject({
        type: z.literal('cursor'),
        param: z._default(z.string().check(z.minLength(1)), 'after'),
        next: Expression,
      }),
    ]),
    { type: 'none' },
  ),
});
export type GraphQlCollection = z.infer<typeof GraphQlCollection>;
