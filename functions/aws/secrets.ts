import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SourceMalformed } from '../../domain/errors.ts';

// What a parser says of a text repeats some of it.
const parsed = (text: string): Record<string, unknown> => {
  let held: unknown;
  try {
    held = JSON.parse(text);
  } catch {
    held = undefined;
  }
  if (typeof held === 'object' && held !== null && !Array.isArray(held)) return held as Record<string, unknown>;
  throw new SourceMalformed('the secret is no JSON object of names and texts');
};

/** A connector's secret by name: a flat JSON object of texts, or SourceMalformed. Kept by the process, never printed. */
export const readSecret = async (
  SecretId: string,
  client: SecretsManagerClient = new SecretsManagerClient(),
): Promise<Readonly<Record<string, string>>> => {
  const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
  return Object.fromEntries(Object.entries(parsed(SecretString)).map(([name, value]) => [name, String(value)]));
};
