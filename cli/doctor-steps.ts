import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, parseConfig } from '../domain/config.ts';
import type { DataMap } from '../domain/data-map.ts';
import { type Deployment, deploymentOf } from './deployment.ts';
import { findingLine, readFiles, readMap } from './map-files.ts';

/** Where to look. */
export interface Asked {
  readonly folder: string;
  readonly stack: string;
  /** Asks a name server for the texts of a name; none where it has none. Rejects when it does not answer. */
  readonly textsOf: (name: string) => Promise<readonly string[]>;
}

/** What the steps before found out. */
export interface Known extends Asked {
  config: Config;
  map: DataMap;
  deployment: Deployment;
}

/** What is to be done, and then the lines that it takes, to copy; undefined when it is done. */
type Todo = readonly string[] | undefined;

type Step = readonly [name: string, look: (known: Known) => Promise<Todo>];

/** Nobody can own these domains (RFC 2606): who still stands there was never replaced. */
const isExample = (name: string): boolean => /\.example$/i.test(name);

const configuration = async (known: Known): Promise<Todo> => {
  const file = join(known.folder, 'privacy.config.yaml');
  if (!existsSync(file)) return [`write ${file}: who you are, your DPO, your country`];
  const read = parseConfig(file, readFileSync(file, 'utf8'));
  if ('findings' in read) return [`mend ${file}`, ...read.findings.map(findingLine)];
  known.config = read.config;
  const { organisation, dpo, mail } = read.config;
  if (![organisation.email ?? '', dpo.email, mail.identity].some(isExample)) return undefined;
  return [`put your organisation into ${file}: it still is the example`];
};

const dataMap = async (known: Known): Promise<Todo> => {
  const folder = join(known.folder, 'systems');
  if (!existsSync(folder)) return [`describe your systems in ${folder}, a YAML file each`];
  const { map, findings } = readMap(readFiles([folder]));
  if (findings.length > 0 || !map) return [`mend the data map in ${folder}`, ...findings.map(findingLine)];
  known.map = map;
  const examples = Object.entries(map.systems).filter(([, { owner }]) => isExample(owner.email));
  if (examples.length === 0) return undefined;
  return ['describe your own systems: these are the example’s', ...examples.map(([name]) => name)];
};

const deployment = async (known: Known): Promise<Todo> => {
  try {
    known.deployment = await deploymentOf(known);
    return undefined;
  } catch (error) {
    const { name, message } = error as Error;
    if (/Credentials|Token/.test(name)) return ['sign in to your AWS account (aws sso login, or AWS_PROFILE)', name];
    if (/does not exist/.test(message)) return ['deploy it', 'npm run deploy'];
    throw error;
  }
};

const mailIdentity = async ({ config }: Known): Promise<Todo> => {
  const { identity } = config.mail;
  const aws = await import('@aws-sdk/client-ses');
  const ses = new aws.SESClient();
  const asked = { Identities: [identity] };
  const { VerificationAttributes = {} } = await ses.send(new aws.GetIdentityVerificationAttributesCommand(asked));
  if (VerificationAttributes[identity]?.VerificationStatus === 'Success') return undefined;
  if (identity.includes('@')) return [`follow the link in the mail that AWS sent to ${identity}`];
  const { DkimAttributes = {} } = await ses.send(new aws.GetIdentityDkimAttributesCommand(asked));
  const tokens = DkimAttributes[identity]?.DkimTokens ?? [];
  if (tokens.length === 0) return [`deploy again: SES does not know ${identity}`, 'npm run deploy'];
  const record = (token: string) => `${token}._domainkey.${identity}  CNAME  ${token}.dkim.amazonses.com`;
  return [`add these records to the DNS of ${identity}; SES looks for them for three days`, ...tokens.map(record)];
};

/** The domain and those above it that somebody can own: a policy there holds below too (RFC 7489, 6.6.3). */
const domainsOf = (identity: string): string[] => {
  const labels = (identity.split('@').at(-1) ?? '').split('.');
  return labels.slice(0, -1).map((_, n) => labels.slice(n).join('.'));
};

/** Whether a policy has forged mail refused or set aside; for domains below its own `sp` goes before `p`. */
const isStrict = (policy: string, below: boolean): boolean => {
  const [, own] = /;\s*p=(\w+)/i.exec(policy) ?? [];
  const [, theirs = own] = /;\s*sp=(\w+)/i.exec(policy) ?? [];
  return /^(quarantine|reject)$/i.test((below ? theirs : own) ?? '');
};

/** Without a policy anybody may write in our name (T74). */
const dmarc = async ({ config, textsOf }: Known): Promise<Todo> => {
  const domains = domainsOf(config.mail.identity);
  for (const domain of domains) {
    const texts = await textsOf(`_dmarc.${domain}`);
    const policy = texts.find((text) => /^v=DMARC1\b/i.test(text));
    if (policy && isStrict(policy, domain !== domains[0])) return undefined;
    if (policy) return [`let _dmarc.${domain} say quarantine or reject for ${domains[0]}: it says`, policy];
  }
  const [own] = domains;
  return [`add this record to the DNS of ${own}`, `_dmarc.${own}  TXT  "v=DMARC1; p=reject"`];
};

/** SES gives an account in its sandbox at most 200 mails a day, to verified addresses only. */
const sandbox = async (): Promise<Todo> => {
  const { GetSendQuotaCommand, SESClient } = await import('@aws-sdk/client-ses');
  const { Max24HourSend = 0 } = await new SESClient().send(new GetSendQuotaCommand({}));
  if (Max24HourSend > 200) return undefined;
  const page = 'https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html';
  return ['ask AWS to take SES out of its sandbox: it sends to verified addresses only', page];
};

const subscriptionsOf = async (TopicArn: string): Promise<string[]> => {
  const { ListSubscriptionsByTopicCommand, SNSClient } = await import('@aws-sdk/client-sns');
  const sns = new SNSClient();
  const found: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn, NextToken }));
    found.push(...(page.Subscriptions ?? []).map(({ SubscriptionArn = '' }) => SubscriptionArn));
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
};

const isConfirmed = (arn: string): boolean => arn.startsWith('arn:');

const escalation = async ({ deployment: { escalations } }: Known): Promise<Todo> => {
  const found = await subscriptionsOf(escalations);
  const confirmed = found.filter(isConfirmed).length;
  if (confirmed > 0 && confirmed === found.length) return undefined;
  return [
    `${confirmed} of ${found.length} addresses of the second channel have followed the link in the mail from AWS Notifications; to have it sent again`,
    `aws sns subscribe --topic-arn ${escalations} --protocol email --notification-endpoint ADDRESS`,
  ];
};

const alarms = async ({ deployment: { alarms: topic } }: Known): Promise<Todo> => {
  if ((await subscriptionsOf(topic)).some(isConfirmed)) return undefined;
  return [
    'nobody hears the alarms: subscribe the people on duty',
    `aws sns subscribe --topic-arn ${topic} --protocol email --notification-endpoint ADDRESS`,
  ];
};

const secretsIn = ({ config, map }: Known): string[] => {
  const systems = Object.values(map.systems).map(({ connector }) => connector.secret);
  return [...new Set([...systems, config.signIn?.secret, config.proof?.secret].flatMap((name) => name ?? []))];
};

const secrets = async (known: Known): Promise<Todo> => {
  const aws = await import('@aws-sdk/client-secrets-manager');
  const vault = new aws.SecretsManagerClient();
  const isEmpty = async (SecretId: string): Promise<boolean> => {
    const { SecretString = '' } = await vault.send(new aws.GetSecretValueCommand({ SecretId }));
    return /^\s*(\{\s*\})?\s*$/.test(SecretString);
  };
  const empty: string[] = [];
  for (const name of secretsIn(known)) if (await isEmpty(name)) empty.push(name);
  if (empty.length === 0) return undefined;
  const put = (name: string) => `aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://FILE`;
  return ['put in what opens these systems (docs/connectors says what each wants)', ...empty.map(put)];
};

/** In the order in which ops can do them: each needs the ones before it. */
export const steps: readonly Step[] = [
  ['configuration', configuration],
  ['data map', dataMap],
  ['deployment', deployment],
  ['mail identity', mailIdentity],
  ['DMARC', dmarc],
  ['sandbox', sandbox],
  ['escalation', escalation],
  ['alarms', alarms],
  ['secrets', secrets],
];
