import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const ours = resolve(import.meta.dirname, '..');
/** So many stay, by their last use: a cloud that runs goes on reading the one that it began with. */
const kept = 5;

/** Everything that the app is made from. */
const sources = [
  '{domain,connectors,functions,statemachines,web,infra}/**/*',
  'demo/{*.yaml,tables.ts,systems/*}',
  '{cdk,package-lock,tsconfig}.json',
];

/**
 * The demo's cdk.out folder, one for each state of its sources, synthesised when it is not there yet. Rejects with what the app printed
 * when it fails. `tell` is called before the slow part.
 */
export async function synth(tell: (text: string) => void = () => {}, root = ours): Promise<string> {
  const folder = join(root, '.local', 'synth');
  const cdkOut = join(folder, await hashOf(root));
  if (!existsSync(cdkOut)) {
    tell('the app has changed: synthesising it');
    await runApp(root, cdkOut);
  }
  utimesSync(cdkOut, new Date(), new Date());
  const byUse = readdirSync(folder).map((name) => ({
    path: join(folder, name),
    at: statSync(join(folder, name)).mtimeMs,
  }));
  for (const { path } of byUse.sort((a, b) => b.at - a.at).slice(kept)) rmSync(path, { recursive: true, force: true });
  return cdkOut;
}

async function hashOf(root: string): Promise<string> {
  const files: string[] = [];
  for await (const entry of glob(sources, { cwd: root, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  const hash = createHash('sha256').update(process.version);
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 32);
}

/** What the CDK command line would hand over: the context of cdk.json, and where the output goes. */
async function runApp(root: string, cdkOut: string): Promise<void> {
  mkdirSync(dirname(cdkOut), { recursive: true });
  // Aside first: whoever finds the folder finds it whole.
  const fresh = mkdtempSync(`${cdkOut}.`);
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context?: object };
  const env = {
    ...process.env,
    CDK_OUTDIR: fresh,
    // A laptop's start need not validate again what `npm run synth` validates.
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, demo: true, nag: false }),
  };
  const app = spawn(process.execPath, ['infra/app.ts'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  for (const stream of [app.stdout, app.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise((end) => app.once('close', end));
  // Another process may have been first: its folder is the same.
  if (code === 0 && !existsSync(cdkOut)) renameSync(fresh, cdkOut);
  rmSync(fresh, { recursive: true, force: true });
  if (code !== 0) throw new Error(`node infra/app.ts failed:\n${Buffer.concat(said)}`);
}
