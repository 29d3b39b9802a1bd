import * as z from 'zod';
import { countries } from './holidays.ts';
import { comparable } from './identity.ts';
import { suggestion } from './nearest.ts';
import { schemaFindings } from './schema-findings.ts';
import { type Finding, readYaml, sortedFindings, type YamlSource } from './yaml-source.ts';

export const Language = z.enum(['da', 'en']);
export type Language = z.infer<typeof Language>;

const InLanguages = z.strictObject({ da: z.string().min(1).max(300), en: z.string().min(1).max(300) });

const Address = z.email().max(254);

/** Somebody who decides. */
const Colleague = z.strictObject({
  name: z.string().min(1).max(120),
  email: Address,
  language: Language.default('da'),
});

/** An OpenID Connect issuer that signs people in for us. */
export const Issuer = z.strictObject({
  /** As its discovery document says it: the document stands under `/.well-known/openid-configuration` below. */
  issuer: z.url({ protocol: /^https$/ }),
  clientId: z.string().min(1).max(200),
  /** Name of the secret in Secrets Manager; its `clientSecret` is put in by hand, never by a deployment. */
  secret: z.string().regex(/^[\w/+=.@-]{1,200}$/),
  scope: z
    .string()
    .regex(/^openid( |$)/)
    .default('openid email'),
});
export type Issuer = z.infer<typeof Issuer>;

/** How staff sign in, and who of those whom the issuer knows is staff. */
export const SignIn = Issuer.extend({
  staff: z
    .strictObject({
      /** Addresses that the issuer must have verified; without both this is the DPO's. */
      emails: z.array(Address).min(1).max(50).optional(),
      /** A group or role instead: the claim's value, or one of its values. */
      claim: z.strictObject({ name: z.string().min(1).max(120), value: z.string().min(1).max(200) }).optional(),
    })
    .prefault({}),
});
export type SignIn = z.infer<typeof SignIn>;

/** Where people prove more than their mailbox, for systems with `tier: elevated`. */
export const Proof = Issuer.extend({
  /** What people call it, as it stands on the button. */
  name: z.string().min(1).max(60),
  /** Claims that the sign-in must carry as well, e.g. its level of assurance. */
  claims: z
    .array(z.strictObject({ name: z.string().min(1).max(120), value: z.string().min(1).max(200) }))
    .min(1)
    .max(10)
    .optional(),
});
export type Proof = z.infer<typeof Proof>;

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
  dpo: Colleague.extend({
    /** Who decides as well, each at an address of their own. */
    deputies: z.array(Colleague).min(1).max(20).optional(),
    /** Two different people must agree before anything is released. */
    fourEyes: z.boolean().optional(),
  }),
  /** Who hears on a second way, past our own mail, that a time limit runs out; by default the DPO. SNS asks each to confirm. */
  escalation: z.strictObject({ emails: z.array(Address).min(1).max(10) }).optional(),
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
  /** The overview at /dpo; without it the DPO works by mail links alone. */
  signIn: SignIn.optional(),
  /** Opens elevated systems to whoever signs in with the request's own address; without it two people do. */
  proof: Proof.optional(),
  /** Whether the DPO confirms each request before sources are read. */
  start: z.enum(['ask', 'automatic']).default('ask'),
  limits: z
    .strictObject({
      mailsPerAddressPerDay: z.int().min(1).max(20).default(3),
      requestsPerClientPerHour: z.int().min(1).max(10_000).default(30),
      requestsPerHour: z.int().min(1).max(1_000_000).default(2_000),
    })
    .prefault({}),
  delivery: z
    .strictObject({
      /** Size of one file of an answer at most, in millions of bytes; a larger answer comes in parts. Old tools stop at 2,000 or 4,000. */
      partMegabytes: z.int().min(10).max(100_000).default(2_000),
    })
    .prefault({}),
  /** Reasons to hold something back beside the built-in ones: `short` stands in the text, `text` explains. */
  grounds: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,39}$/), z.strictObject({ short: InLanguages, text: InLanguages }))
    .optional(),
  retention: z
    .strictObject({
      /** Days that gathered data and packages live after delivery. */
      evidenceDays: z.int().min(1).max(90).default(30),
      /** Days that the name, the address and what was typed live after a request is over: time to complain and to be answered. */
      personDays: z.int().min(1).max(1_100).default(180),
      /** Years that the record without personal data lives. */
      recordYears: z.int().min(1).max(10).default(3),
    })
    .prefault({}),
});
export type Config = z.infer<typeof Config>;

// An offset such as +01:00 is not a zone: it knows no summer time.
const isZone = (zone: string): boolean => {
  if (!/^[A-Z]/i.test(zone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
};

const zoneFindings = ({ timeZone }: Config, { at }: YamlSource): Finding[] => {
  if (isZone(timeZone)) return [];
  const meant = suggestion(timeZone, Intl.supportedValuesOf('timeZone'));
  return [at(['timeZone'], 'unknown-time-zone', `"${timeZone}" is not an IANA time zone: ${meant}`)];
};

const countryFindings = ({ country }: Config, { at }: YamlSource): Finding[] => {
  if (countries.includes(country)) return [];
  const known = `known are ${countries.join(', ')}`;
  return [at(['country'], 'unknown-country', `the public holidays of "${country}" are not known: ${known}`)];
};

const languageFindings = ({ languages }: Config, { at }: YamlSource): Finding[] =>
  languages.flatMap((language, index) =>
    languages.indexOf(language) === index
      ? []
      : [at(['languages', index], 'duplicate-name', `"${language}" stands here twice: remove one`)],
  );

/** SES sends only from an address, or a domain with what is below it, that it has verified. */
const senderFindings = ({ mail: { from, identity } }: Config, { at }: YamlSource): Finding[] => {
  const [address, verified] = [from.toLowerCase(), identity.toLowerCase()];
  const covers = verified.includes('@') ? address === verified : `.${address.split('@')[1]}`.endsWith(`.${verified}`);
  if (covers) return [];
  return [at(['mail', 'from'], 'mail-identity', `"${from}" is not covered by mail.identity "${identity}": change one`)];
};

/** Four eyes are two people, and a person is an address: one that stands twice is one. */
const deciderFindings = ({ dpo }: Config, { at }: YamlSource): Finding[] => {
  const { deputies = [], fourEyes } = dpo;
  const all = [dpo, ...deputies].map(({ email }) => comparable(email));
  const twice = deputies.flatMap(({ email }, index) =>
    all.indexOf(comparable(email)) === index + 1
      ? []
      : [
          at(
            ['dpo', 'deputies', index],
            'duplicate-name',
            `"${email}" stands here twice: each needs an address of their own`,
          ),
        ],
  );
  if (!fourEyes || deputies.length > 0) return twice;
  return [at(['dpo', 'fourEyes'], 'four-eyes', 'fourEyes needs two people: add dpo.deputies'), ...twice];
};

/** Staff and people are two applications at their issuers: one secret can't stand for both. */
const proofFindings = ({ signIn, proof }: Config, { at }: YamlSource): Finding[] =>
  proof && proof.secret === signIn?.secret
    ? [at(['proof', 'secret'], 'duplicate-name', `"${proof.secret}" is the secret of signIn: name another one`)]
    : [];

/** The configuration in a YAML text, or everything that is wrong in it. */
export const parseConfig = (file: string, text: string): { config: Config } | { findings: readonly Finding[] } => {
  const source = readYaml({ name: file, text });
  if (source.findings.length > 0) return { findings: source.findings };
  const { success, data, error } = Config.safeParse(source.value ?? {});
  if (!success) return { findings: sortedFindings(schemaFindings(error.issues, Config, source)) };
  const rules = [zoneFindings, countryFindings, languageFindings, senderFindings, deciderFindings, proofFindings];
  const findings = sortedFindings(rules.flatMap((rule) => rule(data, source)));
  return findings.length > 0 ? { findings } : { config: data };
};
