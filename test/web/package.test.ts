import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { HtmlValidate } from 'html-validate';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AnswerFacts } from '../../web/package/answer.ts';
import { readme, startPage } from '../../web/package/start-page.tsx';
import { answerFacts } from './package-facts.ts';
import { startBrowser } from './site.ts';

const languages = ['da', 'en'] as const;
const folder = mkdtempSync(join(tmpdir(), 'privacy-answer-'));
const payloads = [
  '<script>document.title="run"</script>',
  '"><img src=x onerror="document.title=\'run\'">',
  '</style></main><iframe src="https://outside.example/"></iframe>',
  '<a href="javascript:document.title=\'run\'">x</a>',
  '{{7*7}}',
  'nul\0 bell\u0007 half\ud800 turn\u202Etxt',
];

let browser: Browser;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ browser, stop } = await startBrowser());
}, 60_000);

afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

const rules = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
  root: true,
  rules: {
    'void-style': 'off',
    'doctype-style': ['error', { style: 'lowercase' }],
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
  },
});

const messagesOf = async (html: string): Promise<string[]> => {
  const { results } = await rules.validateString(html, 'start.html');
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
};

const open = async (name: string, html: string, options: BrowserContextOptions = {}) => {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const requests: string[] = [];
  tab.on('request', (request) => requests.push(request.url()));
  const complaints: string[] = [];
  tab.on('console', (message) => complaints.push(message.text()));
  await tab.goto(pathToFileURL(file).href);
  return { tab, context, requests, complaints };
};

describe.each(languages)("the answer's start page in %s", (language) => {
  const facts = answerFacts(language);
  const html = startPage(facts);

  test('is valid HTML, also with hostile values', async () => {
    expect(await messagesOf(html)).toEqual([]);
    for (const payload of payloads)
      expect(await messagesOf(startPage(answerFacts(language, () => payload)))).toEqual([]);
  });

  test('is the same bytes when it is built twice', () => {
    expect(startPage(answerFacts(language))).toBe(html);
    expect(readme(facts)).toBe(readme(answerFacts(language)));
  });

  test('opens from a folder and asks for nothing else', async () => {
    const { tab, context, requests, complaints } = await open(`plain.${language}`, html, { javaScriptEnabled: false });
    expect(requests).toEqual([tab.url()]);
    expect(complaints).toEqual([]);
    expect(await tab.getByRole('heading', { level: 1 }).innerText()).toContain('Nordlys Handel A/S');
    await context.close();
  });

  test.each(payloads)('shows the hostile value %j as text, runs nothing and loads nothing', async (payload) => {
    const page = startPage(answerFacts(language, () => payload));
    const { tab, context, requests } = await open(`hostile.${language}`, page);
    expect(requests).toEqual([tab.url()]);
    expect(await tab.title()).not.toContain('run');
    expect(await tab.locator('script, img, iframe, [onerror], a[href^="javascript"]').count()).toBe(0);
    const shown = payload.toWellFormed().replaceAll('\0', '\ufffd').replaceAll('\u0007', '\ufffd');
    expect(await tab.locator('main').innerText()).toContain(shown);
    await context.close();
  });

  test.each([
    { colorScheme: 'light', width: 1280 },
    { colorScheme: 'dark', width: 390 },
    { colorScheme: 'light', width: 390 },
    { colorScheme: 'dark', width: 1280 },
    { colorScheme: 'light', width: 390, forcedColors: 'active' },
  ] as const)('has nothing for axe to find: %j', async ({ width, ...look }) => {
    const options = { ...look, viewport: { width, height: 900 } };
    const { tab, context } = await open(`axe.${language}`, html, options);
    const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await new AxeBuilder({ page: tab }).withTags(standards).analyze();
    expect(violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target).join(' ')}`)).toEqual([]);
    await context.close();
  });

  test('does not scroll sideways at 320 px, whatever a value holds', async () => {
    const page = startPage(answerFacts(language, () => 'x'.repeat(400)));
    const { tab, context } = await open(`narrow.${language}`, page, { viewport: { width: 320, height: 800 } });
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(320);
    await context.close();
  });

  test('links to every file of the answer by a path beside it, and to nothing else but the authority', () => {
    const paths = facts.systems.flatMap(({ collections, files }) => [
      ...collections.flatMap(({ json, csv }) => [json, csv]),
      ...files.map(({ path }) => path),
    ]);
    const links = [...html.matchAll(/href="([^"]*)"/g)].map(([, address = '']) => address);
    for (const path of paths) expect(links).toContain(`./${path}`);
    const outside = links.filter((link) => !/^(\.\/|#|mailto:)/.test(link));
    expect(outside).toEqual([facts.authority.url]);
  });
});

const textOf = async (facts: AnswerFacts): Promise<string> => {
  const { tab, context } = await open('text', startPage(facts));
  const text = await tab.locator('main').innerText();
  await context.close();
  return text;
};

describe('the start page tells', () => {
  test('what a code means, a date in words, and a list as a list', async () => {
    const text = await textOf(answerFacts('da'));
    for (const part of ['P (Privatkunde)', '4. marts 1979', '30. november 2019 kl. 08.15', 'Lampe', 'Vej og nummer']) {
      expect(text).toContain(part);
    }
  });

  test('of every system its purposes, legal basis, kinds, recipients, transfers, retention, source and decisions', async () => {
    const facts = answerFacts('en');
    const text = await textOf(facts);
    for (const { system } of facts.systems) {
      const { purposes, legalBasis, recipients, retention, source } = system.art15;
      for (const { en } of [...purposes, legalBasis, retention, source]) expect(text).toContain(en);
      for (const { name } of recipients) expect(text).toContain(name);
    }
    expect(text.match(/Automated decisions/g)).toHaveLength(facts.systems.length);
    expect(text).toContain('contact details');
  });

  test('failed, partial and empty apart: what is missing is never shown as nothing', async () => {
    const text = await textOf(answerFacts('da'));
    expect(text).toContain('Noget mangler fra: Support og Webshop.');
    expect(text).toContain('Systemet svarede ikke.');
    expect(text).toContain('Det betyder ikke, at der ingen data er.');
    expect(text).toContain('Vi har søgt i dette system og fandt ingen data om dig.');
    expect(text).not.toContain('Vi fandt ingen data om dig');
  });

  test('how many rows there are when it shows only the first', async () => {
    expect(await textOf(answerFacts('da'))).toContain('De første 1 af 1.200 vises her. Alle står i filerne.');
  });

  test('an honest nothing when nothing was found', async () => {
    const facts = answerFacts('da');
    const empty = facts.systems.map((each) => ({ ...each, state: 'EMPTY' as const, collections: [], files: [] }));
    const text = await textOf({ ...facts, systems: empty });
    expect(text).toContain('Vi fandt ingen data om dig');
    expect(text).not.toContain('Svaret er ikke fuldstændigt');
  });

  test('fields that the data map does not describe, under their own names', async () => {
    const facts = answerFacts('da', (text) => text);
    const [, crm] = facts.systems;
    const [first, ...others] = crm?.collections ?? [];
    if (!crm || !first) throw new Error('the customer register is not in the facts');
    const sample = [{ ...first.sample[0], shoe_size: 43 }];
    const systems = [{ ...crm, collections: [{ ...first, sample }, ...others] }];
    expect(await textOf({ ...facts, systems })).toMatch(/shoe_size\s+43/);
  });

  test('in five lines of the read-me file what to open', () => {
    for (const language of languages) {
      const lines = readme(answerFacts(language)).split('\n');
      expect(lines).toHaveLength(6);
      expect(lines[1]).toContain({ da: 'START-HER.html', en: 'START-HERE.html' }[language]);
    }
  });
});
