import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Everything CI runs, in the order in which it fails fastest; ends with one line that counts. */
const root = resolve(import.meta.dirname, '..');
const reports = join(root, '.local', 'reports');
mkdirSync(reports, { recursive: true });

interface Counted {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const run = (command: string, ...args: string[]): boolean => {
  console.log(`\n> ${[command, ...args].join(' ')}`);
  return (
    spawnSync(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    }).status === 0
  );
};

const one = (ok: boolean): Counted => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

const vitest = (project: string): Counted => {
  const file = join(reports, `${project}.json`);
  rmSync(file, { force: true });
  const ok = run(
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=./test/retried.ts',
    '--reporter=json',
    `--outputFile.json=${file}`,
  );
  if (!existsSync(file)) return one(false);
  const report = JSON.parse(readFileSync(file, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numPendingTests: number;
    numFailedTestSuites: number;
  };
  // A file that could not even be loaded counts as a failure of its own.
  const broken = ok ? 0 : Math.max(report.numFailedTests, 1);
  return { passed: report.numPassedTests, failed: broken, skipped: report.numPendingTests };
};

const stages: readonly [string, () => Counted][] = [
  ['Node', () => one(run('node', 'test/node-version.mjs'))],
  ['types', () => one(run('tsc', '--noEmit', '-p', '.'))],
  ['lint', () => one(run('biome', 'check', '.'))],
  ['unit', () => vitest('unit')],
  ['journeys', () => vitest('journeys')],
  ['mutants', () => one(run('node', 'test/mutants.ts', '--sample', '1'))],
  ['synth', () => one(run('cdk', 'synth', '--quiet'))],
];

const results = stages.map(([name, stage]) => ({ name, ...stage() }));
const sum = (of: keyof Counted) => results.reduce((total, result) => total + result[of], 0);

console.log('');
for (const { name, passed, failed, skipped } of results) {
  console.log(`${name.padEnd(10)} ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
}
console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') ? `, ${sum('skipped')} skipped` : ''}`);
process.exit(sum('failed') === 0 ? 0 : 1);
