import { createPublicKey, verify } from 'node:crypto';
import {
  GenerateMacCommand,
  GetPublicKeyCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  SignCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type KmsKey, openKms } from '../../local/kms.ts';
import { memoryStore, serve } from './small-gateway.ts';

const arn = (id: string) => `arn:aws:kms:eu-west-1:123456789012:key/${id}`;
const [data, mac, anchor] = ['Data1', 'Mac1', 'Anchor1'] as const;
const keys = [
  { id: data, arn: arn(data), spec: 'SYMMETRIC_DEFAULT' },
  { id: mac, arn: arn(mac), spec: 'HMAC_256' },
  { id: anchor, arn: arn(anchor), spec: 'ECC_NIST_P256' },
];
const bytes = (text: string) => new TextEncoder().encode(text);

async function start(store = memoryStore(), theirs: readonly KmsKey[] = keys) {
  const gateway = await serve(await openKms({ store, keys: theirs }), 'json');
  const kms = new KMSClient(gateway.config);
  const macOf = async (text: string) => {
    const input = { KeyId: mac, Message: bytes(text), MacAlgorithm: 'HMAC_SHA_256' } as const;
    return (await kms.send(new GenerateMacCommand(input))).Mac as Uint8Array;
  };
  return { gateway, kms, macOf, store };
}

let local: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  local = await start();
});
afterEach(() => local.gateway[Symbol.asyncDispose]());

describe('keys', () => {
  test('survive a restart: the same message has the same MAC', async () => {
    const before = await local.macOf('reference');
    const again = await start(local.store);
    expect(await again.macOf('reference')).toEqual(before);
    await again.gateway[Symbol.asyncDispose]();
  });

  test('of a kind that is not modelled are refused at load, by name', async () => {
    const rsa = [{ id: 'R', arn: arn('R'), spec: 'RSA_2048' }];
    await expect(openKms({ store: memoryStore(), keys: rsa })).rejects.toThrow(/key R.*RSA_2048/);
  });

  test('that do not exist are NotFoundException', async () => {
    await expect(local.kms.send(new GetPublicKeyCommand({ KeyId: 'nobody' }))).rejects.toMatchObject({
      name: 'NotFoundException',
    });
  });

  test('do only what they are for', async () => {
    const wrong = new GetPublicKeyCommand({ KeyId: data });
    await expect(local.kms.send(wrong)).rejects.toMatchObject({ name: 'InvalidKeyUsageException' });
  });
});

describe('MACs', () => {
  test('are made of at most 4,096 bytes', async () => {
    expect(await local.macOf('x'.repeat(4096))).toHaveLength(32);
    await expect(local.macOf('x'.repeat(4097))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('signatures', () => {
  const signing = { KeyId: arn(anchor), SigningAlgorithm: 'ECDSA_SHA_256' } as const;
  const signatureOf = async (text: string) =>
    (await local.kms.send(new SignCommand({ ...signing, Message: bytes(text) }))).Signature as Uint8Array;

  test('of a message are verified by anyone who has the public key, also after a restart', async () => {
    const { PublicKey } = await local.kms.send(new GetPublicKeyCommand({ KeyId: anchor }));
    const key = createPublicKey({ key: Buffer.from(PublicKey as Uint8Array), format: 'der', type: 'spki' });
    expect(verify('sha256', bytes('head'), key, await signatureOf('head'))).toBe(true);
    expect(verify('sha256', bytes('other'), key, await signatureOf('head'))).toBe(false);
    const again = await start(local.store);
    const kept = await again.kms.send(new GetPublicKeyCommand({ KeyId: arn(anchor) }));
    expect(kept.PublicKey).toEqual(PublicKey);
    await again.gateway[Symbol.asyncDispose]();
  });

  test('of a digest are refused by name', async () => {
    const digest = new SignCommand({ ...signing, Message: bytes('x'.repeat(32)), MessageType: 'DIGEST' });
    await expect(local.kms.send(digest)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('MessageType'),
    });
  });
});

test('a call needs the permission on the key itself', async () => {
  await local.kms.send(new SignCommand({ KeyId: arn(anchor), Message: bytes('x'), SigningAlgorithm: 'ECDSA_SHA_256' }));
  expect(local.gateway.asked).toEqual([{ action: 'kms:Sign', resource: arn(anchor) }]);
});

test('all keys are listed to whom may list them', async () => {
  const { Keys = [] } = await local.kms.send(new ListKeysCommand({}));
  expect(Keys).toEqual([data, mac, anchor].map((id) => ({ KeyId: id, KeyArn: arn(id) })));
  expect(local.gateway.asked).toEqual([{ action: 'kms:ListKeys', resource: '*' }]);
});

test('an operation or a field that is not modelled is refused by name', async () => {
  await expect(local.kms.send(new ListAliasesCommand({}))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('kms:ListAliases'),
  });
  const dry = new GenerateMacCommand({ KeyId: mac, Message: bytes('x'), MacAlgorithm: 'HMAC_SHA_256', DryRun: true });
  await expect(local.kms.send(dry)).rejects.toMatchObject({ message: expect.stringContaining('DryRun') });
});
