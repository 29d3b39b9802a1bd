import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerTask, approve, ask, decide, download, last4, openAsDpo, prove, start } from './access.ts';
import { clearFaults, fault } from './faults.ts';
import { textOf } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

test('a step that fails for good waits for a person in sight of the DPO, and goes on from the record when they say so', async () => {
  const email = 'fast@fremmed.example';
  const { reference } = await ask(world, { name: 'Sidder Fast', email });
  await prove(world, email, reference);
  await start(world, reference);
  await world.mail('arkiv@nordlys.example', new RegExp(reference));
  await world.quiet();
  await fault(world, { service: 's3', operation: 'PutObject', mode: 'refuse', times: 1_000 });
  await answerTask(world, reference, 'nothing');
  // Five tries, each later than the one before.
  await world.advance('PT10M');
  const { page, visitor, mail } = await openAsDpo(world, reference, 2);
  expect(mail.subject).not.toContain(email);
  await clearFaults(world);

  const before = (await world.executions()).length;
  expect((await world.executions()).filter(({ status }) => status === 'FAILED')).toEqual([]);
  const after = await visitor.submit(page, { action: 'try-again', last4: last4(reference) }, 'last4');
  expect(after.status).toBe(200);
  await openAsDpo(world, reference, 3);
  expect((await world.executions()).length).toBe(before + 1);

  await approve(world, reference);
  const { zip } = await download(world, email, reference);
  expect((await unzip(zip)).has('manifest.json')).toBe(true);
  const { page: last } = await openAsDpo(world, reference, 3);
  expect(textOf(last.html)).toContain(reference);
});

test('T29, T30: two DPOs of whom one approves and one refuses at the same instant make one decision', async () => {
  const email = 'kaploeb@fremmed.example';
  const { reference } = await ask(world, { name: 'Kap Løb', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  const [one, two] = [await openAsDpo(world, reference, 2), await openAsDpo(world, reference, 2)];
  const fields = { action: 'decide', last4: last4(reference) };
  const pages = await Promise.all([
    decide(world, one.page, one.visitor, { ...fields, 'outcome-access': 'approve' }),
    decide(world, two.page, two.visitor, {
      ...fields,
      'outcome-access': 'refuse',
      'ground-access': 'other',
      'reason-access': 'Nej.',
    }),
  ]);
  expect(pages.map(({ status }) => status).sort()).toEqual([200, 409]);
  const { page } = await openAsDpo(world, reference, 2);
  expect(page.html.match(/Anmodningen blev afgjort/g)).toHaveLength(1);
});
