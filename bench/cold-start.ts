import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { referenceFrom } from '../domain/reference.ts';
import { bundleFunctions, bundling } from '../infra/bundle.ts';
import { entriesFor } from '../infra/functions.ts';
import { readSettings } from '../infra/settings.ts';

/**
 * What a cold start of a page function costs against a bare SDK function: instructions by valgrind's cachegrind where the machine has it
 * (spread 3e-7), else CPU time of interleaved runs (spread 10 %).
 */
const root = resolve(import.meta.dirname, '..');
const work = mkdtempSync(join(tmpdir(), 'privacy-cold-'));
const runner = join(root, 'bench/cold/runner.mjs');
const hasValgrind = spawnSync('valgrind', ['--version']).status === 0;

const settings = readSettings(join(root, 'demo'));
await bundleFunctions(join(work, 'functions'), entriesFor(settings), settings.config.country);
const bare = (name: string, options: object) =>
  build({
    ...bundling,
    mainFields: [...bundling.mainFields],
    entryPoints: { [`${name}/index`]: join(root, 'bench/cold/bare.ts') },
    outdir: join(work, 'functions'),
    plugins: [],
    ...options,
  });
await bare('bare-same-way', { plugins: [...bundling.plugins] });
// As esbuild and the SDK give it when nobody looks: ESM, builtins imported, every credential provider.
await bare('bare-plain', {
  plugins: [],
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
});

const reference = referenceFrom(Buffer.from('cold start'));
const cookie = (purpose: string) =>
  `__Host-${purpose}.${reference.replaceAll('-', '')}${purpose === 'owner' ? '.archive' : ''}=${'A'.repeat(43)}`;
const event = (routeKey: string, path: string, cookies: string[], pathParameters: object) => ({
  version: '2.0',
  routeKey,
  rawPath: path,
  rawQueryString: '',
  cookies,
  headers: { 'accept-language': 'da' },
  pathParameters,
  requestContext: { http: { method: 'GET', path, sourceIp: '192.0.2.1' } },
});
const events: Readonly<Record<string, object>> = {
  'bare-plain': {},
  'bare-same-way': {},
  'web-intake': {
    ...event('ANY /want', '/want', [], {}),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'rights=access',
    requestContext: { http: { method: 'POST', path: '/want', sourceIp: '192.0.2.1' } },
  },
  'web-person': event('ANY /request/{reference}', `/request/${reference}`, [cookie('status')], { reference }),
  'web-staff': event('ANY /dpo/request/{reference}', `/dpo/request/${reference}`, [cookie('dpo')], { reference }),
  'web-owner': event('ANY /task/{reference}/{system}', `/task/${reference}/archive`, [cookie('owner')], {
    reference,
    system: 'archive',
  }),
  'web-download': event('ANY /download/{reference}', `/download/${reference}`, [cookie('download')], { reference }),
};

/** What the services say: no item, and a key. */
const answers: Readonly<Record<string, object>> = {
  'TrentService.GenerateMac': { Mac: Buffer.alloc(32).toString('base64') },
};
let calls = 0;
const stub = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    calls += 1;
    const body = answers[String(request.headers['x-amz-target'])] ?? {};
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
});
await new Promise<void>((done) => stub.listen(0, '127.0.0.1', done));
const { port } = stub.address() as AddressInfo;

const environment = (name: string) => ({
  PATH: process.env.PATH ?? '',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'a',
  AWS_SECRET_ACCESS_KEY: 'b',
  AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  LAMBDA_TASK_ROOT: join(work, 'functions', name),
  REQUESTS_TABLE: 't',
  COUNTERS_TABLE: 'c',
  EVIDENCE_BUCKET: 'b',
  WAKE_TOPIC: 'arn:aws:sns:eu-west-1:123456789012:wake',
  PSEUDONYM_KEY: 'k',
  BASE_URL: 'https://privacy.example',
});

/** The stub answers from this process, so the measured one must not block it. */
const run = async (command: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> => {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (part) => {
      text += part;
    });
    child.on('exit', (code) => (code === 0 ? done(text) : failed(new Error(`${args.join(' ')}: ${text.slice(-500)}`))));
  });
};

const instructions = async (name: string, mode: string): Promise<number> => {
  const bundle = join(work, 'functions', name, 'index.mjs');
  const file = join(work, `${name}.json`);
  writeFileSync(file, JSON.stringify(events[name] ?? {}));
  const node = ['--predictable', runner, bundle, mode, file];
  if (!hasValgrind) return cpuTime(node, environment(name));
  const args = ['--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null', process.execPath, ...node];
  const text = await run('valgrind', args, environment(name));
  return Number(/I\s+refs:\s+([\d,]+)/.exec(text)?.[1]?.replaceAll(',', ''));
};

const cpuTime = async (node: string[], env: NodeJS.ProcessEnv): Promise<number> => {
  const before = process.resourceUsage();
  await run(process.execPath, node, env);
  const after = process.resourceUsage();
  return after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime;
};

mkdirSync(work, { recursive: true });
writeFileSync(join(work, 'empty.mjs'), 'export const handler = async () => {};');
mkdirSync(join(work, 'functions/empty'), { recursive: true });
writeFileSync(join(work, 'functions/empty/index.mjs'), 'export const handler = async () => {};');
const base = await instructions('empty', 'init');
console.log(
  `cold start, ${hasValgrind ? 'instructions (valgrind)' : 'CPU time'}, Node ${process.version}, net of an empty function`,
);

const net: Record<string, number> = {};
/** Only these, when named on the command line; the two yardsticks always. */
const wanted = process.argv.slice(2);
const measured = Object.keys(events).filter(
  (name) => wanted.length === 0 || wanted.includes(name) || name.startsWith('bare'),
);
for (const name of measured) {
  const before = calls;
  net[name] = (await instructions(name, 'call')) - base;
  if (calls === before) throw new Error(`${name} called no service: it is not what a first visit does`);
  const same = net[name] / (net['bare-same-way'] ?? net[name]);
  const plain = net[name] / (net['bare-plain'] ?? net[name]);
  console.log(
    `  ${name.padEnd(16)} ${(net[name] / 1e6).toFixed(1).padStart(8)} M  ${same.toFixed(2)} of bare built the same way, ${plain.toFixed(2)} of bare built plainly`,
  );
}
stub.close();
