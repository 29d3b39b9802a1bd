import * as z from 'zod/mini';
import { longestAddress, mailAddress, mailProblem } from './form-mail.ts';
import { type Person, rights } from './request.ts';
import { manyLines, oneLine } from './typed-text.ts';

/** The pages of the form in their order; `check` asks nothing, it sends. */
export const formSteps = ['want', 'who', 'you', 'details', 'answer', 'check'] as const;
export type FormStep = (typeof formSteps)[number];

/** A form as it was sent: several values under one name are check boxes. A Map, so that no name can be a prototype's. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** In UTF-16 units as `maxlength` counts them; `details` in bytes of UTF-8, because the answers travel in a cookie of 4 kB. */
export const limits = {
  name: 120,
  email: longestAddress,
  customerNumber: 60,
  alsoKnownAs: 120,
  relation: 80,
  details: 1500,
} as const;

export type FormError =
  | 'rights-missing'
  | 'who-missing'
  | 'other-name-missing'
  | 'relation-missing'
  | 'name-missing'
  | 'email-missing'
  | 'email-form'
  | 'email-sign'
  | 'name-long'
  | 'email-long'
  | 'customer-number-long'
  | 'also-known-as-long'
  | 'relation-long'
  | 'details-long'
  | 'sign'
  | 'language-missing';

/** The honeypot: people never see this field, so whoever fills it in is a machine. */
export const honeypot = 'website';

/** The hidden field with the signed time at which the form was shown. */
export const stamp = 'stamp';

/** Whether the honeypot was filled in. */
export const isTrapped = (fields: Fields): boolean => (fields.get(honeypot) ?? []).some((value) => value !== '');

const says = (error: FormError) => ({ error });

const line = (max: number, tooLong: FormError) =>
  z.string().check(z.regex(oneLine, says('sign')), z.trim(), z.maxLength(max, says(tooLong)));

const required = (max: number, tooLong: FormError, missing: FormError) =>
  line(max, tooLong).check(z.minLength(1, says(missing)));

const orAbsent = z.transform((text: string) => text || undefined);
const optional = (max: number, tooLong: FormError) => z.pipe(line(max, tooLong), orAbsent);

const email = z.pipe(
  z.string().check(z.regex(oneLine, says('sign')), z.trim(), (given) => {
    const error = mailProblem(given.value, limits.email);
    if (error) given.issues.push({ code: 'custom', message: error, input: given.value });
  }),
  z.transform(mailAddress),
);

const bytes = (text: string): number => new TextEncoder().encode(text).length;

const details = z.pipe(
  z.string().check(
    // Browsers send CR LF for every line's end, whatever was typed.
    z.overwrite((text) => text.replaceAll('\r\n', '\n').trim()),
    z.regex(manyLines, says('sign')),
    z.refine((text) => bytes(text) <= limits.details, says('details-long')),
  ),
  orAbsent,
);

const schemas = {
  want: z.object({
    rights: z.pipe(
      z
        .array(z.enum(rights, says('rights-missing')), says('rights-missing'))
        .check(z.minLength(1, says('rights-missing'))),
      z.transform((given) => rights.filter((right) => given.includes(right))),
    ),
  }),
  who: z.discriminatedUnion(
    'who',
    [
      z.object({ who: z.literal('me') }),
      z.object({
        who: z.literal('other'),
        otherName: required(limits.name, 'name-long', 'other-name-missing'),
        relation: required(limits.relation, 'relation-long', 'relation-missing'),
      }),
    ],
    says('who-missing'),
  ),
  you: z.object({
    name: required(limits.name, 'name-long', 'name-missing'),
    email,
    customerNumber: optional(limits.customerNumber, 'customer-number-long'),
    alsoKnownAs: optional(limits.alsoKnownAs, 'also-known-as-long'),
  }),
  details: z.object({ details }),
  answer: z.object({ language: z.enum(['da', 'en'], says('language-missing')) }),
  check: z.object({}),
} as const;

/** What a person has answered, page by page. */
export type Answers = { readonly [Step in Exclude<FormStep, 'check'>]: z.infer<(typeof schemas)[Step]> };

const fieldNames: Readonly<Record<FormStep, readonly string[]>> = {
  want: ['rights'],
  who: ['who', 'otherName', 'relation'],
  you: ['name', 'email', 'customerNumber', 'alsoKnownAs'],
  details: ['details'],
  answer: ['language'],
  check: [],
};

/** Field -> what is wrong with it. */
export type FormErrors = Readonly<Record<string, FormError>>;

export type StepResult =
  | { readonly answers: Partial<Answers> }
  /** `kept`: what was typed, to be shown again. */
  | { readonly errors: FormErrors; readonly kept: Fields }
  /** No page of ours sends this: a field it does not have, or two values for a single one. */
  | { readonly malformed: true };

const isMalformed = (step: FormStep, fields: Fields): boolean => {
  const known = new Set([...fieldNames[step], honeypot, stamp]);
  return [...fields].some(([name, values]) => !known.has(name) || (name !== 'rights' && values.length > 1));
};

const given = (fields: Fields, name: string) =>
  name === 'rights' ? (fields.get(name) ?? []) : (fields.get(name)?.[0] ?? '');

/** Checks one page of the form: the answers so far with this page's, or every field's first error and what was typed. */
export const validateStep = (step: FormStep, fields: Fields, before: Partial<Answers> = {}): StepResult => {
  if (isMalformed(step, fields)) return { malformed: true };
  const parsed = schemas[step].safeParse(
    Object.fromEntries(fieldNames[step].map((name) => [name, given(fields, name)])),
  );
  if (parsed.success) return { answers: step === 'check' ? before : { ...before, [step]: parsed.data } };
  const errors: Record<string, FormError> = {};
  for (const { path, message } of parsed.error.issues) errors[String(path[0])] ??= message as FormError;
  const kept = new Map(fieldNames[step].map((name) => [name, fields.get(name) ?? []]));
  return { errors, kept };
};

/** The fields of a page as they were answered, to fill it in when a person comes back to it. */
export const fieldsOf = (step: FormStep, answers: Partial<Answers>): Fields => {
  const held: Readonly<Record<string, unknown>> = step === 'check' ? {} : (answers[step] ?? {});
  return new Map(
    Object.entries(held)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, Array.isArray(value) ? value.map(String) : [String(value)]]),
  );
};

/** The first page that is not answered yet; `check` when all are. */
export const nextStep = (answers: Partial<Answers>): FormStep =>
  formSteps.find((step) => step !== 'check' && !answers[step]) ?? 'check';

/** Whether every page is answered, so that the form can be sent. */
export const isComplete = (answers: Partial<Answers>): answers is Answers => nextStep(answers) === 'check';

/** The request that the answers make. */
export const requestOf = ({ want, who, you, details: { details: text }, answer }: Answers) => {
  const person: Person = {
    ...you,
    ...(text ? { details: text } : {}),
    ...(who.who === 'other' ? { onBehalfOf: { name: who.otherName, relation: who.relation } } : {}),
  };
  return { rights: want.rights, person, language: answer.language };
};
