import { join } from 'node:path';
import type { Access } from './access.ts';
import type { VirtualClock } from './clock.ts';
import type { Deployment } from './deployment.ts';
import { openDynamoDb } from './dynamodb.ts';
import { type Faults, openFaults } from './faults.ts';
import { openKms } from './kms.ts';
import { type Lambda, openLambda } from './lambda.ts';
import { type Mailbox, openMailbox } from './mailbox.ts';
import { openQueues, type Queues } from './queues.ts';
import { openS3 } from './s3.ts';
import { openScheduler, type Scheduler } from './scheduler.ts';
import { openSecretsManager } from './secrets-manager.ts';
import type { InvokeFunction, Service, Store } from './service.ts';
import { type Behaviours, openSes } from './ses.ts';
import { openSns, type Sns } from './sns.ts';
import { openStates } from './states.ts';
import { place } from './template-resources.ts';

/** What the services stand on. */
export interface Ground {
  readonly stateDir: string;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly deployment: Deployment;
  readonly access: Access;
  readonly closers: (() => unknown)[];
}

/** Everything that runs behind the two ports. */
export interface Parts {
  readonly services: readonly Service[];
  readonly lambda: Lambda;
  readonly states: Awaited<ReturnType<typeof openStates>>;
  readonly scheduler: Scheduler;
  readonly mailbox: Mailbox;
  readonly queues: Queues;
  readonly behaviours: Behaviours;
  readonly faults: Faults;
  /** Known once the port is open. */
  awsPort: number;
  /** How often something was written to any service. */
  writes: number;
  resume(): Promise<void>;
}

/** Where every AWS service answers. */
export const awsUrl = ({ awsPort }: Parts): string => `http://127.0.0.1:${awsPort}`;

/** Opens every service of a deployment and ties them together. Whatever it opened is among the closers, also when it fails. */
export async function openParts({ stateDir, store, clock, deployment, access, closers }: Ground): Promise<Parts> {
  const opened = async <T extends Service>(opening: T | Promise<T>): Promise<T> => {
    const service = await opening;
    closers.push(() => service.close?.());
    return service;
  };
  const queues = openQueues({ store: store.sub('queues'), clock, queues: deployment.queues });
  const mailbox = await openMailbox({ dir: join(stateDir, 'mail'), store: store.sub('mailbox'), clock });
  const lambda = openLambda({
    store: store.sub('lambda'),
    clock,
    functions: deployment.functions,
    logsDir: join(stateDir, 'logs'),
    endpoint: () => awsUrl(parts),
    credentialsOf: access.credentialsOf,
    deliver: (arn, body, attributes) => deliver(parts, sns, arn, body, attributes),
  });
  const invokeAs = invokeAsRole(lambda, access);
  const sns = openSns({
    store: store.sub('sns'),
    clock,
    topics: deployment.topics,
    subscriptions: deployment.subscriptions,
    invoke: lambda.invoke,
    mailbox,
    queues,
  });
  const { identities, configurationSets, keys, aliases, secrets, machines, tables, buckets } = deployment;
  const publish = async (topic: string, notification: { subject: string; message: string }) => {
    await sns.publish(topic, notification);
  };
  const ses = await opened(
    openSes({ store: store.sub('ses'), clock, mailbox, identities, configurationSets, publish }),
  );
  const states = await opened(openStates({ store: store.sub('states'), clock, machines, invokeAs }));
  const scheduling = openScheduler({
    store: store.sub('scheduler'),
    clock,
    schedules: deployment.schedules,
    invoke: invokeOnSchedule(deployment, invokeAs),
    queues,
    writes: () => parts.writes,
  });
  const scheduler = await opened(scheduling);
  const services: Service[] = [
    await opened(openDynamoDb({ dir: join(stateDir, 'dynamodb'), clock, tables })),
    await opened(openS3({ dir: join(stateDir, 's3'), clock, buckets })),
    await opened(openKms({ store: store.sub('kms'), clock, keys, aliases })),
    await opened(openSecretsManager({ store: store.sub('secrets'), clock, secrets })),
    lambda,
    sns,
    ses,
    states,
    scheduler,
  ];
  const resume = async () => {
    for (const part of [sns, ses, lambda, states]) await part.resume();
    await scheduler.start();
  };
  const { behaviours } = ses;
  const rest = { mailbox, queues, behaviours, faults: openFaults(), awsPort: 0, writes: 0, resume };
  const parts: Parts = { services, lambda, states, scheduler, ...rest };
  return parts;
}

/** Invokes as a state machine or a schedule does: with its role, whose policy counts. */
function invokeAsRole({ invoke }: Lambda, access: Access): (roleArn: string) => InvokeFunction {
  return (role) => async (functionArn, payload, options) => {
    const resource = functionArn.startsWith('arn:')
      ? functionArn
      : `arn:aws:lambda:${place.region}:${place.account}:function:${functionArn}`;
    access.authorise({ accessKeyId: '', role }, { action: 'lambda:InvokeFunction', resource });
    return invoke(functionArn, payload, options);
  };
}

function invokeOnSchedule({ schedules }: Deployment, invokeAs: (roleArn: string) => InvokeFunction): InvokeFunction {
  const roles = new Map(schedules.map(({ functionArn, roleArn }) => [functionArn, roleArn]));
  return (functionArn, payload, options) => invokeAs(roles.get(functionArn) ?? '')(functionArn, payload, options);
}

/** Where a destination of an asynchronous invocation can lie. */
async function deliver(
  { queues, lambda }: Parts,
  sns: Sns,
  arn: string,
  body: string,
  attributes: Readonly<Record<string, string>>,
): Promise<void> {
  const service = arn.split(':')[2] ?? '';
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    sqs: () => queues.send(arn, body, attributes),
    sns: () => sns.publish(arn, { message: body }),
    lambda: () => lambda.invoke(arn, body, { type: 'Event' }),
  };
  const way = ways[service];
  if (way === undefined) throw new Error(`lambda: the local cloud does not model the destination ${arn}`);
  await way();
}
