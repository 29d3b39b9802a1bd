import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { peopleToTry } from '../../demo/people.ts';
import { holdings } from '../../demo/seed.ts';
import { dpo, last4, linkIn, undoTime } from '../journeys/access.ts';
import { type Mail, openWorld, type World } from '../journeys/world.ts';
import { recordsOf, unzip } from '../journeys/zip.ts';
import { darkNarrow, darkWide, findings, narrow, wide } from '../web/axe.ts';
import { rules } from '../web/html-rules.ts';
import { startBrowser } from '../web/site.ts';

let world: World;
let browser: Browser;
let stop: () => Promise<void>;
beforeAll(async () => {
  const [opened, started] = await Promise.all([openWorld(), startBrowser()]);
  world = opened;
  ({ browser, stop } = started);
});
afterAll(async () => {
  await stop?.();
  await world?.close();
});

/** Every page that a journey shows is looked at by axe and html-validate, and may speak with nobody else. */
interface Watched {
  readonly context: BrowserContext;
  readonly strangers: string[];
  readonly console: string[];
  open(url: string): Promise<Page>;
}

/** The preview is the person's own page, whose script must not run here. */
const inPreview = /^Blocked script execution in '[^']+\/preview\/[^']+' because the document's frame is sandboxed/;

const watched = async (javaScriptEnabled: boolean): Promise<Watched> => {
  const context = await browser.newContext({ javaScriptEnabled, locale: 'da-DK', acceptDownloads: true });
  context.setDefaultTimeout(8_000);
  const strangers: string[] = [];
  const lines: string[] = [];
  const ours = [new URL(world.site).origin, new URL(world.aws).origin];
  context.on('request', (request) => {
    if (!ours.includes(new URL(request.url()).origin)) strangers.push(request.url());
  });
  context.on('console', (message) => {
    if (message.type() === 'error' && !inPreview.test(message.text())) lines.push(message.text());
  });
  return {
    context,
    strangers,
    console: lines,
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
  };
};

const inspect = async (page: Page, javaScript: boolean): Promise<void> => {
  const report = await rules.validateString((await page.content()).replace('<!DOCTYPE html>', '<!doctype html>\n'));
  expect(
    report.results.flatMap(({ messages }) =>
      messages.map(({ ruleId, message }) => `${page.url()} ${ruleId}: ${message}`),
    ),
  ).toEqual([]);
  if (javaScript) expect(await findings(page, [narrow, wide, darkNarrow, darkWide])).toEqual([]);
};

const send = async (page: Page, name: RegExp): Promise<void> => {
  await Promise.all([page.waitForLoadState('domcontentloaded'), page.getByRole('button', { name }).first().click()]);
  await page.waitForLoadState('load');
};

const newest = async (to: string, reference: string, after: number): Promise<Mail> => {
  for (let left = 600; left > 0; left -= 1) {
    const found = (await world.mails()).filter((mail) => mail.to.includes(to) && mail.text.includes(reference));
    if (found.length > after) return found.at(-1) as Mail;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`no mail number ${after + 1} to ${to} about ${reference}`);
};

describe.each([
  { javaScript: false, email: peopleToTry.everywhere, name: 'Mette Kjærgaard' },
  { javaScript: true, email: peopleToTry.nearlyTheSame, name: 'Jens Hansen' },
])('the whole journey in a browser, JavaScript $javaScript', ({ javaScript, email, name }) => {
  test('form, mail, code, start, task, decision, download, and the ZIP holds what the systems hold', async () => {
    const person = await watched(javaScript);
    const page = await person.open(world.site);
    await inspect(page, javaScript);
    await page.getByRole('link', { name: /start/i }).first().click();
    await inspect(page, javaScript);
    await page.locator('input[name=rights][value=access]').check();
    await send(page, /fortsæt/i);
    await inspect(page, javaScript);
    await page.locator('input[name=who][value=me]').check();
    await send(page, /fortsæt/i);
    await inspect(page, javaScript);
    await page.locator('input[name=name]').fill(name);
    await page.locator('input[name=email]').fill(email);
    await send(page, /fortsæt/i);
    await inspect(page, javaScript);
    await send(page, /fortsæt/i);
    await inspect(page, javaScript);
    await page.locator('input[name=language][value=da]').check();
    await send(page, /fortsæt/i);
    await inspect(page, javaScript);
    await world.advance('PT10S');
    await send(page, /send/i);
    await inspect(page, javaScript);
    const reference = /[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}/.exec(page.url())?.[0] as string;
    expect(reference).toBeDefined();

    const confirm = await newest(email, reference, 0);
    await page.goto(linkIn(confirm, 'c'));
    expect(page.url()).not.toMatch(/[\w-]{43}/);
    await inspect(page, javaScript);
    const code = /^ *([2-9B-DF-HJKMNP-TV-Z]{3}[ -]?[2-9B-DF-HJKMNP-TV-Z]{3}) *$/m.exec(confirm.text)?.[1] as string;
    await page.locator('input[name=code]').fill(code);
    await send(page, /bekræft/i);
    await inspect(page, javaScript);

    const staff = await watched(javaScript);
    const office = await staff.open(linkIn(await newest(dpo, reference, 0), 'dpo'));
    await inspect(office, javaScript);
    const starting = office.locator('form', { has: office.locator('[value=start]') });
    await starting.locator('input[name=last4]').fill(last4(reference));
    await starting.locator('button').click();
    await office.waitForLoadState('load');
    await inspect(office, javaScript);

    const owner = await watched(javaScript);
    const task = await owner.open(linkIn(await newest('arkiv@nordlys.example', reference, 0), 'o'));
    await inspect(task, javaScript);
    await task.locator('input[name=answer][value=found]').check();
    await task.locator('textarea[name=text]').fill('Én mappe med en kontrakt fra 2009.');
    await task.locator('button[value=files]').click();
    await task.waitForLoadState('load');
    await inspect(task, javaScript);
    await task
      .locator('input[type=file]')
      .setInputFiles({ name: 'mappe 3.txt', mimeType: 'text/plain', buffer: Buffer.from('Kasse 12') });
    await task
      .locator('form', { has: task.locator('input[type=file]') })
      .locator('button')
      .click();
    await task.waitForLoadState('load');
    await inspect(task, javaScript);
    await task.locator('.back-link').click();
    await task.waitForLoadState('load');
    await task
      .locator('form', { has: task.locator('textarea[name=text]') })
      .locator('input[name=last4]')
      .fill(last4(reference));
    await task
      .locator('form', { has: task.locator('textarea[name=text]') })
      .locator('button')
      .last()
      .click();
    await task.waitForLoadState('load');
    await inspect(task, javaScript);

    await office.goto(linkIn(await newest(dpo, reference, 1), 'dpo'));
    await inspect(office, javaScript);
    const mails = (await world.mails()).length;
    await office.goto(`${world.site}/dpo/request/${reference}/data/crm/customers`);
    await office.locator('input[name=last4]').fill(last4(reference));
    await office.locator('[value=code-open]').click();
    await office.waitForLoadState('load');
    await inspect(office, javaScript);
    const decidersMail = await world.mail(dpo, /kode til at afgøre/, mails);
    await office.locator('input[name=code]').fill(/\b(\d{4}[ -]?\d{4})\b/.exec(decidersMail.text)?.[1] as string);
    await office.locator('[value=open]').click();
    await office.waitForLoadState('load');
    await office
      .getByRole('link', { name: /post 1|række 1/i })
      .first()
      .click();
    await office.waitForLoadState('load');
    expect(await office.locator('main').innerText()).toContain(email);
    // From one page of the preview to the next the browser is still known.
    await office.goto(`${world.site}/dpo/request/${reference}/preview/START-HER.html`);
    await office.locator('a[href*="02-crm"]').first().click();
    await office.waitForLoadState('load');
    expect(office.url()).toContain('02-crm');
    expect(await office.content()).not.toContain('code-open');
    await office.goto(`${world.site}/dpo/request/${reference}`);
    await office.locator('input[name=outcome-access][value=approve]').check();
    for (const box of await office.locator('input[name=looked]').all()) await box.check();
    const deciding = office.locator('form', { has: office.locator('[value=decide]') });
    await deciding.locator('input[name=last4]').fill(last4(reference));
    await deciding.locator('[value=decide]').click();
    await office.waitForLoadState('load');
    await inspect(office, javaScript);

    await world.advance(undoTime);
    const ready = await newest(email, reference, 2);
    await page.goto(linkIn(ready, 'd'));
    await inspect(page, javaScript);
    const before = (await world.mails()).length;
    await page.locator('input[name=last4]').fill(last4(reference));
    await page.locator('button[value=send-code]').click();
    await page.waitForLoadState('load');
    await inspect(page, javaScript);
    const mail = await world.mail(email, /\b\d{4}[ -]?\d{4}\b/, before);
    await page.locator('input[name=code]').fill(/\b(\d{4}[ -]?\d{4})\b/.exec(mail.text)?.[1] as string);
    const form = page.locator('form', { has: page.locator('input[name=code]') });
    const [file] = await Promise.all([page.waitForEvent('download'), form.locator('button').last().click()]);
    const parts: Buffer[] = [];
    for await (const part of await file.createReadStream()) parts.push(part as Buffer);
    const entries = await unzip(Buffer.concat(parts));

    const held = holdings(email);
    const ids = (rows: readonly object[], key: string) =>
      rows.map((row) => String((row as Record<string, unknown>)[key])).sort();
    expect(ids(recordsOf(entries, 'crm', 'customers'), 'id')).toEqual(ids(held.customers, 'id'));
    expect(ids(recordsOf(entries, 'webshop', 'orders'), 'orderId')).toEqual(ids(held.orders, 'orderId'));
    const archive = [...entries.keys()].filter((path) => path.includes('-archive/') && !path.endsWith('/index.html'));
    expect(archive).toHaveLength(2);

    for (const each of [person, staff, owner]) {
      expect(each.strangers).toEqual([]);
      expect(each.console).toEqual([]);
      await each.context.close();
    }
    // Every page is looked at in four ways.
  }, 300_000);
});
