import * as z from 'zod/mini';

/** What a system's connector of type `dynamodb` may say. */
export const DynamoDbOptions = z.strictObject({ region: z.optional(z.string().check(z.minLength(1))) });

/** What a collection behind `dynamodb` may say. */
export const DynamoDbCollection = z.prefault(
  z.strictObject({
    /** The index whose partition key is the field looked up; without it, the table's own. */
    index: z.optional(z.string().check(z.minLength(3))),
    /** Type of that key: text or number. */
    keyType: z._default(z.enum(['S', 'N']), 'S'),
    /** Reads the whole table (or index) for a field that is no key: slow, and every item read is paid for. */
    scan: z._default(z.boolean(), false),
  }),
  {},
);
export type DynamoDbCollection = z.infer<typeof DynamoDbCollection>;
