import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { World } from './world.ts';

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The newsletter service of the demo, two rows a page, each page so slow; tells which pages it has answered whole. */
export const slowNewsletter = async (rows: number, milliseconds: number) => {
  const answered: number[] = [];
  const itemOf = (email: string, index: number) => ({
    id: `s-${index}`,
    email,
    list: `Brev ${index}`,
    status: 'active',
    consent: { at: '2025-01-01T00:00:00Z', text: 'Ja' },
  });
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const after = searchParams.get('after') ?? '';
    const from = after ? Number(after) : 0;
    await sleep(milliseconds);
    if (response.destroyed) return;
    const items = [from, from + 1]
      .filter((index) => index < rows)
      .map((at) => itemOf(searchParams.get('email') ?? '', at));
    const next = from + 2 < rows ? String(from + 2) : null;
    const body = JSON.stringify({ items, total: rows, next });
    response.writeHead(200, { 'content-type': 'application/json' }).end(body, () => answered.push(from));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answered,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** Sends the newsletter's gatherer elsewhere while `work` is done. */
export const newsletterAt = async (world: World, baseUrl: string, work: () => Promise<void>): Promise<void> => {
  const vault = new SecretsManagerClient({ endpoint: world.aws, region: 'eu-west-1', credentials });
  const SecretId = 'demo/newsletter';
  const { SecretString = '' } = await vault.send(new GetSecretValueCommand({ SecretId }));
  const moved = JSON.stringify({ ...(JSON.parse(SecretString) as object), baseUrl });
  await vault.send(new PutSecretValueCommand({ SecretId, SecretString: moved }));
  await work();
  await vault.send(new PutSecretValueCommand({ SecretId, SecretString }));
  vault.destroy();
};

const isOurs = (pid: string, name: string): boolean => {
  try {
    const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return parent === String(process.pid) && environment.includes(`AWS_LAMBDA_FUNCTION_NAME=${name}`);
  } catch {
    return false;
  }
};

/** Kills the processes of a function, as Lambda does at the end of its memory; answers how many there were. */
export const killFunction = (name: string): number => {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && isOurs(entry, name));
  for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
  return pids.length;
};
