import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdings, seed } from '../../demo/seed.ts';
import { mailAddress } from '../../domain/form-mail.ts';
import {
  answerTask,
  approve,
  ask,
  decide,
  download,
  last4,
  linkIn,
  openAsDpo,
  prove,
  start,
} from '../journeys/access.ts';
import { type Item, itemsOf } from '../journeys/faults.ts';
import { clientsOf, outputsOf } from '../journeys/stores.ts';
import { formsOf, isShut, Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';
import { recordsOf, unzip } from '../journeys/zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const victim = { name: 'Jens Hansen', email: 'jens.hansen@postkasse.example' };
const held = holdings(victim.email);
const [customer] = held.customers;

/** Every value of what systems hold. */
const valuesOf = (holding: unknown): string[] => {
  if (holding instanceof Uint8Array) return [Buffer.from(holding).toString('latin1')];
  if (typeof holding === 'object' && holding !== null) return Object.values(holding).flatMap(valuesOf);
  return [String(holding)];
};

/** What nobody but the victim has: found anywhere, it came from the victim's records. */
const tags: readonly string[] = (() => {
  const all = valuesOf(seed());
  const count = new Map<string, number>();
  for (const value of all) count.set(value, (count.get(value) ?? 0) + 1);
  const own = new Map<string, number>();
  for (const value of valuesOf(held)) own.set(value, (own.get(value) ?? 0) + 1);
  return [...own].filter(([value, times]) => value.length > 7 && count.get(value) === times).map(([value]) => value);
})();

/** What an impostor may know: it is typed into the form. */
const known = { phone: customer?.phone ?? '', number: String(customer?.id ?? '') };
const taint = tags.filter((tag) => tag !== known.phone && tag !== victim.email);

const found = (text: string): string[] => taint.filter((tag) => text.includes(tag));

const textOfZip = async (zip: Buffer): Promise<string> =>
  [...(await unzip(zip))]
    .map(([name, bytes]) => `${name} ${bytes.toString('latin1')} ${bytes.toString('utf8')}`)
    .join('\n');

/** The key of the records of a case. */
const requestIdsOf = async (reference: string) =>
  (await itemsOf(world)).filter((item) => item.sk === 'REQUEST' && item.reference === reference).map(({ pk }) => pk);

const everyMail = async (): Promise<string> =>
  (await world.mails())
    .filter(({ to }) => !to.includes(victim.email))
    .map(({ subject, text, html }) => `${subject} ${text} ${html}`)
    .join('\n');

/** A request that everybody waves through: the owner finds nothing, and the DPO approves whatever is shown. */
const wavedThrough = async (who: Parameters<typeof ask>[1], rights: readonly string[]) => {
  const { reference } = await ask(world, { ...who, rights });
  // Mail goes to the domain's A-label form, whatever was typed.
  const mailbox = mailAddress(who.email);
  await prove(world, mailbox, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  await approve(world, reference, rights);
  const { zip } = await download(world, mailbox, reference);
  return { reference, zip };
};

const typedIn = {
  name: victim.name,
  customerNumber: known.number,
  details: `Mit telefonnummer er ${known.phone}, min adresse var før ${victim.email}.`,
};

test('the tags tell the victim: the records of every system have some', () => {
  expect(taint.length).toBeGreaterThan(15);
  for (const part of ['customers', 'orders', 'shipments', 'subscriptions'] as const) {
    expect(valuesOf(held[part]).filter((value) => taint.includes(value)).length, part).toBeGreaterThan(0);
  }
});

describe.each([
  ['a look-alike address of another domain', 'jens.hansen@postkasse-dk.dk'],
  ['the name at a free mail', 'jens.hansen.postkasse@gmail.example'],
  ['a sub-domain', 'jens.hansen@postkasse.example.com'],
  ['a tag behind a plus, which some providers leave out', 'jens.hansen+dk@postkasse.example'],
  ['no dot, as some providers read it', 'jenshansen@postkasse.example'],
  ['a Cyrillic o in the domain', 'jens.hansen@p\u043Estkasse.example'],
])('an impostor with %s', (_, email) => {
  test("T03, T08: the victim's name, phone, customer number and old address, typed in, widen no search: zero bytes of the victim", async () => {
    const { zip } = await wavedThrough({ ...typedIn, email }, ['access', 'portability']);
    expect(found(await textOfZip(zip))).toEqual([]);
    expect(found(await everyMail())).toEqual([]);
  });
});

test("T03: a real customer with nearly the victim's address gets their own records, and none of the victim's", async () => {
  const email = 'jens.hansen1@postkasse.example';
  const { zip } = await wavedThrough({ ...typedIn, email }, ['access']);
  const entries = await unzip(zip);
  expect(recordsOf(entries, 'crm', 'customers').map(({ id }) => Number(id))).toEqual(
    holdings(email).customers.map(({ id }) => id),
  );
  expect(found(await textOfZip(zip))).toEqual([]);
});

test("T07: who types the victim's own address proves nothing, and no system is asked", async () => {
  const { reference } = await ask(world, { ...typedIn, email: victim.email });
  const impostor = new Visitor(world.site);
  const pages = [
    `/confirm/${reference}`,
    `/request/${reference}`,
    `/download/${reference}`,
    `/dpo/request/${reference}`,
  ];
  for (const page of pages) {
    expect(isShut(await impostor.get(page)), page).toBe(true);
    expect(isShut(await impostor.post(page, { code: 'ZZZZZZ', action: 'send-code' })), page).toBe(true);
  }
  await world.advance('P3D');
  const items = await itemsOf(world);
  const id = items.find((item) => item.sk === 'REQUEST' && item.reference === reference)?.pk;
  expect(items.filter(({ pk, sk }) => pk === id && sk.startsWith('SOURCE#'))).toEqual([]);
  expect((await world.executions()).filter(({ name }) => name.startsWith(`${id}-`))).toHaveLength(1);
});

test('T10: who names somebody else gets nothing of theirs by it: no source is asked before the DPO has seen that they may, and the answer goes to that person', async () => {
  const email = 'fuldmagt@advokat.example';
  const behalfOf = { otherName: victim.name, relation: 'Advokat' };
  const typed = { ...behalfOf, customerNumber: known.number, alsoKnownAs: victim.email, details: typedIn.details };
  const { reference } = await ask(world, { name: 'Ad Vokat', email, behalfOf, ...typed });
  const { visitor: impostor, page: status } = await prove(world, email, reference);
  const { page, visitor } = await openAsDpo(world, reference, 1);
  const started = await visitor.submit(page, { action: 'start', last4: last4(reference) }, 'authority');
  expect(started.status).toBe(409);
  await world.quiet();
  const [id] = await requestIdsOf(reference);
  expect((await itemsOf(world)).filter(({ pk, sk }) => pk === id && sk.startsWith('SOURCE#'))).toEqual([]);

  const seen = { authority: 'En fuldmagt.', email: victim.email, answerTo: 'person' };
  const fields = { action: 'start-for', ...seen, last4: last4(reference) };
  expect((await decide(world, started, visitor, fields, { having: 'authority' })).status).toBe(200);
  await answerTask(world, reference, 'nothing');
  await approve(world, reference);
  expect(found(await textOfZip((await download(world, victim.email, reference)).zip))).not.toEqual([]);
  expect(found(await everyMail())).toEqual([]);
  expect(found((await impostor.get(status.url)).html)).toEqual([]);
  const toImpostor = (await world.mails()).filter(({ to }) => to.includes(email));
  expect(toImpostor.some(({ text }) => /\/d\/[\w-]{43}/.test(text))).toBe(false);
});

test('T12: an approved erasure erases nothing by itself: what comes after finds every record as before', async () => {
  const rights = ['access', 'erasure'];
  const first = recordsOf(await unzip((await wavedThrough(victim, rights)).zip), 'crm', 'customers');
  const second = recordsOf(await unzip((await wavedThrough(victim, ['access'])).zip), 'crm', 'customers');
  expect(first.length).toBeGreaterThan(0);
  expect(second).toEqual(first);
});

test('T07: a request that somebody else sent first delays or closes nothing of the real one, which alone gets the data', async () => {
  const { zip, reference } = await wavedThrough(victim, ['access']);
  const text = await textOfZip(zip);
  expect(found(text).length).toBeGreaterThan(10);
  const own = await world.mail(victim.email, new RegExp(reference));
  expect(linkIn(own, 'c')).toContain('/c/');
  const others = (await itemsOf(world)).filter(
    (item) => item.sk === 'REQUEST' && item.reference !== reference && item.status === 'AWAITING_PROOF',
  );
  expect(others).toHaveLength(1);
  expect(found(await everyMail())).toEqual([]);
});

test('T07: a function that reads a system, called for a request that is not proven, refuses and asks it nothing', async () => {
  const { reference } = await ask(world, { name: 'Ikke Startet', email: 'ikke.startet@fremmed.example' });
  await prove(world, 'ikke.startet@fremmed.example', reference);
  const log = readdirSync(join(world.state, 'logs')).find((file) => /crm\.log$/.test(file)) ?? '';
  const name = log.replace(/\.log$/, '');
  const requests = (await itemsOf(world)).filter(({ sk }) => sk === 'REQUEST');
  const unstarted = requests.find((item) => item.reference === reference);
  const unproven = requests.find(({ status }) => status === 'AWAITING_PROOF') as Item;
  const { db } = clientsOf(world);
  const settings = {
    endpoint: world.aws,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const lambda = new LambdaClient(settings);
  const collections = [{ name: 'customers', inputs: [{ field: 'email', from: 'identity.email' }], gives: [] }];
  const gather = async (requestId: string) => {
    const Payload = JSON.stringify({ requestId, wave: 0, system: 'crm', collections });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: name, Payload }));
    return [answer.FunctionError, Buffer.from(answer.Payload ?? []).toString()];
  };
  expect(await gather(unproven.pk)).toEqual(['Unhandled', expect.stringContaining('TransitionRefused')]);
  expect(await gather(unstarted?.pk ?? '')).toEqual(['Unhandled', expect.stringContaining('TransitionRefused')]);
  // Even a record that somebody pushed on, past the state machine, is no proof.
  const TableName = outputsOf(world).RequestsTable;
  const { proof: _, ...pushed } = { ...unproven, status: 'GATHERING' } as Item & { proof?: unknown };
  await db.send(new PutItemCommand({ TableName, Item: marshall(pushed, { removeUndefinedValues: true }) }));
  expect(await gather(unproven.pk)).toEqual(['Unhandled', expect.stringContaining('TransitionRefused')]);
  const sources = (await itemsOf(world)).filter(
    ({ pk, sk }) => [unproven.pk, unstarted?.pk].includes(pk) && sk.startsWith('SOURCE#'),
  );
  expect(sources).toEqual([]);
  lambda.destroy();
  db.destroy();
});

test('T11: no page asks for a copy of an identity card, and none takes a file from the person', async () => {
  const visitor = new Visitor(world.site);
  let page = await visitor.get('/want?lang=da');
  const steps = [
    { rights: ['access'] },
    { who: 'me' },
    { name: 'A', email: 'fil@fremmed.example', customerNumber: '', alsoKnownAs: '' },
    { details: '' },
    { language: 'da' },
  ];
  const seen = [page];
  for (const fields of steps) {
    page = await visitor.submit(page, fields as never);
    seen.push(page);
  }
  for (const each of seen) {
    expect(each.html).not.toMatch(/type="file"|pas\b|kørekort/i);
    for (const form of formsOf(each)) expect(form.enctype).toBeUndefined();
  }
  const body = new FormData();
  body.set('file', new Blob(['x']), 'pas.png');
  expect((await fetch(`${world.site}/you`, { method: 'POST', body, headers: { origin: world.site } })).status).toBe(
    415,
  );
});
