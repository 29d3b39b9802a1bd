import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import {
  answerTask,
  approve,
  ask,
  decide,
  download,
  expectStatus,
  last4,
  openAsDpo,
  prove,
  start,
  undoTime,
} from './access.ts';
import { clientsOf, outputsOf } from './stores.ts';
import { formsOf, textOf } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** A request as the DPO has it before them. */
const toReview = async (name: string, email: string) => {
  const { reference } = await ask(world, { name, email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  return { reference, ...(await openAsDpo(world, reference, 2)) };
};

const downloadsFor = async (email: string) =>
  (await world.mails()).filter(({ to, text }) => to.includes(email) && /\/d\/[\w-]{43}/.test(text)).length;

test('an approved answer is sent after 15 minutes and not before; until then the DPO can take the decision back', async () => {
  const email = 'fortryd@fremmed.example';
  const { reference, page, visitor } = await toReview('Fortryd Mig', email);
  const fields = { action: 'decide', 'outcome-access': 'approve', last4: last4(reference) };
  const approved = expectStatus(await decide(world, page, visitor, fields), 200);
  expect(textOf(approved.html)).toContain('Du kan fortryde indtil');
  await world.advance('PT10M');
  const open = expectStatus(await visitor.submit(approved, { action: 'undo', last4: last4(reference) }, 'last4'), 200);
  await world.advance('PT30M');
  expect(await downloadsFor(email)).toBe(0);
  expect((await world.executions()).every(({ status }) => status === 'SUCCEEDED')).toBe(true);

  expectStatus(await decide(world, open, visitor, fields), 200);
  await world.advance('PT14M');
  expect(await downloadsFor(email)).toBe(0);
  await world.advance('PT2M');
  expect(await downloadsFor(email)).toBe(1);
  expect((await unzip((await download(world, email, reference)).zip)).has('manifest.json')).toBe(true);
});

test('a system asked again between opening the page and deciding: 409, and a new round to decide on', async () => {
  const email = peopleToTry.newsletterOnly;
  const { reference, page, visitor } = await toReview('Åse Ørskov', email);
  const other = await openAsDpo(world, reference, 2);
  const again = { action: 'ask-again', system: 'newsletter', last4: last4(reference) };
  expectStatus(await other.visitor.submit(other.page, again, 'system'), 200);
  await openAsDpo(world, reference, 3);
  const fields = { action: 'decide', 'outcome-access': 'approve', last4: last4(reference) };
  const late = await decide(world, page, visitor, fields);
  expect(late.status).toBe(409);
  expect(textOf(late.html)).toContain('blev ikke gemt');

  const hashOf = (html: typeof page) => formsOf(html).find(({ names }) => names.includes('manifest'))?.hidden.manifest;
  const { page: fresh } = await openAsDpo(world, reference, 3);
  expect(hashOf(fresh)).not.toBe(hashOf(page));
  await approve(world, reference);
  const entries = await unzip((await download(world, email, reference)).zip);
  const manifest = JSON.parse(String(entries.get('manifest.json'))) as { round: number; systems: { system: string }[] };
  expect(manifest.round).toBe(2);
  expect(manifest.systems).toHaveLength(5);
});

test('an answer whose files are gone is not sent: "try again" gathers it anew, and the DPO decides anew', async () => {
  const email = 'borte@fremmed.example';
  const { reference, page, visitor } = await toReview('Borte Borte', email);
  const fields = { action: 'decide', 'outcome-access': 'approve', last4: last4(reference) };
  expectStatus(await decide(world, page, visitor, fields), 200);
  const { EvidenceBucket: Bucket } = outputsOf(world);
  const { s3 } = clientsOf(world);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'evidence/' }));
  for (const { Key } of Contents.filter((each) => each.Key?.endsWith('/START-HER.html')))
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  s3.destroy();
  await world.advance(undoTime);
  const stuck = await openAsDpo(world, reference, 3);
  expect(textOf(stuck.page.html)).toContain('ManifestMismatch');
  expectStatus(await stuck.visitor.submit(stuck.page, { action: 'try-again', last4: last4(reference) }, 'last4'), 200);
  await world.quiet();
  await answerTask(world, reference, 'nothing');
  await openAsDpo(world, reference, 4);
  await approve(world, reference);
  expect((await unzip((await download(world, email, reference)).zip)).has('START-HER.html')).toBe(true);
});
