import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import { answerTask, approve, ask, download, expectStatus, last4, openAsDpo, prove, start } from './access.ts';
import { caseOf } from './faults.ts';
import { textOf } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** What each system answered in the newest round. */
const statesOf = async (reference: string): Promise<Record<string, string>> => {
  const sources = (await caseOf(world, reference)).filter(({ sk }) => sk.startsWith('SOURCE#'));
  const sorted = sources.toSorted((a, b) => (a.sk < b.sk ? -1 : 1));
  return Object.fromEntries(sorted.map(({ system, state }) => [String(system), String(state)]));
};

test('a system that failed is told to the DPO while an owner is still to answer, and asked again without waiting for them', async () => {
  const email = peopleToTry.failing;
  const { reference } = await ask(world, { name: 'Bo Friis', email });
  await prove(world, email, reference);
  await start(world, reference);
  const before = (await world.mails()).length;
  await world.advance('PT1H');
  expect(await statesOf(reference)).toMatchObject({ sales: 'FAILED', webshop: 'FAILED', archive: 'MANUAL' });
  const { mail, page, visitor } = await openAsDpo(world, reference, 2);
  expect(mail.subject).toContain('et system svarede ikke');
  expect(mail.text).toContain('Erhvervssalg');
  expect(textOf(page.html)).toContain('der ventes på kolleger');
  const again = { action: 'ask-again', system: 'sales', last4: last4(reference) };
  expectStatus(await visitor.submit(page, again, 'system'), 200);
  await world.quiet();
  expect(await statesOf(reference)).toMatchObject({ sales: 'OK', webshop: 'OK', archive: 'MANUAL' });
  expect((await world.mails()).slice(before).filter(({ subject }) => subject.includes('svarede ikke'))).toHaveLength(1);
  await answerTask(world, reference, 'found', 'Kasse 4: en kontrakt.');
  await approve(world, reference, ['access'], {}, 3);
  const entries = await unzip((await download(world, email, reference)).zip);
  expect(recordsOf(entries, 'sales', 'subscribers')).toEqual(holdings(email).contacts);
});
