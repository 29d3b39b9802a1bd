import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import {
  answerTask,
  approve,
  ask,
  decide,
  download,
  expectStatus,
  linkIn,
  openAsDpo,
  prove,
  start,
  undoTime,
} from './access.ts';
import { type Page, textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, sha256, unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const anna = { name: 'Mette Kjærgaard', email: peopleToTry.everywhere };

describe('one access request, end to end', () => {
  let reference: string;
  let approved: string | undefined;
  let zip: Buffer;
  let entries: Map<string, Buffer>;

  test('a person asks on the form, proves the address, and follows the request on its page', async () => {
    ({ reference } = await ask(world, anna));
    const { page } = await prove(world, anna.email, reference);
    expect(page.url).toContain(`/request/${reference}`);
    expect(textOf(page.html)).toContain(reference);
  });

  test('the DPO starts it, the owner of the archive answers, and the DPO approves what was shown', async () => {
    await start(world, reference);
    await answerTask(world, reference, 'found', 'Kasse 12, mappe 3: kontrakt fra 2009.');
    const { page, shown } = await approve(world, reference);
    approved = shown;
    expect(textOf(page.html)).toContain(reference);
  });

  test('the person downloads the answer with a fresh code', async () => {
    const got = await download(world, anna.email, reference);
    expect(got.status).toBe(200);
    expect(got.headers.get('content-disposition')).toContain('attachment');
    zip = got.zip;
    entries = await unzip(zip);
    expect(entries.size).toBeGreaterThan(10);
  });

  test('the answer holds exactly what the systems hold, no row more and none less', () => {
    const held = holdings(anna.email);
    const ids = (rows: readonly object[], name: string) =>
      rows.map((row) => String((row as Record<string, unknown>)[name])).sort();
    expect(held.customers.length).toBeGreaterThan(0);
    expect(ids(recordsOf(entries, 'crm', 'customers'), 'id')).toEqual(ids(held.customers, 'id'));
    expect(ids(recordsOf(entries, 'crm', 'notes'), 'id')).toEqual(ids(held.notes, 'id'));
    expect(ids(recordsOf(entries, 'webshop', 'orders'), 'orderId')).toEqual(ids(held.orders, 'orderId'));
    expect(ids(recordsOf(entries, 'webshop', 'shipments'), 'shipmentId')).toEqual(ids(held.shipments, 'shipmentId'));
    const documents = [...entries.keys()].filter((name) => /-support\/(filer|files)\//.test(name));
    expect(documents.length).toBe(held.attachments.length);
    const newsletters = [...entries.keys()].filter((name) => /-newsletter\/.*\.json$/.test(name));
    expect(newsletters.length).toBe(held.subscriptions.length > 0 ? 1 : 0);
  });

  test('documents are told in the language of the answer, by the names that their system has for them', () => {
    const [path = '', page] = [...entries].find(([name]) => name.endsWith('-support/index.html')) ?? [];
    expect(path).not.toBe('');
    const html = String(page);
    expect(textOf(html)).not.toMatch(/\bfiles\b/);
    const { attachments } = holdings(anna.email);
    expect(attachments.length).toBeGreaterThan(0);
    for (const { key } of attachments) {
      const name = key.split('/').at(-1) ?? '';
      expect(html).toMatch(new RegExp(`<a href="[^"]+/filer/[^"]+">${name}</a>`));
    }
    expect(html).toMatch(/(<dt>|<th scope="col">)Dokumenter</);
    expect(String(entries.get('manifest.json'))).not.toContain(attachments[0]?.key.split('/').at(-1));
  });

  test('the manifest names every file with its SHA-256, and its own hash is the one the DPO approved', async () => {
    const text = entries.get('manifest.json') as Buffer;
    const manifest = JSON.parse(text.toString()) as { files: { path: string; bytes: number; sha256: string }[] };
    for (const file of manifest.files) {
      expect(sha256(entries.get(file.path) as Buffer), file.path).toBe(file.sha256);
      expect((entries.get(file.path) as Buffer).length).toBe(file.bytes);
    }
    const listed = manifest.files.map(({ path }) => path);
    const others = [...entries.keys()].filter((name) => !listed.includes(name));
    expect(others.sort()).toEqual(['KONTROLSUMMER.sha256', 'manifest.json']);
    expect(sha256(text)).toBe(approved);
  });

  test('privacy package check finds nothing to say about it', () => {
    const file = join(world.state, 'answer.zip');
    writeFileSync(file, zip);
    const checked = spawnSync(process.execPath, ['cli/privacy.ts', 'package', 'check', file, '--json'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(checked.stdout)).toEqual({ findings: [] });
    expect(checked.status).toBe(0);
  });

  test('six systems in three waves take at most 25 state transitions', async () => {
    const own = (await world.executions()).filter(({ status }) => status === 'SUCCEEDED');
    const entered = await Promise.all(
      own.map(
        async ({ name }) => (await world.history(name)).filter(({ type }) => type.endsWith('StateEntered')).length,
      ),
    );
    expect(entered.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(25);
    expect((await world.executions()).every(({ status }) => status === 'SUCCEEDED')).toBe(true);
  });

  test('T23: opening any link fifty times changes nothing', async () => {
    const before = (await world.mails()).length;
    const links = (await world.mails()).flatMap(({ text }) =>
      [...text.matchAll(/https?:\/\/\S+\/(?:c|r|dpo|o|d)\/[\w-]{43}/g)].map(([link]) => link),
    );
    expect(links.length).toBeGreaterThanOrEqual(5);
    const look = async () => {
      const seen: string[] = [];
      for (const link of links) {
        const page = expectStatus(await new Visitor(world.site).get(link), 200);
        seen.push(sha256(Buffer.from(page.html)));
      }
      return seen;
    };
    const first = await look();
    // One after the other: the stage lets a hundred requests a second through.
    for (let time = 0; time < 50; time += 1) {
      for (const link of links) await fetch(link, { method: time % 2 ? 'HEAD' : 'GET', redirect: 'manual' });
    }
    await new Promise((done) => setTimeout(done, 1_000));
    expect(await look()).toEqual(first);
    expect((await world.mails()).length).toBe(before);
  });
});

describe('what goes another way', () => {
  test('T14: a person whom no system knows gets the same pages, and after proof an honest "we hold nothing"', async () => {
    const email = 'ukendt@fremmed.example';
    const known = await ask(world, { ...anna, email: 'en-anden@nordmail.example' });
    const { reference, page } = await ask(world, { name: 'Ukendt Person', email });
    const same = (html: string, ref: string) => textOf(html).replaceAll(ref, 'REF');
    expect(same(page.html, reference)).toBe(same(known.page.html, known.reference));
    await prove(world, email, reference);
    await start(world, reference);
    await answerTask(world, reference, 'nothing');
    await approve(world, reference);
    const { zip } = await download(world, email, reference);
    const entries = await unzip(zip);
    expect([...entries.keys()].filter((name) => name.endsWith('.json') && name !== 'manifest.json')).toEqual([]);
    expect(textOf((entries.get('START-HER.html') as Buffer).toString())).toMatch(/ingen data om dig/i);
  });

  test('T20: a wrong code typed five times locks that code, and the right one is refused after it', async () => {
    const email = 'laast@fremmed.example';
    const { reference } = await ask(world, { name: 'Låst Ude', email });
    const mail = await world.mail(email, new RegExp(reference));
    const visitor = new Visitor(world.site);
    let page = expectStatus(await visitor.get(linkIn(mail, 'c')), 200);
    for (let left = 4; left >= 0; left -= 1) {
      page = await visitor.submit(page, { code: 'ZZZZZZ' }, 'code');
      expect(page.status).toBe(left > 0 ? 400 : 429);
    }
    const right = /^ *([2-9B-DF-HJKMNP-TV-Z]{3}[ -]?[2-9B-DF-HJKMNP-TV-Z]{3}) *$/m.exec(mail.text)?.[1] ?? '';
    const late = await visitor.post(`/confirm/${reference}`, { code: right });
    expect(late.status).toBe(429);
    expect(await world.executions()).not.toContainEqual(expect.objectContaining({ status: 'FAILED' }));
  });

  test('the DPO refuses a request that is not proper, and the person reads the reason and where to complain', async () => {
    const email = 'afvist@fremmed.example';
    const { reference } = await ask(world, { name: 'Afvist Person', email, language: 'en' });
    await prove(world, email, reference);
    const { page, visitor } = await openAsDpo(world, reference, 1);
    const reason = 'You asked for the same data last week.';
    const without = await visitor.submit(page, { action: 'refuse', reason: '', last4: reference.slice(-3) }, 'reason');
    expect(without.status).toBe(400);
    expect(textOf(without.html)).toMatch(/Vælg, hvilken grund der er.*Skriv en begrundelse til personen/);
    const last = reference.replaceAll('-', '').slice(-4);
    const refuse = { action: 'refuse', ground: 'excessive', reason, last4: last };
    const refusing = async (from: Page) =>
      expectStatus(await decide(world, from, visitor, refuse, { having: 'reason' }), 200);
    const refused = await refusing(page);
    expect(textOf(refused.html)).toContain('Intet er sendt endnu. Du kan fortryde indtil');
    expect(textOf(refused.html)).toContain('Afvist Anmodningen er overdreven, især fordi den gentages');
    const toPerson = async () =>
      (await world.mails()).filter(({ to, text }) => to.includes(email) && text.includes(reason));
    const status = await new Visitor(world.site).get(linkIn(await world.mail(email, /Thank you/), 'r'));
    expect(textOf(status.html)).toContain('We are working on it');
    expect(textOf(status.html)).not.toMatch(/Refused|Closed|last week/);

    const again = expectStatus(await visitor.submit(refused, { action: 'undo', last4: last }, 'last4'), 200);
    expect(textOf(again.html)).toContain('Er anmodningen i orden?');
    await world.advance(undoTime);
    expect(await toPerson()).toEqual([]);

    await refusing(again);
    await world.advance(undoTime);
    const mail = await world.mail(email, /Datatilsynet/);
    expect(mail.text).toContain(reason);
    expect(await toPerson()).toHaveLength(1);
    const told = await new Visitor(world.site).get(linkIn(mail, 'r'));
    expect(textOf(told.html)).toContain(reason);
  });
});
