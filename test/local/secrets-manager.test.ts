import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { generateSecretString, openSecretsManager, secretArn } from '../../local/secrets-manager.ts';
import { memoryStore, serve, stillClock } from './small-gateway.ts';

const secrets = [
  { name: 'crm', secretString: '{"user":"crm"}' },
  { name: 'made', generate: { SecretStringTemplate: '{"username":"app"}', GenerateStringKey: 'password' } },
  { name: 'empty' },
];

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

  test('with a generated value keeps it over a restart', async () => {
    const value = JSON.parse((await local.readSecret('made')) as string);
    expect(value).toEqual({ username: 'app', password: expect.stringMatching(/^.{32}$/) });
    const again = await start(local.store);
    expect(JSON.parse((await again.readSecret('made')) as string)).toEqual(value);
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
    const { VersionIdsToStages } = await local.client.send(new DescribeSecretCommand({ SecretId: 'crm' }));
    expect(Object.values(VersionIdsToStages ?? {})).toEqual([['AWSPREVIOUS'], ['AWSCURRENT']]);
  });

  test('put twice with one token is one version, and with another value is ResourceExistsException', async () => {
    const ClientRequestToken = '0'.repeat(32);
    const put = (SecretString: string) =>
      local.client.send(new PutSecretValueCommand({ SecretId: 'crm', SecretString, ClientRequestToken }));
    expect((await put('new')).VersionId).toBe((await put('new')).VersionId);
    expect(await local.readSecret('crm', 'AWSPREVIOUS')).toBe('{"user":"crm"}');
    await expect(put('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  test('may be bytes', async () => {
    const { ARN } = await local.client.send(
      new CreateSecretCommand({ Name: 'new/one', SecretBinary: Buffer.from('x') }),
    );
    const read = await local.client.send(new GetSecretValueCommand({ SecretId: ARN }));
    expect(Buffer.from(read.SecretBinary as Uint8Array).toString()).toBe('x');
  });
});

test('a secret can be created once', async () => {
  const create = new CreateSecretCommand({ Name: 'crm', SecretString: 'x' });
  await expect(local.client.send(create)).rejects.toMatchObject({ name: 'ResourceExistsException' });
});

test('the list comes in pages', async () => {
  const first = await local.client.send(new ListSecretsCommand({ MaxResults: 2 }));
  const rest = await local.client.send(new ListSecretsCommand({ MaxResults: 2, NextToken: first.NextToken }));
  expect([...(first.SecretList ?? []), ...(rest.SecretList ?? [])].map(({ Name }) => Name)).toEqual([
    'crm',
    'empty',
    'made',
  ]);
  expect(rest.NextToken).toBeUndefined();
});

describe('generated strings', () => {
  test('hold every kind that is included, and nothing that is excluded', () => {
    for (let round = 0; round < 200; round += 1) {
      const made = generateSecretString({ PasswordLength: 8, ExcludePunctuation: true, ExcludeCharacters: '0O1lI' });
      expect(made).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[a-zA-Z0-9]{8}$/);
      expect(made).not.toMatch(/[0O1lI]/);
    }
  });

  test('without anything to draw from, or half a template, are refused', () => {
    const nothing = { ExcludeLowercase: true, ExcludeUppercase: true, ExcludeNumbers: true, ExcludePunctuation: true };
    expect(() => generateSecretString(nothing)).toThrow(/GenerateSecretString/);
    expect(() => generateSecretString({ GenerateStringKey: 'password' })).toThrow(/together/);
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

test('an operation that is not modelled is refused by name', async () => {
  await expect(local.client.send(new DeleteSecretCommand({ SecretId: 'crm' }))).rejects.toMatchObject({
    name: 'UnknownOperationException',
    message: expect.stringContaining('secretsmanager:DeleteSecret'),
  });
});
