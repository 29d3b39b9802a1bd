import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  answerTask,
  approve,
  ask,
  download,
  expectStatus,
  filesOf,
  last4,
  linkIn,
  lookAt,
  openAsDpo,
  prove,
  start,
  upload,
} from './access.ts';
import { caseOf, clearFaults, fault, type Item } from './faults.ts';
import { objectsIn, outputsOf } from './stores.ts';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

/** A request that waits for the owner of the archive, who has opened the link of the mail. */
const openedTask = async (email: string) => {
  const { reference } = await ask(world, { name: 'En Person', email });
  await prove(world, email, reference);
  await start(world, reference);
  const mail = await world.mail('arkiv@nordlys.example', new RegExp(reference));
  const visitor = new Visitor(world.site);
  return { reference, visitor, opened: expectStatus(await visitor.get(linkIn(mail, 'o')), 200) };
};

test('T48: an owner reads at once which file is not what its name says; it is in no answer, and everything else is', async () => {
  const email = 'mappe@fremmed.example';
  const { reference, visitor, opened } = await openedTask(email);

  let page = await upload(visitor, opened, "Kasse 12 (æ!'*).pdf", 'MZ\x90\0 a program');
  expect(textOf(page.html)).toContain('Ikke taget med: filen er et program');
  page = await upload(visitor, page, 'billede.png', '<html>not a picture</html>');
  expect(textOf(page.html)).toContain('filen er ikke det, dens navn siger');
  const empty = await visitor.submit(page, { answer: 'found', text: '', last4: last4(reference) }, 'answer');
  expect(empty.status).toBe(400);

  page = await upload(visitor, page, 'kontrakt.pdf', '%PDF-1.7 kontrakt');
  page = await upload(visitor, page, 'noter.txt', 'kasse 12');
  const wrong = await visitor.submit(page, { answer: 'found', text: 'Mappe 3', last4: 'XXXX' }, 'answer');
  expect(wrong.status).toBe(400);
  expect(wrong.html).toContain('Mappe 3');
  expect(textOf(wrong.html)).toContain('kontrakt.pdf');
  expectStatus(
    await visitor.submit(wrong, { answer: 'found', text: 'Mappe 3', last4: last4(reference) }, 'answer'),
    200,
  );

  const { visitor: office } = await openAsDpo(world, reference, 2);
  const seen = await lookAt(world, office, `/dpo/request/${reference}/data/archive/owner`);
  expect(textOf(seen.html)).toContain('kontrakt.pdf');
  await approve(world, reference);
  const { zip } = await download(world, email, reference);
  const entries = await unzip(zip);
  const given = [...entries]
    .filter(([name]) => name.includes('-archive/'))
    .map(([name, held]) => [name, `${held}`] as const);
  const texts = given.filter(([name]) => !name.endsWith('.html'));
  expect(texts.map(([name]) => name.split('/').slice(2).join('/')).sort()).toEqual([
    'filer/owner-0001.pdf',
    'filer/owner-0002.txt',
    'svar.txt',
  ]);
  expect([...entries.values()].some((held) => held.includes('a program'))).toBe(false);
  // What the owner called them is read on the page; paths are ours, and the manifest outlives what was gathered.
  const told = String(entries.get(given.find(([name]) => name.endsWith('-archive/index.html'))?.[0] ?? ''));
  expect(told).toMatch(/href="[^"]*owner-0001\.pdf">kontrakt\.pdf</);
  expect(String(entries.get('manifest.json'))).not.toContain('kontrakt.pdf');
});

test('T48: a file that comes by the form after the owner has answered is in the answer only if it is what its name says', async () => {
  const email = 'efter@fremmed.example';
  const { reference, visitor, opened } = await openedTask(email);
  const first = await filesOf(visitor, opened);
  const files = await upload(visitor, first, 'kontrakt.pdf', '%PDF-1.7 kontrakt');
  await world.quiet();
  // The step that closes the round waits for the sweep: what comes until then comes after the answer.
  await fault(world, { service: 'states', operation: 'StartExecution', mode: 'refuse', times: 100 });
  expectStatus(await visitor.submit(opened, { answer: 'found', text: '', last4: last4(reference) }, 'answer'), 200);
  await upload(visitor, first, 'kontrakt.pdf', 'MZ\x90\0 a program in its place');
  await upload(visitor, files, 'brev.pdf', '<html>not a letter</html>');
  await upload(visitor, files, 'tom.txt', '');
  await upload(visitor, files, 'noter.txt', 'kasse 13');
  await world.quiet();
  expect(await clearFaults(world)).toBeGreaterThan(0);
  await world.advance('PT25M');
  await approve(world, reference);
  const entries = await unzip((await download(world, email, reference)).zip);
  const given = [...entries].filter(([name]) => /-archive\/.*owner-/.test(name)).map(([, held]) => `${held}`);
  expect(given).toEqual(['kasse 13']);
});

test('what an owner added or wrote is never left out: "nothing" and "ask somebody else" are refused beside it, and keep it', async () => {
  const { reference, visitor, opened } = await openedTask('medtaget@fremmed.example');
  const named = last4(reference);
  const typed = { text: 'Kasse 12: et brev', last4: named };
  const nothing = await visitor.submit(opened, { answer: 'nothing', ...typed }, 'answer');
  expect(nothing.status).toBe(400);
  expect(textOf(nothing.html)).toContain('Vælg »Ja, jeg fandt noget«, så det kommer med');
  expect(nothing.html).toContain('Kasse 12: et brev');
  const page = await upload(visitor, nothing, 'kontrakt.pdf', '%PDF-1.7 kontrakt');
  for (const answer of ['nothing', 'not-me']) {
    const refused = await visitor.submit(page, { answer, name: 'Bo Vindø', text: '', last4: named }, 'answer');
    expect(refused.status).toBe(400);
    expect(textOf(refused.html)).toContain('kontrakt.pdf');
  }
  const refused = await upload(visitor, page, 'billede.png', '<html>not a picture</html>');
  expectStatus(await visitor.submit(refused, { answer: 'found', text: '', last4: named }, 'answer'), 200);
  await approve(world, reference);
  const entries = await unzip((await download(world, 'medtaget@fremmed.example', reference)).zip);
  expect([...entries.values()].some((held) => `${held}`.includes('%PDF-1.7 kontrakt'))).toBe(true);
});

test('what an owner typed and chose is there again after they added a file; a refused one is said on top, and in the title', async () => {
  const { reference, visitor, opened } = await openedTask('kladde@fremmed.example');
  const typed = { answer: 'found', text: 'Mappe 4:\n<b>et brev</b>', last4: '' };
  const files = expectStatus(await visitor.submit(opened, { ...typed, action: 'files' }, 'answer'), 200);
  expect(files.url).toContain('/archive/files');
  const refused = await upload(visitor, files, 'billede.png', '<html>not a picture</html>');
  expect(refused.html).toContain('<title>Fejl: ');
  const summary = refused.html.slice(refused.html.indexOf('class="error-summary"'), refused.html.indexOf('</ul>'));
  expect(textOf(summary)).toContain('billede.png: Ikke taget med: filen er ikke det, dens navn siger');
  expect(summary).toContain('href="#file"');
  const taken = await upload(visitor, refused, 'kontrakt.pdf', '%PDF-1.7 kontrakt');
  expect(taken.html).not.toContain('<title>Fejl: ');
  const back = expectStatus(await visitor.get(opened.url), 200);
  expect(back.html).toMatch(/<input[^>]* value="found" checked/);
  expect(textOf(back.html)).toContain('Mappe 4: <b>et brev</b>');
  expect(textOf(back.html)).toContain('kontrakt.pdf');
  // What waits is the owner's own: a deputy writes on a page of theirs.
  const objects = async () => (await objectsIn(world, outputsOf(world).EvidenceBucket)).map(({ place }) => place);
  expect((await objects()).filter((place) => place.includes('.drafts'))).toHaveLength(1);
  expectStatus(await visitor.submit(back, { ...typed, last4: last4(reference) }, 'answer'), 200);
  expect((await objects()).filter((place) => place.includes('.drafts'))).toEqual([]);
});

test('an empty file, and one over 50 MB, is refused on the page in words, and is in no answer', async () => {
  const { reference, visitor, opened } = await openedTask('tom@fremmed.example');
  let files = await upload(visitor, await filesOf(visitor, opened), 'tom.pdf', '');
  expect(textOf(files.html)).toContain('tom.pdf: Ikke taget med: filen er tom');
  files = await upload(visitor, files, 'film.txt', 'x'.repeat(50_000_001));
  expect(textOf(files.html)).toContain('film.txt: Ikke taget med: filen fylder over 50 MB');
  const nothing = await visitor.submit(opened, { answer: 'found', text: '', last4: last4(reference) }, 'answer');
  expect(nothing.status).toBe(400);
});

test('an owner takes a file away again: it is gone from the bucket, the record says so, and nobody can name another one', async () => {
  const { reference, visitor, opened } = await openedTask('fjern@fremmed.example');
  let files = await upload(visitor, await filesOf(visitor, opened), 'forkert.pdf', '%PDF-1.7 forkert person');
  files = await upload(visitor, files, 'kontrakt.pdf', '%PDF-1.7 kontrakt');
  const ids = [...files.html.matchAll(/name="remove" value="([^"]+)"/g)].map(([, id = '']) => id);
  const keys = async () => {
    const objects = await objectsIn(world, outputsOf(world).EvidenceBucket);
    return objects.map(({ place }) => place).filter((place) => ids.some((id) => place.includes(id)));
  };
  expect(await keys()).toHaveLength(2);
  const digits = last4(reference);
  for (const fields of [
    { remove: ids[0] ?? '', last4: '' },
    { remove: `../archive/${ids[0]}`, last4: digits },
    { remove: '', last4: digits },
  ]) {
    const wrong = expectStatus(await visitor.submit(files, fields, 'remove'), 400);
    expect(wrong.html).toContain('<title>Fejl: ');
  }
  expect(await keys()).toHaveLength(2);
  const left = expectStatus(await visitor.submit(files, { remove: ids[0] ?? '', last4: digits }, 'remove'), 200);
  expect(textOf(left.html)).toContain('kontrakt.pdf');
  expect(textOf(left.html)).not.toContain('forkert.pdf');
  expect(await keys()).toHaveLength(1);
  const noted = (await caseOf(world, reference)).filter(({ what }) => what === 'FILES_REMOVED');
  expect(noted).toMatchObject([{ by: 'owner:archive', facts: { system: 'archive', files: 1 } }]);
  const answered = { answer: 'found', text: '', last4: digits };
  expectStatus(await visitor.submit(await visitor.get(opened.url), answered, 'answer'), 200);
  const late = await visitor.submit(left, { remove: ids[1] ?? '', last4: digits }, 'remove');
  expect(textOf(late.html)).toContain('Opgaven er besvaret');
  expect(await keys()).toHaveLength(1);
});

test('an owner whose answer comes after another one was taken is told so, and gets back what they typed', async () => {
  const { reference, visitor, opened } = await openedTask('forsent@fremmed.example');
  await answerTask(world, reference, 'nothing');
  const fields = { answer: 'found', text: 'Mappe 7: <b>en kontrakt</b>', last4: last4(reference) };
  const late = await visitor.submit(opened, fields, 'answer');
  expect(late.status).toBe(409);
  expect(textOf(late.html)).toContain('Mappe 7: <b>en kontrakt</b>');
});

test('what an owner sends from a page that has closed comes back on the page that says so, and nothing that another site sends does', async () => {
  const { reference, opened } = await openedTask('lukket@fremmed.example');
  const fields = { answer: 'found', text: 'Kasse 9:\n<b>et brev</b>', last4: last4(reference) };
  // After an hour the browser has no cookie of the page any more.
  const closed = expectStatus(await new Visitor(world.site).submit(opened, fields, 'answer'), 404);
  expect(textOf(closed.html)).toContain('Kasse 9: <b>et brev</b>');
  expect(closed.html).not.toContain('<b>');
  expect(textOf(closed.html)).not.toContain(last4(reference));
  const elsewhere = { method: 'POST', body: new URLSearchParams(fields), headers: { 'sec-fetch-site': 'cross-site' } };
  const refused = await fetch(opened.url, elsewhere);
  expect(refused.status).toBe(403);
  expect(await refused.text()).not.toContain('et brev');
});

const addresses = {
  owner: 'arkiv@nordlys.example',
  first: 'reception@nordlys.example',
  second: 'kontoret@nordlys.example',
};

const mailsTo = async (to: string, reference: string) =>
  (await world.mails()).filter((mail) => mail.to.includes(to) && mail.subject.includes(reference));

/** How many mails about the case the owner and each deputy have. */
const counts = async (reference: string) => {
  const got = Object.values(addresses).map(async (to) => (await mailsTo(to, reference)).length);
  return Promise.all(got);
};

/** Asks, proves and starts; the owner has the task then. */
const started = async (name: string) => {
  const email = `${name}@fremmed.example`;
  const { reference } = await ask(world, { name: 'Karla Vindø', email });
  const { page, visitor } = await prove(world, email, reference);
  await start(world, reference);
  await world.mail(addresses.owner, new RegExp(reference));
  return { reference, page, visitor };
};

/** Minutes from now on to a share of the owner's time, which ends with their last day in Copenhagen. */
const minutesTo = async (reference: string, share: number): Promise<number> => {
  const items = await caseOf(world, reference);
  const { at } = items.find(({ sk }) => sk.startsWith('SOURCE#') && sk.includes('#archive#')) as Item;
  const { deadline } = items.find(({ sk }) => sk.startsWith('RIGHT#')) as Item;
  const { internalTarget } = deadline as { internalTarget: string };
  const asked = Date.parse(String(at));
  const end = Date.parse(`${internalTarget}T00:00:00+01:00`) + 86_400_000;
  const { now } = (await (await fetch(`${world.site}/_local/clock`)).json()) as { now: string };
  return Math.floor((asked + share * (end - asked) - Date.parse(now)) / 60_000);
};

test('an owner who is asked when the promised date is over is asked for the next working day, as urgent, by mail and page alike', async () => {
  const email = 'meget.sent@fremmed.example';
  const { reference } = await ask(world, { name: 'Meget Sent', email });
  await prove(world, email, reference);
  await openAsDpo(world, reference, 1);
  await world.advance('P40D');
  await start(world, reference);
  const mail = await world.mail(addresses.owner, new RegExp(`Haster: .*${reference}`));
  const { now } = (await (await fetch(`${world.site}/_local/clock`)).json()) as { now: string };
  const page = expectStatus(await new Visitor(world.site).get(linkIn(mail, 'o')), 200);
  const day = /Dit svar senest\s*<strong>\s*<time datetime="([\d-]+)">([^<]+)</.exec(page.html);
  expect(Date.parse(day?.[1] ?? '') - Date.parse(now.slice(0, 10))).toBeGreaterThanOrEqual(86_400_000);
  expect(Date.parse(day?.[1] ?? '') - Date.parse(now.slice(0, 10))).toBeLessThanOrEqual(6 * 86_400_000);
  expect(mail.text).toContain(day?.[2]);
  expect(mail.text).toContain('Det haster');
  expect(textOf(page.html)).toContain('Det haster');
});

test('an owner is reminded once at 50 % of their time, at 80 % with the deputies, each by a link of their own; the first answer counts', async () => {
  const { reference } = await started('tavs');
  const { reference: answered } = await started('besvaret');
  const { reference: withdrawn, page, visitor } = await started('fortrudt');
  await answerTask(world, answered, 'nothing');
  expectStatus(
    await visitor.submit(await visitor.get(page.url), { action: 'withdraw', last4: last4(withdrawn) }, 'last4'),
    200,
  );

  await world.advance(`PT${(await minutesTo(reference, 0.5)) - 5}M`);
  expect(await counts(reference)).toEqual([1, 0, 0]);
  await world.advance('P1D');
  expect(await counts(reference)).toEqual([2, 0, 0]);
  await world.advance(`PT${(await minutesTo(reference, 0.8)) - 5}M`);
  expect(await counts(reference)).toEqual([2, 0, 0]);
  await world.advance('P1D');
  expect(await counts(reference)).toEqual([3, 1, 1]);
  await world.advance('P1D');
  expect(await counts(reference)).toEqual([3, 1, 1]);

  const reminders = await Promise.all(Object.values(addresses).map((to) => mailsTo(to, reference)));
  const links = reminders.flat().map((mail) => linkIn(mail, 'o'));
  expect(new Set(links).size).toBe(5);
  for (const { subject, text, html } of reminders.flat())
    expect(`${subject} ${text} ${html}`).not.toMatch(/Karla|Vindø|tavs@/);

  const [late, deputy] = [new Visitor(world.site), new Visitor(world.site)];
  const ownersPage = expectStatus(await late.get(linkIn(reminders[0]?.at(-1) as never, 'o')), 200);
  const deputysPage = expectStatus(await deputy.get(linkIn(reminders[2]?.[0] as never, 'o')), 200);
  const given = { answer: 'nothing', text: '', last4: last4(reference) };
  expectStatus(await deputy.submit(deputysPage, given, 'answer'), 200);
  const refused = expectStatus(await late.submit(ownersPage, { ...given, answer: 'found', text: 'x' }, 'answer'), 409);
  expect(textOf(refused.html)).toContain('Dit svar blev ikke taget med');
  const seen = expectStatus(await late.get(ownersPage.url), 200);
  expect(textOf(seen.html)).toContain('Svaret: der er intet.');

  await world.quiet();
  const { page: review } = await openAsDpo(world, reference, 2);
  expect(textOf(review.html)).toContain('Dataejerens stedfortræder, Papirarkiv');
  const items = await caseOf(world, reference);
  expect(items.find(({ sk }) => sk === 'REQUEST')).toMatchObject({ status: 'REVIEW' });
  await world.advance('P3D');
  expect(await counts(reference)).toEqual([3, 1, 1]);
  expect(await counts(answered)).toEqual([1, 0, 0]);
  // Asked, and told that it is not needed.
  expect(await counts(withdrawn)).toEqual([2, 0, 0]);
});
