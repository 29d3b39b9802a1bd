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
import { type Behaviours, openSes, type Ses } from './ses.ts';
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
  readonly sns: Sns;
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
export async function openParts(ground: Ground): Promise<Parts> {
  const { stateDir, store, clock, deployment } = ground;
  const queues = openQueues({ store: store.sub('queues'), clock, queues: deployment.queues });
  const mailbox = await openMailbox({ dir: join(stateDir, 'mail'), store: store.sub('mailbox'), clock });
  const lambda = openFunctions(ground, () => parts);
  const sns = openSns({ store: store.sub('sns'), clock, ...deployment, invoke: lambda.invoke, mailbox, queues });
  const ses = await openMail(ground, mailbox, sns);
  const invokeAs = invokeAsRole(lambda, ground.access);
  const { machines } = deployment;
  const states = await opened(ground, openStates({ store: store.sub('states'), clock, machines, invokeAs }));
  const scheduling = openScheduler({
    store: store.sub('scheduler'),
    clock,
    schedules: deployment.schedules,
    invoke: invokeOnSchedule(deployment, invokeAs),
    queues,
    writes: () => parts.writes,
  });
  const scheduler = await opened(ground, scheduling);
  const services = [...(await openStorage(ground)), lambda, sns, ses, states, scheduler];
  const parts: Parts = {
    ...{ services, lambda, sns, states, scheduler, mailbox, queues, behaviours: ses.behaviours },
    ...{ faults: openFaults(), awsPort: 0, writes: 0 },
    async resume() {
      for (const part of [sns, ses, lambda]) await part.resume();
      // A broken journal is told, with its position; every other execution goes on.
      await states.resume().catch((error: Error) => console.error(`states: ${error.message}`));
      await scheduler.start();
    },
  };
  return parts;
}

/** A service that is closed with the rest from now on. */
async function opened<T extends Service>({ closers }: Ground, opening: T | Promise<T>): Promise<T> {
  const service = await opening;
  closers.push(() => service.close?.());
  return service;
}

/** `parts` are asked for when a function runs: by then they are there. */
function openFunctions({ stateDir, store, clock, deployment, access }: Ground, parts: () => Parts): Lambda {
  return openLambda({
    store: store.sub('lambda'),
    clock,
    functions: deployment.functions,
    logsDir: join(stateDir, 'logs'),
    endpoint: () => awsUrl(parts()),
    credentialsOf: access.credentialsOf,
    deliver: (arn, body, attributes) => deliver(parts(), arn, body, attributes),
  });
}

function openMail(ground: Ground, mailbox: Mailbox, sns: Sns): Promise<Ses> {
  const { store, clock, deployment } = ground;
  const { identities, configurationSets } = deployment;
  const publish = async (topicArn: string, notification: { subject: string; message: string }): Promise<void> => {
    await sns.publish(topicArn, notification);
  };
  const ses = openSes({ store: store.sub('ses'), clock, mailbox, identities, configurationSets, publish });
  return opened(ground, ses);
}

async function openStorage(ground: Ground): Promise<Service[]> {
  const { stateDir, store, clock, deployment } = ground;
  const { tables, buckets, keys, aliases, secrets } = deployment;
  return [
    await opened(ground, openDynamoDb({ dir: join(stateDir, 'dynamodb'), clock, tables })),
    await opened(ground, openS3({ dir: join(stateDir, 's3'), clock, buckets })),
    await opened(ground, openKms({ store: store.sub('kms'), clock, keys, aliases })),
    await opened(ground, openSecretsManager({ store: store.sub('secrets'), clock, secrets })),
  ];
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
  { queues, lambda, sns }: Parts,
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
