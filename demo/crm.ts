import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { type Customer, type Note, type Seed, seedVersion } from './seed.ts';

/** A demo system that runs: where it listens, and how it ends. */
export interface Running {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const schema = `
  create table customers (id integer primary key, name text not null, email text not null, phone text, street text,
    postcode text, town text, born date, segment char(1), marketing boolean, created timestamptz);
  create index on customers (email);
  create table notes (id integer primary key, customer integer references customers, written timestamptz, author text,
    channel smallint, text text);
  create index on notes (customer);`;

const insert = (db: PGlite, table: 'customers' | 'notes', rows: readonly (Customer | Note)[]) =>
  db.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [JSON.stringify(rows)]);

const filled = async ({ customers, notes }: Seed): Promise<PGlite> => {
  const db = await PGlite.create();
  await db.exec(schema);
  await insert(db, 'customers', customers);
  await insert(db, 'notes', notes);
  return db;
};

// Making a cluster takes 3 seconds, unpacking one half a second: so it is kept, by the seed's version.
const cached = async (dir: string, seed: Seed): Promise<PGlite> => {
  const file = join(dir, `crm-${seedVersion}.tar`);
  if (existsSync(file)) return PGlite.create({ loadDataDir: new Blob([readFileSync(file)]) });
  const db = await filled(seed);
  mkdirSync(dir, { recursive: true });
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, await (await db.dumpDataDir('none')).bytes());
  renameSync(fresh, file);
  return db;
};

/** The customer register: PostgreSQL over its wire protocol on a free port, its first state kept in `dir` between starts. */
export const startCrm = async (dir: string, seed: Seed): Promise<Running> => {
  const db = await cached(dir, seed);
  const host = '127.0.0.1';
  // One backend serves all connections in turn.
  const server = new PGLiteSocketServer({ db, host, port: 0, maxConnections: 32 });
  await server.start();
  const close = async () => {
    await server.stop();
    await db.close();
  };
  return { host, port: Number(server.getServerConn().split(':').at(-1)), close };
};
