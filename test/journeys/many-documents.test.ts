import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import { demoBuckets } from '../../demo/tables.ts';
import { answerTask, approve, ask, download, expectStatus, last4, lookAt, openAsDpo, prove, start } from './access.ts';
import { itemsOf } from './faults.ts';
import { clientsOf, outputsOf } from './stores.ts';
import { textOf } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { sha256, unzip } from './zip.ts';

const email = peopleToTry.nearlyTheSame;
/** More than an item that DynamoDB takes could list, at 200 bytes each and more. */
const added = 2_500;
const largestItem = 400 * 1_024;

let world: World;
let reference: string;

beforeAll(async () => {
  world = await openWorld();
  const { s3 } = clientsOf(world);
  const [customer] = holdings(email).customers;
  const put = (n: number) => {
    const Key = `customers/${customer?.id}/many/${String(n).padStart(5, '0')}.txt`;
    return s3.send(new PutObjectCommand({ Bucket: demoBuckets[0], Key, Body: `Brev nummer ${n}` }));
  };
  for (let from = 0; from < added; from += 25) await Promise.all(Array.from({ length: 25 }, (_, at) => put(from + at)));
  s3.destroy();
});
afterAll(() => world?.close());

const sourceItems = async () => (await itemsOf(world)).filter(({ sk }) => sk.startsWith('SOURCE#'));

test('2,500 documents of one system are gathered; the record notes how many there are, and by hash which', {
  timeout: 300_000,
}, async () => {
  ({ reference } = await ask(world, { name: 'Jens Hansen', email }));
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  await world.quiet();
  await openAsDpo(world, reference, 2);
  const support = (await sourceItems()).find(({ system }) => system === 'support');
  expect(support).toMatchObject({ state: 'OK', documents: added + holdings(email).attachments.length });
  for (const item of await sourceItems()) expect(JSON.stringify(item).length).toBeLessThan(largestItem / 50);
});

test('the DPO reads them page by page, and holds one back on the last', async () => {
  const { visitor } = await openAsDpo(world, reference, 2);
  const path = `/dpo/request/${reference}/data/support/attachments`;
  expect(textOf(expectStatus(await lookAt(world, visitor, path), 200).html)).toContain('Dokument 1 til 50 af 2.');
  const last = expectStatus(await visitor.get(`${path}?documents=${added}`), 200);
  expect(textOf(last.html)).toContain(`${String(added - 2).padStart(5, '0')}.txt`);
  const choice = { target: `document:${added}`, choice: 'withhold', ground: 'given' };
  const after = expectStatus(await visitor.post(last.url, choice), 200);
  expect(after.url).toBe(last.url);
});

test('the answer holds every one of them but that, each as its system gave it', { timeout: 300_000 }, async () => {
  const { page, visitor } = await openAsDpo(world, reference, 2);
  expectStatus(await visitor.submit(page, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
  await world.quiet();
  await openAsDpo(world, reference, 3);
  await approve(world, reference);
  const entries = await unzip((await download(world, email, reference)).zip);
  const documents = [...entries].filter(([name]) => name.includes('-support/filer/'));
  expect(documents).toHaveLength(added + holdings(email).attachments.length - 1);
  const texts = new Set(documents.map(([, bytes]) => String(bytes)));
  const left = Array.from({ length: added }, (_, n) => `Brev nummer ${n}`).filter((text) => !texts.has(text));
  expect(left).toHaveLength(1);
  const { files } = JSON.parse(String(entries.get('manifest.json'))) as { files: { path: string; sha256: string }[] };
  const sums = new Map(files.map((file) => [file.path, file.sha256]));
  for (const [name, bytes] of documents) expect(sums.get(name)).toBe(sha256(bytes));
});

test('a list that is not the one that the record names by its hash is shown to nobody', async () => {
  const { EvidenceBucket: Bucket } = outputsOf(world);
  const { s3 } = clientsOf(world);
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'evidence/' }));
  const lists = Contents.flatMap(({ Key = '' }) => (Key.includes('/documents/support.') ? [Key] : []));
  expect(lists.length).toBeGreaterThan(0);
  for (const Key of lists) {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const [, ...others] = String(await Body?.transformToString()).split('\n');
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: others.join('\n') }));
  }
  s3.destroy();
  const { visitor } = await openAsDpo(world, reference, 3);
  const page = await lookAt(world, visitor, `/dpo/request/${reference}/data/support/attachments`);
  expect(page.status).toBe(409);
});
