import * as z from 'zod';

/** What a system's connector of type `postgres`, `mysql` or `mssql` may say. */
export const SqlOptions = z.strictObject({
  schema: z.string().min(1).optional(),
  /** Seconds that the client waits for a page. */
  timeout: z.int().min(1).max(600).default(30),
  pageSize: z.int().min(1).max(10_000).default(1_000),
});
export type SqlOptions = z.infer<typeof SqlOptions>;

/** What a collection in an SQL database may say. */
export const SqlCollection = z
  .strictObject({
    /**
     * Compares addresses by lower(column). False where the column's own comparison ignores case (citext, a `_ci` collation) or all
     * addresses are stored in lower case: then a plain index on the column serves.
     */
    ignoreCase: z.boolean().default(true),
    /** Columns that the database writes as texts: SQL Server's decimals of more than 15 digits. */
    text: z.array(z.string()).default([]),
  })
  .prefault({});

/** The fields that Secrets Manager gives the secret of an RDS database; `ca` is a PEM text where Node does not know the issuer. */
export const sqlLogin = (port: number) =>
  z.object({
    host: z.string().min(1),
    port: z.coerce.number().int().min(1).max(65_535).default(port),
    dbname: z.string().min(1),
    username: z.string().min(1),
    password: z.string(),
    ca: z.string().optional(),
  });
