import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import { answerTask, approve, ask, decide, download, expectStatus, last4, linkIn, openAsDpo, prove } from './access.ts';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const mette = { name: 'Mette Kjærgaard', email: peopleToTry.everywhere };
const jens = { name: 'Jens Hansen', email: peopleToTry.nearlyTheSame };

/** Jens asks for Mette, and shows that his own mailbox is his. */
const asked = async () => {
  const who = { ...jens, alsoKnownAs: mette.email, behalfOf: { otherName: mette.name, relation: 'Søn' } };
  const { reference } = await ask(world, who);
  return { reference, ...(await prove(world, jens.email, reference)) };
};

const authority = 'Fuldmagt af 3. marts, set i original.';

/** The DPO has seen the authority and starts. */
const startFor = async (reference: string, answerTo: 'person' | 'sender') => {
  const { page, visitor } = await openAsDpo(world, reference, 1);
  const fields = { action: 'start-for', authority, email: mette.email, answerTo, last4: last4(reference) };
  return expectStatus(await decide(world, page, visitor, fields, { having: 'authority' }), 200);
};

const ids = (rows: readonly object[], name: string) =>
  rows.map((row) => String((row as Record<string, unknown>)[name])).sort();

const mailsTo = async (email: string, reference: string) =>
  (await world.mails()).filter(({ to, subject }) => to.includes(email) && subject.includes(reference));

describe('T10: a request on behalf of another person', () => {
  test('starts only when the DPO has said what shows that the sender may act, where to look and who gets the answer', async () => {
    const { reference } = await asked();
    const { page, visitor } = await openAsDpo(world, reference, 1);
    expect(textOf(page.html)).toContain('Der er ikke søgt efter noget');
    expect(textOf(page.html)).toContain('Bevis for, at afsenderen må handle for personen');
    const forged = await visitor.submit(page, { action: 'start', last4: last4(reference) }, 'authority');
    expect(forged.status).toBe(409);
    const fields = { action: 'start-for', authority, email: 'mette', answerTo: '', last4: last4(reference) };
    const missing = await visitor.submit(page, fields, 'authority');
    expect(missing.status).toBe(400);
    expect(textOf(missing.html)).toContain('Skriv personens e-mail som navn@eksempel.dk');
    expect(textOf(missing.html)).toContain('Vælg, hvem der skal have svaret');
    expect(missing.html).toContain(authority);
    const { page: still } = await openAsDpo(world, reference, 1);
    expect(textOf(still.html)).toContain('Der er ikke søgt efter noget');
  });

  test('finds what the systems hold about that person and nothing about the sender, and answers in the mailbox of the person', async () => {
    const { reference, page: status, visitor: jensOnline } = await asked();
    const started = await startFor(reference, 'person');
    expect(textOf(started.html)).toContain(authority);
    const task = await world.mail('arkiv@nordlys.example', new RegExp(reference));
    const owner = expectStatus(await new Visitor(world.site).get(linkIn(task, 'o')), 200);
    expect(textOf(owner.html)).toContain(mette.name);
    expect(textOf(owner.html)).toContain(mette.email);
    expect(owner.html).not.toContain(jens.email);
    await answerTask(world, reference, 'nothing');
    await approve(world, reference);

    const entries = await unzip((await download(world, mette.email, reference)).zip);
    expect(ids(recordsOf(entries, 'crm', 'customers'), 'id')).toEqual(ids(holdings(mette.email).customers, 'id'));
    expect([...entries.values()].some((held) => held.includes(jens.email))).toBe(false);

    const ready = (await mailsTo(mette.email, reference)).find(({ text }) => /\/d\/[\w-]{43}/.test(text));
    expect(ready?.text).toContain('En anden har bedt om svaret på dine vegne');
    expect(ready?.text).not.toContain(jens.name);
    const told = await mailsTo(jens.email, reference);
    expect(told.some(({ text }) => /\/d\/[\w-]{43}/.test(text))).toBe(false);
    expect(told.at(-1)?.text).toContain('sendt til den person, det handler om');
    const seen = await jensOnline.get(status.url);
    expect(textOf(seen.html)).toContain('me…@skovmail.example');
    expect(textOf(seen.html)).toContain('Link og kode er sendt til den person, det handler om.');
    expect(textOf(seen.html)).not.toContain('Brug linket i mailen');
    expect(String(entries.get('START-HER.html'))).not.toContain('du bekræftede');
  });

  test('answers in the mailbox of the sender when the DPO says so', async () => {
    const { reference } = await asked();
    await startFor(reference, 'sender');
    await answerTask(world, reference, 'nothing');
    await approve(world, reference);
    const entries = await unzip((await download(world, jens.email, reference)).zip);
    expect(ids(recordsOf(entries, 'crm', 'customers'), 'id')).toEqual(ids(holdings(mette.email).customers, 'id'));
    expect(await mailsTo(mette.email, reference)).toEqual([]);
  });

  test('is asked about on the form in words for two people, and the sender can read whom it is about', async () => {
    const visitor = new Visitor(world.site, 'da');
    let page = expectStatus(await visitor.get('/want?lang=da'), 200);
    page = await visitor.submit(page, { rights: ['access'] });
    page = await visitor.submit(page, { who: 'other', otherName: mette.name, relation: 'Søn' });
    expect(textOf(page.html)).toContain('Personens e-mailadresser og tidligere navne');
    const own = await visitor.submit(await visitor.get('/who'), { who: 'me' });
    expect(textOf(own.html)).toContain('Tidligere navn eller andre e-mailadresser');
  });
});
