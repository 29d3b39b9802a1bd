import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const program = (name: string): string | undefined =>
  ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/usr/local/sbin'].map((folder) => join(folder, name)).find(existsSync);

const server = program('mariadbd');
const installer = program('mariadb-install-db');

/** Whether the machine has MariaDB: what runs on it says SKIPPED elsewhere. */
export const hasMariaDb = server !== undefined && installer !== undefined;

/** A MariaDB of its own: in a folder of its own, on a free port, ended by `stop`. */
export interface MariaDb {
  readonly port: number;
  stop(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as net.AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
};

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
    socket.on('error', () => resolve(false));
  });

const user = process.getuid?.() === 0 ? ['--user=root'] : [];

export const startMariaDb = async (): Promise<MariaDb> => {
  const dir = mkdtempSync(join(tmpdir(), 'mariadb-'));
  const data = `--datadir=${join(dir, 'data')}`;
  const quick = ['--no-defaults', data, ...user];
  execFileSync(installer ?? '', [...quick, '--auth-root-authentication-method=normal', '--skip-test-db'], {
    stdio: 'ignore',
  });
  const port = await freePort();
  const small = ['--innodb-buffer-pool-size=16M', '--innodb-flush-log-at-trx-commit=0', '--skip-name-resolve'];
  const at = [`--port=${port}`, `--socket=${join(dir, 's')}`, `--pid-file=${join(dir, 'pid')}`];
  const child: ChildProcess = spawn(server ?? '', [...quick, ...small, ...at, '--bind-address=127.0.0.1'], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (let tries = 0; tries < 200 && !(await answers(port)); tries += 1) await sleep(100);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  return { port, stop };
};
