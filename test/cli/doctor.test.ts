import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Account, startStandIn } from './aws-stand-in.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'privacy-doctor-'));
const ready: Account = {
  deployed: true,
  verified: true,
  dailyMails: 50_000,
  subscriptions: {
    EscalationTopic: ['arn:aws:sns:eu-west-1:1:Escalations:a'],
    AlarmTopic: ['arn:aws:sns:eu-west-1:1:Alarms:b'],
  },
  secrets: { 'privacy/customers': '{"host":"db"}' },
  texts: { '_dmarc.eksempel.dk': 'v=DMARC1; p=reject' },
};
const account: Account = structuredClone(ready);
let standIn: Awaited<ReturnType<typeof startStandIn>>;

/** The example's files with addresses that somebody can own. */
const fill = () => {
  for (const name of ['privacy.config.yaml', 'systems'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of ['privacy.config.yaml', ...readdirSync(join(folder, 'systems')).map((each) => `systems/${each}`)])
    edit(name, (text) => text.replaceAll('.example', '.dk'));
};
const edit = (name: string, change: (text: string) => string) =>
  writeFileSync(join(folder, name), change(readFileSync(join(folder, name), 'utf8')));

const doctor = (args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) =>
  new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    const all = ['doctor', '--folder', folder, '--name-server', standIn.nameServer, ...args];
    const own = { AWS_ENDPOINT_URL: standIn.endpoint, AWS_REGION: 'eu-west-1', HOME: folder };
    const keys = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_MAX_ATTEMPTS: '1' };
    const options = { env: { PATH: process.env.PATH, ...own, ...keys, ...env } };
    execFile(process.execPath, [join(root, 'cli/privacy.ts'), ...all], options, (error, stdout, stderr) =>
      resolve({ status: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
const next = async (env: NodeJS.ProcessEnv = {}) => {
  const { status, stdout } = await doctor(['--json'], env);
  expect(status).toBe(3);
  return (JSON.parse(stdout) as { next: { step: string; todo: string; lines: string[] } }).next;
};

beforeAll(async () => {
  standIn = await startStandIn(account);
});
beforeEach(() => {
  fill();
  Object.assign(account, structuredClone(ready));
});
afterAll(() => {
  standIn.close();
  rmSync(folder, { recursive: true });
});

test('a deployment that lacks nothing is said to be whole, every step by name', async () => {
  const { status, stdout, stderr } = await doctor();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout.match(/^done .*$/gm)).toHaveLength(9);
  expect(stdout).toContain('nothing is missing: send yourself a request');
});

test('in a fresh checkout the first step is to say who one is, without an AWS account', async () => {
  cpSync(join(root, 'privacy.config.yaml'), join(folder, 'privacy.config.yaml'));
  expect(await next({ AWS_ACCESS_KEY_ID: '' })).toMatchObject({
    step: 'configuration',
    todo: expect.stringContaining('example'),
  });
});

test('mistakes in the configuration and in the data map are told with file, line and column', async () => {
  edit('systems/orders.yaml', (text) => text.replace('customers.person.id', 'customers.person.nothing'));
  expect(await next()).toMatchObject({ step: 'data map', lines: [expect.stringMatching(/orders\.yaml:\d+:\d+ /)] });
  edit('privacy.config.yaml', (text) => text.replace('country: DK', 'country: Danmark'));
  expect(await next()).toMatchObject({
    step: 'configuration',
    lines: [expect.stringMatching(/config\.yaml:\d+:\d+ /)],
  });
});

test('systems of the example are not yet one’s own', async () => {
  cpSync(join(root, 'systems/contracts.yaml'), join(folder, 'systems/contracts.yaml'));
  expect(await next()).toMatchObject({ step: 'data map', lines: ['contracts'] });
});

test('who is not signed in to AWS, and who has not deployed, is told how', async () => {
  const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
  expect(await next(nobody)).toMatchObject({ step: 'deployment', todo: expect.stringContaining('sign in') });
  account.deployed = false;
  expect(await next()).toMatchObject({ step: 'deployment', lines: ['npm run deploy'] });
});

test('a mail domain that is not verified is told with the records to add, ready to copy', async () => {
  account.verified = false;
  const { step, lines } = await next();
  expect(step).toBe('mail identity');
  expect(lines[0]).toBe('one._domainkey.eksempel.dk  CNAME  one.dkim.amazonses.com');
  expect(lines).toHaveLength(3);
});

test('T74: a domain that anybody may write in the name of is not ready; a policy of the domain above counts', async () => {
  Object.assign(account.texts, { '_dmarc.eksempel.dk': 'v=DMARC1; p=none' });
  expect(await next()).toMatchObject({ step: 'DMARC', lines: ['v=DMARC1; p=none'] });
  delete account.texts['_dmarc.eksempel.dk'];
  expect(await next()).toMatchObject({ step: 'DMARC', lines: ['_dmarc.eksempel.dk  TXT  "v=DMARC1; p=reject"'] });
  edit('privacy.config.yaml', (text) =>
    text
      .replace('identity: eksempel.dk', 'identity: post.eksempel.dk')
      .replace('@eksempel.dk\n  identity', '@post.eksempel.dk\n  identity'),
  );
  account.texts['_dmarc.eksempel.dk'] = 'v=DMARC1; p=reject; sp=none';
  expect(await next()).toMatchObject({ step: 'DMARC', lines: ['v=DMARC1; p=reject; sp=none'] });
  account.texts['_dmarc.eksempel.dk'] = 'v=DMARC1; p=quarantine';
  expect((await doctor()).status).toBe(0);
});

test('a name server that does not answer is no missing record: the command fails and says so', async () => {
  const { status, stdout, stderr } = await doctor(['--name-server', '127.0.0.1:1']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/_dmarc\.eksempel\.dk/);
});

test('SES in its sandbox, an unconfirmed second channel, alarms that nobody hears and empty secrets come one after another', async () => {
  account.dailyMails = 200;
  account.subscriptions.EscalationTopic = ['PendingConfirmation', 'arn:aws:sns:eu-west-1:1:Escalations:a'];
  account.subscriptions.AlarmTopic = ['PendingConfirmation'];
  account.secrets['privacy/customers'] = '{}';
  expect((await next()).step).toBe('sandbox');
  account.dailyMails = 50_000;
  expect(await next()).toMatchObject({ step: 'escalation', todo: expect.stringContaining('1 of 2') });
  account.subscriptions.EscalationTopic = ready.subscriptions.EscalationTopic ?? [];
  expect((await next()).step).toBe('alarms');
  account.subscriptions.AlarmTopic = ready.subscriptions.AlarmTopic ?? [];
  expect(await next()).toMatchObject({ step: 'secrets', lines: [expect.stringContaining('privacy/customers')] });
  account.secrets['privacy/customers'] = '{"host":"db"}';
  expect((await doctor()).status).toBe(0);
});
