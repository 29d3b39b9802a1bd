import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { answerTask, approve, ask, expectStatus, linkIn, lookedAt, openAsDpo, prove, start } from './access.ts';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');

test('who asks to be erased and is known nowhere reads that nothing is held, and what was done', async () => {
  const email = 'ingen@fremmed.example';
  const { reference } = await ask(world, { name: 'Ingen Kender', email, rights: ['erasure', 'objection'] });
  const { page, visitor } = await prove(world, email, reference);
  await start(world, reference);
  const task = await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const owner = expectStatus(await new Visitor(world.site).get(linkIn(task, 'o')), 200);
  expect(textOf(owner.html)).toContain('skal vide, hvad der står om personen');
  expect(textOf(owner.html)).not.toContain('Personen får teksten');
  await answerTask(world, reference, 'nothing');
  const dpos = await openAsDpo(world, reference, 2);
  expect(textOf(dpos.page.html)).toContain('Ingen systemer har noget om personen');
  const done = 'Vi har skrevet adressen på listen over dem, der ikke får breve.';
  await approve(world, reference, ['erasure', 'objection'], { 'done-objection': done });
  const mail = plain((await world.mail(email, /afgjort din henvendelse/)).text);
  expect(mail).toContain('Vi har søgt i vores systemer og har ingen data om dig');
  expect(mail).toContain(`Det har vi gjort: ${done}`);
  const status = textOf((await visitor.get(page.url)).html);
  expect(status).toContain(`Det har vi gjort: ${done}`);
});

test('who asks for a correction is asked what is wrong, and the DPO ticks no texts that go to nobody', async () => {
  const visitor = new Visitor(world.site, 'da');
  let form = await visitor.get('/want?lang=da');
  const steps: Record<string, string | string[]>[] = [
    { rights: ['rectification'] },
    { who: 'me' },
    { name: 'Mette', email: peopleToTry.everywhere },
  ];
  for (const fields of steps) form = expectStatus(await visitor.submit(form, fields), 200);
  expect(textOf(form.html)).toContain('Skriv, hvad der er forkert, og hvad der er rigtigt.');
  expect(textOf(form.html)).not.toMatch(/Du behøver ikke at skrive noget|valgfrit/);

  const email = peopleToTry.everywhere;
  const { reference } = await ask(world, {
    name: 'Mette Kjærgaard',
    email,
    rights: ['rectification'],
    details: 'Navnet',
  });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'found', 'Kasse 12: kontrakt.');
  expect(lookedAt((await openAsDpo(world, reference, 2)).page)).toEqual([]);
  await approve(world, reference, ['rectification'], { 'done-rectification': 'Navnet er rettet.' });
  expect(plain((await world.mail(email, /afgjort din henvendelse/)).text)).toContain(
    'Det har vi gjort: Navnet er rettet.',
  );
});
