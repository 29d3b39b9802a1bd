import jmespath from 'jmespath';
import * as z from 'zod';
import { escapes } from './query-languages.ts';

const isExpression = (text: string): boolean => {
  try {
    jmespath.search(null, text);
    return true;
  } catch {
    return false;
  }
};
export const Expression = z.string().min(1).refine(isExpression, 'not a JMESPath expression');

// A value between quotes could end them: there it must be escaped as the language asks.
const Template = z
  .string()
  .refine((text) => !/['"`]\{value\}|\{value\}['"`]/.test(text), 'write {value|odata} or {value|json} between quotes')
  .refine(
    (text) => [...text.matchAll(/\{value\|(\w*)\}/g)].every(([, name]) => Object.hasOwn(escapes, name ?? '')),
    `after the bar: ${Object.keys(escapes).join(', ')}`,
  );

const Size = z.strictObject({ param: z.string().min(1), value: z.int().min(1) });

const Paging = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('page'),
    param: z.string().min(1).default('page'),
    start: z.int().default(1),
    size: Size.optional(),
  }),
  z.strictObject({ type: z.literal('offset'), param: z.string().min(1).default('offset'), size: Size.optional() }),
  z.strictObject({
    type: z.literal('cursor'),
    param: z.string().min(1).default('cursor'),
    /** Where the answer gives the next cursor; null, an empty text or nothing ends. */
    next: Expression,
    size: Size.optional(),
  }),
  /** The address of the next page, in the Link header (rel=next) or where `next` says. */
  z.strictObject({ type: z.literal('link'), next: Expression.optional(), size: Size.optional() }),
]);
export type Paging = z.infer<typeof Paging>;

const Auth = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({ type: z.literal('bearer') }),
  z.strictObject({ type: z.literal('header'), name: z.string().regex(/^[A-Za-z0-9-]+$/) }),
  z.strictObject({ type: z.literal('basic') }),
  z.strictObject({
    type: z.literal('oauth2'),
    /** A path below `baseUrl`, or an https address. */
    tokenUrl: z.string().regex(/^(\/|https?:\/\/)/, 'a path or an https address'),
    grant: z.enum(['client_credentials', 'refresh_token']).default('client_credentials'),
    scope: z.string().min(1).optional(),
  }),
  z.strictObject({
    type: z.literal('superoffice'),
    /** Such as Cust12345. */
    tenant: z.string().regex(/^\w+$/),
    login: z.url().default('https://online.superoffice.com'),
  }),
]);
export type Auth = z.infer<typeof Auth>;

/** What a system's connector of type `rest` may say. The secret's `baseUrl` wins over the one here. */
export const RestOptions = z.strictObject({
  baseUrl: z.url().optional(),
  /** What is not said here or in a collection is taken from the preset; a collection's `at` names the preset's. */
  preset: z.enum(['superoffice', 'hubspot', 'zendesk', 'stripe', 'mailchimp', 'salesforce']).optional(),
  /**
   * Of the secret, bearer and header read `token`; basic `username` and `password`; oauth2 `clientId`, `clientSecret` and, with that
   * grant, `refreshToken`; superoffice `applicationToken`, `systemUserToken` and `privateKey` (PEM), and `login`, which wins over the one here.
   */
  auth: Auth.default({ type: 'none' }),
  requestsPerSecond: z.number().min(0.1).max(1_000).optional(),
  /** Pages and rows per look-up, bytes per answer, seconds per answer. */
  limits: z
    .strictObject({
      pages: z.int().min(1).default(1_000),
      rows: z.int().min(1).default(100_000),
      bytes: z.int().min(1).max(104_857_600).default(16_777_216),
      seconds: z.int().min(1).max(300).default(30),
    })
    .prefault({}),
});
export type RestOptions = z.infer<typeof RestOptions>;

/** What a collection behind `rest` must say: the request of one value, and where its answer holds the rows. */
export const RestCollection = z.strictObject({
  path: Template.regex(/^\//, 'begins with /'),
  method: z.enum(['GET', 'POST']).default('GET'),
  query: z.record(z.string(), Template).default({}),
  /** A JSON body for POST; its texts may hold {value}, which needs no escaping there. */
  body: z.record(z.string(), z.json()).optional(),
  itemsPath: Expression,
  /** Field -> where an item holds it; `{value}` is the value that was asked for. A field not named is a member of its name. */
  fields: z.record(z.string(), z.literal('{value}').or(Expression)).default({}),
  paging: Paging.default({ type: 'none' }),
  /** Where the answer announces how many rows there are: fewer are then refused. */
  totalPath: Expression.optional(),
  /** Statuses that mean "nothing found" here, e.g. 404. By default none does. */
  nothing: z.array(z.int().min(400).max(499)).default([]),
});
export type RestCollection = z.infer<typeof RestCollection>;
