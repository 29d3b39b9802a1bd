import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings, type Seed, seed } from '../../demo/seed.ts';

const print = (data: Seed): string =>
  createHash('sha256')
    .update(
      JSON.stringify(data, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)),
    )
    .digest('hex');

const kinds = [
  'customers',
  'notes',
  'orders',
  'shipments',
  'attachments',
  'subscriptions',
  'archive',
  'contacts',
] as const;
const held = (email: string) => Object.fromEntries(kinds.map((kind) => [kind, holdings(email)[kind].length]));

/** Whether one edit (a letter more, less or other) leads from one text to the other. */
const isOneEditAway = (a: string, b: string): boolean => {
  if (a === b || Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start += 1;
  return [
    a.slice(start + 1) === b.slice(start + 1),
    a.slice(start + 1) === b.slice(start),
    a.slice(start) === b.slice(start + 1),
  ].some(Boolean);
};

describe('the seed', () => {
  const { customers, subscriptions, archive, orders, shipments, attachments, contacts } = seed();
  const emails = new Set([...customers, ...subscriptions, ...archive].map(({ email }) => email));

  test('is the same on every machine and in every process', () => {
    const script = `import('./demo/seed.ts').then(({ seed }) => process.stdout.write(JSON.stringify(seed().customers)))`;
    const other = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', maxBuffer: 1e8 });
    expect(JSON.parse(other)).toEqual(customers);
    expect(print(seed())).toBe('0f87a4c6210aa31e0da0c297a304e3eaa82c8893a34c4535a29806a9b47e5ea6');
  });

  test('knows at least 2,000 people, each address once', () => {
    expect(emails.size).toBeGreaterThanOrEqual(2_000);
    expect(new Set(customers.map(({ email }) => email)).size).toBe(customers.length);
    expect(new Set(customers.map(({ id }) => id)).size).toBe(customers.length);
  });

  test('has Danish names with æ, ø and å, and surnames that many share', () => {
    const names = customers.map(({ name }) => name);
    for (const letter of ['æ', 'ø', 'å', 'Å', 'Ø'])
      expect(
        names.some((name) => name.includes(letter)),
        letter,
      ).toBe(true);
    expect(names.filter((name) => name.endsWith(' Hansen')).length).toBeGreaterThan(50);
  });

  test('has addresses that differ by one letter, by one digit, by the order of names and by a look-alike domain', () => {
    const near = [...emails].filter((email) => isOneEditAway(email, peopleToTry.nearlyTheSame));
    expect(near).toContain('jens.hansen1@postkasse.example');
    expect(near).toContain('jens.hansen@p0stkasse.example');
    expect(emails).toContain('jensen.hans@postkasse.example');
    expect([...emails].filter((email) => /\d@/.test(email)).length).toBeGreaterThan(200);
  });

  test('uses example domains only, and letters that every mail system takes', () => {
    for (const email of emails) expect(email).toMatch(/^[a-z0-9.]+@[a-z0-9-]+\.example$/);
  });

  test('has people in one system only', () => {
    const inShop = new Set(orders.map(({ customerId }) => customerId));
    const inSupport = new Set(attachments.map(({ customerId }) => customerId));
    const inLetters = new Set(subscriptions.map(({ email }) => email));
    const inArchive = new Set(archive.map(({ email }) => email));
    const asCustomer = new Set(customers.map(({ email }) => email));
    const elsewhere = ({ id, email }: (typeof customers)[number]) =>
      inShop.has(`${id}`) || inSupport.has(`${id}`) || inLetters.has(email) || inArchive.has(email);
    expect(customers.filter((one) => !elsewhere(one)).length).toBeGreaterThan(10);
    expect([...inLetters].filter((email) => !asCustomer.has(email) && !inArchive.has(email)).length).toBeGreaterThan(
      10,
    );
    expect([...inArchive].filter((email) => !asCustomer.has(email) && !inLetters.has(email)).length).toBeGreaterThan(
      10,
    );
  });

  test("has customer numbers that begin with another customer's number, both with files", () => {
    const ids = [...new Set(attachments.map(({ customerId }) => customerId))];
    expect(ids.some((id) => ids.some((other) => other !== id && other.startsWith(id)))).toBe(true);
  });

  test('sends each shipment for an order, and each order for a customer', () => {
    const orderIds = new Set(orders.map(({ orderId }) => orderId));
    const business = contacts.map(({ customerNumber }) => customerNumber);
    const customerIds = new Set([...customers.map(({ id }) => `${id}`), ...business]);
    expect(shipments.every(({ orderId }) => orderIds.has(orderId))).toBe(true);
    expect(orders.every(({ customerId }) => customerIds.has(customerId))).toBe(true);
  });

  test('has a person in five systems, one with nearly the same address as others, and one in the newsletter only', () => {
    for (const kind of kinds)
      if (kind !== 'contacts') expect(held(peopleToTry.everywhere)[kind], kind).toBeGreaterThan(0);
    expect(held(peopleToTry.nearlyTheSame)).toMatchObject({ customers: 1, archive: 0 });
    const { subscriptions: letters, ...rest } = held(peopleToTry.newsletterOnly);
    expect(letters).toBeGreaterThan(2);
    expect(new Set(Object.values(rest))).toEqual(new Set([0]));
  });

  test('has a person whom only the newsletter knows by address, and who leads over a number in business sales to orders and shipments', () => {
    expect(held(peopleToTry.threeHops)).toEqual({
      customers: 0,
      notes: 0,
      orders: 2,
      shipments: 2,
      attachments: 0,
      subscriptions: 1,
      archive: 0,
      contacts: 1,
    });
  });

  test('holds nothing for a person nobody knows', () => {
    expect(new Set(Object.values(held('nobody@postkasse.example')))).toEqual(new Set([0]));
  });
});
