import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { decidersOf } from '../../domain/deciders.ts';
import type { Request } from '../../domain/request.ts';
import { synthWith } from '../threats/settings.ts';
import {
  answerTask,
  approve,
  ask,
  askForFile,
  decide,
  dpo,
  expectStatus,
  last4,
  linkIn,
  openAsDpo,
  pressOpen,
  prove,
  signInAs,
  start,
} from './access.ts';
import { caseOf, itemsOf } from './faults.ts';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';
import { sha256, unzip } from './zip.ts';

const theDpo = { name: 'Dorte Ågård', email: dpo, language: 'da' as const };
const kim = { name: 'Kim Holst', email: 'kim@nordlys.example', language: 'da' as const };
const note = 'Jeg er i familie med personen.';

let cdkOut: string;
let world: World;
let reference: string;
beforeAll(async () => {
  cdkOut = await synthWith({
    config: (config) => {
      config.dpo.deputies = [kim];
      // Smaller than a configuration may say, so that the demonstration's answer comes in parts.
      config.delivery.partMegabytes = 0.03;
    },
  });
  world = await openWorld({ cdkOut });
  const email = 'overdrages@fremmed.example';
  ({ reference } = await ask(world, { name: 'En Person', email }));
  await prove(world, email, reference);
});
afterAll(async () => {
  await world?.close();
  rmSync(cdkOut, { recursive: true, force: true });
});

/** What the overview lists as waiting for whoever signs in. */
const waitingFor = async (who: string): Promise<{ mine: boolean; all: string }> => {
  const visitor = new Visitor(world.site);
  await signInAs(visitor, who);
  return {
    mine: (await visitor.get('/dpo?show=mine')).html.includes(`/dpo/request/${reference}`),
    all: textOf((await visitor.get('/dpo')).html),
  };
};

test('handing over asks for the person, the reason and the second factor', async () => {
  await start(world, reference);
  await answerTask(world, reference, 'nothing');
  const { page, visitor } = await openAsDpo(world, reference, 2);
  expect(await waitingFor('dorte')).toMatchObject({ mine: true });
  expect(await waitingFor('kim')).toMatchObject({ mine: false });

  const action = { action: 'hand-over', last4: last4(reference) };
  const empty = await visitor.submit(page, action, 'to');
  expect(empty.status).toBe(400);
  expect(textOf(empty.html)).toContain('Vælg, hvorfor sagen gives videre');
  const unknown = await visitor.submit(page, { ...action, to: 'nobody', ground: 'away' }, 'to');
  expect(unknown.status).toBe(400);
  expect(textOf(unknown.html)).toContain('Vælg, hvem der får sagen');
  const to = /name="to"[^>]*value="(\w+)"|value="(\w+)"[^>]*name="to"/.exec(page.html)?.slice(1).find(Boolean) ?? '';
  const person = /name="person"[^>]*value="(\w+)"/.exec(page.html)?.[1] ?? '';
  const fields = { ...action, to, ground: 'conflict', reason: note, person };
  const done = expectStatus(await decide(world, page, visitor, fields, { having: 'to' }), 200);
  expect(textOf(done.html)).toMatch(/Kim Holst har sagen .* Inhabilitet\. Jeg er i familie med personen\./);
});

test('the deputy gets the mail with the link, and what waits for the DPO waits for the deputy', async () => {
  const mail = await world.mail(kim.email, new RegExp(`Sagen ${reference} er givet til dig`));
  expect(mail.text).not.toContain(note);
  const opened = expectStatus(await new Visitor(world.site).get(linkIn(mail, 'dpo')), 200);
  expect(textOf(opened.html)).toContain('Kim Holst har sagen');
  expect(await waitingFor('kim')).toMatchObject({ mine: true });
  const { mine, all } = await waitingFor('dorte');
  expect(mine).toBe(false);
  expect(all).toContain('Kim Holst');
});

test('later mails about the case go to the deputy, and the audit chain says who, to whom and why, without what was typed', async () => {
  const before = (await world.mails()).length;
  await world.advance('P32D');
  const late = (await world.mails()).slice(before).filter(({ subject }) => subject.includes(reference));
  expect(late.length).toBeGreaterThan(0);
  expect(late.flatMap(({ to }) => to)).not.toContain(dpo);
  expect(late.flatMap(({ to }) => to)).toContain(kim.email);
  const entries = (await caseOf(world, reference)).filter(({ sk }) => sk.startsWith('AUDIT#'));
  expect(entries.find(({ what }) => what === 'HANDED_OVER')?.facts).toEqual({
    to: 'deputy-1',
    by: 'dpo',
    ground: 'conflict',
  });
  expect(entries.map(({ what }) => what)).toContain('DECIDER_CODE_ASKED');
  expect(JSON.stringify(entries)).not.toContain('familie');
});

describe('an answer that is larger than one file may be', () => {
  const email = peopleToTry.everywhere;
  const zips: { name: string; bytes: Buffer }[] = [];

  test('comes in parts that are all named with their sizes, and one code opens each of them', async () => {
    const large = await ask(world, { name: 'Mette Kjærgaard', email });
    await prove(world, email, large.reference);
    await start(world, large.reference);
    await answerTask(world, large.reference, 'nothing');
    await approve(world, large.reference, ['access'], {
      person: decidersOf({ dpo: { ...theDpo, deputies: [kim] } })[0]?.key,
    });
    const asked = await askForFile(world, email, large.reference);
    expect(asked.ready.text.replaceAll(/\s+/g, ' ')).toMatch(/Det kommer som ZIP-fil.*ligger i \d+ ZIP-filer/);
    const buttons = [...asked.page.html.matchAll(/value="(open-\d+)"[^>]*>([^<]*)</g)];
    expect(buttons.length).toBeGreaterThan(2);
    for (const [n, [, action, words]] of buttons.entries()) {
      expect(words).toMatch(new RegExp(`Hent fil ${n + 1} af ${buttons.length} \\(\\d+ kB\\)`));
      const opened = await pressOpen(world, asked, action);
      expect(opened.status).toBe(303);
      const file = await fetch(opened.headers.get('location') ?? '');
      const name = /filename="([^"]+)"/.exec(file.headers.get('content-disposition') ?? '')?.[1] ?? '';
      expect(name).toBe(`${large.reference}-del-${n + 1}-af-${buttons.length}.zip`);
      zips.push({ name, bytes: Buffer.from(await file.arrayBuffer()) });
    }
    const request = (await itemsOf(world)).find((each) => each.reference === large.reference && each.sk === 'REQUEST');
    const { parts } = (request as unknown as Request).package as NonNullable<Request['package']>;
    expect(parts.map(({ downloads }) => downloads)).toEqual(zips.map(() => 1));
    expect(parts.map((part) => part.sha256)).toEqual(zips.map(({ bytes }) => sha256(bytes)));
  });

  test('each part is valid by itself, the first begins with the page and the letter, and together they are the whole', async () => {
    const folder = join(world.state, 'parts');
    mkdirSync(folder);
    const held: string[] = [];
    let manifest = '';
    for (const { name, bytes } of zips) {
      writeFileSync(join(folder, name), bytes);
      const run = spawnSync('npm', ['run', '-s', 'privacy', '--', 'package', 'check', join(folder, name)]);
      expect(run.stdout.toString('utf8')).toBe('');
      expect(run.status).toBe(0);
      const entries = await unzip(bytes);
      manifest = String(entries.get('manifest.json'));
      held.push(...entries.keys());
    }
    const first = [...(await unzip(zips[0]?.bytes ?? Buffer.alloc(0))).keys()];
    expect(first).toEqual(expect.arrayContaining(['START-HER.html', 'Brev.pdf']));
    const wanted = (JSON.parse(manifest) as { files: { path: string }[] }).files.map(({ path }) => path);
    const own = /^(manifest\.json|part-\d+-of-\d+\.json|KONTROLSUMMER-del-\d+-af-\d+\.sha256)$/;
    expect(held.filter((path) => !own.test(path)).sort()).toEqual(wanted.sort());
    // Unpacked into one folder nothing is written over but the manifest, which is the same in each.
    expect(new Set(held).size).toBe(held.length - (zips.length - 1));
  });

  test('a part that lacks one of its files, or says it is another one, is found', async () => {
    const file = join(world.state, 'parts', zips[1]?.name ?? '');
    const script = `
import sys, zipfile
source, lacking, other = sys.argv[1:]
with zipfile.ZipFile(source) as zip:
    names = zip.namelist()
    data = next(name for name in names if '/' in name)
    with zipfile.ZipFile(lacking, 'w') as out:
        for name in names:
            if name != data: out.writestr(name, zip.read(name))
    with zipfile.ZipFile(other, 'w') as out:
        for name in names:
            out.writestr('part-9-of-9.json' if name.startswith('part-') else name, zip.read(name))
`;
    const [lacking, other] = ['lacking.zip', 'other.zip'].map((name) => join(world.state, name)) as [string, string];
    expect(spawnSync('python3', ['-c', script, file, lacking, other]).status).toBe(0);
    const rules = (path: string) => {
      const run = spawnSync('npm', ['run', '-s', 'privacy', '--', 'package', 'check', '--json', path]);
      return (JSON.parse(run.stdout.toString('utf8')) as { findings: { rule: string }[] }).findings.map(
        ({ rule }) => rule,
      );
    };
    expect(rules(lacking)).toContain('manifest-missing');
    expect(rules(other)).toContain('part');
  });
});
