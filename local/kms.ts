import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import * as z from 'zod';
import { type JsonOperation, jsonService, operation } from './protocol.ts';
import { AwsError, type Service, type Store } from './service.ts';

/** A key of the template. Any other key spec is refused at load. */
export interface KmsKey {
  readonly id: string;
  readonly arn: string;
  readonly spec: string;
}

interface Key extends KmsKey {
  readonly secret: KeyObject;
}

/** Keys by their id. */
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
/** How material of a key spec is made and read back. Keys that encrypt are used by services alone, which encrypt nothing here. */
const specs: Readonly<Record<string, { create(): string; read(material: string): KeyObject }>> = {
  SYMMETRIC_DEFAULT: secret,
  HMAC_256: secret,
  ECC_NIST_P256: signer,
};

/** The keys of the template with material that is made once and kept in the store. Throws on a key spec it does not model. */
export async function openKms(options: { readonly store: Store; readonly keys: readonly KmsKey[] }): Promise<Service> {
  const keys = new Map<string, Key>();
  for (const key of options.keys) keys.set(key.id, await openKey(key, options.store));
  return jsonService('kms', keys, operations, ({ KeyId }) => find(keys, String(KeyId)).arn);
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

/** By its id or its ARN. */
function find(keys: Keys, keyId: string): Key {
  const key = keys.get(keyId.replace(/^arn:.*:key\//, ''));
  if (key !== undefined) return key;
  throw new AwsError('NotFoundException', `Key '${keyId}' does not exist`);
}

// Operations.

const KeyId = z.string();
const bytes = z.base64().transform((text) => Buffer.from(text, 'base64'));
/** KMS takes at most 4,096 bytes of message. */
const Message = bytes.refine(({ length }) => length > 0 && length <= 4096, 'must have 1 to 4096 bytes');
const onMac = { KeyId, Message, MacAlgorithm: z.literal('HMAC_SHA_256') };
const onSignature = { KeyId, Message, SigningAlgorithm: z.literal('ECDSA_SHA_256') };
// KMS signs a digest too; Node's crypto always hashes first.
const MessageType = z.literal('RAW').optional();
const macOf = (key: Key, text: Buffer): Buffer => createHmac('sha256', key.secret).update(text).digest();

/** The key of a call, when it is of this spec. */
function usable(keys: Keys, keyId: string, wanted: string): Key {
  const key = find(keys, keyId);
  if (key.spec === wanted) return key;
  throw new AwsError('InvalidKeyUsageException', `${key.arn} is a key of ${key.spec}, and this needs ${wanted}.`);
}

const operations: Readonly<Record<string, JsonOperation<Keys>>> = {
  GenerateMac: operation(onMac, (keys: Keys, { KeyId, Message, MacAlgorithm }) => {
    const key = usable(keys, KeyId, 'HMAC_256');
    return { KeyId: key.arn, MacAlgorithm, Mac: macOf(key, Message).toString('base64') };
  }),
  Sign: operation({ ...onSignature, MessageType }, (keys: Keys, { KeyId, Message, SigningAlgorithm }) => {
    const { arn, secret } = usable(keys, KeyId, 'ECC_NIST_P256');
    return { KeyId: arn, SigningAlgorithm, Signature: sign('sha256', Message, secret).toString('base64') };
  }),
  ListKeys: operation({}, (keys: Keys) => {
    return { Keys: [...keys.values()].map(({ id, arn }) => ({ KeyId: id, KeyArn: arn })), Truncated: false };
  }),
  GetPublicKey: operation({ KeyId }, (keys: Keys, { KeyId }) => {
    const { arn, spec, secret } = usable(keys, KeyId, 'ECC_NIST_P256');
    const PublicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).toString('base64');
    return { KeyId: arn, PublicKey, KeySpec: spec, KeyUsage: 'SIGN_VERIFY', SigningAlgorithms: ['ECDSA_SHA_256'] };
  }),
};
