import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import { answerTask, approve, ask, download, expectStatus, last4, openAsDpo, prove, start } from './access.ts';
import { itemsOf } from './faults.ts';
import { textOf } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const gathered = async (name: string, email: string): Promise<string> => {
  const { reference } = await ask(world, { name, email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  return reference;
};

/** What each system answered in the newest round, by its name. */
const statesOf = async (reference: string): Promise<Record<string, string>> => {
  const items = await itemsOf(world);
  const pk = items.find((item) => item.sk === 'REQUEST' && item.reference === reference)?.pk;
  const sources = items.filter((item) => item.pk === pk && item.sk.startsWith('SOURCE#'));
  const sorted = sources.toSorted((a, b) => (a.sk < b.sk ? -1 : 1));
  return Object.fromEntries(sorted.map(({ system, state }) => [String(system), String(state)]));
};

const rowsIn = async (email: string, reference: string) => {
  const entries = await unzip((await download(world, email, reference)).zip);
  return (system: string, collection: string) =>
    recordsOf(entries, system, collection) as Readonly<Record<string, unknown>>[];
};

test('a person whose address only the newsletter knows gets the contact, the orders and the shipments that references lead to', async () => {
  const email = peopleToTry.threeHops;
  const held = holdings(email);
  const reference = await gathered('Signe Lykke', email);
  await approve(world, reference);
  const rows = await rowsIn(email, reference);
  const [letter] = rows('newsletter', 'subscriptions');
  const [contact] = rows('sales', 'subscribers');
  const [orders, shipments] = [rows('webshop', 'orders'), rows('webshop', 'shipments')];
  // Each row holds the key by which it was found: a reader can follow the way.
  expect(contact?.personId).toBe(letter?.contact);
  expect(contact).toEqual(held.contacts[0]);
  expect(orders.map(({ customerId }) => customerId)).toEqual(orders.map(() => contact?.customerNumber));
  const ids = (of: readonly Readonly<Record<string, unknown>>[], field: string) => of.map((row) => row[field]).sort();
  expect(ids(orders, 'orderId')).toEqual(['NE-500001', 'NE-500002']);
  expect(ids(shipments, 'orderId')).toEqual(ids(orders, 'orderId'));
  expect(await statesOf(reference)).toMatchObject({ newsletter: 'OK', sales: 'OK', webshop: 'OK', crm: 'EMPTY' });
});

test('a record that a system does not give out shows as failed, as does what it leads to, and is in the answer after asking again', async () => {
  const email = peopleToTry.failing;
  const reference = await gathered('Bo Friis', email);
  // Four more tries, each later than the one before.
  await world.advance('PT1H');
  expect(await statesOf(reference)).toMatchObject({ newsletter: 'OK', sales: 'FAILED', webshop: 'FAILED' });
  const { page, visitor } = await openAsDpo(world, reference, 2);
  expect(textOf(page.html)).toContain('Der mangler svar fra Erhvervssalg og Webshop');
  const again = { action: 'ask-again', system: 'sales', last4: last4(reference) };
  expectStatus(await visitor.submit(page, again, 'system'), 200);
  const fresh = await openAsDpo(world, reference, 3);
  expect(textOf(fresh.page.html)).not.toContain('Der mangler svar');
  expect(await statesOf(reference)).toMatchObject({ newsletter: 'OK', sales: 'OK', webshop: 'OK' });
  await approve(world, reference);
  const rows = await rowsIn(email, reference);
  expect(rows('sales', 'subscribers')).toEqual(holdings(email).contacts);
  expect(rows('webshop', 'orders').map(({ orderId }) => orderId)).toEqual(['NE-500003']);
});
