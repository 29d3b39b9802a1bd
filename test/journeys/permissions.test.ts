import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { openCloud } from '../../local/cloud.ts';
import { synth } from '../../local/synth.ts';
import { synthWith } from '../threats/settings.ts';
import {
  answerTask,
  approve,
  asAtIssuer,
  ask,
  download,
  dpo,
  expectStatus,
  last4,
  linkIn,
  lookAt,
  openAsDpo,
  prove,
  signInAs,
  start,
  upload,
} from './access.ts';
import { clearFaults, fault, itemsOf } from './faults.ts';
import { type Explained, explainedAs, type Grant, logOf, permissionsOf, plain, synthWithout } from './permissions.ts';
import { Visitor } from './visitor.ts';
import { openWorld, servedAt, type World } from './world.ts';

const explained = JSON.parse(
  readFileSync(join(import.meta.dirname, 'unused-grants.json'), 'utf8'),
) as readonly Explained[];
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** The newsletter can't be reached while `work` is done. */
const withoutNewsletter = async (world: World, work: () => Promise<void>): Promise<void> => {
  const vault = new SecretsManagerClient({ endpoint: world.aws, region: 'eu-west-1', credentials });
  const SecretId = 'demo/newsletter';
  const { SecretString = '' } = await vault.send(new GetSecretValueCommand({ SecretId }));
  const nowhere = { ...(JSON.parse(SecretString) as object), baseUrl: 'http://127.0.0.1:9' };
  await vault.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(nowhere) }));
  await work();
  await vault.send(new PutSecretValueCommand({ SecretId, SecretString }));
};

/** The owner of the archive puts a scan into the bucket, and takes it away again. What they had typed waits meanwhile. */
const uploadScan = async (world: World, reference: string): Promise<void> => {
  const mail = await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const visitor = new Visitor(world.site);
  const task = expectStatus(await visitor.get(linkIn(mail, 'o')), 200);
  const empty = await visitor.submit(task, { action: 'files', text: 'Kasse 12' }, 'answer');
  const files = await upload(visitor, expectStatus(empty, 200), 'kontrakt.pdf', '%PDF-1.7 kontrakt');
  const remove = /name="remove" value="([^"]+)"/.exec(files.html)?.[1] ?? '';
  expectStatus(await visitor.submit(files, { remove, last4: last4(reference) }, 'remove'), 200);
};

/** The DPO has the calendar's address mailed, and the calendar reads it. */
const subscribe = async (world: World, reference: string): Promise<void> => {
  const { page, visitor } = await openAsDpo(world, reference, 1);
  expectStatus(await visitor.submit(page, { action: 'calendar', last4: last4(reference) }, 'last4'), 200);
  const mail = await world.mail(dpo, /\/calendar\//);
  expect((await fetch(linkIn(mail, 'calendar'))).status).toBe(200);
};

/** The DPO signs in, looks at what is open and at one request, makes a calendar address, and signs out on all devices. */
const signedInDay = async (world: World, reference: string): Promise<void> => {
  const visitor = new Visitor(world.site);
  expectStatus(await signInAs(visitor), 200);
  for (const path of ['/dpo', '/dpo/sign-in', `/dpo/request/${reference}`]) {
    await world.advance('PT2M');
    expectStatus(await visitor.get(path), 200);
  }
  // A page behind the request; that there is no such collection is said after the session was seen.
  await world.advance('PT2M');
  expectStatus(await visitor.get(`/dpo/request/${reference}/data/crm/none`), 404);
  expectStatus(await visitor.submit(await visitor.get('/dpo'), { action: 'calendar' }, 'action'), 200);
  expectStatus(await visitor.submit(await visitor.get('/dpo/sign-out'), { action: 'everywhere' }), 200);
};

/** The DPO looks at a row, and chooses that it is sent. */
const lookAndChoose = async (world: World, reference: string): Promise<void> => {
  const { visitor } = await openAsDpo(world, reference, 2);
  const row = expectStatus(await lookAt(world, visitor, `/dpo/request/${reference}/data/crm/notes/0`), 200);
  expectStatus(await visitor.post(row.url, { target: 'row', choice: 'send' }), 200);
  const page = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
  expectStatus(await visitor.submit(page, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
  await openAsDpo(world, reference, 3);
};

/** The person signs in with the issuer, which opens the elevated system. */
const proveMore = async (reference: string, visitor: Visitor): Promise<void> => {
  const { location } = await visitor.redirect(`/request/${reference}/proof`);
  expectStatus(await visitor.get((await asAtIssuer('mette', new URL(location))).href), 200);
};

const happyPath = async (world: World): Promise<void> => {
  const email = peopleToTry.everywhere;
  const { reference } = await ask(world, { name: 'Mette Kjærgaard', email });
  await proveMore(reference, (await prove(world, email, reference)).visitor);
  await subscribe(world, reference);
  await start(world, reference);
  await uploadScan(world, reference);
  await answerTask(world, reference, 'found', 'Kasse 12');
  await lookAndChoose(world, reference);
  await approve(world, reference);
  await download(world, email, reference);
  await signedInDay(world, reference);
};

/** A system is down for the whole gathering, and the step after it fails until the DPO has it tried again. */
const badDay = async (world: World): Promise<void> => {
  // The next day: the DPO's browser is not known any more.
  await world.advance('PT9H');
  const email = 'uheldig@fremmed.example';
  const { reference } = await ask(world, { name: 'Uheldig Person', email });
  await prove(world, email, reference);
  await withoutNewsletter(world, async () => {
    await start(world, reference);
    await world.advance('PT1H');
  });
  await fault(world, { service: 's3', operation: 'PutObject', mode: 'refuse', times: 1000 });
  await answerTask(world, reference, 'nothing');
  // A step is tried again a few times first.
  await world.advance('PT1H');
  const { page, visitor } = await openAsDpo(world, reference, 3);
  await clearFaults(world);
  expectStatus(await visitor.submit(page, { action: 'try-again', last4: last4(reference) }, 'last4'), 200);
  await approve(world, reference, ['access'], { incomplete: 'Nyhedsbrevet kunne ikke nås.' }, 4);
  await download(world, email, reference);
};

/** No execution can be started for two days: the watchdog starts the step from the record. The newsletter leads to another system's rows. */
const lostSegment = async (world: World): Promise<void> => {
  const email = peopleToTry.threeHops;
  await fault(world, { service: 'states', operation: 'StartExecution', mode: 'refuse', times: 1000 });
  const { reference } = await ask(world, { name: 'Signe Lykke', email });
  await world.advance('P2D');
  await clearFaults(world);
  await world.advance('PT5H');
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  await openAsDpo(world, reference, 2);
};

/** Nobody opens the mail: housekeeping reminds. Another one bounces. */
const neverProven = async (world: World): Promise<void> => {
  await ask(world, { name: 'Aldrig Bekræftet', email: 'aldrig@fremmed.example' });
  await ask(world, { name: 'Retur Post', email: 'bounce@simulator.amazonses.com' });
  await world.advance('P4D');
};

/** Long after: everything about these people is forgotten. */
const forgotten = (world: World): Promise<unknown> => world.advance('P240D');

describe('one recorded journey', () => {
  let cdkOut: string;
  let world: World;
  let unused: Grant[];
  beforeAll(async () => {
    cdkOut = await synthWith({
      map: ({ systems }) => {
        if (systems.support) systems.support.tier = 'elevated';
      },
    });
    world = await openWorld({ cdkOut });
    for (const journey of [happyPath, badDay, lostSegment, neverProven, forgotten]) await journey(world);
    ({ unused } = await permissionsOf(world.site));
  }, 400_000);
  afterAll(async () => {
    await world?.close();
    rmSync(cdkOut, { recursive: true });
  });

  test('every right that is granted and not used stands in the list with its reason, and nothing else does', () => {
    const found = [...new Set(unused.map(plain))].sort();
    const listed = explained.flatMap(explainedAs).sort();
    const unexplained = found.filter((grant) => !listed.includes(grant));
    const stale = listed.filter((grant) => !found.includes(grant));
    expect({ unexplained, stale }).toEqual({ unexplained: [], stale: [] });
    expect(listed.length).toBe(new Set(listed).size);
    expect(explained.filter(({ reason }) => reason.length < 20)).toEqual([]);
  });

  test('nothing was refused on the way', () => {
    expect(logOf(world.state, '')).not.toMatch(/AccessDenied|not authorized/);
  });
});

describe('a right that is taken away', () => {
  const closers: (() => unknown)[] = [];
  const lessened = async (role: string, action: string, demo: boolean): Promise<World> => {
    const cdkOut = await synthWithout(role, action);
    closers.push(() => rmSync(cdkOut, { recursive: true }));
    const world = await openWorld({ demo, cdkOut });
    closers.push(() => world.close());
    return world;
  };
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  test("without SES the dispatcher's log says AccessDenied, the mail stays in the outbox and goes out once it may", async () => {
    const world = await lessened('DispatchPartsRole', 'ses:SendRawEmail', false);
    await ask(world, { name: 'Uden Mail', email: 'uden@fremmed.example' });
    await world.advance('PT1H');
    expect(logOf(world.state, 'Dispatch')).toMatch(/"outbox item failed".*"error":"AccessDenied"/);
    expect(await world.mails()).toEqual([]);
    const mails = (await itemsOf(world)).filter(({ sk }) => sk.startsWith('MAIL#'));
    expect(mails).toEqual([expect.objectContaining({ state: 'PENDING', template: 'confirm' })]);

    await world.cloud.close();
    const mended = await openCloud({ cdkOut: await synth(), stateDir: world.state, port: 0, awsPort: 0 });
    closers.push(() => mended.close());
    await servedAt(mended.site).advance('PT5H');
    expect((await servedAt(mended.site).mails()).map(({ to }) => to)).toEqual([['uden@fremmed.example']]);
  });

  test('without the package the download says AccessDenied, and the request stays delivered', async () => {
    const world = await lessened('WebDownloadPartsRole', 's3:GetObject', true);
    const email = peopleToTry.newsletterOnly;
    const { reference } = await ask(world, { name: 'Åse Ørskov', email });
    await prove(world, email, reference);
    await start(world, reference);
    await answerTask(world, reference, 'nothing');
    await approve(world, reference);
    const got = await download(world, email, reference);
    expect(got.status).toBe(403);
    expect(got.zip.toString()).toContain('<Code>AccessDenied</Code>');
    const request = (await itemsOf(world)).find(({ sk }) => sk === 'REQUEST');
    expect(request).toMatchObject({ status: 'DELIVERED', package: expect.anything() });
  });
});
