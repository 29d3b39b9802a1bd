import { spawn } from 'node:child_process';
import { S3Client } from '@aws-sdk/client-s3';
import mysql2 from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { mysql } from '../connectors/mysql.ts';
import type { Request } from '../domain/request.ts';
import { filesIn } from '../functions/aws/files.ts';
import { gatherCollection } from '../functions/lib/gathering.ts';
import { startLocalAws } from '../test/connectors/local-aws.ts';
import { hasMariaDb, startMariaDb } from '../test/connectors/mariadb.ts';
import { collectionOf, systemOf } from '../test/connectors/systems.ts';
import { oneRun } from './one-run.ts';

// 10,000, 100,000 and 1,000,000 rows of 300 bytes out of MariaDB, each size and way in a process of its own: the driver alone to JSON lines,
// the connector to JSON lines, and the whole gathering to S3 (JSON and CSV, deflated). Printed are the peak of resident memory and the CPU.

const sizes = [10_000, 100_000, 1_000_000] as const;
const ways = ['driver', 'connector', 'gathering'] as const;
type Way = (typeof ways)[number];

/** Of the gathering: the peak of the largest in terms of the smallest. The aim, and where the bench fails: the rest is the collector's mood. */
const aimedMemory = 1.2;
const mostMemory = 1.3;
/** Of the connector: CPU per row in terms of the driver's, at the largest size. */
const mostCpu = 2;

const owner = 'anna@nordlys.example';
const login = (port: string) => ({ host: '127.0.0.1', port, dbname: 'held', username: 'root', password: '' });
const collection = collectionOf({ fields: ['id', 'owner', 'text'], identity: { email: 'owner' } });
const connectorAt = (port: string, view: string) => {
  const described = { ...collection, at: view };
  const system = systemOf('mysql', { held: described });
  return { connector: mysql({ system, secret: login(port), allowLoopback: true }), described };
};

let bytes = 0;
const take = (row: object): void => {
  bytes += Buffer.byteLength(`${JSON.stringify(row)}\n`);
};

const run: Readonly<Record<Way, (port: string, view: string, endpoint: string) => Promise<unknown>>> = {
  async driver(port, view) {
    const connection = mysql2.createConnection({
      host: '127.0.0.1',
      port: Number(port),
      user: 'root',
      database: 'held',
    });
    for await (const row of connection.execute(`select id, owner, text from ${view} where owner = ?`, [owner]).stream())
      take(row);
    connection.destroy();
  },
  async connector(port, view) {
    const { connector, described } = connectorAt(port, view);
    const pages = connector.find({ name: 'held', collection: described, field: 'owner', values: [owner] });
    for await (const { found } of pages) for (const { row } of found) take(row);
    await connector.close?.();
  },
  async gathering(port, view, endpoint) {
    const { connector, described } = connectorAt(port, view);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new S3Client({ endpoint, region: 'eu-west-1', credentials, forcePathStyle: true });
    const request = {
      language: 'en',
      evidence: `bench/${view}`,
      round: 1,
      person: { email: owner },
    } as unknown as Request;
    const files = filesIn('demo-support-attachments', client);
    const place = { request, attempt: 'a', system: 'shop', systems: ['shop'], files };
    const inputs = [{ field: 'owner', from: 'identity.email' }];
    const once = await oneRun(request, files);
    const { rows } = await gatherCollection(place, connector, described, { name: 'held', inputs, gives: [] }, once);
    await connector.close?.();
    bytes = rows;
  },
};

interface Measured {
  /** MB of resident memory at its peak, and microseconds of CPU a row beyond a process that does nothing. */
  readonly peak: number;
  readonly cpu: number;
}

const child = async ([way = '', size = '', port = '', endpoint = '']: readonly string[]): Promise<void> => {
  const start = process.cpuUsage();
  await run[way as Way](port, `rows_${size}`, endpoint);
  if (bytes < Number(size)) throw new Error(`${way} read less than ${size} rows`);
  const { user, system } = process.cpuUsage(start);
  const measured: Measured = { peak: process.resourceUsage().maxRSS / 1_024, cpu: (user + system) / Number(size) };
  console.log(JSON.stringify(measured));
};

// A small heap for the gathering: what it keeps shows, or it ends without memory; rubbish that waits for the collector does not count.
const heap = (way: string | undefined): string[] =>
  way === 'gathering' ? ['--max-old-space-size=64', '--max-semi-space-size=4'] : [];

const measured = (args: readonly string[]): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [...heap(args[0]), import.meta.filename, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    process_.stdout.on('data', (part: Buffer) => {
      text += part;
    });
    process_.once('exit', (code) => (code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`${args[0]} failed`))));
  });

const fill = async (port: number): Promise<void> => {
  const admin = await createConnection({ host: '127.0.0.1', port, user: 'root' });
  await admin.query('create database held');
  for (const size of sizes) {
    const columns = `seq as id, '${owner}' as owner, repeat('x', 255) as text`;
    await admin.query(`create view held.rows_${size} as select ${columns} from held.seq_1_to_${size}`);
  }
  await admin.end();
};

const allOf = async (way: Way, more: readonly string[]): Promise<Measured[]> => {
  const all: Measured[] = [];
  for (const size of sizes) all.push(await measured([way, String(size), ...more]));
  const cells = all.map(({ peak, cpu }) => `${peak.toFixed(0).padStart(5)} MB ${cpu.toFixed(1).padStart(6)} us/row`);
  console.log(`${way.padEnd(10)} 10k, 100k, 1M rows: ${cells.join(' ')}`);
  return all;
};

const compared = (
  driver: readonly Measured[],
  connector: readonly Measured[],
  gathering: readonly Measured[],
): void => {
  const memory = (gathering.at(-1)?.peak ?? 0) / (gathering[0]?.peak ?? 1);
  const cpu = (connector.at(-1)?.cpu ?? 0) / (driver.at(-1)?.cpu ?? 1);
  console.log(`memory of 1M in terms of 10k: ${memory.toFixed(2)} (aim ${aimedMemory}, limit ${mostMemory})`);
  console.log(`CPU of the connector in terms of the driver: ${cpu.toFixed(2)} of ${mostCpu}`);
  process.exitCode = memory > mostMemory || cpu > mostCpu ? 1 : 0;
};

const main = async (): Promise<void> => {
  if (!hasMariaDb) return console.log('SKIPPED: rows (no MariaDB on this machine)');
  const db = await startMariaDb();
  const aws = await startLocalAws();
  try {
    await fill(db.port);
    const more = [String(db.port), aws.endpoint];
    compared(await allOf('driver', more), await allOf('connector', more), await allOf('gathering', more));
  } finally {
    await aws.close();
    await db.stop();
  }
};

const args = process.argv.slice(2);
await (args.length > 0 ? child(args) : main());
