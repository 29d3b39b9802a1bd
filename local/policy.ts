import { AwsError, type Permission } from './service.ts';

/** An IAM policy document as a template holds it. */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: unknown;
}

/** Explicitly allowed, explicitly denied, or not mentioned. */
export type Decision = 'allow' | 'deny' | 'implicit';
export type Decide = (permission: Permission, principal?: string) => Decision;

type Context = Readonly<Record<string, string | readonly string[]>>;

/** What holds for every call on this machine: loopback counts as secure transport (decisions.md 18). */
const everywhere: Context = {
  'aws:SecureTransport': 'true',
  'aws:RequestedRegion': 'eu-west-1',
  'aws:PrincipalAccount': '123456789012',
  'aws:ResourceAccount': '123456789012',
  'aws:SourceAccount': '123456789012',
};

/** The condition keys that the local cloud fills where AWS would; `*` stands for a name of the caller's. A policy that asks for another one is refused. */
const filledKeys = [
  ...Object.keys(everywhere),
  'aws:PrincipalArn',
  'aws:SourceArn',
  'dynamodb:LeadingKeys',
  'dynamodb:Attributes',
  'dynamodb:Select',
  'dynamodb:ReturnValues',
  'dynamodb:EnclosingOperation',
  'kms:EncryptionContext:*',
  'kms:EncryptionContextKeys',
  'kms:MacAlgorithm',
  'kms:SigningAlgorithm',
  'kms:EncryptionAlgorithm',
  'kms:MessageType',
  'kms:RequestAlias',
  // Filled where S3 uses a key for the caller; a direct call has none, as in AWS.
  'kms:ViaService',
  's3:prefix',
  's3:delimiter',
  's3:max-keys',
  's3:VersionId',
  's3:x-amz-server-side-encryption',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  's3:object-lock-mode',
  's3:object-lock-retain-until-date',
  'ses:FromAddress',
  'ses:Recipients',
  'ses:FeedbackAddress',
  'ses:ApiVersion',
].map((key) => pattern(key, true));

/** Turns policies into one decision: a Deny wins over every Allow. Throws, naming the place, on anything that is not modelled. */
export function compile(documents: readonly PolicyDocument[]): Decide {
  const statements = documents.flatMap((document, n) => compileDocument(document, `policy ${n + 1}`));
  return (permission, principal) => {
    const met = statements.filter((statement) => statement.covers(permission, principal));
    if (met.some(({ effect }) => effect === 'Deny')) return 'deny';
    return met.length > 0 ? 'allow' : 'implicit';
  };
}

/** The error for what a role may not do, in AWS's words. */
export function accessDenied(
  role: string,
  { action, resource }: Permission,
  decision: Exclude<Decision, 'allow'>,
): AwsError {
  const service = action.slice(0, action.indexOf(':'));
  const because =
    decision === 'deny'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`;
  const text = `User: ${sessionOf(role)} is not authorized to perform: ${action} on resource: ${resource} ${because}`;
  return new AwsError(
    deniedCode[service] ?? 'AccessDeniedException',
    text,
    service === 's3' || isQuery(service) ? 403 : 400,
  );
}

/** Services that answer in XML leave the word Exception out. */
const deniedCode: Readonly<Record<string, string>> = {
  s3: 'AccessDenied',
  ses: 'AccessDenied',
  sns: 'AuthorizationError',
};
const isQuery = (service: string) => service === 'ses' || service === 'sns';

/** A role acts through a session, and AWS names that one in its errors. */
function sessionOf(role: string): string {
  const [, account, name] = /^arn:aws:iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(role) ?? [];
  return name === undefined ? role : `arn:aws:sts::${account}:assumed-role/${name}/local`;
}

/** One use of a right: who, what, on which resource. */
export interface Use {
  readonly role: string;
  readonly action: string;
  readonly resource: string;
}

/** Remembers every (role, action, resource) once, in the order of first use. */
export function usesRecorder(): { record(role: string, permission: Permission): void; uses(): readonly Use[] } {
  const seen = new Map<string, Use>();
  return {
    record(role, { action, resource }) {
      const key = `${role} ${action} ${resource}`;
      if (!seen.has(key)) seen.set(key, { role, action, resource });
    },
    uses: () => [...seen.values()],
  };
}

// Statements.

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  covers(permission: Permission, principal: string | undefined): boolean;
}

const statementFields = ['Sid', 'Effect', 'Principal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];

function compileDocument(document: PolicyDocument, place: string): Statement[] {
  const { Version, Statement } = document;
  if (Version !== undefined && Version !== '2012-10-17')
    throw new Error(`${place}: version ${Version} is not modelled`);
  return listOf(Statement).map((one, n) => compileStatement(one, `${place}, statement ${n + 1}`));
}

function compileStatement(raw: unknown, place: string): Statement {
  if (typeof raw !== 'object' || raw === null) throw new Error(`${place}: is not an object`);
  const statement = raw as Record<string, unknown>;
  const unknown = Object.keys(statement).find((field) => !statementFields.includes(field));
  if (unknown !== undefined) throw new Error(`${place}: ${unknown} is not modelled`);
  const { Effect: effect } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw new Error(`${place}: Effect must be Allow or Deny`);
  const action = matcher(statement, 'Action', place, true);
  const resource = matcher(statement, 'Resource', place, false);
  const principal = principalMatcher(statement.Principal, place);
  const condition = conditionOf(statement.Condition, place);
  return {
    effect,
    covers: (permission, caller) =>
      principal(caller) &&
      action(permission.action) &&
      resource(permission.resource) &&
      condition({ ...everywhere, ...(caller && { 'aws:PrincipalArn': caller }), ...permission.context }),
  };
}

type Test<T = string> = (value: T) => boolean;

/** `Action` and `Resource` with their negations; exactly one of each pair must stand. */
function matcher(statement: Record<string, unknown>, name: string, place: string, ignoreCase: boolean): Test {
  const [plain, negated] = [statement[name], statement[`Not${name}`]];
  if ((plain === undefined) === (negated === undefined)) throw new Error(`${place}: needs ${name} or Not${name}`);
  const patterns = textsOf(plain ?? negated, `${place}, ${name}`).map((text) => pattern(text, ignoreCase));
  const fits: Test = (value) => patterns.some((one) => one.test(value));
  return negated === undefined ? fits : (value) => !fits(value);
}

/** Policies of identities name no principal; those of resources name everyone, accounts, roles or services. */
function principalMatcher(principal: unknown, place: string): Test<string | undefined> {
  if (principal === undefined || principal === '*') return () => true;
  if (typeof principal !== 'object' || principal === null) throw new Error(`${place}: Principal is not modelled`);
  const { AWS, Service, ...rest } = principal as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`${place}: Principal ${unknown} is not modelled`);
  const names = [AWS, Service].filter((names) => names !== undefined).flatMap((names) => textsOf(names, place));
  return (caller) => names.some((name) => name === '*' || name === caller || isAccountOf(name, caller));
}

function isAccountOf(name: string, caller: string | undefined): boolean {
  const account = /^(?:arn:aws:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  return account !== undefined && caller?.split(':')[4] === account;
}

// Conditions.

type Compare = (wanted: string) => Test;

const text: Compare = (wanted) => (value) => value === wanted;
const like: Compare = (wanted) => {
  const one = pattern(wanted, false);
  return (value) => one.test(value);
};
const loose: Compare = (wanted) => (value) => value.toLowerCase() === wanted.toLowerCase();
const arn: Compare = (wanted) => {
  const parts = arnParts(wanted).map((part) => pattern(part, false));
  return (value) => arnParts(value).every((part, n) => parts[n]?.test(part));
};
const number =
  (holds: Holds): Compare =>
  (wanted) =>
  (value) =>
    holds(Number(value), Number(wanted));
const date =
  (holds: Holds): Compare =>
  (wanted) =>
  (value) =>
    holds(Date.parse(value), Date.parse(wanted));

/** Six parts; the last may itself hold colons. */
function arnParts(arn: string): string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

interface Operator {
  readonly compare: Compare;
  /** Holds when no wanted value fits, also when the key is absent. */
  readonly negated?: true;
}

type Holds = (a: number, b: number) => boolean;

const equals: Holds = (a, b) => a === b;
const orders: Readonly<Record<string, Holds>> = {
  Equals: equals,
  LessThan: (a, b) => a < b,
  LessThanEquals: (a, b) => a <= b,
  GreaterThan: (a, b) => a > b,
  GreaterThanEquals: (a, b) => a >= b,
};

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { compare: text },
  StringNotEquals: { compare: text, negated: true },
  StringEqualsIgnoreCase: { compare: loose },
  StringNotEqualsIgnoreCase: { compare: loose, negated: true },
  StringLike: { compare: like },
  StringNotLike: { compare: like, negated: true },
  Bool: { compare: loose },
  ArnEquals: { compare: arn },
  ArnLike: { compare: arn },
  ArnNotEquals: { compare: arn, negated: true },
  ArnNotLike: { compare: arn, negated: true },
  ...Object.fromEntries(
    Object.entries(orders).flatMap(([name, holds]) => [
      [`Numeric${name}`, { compare: number(holds) }],
      [`Date${name}`, { compare: date(holds) }],
    ]),
  ),
  NumericNotEquals: { compare: number(equals), negated: true },
  DateNotEquals: { compare: date(equals), negated: true },
};

/** Every operator and every key must hold. */
function conditionOf(raw: unknown, place: string): Test<Context> {
  if (raw === undefined) return () => true;
  const tests = Object.entries(raw as Record<string, Record<string, unknown>>).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, wanted]) => conditionTest(operator, key, wanted, place)),
  );
  return (context) => tests.every((holds) => holds(context));
}

function conditionTest(name: string, key: string, wanted: unknown, place: string): Test<Context> {
  if (!filledKeys.some((one) => one.test(key))) throw new Error(`${place}: the condition key ${key} is not modelled`);
  const values = textsOf(wanted, `${place}, ${name} ${key}`);
  if (name === 'Null') return (context) => (valuesOf(context, key).length === 0) === (values[0] === 'true');
  const [, set, base = '', ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(name) ?? [];
  const operator = Object.hasOwn(operators, base) ? operators[base] : undefined;
  if (operator === undefined) throw new Error(`${place}: the condition operator ${name} is not modelled`);
  const fits = valueTest(operator, values);
  return (context) => {
    const present = valuesOf(context, key);
    if (present.length === 0) return set === 'ForAllValues' || ifExists !== undefined || isMetByAbsence(operator, set);
    return set === 'ForAllValues' || (operator.negated && set === undefined) ? present.every(fits) : present.some(fits);
  };
}

const isMetByAbsence = ({ negated }: Operator, set: string | undefined) => negated === true && set === undefined;

function valueTest({ compare, negated }: Operator, wanted: readonly string[]): Test {
  const tests = wanted.map(compare);
  const fits: Test = (value) => tests.some((test) => test(value));
  return negated ? (value) => !fits(value) : fits;
}

function valuesOf(context: Context, key: string): readonly string[] {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
  return found === undefined ? [] : typeof found === 'string' ? [found] : found;
}

// Texts.

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** One text or a list of them. A value that is no text (a CloudFormation function not resolved) is refused. */
function textsOf(value: unknown, place: string): readonly string[] {
  return listOf(value).map((one) => {
    if (typeof one === 'boolean' || typeof one === 'number') return String(one);
    if (typeof one === 'string' && !one.includes('${')) return one;
    throw new Error(`${place}: ${JSON.stringify(one)} is not modelled`);
  });
}

/** `*` is any run of characters, `?` any one. */
function pattern(text: string, ignoreCase: boolean): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, ignoreCase ? 'is' : 's');
}
