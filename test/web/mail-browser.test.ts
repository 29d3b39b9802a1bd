import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { previews } from '../../web/mail/preview.ts';
import { startBrowser } from './site.ts';

const folder = mkdtempSync(join(tmpdir(), 'privacy-mails-'));
let browser: Browser;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ browser, stop } = await startBrowser());
}, 60_000);

afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

// Best practices of whole pages (landmarks) do not fit a mail, which is shown inside somebody else's page.
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

describe.each([
  { language: 'da', colorScheme: 'light', width: 1280 },
  { language: 'en', colorScheme: 'dark', width: 390 },
] as const)('mails in $colorScheme at $width px', ({ language, colorScheme, width }) => {
  test('have nothing for axe to find, load nothing, and fit a narrow screen', { timeout: 120_000 }, async () => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const tab = await context.newPage();
    const requests: string[] = [];
    tab.on('request', (request) => requests.push(request.url()));
    const mails = previews().filter((each) => each.language === language);
    for (const { name, html } of mails) {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, html);
      await tab.goto(pathToFileURL(file).href);
      const { violations } = await new AxeBuilder({ page: tab }).withTags(standards).analyze();
      expect(
        violations.map(({ id, nodes }) => `${name}: ${id} ${nodes.map(({ target }) => target).join(' ')}`),
      ).toEqual([]);
      expect(await tab.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(width);
    }
    await context.close();
    expect(requests.every((url) => url.startsWith('file:'))).toBe(true);
    expect(requests).toHaveLength(mails.length);
  });
});
