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
  verify,
} from 'node:crypto';
import * as z from 'zod';
import { signDigest, verifyDigest } from './ecdsa.ts';
import { answerJson, jsonInput, targetOf, unknownOperation } from './protocol.ts';
import { AwsError, type Call, type Clock, type Permission, type Service, type Store } from './service.ts';

/** A key of the template. Any other key spec is refused at load. */
export interface KmsKey {
  readonly id: string;
  readonly arn: string;
  readonly spec: string;
  /** `Enabled` of the template; DisableKey and EnableKey win over it once called. Default true. */
  readonly enabled?: boolean;
  readonly description?: string;
}

/** `name` begins with `alias/`; `keyId` is the id or the ARN of its key. */
export interface KmsAlias {
  readonly name: string;
  readonly keyId: string;
}

/** What a key can do: KMS's own names per key spec, and how new material is made and read back. */
const specs: Readonly<Record<string, Spec>> = {
  SYMMETRIC_DEFAULT: {
    usage: 'ENCRYPT_DECRYPT',
    algorithms: { EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'] },
    create: () => randomBytes(32).toString('base64'),
    read: (material) => createSecretKey(material, 'base64'),
  },
  HMAC_256: {
    usage: 'GENERATE_VERIFY_MAC',
    algorithms: { MacAlgorithms: ['HMAC_SHA_256'] },
    create: () => randomBytes(32).toString('base64'),
    read: (material) => createSecretKey(material, 'base64'),
  },
  ECC_NIST_P256: {
    usage: 'SIGN_VERIFY',
    algorithms: { SigningAlgorithms: ['ECDSA_SHA_256'] },
    create: () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    },
    read: (material) => createPrivateKey(material),
  },
};

interface Spec {
  readonly usage: string;
  readonly algorithms: Readonly<Record<string, readonly string[]>>;
  create(): string;
  read(material: string): KeyObject;
}

interface Key extends KmsKey {
  readonly usage: string;
  readonly algorithms: Readonly<Record<string, readonly string[]>>;
  readonly secret: KeyObject;
  readonly createdAt: string;
  enabled: boolean;
}

interface Keyring {
  readonly keys: ReadonlyMap<string, Key>;
  readonly aliases: ReadonlyMap<string, string>;
  readonly store: Store;
}

/** The keys of the template with material that is made once and kept in the store. Throws on a key spec it does not model. */
export async function openKms(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly keys: readonly KmsKey[];
  readonly aliases?: readonly KmsAlias[];
}): Promise<Service> {
  const keys = new Map<string, Key>();
  for (const key of options.keys) keys.set(key.id, await openKey(key, options.store, options.clock));
  const aliases = new Map(
    (options.aliases ?? []).map(({ name, keyId }) => [name, keyId.slice(keyId.lastIndexOf('/') + 1)]),
  );
  const ring: Keyring = { keys, aliases, store: options.store };
  return {
    signingName: 'kms',
    permissions: (call) => permissionsOf(ring, call),
    handle: async (call, response) => answerJson(response, await operationOf(call).run(ring, call)),
  };
}

async function openKey(key: KmsKey, store: Store, clock: Clock): Promise<Key> {
  const spec = specs[key.spec];
  if (spec === undefined) throw new Error(`KMS key ${key.id}: the local cloud does not model the key spec ${key.spec}`);
  const kept = await store.get<{ spec: string; material: string; createdAt: string }>(`key/${key.id}`);
  if (kept !== undefined && kept.spec !== key.spec) {
    throw new Error(`KMS key ${key.id}: its spec was ${kept.spec} and is now ${key.spec}; KMS can't change it`);
  }
  const record = kept ?? { spec: key.spec, material: spec.create(), createdAt: clock.now().toISOString() };
  if (kept === undefined) await store.put(`key/${key.id}`, record);
  const enabled = (await store.get<boolean>(`enabled/${key.id}`)) ?? key.enabled ?? true;
  const { usage, algorithms } = spec;
  return { ...key, usage, algorithms, enabled, createdAt: record.createdAt, secret: spec.read(record.material) };
}

function findKey(ring: Keyring, keyId: string): Key {
  const alias = keyId.match(/(?:^|:)(alias\/.+)$/)?.[1];
  const id = alias === undefined ? keyId.slice(keyId.lastIndexOf('/') + 1) : ring.aliases.get(alias);
  const key = id === undefined ? undefined : ring.keys.get(id);
  if (key !== undefined) return key;
  throw new AwsError(
    'NotFoundException',
    alias === undefined ? `Key '${keyId}' does not exist` : `Alias ${keyId} is not found.`,
  );
}

function usableKey(ring: Keyring, keyId: string, usage: string, operation: string): Key {
  const key = findKey(ring, keyId);
  if (!key.enabled) throw new AwsError('DisabledException', `${key.arn} is disabled.`);
  if (key.usage === usage) return key;
  throw new AwsError(
    'InvalidKeyUsageException',
    `${key.arn} key usage is ${key.usage} which is not valid for ${operation}.`,
  );
}

// Schemas: strict, so that a field that is not modelled is refused by its name.

const keyId = z.string().min(1).max(2048);
/** KMS takes at most 4,096 bytes of message or plaintext. */
const message = z.base64().transform((text, context) => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length > 4096)
    context.addIssue({ code: 'custom', message: 'must have 1 to 4096 bytes' });
  return bytes;
});
const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));
const encryptionContext = z.record(z.string(), z.string()).optional();
const onlyKey = z.strictObject({ KeyId: keyId });
const macInput = z.strictObject({ KeyId: keyId, Message: message, MacAlgorithm: z.literal('HMAC_SHA_256') });
const signInput = z.strictObject({
  KeyId: keyId,
  Message: message,
  MessageType: z.enum(['RAW', 'DIGEST']).default('RAW'),
  SigningAlgorithm: z.literal('ECDSA_SHA_256'),
});
const symmetric = z.literal('SYMMETRIC_DEFAULT').optional();
const encryptInput = z.strictObject({
  KeyId: keyId,
  Plaintext: message,
  EncryptionContext: encryptionContext,
  EncryptionAlgorithm: symmetric,
});
const decryptInput = z.strictObject({
  KeyId: keyId.optional(),
  CiphertextBlob: bytes,
  EncryptionContext: encryptionContext,
  EncryptionAlgorithm: symmetric,
});
const dataKeyInput = z.strictObject({
  KeyId: keyId,
  KeySpec: z.enum(['AES_256', 'AES_128']).optional(),
  NumberOfBytes: z.int().min(1).max(1024).optional(),
  EncryptionContext: encryptionContext,
});

interface Operation {
  /** The key that the call is about, for its permission. */
  keyIdOf(ring: Keyring, call: Call): string;
  run(ring: Keyring, call: Call): unknown;
}

function operation<Schema extends z.ZodType<{ KeyId: string }>>(
  schema: Schema,
  run: (ring: Keyring, input: z.infer<Schema>) => unknown,
): Operation {
  return {
    keyIdOf: (_ring, call) => jsonInput(call, schema).KeyId,
    run: (ring, call) => run(ring, jsonInput(call, schema)),
  };
}

const operations: Readonly<Record<string, Operation>> = {
  GenerateMac: operation(macInput, (ring, input) => {
    const key = usableKey(ring, input.KeyId, 'GENERATE_VERIFY_MAC', 'GenerateMac');
    return { KeyId: key.arn, MacAlgorithm: input.MacAlgorithm, Mac: mac(key, input.Message).toString('base64') };
  }),
  VerifyMac: operation(macInput.extend({ Mac: bytes }), (ring, input) => {
    const key = usableKey(ring, input.KeyId, 'GENERATE_VERIFY_MAC', 'VerifyMac');
    const expected = mac(key, input.Message);
    if (input.Mac.length !== expected.length || !timingSafeEqual(input.Mac, expected)) {
      throw new AwsError('KMSInvalidMacException', 'The MAC is not the one of this message and key.');
    }
    return { KeyId: key.arn, MacAlgorithm: input.MacAlgorithm, MacValid: true };
  }),
  Sign: operation(signInput, (ring, input) => {
    const key = usableKey(ring, input.KeyId, 'SIGN_VERIFY', 'Sign');
    checkDigest(input);
    const signature =
      input.MessageType === 'RAW' ? sign('sha256', input.Message, key.secret) : signDigest(input.Message, key.secret);
    return { KeyId: key.arn, SigningAlgorithm: input.SigningAlgorithm, Signature: signature.toString('base64') };
  }),
  Verify: operation(signInput.extend({ Signature: bytes }), (ring, input) => {
    const key = usableKey(ring, input.KeyId, 'SIGN_VERIFY', 'Verify');
    checkDigest(input);
    const check = input.MessageType === 'RAW' ? verifyMessage : verifyDigest;
    if (!check(input.Message, createPublicKey(key.secret), input.Signature)) {
      throw new AwsError('KMSInvalidSignatureException', 'The signature is not one of this message and key.');
    }
    return { KeyId: key.arn, SigningAlgorithm: input.SigningAlgorithm, SignatureValid: true };
  }),
  GetPublicKey: operation(onlyKey, (ring, input) => {
    const key = usableKey(ring, input.KeyId, 'SIGN_VERIFY', 'GetPublicKey');
    const der = createPublicKey(key.secret).export({ format: 'der', type: 'spki' });
    const described = { KeySpec: key.spec, CustomerMasterKeySpec: key.spec, KeyUsage: key.usage, ...key.algorithms };
    return { KeyId: key.arn, PublicKey: der.toString('base64'), ...described };
  }),
  Encrypt: operation(encryptInput, (ring, input) => {
    const key = usableKey(ring, input.KeyId, 'ENCRYPT_DECRYPT', 'Encrypt');
    const blob = seal(key, input.Plaintext, input.EncryptionContext);
    return { KeyId: key.arn, CiphertextBlob: blob.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
  }),
  Decrypt: {
    keyIdOf: (ring, call) => keyOfCiphertext(ring, jsonInput(call, decryptInput).CiphertextBlob).id,
    run: (ring, call) => decrypt(ring, jsonInput(call, decryptInput)),
  },
  GenerateDataKey: operation(dataKeyInput, (ring, input) => {
    const plain = randomBytes(dataKeyLength(input));
    return { ...sealedDataKey(ring, input, plain), Plaintext: plain.toString('base64') };
  }),
  GenerateDataKeyWithoutPlaintext: operation(dataKeyInput, (ring, input) =>
    sealedDataKey(ring, input, randomBytes(dataKeyLength(input))),
  ),
  DescribeKey: operation(onlyKey, (ring, input) => ({ KeyMetadata: describe(findKey(ring, input.KeyId)) })),
  DisableKey: operation(onlyKey, (ring, input) => setEnabled(ring, input.KeyId, false)),
  EnableKey: operation(onlyKey, (ring, input) => setEnabled(ring, input.KeyId, true)),
};

function operationOf(call: Call): Operation {
  const name = targetOf(call);
  const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (found === undefined) throw unknownOperation('kms', name);
  return found;
}

function permissionsOf(ring: Keyring, call: Call): readonly Permission[] {
  const keyId = operationOf(call).keyIdOf(ring, call);
  return [{ action: `kms:${targetOf(call)}`, resource: findKey(ring, keyId).arn, context: conditionKeys(call, keyId) }];
}

/** The condition keys that KMS fills from a request, as far as a policy of ours may name them. */
function conditionKeys(call: Call, keyId: string): Record<string, string | readonly string[]> {
  const input = jsonInput(call, z.looseObject({ EncryptionContext: encryptionContext }));
  const pairs = Object.entries(input.EncryptionContext ?? {});
  const context = Object.fromEntries(pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, value]));
  const named = ['MacAlgorithm', 'SigningAlgorithm', 'MessageType', 'EncryptionAlgorithm'].flatMap((name) => {
    const value = (input as Record<string, unknown>)[name];
    return typeof value === 'string' ? [[`kms:${name}`, value] as const] : [];
  });
  const alias = keyId.match(/(?:^|:)(alias\/.+)$/)?.[1];
  return {
    ...context,
    ...Object.fromEntries(named),
    ...(pairs.length > 0 && { 'kms:EncryptionContextKeys': pairs.map(([name]) => name) }),
    ...(alias !== undefined && { 'kms:RequestAlias': alias }),
  };
}

const mac = (key: Key, message: Buffer): Buffer => createHmac('sha256', key.secret).update(message).digest();

const verifyMessage = (message: Buffer, key: KeyObject, signature: Buffer): boolean =>
  verify('sha256', message, key, signature);

function checkDigest(input: { readonly MessageType: string; readonly Message: Buffer }): void {
  if (input.MessageType === 'RAW' || input.Message.length === 32) return;
  throw new AwsError('ValidationException', 'Digest is invalid length for algorithm ECDSA_SHA_256.');
}

// A ciphertext is: version (1 byte), length of the key id (1), key id, nonce (12), tag (16), encrypted bytes.

function seal(key: Key, plain: Buffer, context: Record<string, string> = {}): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce).setAAD(associatedData(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from([1, key.id.length]), Buffer.from(key.id), nonce, cipher.getAuthTag(), body]);
}

function unseal(key: Key, blob: Buffer, context: Record<string, string> = {}): Buffer {
  const start = 2 + key.id.length;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.secret, blob.subarray(start, start + 12), {
      authTagLength: 16,
    });
    decipher.setAAD(associatedData(context)).setAuthTag(blob.subarray(start + 12, start + 28));
    return Buffer.concat([decipher.update(blob.subarray(start + 28)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

const invalidCiphertext = () =>
  new AwsError(
    'InvalidCiphertextException',
    'The ciphertext or its encryption context is not the one that was encrypted.',
  );

function associatedData(context: Record<string, string>): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function keyOfCiphertext(ring: Keyring, blob: Buffer): Key {
  const key = blob[0] === 1 ? ring.keys.get(blob.subarray(2, 2 + (blob[1] ?? 0)).toString()) : undefined;
  if (key === undefined) throw invalidCiphertext();
  return key;
}

function decrypt(ring: Keyring, input: z.infer<typeof decryptInput>): unknown {
  const sealedBy = keyOfCiphertext(ring, input.CiphertextBlob);
  const key = usableKey(ring, input.KeyId ?? sealedBy.id, 'ENCRYPT_DECRYPT', 'Decrypt');
  if (key !== sealedBy) {
    throw new AwsError(
      'IncorrectKeyException',
      'The key ID in the request does not identify the key that encrypted this.',
    );
  }
  const plain = unseal(key, input.CiphertextBlob, input.EncryptionContext);
  return { KeyId: key.arn, Plaintext: plain.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
}

function dataKeyLength(input: z.infer<typeof dataKeyInput>): number {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  }
  return input.NumberOfBytes ?? (input.KeySpec === 'AES_128' ? 16 : 32);
}

function sealedDataKey(ring: Keyring, input: z.infer<typeof dataKeyInput>, plain: Buffer): object {
  const key = usableKey(ring, input.KeyId, 'ENCRYPT_DECRYPT', 'GenerateDataKey');
  return { KeyId: key.arn, CiphertextBlob: seal(key, plain, input.EncryptionContext).toString('base64') };
}

async function setEnabled(ring: Keyring, keyId: string, enabled: boolean): Promise<object> {
  const key = findKey(ring, keyId);
  await ring.store.put(`enabled/${key.id}`, enabled);
  key.enabled = enabled;
  return {};
}

function describe(key: Key): object {
  return {
    AWSAccountId: key.arn.split(':')[4],
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: Date.parse(key.createdAt) / 1000,
    Enabled: key.enabled,
    KeyState: key.enabled ? 'Enabled' : 'Disabled',
    Description: key.description ?? '',
    KeyUsage: key.usage,
    KeySpec: key.spec,
    CustomerMasterKeySpec: key.spec,
    KeyManager: 'CUSTOMER',
    Origin: 'AWS_KMS',
    MultiRegion: false,
    ...key.algorithms,
  };
}
