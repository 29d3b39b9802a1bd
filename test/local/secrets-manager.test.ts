import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSecretsManager, secretArn } from '../../local/secrets-manager.ts';
import { memoryStore, serve, stillClock } from './small-gateway.ts';

const secrets = [{ name: 'crm', secretString: '{"user":"crm"}' }, { name: 'empty' }];

async function start(store = memoryStore()) {
  const gateway = await serve(await openSecretsManager({ store, clock: stillClock(), secrets }), 'json');
  const client = new SecretsManagerClient(gateway.config);
  const readSecret = async (SecretId: string, VersionStage?: string) =>
    (await client.send(new GetSecretValueCommand({ SecretId, VersionStage }))).SecretString;
  return { gateway, client, readSecret, store };
}

let local: Awaited<ReturnType<typeof start>>;
beforeEach(async () => {
  local = await start();
});
afterEach(() => local.gateway[Symbol.asyncDispose]());

describe('a secret of the template', () => {
  test('is listed by name and ARN, without its value', async () => {
    const { SecretList } = await local.client.send(new ListSecretsCommand({}));
    expect(SecretList).toEqual(['crm', 'empty'].map((Name) => ({ Name, ARN: secretArn(Name) })));
    expect(local.gateway.asked).toEqual([{ action: 'secretsmanager:ListSecrets', resource: '*' }]);
  });

  test('is found by name, by ARN and by ARN without the six characters', async () => {
    const arn = secretArn('crm');
    expect(arn).toMatch(/:secret:crm-[A-Za-z0-9]{6}$/);
    for (const id of ['crm', arn, arn.slice(0, -7)]) expect(await local.readSecret(id)).toBe('{"user":"crm"}');
  });

  test('is not found by a name that only begins like it', async () => {
    for (const id of ['cr', 'crm-abcdef', 'crm2']) {
      await expect(local.readSecret(id)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });

  test('keeps the value that a person put, over a restart with the same template', async () => {
    await local.client.send(new PutSecretValueCommand({ SecretId: 'crm', SecretString: 'mine' }));
    const again = await start(local.store);
    expect([await again.readSecret('crm'), await again.readSecret('crm', 'AWSPREVIOUS')]).toEqual([
      'mine',
      '{"user":"crm"}',
    ]);
    await again.gateway[Symbol.asyncDispose]();
  });

  test('without a value yet is ResourceNotFoundException, as in AWS', async () => {
    await expect(local.readSecret('empty')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: expect.stringContaining('AWSCURRENT'),
    });
  });
});

describe('a new value', () => {
  test('is AWSCURRENT, the one before is AWSPREVIOUS, the one before that is gone', async () => {
    for (const SecretString of ['second', 'third']) {
      await local.client.send(new PutSecretValueCommand({ SecretId: 'crm', SecretString }));
    }
    expect([await local.readSecret('crm'), await local.readSecret('crm', 'AWSPREVIOUS')]).toEqual(['third', 'second']);
    const current = await local.client.send(new GetSecretValueCommand({ SecretId: 'crm' }));
    expect([current.VersionStages, current.CreatedDate]).toEqual([
      ['AWSCURRENT'],
      new Date('2026-01-31T12:00:00.000Z'),
    ]);
  });

  test('of a secret that had none is its first', async () => {
    await local.client.send(new PutSecretValueCommand({ SecretId: 'empty', SecretString: 'first' }));
    expect(await local.readSecret('empty')).toBe('first');
    await expect(local.readSecret('empty', 'AWSPREVIOUS')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  test('put twice with one token is one version, and with another value is ResourceExistsException', async () => {
    const ClientRequestToken = '0'.repeat(32);
    const put = (SecretString: string) =>
      local.client.send(new PutSecretValueCommand({ SecretId: 'crm', SecretString, ClientRequestToken }));
    expect((await put('new')).VersionId).toBe((await put('new')).VersionId);
    expect(await local.readSecret('crm', 'AWSPREVIOUS')).toBe('{"user":"crm"}');
    await expect(put('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });
});

test('a call needs the permission on the ARN with its six characters', async () => {
  await local.readSecret('crm');
  await expect(local.readSecret('nobody')).rejects.toThrow();
  expect(local.gateway.asked).toEqual([
    { action: 'secretsmanager:GetSecretValue', resource: secretArn('crm') },
    {
      action: 'secretsmanager:GetSecretValue',
      resource: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:nobody',
    },
  ]);
});

test('an operation or a field that is not modelled is refused by name', async () => {
  await expect(local.client.send(new DeleteSecretCommand({ SecretId: 'crm' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('secretsmanager:DeleteSecret'),
  });
  const bytes = new PutSecretValueCommand({ SecretId: 'crm', SecretBinary: Buffer.from('x') });
  await expect(local.client.send(bytes)).rejects.toMatchObject({ message: expect.stringContaining('SecretBinary') });
});
