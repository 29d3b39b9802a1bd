import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import {
  answerTask,
  approve,
  ask,
  decide,
  download,
  expectStatus,
  last4,
  lookAt,
  lookedAt,
  openAsDpo,
  prove,
  start,
  undoTime,
} from './access.ts';
import { openRegister } from './hostile.ts';
import { clientsOf, outputsOf } from './stores.ts';
import { formsOf, type Page, textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { recordsOf, sha256, unzip } from './zip.ts';

const run = promisify(execFile);
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
  expect(manifest.systems).toHaveLength(6);
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
  expect(textOf(stuck.page.html)).toContain('Det gemte er ikke det, der blev godkendt');
  expect(textOf(stuck.page.html)).not.toContain('ManifestMismatch');
  expectStatus(await stuck.visitor.submit(stuck.page, { action: 'try-again', last4: last4(reference) }, 'last4'), 200);
  await world.quiet();
  await answerTask(world, reference, 'nothing');
  await openAsDpo(world, reference, 4);
  await approve(world, reference);
  expect((await unzip((await download(world, email, reference)).zip)).has('START-HER.html')).toBe(true);
});

const dataPath = (reference: string, of: string) => `/dpo/request/${reference}/data/${of}`;

test('what the DPO holds back is not in the answer, which says where and why; the preview is what is sent, byte for byte', async () => {
  const email = peopleToTry.everywhere;
  const { reference, page, visitor } = await toReview('Mette Kjærgaard', email);
  const notes = expectStatus(await lookAt(world, visitor, dataPath(reference, 'crm/notes')), 200);
  expect(textOf(notes.html)).toContain('Kan handle om andre');
  const first = expectStatus(await visitor.get(dataPath(reference, 'crm/notes/0')), 200);
  const word =
    /class="value"><span class="typed">[^<]*?([A-Za-zæøåÆØÅ]{7,})/.exec(
      first.html.slice(first.html.lastIndexOf('<code>text')),
    )?.[1] ?? '';
  expect(word).not.toBe('');

  const withoutGround = { target: 'value:text', choice: 'redact', words: word };
  expect((await visitor.post(first.url, withoutGround)).status).toBe(400);
  const redact = { ...withoutGround, ground: 'others' };
  expectStatus(await visitor.post(first.url, redact), 200);
  expectStatus(
    await visitor.post(notes.url, { target: 'field:author', choice: 'withhold', ground: 'not-personal' }),
    200,
  );
  expectStatus(
    await visitor.post(dataPath(reference, 'crm/notes/1'), {
      target: 'row',
      choice: 'withhold',
      ground: 'trade-secret',
    }),
    200,
  );
  const documents = dataPath(reference, 'support/attachments');
  expectStatus(await visitor.post(documents, { target: 'document:0', choice: 'withhold', ground: 'given' }), 200);

  const fields = { action: 'decide', 'outcome-access': 'approve', looked: lookedAt(page), last4: last4(reference) };
  const late = await decide(world, page, visitor, fields);
  expect(late.status).toBe(409);
  const stale = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
  expectStatus(await visitor.submit(stale, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
  const fresh = await openAsDpo(world, reference, 3);
  const previewed = expectStatus(
    await lookAt(world, fresh.visitor, `/dpo/request/${reference}/preview/systemer/02-crm/index.html`),
    200,
  );
  expect(previewed.headers.get('content-security-policy')).toMatch(
    /^sandbox allow-same-origin allow-downloads; default-src 'none'/,
  );

  await approve(world, reference);
  const entries = await unzip((await download(world, email, reference)).zip);
  expect(String(entries.get('systemer/02-crm/index.html'))).toBe(previewed.html);
  const [note, ...others] = recordsOf(entries, 'crm', 'notes');
  expect(note?.text).toContain('[udeladt: hensyn til andre]');
  expect(note?.text).not.toContain(word);
  for (const each of [note, ...others]) expect(each?.author).toBe('[udeladt: ikke om dig]');
  expect(others).toHaveLength(holdings(email).notes.length - 2);
  const withheld = textOf(String(entries.get('udeladt.html')));
  for (const said of [
    'Noget er streget over i 1 tekst',
    '1 post er udeladt',
    '1 dokument er udeladt',
    'forretningshemmelighed',
  ])
    expect(withheld).toContain(said);
  const paths = [...entries.keys()].filter((path) => path.includes('-support/filer/'));
  const manifest = JSON.parse(String(entries.get('manifest.json'))) as {
    heldBack: { what: string; ground: string }[];
    cuts: object[];
  };
  expect(manifest.heldBack.map(({ what, ground }) => `${what} ${ground}`).sort()).toEqual(
    ['documents given', 'places others', 'rows trade-secret', 'values not-personal'].sort(),
  );
  expect(manifest.cuts).toHaveLength(2);
  expect(recordsOf(entries, 'support', 'attachments')).toHaveLength(holdings(email).attachments.length - 1);
  const sums = String(entries.get('KONTROLSUMMER.sha256'));
  for (const path of paths) expect(sums).toContain(path);
  const file = join(world.state, 'held.zip');
  writeFileSync(file, (await download(world, email, reference)).zip);
  // Waiting without answering would let connections to the site die.
  const checked = await run(process.execPath, ['cli/privacy.ts', 'package', 'check', file, '--json']);
  expect(JSON.parse(checked.stdout)).toEqual({ findings: [] });
});

/** What the tables of a page say of each row: what stands in their last column. */
const choicesIn = ({ html }: { html: string }, title: string): string[] => {
  const part = html.slice(html.indexOf(`<h2>${title}</h2>`));
  const table = part.slice(part.indexOf('<tbody>'), part.indexOf('</tbody>'));
  return [...table.matchAll(/<tr>.*?<\/tr>/gs)].map(([row]) => /Udelades|Sendes/.exec(textOf(row))?.[0] ?? '');
};

test('a document that is held back takes the row that names it along, and no other: its name stands nowhere in the answer', async () => {
  const email = peopleToTry.everywhere;
  const { reference, page, visitor } = await toReview('Mette Kjærgaard', email);
  const path = dataPath(reference, 'support/attachments');
  const before = expectStatus(await lookAt(world, visitor, path), 200);
  expect(choicesIn(before, 'Poster')).toEqual(['Sendes', 'Sendes', 'Sendes']);
  const names = [...before.html.matchAll(/fotos\/skade|kvittering|samtale/g)].map(([name]) => name);
  const order = [...new Set(names)];
  const [receipt, talk] = [order.indexOf('kvittering'), order.indexOf('samtale')];
  const hide = { choice: 'withhold', ground: 'others' };
  expectStatus(await visitor.post(path, { ...hide, target: `document:${receipt}` }), 200);
  const one = expectStatus(await visitor.get(path), 200);
  const expected = order.map((name) => (name === 'kvittering' ? 'Udelades' : 'Sendes'));
  expect(choicesIn(one, 'Poster')).toEqual(expected);
  expect(choicesIn(one, 'Dokumenter')).toEqual(expected);
  const wholeRow = async (n: number) =>
    /Hele posten (Sendes|Udelades)/.exec(textOf(expectStatus(await visitor.get(`${path}/${n}`), 200).html))?.[1];
  expect(await Promise.all(order.map((_, n) => wholeRow(n)))).toEqual(expected);

  // Chosen by its row it is the same.
  expectStatus(await visitor.post(`${path}/${talk}`, { ...hide, target: 'row', ground: 'given' }), 200);
  const both = expectStatus(await visitor.get(path), 200);
  for (const table of ['Poster', 'Dokumenter'])
    expect(choicesIn(both, table).filter((each) => each === 'Udelades')).toHaveLength(2);

  const stale = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
  expectStatus(await visitor.submit(stale, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
  const { page: fresh, mail } = await openAsDpo(world, reference, 3);
  const [, rows, documents] = /Du afgør ([\d.]+) rækker og ([\d.]+) dokumenter/.exec(textOf(page.html)) ?? [];
  const sent = `${Number(rows) - 2} rækker og ${Number(documents) - 2} dokument`;
  const told = textOf(fresh.html);
  expect(told).toContain(`Fundet: ${rows} rækker og ${documents} dokumenter. Sendes: ${sent}`);
  for (const why of ['Hensyn til andre', 'Allerede givet'])
    expect(told).toContain(`Support, Samtaler og filer 1 dokument ${why}`);
  const held = fresh.html.slice(fresh.html.indexOf('id="held-back"'));
  expect(held.slice(0, held.indexOf('</section>'))).toContain(`href="${path}?`);
  expect(mail.text).toContain(sent);
  await approve(world, reference, ['access'], {}, 3);
  const entries = await unzip((await download(world, email, reference)).zip);
  for (const [name, content] of entries)
    for (const hidden of ['kvittering', 'samtale.txt']) expect([name, content.includes(hidden)]).toEqual([name, false]);
  expect(recordsOf(entries, 'support', 'attachments')).toHaveLength(1);
  const manifest = JSON.parse(String(entries.get('manifest.json')));
  expect(manifest.heldBack.map(({ what, count, ground }: never) => ({ what, count, ground }))).toEqual([
    { what: 'documents', count: 1, ground: 'others' },
    { what: 'documents', count: 1, ground: 'given' },
  ]);
  expect(manifest.systems.find(({ system }: { system: string }) => system === 'support')).toMatchObject({
    rows: 1,
    documents: 1,
  });
});

test('what is wrong in a decision is said in the order of the page, and of which right', async () => {
  const email = 'fejl@fremmed.example';
  const { reference } = await ask(world, { name: 'En Person', email, rights: ['access', 'rectification', 'erasure'] });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  const { page, visitor } = await openAsDpo(world, reference, 2);
  const fields = { action: 'decide', last4: '', 'outcome-rectification': 'refuse', 'reason-rectification': '' };
  const wrong = expectStatus(await visitor.submit(page, fields, 'manifest'), 400);
  const summary = wrong.html.slice(wrong.html.indexOf('class="error-summary"'), wrong.html.indexOf('</ul>'));
  expect([...summary.matchAll(/href="#([^"]+)">([^<]+)</g)].map(([, id, line]) => [id, line])).toEqual([
    ['decide-outcome-access', 'Indsigt: Vælg, om du imødekommer eller afviser'],
    ['decide-outcome-erasure', 'Sletning: Vælg, om du imødekommer eller afviser'],
    ['decide-ground-rectification', 'Berigtigelse: Vælg, hvilken grund der er'],
    ['decide-reason-rectification', 'Berigtigelse: Skriv en begrundelse til personen'],
    ['decide-last4', 'Skriv de sidste 4 tegn af sagsnummeret'],
  ]);
  const places = [...summary.matchAll(/href="#([^"]+)"/g)].map(([, id]) => wrong.html.indexOf(` id="${id}"`));
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('T13: nothing is approved before every system with free text is ticked as looked at, and nothing typed is lost', async () => {
  const { reference, page, visitor } = await toReview('Mette Kjærgaard', peopleToTry.everywhere);
  const [first, ...others] = lookedAt(page);
  expect(others.length).toBeGreaterThan(0);
  const fields = { action: 'decide', 'outcome-access': 'approve', last4: last4(reference) };
  for (const looked of [[], [first ?? '']]) {
    const refused = await decide(world, page, visitor, { ...fields, looked });
    expect(refused.status).toBe(400);
    expect(textOf(refused.html)).toContain('Sæt kryds ved hvert system, når du har set dets tekster igennem');
    expect(refused.html).toMatch(/<input[^>]*value="approve"[^>]*checked/);
    expect(textOf(expectStatus(await visitor.get(`/dpo/request/${reference}`), 200).html)).not.toContain('Fortryd');
  }
  expectStatus(await decide(world, page, visitor, { ...fields, looked: [first ?? '', ...others] }), 200);
  expect(textOf(expectStatus(await visitor.get(`/dpo/request/${reference}`), 200).html)).toContain('Fortryd');
});

test('a text that an owner typed is blacked out in part: the answer says where and why, and not what', async () => {
  const email = peopleToTry.newsletterOnly;
  const { reference } = await ask(world, { name: 'Åse Ørskov', email });
  await prove(world, email, reference);
  await start(world, reference);
  const [before, about] = ['Kontrakt fra 2009.', 'Karen Lunds løn er 412.000 kr.'];
  await answerTask(world, reference, 'found', [before, about, 'Underskrevet i Odense.'].join('\n'));
  const { page, visitor } = await openAsDpo(world, reference, 2);
  expect(textOf(page.html)).toContain('Personen skal have en kopi af alle sine data');
  const text = expectStatus(await lookAt(world, visitor, dataPath(reference, 'archive/owner/text')), 200);
  expect(textOf(text.html)).toContain(about);
  const nowhere = { target: 'text', choice: 'redact', words: 'Det står der ikke', ground: 'others' };
  expect((await visitor.post(text.url, nowhere)).status).toBe(400);
  expectStatus(await visitor.post(text.url, { ...nowhere, words: `${about}\nOdense` }), 200);
  // A file that is no text has no parts.
  const list = dataPath(reference, 'archive/owner');
  const partOfFile = { target: 'document:0', choice: 'redact', pattern: 'name', ground: 'others' };
  expect((await visitor.post(list, partOfFile)).status).toBe(400);
  const stale = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
  expectStatus(await visitor.submit(stale, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
  await openAsDpo(world, reference, 3);
  await approve(world, reference, ['access'], {}, 3);
  const entries = await unzip((await download(world, email, reference)).zip);
  expect(String(entries.get('systemer/01-archive/svar.txt'))).toBe(
    `\uFEFF${before}\r\n[udeladt: hensyn til andre]\r\nUnderskrevet i [udeladt: hensyn til andre].\r\n`,
  );
  const { heldBack } = JSON.parse(String(entries.get('manifest.json'))) as { heldBack: object[] };
  expect(heldBack).toEqual([{ system: 'archive', collection: 'owner', what: 'places', count: 1, ground: 'others' }]);
  expect(textOf(String(entries.get('udeladt.html')))).toContain('Noget er streget over i 1 tekst');
  for (const content of entries.values()) expect(content.includes('412.000')).toBe(false);
});

/** The spans that a form has ticked, as a browser would send them. */
const tickedIn = ({ html }: Pick<Page, 'html'>): string[] =>
  [...html.matchAll(/<input[^>]*name="span"[^>]*>/g)].flatMap(([tag]) =>
    / checked/.test(tag) ? (/value="([^"]*)"/.exec(tag)?.[1] ?? []) : [],
  );
const struckIn = ({ html }: Pick<Page, 'html'>): string[] =>
  [...html.matchAll(/<del>([^<]*)<\/del>/g)].map(([, text]) => text ?? '');

test('a place that is blacked out stays so when another is: it is shown struck and ticked, and only unticking takes it back', async () => {
  const email = peopleToTry.newsletterOnly;
  const { reference } = await ask(world, { name: 'Åse Ørskov', email });
  await prove(world, email, reference);
  await start(world, reference);
  await answerTask(
    world,
    reference,
    'found',
    'Naboen Poul Hemmelig så det. Ring til Grete Skjult, eller til Ida Gemt.',
  );
  const { visitor } = await openAsDpo(world, reference, 2);
  const opened = await lookAt(world, visitor, dataPath(reference, 'archive/owner/text'));
  const strike = async (page: Page, words: string, span = tickedIn(page)) => {
    const fields = { choice: 'redact', ground: 'others', words, span };
    expectStatus(await visitor.submit(page, fields, 'words'), 200);
    return expectStatus(await visitor.get(opened.url), 200);
  };
  const one = await strike(opened, 'Poul Hemmelig');
  expect(struckIn(one)).toEqual(['Poul Hemmelig']);
  const two = await strike(one, 'Grete Skjult');
  expect(struckIn(two)).toEqual(['Poul Hemmelig', 'Grete Skjult']);
  // A page that was opened before the others were struck does not know of them.
  const three = await strike(opened, 'Ida Gemt');
  expect(struckIn(three)).toEqual(['Poul Hemmelig', 'Grete Skjult', 'Ida Gemt']);
  expect(tickedIn(three)).toHaveLength(3);
  // A line that stands nowhere is told, for it would go out.
  const typo = { choice: 'redact', ground: 'others', words: 'Poul\nGrethe', span: tickedIn(three) };
  const wrong = await visitor.submit(three, typo, 'words');
  expect(wrong.status).toBe(400);
  expect(textOf(wrong.html)).toContain('»Grethe« står ikke i teksten');
  const [, ...others] = tickedIn(three);
  expect(struckIn(await strike(three, '', others))).toEqual(['Grete Skjult', 'Ida Gemt']);

  const stale = expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
  expectStatus(await visitor.submit(stale, { action: 'make-anew', last4: last4(reference) }, 'last4'), 200);
  await openAsDpo(world, reference, 3);
  const preview = `/dpo/request/${reference}/preview/systemer/01-archive/svar.txt`;
  expect((await lookAt(world, visitor, preview)).html).toContain(
    'Naboen Poul Hemmelig så det. Ring til [udeladt: hensyn til andre], eller til [udeladt: hensyn til andre].',
  );
});

test("what a field's patterns find in a record is ticked there, and stays blacked out when one more word is", async () => {
  const email = peopleToTry.nearlyTheSame;
  const [customer] = holdings(email).customers;
  const register = await openRegister(world);
  const text = 'Poul sagde: ring til 22334455 eller p@hemmelig.example.';
  await register.query('insert into notes values ($1,$2,$3,$4,$5,$6)', [
    910_001,
    customer?.id,
    '2024-02-29T12:00:00Z',
    'Bo',
    1,
    text,
  ]);
  await register.end();
  const { reference, visitor } = await toReview('Jens Hansen', email);
  const notes = dataPath(reference, 'crm/notes');
  await lookAt(world, visitor, notes);
  const fields = { target: 'field:text', choice: 'redact', pattern: ['phone', 'email'], ground: 'others' };
  expectStatus(await visitor.post(notes, fields), 200);
  const last = `${notes}/${holdings(email).notes.length}`;
  const opened = expectStatus(await visitor.get(last), 200);
  expect(struckIn(opened)).toEqual(['22334455', 'p@hemmelig.example']);
  const strike = async (page: Page, words: string, span = tickedIn(page)) => {
    const form = formsOf(page).find(({ hidden }) => hidden.target === 'value:text');
    expectStatus(
      await visitor.post(last, { ...form?.hidden, choice: 'redact', ground: 'interests', words, span }),
      200,
    );
    return expectStatus(await visitor.get(last), 200);
  };
  const more = await strike(opened, 'Poul');
  expect(struckIn(more)).toEqual(['Poul', '22334455', 'p@hemmelig.example']);
  const [poul = '', , address = ''] = tickedIn(more);
  expect(struckIn(await strike(more, '', [poul, address]))).toEqual(['Poul', 'p@hemmelig.example']);
  // Held back everywhere: here too, until a part of it is chosen to be sent in spite of that.
  expectStatus(await visitor.post(notes, { ...fields, choice: 'withhold' }), 200);
  const held = expectStatus(await visitor.get(last), 200);
  expect([struckIn(held), tickedIn(held)]).toEqual([[], []]);
  expect(struckIn(await strike(held, ''))).toEqual(['Poul', 'p@hemmelig.example']);
});

test('what is held back stays so when a system answers the same again; where it answers something else the DPO must look again first', async () => {
  const email = peopleToTry.nearlyTheSame;
  const { reference, page, visitor } = await toReview('Jens Hansen', email);
  const notes = dataPath(reference, 'crm/notes');
  await lookAt(world, visitor, notes);
  const withhold = { choice: 'withhold', ground: 'others' };
  expectStatus(await visitor.post(`${notes}/0`, { target: 'row', ...withhold }), 200);
  const customer = dataPath(reference, 'crm/customers/0');
  expectStatus(await visitor.post(customer, { target: 'value:street', ...withhold }), 200);
  const askAgain = async (having: Page, count: number) => {
    const again = { action: 'ask-again', system: 'crm', last4: last4(reference) };
    expectStatus(await visitor.submit(having, again, 'system'), 200);
    await openAsDpo(world, reference, count);
    return expectStatus(await visitor.get(`/dpo/request/${reference}`), 200);
  };
  const same = await askAgain(page, 3);
  expect(textOf(same.html)).not.toContain('passer ikke mere');
  expect(textOf((await visitor.get(`${notes}/0`)).html)).toContain('Hele posten Udelades');

  const register = await openRegister(world);
  const id = Math.min(...holdings(email).notes.map((each) => each.id));
  const kept = (await register.query('select author from notes where id = $1', [id])).rows[0]?.author;
  await register.query('update notes set author = $1 where id = $2', ['Den Nye', id]);
  const other = await askAgain(same, 4);
  await register.query('update notes set author = $1 where id = $2', [kept, id]);
  await register.end();
  const { mail } = await openAsDpo(world, reference, 4);
  expect(mail.text.replaceAll(/\s+/g, ' ')).toContain('1 valg om at udelade noget passer ikke til det nye svar');
  expect(textOf(other.html)).toContain('1 valg passer ikke mere');
  expect(textOf((await visitor.get(`${notes}/0`)).html)).toContain('Nogle valg gælder ikke mere');
  expect(textOf((await visitor.get(customer)).html)).toMatch(/Vej og nummer Udelades/);
  const fields = { action: 'decide', 'outcome-access': 'approve', looked: lookedAt(other), last4: last4(reference) };
  const refused = await decide(world, other, visitor, fields);
  expect(refused.status).toBe(400);
  expect(textOf(refused.html)).toContain('Se data igennem igen, og sæt kryds: Kundekartotek');
  expectStatus(await decide(world, refused, visitor, { ...fields, again: ['crm'] }), 200);
  expect(textOf((await visitor.get(`/dpo/request/${reference}`)).html)).toContain('Fortryd');
});

test('a file that is too large for a page is previewed as a download of exactly what is sent, for who decides alone', async () => {
  const email = peopleToTry.nearlyTheSame;
  const [customer] = holdings(email).customers;
  const register = await openRegister(world);
  for (let n = 1; n <= 5; n += 1) {
    const note = [900_000 + n, customer?.id, '2024-02-29T12:00:00Z', 'Bo', 1, `${n} `.repeat(500_000)];
    await register.query('insert into notes values ($1,$2,$3,$4,$5,$6)', note);
  }
  await register.end();
  const { reference, visitor } = await toReview('Jens Hansen', email);
  const path = `/dpo/request/${reference}/preview/systemer/02-crm/notes.json`;
  expect(textOf((await new Visitor(world.site).get(path)).html)).not.toContain('records');
  await lookAt(world, visitor, `/dpo/request/${reference}/data/crm/notes`);
  const { status, location } = await visitor.redirect(path);
  expect(status).toBe(303);
  const file = await fetch(location);
  expect(file.headers.get('content-disposition')).toContain('notes.json');
  const previewed = Buffer.from(await file.arrayBuffer());
  expect(previewed.length).toBeGreaterThan(5_000_000);
  await approve(world, reference);
  const entries = await unzip((await download(world, email, reference)).zip);
  expect(sha256(entries.get('systemer/02-crm/notes.json') as Buffer)).toBe(sha256(previewed));
});
