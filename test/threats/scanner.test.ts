import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  answerTask,
  approve,
  ask,
  decide,
  download,
  last4,
  linkIn,
  openAsDpo,
  prove,
  start,
} from '../journeys/access.ts';
import { itemsOf } from '../journeys/faults.ts';
import { objectsIn, outputsOf } from '../journeys/stores.ts';
import { Visitor } from '../journeys/visitor.ts';
import { openWorld, type World } from '../journeys/world.ts';
import { startBrowser } from '../web/site.ts';

let world: World;
let browser: Browser;
let stop: () => Promise<void>;
let page: Page;
beforeAll(async () => {
  const [opened, started] = await Promise.all([openWorld(), startBrowser()]);
  world = opened;
  ({ browser, stop } = started);
  page = await browser.newPage();
  page.setDefaultTimeout(20_000);
});
afterAll(async () => {
  await stop?.();
  await world?.close();
});

/** All that a scan could have changed: records, links with their attempts, mails, objects. */
const heldNow = async () => {
  await world.quiet();
  const objects = await objectsIn(world, outputsOf(world).EvidenceBucket);
  return {
    items: (await itemsOf(world)).map((item) => JSON.stringify(item)).sort(),
    mails: (await world.mails()).map(({ id }) => id),
    objects: objects.map(({ place }) => place).sort(),
  };
};

/** The page that a link opens, in a browser that knows nothing else. */
const open = async (link: string): Promise<void> => {
  await page.context().clearCookies();
  await page.goto(link);
};

/** What the worst scanner does: runs scripts, presses every button, and sends every form past the browser's own checks. */
const scan = async (link: string): Promise<{ buttons: number; forms: number }> => {
  await open(link);
  const [buttons, forms] = [await page.locator('button').count(), await page.locator('form').count()];
  for (let n = 0; n < buttons; n += 1) {
    await open(link);
    // Past what hides it: a scanner clicks in the document, not on the screen.
    const button = page.locator('button').nth(n);
    const sends = await button.evaluate(
      (each) => each.form !== null && (each.form.noValidate || each.form.checkValidity()),
    );
    const click = button.evaluate((each) => each.click());
    await Promise.all([click, ...(sends ? [page.waitForEvent('load')] : [])]);
  }
  for (let n = 0; n < forms; n += 1) {
    await open(link);
    const sent = page.locator('form').nth(n);
    await Promise.all([page.waitForEvent('load'), sent.evaluate((form) => form.submit())]);
  }
  return { buttons, forms };
};

const inert = async (link: string): Promise<void> => {
  const before = await heldNow();
  const pressed = await scan(link);
  expect(await heldNow()).toEqual(before);
  expect(pressed.buttons).toBeGreaterThan(0);
  expect(pressed.forms).toBeGreaterThan(0);
};

const person = { name: 'Mette Kjærgaard', email: 'mette.kjaergaard@skovmail.example' };

test('T24: a scanner that runs scripts, clicks every button and sends every form of each mailed link changes and burns nothing', {
  timeout: 600_000,
}, async () => {
  const { reference } = await ask(world, person);
  await inert(linkIn(await world.mail(person.email, new RegExp(reference)), 'c'));
  await prove(world, person.email, reference);

  const receipt = await world.mail(person.email, /\/r\//);
  const { mail: proper, page: shown, visitor } = await openAsDpo(world, reference, 1);
  await inert(linkIn(proper, 'dpo'));
  const question = { action: 'ask', kind: 'clarification', question: 'Hvilken periode?', last4: last4(reference) };
  await decide(world, shown, visitor, question, { having: 'kind' });
  await inert(linkIn(receipt, 'r'));
  await new Visitor(world.site).get(linkIn(receipt, 'r'));
  const asked = new Visitor(world.site);
  await asked.submit(await asked.get(linkIn(receipt, 'r')), { action: 'answer', answer: 'Hele perioden' }, 'answer');

  await start(world, reference);
  await inert(linkIn(await world.mail('arkiv@nordlys.example', new RegExp(reference)), 'o'));
  await answerTask(world, reference, 'nothing');
  await inert(linkIn((await openAsDpo(world, reference, 3)).mail, 'dpo'));
  await approve(world, reference);
  await inert(linkIn(await world.mail(person.email, /\/d\//), 'd'));
  expect((await download(world, person.email, reference)).status).toBe(200);
});
