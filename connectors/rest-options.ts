import jmespath from 'jmespath';
import * as z from 'zod/mini';
import { escapes } from './query-languages.ts';

const isExpression = (text: string): boolean => {
  try {
    jmespath.search(null, text);
    return true;
  } catch {
    return false;
  }
};
export const Expression = z.string().check(z.minLength(1), z.refine(isExpression, 'not a JMESPath expression'));

// A value between quotes could end them: there it must be escaped as the language asks.
const Template = z.string().check(
  z.refine((text) => !/['"`]\{value\}|\{value\}['"`]/.test(text), 'write {value|odata} or {value|json} between quotes'),
  z.refine(
    (text) => [...text.matchAll(/\{value\|(\w*)\}/g)].every(([, name]) => Object.hasOwn(escapes, name ?? '')),
    `after the bar: ${Object.keys(escapes).join(', ')}`,
  ),
);

const Size = z.strictObject({ param: z.string().check(z.minLength(1)), value: z.int().check(z.minimum(1)) });

const Paging = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('page'),
    param: z._default(z.string().check(z.minLength(1)), 'page'),
    start: z._default(z.int(), 1),
    size: z.optional(Size),
  }),
  z.strictObject({
    type: z.literal('offset'),
    param: z._default(z.string().check(z.minLength(1)), 'offset'),
    size: z.optional(Size),
  }),
  z.strictObject({
    type: z.literal('cursor'),
    param: z._default(z.string().check(z.minLength(1)), 'cursor'),
    /** Where the answer gives the next cursor; null, an empty text or nothing ends. */
    next: Expression,
    size: z.optional(Size),
  }),
  /** The address of the next page, in the Link header (rel=next) or where `next` says. */
  z.strictObject({ type: z.literal('link'), next: z.optional(Expression), size: z.optional(Size) }),
]);
export type Paging = z.infer<typeof Paging>;

const Auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('bearer') }),
  z.strictObject({ type: z.literal('header'), name: z.string().check(z.regex(/^[A-Za-z0-9-]+$/)) }),
  z.strictObject({ type: z.literal('basic') }),
  z.strictObject({
    type: z.literal('oauth2'),
    /** A path below `baseUrl`, or an https address. */
    tokenUrl: z.string().check(z.regex(/^(\/|https?:\/\/)/, 'a path or an https address')),
    grant: z._default(z.enum(['client_credentials', 'refresh_token']), 'client_credentials'),
    scope: z.optional(z.string().check(z.minLength(1))),
  }),
  z.strictObject({
    type: z.literal('superoffice'),
    /** Such as Cust12345. */
    tenant: z.string().check(z.regex(/^\w+$/)),
    login: z._default(z.url(), 'https://online.superoffice.com'),
  }),
]);
export type Auth = z.infer<typeof Auth>;

/** What a system's connector of type `rest` may say. The secret's `baseUrl` wins over the one here. */
export const RestOptions = z.strictObject({
  baseUrl: z.optional(z.url()),
  /** What is not said here or in a collection is taken from the preset; a collection's `at` names the preset's. */
  preset: z.optional(z.enum(['superoffice', 'hubspot', 'zendesk', 'stripe', 'mailchimp', 'salesforce'])),
  /**
   * Of the secret, bearer and header read `token`; basic `username` and `password`; oauth2 `clientId`, `clientSecret` and, with that
   * grant, `refreshToken`; superoffice `applicationToken`, `systemUserToken` and `privateKey` (PEM), and `login`, which wins over the one here.
   */
  auth: z._default(Auth, { type: 'none' }),
  requestsPerSecond: z.optional(z.number().check(z.minimum(0.1), z.maximum(1_000))),
  /** Pages and rows per look-up, bytes per answer, seconds per answer. */
  limits: z.prefault(
    z.strictObject({
      pages: z._default(z.int().check(z.minimum(1)), 1_000),
      rows: z._default(z.int().check(z.minimum(1)), 100_000),
      bytes: z._default(z.int().check(z.minimum(1), z.maximum(104_857_600)), 16_777_216),
      seconds: z._default(z.int().check(z.minimum(1), z.maximum(300)), 30),
    }),
    {},
  ),
});
export type RestOptions = z.infer<typeof RestOptions>;

/** What a collection behind `rest` must say: the request of one value, and where its answer holds the rows. */
export const RestCollection = z.strictObject({
  path: Template.check(z.regex(/^\//, 'begins with /')),
  method: z._default(z.enum(['GET', 'POST']), 'GET'),
  query: z._default(z.record(z.string(), Template), {}),
  /** A JSON body for POST; its texts may hold {value}, which needs no escaping there. */
  body: z.optional(z.record(z.string(), z.json())),
  itemsPath: Expression,
  /** Field -> where an item holds it; `{value}` is the value that was asked for. A field not named is a member of its name. */
  fields: z._default(z.record(z.string(), z.union([z.literal('{value}'), Expression])), {}),
  paging: z._default(Paging, { type: 'none' }),
  /** Where the answer announces how many rows there are: fewer are then refused. */
  totalPath: z.optional(Expression),
  /** Statuses that mean "nothing found" here, e.g. 404. By default none does. */
  nothing: z._default(z.array(z.int().check(z.minimum(400), z.maximum(499))), []),
});
export type RestCollection = z.infer<typeof RestCollection>;
