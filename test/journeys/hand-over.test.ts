import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { synthWith } from '../threats/settings.ts';
import {
  answerTask,
  ask,
  decide,
  dpo,
  expectStatus,
  last4,
  linkIn,
  openAsDpo,
  prove,
  signInAs,
  start,
} from './access.ts';
import { type Item, itemsOf } from './faults.ts';
import { textOf, Visitor } from './visitor.ts';
import { openWorld, type World } from './world.ts';

const kim = { name: 'Kim Holst', email: 'kim@nordlys.example', language: 'da' as const };
const note = 'Jeg er i familie med personen.';

let cdkOut: string;
let world: World;
let reference: string;
beforeAll(async () => {
  cdkOut = await synthWith({
    config: (config) => {
      config.dpo.deputies = [kim];
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

const itemsAbout = async (): Promise<readonly Item[]> => {
  const items = await itemsOf(world);
  const request = items.find((item) => item.reference === reference && item.sk === 'REQUEST');
  return items.filter(({ pk }) => pk === request?.pk);
};

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
  const entries = (await itemsAbout()).filter(({ sk }) => sk.startsWith('AUDIT#'));
  expect(entries.find(({ what }) => what === 'HANDED_OVER')?.facts).toEqual({
    to: 'deputy-1',
    by: 'dpo',
    ground: 'conflict',
  });
  expect(entries.map(({ what }) => what)).toContain('DECIDER_CODE_ASKED');
  expect(JSON.stringify(entries)).not.toContain('familie');
});
