import { join } from 'node:path';
import type { Access } from './access.ts';
import type { VirtualClock } from './clock.ts';
import type { Deployment } from './deployment.ts';
import { openDynamoDb } from './dynamodb.ts';
import { openFaults } from './faults.ts';
import { openKms } from './kms.ts';
import { type Lambda, openLambda } from './lambda.ts';
import { openMailbox } from './mailbox.ts';
import { openQueues } from './queues.ts';
import { Reads } from './reads.ts';
import { openS3 } from './s3.ts';
import { openScheduler } from './scheduler.ts';
import { openSecretsManager } from './secrets-manager.ts';
import type { InvokeFunction, Service, Store } from './service.ts';
import { openSes } from './ses.ts';
import { openSns } from './sns.ts';
import { openStates } from './states.ts';
import { sts } from './sts.ts';
import { place } from './template-resources.ts';

/** What the services stand on. */
export interface Ground {
  readonly stateDir: string;
  /** Where the functions' compiled code is kept: beside their bundles, for every cloud that runs them. */
  readonly compiledDir: string;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly deployment: Deployment;
  readonly access: Access;
  readonly closers: (() => unknown)[];
}

/** Everything that runs behind the two ports. */
export type Parts = Awaited<ReturnType<typeof openParts>>;

/** Opens every service of a deployment and ties them together. Whatever it opened is among the closers, also when it fails. */
export async function openParts(ground: Ground) {
  const { stateDir, compiledDir, store, clock, deployment, access } = ground;
  /** Where AWS answers, known once the port is open. */
  const live = { aws: '' };
  const queues = openQueues({ store: store.sub('queues'), clock, queues: deployment.queues });
  const mailbox = await openMailbox({ store: store.sub('mailbox'), clock });
  const lambda: Lambda = openLambda({
    store: store.sub('lambda'),
    clock,
    functions: deployment.functions,
    logsDir: join(stateDir, 'logs'),
    compiledDir,
    endpoint: () => live.aws,
    credentialsOf: access.credentialsOf,
    deliver: (arn, body) => queues.send(arn, body),
  });
  const sns = openSns({ ...deployment, clock, invoke: lambda.invoke, mailbox, queues });
  const ses = await kept(ground, openSes({ ...deployment, store: store.sub('ses'), mailbox, publish: sns.publish }));
  const invokeAs = invokeAsRole(lambda, access);
  const states = await kept(ground, openStates({ ...deployment, store: store.sub('states'), clock, invokeAs }));
  const reads = new Reads();
  const dynamodb = await kept(ground, openDynamoDb({ ...deployment, dir: join(stateDir, 'dynamodb'), clock, reads }));
  const scheduling = { store: store.sub('scheduler'), clock, queues, reads };
  const invoke = invokeOnSchedule(deployment, invokeAs);
  const scheduler = await kept(ground, openScheduler({ ...deployment, ...scheduling, invoke }));
  const services = [dynamodb, ...(await openStorage(ground)), lambda, sns, ses, states, scheduler, sts];
  const resume = async (): Promise<void> => {
    await lambda.resume();
    // A broken journal is told, with its position; every other execution goes on.
    await states.resume().catch((error: Error) => console.error(`states: ${error.message}`));
    await scheduler.start();
  };
  const faults = openFaults();
  return {
    live,
    reads,
    services,
    lambda,
    states,
    scheduler,
    mailbox,
    queues,
    behaviours: ses.behaviours,
    faults,
    resume,
  };
}

/** A service that is closed with the rest from now on. */
async function kept<T extends Service>({ closers }: Ground, opening: T | Promise<T>): Promise<T> {
  const service = await opening;
  closers.push(() => service.close?.());
  return service;
}

async function openStorage(ground: Ground): Promise<Service[]> {
  const { stateDir, store, clock, deployment } = ground;
  return [
    await kept(ground, openS3({ ...deployment, dir: join(stateDir, 's3'), clock })),
    await kept(ground, openKms({ ...deployment, store: store.sub('kms') })),
    await kept(ground, openSecretsManager({ ...deployment, store: store.sub('secrets'), clock })),
  ];
}

/** Invokes as a state machine or a schedule does: with its role, whose policy counts. */
function invokeAsRole({ invoke }: Lambda, access: Access): (roleArn: string) => InvokeFunction {
  return (role) => async (fn, payload, options) => {
    const resource = fn.startsWith('arn:') ? fn : `arn:aws:lambda:${place.region}:${place.account}:function:${fn}`;
    access.authorise({ accessKeyId: '', role }, { action: 'lambda:InvokeFunction', resource });
    return invoke(fn, payload, options);
  };
}

function invokeOnSchedule({ schedules }: Deployment, invokeAs: (roleArn: string) => InvokeFunction): InvokeFunction {
  const roles = new Map(schedules.map(({ functionArn, roleArn }) => [functionArn, roleArn]));
  return (functionArn, ...rest) => invokeAs(roles.get(functionArn) ?? '')(functionArn, ...rest);
}
