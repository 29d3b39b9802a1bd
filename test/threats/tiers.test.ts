import { rmSync } from 'node:fs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import {
  answerTask,
  approve,
  asAtIssuer,
  ask,
  decide,
  download,
  dpo,
  expectStatus,
  last4,
  openAsDpo,
  prove,
  start,
} from '../journeys/access.ts';
import { clearFaults, fault, isHeld, itemsOf } from '../journeys/faults.ts';
import { logOf } from '../journeys/permissions.ts';
import { textOf, Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';
import { recordsOf, unzip } from '../journeys/zip.ts';
import { synthWith } from './settings.ts';

const deputy = 'anna.dpo@nordlys.example';
const email = peopleToTry.everywhere;
let cdkOut: string;
let world: World;
let reference: string;

beforeAll(async () => {
  cdkOut = await synthWith({
    config: ({ dpo: first }) => {
      first.deputies = [{ name: 'Anna', email: deputy, language: 'da' }];
    },
    map: ({ systems }) => {
      if (systems.crm) systems.crm.tier = 'elevated';
    },
  });
  world = await openWorld({ cdkOut });
});
afterAll(async () => {
  await world.close();
  rmSync(cdkOut, { recursive: true });
});

const sourcesOf = async (system: string) => {
  const items = await itemsOf(world);
  const request = items.find((item) => item.sk === 'REQUEST' && item.reference === reference);
  return items.filter((item) => item.pk === request?.pk && item.sk.startsWith('SOURCE#') && item.system === system);
};

/** One of the people sends a form of the case's page. */
const sendAs = async (who: string, fields: Record<string, string>, having: string) => {
  const { page, visitor } = await openAsDpo(world, reference, 2);
  const place = [dpo, deputy].indexOf(who);
  const person = [...page.html.matchAll(/name="person" value="(\w+)"/g)][place]?.[1] ?? '';
  return decide(world, page, visitor, { ...fields, person, last4: last4(reference) }, { having, who });
};

/** Calls a system's function past the workflow, as a mistake or an intruder would. */
const callDirectly = async (name: string, system: string) => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const lambda = new LambdaClient({ endpoint: world.aws, region: 'eu-west-1', credentials });
  const [source] = await sourcesOf('crm');
  const collections = [{ name: 'customers', inputs: [{ field: 'email', from: 'identity.email' }], gives: [] }];
  const Payload = JSON.stringify({ requestId: source?.pk, wave: 0, system, collections });
  const answer = await lambda.send(new InvokeCommand({ FunctionName: `PrivacyDemo-gather-${name}`, Payload }));
  lambda.destroy();
  return { failed: answer.FunctionError !== undefined, said: Buffer.from(answer.Payload ?? []).toString('utf8') };
};

test('T09: an elevated system is not read for a proven mailbox, and everybody sees that it is not', async () => {
  ({ reference } = await ask(world, { name: 'Mette Kjærgaard', email }));
  const { visitor } = await prove(world, email, reference);
  await start(world, reference);
  await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const closed = await sourcesOf('crm');
  expect(closed.length).toBeGreaterThan(0);
  expect(
    closed.every(({ state, reason, rows }) => state === 'EXCLUDED' && reason === 'SecondProofMissing' && rows === 0),
  ).toBe(true);
  expect(textOf((await visitor.get(`/request/${reference}`)).html)).toContain('kræver mere bevis');
});

test('I04: the function of an elevated system refuses by its own consistent read, whoever calls it, and serves no other system', async () => {
  const before = await sourcesOf('crm');
  const { failed, said } = await callDirectly('crm', 'crm');
  expect([failed, said]).toEqual([true, expect.stringContaining('TransitionRefused')]);
  const other = await callDirectly('crm', 'support');
  expect(other.failed).toBe(true);
  expect(await sourcesOf('crm')).toEqual(before);
});

test('T06: one person’s word opens nothing, not even given twice; a second person’s confirmation does', async () => {
  await answerTask(world, reference, 'nothing');
  const reason = 'Mødte op i butikken og viste pas.';
  expectStatus(await sendAs(dpo, { action: 'manual-proof', reason }, 'reason'), 200);
  expectStatus(await sendAs(dpo, { action: 'manual-proof', reason }, 'reason'), 200);
  const own = await sendAs(dpo, { action: 'confirm-proof' }, 'person');
  expect(own.status).toBe(400);
  expect((await sourcesOf('crm')).every(({ state }) => state === 'EXCLUDED')).toBe(true);
  expect((await callDirectly('crm', 'crm')).failed).toBe(true);

  await world.mail(deputy, new RegExp(`${reference} mangler dit ja`));
  const other = { action: 'confirm-proof', proposal: '2026-01-01T00:00:00.000Z' };
  expect((await sendAs(deputy, other, 'proposal')).status).toBe(409);
  expectStatus(await sendAs(deputy, { action: 'confirm-proof' }, 'proposal'), 200);
  const { page } = await openAsDpo(world, reference, 3);
  expect(textOf(page.html)).toContain('Set og bekræftet af DPO og stedfortræder 1');
  const rows = (await sourcesOf('crm')).reduce((sum, source) => sum + Number(source.rows), 0);
  const held = holdings(email);
  expect(rows).toBe(held.customers.length + held.notes.length);
});

test('T09: without the second proof the answer covers the rest, and its letter names what was not opened and how to get it', async () => {
  ({ reference } = await ask(world, { name: 'Mette Kjærgaard', email }));
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  const { page } = await openAsDpo(world, reference, 2);
  const dpoKey = /name="person" value="(\w+)"/.exec(page.html)?.[1] ?? '';
  await approve(world, reference, ['access'], { person: dpoKey });
  const entries = await unzip((await download(world, email, reference)).zip);
  const held = holdings(email);
  const filesOf = (system: string) => [...entries.keys()].filter((name) => new RegExp(`-${system}/.*json$`).test(name));
  expect(held.subscriptions.length).toBeGreaterThan(0);
  expect(filesOf('newsletter').length).toBeGreaterThan(0);
  expect([...filesOf('crm'), ...filesOf('webshop')]).toEqual([]);
  const pages = [...entries].filter(([name]) => name.endsWith('.html')).map(([, text]) => textOf(text.toString()));
  expect(pages.join(' ')).toMatch(/Kundekartotek.*Det kræver mere bevis for, hvem du er/);
});

test('T09: what an open system leads to is read although a closed one leads there too; it counts as partial, and needs a reason to be sent', async () => {
  const signe = peopleToTry.threeHops;
  ({ reference } = await ask(world, { name: 'Signe Lykke', email: signe }));
  const { visitor } = await prove(world, signe, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  const { page } = await openAsDpo(world, reference, 2);
  const orders = holdings(signe).orders.map(({ orderId }) => orderId);
  const [found] = await sourcesOf('webshop');
  expect(found).toMatchObject({ state: 'PARTIAL', reason: 'SecondProofMissing' });
  const person = /name="person" value="(\w+)"/.exec(page.html)?.[1] ?? '';
  await expect(approve(world, reference, ['access'], { person })).rejects.toThrow(
    'hvorfor svaret sendes ufuldstændigt',
  );
  const incomplete = 'Kundekartoteket kræver mere bevis.';
  await approve(world, reference, ['access'], { person, incomplete });
  const entries = await unzip((await download(world, signe, reference)).zip);
  const ids = recordsOf(entries, 'webshop', 'orders').map((row) => (row as { orderId: string }).orderId);
  expect(ids.sort()).toEqual(orders.sort());
  const told = textOf((await visitor.get(`/request/${reference}`)).html);
  expect(told).toContain(incomplete);
});

const flowCookie = '__Host-proof';
/** The browser of the person whose case goes on from test to test. */
let mine: Visitor;

const crmRows = async () => (await sourcesOf('crm')).reduce((sum, source) => sum + Number(source.rows), 0);

const allOfMette = () => holdings(email).customers.length + holdings(email).notes.length;

/** Asks and proves the mailbox; the visitor has the status page open. */
const proven = async (address: string = email): Promise<Visitor> => {
  ({ reference } = await ask(world, { name: 'Mette Kjærgaard', email: address }));
  return (await prove(world, address, reference)).visitor;
};

/** Where the status page's link leads. */
const toIssuer = async (visitor: Visitor, of = reference): Promise<URL> => {
  expect((await visitor.get(`/request/${of}`)).html).toContain(`href="/request/${of}/proof?lang=`);
  return new URL((await visitor.redirect(`/request/${of}/proof`)).location);
};

/** Signs in at the issuer, and comes back. */
const signInAs = async (who: string, visitor: Visitor) =>
  visitor.get((await asAtIssuer(who, await toIssuer(visitor))).href);

const recordOf = async (of = reference) => {
  const items = await itemsOf(world);
  const request = items.find((item) => item.sk === 'REQUEST' && item.reference === of);
  return { request, audit: items.filter(({ pk, sk }) => pk === request?.pk && sk.startsWith('AUDIT#')) };
};

test('T77: who signs in with the issuer by the address that asked opens the systems before anything was read, and no claim is kept', async () => {
  await world.advance('P1D');
  const visitor = await proven();
  const page = expectStatus(await signInAs('mette', visitor), 200);
  expect(new URL(page.url).pathname).toBe(`/request/${reference}`);
  expect(textOf(page.html)).toContain('Du har bevist, hvem du er');
  const { request, audit } = await recordOf();
  expect(request?.secondProof).toMatchObject({ method: 'oidc', subject: expect.stringMatching(/^[\w-]{22}$/) });
  expect(audit.find(({ what }) => what === 'SIGNED_IN')).toMatchObject({ by: 'subject', facts: { method: 'oidc' } });
  expect(JSON.stringify([request?.secondProof, audit])).not.toMatch(/"mette"|skovmail|Kj/);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  const dpoPage = (await openAsDpo(world, reference, 2)).page;
  expect(textOf(dpoPage.html)).toContain('Personen loggede selv ind med Nordlys-konto');
  expect(await crmRows()).toBe(allOfMette());
});

test('T77: an address that is another one or not verified, another browser, another case’s sign-in and one of staff record nothing and tell nobody', async () => {
  await world.advance('P1D');
  const visitor = await proven();
  const other = reference;
  mine = await proven();
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  await openAsDpo(world, reference, 2);
  const before = await recordOf();
  const mails = (await world.mails()).length;

  const refused = async (page: Promise<{ status: number; html: string }>, status: number, words: RegExp) => {
    const { html, status: answered } = await page;
    expect(textOf(html)).toMatch(words);
    expect(answered).toBe(status);
  };
  await refused(signInAs('falsk-mette', mine), 403, /ikke bekræftet nogen e-mailadresse/);
  await refused(signInAs('jens', mine), 403, /en anden e-mailadresse/);
  const elsewhere = await asAtIssuer('mette', await toIssuer(mine));
  await refused(new Visitor(world.site).get(elsewhere.href), 400, /begyndte i en anden browser/);
  const ofOther = await asAtIssuer('mette', await toIssuer(visitor, other));
  await toIssuer(mine);
  await refused(mine.get(ofOther.href), 403, /bestod ikke vores kontrol/);
  mine.cookies.set(flowCookie, visitor.cookies.get(flowCookie) ?? '');
  await refused(mine.get(ofOther.href), 400, /begyndte i en anden browser/);
  await mine.redirect(`/dpo/sign-in/begin?request=${reference}`);
  mine.cookies.set(flowCookie, mine.cookies.get('__Host-sign-in') ?? '');
  await refused(mine.get(elsewhere.href), 400, /begyndte i en anden browser/);

  expect(await recordOf()).toEqual(before);
  expect((await recordOf(other)).request?.secondProof).toBeUndefined();
  expect((await world.mails()).length).toBe(mails);
  expect((await callDirectly('crm', 'crm')).failed).toBe(true);
});

test('T77: signed in after the first round, the closed systems are asked in a new one; the same sign-in brought again changes nothing', async () => {
  const back = await asAtIssuer('mette', await toIssuer(mine));
  const flow = mine.cookies.get(flowCookie) ?? '';
  expectStatus(await mine.get(back.href), 200);
  await openAsDpo(world, reference, 3);
  expect(await crmRows()).toBe(allOfMette());

  const before = await recordOf();
  mine.cookies.set(flowCookie, flow);
  expect((await mine.get(back.href)).status).toBe(403);
  const anew = await mine.get(`/request/${reference}/proof`);
  expect(anew.status).toBe(409);
  expect(textOf(anew.html)).toContain('ikke brug for mere bevis');
  expect(await recordOf()).toEqual(before);
});

test.each([
  // The first transaction is the start itself.
  ['TransactWriteItems', 2],
  ['PutItem', 1],
])(
  'T77: a sign-in that comes while gathering is planned is not lost, and opens every closed system: at %s %i',
  async (operation, call) => {
    await world.advance('P1D');
    const visitor = await proven();
    const back = await asAtIssuer('mette', await toIssuer(visitor));
    await world.quiet();
    await fault(world, { service: 'dynamodb', operation, mode: 'delay', call, ms: 4_000 });
    await start(world, reference);
    // Where nothing is written at that place the proof simply comes later.
    await isHeld(world);
    expectStatus(await visitor.get(back.href), 200);
    await world.quiet();
    await clearFaults(world);
    await world.mail('arkiv@nordlys.example', new RegExp(reference));
    await answerTask(world, reference, 'nothing');
    const { page } = await openAsDpo(world, reference, 2);
    expect(page.html).not.toContain('SecondProofMissing');
    expect(await crmRows()).toBe(allOfMette());
    const { request } = await recordOf();
    const planned = (request?.planned ?? []) as { system: string; wave: number; since?: number }[];
    const since = new Map(planned.map((each) => [`${each.system} ${each.wave}`, each.since ?? 1]));
    const items = await itemsOf(world);
    const counted = items.filter(
      ({ pk, sk, system, wave, round }) =>
        pk === request?.pk && sk.startsWith('SOURCE#') && Number(round) >= (since.get(`${system} ${wave}`) ?? 1),
    );
    expect(counted.filter(({ state }) => state === 'EXCLUDED')).toEqual([]);
    expect(new Set(counted.map(({ system, wave }) => `${system} ${wave}`))).toEqual(new Set(since.keys()));
  },
);

test('T77: nothing of who signed in is logged', () => {
  const logged = logOf(world.state, 'WebProof');
  expect(logged).toContain('"proof refused"');
  expect(logged).not.toMatch(/mette|skovmail|code=|state=/i);
});
