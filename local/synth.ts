import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const cdkOut = join(root, '.local', 'cdk.out');
const stamp = join(root, '.local', 'cdk.out.sha256');

/** Everything that the app is made from. */
const sources = [
  '{domain,connectors,functions,statemachines,web,infra}/**/*',
  'demo/{*.yaml,tables.ts,systems/*}',
  '{cdk,package-lock,tsconfig}.json',
];

/**
 * The demo's cdk.out folder, synthesised anew when one of its sources has changed since. Rejects with what the app printed when it
 * fails. `tell` is called before the slow part.
 */
export async function synth(tell: (text: string) => void = () => {}): Promise<string> {
  const hash = await sourcesHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && existsSync(cdkOut)) return cdkOut;
  tell('the app has changed: synthesising it');
  mkdirSync(join(root, '.local'), { recursive: true });
  // Aside first: whoever reads the folder meanwhile finds it whole.
  const fresh = `${cdkOut}.${process.pid}`;
  await runApp(fresh);
  rmSync(cdkOut, { recursive: true, force: true });
  renameSync(fresh, cdkOut);
  writeFileSync(stamp, hash);
  return cdkOut;
}

async function sourcesHash(): Promise<string> {
  const files: string[] = [];
  for await (const entry of glob(sources, { cwd: root, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  const hash = createHash('sha256').update(process.version);
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** What the CDK command line would hand over: the context of cdk.json, and where the output goes. */
async function runApp(outdir: string): Promise<void> {
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context?: object };
  const env = {
    ...process.env,
    CDK_OUTDIR: outdir,
    // A laptop's start need not validate again what `npm run synth` validates.
    CDK_VALIDATION: 'false',
    CDK_CONTEXT_JSON: JSON.stringify({ ...context, demo: true, nag: false }),
  };
  const app = spawn(process.execPath, ['infra/app.ts'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [app.stdout, app.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const code = await new Promise((end) => app.once('close', end));
  if (code !== 0) throw new Error(`node infra/app.ts failed:\n${output}`);
}
