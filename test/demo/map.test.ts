import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { connectors, isAsked } from '../../connectors/index.ts';
import { demoBuckets, demoSecrets, demoTables } from '../../demo/tables.ts';
import { Config } from '../../domain/config.ts';
import { DataMap } from '../../domain/data-map.ts';
import { planOf, wavesOf } from '../../domain/plan.ts';

const folder = new URL('../../demo/', import.meta.url);
const read = (path: string): unknown => parse(readFileSync(new URL(path, folder), 'utf8'));

const files = readdirSync(new URL('systems', folder));
const map: DataMap = {
  version: 1,
  systems: Object.assign({}, ...files.map((file) => DataMap.parse(read(`systems/${file}`)).systems)),
};
const all = Object.values(map.systems);

describe('the data map of Nordlys Handel', () => {
  test('describes six systems, of every kind that the demonstration has, in files of their own', () => {
    expect(Object.keys(map.systems).sort()).toEqual(['archive', 'crm', 'newsletter', 'sales', 'support', 'webshop']);
    expect(new Set(all.map(({ connector }) => connector.type)).size).toBe(5);
    expect(files).toHaveLength(6);
  });

  test('is gathered in three waves: those that know an address, those that the first ones lead to, and the shop over three references', () => {
    const plan = planOf(map, ['email']);
    expect(plan.unreachable).toEqual([]);
    const waves = wavesOf(map, plan).map((wave) => wave.map(({ system }) => system).sort());
    expect(waves).toEqual([['archive', 'crm', 'newsletter'], ['sales', 'support'], ['webshop']]);
  });

  test('reaches notes in the wave of the register, and shipments in that of the orders', () => {
    const waves = wavesOf(map, planOf(map, ['email'])).flat();
    const collectionsOf = (name: string) =>
      waves.filter(({ system }) => system === name).flatMap(({ collections }) => collections.map((one) => one.name));
    expect(collectionsOf('crm')).toEqual(['customers', 'notes']);
    expect(collectionsOf('webshop')).toEqual(['orders', 'shipments']);
  });

  test('has options that each connector accepts', async () => {
    const secret = {
      host: '127.0.0.1',
      dbname: 'x',
      username: 'x',
      password: 'x',
      token: 'x',
      applicationToken: 'x',
      systemUserToken: 'x',
      privateKey: String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })),
      baseUrl: 'http://127.0.0.1',
    };
    for (const system of all)
      if (isAsked(system.connector.type)) {
        const factory = await connectors[system.connector.type]();
        expect(factory({ system, secret, allowLoopback: true })).toHaveProperty('find');
      }
  });

  test('names the tables, the bucket and the secrets that the demo has', () => {
    const tables = Object.values(map.systems.webshop?.collections ?? {}).map(({ at }) => at);
    expect(tables).toEqual(demoTables.map(({ name }) => name));
    expect(map.systems.support?.connector.options.bucket).toBe(demoBuckets[0]);
    const { signIn, proof } = Config.parse(read('privacy.config.yaml'));
    const named = [...all.flatMap(({ connector }) => connector.secret ?? []), signIn?.secret, proof?.secret];
    expect(named.sort()).toEqual([...demoSecrets].sort());
  });

  test('has a config of its own, for an organisation in Denmark', () => {
    const config = Config.parse(read('privacy.config.yaml'));
    expect(config).toMatchObject({
      country: 'DK',
      timeZone: 'Europe/Copenhagen',
      mail: { identity: 'nordlys.example' },
    });
  });
});
