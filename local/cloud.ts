import { createWriteStream, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Access, openAccess } from './access.ts';
import { openClock, type VirtualClock } from './clock.ts';
import { type Deployment, deploymentOf } from './deployment.ts';
import { closed, type Gateway, listening, openGateway } from './gateway.ts';
import { openHttpApi } from './http-api.ts';
import { openPages } from './pages.ts';
import { openParts, type Parts } from './parts.ts';
import { compile, type PolicyDocument } from './policy.ts';
import { authenticateForm, isBrowserUpload } from './s3.ts';
import { authenticate } from './signature.ts';
import { openStore } from './store.ts';
import { readAssembly } from './template.ts';

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

type Closers = (() => unknown)[];

/** Runs a cdk.out folder. Rejects, with everything it opened closed again, when anything in it is not modelled or a port is taken. */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  const closers: Closers = [];
  const closeAll = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  try {
    return { ...(await start(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(options: CloudOptions, closers: Closers): Promise<Omit<Cloud, 'close'>> {
  const stateDir = resolve(options.stateDir);
  await mkdir(join(stateDir, 'logs'), { recursive: true });
  const store = await openStore(join(stateDir, 'store'));
  closers.push(() => store.close());
  const clock = await openClock(store.sub('clock'), options.now);
  const log = openLog(join(stateDir, 'logs', 'site.log'), closers);
  const front = await openFront(options.port, closers);
  const cdkOut = resolve(options.cdkOut);
  const assembly = readAssembly(cdkOut, front.url);
  const deployment = deploymentOf(assembly);
  const documents = assembly.all('AWS::S3::BucketPolicy').map(({ properties }) => properties.PolicyDocument);
  const resourcePolicies = documents as unknown as readonly PolicyDocument[];
  const access = await openAccess({ store: store.sub('access'), roles: deployment.roles, resourcePolicies });
  const parts = await openParts({
    stateDir,
    compiledDir: join(cdkOut, 'compiled'),
    store,
    clock,
    deployment,
    access,
    closers,
  });
  const gateway = await openAwsPort(options.awsPort, { clock, access, parts });
  parts.live.aws = `http://127.0.0.1:${gateway.port}`;
  // At the end first of all what is under way may finish, then functions stop, then what they call.
  closers.push(
    gateway.close,
    () => parts.lambda.close(),
    () => windDown(clock),
  );
  const site = siteOf(deployment, { clock, parts }, log);
  const pages = pagesOf({ clock, access, parts });
  await parts.resume();
  const addresses = { site: front.url, aws: parts.live.aws };
  // What the command line and a person read: where things are, and the outputs of the stacks.
  const outputs = { ...addresses, endpoint: addresses.aws, stacks: assembly.outputs, pid: process.pid };
  writeFileSync(join(stateDir, 'outputs.json'), `${JSON.stringify(outputs, null, 2)}\n`);
  front.answer = async (request, response) => (await pages(request, response)) || site(request, response);
  return { ...addresses, clock };
}

function openLog(path: string, closers: Closers): (line: string) => void {
  const file = createWriteStream(path, { flags: 'a' });
  closers.push(() => new Promise<void>((ended) => file.end(ended)));
  return (line) => void file.write(`${line}\n`);
}

/** How long work under way may take to finish when the cloud is closed, in milliseconds of real time. */
const lastWords = 2000;

async function windDown(clock: VirtualClock): Promise<void> {
  clock.close();
  await Promise.race([clock.quiet(), sleep(lastWords, undefined, { ref: false })]);
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
      if (isBrowserUpload(request)) return authenticateForm(request, body, access.findKey, times);
      return authenticate({ method, url, headers, body }, access.findKey, times);
    },
    authorise: access.authorise,
    seen: (call, service, isRead) => parts.reads.seen(call, service, isRead),
  });
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<unknown>;

/** The site's port. It is open before anything else, because functions are told its address; it is up once `answer` is set. */
async function openFront(port: number, closers: Closers): Promise<{ readonly url: string; answer: Answer }> {
  const server = createServer((request, response) => {
    front.answer(request, response).catch((error: unknown) => {
      console.error('site: the local cloud failed:', error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await listening(server, port);
  closers.push(() => closed(server));
  const starting: Answer = async (_, response) => response.writeHead(503).end('starting');
  const front = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answer: starting };
  return front;
}

function pagesOf({ clock, access, parts }: Ports): ReturnType<typeof openPages> {
  const { scheduler, states } = parts;
  const jump = async (to: Date) => {
    const before = scheduler.coalesced();
    const { fired } = await clock.jump(to);
    const coalesced = scheduler.coalesced() - before;
    return { fired: fired - coalesced, coalesced };
  };
  return openPages({ ...parts, clock, jump, executions: states, permissions: () => access.report() });
}

function siteOf(
  { api, invokePermissions }: Deployment,
  { clock, parts }: Pick<Ports, 'clock' | 'parts'>,
  log: (line: string) => void,
): Answer {
  if (api === undefined) return async (_, response) => response.writeHead(404).end('The template holds no HTTP API.');
  const action = 'lambda:InvokeFunction';
  const grants = invokePermissions.filter(({ principal }) => principal === 'apigateway.amazonaws.com');
  const deciders = grants.map(({ functionArn, sourceArn: Resource = '*' }) => {
    return { functionArn, decide: compile([{ Statement: { Effect: 'Allow', Action: action, Resource } }]) };
  });
  const allowed = (fn: string, resource: string): boolean =>
    deciders.some(({ functionArn, decide }) => functionArn === fn && decide({ action, resource }) === 'allow');
  const answer = openHttpApi({ clock, api, invoke: parts.lambda.invoke, allowed, log });
  return (request, response) => clock.busy(answer(request, response));
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
