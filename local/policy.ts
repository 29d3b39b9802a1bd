import * as z from 'zod';
import { AwsError, type Permission } from './service.ts';

/** An IAM policy document as a template holds it. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: unknown;
}

/** Explicitly allowed, explicitly denied, or not mentioned. */
export type Decision = 'allow' | 'deny' | 'implicit';
export type Decide = (permission: Permission) => Decision;

/** Turns policies into one decision: a Deny wins over every Allow. Throws, naming the place, on anything that is not modelled. */
export function compile(documents: readonly PolicyDocument[]): Decide {
  const statements = documents.flatMap((document, n) => {
    const { Statement } = read(Document, document, `policy ${n + 1}`);
    return Statement.map((one, at) => compileStatement(one, `policy ${n + 1}, statement ${at + 1}`));
  });
  return (permission) => {
    const met = statements.filter((statement) => statement.covers(permission));
    if (met.some(({ effect }) => effect === 'Deny')) return 'deny';
    return met.length > 0 ? 'allow' : 'implicit';
  };
}

/** Services that answer in XML leave the word Exception out. */
const deniedCodes: Readonly<Record<string, string>> = {
  s3: 'AccessDenied',
  ses: 'AccessDenied',
  sns: 'AuthorizationError',
};

/** The error for what a role may not do, in AWS's words; a role acts through a session, and AWS names that one. */
export function accessDenied(
  role: string,
  { action, resource }: Permission,
  decision: Exclude<Decision, 'allow'>,
): AwsError {
  const [service = ''] = action.split(':');
  const because =
    decision === 'deny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  const session = role.replace(/^arn:aws:iam::(\d+):role\/(?:.*\/)?([^/]+)$/, 'arn:aws:sts::$1:assumed-role/$2/local');
  const text = `User: ${session} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  return new AwsError(deniedCodes[service] ?? 'AccessDeniedException', text, deniedCodes[service] ? 403 : 400);
}

// What is modelled of a policy.

const listOf = <Element extends z.ZodType>(element: Element) =>
  z.preprocess((value) => [value].flat(), z.array(element));
/** One text or more. A value that is no text (a CloudFormation function not resolved) is refused. */
const texts = listOf(
  z.preprocess(
    (value) => (typeof value === 'boolean' ? String(value) : value),
    z.string().regex(/^(?!.*\$\{)/s, 'policy variables are not modelled'),
  ),
);

/** What holds for every call on this machine: loopback counts as secure transport (decisions.md 18). */
const everywhere: Readonly<Record<string, string>> = {
  'aws:SecureTransport': 'true',
  'aws:SourceAccount': '123456789012',
};

/** The condition keys that the local cloud fills where AWS would; `*` stands for a name of the caller's. S3 uses a key for the caller, a direct call has no kms:ViaService. */
const filled = ['aws:SourceArn', 'kms:EncryptionContext:*', 'kms:ViaService', 's3:prefix'];
const filledKeys = [...Object.keys(everywhere), ...filled, 'ses:FromAddress'].map((key) => pattern(key, 'is'));
const conditionKey = z
  .string()
  .refine((key) => filledKeys.some((one) => one.test(key)), 'is no modelled condition key');

type Test = (value: string) => boolean;

const comparisons = new Map<string, (wanted: string) => Test>([
  ['StringEquals', (wanted) => (value) => value === wanted],
  ['StringLike', (wanted) => (value) => pattern(wanted, 's').test(value)],
  ['Bool', (wanted) => (value) => value.toLowerCase() === wanted.toLowerCase()],
  ['ArnLike', likeArn],
]);
const operator = z.string().refine((name) => comparisons.has(name), 'is no modelled condition operator');

const Document = z.strictObject({
  Version: z.literal('2012-10-17').optional(),
  Id: z.string().optional(),
  Statement: listOf(z.unknown()),
});

const Statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  /** Policies of identities name no principal; those of resources name everyone, or services of AWS, which do not call here. */
  Principal: z
    .union([z.literal('*'), z.strictObject({ AWS: z.literal('*') }), z.strictObject({ Service: texts })])
    .optional(),
  Action: texts,
  Resource: texts,
  Condition: z.record(operator, z.record(conditionKey, texts)).default({}),
});

function read<Schema extends z.ZodType>(schema: Schema, value: unknown, place: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Error(`${place} is not modelled: ${z.prettifyError(parsed.error)}`);
}

// What a statement covers.

interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny';
  covers(permission: Permission): boolean;
}

function compileStatement(raw: unknown, place: string): CompiledStatement {
  const { Effect, Principal, Action, Resource, Condition } = read(Statement, raw, place);
  const actions = Action.map((text) => pattern(text, 'is'));
  const resources = Resource.map((text) => pattern(text, 's'));
  const isForServices = typeof Principal === 'object' && 'Service' in Principal;
  const conditions = Object.entries(Condition).flatMap(([name, keys]) =>
    Object.entries(keys).map(([key, wanted]) => conditionOf(name, key, wanted)),
  );
  return {
    effect: Effect,
    covers: ({ action, resource, context }) => {
      const isAbout = actions.some((one) => one.test(action)) && resources.some((one) => one.test(resource));
      return isAbout && !isForServices && conditions.every((holds) => holds({ ...everywhere, ...context }));
    },
  };
}

/** One of the wanted values must fit; an absent key fits none. */
function conditionOf(name: string, key: string, wanted: readonly string[]) {
  const tests = wanted.map(comparisons.get(name) as (wanted: string) => Test);
  return (facts: Readonly<Record<string, unknown>>): boolean => {
    const value = Object.entries(facts).find(([one]) => one.toLowerCase() === key.toLowerCase())?.[1];
    return typeof value === 'string' && tests.some((test) => test(value));
  };
}

/** An ARN has six parts, the last may itself hold colons; a wildcard stays within its part. */
function likeArn(wanted: string): Test {
  const partsOf = (arn: string) => [...arn.split(':').slice(0, 5), arn.split(':').slice(5).join(':')];
  const parts = partsOf(wanted).map((part) => pattern(part, 's'));
  return (value) => partsOf(value).every((part, n) => parts[n]?.test(part));
}

/** `*` is any run of characters, `?` any one. */
function pattern(text: string, flags: string): RegExp {
  const source = text.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source.replaceAll('?', '.')}$`, flags);
}
