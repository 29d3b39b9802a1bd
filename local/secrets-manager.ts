import { createHash, randomInt, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { answerJson, jsonInput, targetOf, unknownOperation } from './protocol.ts';
import { AwsError, type Call, type Clock, type Permission, type Service, type Store } from './service.ts';

/** `GenerateSecretString` of the template, in CloudFormation's own names. */
export interface GenerateSecretString {
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly IncludeSpace?: boolean;
  readonly RequireEachIncludedType?: boolean;
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

/** A secret of the template: its value, or how it is made; neither means a secret without a value yet. */
export interface TemplateSecret {
  readonly name: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly secretString?: string;
  readonly generate?: GenerateSecretString;
}

const account = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';

/** The ARN of a secret: AWS adds six characters to the name; here they follow from the name, so that a template resolves. */
export function secretArn(name: string): string {
  const suffix = createHash('sha256').update(name).digest('base64url').replaceAll(/[-_]/g, 'x').slice(0, 6);
  return `${account}${name}-${suffix}`;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly createdAt: string;
  readonly changedAt: string;
  readonly versions: readonly Version[];
}

interface Version {
  readonly id: string;
  readonly stages: readonly string[];
  readonly createdAt: string;
  readonly string?: string;
  /** Base64. */
  readonly binary?: string;
}

interface Vault {
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: Map<string, Secret>;
}

/** The secrets of the template and those created since. A secret that exists keeps its value when the template is loaded again. */
export async function openSecretsManager(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: readonly TemplateSecret[];
}): Promise<Service> {
  const vault: Vault = { store: options.store, clock: options.clock, secrets: new Map() };
  for await (const [name, secret] of options.store.entries<Secret>()) vault.secrets.set(name, secret);
  for (const secret of options.secrets) if (!vault.secrets.has(secret.name)) await createFromTemplate(vault, secret);
  return {
    signingName: 'secretsmanager',
    permissions: (call) => permissionsOf(vault, call),
    handle: async (call, response) => answerJson(response, await operationOf(call).run(vault, call)),
  };
}

async function createFromTemplate(vault: Vault, secret: TemplateSecret): Promise<void> {
  const string = secret.generate === undefined ? secret.secretString : generateSecretString(secret.generate);
  await create(vault, secret, string === undefined ? [] : [firstVersion(vault, { string })]);
}

// What is drawn from, as GetRandomPassword documents it.
const characters = {
  lowercase: 'abcdefghijklmnopqrstuvwxyz',
  uppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  numbers: '0123456789',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

/** A secret string as CloudFormation's GenerateSecretString makes it. Throws when the template and its key do not fit. */
export function generateSecretString(options: GenerateSecretString): string {
  const password = generatePassword(options);
  const { SecretStringTemplate: template, GenerateStringKey: key } = options;
  if ((template === undefined) !== (key === undefined)) {
    throw new Error('GenerateSecretString needs SecretStringTemplate and GenerateStringKey together');
  }
  if (template === undefined || key === undefined) return password;
  return JSON.stringify({ ...JSON.parse(template), [key]: password });
}

function generatePassword(options: GenerateSecretString): string {
  const length = options.PasswordLength ?? 32;
  const sets = characterSets(options);
  if (length < sets.length || length > 4096 || sets.length === 0) {
    throw new Error(`GenerateSecretString can't make ${length} characters of ${sets.length} kinds`);
  }
  const required = (options.RequireEachIncludedType ?? true) ? sets.map(pick) : [];
  const rest = Array.from({ length: length - required.length }, () => pick(sets.join('')));
  return shuffle([...required, ...rest]).join('');
}

function characterSets(options: GenerateSecretString): string[] {
  const excluded = new Set(options.ExcludeCharacters ?? '');
  const included = [
    options.ExcludeLowercase ? '' : characters.lowercase,
    options.ExcludeUppercase ? '' : characters.uppercase,
    options.ExcludeNumbers ? '' : characters.numbers,
    options.ExcludePunctuation ? '' : characters.punctuation,
    options.IncludeSpace ? ' ' : '',
  ];
  return included.map((set) => [...set].filter((character) => !excluded.has(character)).join('')).filter(Boolean);
}

const pick = (set: string): string => set[randomInt(set.length)] as string;

function shuffle(list: string[]): string[] {
  for (let last = list.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [list[last], list[other]] = [list[other] as string, list[last] as string];
  }
  return list;
}

// Operations. Schemas are strict, so that a field that is not modelled is refused by its name.

const secretId = z.string().min(1).max(2048);
/** Secrets Manager takes at most 65,536 bytes. */
const value = { SecretString: z.string().max(65_536).optional(), SecretBinary: z.base64().max(87_384).optional() };
const token = z.string().min(32).max(64).optional();
const getInput = z.strictObject({
  SecretId: secretId,
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});
const putInput = z.strictObject({
  SecretId: secretId,
  ClientRequestToken: token,
  VersionStages: z.array(z.string()).min(1).max(20).default(['AWSCURRENT']),
  ...value,
});
const createInput = z.strictObject({
  Name: z.string().regex(/^[\w/+=.@!-]{1,512}$/),
  ClientRequestToken: token,
  Description: z.string().max(2048).optional(),
  KmsKeyId: z.string().optional(),
  ...value,
});
const describeInput = z.strictObject({ SecretId: secretId });
const listInput = z.strictObject({
  MaxResults: z.int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});

interface Operation {
  /** The ARN the permission is asked for; `*` where AWS knows no narrower one. */
  resource(vault: Vault, call: Call): string;
  run(vault: Vault, call: Call): unknown;
}

function onSecret<Schema extends z.ZodType<{ SecretId: string }>>(
  schema: Schema,
  run: (vault: Vault, secret: Secret, input: z.infer<Schema>) => unknown,
): Operation {
  return {
    resource: (vault, call) => {
      const { SecretId } = jsonInput(call, schema);
      return find(vault, SecretId)?.arn ?? (SecretId.startsWith('arn:') ? SecretId : account + SecretId);
    },
    run: (vault, call) => {
      const input = jsonInput(call, schema);
      const secret = find(vault, input.SecretId);
      if (secret !== undefined) return run(vault, secret, input);
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    },
  };
}

const operations: Readonly<Record<string, Operation>> = {
  GetSecretValue: onSecret(getInput, (_vault, secret, input) => getValue(secret, input)),
  PutSecretValue: onSecret(putInput, putValue),
  DescribeSecret: onSecret(describeInput, (_vault, secret) => describe(secret)),
  CreateSecret: {
    resource: (_vault, call) => secretArn(jsonInput(call, createInput).Name),
    run: (vault, call) => createSecret(vault, jsonInput(call, createInput)),
  },
  ListSecrets: { resource: () => '*', run: (vault, call) => list(vault, jsonInput(call, listInput)) },
};

function operationOf(call: Call): Operation {
  const name = targetOf(call);
  const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (found === undefined) throw unknownOperation('secretsmanager', name);
  return found;
}

function permissionsOf(vault: Vault, call: Call): readonly Permission[] {
  return [{ action: `secretsmanager:${targetOf(call)}`, resource: operationOf(call).resource(vault, call) }];
}

/** By name, by full ARN, or by ARN without the six characters. */
function find(vault: Vault, id: string): Secret | undefined {
  const name = id.startsWith(account) ? id.slice(account.length) : id;
  const found = vault.secrets.get(name) ?? vault.secrets.get(name.slice(0, -7));
  const accepted = [found?.name, found?.arn, found && account + found.name];
  return accepted.includes(id) ? found : undefined;
}

function getValue(secret: Secret, input: z.infer<typeof getInput>): unknown {
  const stage = input.VersionStage ?? (input.VersionId === undefined ? 'AWSCURRENT' : undefined);
  const version = secret.versions.find(
    ({ id, stages }) =>
      (input.VersionId === undefined || id === input.VersionId) && (stage === undefined || stages.includes(stage)),
  );
  if (version !== undefined) return { ...named(secret), ...shown(version) };
  const which = input.VersionId === undefined ? `staging label: ${stage}` : `VersionId: ${input.VersionId}`;
  throw new AwsError('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${which}`);
}

async function putValue(vault: Vault, secret: Secret, input: z.infer<typeof putInput>): Promise<unknown> {
  const version = newVersion(vault, input, input.VersionStages);
  const earlier = secret.versions.find(({ id }) => id === version.id);
  if (earlier !== undefined && !sameValue(earlier, version)) {
    throw new AwsError('ResourceExistsException', `A version with the id ${version.id} and another value exists.`);
  }
  if (earlier === undefined) {
    const versions = [...moveStages(secret.versions, version.stages), version].filter(
      ({ stages }) => stages.length > 0,
    );
    await save(vault, { ...secret, versions, changedAt: version.createdAt });
  }
  return { ...named(secret), VersionId: version.id, VersionStages: (earlier ?? version).stages };
}

/** Takes the labels from the versions that had them; what was AWSCURRENT becomes AWSPREVIOUS. */
function moveStages(versions: readonly Version[], taken: readonly string[]): Version[] {
  const moved = taken.includes('AWSCURRENT') ? [...taken, 'AWSPREVIOUS'] : taken;
  return versions.map((version) => {
    const stages = version.stages.filter((stage) => !moved.includes(stage));
    const replaced = taken.includes('AWSCURRENT') && version.stages.includes('AWSCURRENT');
    return { ...version, stages: replaced ? [...stages, 'AWSPREVIOUS'] : stages };
  });
}

async function createSecret(vault: Vault, input: z.infer<typeof createInput>): Promise<unknown> {
  if (vault.secrets.has(input.Name)) {
    throw new AwsError(
      'ResourceExistsException',
      `The operation failed because the secret ${input.Name} already exists.`,
    );
  }
  const hasValue = input.SecretString !== undefined || input.SecretBinary !== undefined;
  const versions = hasValue ? [newVersion(vault, input, ['AWSCURRENT'])] : [];
  const described = { name: input.Name, description: input.Description, kmsKeyId: input.KmsKeyId };
  const secret = await create(vault, described, versions);
  return { ...named(secret), ...(versions[0] && { VersionId: versions[0].id }) };
}

async function create(
  vault: Vault,
  { name, description, kmsKeyId }: TemplateSecret,
  versions: readonly Version[],
): Promise<Secret> {
  const createdAt = vault.clock.now().toISOString();
  const arn = secretArn(name);
  return save(vault, { arn, name, description, kmsKeyId, createdAt, changedAt: createdAt, versions });
}

async function save(vault: Vault, secret: Secret): Promise<Secret> {
  vault.secrets.set(secret.name, secret);
  await vault.store.put(secret.name, secret);
  return secret;
}

function firstVersion(vault: Vault, content: { readonly string: string }): Version {
  return { id: randomUUID(), stages: ['AWSCURRENT'], createdAt: vault.clock.now().toISOString(), ...content };
}

function newVersion(
  vault: Vault,
  input: { ClientRequestToken?: string; SecretString?: string; SecretBinary?: string },
  stages: readonly string[],
): Version {
  if ((input.SecretString === undefined) === (input.SecretBinary === undefined)) {
    throw new AwsError('InvalidParameterException', 'You must provide either SecretString or SecretBinary.');
  }
  const content = { string: input.SecretString, binary: input.SecretBinary };
  return {
    id: input.ClientRequestToken ?? randomUUID(),
    stages,
    createdAt: vault.clock.now().toISOString(),
    ...content,
  };
}

const sameValue = (a: Version, b: Version): boolean => a.string === b.string && a.binary === b.binary;
const named = (secret: Secret) => ({ ARN: secret.arn, Name: secret.name });
const epoch = (instant: string): number => Date.parse(instant) / 1000;

function shown(version: Version): object {
  const content = { SecretString: version.string, SecretBinary: version.binary };
  return { VersionId: version.id, VersionStages: version.stages, CreatedDate: epoch(version.createdAt), ...content };
}

function describe(secret: Secret): object {
  return {
    ...named(secret),
    Description: secret.description,
    KmsKeyId: secret.kmsKeyId,
    CreatedDate: epoch(secret.createdAt),
    LastChangedDate: epoch(secret.changedAt),
    VersionIdsToStages: Object.fromEntries(secret.versions.map(({ id, stages }) => [id, stages])),
  };
}

function list(vault: Vault, input: z.infer<typeof listInput>): unknown {
  const start = Number(input.NextToken ?? 0);
  const all = [...vault.secrets.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const end = start + input.MaxResults;
  return { SecretList: all.slice(start, end).map(describe), ...(end < all.length && { NextToken: String(end) }) };
}
