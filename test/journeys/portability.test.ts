import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { answerTask, approve, ask, download, prove, start } from './access.ts';
import { openWorld, type World } from './world.ts';
import { unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** A request that every system has answered. */
const gathered = async (name: string, email: string, rights: readonly string[]): Promise<string> => {
  const { reference } = await ask(world, { name, email, rights });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  return reference;
};

const check = (zip: Buffer): unknown => {
  const file = join(world.state, 'checked.zip');
  writeFileSync(file, zip);
  const { stdout } = spawnSync(process.execPath, ['cli/privacy.ts', 'package', 'check', file, '--json'], {
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
};

const fetched = async (email: string, reference: string) => {
  const { zip } = await download(world, email, reference);
  expect(check(zip)).toEqual({ findings: [] });
  return unzip(zip);
};

test('access refused and portability granted: what goes out tells nothing of what was refused, and is bound to what was approved', async () => {
  const email = peopleToTry.everywhere;
  const reference = await gathered('Mette Kjærgaard', email, ['access', 'portability']);
  const refused = { 'outcome-access': 'refuse', 'reason-access': 'Gentaget for ofte.' };
  const { shown } = await approve(world, reference, ['portability'], refused);
  const entries = await fetched(email, reference);
  const text = String(entries.get('manifest.json'));
  const manifest = JSON.parse(text) as { approved: string; systems: object[]; files: { path: string }[] };
  const own = ['KONTROLSUMMER.sha256', 'manifest.json'];
  expect(manifest.files.map(({ path }) => path)).toEqual([...entries.keys()].filter((path) => !own.includes(path)));
  expect(manifest.files.filter(({ path }) => !path.startsWith('dataportabilitet/'))).toEqual([]);
  expect(manifest).toMatchObject({ version: 1, reference, round: 1, approved: shown, systems: [] });
  for (const told of ['support', 'notes', 'Brev.pdf', 'rows']) expect(text).not.toContain(told);
});
