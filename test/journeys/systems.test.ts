import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { openCloud } from '../../local/cloud.ts';
import { longDate } from '../../web/format.ts';
import {
  answerTask,
  approve,
  ask,
  download,
  expectStatus,
  last4,
  linkIn,
  lookAt,
  lookedAt,
  openAsDpo,
  prove,
  signInAs,
  start,
} from './access.ts';
import { changedSynth, type MapFile, withMap, withTimeout } from './changed.ts';
import { itemsOf } from './faults.ts';
import { killFunction, newsletterAt, slowNewsletter } from './slow-newsletter.ts';
import { objectsIn, outputsOf } from './stores.ts';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, unzip } from './zip.ts';

const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const changed = async (...changes: readonly ((folder: string) => void)[]): Promise<string> => {
  const folder = await changedSynth((at) => {
    for (const change of changes) change(at);
  });
  closers.push(() => rmSync(folder, { recursive: true }));
  return folder;
};

const sourceOf = async (world: World, reference: string, system: string) => {
  const items = await itemsOf(world);
  const pk = items.find((item) => item.sk === 'REQUEST' && item.reference === reference)?.pk;
  return items.find((item) => item.pk === pk && item.sk.startsWith(`SOURCE#1#${system}#`));
};

const proven = async (world: World, email: string): Promise<string> => {
  const { reference } = await ask(world, { name: 'En Person', email });
  await prove(world, email, reference);
  return reference;
};

describe('a system that answers slowly', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ cdkOut: await changed(withTimeout('newsletter', 8)) });
  });
  afterAll(() => world?.close());

  const gathered = async (email: string, reference: string) => {
    await answerTask(world, reference, 'nothing');
    await approve(world, reference);
    const { zip } = await download(world, email, reference);
    return recordsOf(await unzip(zip), 'newsletter', 'subscriptions').map((row) => String((row as { id: string }).id));
  };
  const ids = (rows: number) => Array.from({ length: rows }, (_, index) => `s-${index}`);
  const pages = (rows: number) => Array.from({ length: rows / 2 }, (_, index) => index * 2);

  test('is read to its end over as many runs as it takes, and no page is answered twice', async () => {
    const newsletter = await slowNewsletter(16, 1_500);
    closers.push(newsletter.close);
    const email = 'langsom@fremmed.example';
    const reference = await proven(world, email);
    await newsletterAt(world, newsletter.baseUrl, async () => {
      await start(world, reference);
      await world.advance('PT10M');
    });
    expect(await sourceOf(world, reference, 'newsletter')).toMatchObject({ state: 'OK', rows: 16 });
    expect(newsletter.answered).toEqual(pages(16));
    expect(await gathered(email, reference)).toEqual(ids(16));
  });

  test('goes on where it stood when its function is killed between two pages', async () => {
    const newsletter = await slowNewsletter(8, 900);
    closers.push(newsletter.close);
    const email = 'draebt@fremmed.example';
    const reference = await proven(world, email);
    let killed = 0;
    await newsletterAt(world, newsletter.baseUrl, async () => {
      await start(world, reference);
      while (newsletter.answered.length < 2) await sleep(20);
      // The second page is on its way into the bucket; a checkpoint takes less than a page.
      await sleep(500);
      killed = killFunction('PrivacyDemo-gather-newsletter');
      await world.advance('PT10M');
    });
    expect(killed).toBe(1);
    expect(await sourceOf(world, reference, 'newsletter')).toMatchObject({ state: 'OK', rows: 8 });
    expect(newsletter.answered).toEqual(pages(8));
    expect(await gathered(email, reference)).toEqual(ids(8));
  });
});

test('a source that knows nobody, not even its canary, has failed: it has not found nothing', async () => {
  const canary = { collection: 'subscriptions', field: 'email', value: 'kanarie@nordlys.example' };
  const world = await openWorld({
    cdkOut: await changed(withMap(({ map }) => Object.assign(map.systems.newsletter as object, { canary }))),
  });
  closers.push(() => world.close());
  const silent = await slowNewsletter(0, 0);
  closers.push(silent.close);
  const reference = await proven(world, 'ingen@fremmed.example');
  await newsletterAt(world, silent.baseUrl, async () => {
    await start(world, reference);
    await world.advance('PT1H');
  });
  expect(await sourceOf(world, reference, 'newsletter')).toMatchObject({
    state: 'FAILED',
    reason: 'SourceUnavailable',
  });
  expect(await sourceOf(world, reference, 'crm')).toMatchObject({ state: 'EMPTY' });
});

const filesOf = async (world: World): Promise<string[]> => {
  const held = await objectsIn(world, outputsOf(world).EvidenceBucket);
  return held.map(({ place }) => place).filter((place) => place.includes('/evidence/'));
};

/** The same world on another deployment. */
const redeployed = async (world: World, edit: (file: MapFile) => void): Promise<void> => {
  await world.quiet();
  await world.cloud.close();
  const port = (url: string) => Number(new URL(url).port);
  const ports = { port: port(world.site), awsPort: port(world.aws) };
  const later = await openCloud({ cdkOut: await changed(withMap(edit)), stateDir: world.state, ...ports });
  closers.push(() => later.close());
};

describe('a request is dealt with by the data map that it was planned by, whatever was deployed while it waited', () => {
  let world: World;
  let reference: string;
  const email = peopleToTry.everywhere;

  beforeAll(async () => {
    world = await openWorld();
    closers.push(() => world.close());
    reference = await proven(world, email);
    await start(world, reference);
    await world.mail('arkiv@nordlys.example', new RegExp(reference));
    await redeployed(world, (file) => {
      const { crm } = file.map.systems;
      if (crm) crm.title = { da: 'Et helt andet kartotek', en: 'Quite another register' };
      delete file.map.systems.newsletter;
      delete file.map.systems.archive;
      file.hash = 'b'.repeat(64);
    });
  });

  test('the owner of a system that was removed can still answer by the link they have', async () => {
    await answerTask(world, reference, 'nothing');
  });

  test('the DPO reads the names of then, in the mail, on the page of the case and on those of what was gathered', async () => {
    const { mail, page, visitor } = await openAsDpo(world, reference, 2);
    for (const text of [mail.text, textOf(page.html)]) {
      expect(text).toContain('Kundekartotek');
      expect(text).toContain('Nyhedsbreve');
      expect(text).toContain('Papirarkiv');
      expect(text).not.toContain('andet kartotek');
    }
    const data = await lookAt(world, visitor, `/dpo/request/${reference}/data/newsletter/subscriptions`);
    expect(data.status).toBe(200);
    expect(textOf(data.html)).toContain('Tilmeldinger');
  });

  test('T09: the DPO sees when a system last saw the person, and the person reads their names in the answer', async () => {
    const { page } = await openAsDpo(world, reference, 2);
    await approve(world, reference);
    const { zip } = await download(world, email, reference);
    const entries = await unzip(zip);
    const pages = [...entries].filter(([name]) => name.endsWith('.html')).map(([, held]) => textOf(held.toString()));
    expect(pages.join(' ')).toContain('Kundekartotek');
    expect(pages.join(' ')).toContain('Nyhedsbreve');
    expect(pages.join(' ')).not.toContain('andet kartotek');
    const placed = recordsOf(entries, 'webshop', 'orders').map((row) => String((row as { placed: string }).placed));
    const newest = longDate(placed.sort().at(-1)?.slice(0, 10) ?? '', 'da', 'Europe/Copenhagen');
    expect(textOf(page.html)).toMatch(new RegExp(`Webshop .*Sidst set her: ${newest}`));
    const manifest = JSON.parse((entries.get('manifest.json') as Buffer).toString()) as { dataMap: string };
    expect(manifest.dataMap).toMatch(/^[0-9a-f]{64}$/);
    expect(manifest.dataMap).not.toBe('b'.repeat(64));
  });

  test('the names stay on the page of the case when what was gathered is gone', async () => {
    await world.advance('P120D');
    const visitor = new Visitor(world.site);
    await signInAs(visitor);
    const page = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
    expect((await filesOf(world)).map((place) => place.split('/').at(-1)).sort()).toEqual([
      'data-map.json',
      'manifest.json',
    ]);
    expect(textOf(page.html)).toContain('Kundekartotek');
  });
});

describe('what was found out since holds for a request that was planned before', () => {
  let world: World;
  let reference: string;

  beforeAll(async () => {
    world = await openWorld();
    closers.push(() => world.close());
    reference = await proven(world, peopleToTry.everywhere);
    await start(world, reference);
    await world.mail('arkiv@nordlys.example', new RegExp(reference));
    await redeployed(world, ({ map: { systems } }) => {
      const { archive, newsletter, webshop } = systems;
      if (archive) archive.owner = { ...archive.owner, name: 'Ny Ejer', email: 'ny@nordlys.example' };
      if (newsletter) newsletter.tier = 'elevated';
      for (const { fields } of Object.values(webshop?.collections ?? {}))
        for (const field of Object.values(fields)) field.freeText = true;
    });
  });

  test('an owner who has left gets no more mail: who took over is reminded, and answers', async () => {
    const toLeft = async () => (await world.mails()).filter(({ to }) => to.includes('arkiv@nordlys.example')).length;
    const before = await toLeft();
    await world.advance('P20D');
    const mail = await world.mail('ny@nordlys.example', new RegExp(reference));
    expect(await toLeft()).toBe(before);
    const visitor = new Visitor(world.site);
    const page = expectStatus(await visitor.get(linkIn(mail, 'o')), 200);
    expectStatus(await visitor.submit(page, { answer: 'nothing', last4: last4(reference) }, 'answer'), 200);
    await world.quiet();
  });

  test('text that was found to tell of other people must be looked at, though the map of then did not know', async () => {
    const { page } = await openAsDpo(world, reference, 2);
    expect(lookedAt(page)).toContain('webshop');
  });

  test('a system that was made elevated is not opened when it is asked again', async () => {
    const { page, visitor } = await openAsDpo(world, reference, 2);
    const again = { action: 'ask-again', system: 'newsletter', last4: last4(reference) };
    expectStatus(await visitor.submit(page, again, 'system'), 200);
    await world.quiet();
    const items = await itemsOf(world);
    expect(items.find(({ sk }) => sk.startsWith('SOURCE#2#newsletter#'))).toMatchObject({
      state: 'EXCLUDED',
      reason: 'SecondProofMissing',
    });
  });
});
