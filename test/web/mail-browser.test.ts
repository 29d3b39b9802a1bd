import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { previews } from '../../web/mail/preview.ts';
import { darkNarrow, findings, wcag, wide } from './axe.ts';
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
describe.each([
  { language: 'da', look: wide },
  { language: 'en', look: darkNarrow },
] as const)('mails in $look.colorScheme at $look.width px', ({ language, look }) => {
  test('have nothing for axe to find, load nothing, and fit a narrow screen', { timeout: 120_000 }, async () => {
    const context = await browser.newContext();
    const tab = await context.newPage();
    const requests: string[] = [];
    tab.on('request', (request) => requests.push(request.url()));
    const mails = previews().filter((each) => each.language === language);
    for (const { name, html } of mails) {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, html);
      await tab.goto(pathToFileURL(file).href);
      expect(await findings(tab, [look], wcag)).toEqual([]);
      expect(await tab.evaluate('document.documentElement.scrollWidth'), name).toBeLessThanOrEqual(look.width);
    }
    await context.close();
    expect(requests.every((url) => url.startsWith('file:'))).toBe(true);
    expect(requests).toHaveLength(mails.length);
  });
});
