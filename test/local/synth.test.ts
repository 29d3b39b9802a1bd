import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { synth } from '../../local/synth.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'synth-'));
  mkdirSync(join(root, 'infra'));
  writeFileSync(join(root, 'cdk.json'), '{"context":{"given":1}}');
  app('one');
});
afterEach(() => rmSync(root, { recursive: true }));

/** An app that writes into its output what it was given. */
function app(word: string, end = ''): void {
  const code = `import { writeFileSync } from 'node:fs';
    const { CDK_OUTDIR, CDK_CONTEXT_JSON } = process.env;
    writeFileSync(CDK_OUTDIR + '/manifest.json', '${word} ' + CDK_CONTEXT_JSON);
    ${end}`;
  writeFileSync(join(root, 'infra', 'app.ts'), code);
}

const told: string[] = [];
const made = () => synth((text) => told.push(text), root);
const manifest = (cdkOut: string) => readFileSync(join(cdkOut, 'manifest.json'), 'utf8');
const folders = () => readdirSync(join(root, '.local', 'synth'));

test('A changed app goes into a folder of its own: a cloud that runs keeps the one it began with', async () => {
  const first = await made();
  app('two');
  const second = await made();
  expect([manifest(first), manifest(second)]).toEqual([
    'one {"given":1,"demo":true,"nag":false}',
    'two {"given":1,"demo":true,"nag":false}',
  ]);
});

test('An app that has not changed is synthesised once, and changed back it is there still', async () => {
  told.length = 0;
  const first = await made();
  expect(await made()).toBe(first);
  app('two');
  await made();
  app('one');
  expect(await made()).toBe(first);
  expect(told).toHaveLength(2);
});

test('Processes that synthesise at once get one whole folder', async () => {
  const all = await Promise.all([made(), made(), made()]);
  expect(new Set(all).size).toBe(1);
  expect(folders()).toHaveLength(1);
});

test('An app that fails is told with what it printed, and leaves no folder', async () => {
  app('bad', 'console.error("systems/crm.yaml:3:1 unknown type"); process.exit(1);');
  await expect(made()).rejects.toThrow('systems/crm.yaml:3:1 unknown type');
  expect(folders()).toEqual([]);
});

test('Of the folders the newest few are kept', async () => {
  const all: string[] = [];
  for (const word of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    app(word);
    all.push(await made());
  }
  expect(folders()).toHaveLength(5);
  expect(all.map((cdkOut) => existsSync(cdkOut))).toEqual([false, false, true, true, true, true, true]);
});
