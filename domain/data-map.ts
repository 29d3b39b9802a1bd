import * as z from 'zod';

/** A text in each language the organisation answers in. */
export const Text = z.strictObject({ da: z.string().min(1), en: z.string().min(1) });
export type Text = z.infer<typeof Text>;

/** Names of systems and collections: lower-case, so that a path, an item key and a construct id can hold them. */
export const Name = z
  .string()
  .regex(/^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/, 'lower-case letters, digits, - and _')
  .max(40);

/** What a person can be known by, such as email. E-mail is the one that is proven; others come out of references between sources. */
const IdentityKind = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/i, 'letters, digits and _')
  .max(60);

export const Field = z.strictObject({
  label: Text,
  explanation: Text.optional(),
  /** A Fides data category such as user.contact.email, understood by prefix. */
  category: z.string().optional(),
  /** Meaning of codes: value -> text. */
  codes: z.record(z.string(), Text).optional(),
  /** May name other people: the DPO looks at it before release (Art. 15(4)). */
  freeText: z.boolean().optional(),
});
export type Field = z.infer<typeof Field>;

/**
 * `from`: this field takes its values from that one. `to`: this field's values are looked for in that one. Both naming the same field:
 * whichever is reached first gives the values.
 */
export const Reference = z.strictObject({
  field: z.string(),
  from: z.string().optional(),
  to: z.string().optional(),
});

export const Collection = z.strictObject({
  title: Text,
  /** Where the source keeps it: table, index, path, prefix. Default: the collection's name. */
  at: z.string().optional(),
  primaryKey: z.array(z.string()).min(1),
  /** Kind of identity -> the field that holds it. */
  identity: z.record(IdentityKind, z.string()).default({}),
  references: z.array(Reference).default([]),
  /** Collections (system.collection) that must have been asked before, although no values come from there. */
  after: z.array(z.string()).optional(),
  fields: z.record(z.string(), Field),
  /** What the connector's type needs for this collection, checked by the connector. */
  options: z.record(z.string(), z.unknown()).default({}),
});
export type Collection = z.infer<typeof Collection>;

/** What Art. 15(1) and Art. 30 ask about a system. */
export const Art15 = z.strictObject({
  purposes: z.array(Text).min(1),
  legalBasis: Text,
  recipients: z.array(z.strictObject({ name: z.string(), why: Text.optional() })),
  transfers: Text.optional(),
  retention: Text,
  source: Text,
  automatedDecisions: Text.optional(),
});

export const connectorTypes = ['postgres', 'dynamodb', 's3', 'rest', 'manual'] as const;

export const System = z.strictObject({
  title: Text,
  owner: z.strictObject({ name: z.string(), email: z.email().max(254), language: z.enum(['da', 'en']).default('da') }),
  tier: z.enum(['basic', 'elevated']).default('basic'),
  /** `private`: a database in a VPC (decisions.md 17). */
  network: z.enum(['public', 'private']).default('public'),
  connector: z.strictObject({
    type: z.enum(connectorTypes),
    /** Name of the secret in Secrets Manager; never the secret. */
    secret: z.string().optional(),
    options: z.record(z.string(), z.unknown()).default({}),
  }),
  /** For `manual`: what the owner looks for, and where. */
  instructions: Text.optional(),
  art15: Art15,
  collections: z.record(Name, Collection),
});
export type System = z.infer<typeof System>;

export const DataMap = z.strictObject({ version: z.literal(1), systems: z.record(Name, System) });
export type DataMap = z.infer<typeof DataMap>;
