import * as z from 'zod';

/** What a system's connector of type `dynamodb` may say. */
export const DynamoDbOptions = z.strictObject({ region: z.string().min(1).optional() });

/** What a collection behind `dynamodb` may say. */
export const DynamoDbCollection = z
  .strictObject({
    /** The index whose partition key is the field looked up; without it, the table's own. */
    index: z.string().min(3).optional(),
    /** Type of that key: text or number. */
    keyType: z.enum(['S', 'N']).default('S'),
    /** Reads the whole table (or index) for a field that is no key: slow, and every item read is paid for. */
    scan: z.boolean().default(false),
  })
  .prefault({});
export type DynamoDbCollection = z.infer<typeof DynamoDbCollection>;
