import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rest } from '../../connectors/rest.ts';
import type { Connector, Found, Lookup } from '../../domain/connector.ts';
import { keepsTheContract } from './contract.ts';
import { collectionOf, systemOf } from './systems.ts';
import { privateKey, startVendor, vendors } from './vendors.ts';

type Name = keyof typeof vendors;

/** What a data map says to use a preset, beyond labels: the system's options, the collection's name there, and its fields. */
interface Use {
  readonly at: string;
  readonly options?: (base: string) => object;
  readonly base?: string;
  readonly secret: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly ignoresCase?: false;
}

const uses: Readonly<Record<Exclude<Name, 'mailchimp'>, Use>> = {
  superoffice: {
    at: 'person',
    base: '/Cust1/api',
    options: (login) => ({ auth: { type: 'superoffice', tenant: 'Cust1', login } }),
    secret: { applicationToken: 'app', systemUserToken: 'app-user', privateKey },
    fields: { id: 'personId', owner: '"email/emailAddress"' },
  },
  hubspot: {
    at: 'contact',
    options: () => ({ requestsPerSecond: 1_000 }),
    secret: { token: 'pat-1' },
    fields: { owner: 'email' },
  },
  zendesk: { at: 'user', secret: { username: 'a@b.example/token', password: 'key' }, fields: { owner: 'email' } },
  stripe: {
    at: 'customer',
    options: () => ({ requestsPerSecond: 1_000 }),
    secret: { token: 'rk-1' },
    fields: { owner: 'email' },
    ignoresCase: false,
  },
  salesforce: {
    at: 'contact',
    secret: { clientId: 'app', clientSecret: 'shh' },
    fields: { id: 'Id', owner: 'Email', n: 'N__c' },
  },
};

const collectionFor = ({ at, fields = {} }: Use) =>
  collectionOf({ at, fields: ['id', 'owner', 'n'], identity: { email: 'owner' }, options: { fields } });

const connectTo = (preset: Name, use: Use, base: string, more: object = {}, secret = use.secret): Connector => {
  const options = { preset, baseUrl: `${base}${use.base ?? ''}`, ...use.options?.(base), ...more };
  return rest({ system: systemOf('rest', { held: collectionFor(use) }, options), secret, allowLoopback: true });
};

const lookupOf = (use: Use, values: readonly string[]): Lookup => ({
  name: 'held',
  collection: collectionFor(use),
  field: 'owner',
  values,
});

const allOf = async (connector: Connector, lookup: Lookup): Promise<Found[]> => {
  const found: Found[] = [];
  for await (const page of connector.find(lookup)) found.push(...page.found);
  return found;
};

for (const [name, use] of Object.entries(uses) as [Exclude<Name, 'mailchimp'>, Use][])
  describe(`the preset ${name}`, () => {
    let vendor: Awaited<ReturnType<typeof startVendor>>;
    beforeAll(async () => {
      vendor = await startVendor(vendors[name]);
    });
    afterAll(() => vendor.close());

    keepsTheContract({
      connector: () => connectTo(name, use, vendor.base),
      lookup: (values) => lookupOf(use, values),
      down: () => connectTo(name, use, 'http://127.0.0.1:1'),
      ignoresCase: use.ignoresCase ?? true,
    });

    test('proves who asks once, however often it asks, and says when the proof is refused', async () => {
      vendor.asked.length = 0;
      const connector = connectTo(name, use, vendor.base);
      await allOf(connector, lookupOf(use, ['a@b.example', 'c@d.example', 'e@f.example']));
      const logins = vendor.asked.filter(({ path }) => /Authenticate|token/.test(path));
      expect(logins.length).toBe(['superoffice', 'salesforce'].includes(name) ? 1 : 0);
      expect(vendor.asked.length - logins.length).toBe(3);
      const other = Object.fromEntries(
        Object.entries(use.secret).map(([key, held]) => [key, key === 'privateKey' ? held : 'other']),
      );
      const refused = await connectTo(name, use, vendor.base, {}, other)
        .check()
        .catch((error: unknown) => error);
      expect(refused).toMatchObject({ name: expect.stringMatching(/^Source(Unavailable|Malformed)$/) });
      expect(() => connectTo(name, use, vendor.base, {}, {})).toThrow(/secret\./);
    });
  });

describe('the preset mailchimp', () => {
  const use: Use = { at: 'member', secret: { username: 'any', password: 'key' }, fields: { owner: 'email_address' } };
  let vendor: Awaited<ReturnType<typeof startVendor>>;
  beforeAll(async () => {
    vendor = await startVendor(vendors.mailchimp);
  });
  afterAll(() => vendor.close());

  test('finds the memberships of an address in every list', async () => {
    const connector = connectTo('mailchimp', use, vendor.base);
    const found = await allOf(connector, lookupOf(use, ['søren+æøå@nordlys.example']));
    expect(found.map(({ row }) => row.n)).toEqual([0, 1, 2]);
    expect(await allOf(connector, lookupOf(use, ['nobody@nordlys.example']))).toEqual([]);
  });

  test('refuses an answer that holds fewer memberships than there are', async () => {
    const many = allOf(connectTo('mailchimp', use, vendor.base), lookupOf(use, ['jens.hansen@nordlys.example']));
    await expect(many).rejects.toThrow('announced 2345 rows and gave 30');
  });
});

describe('a collection of a preset', () => {
  test('asks for a reference as the vendor documents it, and tells the value that it was asked for', async () => {
    const vendor = await startVendor(({ path, params }) => [
      200,
      { tickets: [{ id: 1, subject: 'x' }], meta: { has_more: false }, links: { next: `${path}${params}` } },
    ]);
    const ticket = collectionOf({ at: 'ticket', fields: ['id', 'requester_id', 'subject'] });
    const system = systemOf('rest', { ticket }, { preset: 'zendesk', baseUrl: vendor.base });
    const connector = rest({ system, secret: { username: 'a', password: 'b' }, allowLoopback: true });
    const found = await allOf(connector, { name: 'ticket', collection: ticket, field: 'requester_id', values: ['42'] });
    expect(found.map(({ row }) => row)).toEqual([{ id: 1, requester_id: '42', subject: 'x' }]);
    expect(vendor.asked.map(({ path, params }) => `${path}?${params}`)).toEqual([
      '/api/v2/users/42/tickets/requested.json?page%5Bsize%5D=100',
    ]);
    await connector.close?.();
    vendor.close();
  });

  test('may be said otherwise by the data map, and a collection that no preset has must be said whole', () => {
    const of = (at: string, options: object) =>
      rest({
        system: systemOf(
          'rest',
          { held: collectionOf({ at, fields: ['id'], options: { ...options } }) },
          { preset: 'stripe' },
        ),
        secret: { token: 'rk-1' },
        allowLoopback: false,
      });
    expect(of('customer', { path: '/v2/customers' })).toHaveProperty('find');
    expect(of('payout', { path: '/v1/payouts', itemsPath: 'data' })).toHaveProperty('find');
    expect(() => of('payout', {})).toThrow(/collections\.held\.options\.path/);
    expect(() => of('constructor', {})).toThrow(/collections\.held\.options\.path/);
  });
});
