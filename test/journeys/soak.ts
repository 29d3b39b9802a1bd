import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdings, seed } from '../../demo/seed.ts';
import { synth } from '../../local/synth.ts';
import { answerTask, approve, ask, download, prove, start } from './access.ts';
import { type Item, itemsOf } from './faults.ts';
import { type Served, servedAt, startDemo } from './world.ts';
import { recordsOf, sha256, unzip } from './zip.ts';

const root = resolve(import.meta.dirname, '../..');

export interface SoakOptions {
  readonly requests: number;
  readonly kills: number;
  /** Of the instants: the same seed gives the same pauses between kills. */
  readonly seed: number;
  /** Told of every kill, with how many requests are delivered by then. */
  tell?(text: string): void;
}

/** What a soak found; `problems` is empty when it is as it should be. */
export interface SoakResult {
  readonly kills: number;
  readonly seconds: number;
  readonly executions: number;
  readonly mails: number;
  /** Mails that came a second time, each with a second attempt on record. */
  readonly again: number;
  readonly problems: readonly string[];
}

// A cloud that is killed and comes back at the same addresses.

class Victim {
  readonly state = mkdtempSync(join(tmpdir(), 'privacy-soak-'));
  site = '';
  aws = '';
  #child: ChildProcess | undefined;

  async start(cdkOut: string): Promise<void> {
    const port = (url: string) => (url === '' ? '0' : new URL(url).port);
    const args = ['--cdk-out', cdkOut, '--state', this.state, '--port', port(this.site), '--aws-port', port(this.aws)];
    const child = spawn(process.execPath, ['local/cloud.ts', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    const line = await new Promise<string>((ready, failed) => {
      createInterface({ input: child.stdout }).once('line', ready);
      child.once('exit', (code) => failed(new Error(`the cloud did not start: exit ${code}`)));
    });
    const { site, aws } = JSON.parse(line) as { site: string; aws: string };
    Object.assign(this, { site, aws });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

/** Pauses between kills in milliseconds: pseudo-random, the same for the same seed. */
function* pauses(from: number): Generator<number> {
  for (let state = from; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield 200 + ((state >>> 8) % 3_000);
  }
}

/** What a browser does when a page does not come: asks again. Gives the original back. */
const patience = (): (() => void) => {
  const once = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    for (let left = 300; ; left -= 1) {
      try {
        const response = await once(input, init);
        if (response.status !== 503 || left === 0) return response;
      } catch (error) {
        if (left === 0 || !(error instanceof TypeError)) throw error;
      }
      await sleep(200);
    }
  };
  return () => {
    globalThis.fetch = once;
  };
};

// The people.

interface Journey {
  readonly email: string;
  done: boolean;
}

const requestOf = (items: readonly Item[], email: string): Item | undefined =>
  items.find(({ sk, person }) => sk === 'REQUEST' && (person as { email?: string }).email === email);

const isAsked = (items: readonly Item[], { pk }: Item): boolean =>
  items.some((item) => item.pk === pk && item.sk.startsWith('SOURCE#') && item.state === 'MANUAL' && !item.answeredAt);

type Act = (world: Served, email: string, reference: string) => Promise<unknown>;

/** Who acts when the record stands at a status. */
const acts: Readonly<Record<string, Act>> = {
  AWAITING_PROOF: (world, email, reference) => prove(world, email, reference),
  VERIFIED: (world, _, reference) => start(world, reference),
  GATHERING: (world, _, reference) => answerTask(world, reference, 'nothing'),
  REVIEW: (world, _, reference) => approve(world, reference),
};

const actOn = async (world: Served, place: Victim, { email }: Journey): Promise<boolean> => {
  const items = await itemsOf(place);
  const request = requestOf(items, email);
  if (!request) await ask(world, { name: 'En Person', email });
  else if (request.status === 'DELIVERED') return true;
  else if (request.status !== 'GATHERING' || isAsked(items, request))
    await acts[String(request.status)]?.(world, email, String(request.reference));
  return false;
};

/** Looks what the record wants from a person and does it, over and over: what failed because the cloud was gone is done again. */
const drive = async (world: Served, place: Victim, journey: Journey, problems: string[]): Promise<void> => {
  const until = performance.now() + 1_800_000;
  let last = '';
  while (performance.now() < until) {
    journey.done = await actOn(world, place, journey).catch((error: Error) => {
      last = error.message;
      return false;
    });
    if (journey.done) return;
    await sleep(300);
  }
  problems.push(`${journey.email} was not delivered in half an hour: ${last.slice(0, 300)}`);
};

// What must hold in the end.

const checkZip = async (zip: Buffer, email: string): Promise<string[]> => {
  const entries = await unzip(zip);
  const manifest = JSON.parse(String(entries.get('manifest.json'))) as { files: { path: string; sha256: string }[] };
  const wrong = manifest.files.filter(({ path, sha256: sum }) => sha256(entries.get(path) ?? Buffer.alloc(0)) !== sum);
  const held = holdings(email);
  const counts = [
    ['crm', 'customers', held.customers.length],
    ['crm', 'notes', held.notes.length],
    ['webshop', 'orders', held.orders.length],
    ['webshop', 'shipments', held.shipments.length],
  ] as const;
  const rows = counts.filter(([system, name, n]) => recordsOf(entries, system, name).length !== n);
  return [
    ...wrong.map(({ path }) => `${email}: ${path} is not what the manifest says`),
    ...rows.map(([system, name, n]) => `${email}: ${system}.${name} has not ${n} records`),
  ];
};

const expectedMails = ['confirm', 'decide', 'owner-task', 'ready', 'receipt', 'start'];

const checkMails = async (world: Served, items: readonly Item[], request: Item) => {
  const mails = await world.mails();
  // A code to decide with is mailed as often as it is asked for.
  const outbox = items.filter(
    ({ pk, sk, template }) => pk === request.pk && sk.startsWith('MAIL#') && template !== 'decider-code',
  );
  const problems: string[] = [];
  let again = 0;
  const names = outbox.map(({ template }) => String(template)).sort();
  if (names.join() !== expectedMails.join()) problems.push(`${request.reference}: mails of ${names}`);
  for (const { sk, state, attempts, template } of outbox) {
    const id = `<${sk.slice('MAIL#'.length)}@`;
    const came = mails.filter(({ headers }) => headers['message-id']?.includes(id)).length;
    if (came > 1) again += 1;
    if (state === 'SENT' && came >= 1 && came <= Number(attempts)) continue;
    problems.push(`${request.reference}: ${template} is ${state}, came ${came} times in ${attempts} attempts`);
  }
  return { problems, again };
};

const checkExecutions = (
  executions: readonly { name: string; status: string }[],
  { pk, reference }: Item,
): string[] => {
  const own = executions.filter(({ name }) => name.startsWith(pk)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const right = own.length === 5 && own.every(({ status }) => status === 'SUCCEEDED');
  return right ? [] : [`${reference}: executions ${own.map(({ name, status }) => `${name.slice(-1)} ${status}`)}`];
};

/** Every request, its executions, its mails and its answer. */
const check = async (world: Served, place: Victim, journeys: readonly Journey[]) => {
  const items = await itemsOf(place);
  const executions = await world.executions();
  const problems: string[] = [];
  let again = 0;
  const count = items.filter(({ sk }) => sk === 'REQUEST').length;
  if (count !== journeys.length) problems.push(`${count} requests instead of ${journeys.length}`);
  for (const { email } of journeys) {
    const request = requestOf(items, email);
    if (!request) continue;
    const mails = await checkMails(world, items, request);
    again += mails.again;
    problems.push(...mails.problems, ...checkExecutions(executions, request));
    const { zip } = await download(world, email, String(request.reference));
    problems.push(...(await checkZip(zip, email)));
  }
  const mails = (await world.mails()).length;
  return { executions: executions.length, mails, again, problems };
};

// The soak.

const journeysOf = (requests: number): Journey[] =>
  [...new Set(seed().customers.map(({ email }) => email))].slice(0, requests).map((email) => ({ email, done: false }));

/** Minutes go by while people act, so that what was lost by a kill is swept up. Stops when told. */
const passTime = async (world: Served, stopped: () => boolean): Promise<void> => {
  while (!stopped()) {
    await world.advance('PT1M').catch(() => {});
    await sleep(1_500);
  }
};

const killing = async (place: Victim, cdkOut: string, options: SoakOptions, each: (n: number) => void) => {
  const pause = pauses(options.seed);
  for (let n = 1; n <= options.kills; n += 1) {
    each(n);
    await sleep(pause.next().value as number);
    await place.kill();
    await place.start(cdkOut);
  }
};

/** Carries requests through the local cloud while its process is killed again and again; answers what is left of them. */
export const soak = async (options: SoakOptions): Promise<SoakResult> => {
  const began = performance.now();
  const place = new Victim();
  // A copy: what is synthesised anew meanwhile must not reach the next start.
  const cdkOut = join(place.state, 'cdk.out');
  cpSync(await synth(), cdkOut, { recursive: true });
  await place.start(cdkOut);
  const demo = await startDemo(place.state, place.aws, place.site);
  const impatient = patience();
  const world = servedAt(place.site);
  const journeys = journeysOf(options.requests);
  const problems: string[] = [];
  const driving: Promise<void>[] = [];
  let over = false;
  const time = passTime(world, () => over);
  try {
    // Requests begin one after the other, so that kills meet every step of some of them.
    await killing(place, cdkOut, options, (n) => {
      while (driving.length < Math.ceil((n * journeys.length) / options.kills))
        driving.push(drive(world, place, journeys[driving.length] as Journey, problems));
      options.tell?.(`kill ${n}, ${journeys.filter(({ done }) => done).length} of ${driving.length} delivered`);
    });
    await Promise.all(driving);
    over = true;
    await time;
    await world.advance('PT1H');
    const found = await check(world, place, journeys);
    const seconds = Math.round((performance.now() - began) / 1000);
    return { ...found, kills: options.kills, seconds, problems: [...problems, ...found.problems] };
  } finally {
    over = true;
    impatient();
    demo.kill('SIGTERM');
    await once(demo, 'exit');
    await place.kill();
    rmSync(place.state, { recursive: true, force: true });
  }
};
