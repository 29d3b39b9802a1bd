import { rmSync } from 'node:fs';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import {
  answerTask,
  approve,
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
import { itemsOf } from '../journeys/faults.ts';
import { textOf } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';
import { unzip } from '../journeys/zip.ts';
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
  expectStatus(await sendAs(deputy, { action: 'confirm-proof' }, 'person'), 200);
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
