import * as z from 'zod/mini';

/** What a system's connector of type `postgres`, `mysql` or `mssql` may say. */
export const SqlOptions = z.strictObject({
  schema: z.optional(z.string().check(z.minLength(1))),
  /** Seconds that the client waits for a page. */
  timeout: z._default(z.int().check(z.minimum(1), z.maximum(600)), 30),
  pageSize: z._default(z.int().check(z.minimum(1), z.maximum(10_000)), 1_000),
});
export type SqlOptions = z.infer<typeof SqlOptions>;

/** What a collection in an SQL database may say. */
export const SqlCollection = z.prefault(
  z.strictObject({
    /**
     * Compares addresses by lower(column). False where the column's own comparison ignores case (citext, a `_ci` collation) or all
     * addresses are stored in lower case: then a plain index on the column serves.
     */
    ignoreCase: z._default(z.boolean(), true),
    /** Columns that the database writes as texts: SQL Server's decimals of more than 15 digits. */
    text: z._default(z.array(z.string()), []),
  }),
  {},
);

/** The fields that Secrets Manager gives the secret of an RDS database; `ca` is a PEM text where Node does not know the issuer. */
export const sqlLogin = (port: number) =>
  z.object({
    host: z.string().check(z.minLength(1)),
    port: z._default(z.coerce.number().check(z.multipleOf(1), z.minimum(1), z.maximum(65_535)), port),
    dbname: z.string().check(z.minLength(1)),
    username: z.string().check(z.minLength(1)),
    password: z.string(),
    ca: z.optional(z.string()),
  });
