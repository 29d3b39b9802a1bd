import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type Mutant, mutants } from './mutants-list.ts';

/**
 * Takes guards out of a copy of the tree, one at a time, and runs the tests that must notice: `npm run mutants`, `-- --sample 1` for the one
 * of the day, `-- NAME...` for some. Ends with exit code 1 when a guard is missed by nobody, or can't be found any more.
 */
const root = resolve(import.meta.dirname, '..');
const left = new Set(['node_modules', '.git', '.local', 'cdk.out', 'coverage']);

/** A copy to break. It shares nothing with the tree but the packages. */
const copyOfTree = (): string => {
  const copy = mkdtempSync(join(tmpdir(), 'privacy-mutants-'));
  cpSync(root, copy, { recursive: true, filter: (path) => !left.has(relative(root, path)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
};

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** The titles of the tests that fail; undefined when the run could not be read. */
const failing = (copy: string, { project, tests, only }: Mutant): string[] | undefined => {
  const file = join(copy, 'report.json');
  rmSync(file, { force: true });
  const named = only ? ['-t', only] : [];
  const args = ['run', '--project', project, ...tests, ...named, '--reporter=json', `--outputFile.json=${file}`];
  spawnSync(join(copy, 'node_modules/.bin/vitest'), args, { cwd: copy, stdio: 'ignore', timeout: 600_000 });
  try {
    const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    return results.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName.trim());
  } catch {
    return undefined;
  }
};

type Outcome = { readonly caughtBy: string } | { readonly problem: string };

/** Breaks, runs, mends. Only a test that names the guard's case counts: any other failure would hide that the case is not tested. */
const outcomeOf = (copy: string, mutant: Mutant): Outcome => {
  const file = join(copy, mutant.file);
  const text = readFileSync(file, 'utf8');
  const edits = [mutant, ...(mutant.also ? [mutant.also] : [])];
  if (edits.some(({ find }) => text.split(find).length !== 2))
    return { problem: `its guard does not stand once in ${mutant.file}` };
  writeFileSync(
    file,
    edits.reduce((held, { find, replace }) => held.replace(find, () => replace), text),
  );
  const failed = failing(copy, mutant);
  writeFileSync(file, text);
  if (!failed) return { problem: 'its tests could not be run' };
  const caughtBy = failed.find((title) => title.includes(mutant.caughtBy));
  if (caughtBy) return { caughtBy };
  return { problem: failed.length > 0 ? `only "${failed[0]}" failed` : 'survives' };
};

const dayOfTime = Math.floor(Date.now() / 86_400_000);

const chosen = (args: readonly string[]): readonly Mutant[] => {
  const [first, count] = args;
  if (first !== '--sample') return mutants.filter(({ name }) => args.length === 0 || args.includes(name));
  // Others every day; all come round.
  return Array.from(
    { length: Number(count) },
    (_, n) => mutants[(dayOfTime * Number(count) + n) % mutants.length] as Mutant,
  );
};

const copy = copyOfTree();
let survived = 0;
const some = chosen(process.argv.slice(2));
for (const mutant of some) {
  const began = performance.now();
  const outcome = outcomeOf(copy, mutant);
  const seconds = Math.round((performance.now() - began) / 1000);
  if ('problem' in outcome) survived += 1;
  const said = 'problem' in outcome ? `NOT CAUGHT: ${outcome.problem}` : `caught by "${outcome.caughtBy}"`;
  console.log(`${mutant.name} (${mutant.file}, ${seconds} s): ${said}`);
}
rmSync(copy, { recursive: true, force: true });
console.log(`mutants: ${some.length - survived} of ${some.length} caught`);
process.exit(survived === 0 && some.length > 0 ? 0 : 1);
