import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A connector's secret by name: a flat JSON object of texts. Kept by the process, never printed. */
export const readSecret = async (
  SecretId: string,
  client: SecretsManagerClient = new SecretsManagerClient(),
): Promise<Readonly<Record<string, string>>> => {
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
  const held = JSON.parse(SecretString) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(held).map(([name, value]) => [name, String(value)]));
};
