import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type JsonOperation, jsonService, operation } from './protocol.ts';
import { AwsError, type Clock, type Service, type Store } from './service.ts';

/** A secret of the template; without a string it has no value yet. */
export interface TemplateSecret {
  readonly name: string;
  readonly secretString?: string;
}

const account = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';

/** The ARN of a secret: AWS adds six characters to the name; here they follow from the name, so that a template resolves. */
export function secretArn(name: string): string {
  const suffix = createHash('sha256').update(name).digest('base64url').replaceAll(/[-_]/g, 'x').slice(0, 6);
  return `${account}${name}-${suffix}`;
}

/** A value, with the labels it bears. */
interface Version {
  readonly id: string;
  readonly stages: readonly string[];
  readonly createdAt: string;
  readonly string: string;
}

interface Secret {
  readonly name: string;
  readonly versions: readonly Version[];
}

interface Vault {
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: Map<string, Secret>;
}

/** The secrets of the template. One that has a value keeps it when the template is loaded again. */
export async function openSecretsManager(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly secrets: readonly TemplateSecret[];
}): Promise<Service> {
  const vault: Vault = { ...options, secrets: new Map() };
  for await (const [name, secret] of vault.store.entries<Secret>()) vault.secrets.set(name, secret);
  for (const { name, secretString } of options.secrets) {
    if (vault.secrets.has(name)) continue;
    const versions = secretString === undefined ? [] : [versionOf(vault, secretString, randomUUID())];
    await save(vault, { name, versions });
  }
  return jsonService('secretsmanager', vault, operations, ({ SecretId }) => {
    const id = String(SecretId);
    const name = find(vault, id)?.name;
    return name === undefined ? (id.startsWith('arn:') ? id : account + id) : secretArn(name);
  });
}

const versionOf = ({ clock }: Vault, string: string, id: string): Version => {
  return { id, stages: ['AWSCURRENT'], createdAt: clock.now().toISOString(), string };
};

async function save(vault: Vault, secret: Secret): Promise<void> {
  await vault.store.put(secret.name, secret);
  vault.secrets.set(secret.name, secret);
}

// Operations.

const SecretId = z.string().min(1).max(2048);
const toGet = { SecretId, VersionStage: z.string().default('AWSCURRENT') };
const toPut = {
  SecretId,
  SecretString: z
    .string()
    .refine((text) => text !== '' && Buffer.byteLength(text) <= 65_536, 'must be 1 to 65,536 bytes'),
  // The SDK makes one for every call that it may repeat.
  ClientRequestToken: z.string().min(32).max(64).default(randomUUID),
};

type Input<Shape extends z.ZodRawShape> = z.infer<z.ZodObject<Shape>>;

const operations: Readonly<Record<string, JsonOperation<Vault>>> = {
  GetSecretValue: operation(toGet, getValue),
  PutSecretValue: operation(toPut, putValue),
  ListSecrets: operation({}, ({ secrets }: Vault) => {
    return { SecretList: [...secrets.keys()].map((Name) => ({ ARN: secretArn(Name), Name })) };
  }),
};

/** By name, by full ARN, or by ARN without the six characters. */
function find({ secrets }: Vault, id: string): Secret | undefined {
  return [...secrets.values()].find(({ name }) => [name, secretArn(name), account + name].includes(id));
}

function found(vault: Vault, id: string): Secret {
  const secret = find(vault, id);
  if (secret !== undefined) return secret;
  throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
}

function getValue(vault: Vault, { SecretId: id, VersionStage }: Input<typeof toGet>): object {
  const secret = found(vault, id);
  const version = secret.versions.find(({ stages }) => stages.includes(VersionStage));
  if (version === undefined)
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for staging label: ${VersionStage}`,
    );
  const CreatedDate = Date.parse(version.createdAt) / 1000;
  return { ...described(secret, version), CreatedDate, SecretString: version.string };
}

/** The value before becomes AWSPREVIOUS; the one before that goes. The same token again changes nothing. */
async function putValue(vault: Vault, input: Input<typeof toPut>): Promise<object> {
  const secret = found(vault, input.SecretId);
  const earlier = secret.versions.find(({ id }) => id === input.ClientRequestToken);
  if (earlier !== undefined && earlier.string !== input.SecretString)
    throw new AwsError('ResourceExistsException', `A version ${earlier.id} with another value exists.`);
  if (earlier !== undefined) return described(secret, earlier);
  const version = versionOf(vault, input.SecretString, input.ClientRequestToken);
  const current = secret.versions.filter(({ stages }) => stages.includes('AWSCURRENT'));
  const previous = current.map((one) => ({ ...one, stages: ['AWSPREVIOUS'] }));
  await save(vault, { ...secret, versions: [...previous, version] });
  return described(secret, version);
}

function described({ name }: Secret, { id, stages }: Version): object {
  return { ARN: secretArn(name), Name: name, VersionId: id, VersionStages: stages };
}
