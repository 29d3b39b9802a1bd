import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { peopleToTry } from '../demo/people.ts';
import { seed } from '../demo/seed.ts';
import { synth } from '../local/synth.ts';
import { answerTask, approve, ask, download, openAsDpo, prove, start } from '../test/journeys/access.ts';
import { manyAtOnce } from '../test/journeys/load.ts';
import { logOf } from '../test/journeys/permissions.ts';
import { openWorld, type World } from '../test/journeys/world.ts';
import { median } from './median.ts';

// How fast the local cloud is: its start, one journey when nobody waits, two months of one that waits, many journeys at once, functions cold and warm.

const { values } = parseArgs({ options: { requests: { type: 'string', default: '200' } } });
const many = Number(values.requests);
const root = resolve(import.meta.dirname, '..');

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const machine = (): string => {
  const load = loadavg().map((one) => one.toFixed(1));
  return `${cpus().length} cores, load ${load.join(' ')}, Node ${process.version}`;
};
const timed = async <T>(work: () => Promise<T>): Promise<readonly [T, number]> => {
  const began = performance.now();
  return [await work(), performance.now() - began];
};

/** From the command to the line that says ready, with the app synthesised before. */
const startOnce = async (cdkOut: string, state: string): Promise<number> => {
  const [child, ms] = await timed(async () => {
    const args = ['local/cloud.ts', '--cdk-out', cdkOut, '--state', state];
    const cloud = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(createInterface({ input: cloud.stdout }), 'line');
    return cloud;
  });
  child.kill('SIGTERM');
  await once(child, 'exit');
  return ms;
};

const startTimes = async (cdkOut: string): Promise<number[]> => {
  const times: number[] = [];
  for (let n = 0; n < 5; n += 1) times.push(await startOnce(cdkOut, join(place, 'state')));
  return times;
};

const journey = async (world: World, email: string): Promise<void> => {
  const { reference } = await ask(world, { name: 'En Person', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'found', 'Kasse 12, mappe 3.');
  await approve(world, reference);
  await download(world, email, reference);
};

/** Milliseconds of each event as the functions' logs report them: first events with the start of their process, and all others. */
const invokeTimes = ({ state }: World) => {
  const reports = [...logOf(state, '').matchAll(/\tDuration: ([\d.]+) ms.*?(?:Init Duration: ([\d.]+) ms)?\n/g)];
  const cold = reports.flatMap(([, ms, init]) => (init ? [Number(ms) + Number(init)] : []));
  const warm = reports.flatMap(([, ms, init]) => (init ? [] : [Number(ms)]));
  return { cold, warm };
};

/** Two months of a request that waits for the DPO's start, in a cloud of its own. */
const twoMonths = async (folder: string): Promise<number> => {
  const quiet = await openWorld({ cdkOut: folder, demo: false });
  try {
    const email = 'venter@fremmed.example';
    const { reference } = await ask(quiet, { name: 'Venter', email });
    await prove(quiet, email, reference);
    await openAsDpo(quiet, reference, 1);
    await quiet.advance('PT2H');
    return (await timed(() => quiet.advance('P61D')))[1];
  } finally {
    await quiet.close();
  }
};

/** A copy: what is synthesised anew meanwhile must not change what is measured. */
const place = mkdtempSync(join(tmpdir(), 'privacy-bench-'));
const cdkOut = join(place, 'cdk.out');
cpSync(await synth(), cdkOut, { recursive: true });

console.log(`local cloud: ${machine()}`);
console.log(`  start, warm              ${seconds(median(await startTimes(cdkOut)))}  (middle of 5)`);
console.log(`  two months of waiting    ${seconds(await twoMonths(cdkOut))}  (61 days, one request)`);

const world = await openWorld({ cdkOut });
try {
  const [, first] = await timed(() => journey(world, peopleToTry.everywhere));
  const times: number[] = [];
  for (const { email } of seed().customers.slice(3, 8)) times.push((await timed(() => journey(world, email)))[1]);
  console.log(`  journey, functions cold  ${seconds(first)}`);
  console.log(`  journey, warm            ${seconds(median(times))}  (middle of 5, six systems, nobody waits)`);
  const { cold, warm } = invokeTimes(world);
  console.log(`  an event, cold           ${median(cold).toFixed(0)} ms  (middle of ${cold.length})`);
  console.log(`  an event, warm           ${median(warm).toFixed(0)} ms  (middle of ${warm.length})`);

  const [delivered, ms] = await timed(() => manyAtOnce(world, many));
  const failed = (await world.executions()).filter(({ status }) => status !== 'SUCCEEDED').length;
  const errors = logOf(world.state, '').match(/.*"level":"ERROR".*/g) ?? [];
  console.log(
    `  ${many} requests at once     ${delivered} delivered, ${failed} executions not succeeded, ${errors.length} errors, ${seconds(ms)}`,
  );
  for (const line of errors.slice(0, 5)) console.log(`    ${line}`);
  console.log(`  at the end               ${machine()}`);
  process.exitCode = delivered === many && failed === 0 && errors.length === 0 ? 0 : 1;
} finally {
  await world.close();
  rmSync(place, { recursive: true });
}
