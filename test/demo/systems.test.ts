import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectors, isAsked } from '../../connectors/index.ts';
import { type Running, startCrm } from '../../demo/crm.ts';
import { startNewsletter } from '../../demo/newsletter.ts';
import { peopleToTry } from '../../demo/people.ts';
import { contacts, troubled } from '../../demo/sales.ts';
import { holdings, seed } from '../../demo/seed.ts';
import { startSuperOffice } from '../../demo/superoffice.ts';
import type { Connector, Row } from '../../domain/connector.ts';
import { systemNamed } from './organisation.ts';

const connect = async (name: string, secret: Readonly<Record<string, string>>): Promise<Connector> => {
  const system = systemNamed(name);
  const { type } = system.connector;
  if (!isAsked(type)) throw new Error(`${name} is asked by a person`);
  const factory = await connectors[type]();
  return factory({ system, secret, allowLoopback: true });
};

const everything = async (
  connector: Connector,
  system: string,
  name: string,
  field: string,
  values: readonly string[],
  signal?: AbortSignal,
) => {
  const collection = systemNamed(system).collections[name];
  if (!collection) throw new Error(`${system} has no ${name}`);
  const rows: Row[] = [];
  for await (const { found } of connector.find({ name, collection, field, values }, { signal }))
    rows.push(...found.map(({ row }) => row));
  return rows;
};

const sample = [
  ...Object.values(peopleToTry),
  ...seed()
    .customers.filter((_, index) => index % 100 === 0)
    .map(({ email }) => email),
  'nobody@postkasse.example',
];

describe('the customer register', () => {
  const dir = mkdtempSync(join(tmpdir(), 'demo-'));
  let crm: Running;
  let connector: Connector;

  let first: number;

  beforeAll(async () => {
    const start = performance.now();
    crm = await startCrm(dir, seed());
    first = performance.now() - start;
    const login = { dbname: 'postgres', username: 'postgres', password: 'any' };
    connector = await connect('crm', { host: crm.host, port: `${crm.port}`, ...login });
  }, 60_000);

  afterAll(async () => {
    await connector.close?.();
    await crm.close();
    rmSync(dir, { recursive: true });
  });

  test('answers through the connector exactly what the seed holds, no row more, none less', async () => {
    for (const email of sample) {
      const { customers, notes } = holdings(email);
      expect(await everything(connector, 'crm', 'customers', 'email', [email])).toEqual(customers);
      const ids = customers.map(({ id }) => `${id}`);
      expect(await everything(connector, 'crm', 'notes', 'customer', ids)).toEqual(notes);
    }
  });

  test('serves many readers at once, and goes on when one is cut off in the middle', async () => {
    const login = { host: crm.host, port: `${crm.port}`, dbname: 'postgres', username: 'postgres', password: 'any' };
    const readers = await Promise.all(Array.from({ length: 12 }, () => connect('crm', login)));
    const { everywhere } = peopleToTry;
    const cut = everything(
      await connect('crm', login),
      'crm',
      'customers',
      'email',
      [everywhere],
      AbortSignal.timeout(5),
    ).catch(() => []);
    const read = readers.map((reader) => everything(reader, 'crm', 'customers', 'email', [everywhere]));
    for (const rows of await Promise.all(read)) expect(rows).toEqual(holdings(everywhere).customers);
    await cut;
    await Promise.all(readers.map((reader) => reader.close?.()));
  });

  test('starts again from what it kept, with the same data, in a fraction of the time', async () => {
    const start = performance.now();
    const again = await startCrm(dir, seed());
    expect(performance.now() - start).toBeLessThan(first * 0.7);
    const login = { dbname: 'postgres', username: 'postgres', password: 'any' };
    const other = await connect('crm', { host: again.host, port: `${again.port}`, ...login });
    const { everywhere } = peopleToTry;
    expect(await everything(other, 'crm', 'customers', 'email', [everywhere])).toEqual(holdings(everywhere).customers);
    await other.close?.();
    await again.close();
  });
});

describe('the newsletter service', () => {
  let newsletter: Running;
  const address = () => `http://${newsletter.host}:${newsletter.port}`;

  beforeAll(async () => {
    newsletter = await startNewsletter('t0ken', seed().subscriptions);
  });

  afterAll(() => newsletter.close());

  test('answers through the connector exactly what the seed holds, over several pages', async () => {
    const connector = await connect('newsletter', { baseUrl: address(), token: 't0ken' });
    for (const email of sample)
      expect(await everything(connector, 'newsletter', 'subscriptions', 'email', [email])).toEqual(
        holdings(email).subscriptions,
      );
    await connector.close?.();
  });

  test('answers nobody without the token', async () => {
    const connector = await connect('newsletter', { baseUrl: address(), token: 'other' });
    await expect(connector.check()).rejects.toMatchObject({ name: 'SourceUnavailable' });
    await connector.close?.();
    expect((await fetch(`${address()}/v1/subscriptions?email=x`)).status).toBe(401);
  });
});

describe('the SuperOffice of business sales', () => {
  let office: Awaited<ReturnType<typeof startSuperOffice>>;
  const asked = async (name: string, field: string, value: string, secret: object = office.secret) => {
    const connector = await connect('sales', secret as Readonly<Record<string, string>>);
    return everything(connector, 'sales', name, field, [value]).finally(() => connector.close?.());
  };
  const [signe, bo] = contacts;

  beforeAll(async () => {
    office = await startSuperOffice(contacts);
  });

  afterAll(() => office.close());

  test('answers through the preset by an address, and through the whole record by a number, exactly what the seed holds', async () => {
    expect(await asked('persons', 'email', String(signe?.email))).toEqual([signe]);
    expect(await asked('subscribers', 'personId', '7001')).toEqual([signe]);
    expect(await asked('persons', 'email', "x' or 'a' eq 'a")).toEqual([]);
    expect(await asked('subscribers', 'personId', '7999')).toEqual([]);
  });

  test('does not give out one record the first five times, and gives it when asked again', async () => {
    for (let time = 0; time < 5; time += 1)
      await expect(asked('subscribers', 'personId', `${troubled}`)).rejects.toMatchObject({
        name: 'SourceUnavailable',
      });
    expect(await asked('subscribers', 'personId', `${troubled}`)).toEqual([bo]);
  });

  test('lets nobody in whose token another key signed', async () => {
    const other = await startSuperOffice([]);
    const { privateKey } = other.secret as { privateKey: string };
    await other.close();
    const secret = { ...office.secret, privateKey };
    await expect(asked('persons', 'email', 'x@y.example', secret)).rejects.toMatchObject({ name: 'SourceMalformed' });
    expect((await fetch(`http://${office.host}:${office.port}/Cust12345/api/v1/Person/7001`)).status).toBe(401);
  });
});
