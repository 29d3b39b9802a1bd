import * as z from 'zod';

export const Language = z.enum(['da', 'en']);
export type Language = z.infer<typeof Language>;

const Address = z.email().max(254);

/** `privacy.config.yaml`: who the controller is and how it wants requests handled. Nothing in it is secret. */
export const Config = z.strictObject({
  version: z.literal(1),
  organisation: z.strictObject({
    name: z.string().min(1).max(120),
    address: z.string().min(1).max(300),
    phone: z.string().max(40).optional(),
    email: Address,
    privacyNotice: z.url({ protocol: /^https$/ }).optional(),
  }),
  dpo: z.strictObject({ name: z.string().min(1).max(120), email: Address, language: Language.default('da') }),
  /** ISO 3166 code whose public holidays and supervisory authority apply: DK, DE, GB-EAW ... */
  country: z.string().regex(/^[A-Z]{2}(-[A-Z]{3})?$/),
  timeZone: z.string().min(1),
  suspensionPolicy: z.enum(['suspend', 'restart', 'uk-pause']).default('suspend'),
  /** The first is the default. */
  languages: z.array(Language).min(1).default(['da', 'en']),
  /** Brand colour, one hex; the pages keep contrast from it. */
  colour: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default('#0b5c8a'),
  mail: z.strictObject({
    from: Address,
    /** The domain or address whose identity SES has verified. */
    identity: z.string().min(3),
  }),
  /** Only with a domain of one's own; else the API's address. */
  site: z.strictObject({ url: z.url({ protocol: /^https$/ }) }).optional(),
  /** Whether the DPO confirms each request before sources are read. */
  start: z.enum(['ask', 'automatic']).default('ask'),
  limits: z
    .strictObject({
      mailsPerAddressPerDay: z.int().min(1).max(20).default(3),
      requestsPerClientPerHour: z.int().min(1).max(10_000).default(30),
      requestsPerHour: z.int().min(1).max(1_000_000).default(2_000),
    })
    .prefault({}),
  retention: z
    .strictObject({
      /** Days that gathered data and packages live after delivery. */
      evidenceDays: z.int().min(1).max(90).default(30),
      /** Years that the record without personal data lives. */
      recordYears: z.int().min(1).max(10).default(3),
    })
    .prefault({}),
});
export type Config = z.infer<typeof Config>;
