import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { darkWide, findings, wide } from './axe.ts';
import { serve, startBrowser } from './site.ts';
import { config, type Specimen, specimens } from './specimens.ts';

const languages = ['da', 'en'] as const;
const pages: Specimen[] = languages.flatMap((language) =>
  specimens(language).map(({ name, html }) => ({ name: `${name}.${language}`, html })),
);

/** Each language is seen in two looks, so that every page is seen in all four. 1,280 px at 400 % are 320 px (WCAG 1.4.10). */
const looks = [
  { language: 'da', pair: [wide, { colorScheme: 'dark', width: 320 }] },
  { language: 'en', pair: [darkWide, { colorScheme: 'light', width: 320 }] },
] as const;

let browser: Browser;
let site: Awaited<ReturnType<typeof serve>>;
let stop: () => Promise<void>;

beforeAll(async () => {
  [{ browser, stop }, site] = await Promise.all([startBrowser(), serve(pages, config.colour)]);
}, 60_000);

afterAll(async () => {
  await site.stop();
  await stop();
});

/** What the browser refused or could not load: a policy that a page breaks shows here. */
const complaintsOf = (tab: Page): string[] => {
  const complaints: string[] = [];
  tab.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
};

describe.each(looks)('in $language, light or dark, at 1280 and 320 px', ({ language, pair }) => {
  const title =
    'axe finds nothing on any page, none scrolls sideways, asks another origin for anything or is refused it';
  test(title, { timeout: 240_000 }, async () => {
    const context = await browser.newContext();
    const tab = await context.newPage();
    const complaints = complaintsOf(tab);
    const strangers: string[] = [];
    tab.on('request', (request) => {
      if (!request.url().startsWith(`${site.url}/`)) strangers.push(request.url());
    });
    const found: string[] = [];
    const sideways: string[] = [];
    for (const { name } of pages.filter(({ name: each }) => each.endsWith(language))) {
      await tab.goto(`${site.url}/${name}`);
      found.push(...(await findings(tab, pair)));
      // Words of any length break.
      if (await tab.evaluate('document.documentElement.scrollWidth > 320')) sideways.push(name);
    }
    await context.close();
    expect(found).toEqual([]);
    expect(sideways).toEqual([]);
    expect(complaints).toEqual([]);
    expect(strangers).toEqual([]);
  });
});

describe('without a script', () => {
  const open = async (width: number, more: object = {}) => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width, height: 640 }, ...more });
    return { context, tab: await context.newPage() };
  };

  test.each([1280, 390])(
    'once a code was sent, a page of %i px opens where it is typed, and its buttons stand apart',
    async (width) => {
      const { context, tab } = await open(width);
      for (const [name, id] of [
        ['staff-ask-code.da', 'ask-code'],
        ['review-who-asked.da', 'code'],
      ] as const) {
        await tab.goto(`${site.url}/${name}`);
        expect(await tab.locator(':focus').getAttribute('id')).toBe(id);
        expect(await tab.locator(':focus').evaluate((field) => field.getBoundingClientRect().top)).toBeLessThan(640);
        const [send, again] = await Promise.all(
          [0, 1].map((at) => tab.locator('form:has(:focus) button').nth(at).boundingBox()),
        );
        const beside = (again?.x ?? 0) - (send?.x ?? 0) - (send?.width ?? 0);
        const below = (again?.y ?? 0) - (send?.y ?? 0) - (send?.height ?? 0);
        expect(Math.max(beside, below)).toBeGreaterThanOrEqual(8);
      }
      // What is wrong is read first.
      await tab.goto(`${site.url}/review-who-sent.da`);
      expect(await tab.locator(':focus').getAttribute('class')).toBe('error-summary');
      await context.close();
    },
  );

  test('everything on the form is reached and used by the keyboard alone', async () => {
    const { context, tab } = await open(1280);
    await tab.goto(`${site.url}/form-who-empty.en`);
    await tab.keyboard.press('Tab');
    expect(await tab.locator(':focus').textContent()).toContain('Skip to the content');
    for (const _ of ['organisation', 'language', 'back']) await tab.keyboard.press('Tab');
    expect(await tab.locator(':focus').textContent()).toBe('Back');
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('ArrowDown');
    expect(await tab.locator('input[value=other]').isChecked()).toBe(true);
    await tab.keyboard.press('Tab');
    expect(await tab.locator(':focus').getAttribute('name')).toBe('otherName');
    await context.close();
  });

  test('what only one choice asks for is hidden until it is chosen', async () => {
    const { context, tab } = await open(1280);
    await tab.goto(`${site.url}/form-who-empty.da`);
    expect(await tab.locator('#otherName').isVisible()).toBe(false);
    await tab.getByText('En anden', { exact: true }).click();
    expect(await tab.locator('#otherName').isVisible()).toBe(true);
    await context.close();
  });

  test('the focus stands on the error summary when a form comes back', async () => {
    const { context, tab } = await open(1280);
    await tab.goto(`${site.url}/form-you-wrong.da`);
    expect(await tab.locator(':focus').getAttribute('class')).toBe('error-summary');
    await tab.locator('.error-summary a').first().click();
    expect(await tab.locator(':focus').getAttribute('id')).toBe('name');
    await context.close();
  });

  test('the honeypot is seen by nobody and reached by no key', async () => {
    const { context, tab } = await open(1280);
    await tab.goto(`${site.url}/form-check.da`);
    const box = await tab.locator('.trap').boundingBox();
    expect(Math.max(box?.width ?? 0, box?.height ?? 0)).toBeLessThanOrEqual(1);
    expect(await tab.locator('#website').getAttribute('tabindex')).toBe('-1');
    await context.close();
  });

  test('in forced colours a chosen answer and a button can still be told', async () => {
    const { context, tab } = await open(1280, { forcedColors: 'active' });
    await tab.goto(`${site.url}/form-who.da`);
    const border = (selector: string) =>
      tab.evaluate(`getComputedStyle(document.querySelector('${selector}')).borderTopStyle`);
    expect(await border('.button')).toBe('solid');
    expect(await border('.choice:has(:checked)')).toBe('solid');
    await context.close();
  });

  test('on paper the receipt keeps its number and drops what cannot be pressed', async () => {
    const { context, tab } = await open(1280);
    await tab.emulateMedia({ media: 'print' });
    await tab.goto(`${site.url}/sent.da`);
    expect(await tab.locator('.reference').first().isVisible()).toBe(true);
    expect(await tab.locator('.languages').isVisible()).toBe(false);
    await context.close();
  });
});

test('what a touch must hit is at least 24 px high and wide', { timeout: 60_000 }, async () => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const tab = await context.newPage();
  const small: string[] = [];
  for (const name of ['start.da', 'form-want.da', 'form-check.da', 'owner-open.da', 'staff-REVIEW.da']) {
    await tab.goto(`${site.url}/${name}`);
    for (const target of await tab
      .locator('button:not([aria-hidden]), summary, nav a, .back-link, .choice input, .summary-change a')
      .all()) {
      const box = await target.boundingBox();
      if (box && box.width > 0 && Math.min(box.width, box.height) < 24) {
        small.push(`${name}: ${await target.textContent()} ${box.width} x ${box.height}`);
      }
    }
  }
  await context.close();
  expect(small).toEqual([]);
});
