import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { listening } from './gateway.ts';
import { synth } from './synth.ts';

// `npm start`: the app as it would be deployed, a cloud to run it, and the systems of the demonstration organisation.

const root = resolve(import.meta.dirname, '..');
const stateDir = join(root, '.local');
const ports = { PORT: Number(process.env.PORT ?? 3000), AWS_PORT: Number(process.env.AWS_PORT ?? 4566) };
const running: ChildProcess[] = [];
let ending = false;

/** One line per step: what, then how it went and how long it took. */
async function step<T>(name: string, work: (tell: (text: string) => void) => Promise<T>): Promise<T> {
  const began = performance.now();
  const tell = (text: string): void => console.log(`  ${name.padEnd(8)} ${text}`);
  const result = await work(tell);
  tell(`ready, ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return result;
}

/** A port that another program holds is told before anything is started. */
async function checkPorts(): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`${name} is no port: ${process.env[name]}`);
    const probe = createServer();
    await listening(probe, port).catch(() => {
      throw new Error(`Port ${port} is used by another program. Choose another one: ${name}=${port + 1} npm start`);
    });
    await new Promise((done) => probe.close(done));
  }
}

/** Starts a script and resolves with the JSON line by which it says that it is ready. */
async function launch(script: string, args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const command = [join(root, script), ...args];
  const child = spawn(process.execPath, command, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  child.once('exit', (code, signal) => {
    if (!ending) void end(`${script} ended by itself (${signal ?? `exit ${code}`}).`);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"ready":true')) return JSON.parse(line) as Record<string, unknown>;
    console.log(line);
  }
  // Its exit is told by the handler above.
  return new Promise(() => {});
}

/** Ends every process that was started; with a reason it is a failure. */
async function end(reason?: string): Promise<never> {
  ending = true;
  if (reason !== undefined) console.error(`\n${reason}`);
  const alive = running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const gone = alive.map((child) => new Promise((exited) => child.once('exit', exited)));
  for (const child of alive) child.kill('SIGTERM');
  await Promise.all(gone);
  process.exit(reason === undefined ? 0 : 1);
}

async function main(): Promise<void> {
  console.log('Privacy@ on this machine');
  await checkPorts();
  const cdkOut = await step('app', synth);
  const { site, aws } = await step('cloud', () => {
    const addresses = ['--port', String(ports.PORT), '--aws-port', String(ports.AWS_PORT)];
    return launch('local/cloud.ts', ['--cdk-out', cdkOut, '--state', stateDir, ...addresses]);
  });
  await step('demo', () =>
    launch('demo/start.ts', ['--state', stateDir, '--aws', String(aws), '--site', String(site)]),
  );
  console.log(`
  The form       ${site}/
  The overview   ${site}/dpo   (sign in as Dorte Ågård)
  The mailbox    ${site}/_local/
  AWS endpoint   ${aws}   (key local, secret local, region eu-west-1)

  Everything it knows is in .local; npm run reset forgets it. Ctrl-C ends it.
`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void (ending || end()));
await main().catch((error: Error) => end(error.message));
