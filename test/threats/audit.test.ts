import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, GetObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { marshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AuditEntry, append, emptyChain, entryHash } from '../../domain/audit.ts';
import { type AnchoredHead, checkChain, type StoredChain } from '../../domain/audit-check.ts';
import { ask, expectStatus, last4, prove } from '../journeys/access.ts';
import { type Item, itemsOf } from '../journeys/faults.ts';
import { clientsOf, objectsIn, outputsOf, runCli } from '../journeys/stores.ts';
import { openWorld, type World } from '../journeys/world.ts';

let world: World;
let requestId: string;
let clients: ReturnType<typeof clientsOf>;
const who = { name: 'Revy Sporløs', email: 'revy@spor.example' };

beforeAll(async () => {
  world = await openWorld({ demo: false });
  clients = clientsOf(world);
  const { reference } = await ask(world, who);
  await world.advance('P1DT1H');
  const { page, visitor } = await prove(world, who.email, reference);
  await world.advance('P1DT1H');
  const withdraw = { action: 'withdraw', last4: last4(reference) };
  expectStatus(await visitor.submit(await visitor.get(page.url), withdraw, 'action'), 200);
  await world.quiet();
  requestId = (await itemsOf(world)).find(({ sk }) => sk === 'REQUEST')?.pk as string;
});
afterAll(async () => {
  clients?.db.destroy();
  clients?.s3.destroy();
  await world?.close();
});

const verify = async () => {
  const { status, stdout, stderr } = await runCli(world, 'audit', 'verify', '--json');
  if (status !== 0 && status !== 3) throw new Error(stderr);
  return { status, ...(JSON.parse(stdout) as { chains: number; anchors: number; findings: object[] }) };
};

const put = (item: object) => {
  const TableName = outputsOf(world).RequestsTable;
  return clients.db.send(new PutItemCommand({ TableName, Item: marshall(item) }));
};
const remove = ({ pk, sk }: Item) => {
  const TableName = outputsOf(world).RequestsTable;
  return clients.db.send(new DeleteItemCommand({ TableName, Key: marshall({ pk, sk }) }));
};

const keyOf = (n: number) => `AUDIT#${String(n).padStart(6, '0')}`;

interface Stored {
  readonly items: readonly Item[];
  readonly request: Item;
  readonly audit: readonly Item[];
  /** How many entries the newest anchor knows of. */
  readonly anchored: number;
}

const stored = async (): Promise<Stored> => {
  const items = (await itemsOf(world)).filter(({ pk }) => pk === requestId);
  const audit = items.filter(({ sk }) => sk.startsWith('AUDIT#')).sort((a, b) => a.sk.localeCompare(b.sk, 'en'));
  const anchors = await objectsIn(world, outputsOf(world).AuditBucket);
  const heads = anchors.flatMap(({ place, text }) =>
    place.includes('/anchors/') ? (JSON.parse(text) as { heads: AnchoredHead[] }).heads : [],
  );
  const anchored = Math.max(...heads.filter((head) => head.requestId === requestId).map(({ n }) => n));
  return { items, request: items.find(({ sk }) => sk === 'REQUEST') as Item, audit, anchored };
};

/** Changes the table as somebody with access to it could, looks, and puts everything back. */
const tampered = async (tamper: (held: Stored) => Promise<unknown>) => {
  const held = await stored();
  await tamper(held);
  const found = await verify();
  for (const item of await stored().then(({ items }) => items)) {
    if (!held.items.some(({ sk }) => sk === item.sk)) await remove(item);
  }
  for (const item of held.items) await put(item);
  return { held, ...found };
};

const entryOf = ({ pk: _, sk: __, ...entry }: Item) => entry as unknown as AuditEntry;

/** A chain written anew from entry `from` on, with its head: consistent in itself. */
const rewritten = async ({ audit, request }: Stored, from: number, upTo: number) => {
  let head = { n: 0, hash: '', at: '' };
  for (const item of audit) {
    const { n, previous: _, requestId: id, at, ...fact } = entryOf(item);
    if (n > upTo) await remove(item);
    if (n > upTo) continue;
    const next = append(id, head, n === from ? { ...fact, by: 'dpo' } : fact, at);
    head = next.head;
    await put({ pk: requestId, sk: keyOf(n), ...next.entry });
  }
  await put({ ...request, audit: head });
};

test('T65: a chain that nobody touched verifies, and daily anchors stand in the locked bucket', async () => {
  const found = await verify();
  expect(found).toMatchObject({ status: 0, findings: [] });
  expect(found.anchors).toBeGreaterThanOrEqual(2);
  const { audit, anchored } = await stored();
  expect(anchored).toBeGreaterThan(2);
  expect(audit.length).toBeGreaterThan(anchored);
});

test('T65: an edited entry is found, with the request and its number', async () => {
  const { status, findings } = await tampered(({ audit }) => put({ ...audit[1], by: 'dpo' }));
  expect({ status, findings }).toEqual({ status: 3, findings: [{ rule: 'entry-changed', requestId, n: 2 }] });
});

test('T65: an edited last entry is found by the head that the request holds', async () => {
  const { held, findings } = await tampered(({ audit }) => put({ ...audit.at(-1), by: 'dpo' }));
  expect(findings).toEqual([{ rule: 'entry-changed', requestId, n: held.audit.length }]);
});

test('T65: a removed entry is found', async () => {
  const { findings } = await tampered(({ audit }) => remove(audit[2] as Item));
  expect(findings).toEqual([{ rule: 'entry-missing', requestId, n: 3 }]);
});

test('T65: two entries that changed places are found', async () => {
  const { findings } = await tampered(async ({ audit }) => {
    await put({ ...audit[1], sk: keyOf(3) });
    await put({ ...audit[2], sk: keyOf(2) });
  });
  expect(findings).toEqual([{ rule: 'entry-moved', requestId, n: 2 }]);
});

test('T65: an entry renumbered to its new place is found', async () => {
  const { findings } = await tampered(async ({ audit }) => {
    await put({ ...audit[1], sk: keyOf(3), n: 3 });
    await put({ ...audit[2], sk: keyOf(2), n: 2 });
  });
  expect(findings).toEqual([{ rule: 'entry-changed', requestId, n: 1 }]);
});

test('T65: a chain cut at its end is found by its head', async () => {
  const { held, findings } = await tampered(({ audit }) => remove(audit.at(-1) as Item));
  expect(findings).toEqual([{ rule: 'chain-cut', requestId, n: held.audit.length }]);
});

test('T65: a chain cut behind its anchored head, its head set back too, is found by the anchor', async () => {
  const { held, findings } = await tampered((chain) => rewritten(chain, 0, chain.anchored - 1));
  expect(findings).toEqual([
    { rule: 'chain-cut', requestId, n: held.anchored, anchor: expect.stringMatching(/^anchors\/.*\.json$/) },
  ]);
});

test('T65: a fork, written anew with right hashes and its head, is found by the anchor', async () => {
  const { findings } = await tampered((chain) => rewritten(chain, 1, chain.audit.length));
  expect(findings).toEqual([
    { rule: 'chain-forked', requestId, n: expect.any(Number), anchor: expect.stringMatching(/^anchors\/.*\.json$/) },
  ]);
});

test('T65: an entry added behind the head is found as a fork', async () => {
  const { held, findings } = await tampered(({ audit }) => {
    const last = entryOf(audit.at(-1) as Item);
    const fact = { what: last.what, by: last.by };
    const { entry } = append(requestId, { n: last.n, hash: entryHash(last), at: '' }, fact, last.at);
    return put({ pk: requestId, sk: keyOf(entry.n), ...entry });
  });
  expect(findings).toEqual([{ rule: 'chain-forked', requestId, n: held.audit.length + 1 }]);
});

test('T65: a request that was taken out whole is found', async () => {
  const { findings } = await tampered(({ items }) => Promise.all(items.map(remove)));
  expect(findings).toEqual([{ rule: 'chain-missing', requestId }]);
});

const anchorsOf = async () => {
  const Bucket = outputsOf(world).AuditBucket;
  const { Versions = [] } = await clients.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: 'anchors/' }));
  return { Bucket, versions: Versions.map(({ Key = '', VersionId = '' }) => ({ Key, VersionId })) };
};

test('T65: an anchor that says something else than what was signed is found; what it hides still counts', async () => {
  const { Bucket, versions } = await anchorsOf();
  const place = { Bucket, Key: versions[0]?.Key ?? '' };
  const { Body } = await clients.s3.send(new GetObjectCommand(place));
  const changed = (await Body?.transformToString())?.replace(/"count":(\d+)/, '"count":$10') ?? '';
  const { VersionId } = await clients.s3.send(new PutObjectCommand({ ...place, Body: changed }));
  expect((await verify()).findings).toEqual([{ rule: 'anchor-forged', anchor: place.Key }]);
  const { findings } = await tampered((chain) => rewritten(chain, 1, chain.audit.length));
  expect(findings).toContainEqual(expect.objectContaining({ rule: 'chain-forked', requestId }));
  // With the right to lift a lock what was written here can be taken out again, as an administrator might.
  await clients.s3.send(new DeleteObjectCommand({ ...place, VersionId, BypassGovernanceRetention: true }));
  expect((await verify()).findings).toEqual([]);
});

test('T65: an anchor behind a delete marker counts as before, and one that was removed for good is missed', async () => {
  const { Bucket, versions } = await anchorsOf();
  const [first] = versions;
  const place = { Bucket, Key: first?.Key ?? '' };
  const { Body } = await clients.s3.send(new GetObjectCommand(place));
  const text = (await Body?.transformToString()) ?? '';
  await clients.s3.send(new DeleteObjectCommand(place));
  expect(await verify()).toMatchObject({ status: 0, anchors: versions.length });
  await clients.s3.send(
    new DeleteObjectCommand({ ...place, VersionId: first?.VersionId, BypassGovernanceRetention: true }),
  );
  expect((await verify()).findings).toEqual([{ rule: 'anchor-missing', anchor: place.Key }]);
  await clients.s3.send(new PutObjectCommand({ ...place, Body: text }));
  expect((await verify()).findings).toEqual([]);
});

const facts = fc.array(
  fc.record({ what: fc.constantFrom('RECEIVED', 'PROVEN', 'STARTED'), by: fc.constantFrom('subject', 'dpo') }),
  { minLength: 2, maxLength: 8 },
);

test('T65: whatever is changed in one entry of a chain, it is reported', () => {
  const mutate = (entry: AuditEntry, field: number, sign: string): AuditEntry => {
    const names = Object.keys(entry) as (keyof AuditEntry)[];
    const name = names[field % names.length] as keyof AuditEntry;
    const value = entry[name];
    return { ...entry, [name]: typeof value === 'number' ? value + 1 : `${String(value)}${sign}` };
  };
  fc.assert(
    fc.property(facts, fc.nat(), fc.nat(), fc.string({ minLength: 1 }), (written, which, field, sign) => {
      let head = emptyChain;
      const entries = written.map((fact, at) => {
        const next = append('r', head, fact, `2026-11-26T00:00:0${at}Z`);
        head = next.head;
        return { place: next.entry.n, entry: next.entry };
      });
      const chain: StoredChain = { requestId: 'r', head, entries };
      expect(checkChain(chain, [])).toEqual([]);
      const at = which % entries.length;
      const changed = entries.map((each, n) => (n === at ? { ...each, entry: mutate(each.entry, field, sign) } : each));
      expect(checkChain({ ...chain, entries: changed }, [])).toHaveLength(1);
      expect(checkChain({ ...chain, entries: entries.toSpliced(at, 1) }, [])).toHaveLength(1);
    }),
  );
});
