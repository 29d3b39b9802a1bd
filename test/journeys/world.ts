import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { seedVersion } from '../../demo/seed.ts';
import { type Cloud, openCloud } from '../../local/cloud.ts';
import { synth } from '../../local/synth.ts';

const root = resolve(import.meta.dirname, '../..');

export interface Mail {
  readonly id: string;
  readonly at: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a journey needs of a cloud, whoever runs it. */
export interface Served {
  readonly site: string;
  mails(): Promise<Mail[]>;
  /** Waits until a mail to the address whose subject or text matches has come, beyond the first `after` ones. */
  mail(to: string, pattern: RegExp, after?: number): Promise<Mail>;
  /** Moves the clock; answers when everything due is quiet. */
  advance(duration: string): Promise<void>;
  /** Waits until nothing is under way. */
  quiet(): Promise<void>;
  executions(): Promise<{ name: string; status: string }[]>;
  history(name: string): Promise<{ type: string }[]>;
}

/** A cloud of its own with the demo's systems, in a folder that goes with it. */
export interface World extends Served {
  readonly aws: string;
  readonly state: string;
  readonly cloud: Cloud;
  close(): Promise<void>;
}

/** The demo's systems in a process of their own, once they are ready. */
export const startDemo = async (state: string, aws: string, site: string): Promise<ChildProcess> => {
  const args = ['demo/start.ts', '--state', state, '--aws', aws, '--site', site];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.on('data', (said) => {
    process.stderr.write(said);
    // A timer that is set wrong is set again and again, and takes the processor from everything else.
    if (/Timeout\w+Warning/.test(String(said))) throw new Error('a timer of the demo is set wrong');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"ready":true')) break;
  }
  return child;
};

const json = async <T>(url: string, init?: RequestInit): Promise<T> => {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<T>;
};

/** The cloud at an address, as a journey uses it. */
export const servedAt = (site: string): Served => {
  const local = (path: string) => `${site}/_local${path}`;
  const advance = async (duration: string) => {
    const headers = { 'content-type': 'application/json' };
    await json(local('/clock'), { method: 'POST', headers, body: JSON.stringify({ advance: duration }) });
  };
  const mails = () => json<Mail[]>(local('/mail'));
  return {
    site,
    mails,
    async mail(to, pattern, after = 0) {
      for (let left = 600; left > 0; left -= 1) {
        const found = (await mails())
          .slice(after)
          .find((each) => each.to.includes(to) && (pattern.test(each.subject) || pattern.test(each.text)));
        if (found) return found;
        await new Promise((done) => setTimeout(done, 50));
      }
      const subjects = (await mails()).map((each) => `${each.to.join(' ')}: ${each.subject}`);
      throw new Error(`no mail to ${to} like ${pattern} among ${JSON.stringify(subjects)}`);
    },
    advance,
    quiet: () => advance('PT0S'),
    executions: () => json(local('/executions')),
    history: (name) => json(local(`/executions/${name}`)),
  };
};

const newState = () => mkdtempSync(join(tmpdir(), 'privacy-world-'));

/** Ends the demo's systems. */
const ended = async (systems: ChildProcess): Promise<void> => {
  systems.kill('SIGTERM');
  if (systems.exitCode === null && systems.signalCode === null) await once(systems, 'exit');
};

/** The folders of a cloud in which the demo's systems were filled once: that takes two seconds, to copy them nearly none. */
const filled = async (): Promise<string> => {
  const cdkOut = await synth();
  const kept = join(cdkOut, `filled-${seedVersion}`);
  if (existsSync(kept)) return kept;
  const state = newState();
  const cloud = await openCloud({ cdkOut, stateDir: state, port: 0, awsPort: 0 });
  await ended(await startDemo(state, cloud.aws, cloud.site));
  await cloud.close();
  // What else it keeps belongs to that one cloud: its clock, its keys, its schedules.
  const fresh = `${kept}.${process.pid}`;
  for (const name of ['dynamodb', 's3']) cpSync(join(state, name), join(fresh, name), { recursive: true });
  if (!existsSync(kept)) renameSync(fresh, kept);
  for (const folder of [fresh, state]) rmSync(folder, { recursive: true, force: true });
  return kept;
};

/** Opens a cloud of its own. `cdkOut`: another folder than the demo's own; `now`: where its time begins. */
export const openWorld = async (options: { demo?: boolean; cdkOut?: string; now?: Date } = {}): Promise<World> => {
  const { demo = true, cdkOut = await synth(), now } = options;
  const state = newState();
  // Its files are of today.
  if (demo && now === undefined) cpSync(await filled(), state, { recursive: true });
  const cloud = await openCloud({ cdkOut, stateDir: state, port: 0, awsPort: 0, ...(now ? { now } : {}) });
  const systems = demo ? await startDemo(state, cloud.aws, cloud.site) : undefined;
  return {
    ...servedAt(cloud.site),
    aws: cloud.aws,
    state,
    cloud,
    async close() {
      if (systems) await ended(systems);
      await cloud.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
};
