import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { UsageError } from './exit.ts';

const file = '.local/outputs.json';

const Outputs = z.record(z.string(), z.string());
const Local = z.object({ endpoint: z.string(), stacks: z.record(z.string(), Outputs) });

/** Names of a deployment's table, buckets and keys, as the stack gives them out. */
export interface Deployment {
  readonly requests: string;
  readonly evidence: string;
  readonly audit: string;
  readonly auditKey: string;
  readonly escalations: string;
  readonly alarms: string;
}

const named = (outputs: Readonly<Record<string, string>>, where: string): Deployment => {
  const of = (name: string): string => {
    const value = outputs[name];
    if (!value) throw new Error(`${where} has no output ${name}: deploy it again`);
    return value;
  };
  return {
    requests: of('RequestsTable'),
    evidence: of('EvidenceBucket'),
    audit: of('AuditBucket'),
    auditKey: of('AuditKey'),
    escalations: of('EscalationTopic'),
    alarms: of('AlarmTopic'),
  };
};

/** The local cloud of this folder; from here on every client of this process talks to it. */
const local = (): Deployment => {
  if (!existsSync(file)) throw new UsageError(`${file} is missing: run npm start, or name a deployment by --stack`);
  const { endpoint, stacks } = Local.parse(JSON.parse(readFileSync(file, 'utf8')));
  const found = Object.values(stacks).find((outputs) => outputs.RequestsTable);
  if (!found) throw new Error(`${file} names no stack of Privacy@`);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  });
  return named(found, file);
};

const deployed = async (stack: string): Promise<Deployment> => {
  const { CloudFormationClient, DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const { Stacks = [] } = await new CloudFormationClient().send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]);
  return named(Object.fromEntries(outputs) as Record<string, string>, `stack ${stack}`);
};

/** Where `--stack NAME` is, or the local cloud of this folder. Call it before anything of functions/aws is loaded. */
export const deploymentOf = async ({ stack }: { stack?: string }): Promise<Deployment> =>
  stack ? deployed(stack) : local();
