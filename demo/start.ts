import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { startCrm } from './crm.ts';
import { startNewsletter } from './newsletter.ts';
import { contacts } from './sales.ts';
import { seed } from './seed.ts';
import { fillShopAndSupport } from './shop-and-support.ts';
import { followClock, startSignIn } from './sign-in.ts';
import { startSuperOffice } from './superoffice.ts';
import type { demoSecrets } from './tables.ts';

const { values } = parseArgs({
  options: { state: { type: 'string' }, aws: { type: 'string' }, site: { type: 'string' } },
});
if (!values.state || !values.aws) {
  console.error('usage: node demo/start.ts --state DIR --aws URL [--site URL]');
  process.exit(2);
}

const aws = {
  region: 'eu-west-1',
  endpoint: values.aws,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

const say = (text: string): void => void process.stderr.write(`demo: ${text}\n`);

const start = async (): Promise<void> => {
  const began = performance.now();
  await followClock(values.site);
  const data = seed();
  const token = randomBytes(24).toString('base64url');
  const parts = [
    // The same for every cloud on this machine: what the register begins with follows from the seed alone.
    startCrm(join(import.meta.dirname, '../.local/demo'), data),
    startNewsletter(token, data.subscriptions),
    fillShopAndSupport(aws, data),
    startSuperOffice(contacts),
    startSignIn(token, values.site ?? 'http://127.0.0.1:3000', values.site),
  ] as const;
  // A process that ends while WebAssembly is being compiled can hang: so a failure waits for the others.
  await Promise.allSettled(parts);
  const [crm, newsletter, wrote, sales, issuer] = await Promise.all(parts);
  say(
    `customer register on port ${crm.port}, newsletters on port ${newsletter.port}, business sales on port ${sales.port}, sign-in on port ${issuer.port}`,
  );
  say(wrote ? 'web shop and support filled' : 'web shop and support as they were');
  const signIn = { issuer: `http://${issuer.host}:${issuer.port}`, clientSecret: token };
  await putSecrets({
    'demo/crm': { host: crm.host, port: crm.port, dbname: 'postgres', username: 'postgres', password: token },
    'demo/newsletter': { baseUrl: `http://${newsletter.host}:${newsletter.port}`, token },
    'demo/sales': sales.secret,
    'demo/sign-in': signIn,
    'demo/proof': signIn,
  });
  endWith(() => Promise.all([crm.close(), newsletter.close(), sales.close(), issuer.close()]));
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const ready = { ready: true, crm: crm.port, newsletter: newsletter.port, customers: data.customers.length, seconds };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
};

const putSecrets = async (secrets: Readonly<Record<(typeof demoSecrets)[number], object>>): Promise<void> => {
  const vault = new SecretsManagerClient(aws);
  for (const [name, secret] of Object.entries(secrets))
    await vault.send(new PutSecretValueCommand({ SecretId: name, SecretString: JSON.stringify(secret) }));
  vault.destroy();
};

const endWith = (close: () => Promise<unknown>): void => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void close().finally(() => process.exit(0)));
};

await start().catch((error: Error) => {
  say(`could not start: ${error.name}: ${error.message}`);
  process.exit(1);
});
