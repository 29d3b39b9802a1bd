import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dueShard } from '../../functions/aws/keys.ts';
import { answerTask, approve, ask, download, expectStatus, last4, linkIn, prove, start, upload } from './access.ts';
import { caseOf, clearFaults, type Fault, fault, type Item, itemsOf } from './faults.ts';
import { everythingOf, objectsIn, outputsOf, restore, runCli } from './stores.ts';
import { Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';

/** Values that occur nowhere else. */
const canaryOf = (n: number) => ({
  name: `Kanariefugl Glemt${n}`,
  email: `kanarie.glemt${n}@fugl.example`,
  details: `detaljen-glemt${n}-hemmelig`,
  customerNumber: `KUNDE-glemt${n}`,
  answer: `arkivsvaret-glemt${n}`,
  file: `scannet-glemt${n}`,
  reason: `begrundelsen-glemt${n}`,
});
type Canary = ReturnType<typeof canaryOf>;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const requestOf = async (reference: string) =>
  (await caseOf(world, reference)).find(({ sk }) => sk === 'REQUEST') as Item;

/** Where anything of the canary is still held. */
const tracesOf = async (canary: Canary): Promise<string[]> => {
  const secrets = Object.values(canary).flatMap((text) => [text, text.toLowerCase(), encodeURIComponent(text)]);
  const held = await everythingOf(world);
  expect(held.length).toBeGreaterThan(20);
  return held.filter(({ text }) => secrets.some((secret) => text.includes(secret))).map(({ place }) => place);
};

/** The owner types something, adds a file, and answers later. */
const addFile = async (reference: string, { answer, file }: Canary): Promise<void> => {
  const mail = await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const visitor = new Visitor(world.site);
  const task = await visitor.get(linkIn(mail, 'o'));
  expectStatus(await visitor.submit(task, { action: 'files', text: answer }, 'answer'), 200);
  await upload(visitor, task, 'scan.txt', file);
};

/** A whole request of a canary, delivered and fetched. */
const journey = async (canary: Canary): Promise<string> => {
  const { reference } = await ask(world, { ...canary, rights: ['access', 'erasure'] });
  await prove(world, canary.email, reference);
  await start(world, reference);
  await addFile(reference, canary);
  await answerTask(world, reference, 'found', canary.answer);
  await approve(world, reference, ['access'], {
    'outcome-erasure': 'refuse',
    'ground-erasure': 'no-right',
    'reason-erasure': canary.reason,
  });
  await download(world, canary.email, reference);
  return reference;
};

const objectsOf = async (prefix: string) =>
  (await objectsIn(world, outputsOf(world).EvidenceBucket)).filter(({ place }) => place.includes(prefix));
/** Its objects without the map that it was planned by, which tells of nobody. */
const gatheredOf = async (evidence: string) =>
  (await objectsOf(evidence)).filter(({ place }) => !place.endsWith('/data-map.json'));
const ledgerOf = async (pk: string) =>
  (await objectsIn(world, outputsOf(world).AuditBucket)).filter(({ place }) => place.endsWith(`/purged/${pk}.json`));

test('after its date nothing in any table, object, log or history tells of the person; the record and its audit chain stay', async () => {
  const canary = canaryOf(1);
  const reference = await journey(canary);
  const { evidence } = (await requestOf(reference)) as unknown as { evidence: string };
  expect((await objectsOf(evidence)).length).toBeGreaterThan(2);
  const traces = await tracesOf(canary);
  expect(traces.some((place) => place.includes('REQUEST'))).toBe(true);
  expect(traces.some((place) => place.includes('evidence/'))).toBe(true);

  await world.advance('P20D');
  expect((await objectsOf(evidence)).length).toBeGreaterThan(2);
  // The link has ended, and with it the file that it led to.
  expect(await objectsOf('/packages/')).toEqual([]);
  await world.advance('P12D');
  // What was decided on stays as names and hashes.
  const [manifest, ...others] = await gatheredOf(evidence);
  expect(others).toEqual([]);
  const hash = createHash('sha256')
    .update(manifest?.text ?? '', 'latin1')
    .digest('hex');
  expect(await requestOf(reference)).toMatchObject({ manifest: { hash } });
  expect(await requestOf(reference)).toMatchObject({ status: 'CLOSED', person: { name: canary.name } });

  const before = await caseOf(world, reference);
  await world.advance('P170D');
  expect(await tracesOf(canary)).toEqual([]);
  expect(await objectsOf(evidence)).toEqual([]);
  const request = await requestOf(reference);
  expect(request).toMatchObject({ status: 'CLOSED', purgedAt: expect.any(String), person: { name: '', email: '' } });
  const audit = (items: readonly Item[]) => items.filter(({ sk }) => sk.startsWith('AUDIT#'));
  const after = await caseOf(world, reference);
  expect(audit(after).slice(0, audit(before).length)).toEqual(audit(before));
  expect(audit(after).at(-1)).toMatchObject({ what: 'PURGED' });
  const [entry] = await ledgerOf(request.pk);
  expect(JSON.parse(entry?.text ?? '')).toEqual({
    requestId: request.pk,
    at: request.purgedAt,
    status: 'CLOSED',
    audit: request.audit,
  });

  await restore(world, after, before);
  expect(await tracesOf(canary)).not.toEqual([]);
  const { status, stdout } = await runCli(world, 'purge', 'reapply', '--json');
  expect({ status, counts: JSON.parse(stdout) }).toEqual({ status: 0, counts: { entries: 1, purged: 1, absent: 0 } });
  expect(await tracesOf(canary)).toEqual([]);
  expect(audit(await caseOf(world, reference))).toEqual(audit(after));
  expect(JSON.parse((await runCli(world, 'purge', 'reapply', '--json')).stdout)).toEqual({
    entries: 1,
    purged: 0,
    absent: 0,
  });
});

test('a request on legal hold is not touched until the hold is lifted', async () => {
  const canary = canaryOf(2);
  const reference = await journey(canary);
  const { evidence } = (await requestOf(reference)) as unknown as { evidence: string };
  const objects = await objectsOf(evidence);
  expect((await runCli(world, 'hold', reference)).stdout).toBe(`${reference} is on hold\n`);
  expect((await runCli(world, 'hold', reference)).stdout).toBe(`${reference} is on hold, as before\n`);
  expect((await runCli(world, 'hold', 'XXX-XXX-XXX')).status).toBe(2);
  await world.advance('P220D');
  expect(await objectsOf(evidence)).toHaveLength(objects.length);
  expect(await requestOf(reference)).toMatchObject({ status: 'CLOSED', person: { name: canary.name } });

  expect((await runCli(world, 'hold', reference, '--lift')).stdout).toBe(`${reference} is not on hold\n`);
  await world.advance('P2D');
  expect(await tracesOf(canary)).toEqual([]);
});

test.each([
  ['its objects', 'PT1H', { service: 's3', operation: 'DeleteObject', mode: 'refuse' }],
  ['its items', 'P178D', { service: 'dynamodb', operation: 'TransactWriteItems', mode: 'refuse' }],
  ['the ledger', 'P178D', { service: 's3', operation: 'PutObject', mode: 'refuse' }],
] as const satisfies readonly (readonly [string, string, Fault])[])(
  'a purge that fails at %s is completed by the next run',
  async (what, before, broken) => {
    const canary = { ...canaryOf(3), email: `${what.replaceAll(' ', '.')}@fugl.example` };
    const { reference } = await ask(world, canary);
    const { page, visitor } = await prove(world, canary.email, reference);
    await start(world, reference);
    await addFile(reference, canary);
    await visitor.submit(await visitor.get(page.url), { action: 'withdraw', last4: last4(reference) }, 'last4');
    const { evidence, pk } = (await requestOf(reference)) as Item & { evidence: string };
    expect((await objectsOf(evidence)).length).toBeGreaterThan(0);
    await world.advance(before);
    await fault(world, { ...broken, times: 1_000 });
    await world.advance('P7D');
    expect(await clearFaults(world)).toBeGreaterThan(0);
    expect(await ledgerOf(pk)).toEqual([]);
    expect((await gatheredOf(evidence)).length > 0).toBe(what === 'its objects');
    await world.advance('P1D');
    expect(await gatheredOf(evidence)).toEqual([]);
    await world.advance('P180D');
    expect(await objectsOf(evidence)).toEqual([]);
    expect(await ledgerOf(pk)).toHaveLength(1);
    expect(await tracesOf(canary)).toEqual([]);
    expect((await caseOf(world, reference)).filter((item) => item.what === 'PURGED')).toHaveLength(1);
  },
);

test('what comes late leaves a purged request as it is', async () => {
  const items = await itemsOf(world);
  const request = items.find(({ sk, purgedAt }) => sk === 'REQUEST' && purgedAt) as Item;
  const before = items.filter(({ pk }) => pk === request.pk);
  const at = String(request.purgedAt);
  const due = { pk: request.pk, dueShard: dueShard('outbox', String(request.pk)), nextActionAt: at };
  const mail = {
    ...due,
    sk: 'MAIL#late',
    state: 'PENDING',
    attempts: 0,
    template: 'remind',
    to: 'subject',
    cause: 'late',
  };
  const mails = (await world.mails()).length;
  await restore(world, before, [...before, { ...due, sk: 'SEGMENT#99', n: 99, step: 'gather' }, mail]);
  await world.advance('PT1H');
  expect((await world.mails()).length).toBe(mails);
  const after = (await itemsOf(world)).filter(({ pk }) => pk === request.pk);
  expect(after.filter(({ sk }) => sk !== 'MAIL#late' && sk !== 'SEGMENT#99')).toEqual(before);
  expect(after.find(({ sk }) => sk === 'MAIL#late')).toMatchObject({ state: 'DROPPED' });
  const late = (await world.executions()).find(({ name }) => name === `${request.pk}-segment-99`);
  expect(late?.status).toBe('SUCCEEDED');
});

test('the audit chains verify after purges, and an entry that was changed after one is found', async () => {
  const { status, stdout } = await runCli(world, 'audit', 'verify', '--json');
  expect({ status, ...JSON.parse(stdout) }).toMatchObject({ status: 0, findings: [], chains: expect.any(Number) });
  const items = await itemsOf(world);
  const request = items.find(({ sk, purgedAt }) => sk === 'REQUEST' && purgedAt) as Item;
  const held = items.filter(({ pk }) => pk === request.pk);
  const changed = held.map((item) => (item.sk === 'AUDIT#000002' ? { ...item, by: 'watchdog' } : item));
  await restore(world, held, changed);
  const found = await runCli(world, 'audit', 'verify', '--json');
  const finding = { rule: 'entry-changed', requestId: request.pk, n: 2 };
  expect({ status: found.status, ...JSON.parse(found.stdout) }).toMatchObject({ status: 3, findings: [finding] });
});
