import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Access, openAccess } from './access.ts';
import { openClock, type VirtualClock } from './clock.ts';
import { type Deployment, deploymentOf, type InvokePermission } from './deployment.ts';
import { closed, type Gateway, listening, openGateway } from './gateway.ts';
import { openHttpApi } from './http-api.ts';
import { openPages } from './pages.ts';
import { awsUrl, openParts, type Parts } from './parts.ts';
import { compile, type PolicyDocument } from './policy.ts';
import { authenticateForm, isBrowserUpload } from './s3-form.ts';
import { authenticate } from './signature.ts';
import { openStore } from './store.ts';
import { type Assembly, readAssembly } from './template.ts';

/** A cloud on this machine that runs one cdk.out folder. */
export interface Cloud {
  /** Where the site is served. */
  readonly site: string;
  /** Where every AWS service answers. */
  readonly aws: string;
  readonly clock: VirtualClock;
  /** Ends functions and timers, then frees ports and files. What was under way goes on at the next start. */
  close(): Promise<void>;
}

export interface CloudOptions {
  readonly cdkOut: string;
  /** Folder for everything it keeps. */
  readonly stateDir: string;
  /** Of the site; 0 takes a free one. */
  readonly port: number;
  /** Of the AWS services; 0 takes a free one. */
  readonly awsPort: number;
  /** Virtual time at the very first start; by default real time. */
  readonly now?: Date;
}

/** Runs a cdk.out folder. Rejects, with everything it opened closed again, when anything in it is not modelled or a port is taken. */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const closers: (() => unknown)[] = [];
  const close = once(async () => {
    for (const closer of closers.toReversed()) await closer();
  });
  try {
    return { ...(await start(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

async function start(options: CloudOptions, closers: (() => unknown)[]): Promise<Omit<Cloud, 'close'>> {
  const stateDir = resolve(options.stateDir);
  await mkdir(join(stateDir, 'logs'), { recursive: true });
  const store = await openStore(join(stateDir, 'store'));
  closers.push(() => store.close());
  const clock = await openClock(store.sub('clock'), options.now);
  const log = openLog(join(stateDir, 'logs', 'site.log'));
  closers.push(() => log.close());
  const front = await openFront(options.port);
  closers.push(() => front.close());
  const assembly = readAssembly(resolve(options.cdkOut), front.url);
  const deployment = deploymentOf(assembly);
  const access = await openAccess({
    store: store.sub('access'),
    roles: deployment.roles,
    resourcePolicies: bucketPolicies(assembly),
  });
  const parts = await openParts({ stateDir, store, clock, deployment, access, closers });
  const ports = { clock, access, parts };
  const gateway = await openAwsPort(options.awsPort, ports);
  closers.push(() => gateway.close());
  parts.awsPort = gateway.port;
  // At the end first of all what is under way may finish, then functions stop, then what they call.
  closers.push(() => parts.lambda.close());
  closers.push(() => windDown(clock));
  const addresses = { site: front.url, aws: awsUrl(parts) };
  front.serve(pagesOf(ports, front), siteOf(deployment, ports, log.write));
  await parts.resume();
  await writeOutputs(join(stateDir, 'outputs.json'), addresses, assembly);
  front.ready = true;
  return { ...addresses, clock };
}

function bucketPolicies(assembly: Assembly): PolicyDocument[] {
  const policies = assembly.all('AWS::S3::BucketPolicy');
  return policies.map(({ properties }) => properties.PolicyDocument as unknown as PolicyDocument);
}

interface Log {
  write(line: string): void;
  close(): Promise<void>;
}

function openLog(path: string): Log {
  const file = createWriteStream(path, { flags: 'a' });
  return {
    write: (line) => void file.write(`${line}\n`),
    close: () => new Promise((ended) => file.end(ended)),
  };
}

/** How long work under way may take to finish when the cloud is closed, in milliseconds of real time. */
const lastWords = 2000;

async function windDown(clock: VirtualClock): Promise<void> {
  clock.close();
  await Promise.race([clock.quiet(), sleep(lastWords, undefined, { ref: false })]);
}

/** What the command line and a person read: where things are, and the outputs of the stacks. */
async function writeOutputs(
  file: string,
  addresses: { readonly site: string; readonly aws: string },
  { outputs }: Assembly,
): Promise<void> {
  const content = { ...addresses, endpoint: addresses.aws, stacks: outputs, pid: process.pid };
  await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
}

// The two ports.

interface Ports {
  readonly clock: VirtualClock;
  readonly access: Access;
  readonly parts: Parts;
}

function openAwsPort(port: number, { clock, access, parts }: Ports): Promise<Gateway> {
  return openGateway({
    port,
    clock,
    services: parts.services,
    faults: parts.faults,
    authenticate: (request, body) => {
      const { method = 'GET', url = '/', headers } = request;
      const times = { real: new Date(), virtual: clock.now() };
      if (isBrowserUpload(request)) return authenticateForm(request, access.findKey, times);
      return authenticate({ method, url, headers, body }, access.findKey, times);
    },
    authorise: access.authorise,
    written: () => {
      parts.writes += 1;
    },
  });
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/** The site's port. It is open before anything else, because functions are told its address. */
interface Front {
  readonly url: string;
  ready: boolean;
  serve(pages: ReturnType<typeof openPages>, site: Answer): void;
  close(): Promise<void>;
}

async function openFront(port: number): Promise<Front> {
  let answer: Answer = async (_, response) => response.writeHead(503).end('starting');
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error('site: the local cloud failed:', error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await listening(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ready: false,
    serve(pages, site) {
      answer = async (request, response) => (await pages(request, response)) || site(request, response);
    },
    close: () => closed(server),
  };
}

function pagesOf({ clock, access, parts }: Ports, front: Front): ReturnType<typeof openPages> {
  const { mailbox, behaviours, queues, faults, states, scheduler } = parts;
  return openPages({
    clock,
    jump: async (to) => {
      const before = scheduler.coalesced();
      const { fired } = await clock.jump(to);
      const coalesced = scheduler.coalesced() - before;
      return { fired: fired - coalesced, coalesced };
    },
    mailbox,
    behaviours,
    queues,
    executions: states,
    ready: () => front.ready,
    permissions: () => access.report(),
    faults,
  });
}

function siteOf(deployment: Deployment, { clock, parts }: Ports, log: (line: string) => void): Answer {
  const { api, invokePermissions } = deployment;
  if (api === undefined) return async (_, response) => response.writeHead(404).end('The template holds no HTTP API.');
  const allowed = (functionArn: string, sourceArn: string): boolean =>
    invokePermissions.some((permission) => isGranted(permission, functionArn, sourceArn));
  const answer = openHttpApi({ clock, api, invoke: parts.lambda.invoke, allowed, log });
  return (request, response) => clock.busy(answer(request, response));
}

/** Whether a function's permission covers a call of API Gateway from this source. */
function isGranted(permission: InvokePermission, functionArn: string, sourceArn: string): boolean {
  if (permission.functionArn !== functionArn || permission.principal !== 'apigateway.amazonaws.com') return false;
  const action = 'lambda:InvokeFunction';
  const decide = compile([{ Statement: { Effect: 'Allow', Action: action, Resource: permission.sourceArn ?? '*' } }]);
  return decide({ action, resource: sourceArn }) === 'allow';
}

// As a process.

/** `node local/cloud.ts --cdk-out DIR --state DIR [--port N] [--aws-port N]`; prints one line of JSON when it is up. */
async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { 'cdk-out': text, state: text, port: { ...text, default: '0' }, 'aws-port': { ...text, default: '0' } },
  });
  const { 'cdk-out': cdkOut, state: stateDir, port, 'aws-port': awsPort } = values;
  if (cdkOut === undefined || stateDir === undefined) throw new Error('--cdk-out and --state are needed');
  const cloud = await openCloud({ cdkOut, stateDir, port: Number(port), awsPort: Number(awsPort) });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cloud.close().finally(() => process.exit(0)));
  }
  process.stdout.write(`${JSON.stringify({ ready: true, site: cloud.site, aws: cloud.aws })}\n`);
}

if (process.argv[1] === import.meta.filename) {
  await main().catch((error: Error) => {
    console.error(`cloud: ${error.message}`);
    process.exit(1);
  });
}
