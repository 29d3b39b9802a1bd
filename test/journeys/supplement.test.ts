import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import type { Request } from '../../domain/request.ts';
import {
  answerTask,
  approve,
  ask,
  askForFile,
  decide,
  download,
  expectStatus,
  last4,
  linkIn,
  openAsDpo,
  pressOpen,
  prove,
  signInAs,
  start,
  undoTime,
} from './access.ts';
import { caseOf, type Item } from './faults.ts';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { sha256, unzip } from './zip.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

const aase = { name: 'Åse Ørskov', email: peopleToTry.newsletterOnly };
const archive = 'arkiv@nordlys.example';
const why = 'Arkivet er lukket for ombygning.';

const recordOf = async (reference: string, sk: string) =>
  (await caseOf(world, reference)).find((item) => item.sk === sk) as Item;
const auditOf = async (reference: string): Promise<string[]> =>
  (await caseOf(world, reference)).filter(({ sk }) => sk.startsWith('AUDIT#')).map(({ what }) => String(what));

const personsPage = async (reference: string): Promise<string> => {
  const receipt = await world.mail(aase.email, new RegExp(`${reference}[\\s\\S]*/r/`));
  return textOf((await new Visitor(world.site).get(linkIn(receipt, 'r'))).html);
};
const mailsToDpo = async (reference: string) =>
  (await world.mails()).filter(
    ({ to, subject, text }) =>
      to.includes('dpo@nordlys.example') && subject.includes(reference) && text.includes('/dpo/'),
  ).length;
const pdfText = (letter: Buffer): string =>
  spawnSync('pdftotext', ['-layout', '-', '-'], { input: letter }).stdout.toString('utf8').replaceAll(/\s+/g, ' ');
const check = (zip: Buffer, name: string): string => {
  const file = join(world.state, name);
  writeFileSync(file, zip);
  return spawnSync('npm', ['run', '-s', 'privacy', '--', 'package', 'check', file]).stdout.toString('utf8');
};

const begin = async () => {
  const { reference } = await ask(world, aase);
  await prove(world, aase.email, reference);
  await start(world, reference);
  return reference;
};

describe('an answer that is sent while a system is missing', () => {
  let reference: string;
  let first: Awaited<ReturnType<typeof download>>;

  test('goes out with a reason, and the letter names the missing source and says that the case stays open', async () => {
    reference = await begin();
    await answerTask(world, reference, 'not-me', 'Bo Holm');
    await approve(world, reference, ['access'], { incomplete: why });
    first = await download(world, aase.email, reference);
    const entries = await unzip(first.zip);
    expect(JSON.parse(String(entries.get('manifest.json')))).not.toHaveProperty('addedTo');
    const letter = pdfText(entries.get('Brev.pdf') as Buffer);
    expect(letter).toContain('Vi mangler data fra Papirarkiv. Din sag er åben, til du har fået dem.');
    expect(String(entries.get('START-HER.html'))).toContain('Din sag er åben, til du har fået det.');
  });

  test('the time limit runs on and is seen on the overview, and the person sees that more comes and by when', async () => {
    const right = await recordOf(reference, 'RIGHT#access');
    expect(right).toMatchObject({ status: 'REVIEW' });
    expect(right).not.toHaveProperty('decision');
    expect(await recordOf(reference, 'REQUEST')).toMatchObject({ status: 'REVIEW', nextActionAt: expect.any(String) });
    const colleague = new Visitor(world.site);
    await signInAs(colleague);
    const overview = textOf((await colleague.get('/dpo')).html);
    expect(overview).toContain(reference);
    expect(overview).toContain('En del er sendt');
    const page = await personsPage(reference);
    expect(page).toMatch(
      /En del af dit svar er klar\. Resten er på vej\. Du får resten senest \S+ den \d+\. \S+ \d{4}/,
    );
    expect(page).toContain(why);
    const mail = await world.mail(aase.email, /en del af svaret er klar/);
    expect(mail.text.replaceAll(/\s+/g, ' ')).toMatch(
      /Vi sender det, så snart vi har det, og senest (\S+ den )?\d+\. \S+ \d{4}/,
    );
    expect(mail.text).not.toContain(why);
  });

  test('what was sent cannot be approved again', async () => {
    const { page } = await openAsDpo(world, reference, 2);
    expect(page.html).not.toContain('name="outcome-access"');
    expect(textOf(page.html)).toContain('Resten mangler stadig');
  });

  test('when the missing system has answered, the DPO decides on a supplement by a manifest of its own', async () => {
    const { page, visitor } = await openAsDpo(world, reference, 2);
    const before = (await world.mails()).length;
    const seen = await mailsToDpo(reference);
    expectStatus(
      await visitor.submit(page, { action: 'ask-again', system: 'archive', last4: last4(reference) }, 'system'),
      200,
    );
    await answerTask(world, reference, 'found', 'Kasse 12: kontrakt fra 2009.', before);
    const { shown } = await approve(world, reference, ['access'], {}, seen + 1);
    const { zip } = await download(world, aase.email, reference, 2, 'open-1');
    const entries = await unzip(zip);
    const manifest = entries.get('manifest.json') as Buffer;
    expect(sha256(manifest)).toBe(shown);
    const earlier = (await unzip(first.zip)).get('manifest.json') as Buffer;
    expect(JSON.parse(String(manifest))).toMatchObject({
      addedTo: sha256(earlier),
      systems: [{ system: 'archive', state: 'OK' }],
    });
    expect([...entries.keys()].filter((path) => path.startsWith('systemer/'))).toSatisfy((paths: string[]) =>
      paths.every((path) => path.includes('-archive/')),
    );
    const letter = pdfText(entries.get('Brev.pdf') as Buffer);
    expect(letter).toContain('Tillæg til svaret');
    expect(letter).toContain('Dette brev lægger det til, der er kommet siden: Papirarkiv.');
    expect(check(zip, 'supplement.zip')).toBe('');
    expect(check(first.zip, 'first.zip')).toBe('');
  });

  test('the case ends only then, both files are on the download page, and one code opens each of them once', async () => {
    expect(await recordOf(reference, 'REQUEST')).toMatchObject({ status: 'DELIVERED' });
    expect(await auditOf(reference)).toEqual(expect.arrayContaining(['PARTLY_DELIVERED', 'DELIVERED']));
    const asked = await askForFile(world, aase.email, reference, 2);
    expect(textOf(asked.page.html)).toMatch(/Den første del af svaret.*Tillæg 1/);
    const opened = [];
    for (const action of ['open-0', 'open-1', 'open-1']) opened.push((await pressOpen(world, asked, action)).status);
    expect(opened).toEqual([303, 303, 409]);
    const { sent, package: built } = (await recordOf(reference, 'REQUEST')) as unknown as Pick<
      Request,
      'sent' | 'package'
    >;
    const counts = [...(sent ?? []).map((each) => each.package), built];
    expect(counts).toMatchObject([{ parts: [{ downloads: 2 }] }, { parts: [{ downloads: 2 }] }]);
  });
});

describe('an owner who does not answer', () => {
  test('does not keep the rest from the person: the DPO goes on without, and their answer becomes a supplement', async () => {
    const reference = await begin();
    await world.mail(archive, new RegExp(reference));
    await world.quiet();
    const { page, visitor } = await openAsDpo(world, reference, 1);
    expectStatus(
      await decide(world, page, visitor, { action: 'go-on', last4: last4(reference) }, { having: 'last4' }),
      200,
    );
    await approve(world, reference, ['access'], { incomplete: why });
    await download(world, aase.email, reference);
    expect(await recordOf(reference, 'REQUEST')).toMatchObject({ status: 'REVIEW', sent: [{ missing: ['archive'] }] });

    const seen = await mailsToDpo(reference);
    await answerTask(world, reference, 'nothing');
    await approve(world, reference, ['access'], {}, seen + 1);
    const { zip } = await download(world, aase.email, reference, 2, 'open-1');
    const letter = pdfText((await unzip(zip)).get('Brev.pdf') as Buffer);
    expect(letter).toContain('Der er ingen data om dig i det, der er kommet siden.');
    expect(await recordOf(reference, 'REQUEST')).toMatchObject({ status: 'DELIVERED' });
  });

  test('ends the case without the rest only with a reason that the person reads, and the first part stays theirs', async () => {
    const reference = await begin();
    await answerTask(world, reference, 'not-me', 'Bo Holm');
    await approve(world, reference, ['access'], { incomplete: why });
    const { page, visitor } = await openAsDpo(world, reference, 2);
    const fields = { action: 'end-without', reason: '', last4: last4(reference) };
    const refused = await decide(world, page, visitor, fields, { having: 'reason' });
    expect(refused.status).toBe(400);
    const reason = 'Arkivet brændte i 2011.';
    const ended = await decide(world, refused, visitor, { ...fields, reason }, { having: 'reason' });
    expect(await personsPage(reference)).not.toContain(reason);
    const undone = await visitor.submit(ended, { action: 'undo', last4: last4(reference) }, 'last4');
    expect(textOf(undone.html)).toContain('Resten mangler stadig');
    expectStatus(await decide(world, undone, visitor, { ...fields, reason }, { having: 'reason' }), 200);
    await world.advance(undoTime);
    expect(await recordOf(reference, 'REQUEST')).toMatchObject({ status: 'DELIVERED' });
    const mail = await world.mail(aase.email, /Besvaret uden resten/);
    expect(mail.text).toContain(reason);
    expect(await personsPage(reference)).toContain(reason);
    expect((await download(world, aase.email, reference)).status).toBe(200);
  });
});
