import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
} from 'node:crypto';
import * as z from 'zod';
import { answerJson, jsonInput, targetOf, unknownOperation } from './protocol.ts';
import { AwsError, type Call, type Permission, type Service, type Store } from './service.ts';

/** A key of the template. Any other key spec is refused at load. */
export interface KmsKey {
  readonly id: string;
  readonly arn: string;
  readonly spec: string;
  /** Default true. */
  readonly enabled?: boolean;
}

/** `name` begins with `alias/`; `keyId` is the id or the ARN of its key. */
export interface KmsAlias {
  readonly name: string;
  readonly keyId: string;
}

interface Key extends KmsKey {
  readonly secret: KeyObject;
}

/** Keys by their id and by their aliases. */
type Keys = ReadonlyMap<string, Key>;

const secret = {
  create: () => randomBytes(32).toString('base64'),
  read: (material: string) => createSecretKey(material, 'base64'),
};
const signer = {
  create: () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  },
  read: createPrivateKey,
};
/** How material of a key spec is made and read back. */
const specs: Readonly<Record<string, { create(): string; read(material: string): KeyObject }>> = {
  SYMMETRIC_DEFAULT: secret,
  HMAC_256: secret,
  ECC_NIST_P256: signer,
};

/** The keys of the template with material that is made once and kept in the store. Throws on a key spec it does not model. */
export async function openKms(options: {
  readonly store: Store;
  readonly keys: readonly KmsKey[];
  readonly aliases?: readonly KmsAlias[];
}): Promise<Service> {
  const keys = new Map<string, Key>();
  for (const key of options.keys) keys.set(key.id, await openKey(key, options.store));
  for (const { name, keyId } of options.aliases ?? []) keys.set(name, find(keys, keyId));
  return {
    signingName: 'kms',
    permissions: (call) => permissionsOf(call, keys),
    handle: async (call, response) => {
      const { run } = operationOf(call);
      answerJson(response, run(call, keys));
    },
  };
}

async function openKey(key: KmsKey, store: Store): Promise<Key> {
  const spec = specs[key.spec];
  if (spec === undefined) throw new Error(`KMS key ${key.id}: the local cloud does not model the key spec ${key.spec}`);
  const kept = await store.get<{ spec: string; material: string }>(`key/${key.id}`);
  if (kept !== undefined && kept.spec !== key.spec)
    throw new Error(`KMS key ${key.id}: its spec was ${kept.spec} and is now ${key.spec}; KMS can't change it`);
  const { material } = kept ?? { material: spec.create() };
  if (kept === undefined) await store.put(`key/${key.id}`, { spec: key.spec, material });
  return { ...key, secret: spec.read(material) };
}

/** The id or the alias in an ARN; any other text is one already. */
const idOf = (keyId: string): string => keyId.replace(/^arn:.*:(key\/)?/, '');

function find(keys: Keys, keyId: string): Key {
  const key = keys.get(idOf(keyId));
  if (key !== undefined) return key;
  throw new AwsError('NotFoundException', `Key or alias '${keyId}' does not exist`);
}

// Operations. Schemas are strict, so that a field that is not modelled is refused by its name.

const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));
/** KMS takes at most 4,096 bytes of message or plaintext. */
const message = bytes.refine(({ length }) => length > 0 && length <= 4096, 'must have 1 to 4096 bytes');
const EncryptionContext = z.record(z.string(), z.string()).default({});
const KeyId = z.string();
const onMessage = z.strictObject({ KeyId, Message: message, MacAlgorithm: z.literal('HMAC_SHA_256') });
const sealed = z.strictObject({ CiphertextBlob: bytes, EncryptionContext });
// KMS signs a digest too; Node's crypto always hashes first.
const signing = z.strictObject({
  ...{ KeyId, Message: message, SigningAlgorithm: z.literal('ECDSA_SHA_256') },
  MessageType: z.literal('RAW').optional(),
});

interface Operation {
  /** The key that the call is about, for its permission. */
  keyOf(call: Call, keys: Keys): Key;
  run(call: Call, keys: Keys): unknown;
}

/** An operation on an enabled key of one spec. */
function on<Schema extends z.ZodType<{ KeyId: string }>>(
  spec: string,
  schema: Schema,
  run: (key: Key, input: z.infer<Schema>) => object,
): Operation {
  return {
    keyOf: (call, keys) => find(keys, jsonInput(call, schema).KeyId),
    run: (call, keys) => {
      const input = jsonInput(call, schema);
      const key = find(keys, input.KeyId);
      checkUse(key, spec);
      return { KeyId: key.arn, ...run(key, input) };
    },
  };
}

function checkUse({ arn, spec, enabled = true }: Key, wanted: string): void {
  if (!enabled) throw new AwsError('DisabledException', `${arn} is disabled.`);
  if (spec !== wanted)
    throw new AwsError('InvalidKeyUsageException', `${arn} is a key of ${spec}, and this needs ${wanted}.`);
}

const operations: Readonly<Record<string, Operation>> = {
  GenerateMac: on('HMAC_256', onMessage, (key, { Message, MacAlgorithm }) => {
    return { MacAlgorithm, Mac: macOf(key, Message).toString('base64') };
  }),
  VerifyMac: on('HMAC_256', onMessage.extend({ Mac: bytes }), (key, { Message, MacAlgorithm, Mac }) => {
    const expected = macOf(key, Message);
    if (Mac.length === expected.length && timingSafeEqual(Mac, expected)) return { MacAlgorithm, MacValid: true };
    throw new AwsError('KMSInvalidMacException', 'The MAC is not the one of this message and key.');
  }),
  Sign: on('ECC_NIST_P256', signing, (key, { Message, SigningAlgorithm }) => {
    return { SigningAlgorithm, Signature: sign('sha256', Message, key.secret).toString('base64') };
  }),
  GetPublicKey: on('ECC_NIST_P256', z.strictObject({ KeyId }), ({ spec, secret: key }) => {
    const PublicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
    return { PublicKey, KeySpec: spec, KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: ['ECDSA_SHA_256'] };
  }),
  Encrypt: on('SYMMETRIC_DEFAULT', z.strictObject({ KeyId, Plaintext: message, EncryptionContext }), (key, input) => {
    return { CiphertextBlob: seal(key, input.Plaintext, input.EncryptionContext), EncryptionAlgorithm: key.spec };
  }),
  GenerateDataKey: on(
    'SYMMETRIC_DEFAULT',
    z.strictObject({ KeyId, KeySpec: z.literal('AES_256'), EncryptionContext }),
    (key, input) => {
      const plain = randomBytes(32);
      return { CiphertextBlob: seal(key, plain, input.EncryptionContext), Plaintext: plain.toString('base64') };
    },
  ),
  Decrypt: {
    keyOf: (call, keys) => open(jsonInput(call, sealed), keys).key,
    run: (call, keys) => {
      const { key, plain } = open(jsonInput(call, sealed), keys);
      checkUse(key, 'SYMMETRIC_DEFAULT');
      return { KeyId: key.arn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: key.spec };
    },
  },
};

function operationOf(call: Call): Operation {
  const name = targetOf(call);
  const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (found === undefined) throw unknownOperation('kms', name);
  return found;
}

/** On the key, with the condition keys that KMS fills from a request, as far as a policy of ours may name them. */
function permissionsOf(call: Call, keys: Keys): readonly Permission[] {
  const { arn } = operationOf(call).keyOf(call, keys);
  const input = jsonInput(call, z.looseObject({ KeyId: KeyId.default(''), EncryptionContext }));
  const pairs = Object.entries(input.EncryptionContext);
  const named = ['MacAlgorithm', 'SigningAlgorithm', 'MessageType'].filter((name) => name in input);
  const alias = idOf(input.KeyId);
  const context = {
    ...Object.fromEntries(pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    ...Object.fromEntries(named.map((name) => [`kms:${name}`, String(input[name])])),
    ...(pairs.length > 0 && { 'kms:EncryptionContextKeys': pairs.map(([name]) => name) }),
    ...(alias.startsWith('alias/') && { 'kms:RequestAlias': alias }),
  };
  return [{ action: `kms:${targetOf(call)}`, resource: arn, context }];
}

const macOf = (key: Key, text: Buffer): Buffer => createHmac('sha256', key.secret).update(text).digest();

// A ciphertext is: nonce (12 bytes), tag (16), encrypted bytes. Only the key that made it opens it.

const associatedData = (context: z.infer<typeof EncryptionContext>): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort()));

function seal(key: Key, plain: Buffer, context: z.infer<typeof EncryptionContext>): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce).setAAD(associatedData(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

function open(input: z.infer<typeof sealed>, keys: Keys): { readonly key: Key; readonly plain: Buffer } {
  for (const key of keys.values()) {
    const plain = key.spec === 'SYMMETRIC_DEFAULT' ? opened(key, input) : undefined;
    if (plain !== undefined) return { key, plain };
  }
  const text = 'The ciphertext or its encryption context is not the one that was encrypted.';
  throw new AwsError('InvalidCiphertextException', text);
}

function opened(key: Key, { CiphertextBlob: blob, EncryptionContext: context }: z.infer<typeof sealed>) {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.secret, blob.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(associatedData(context)).setAuthTag(blob.subarray(12, 28));
    return Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]);
  } catch {
    return undefined;
  }
}
