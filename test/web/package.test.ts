import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HtmlValidate } from 'html-validate';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layout } from '../../domain/answer-layout.ts';
import type { AnswerFacts } from '../../web/package/answer.ts';
import { portabilityReadme, readme } from '../../web/package/readme.ts';
import { startPage } from '../../web/package/start-page.tsx';
import { systemPage } from '../../web/package/system-page.tsx';
import { withheldPage } from '../../web/package/withheld-page.tsx';
import { darkNarrow, darkWide, findings, narrow, wide } from './axe.ts';
import { allWithheld, answerFacts } from './package-facts.ts';
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
    'attribute-empty-style': 'off',
    'doctype-style': ['error', { style: 'lowercase' }],
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
  },
});

const messagesOf = async (html: string): Promise<string[]> => {
  const { results } = await rules.validateString(html, 'start.html');
  return results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
};

/** Puts an answer's pages in a folder of their own as the ZIP would, and answers where each lies. */
const unpack = (facts: AnswerFacts): { root: string; pages: Readonly<Record<string, string>> } => {
  const root = mkdtempSync(join(folder, 'answer-'));
  const names = layout(facts.language);
  const pages = {
    [names.start]: startPage(facts),
    [names.withheld]: withheldPage(facts),
    ...Object.fromEntries(facts.systems.map((each) => [each.page, systemPage(facts, each)])),
  };
  for (const [path, html] of Object.entries(pages)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), html);
  }
  return { root, pages };
};

const open = async (file: string, options: BrowserContextOptions = {}) => {
  const context = await browser.newContext(options);
  const tab = await context.newPage();
  const requests: string[] = [];
  tab.on('request', (request) => requests.push(request.url()));
  const complaints: string[] = [];
  tab.on('console', (message) => complaints.push(message.text()));
  await tab.goto(pathToFileURL(file).href);
  return { tab, context, requests, complaints };
};

describe.each(languages)("the answer's pages in %s", (language) => {
  const facts = answerFacts(language);
  const { root, pages } = unpack(facts);
  const start = layout(language).start;
  const paths = Object.keys(pages);

  test('are valid HTML, also with hostile values', async () => {
    for (const html of Object.values(pages)) expect(await messagesOf(html)).toEqual([]);
    for (const payload of payloads) {
      const hostile = unpack(answerFacts(language, () => payload));
      for (const html of Object.values(hostile.pages)) expect(await messagesOf(html)).toEqual([]);
    }
  });

  test('are the same bytes when they are built twice', () => {
    expect(unpack(answerFacts(language)).pages).toEqual(pages);
    expect(readme(facts)).toBe(readme(answerFacts(language)));
  });

  test.each(paths)('%s opens from a folder without a script and asks for nothing else', async (path) => {
    const { tab, context, requests, complaints } = await open(join(root, path), { javaScriptEnabled: false });
    expect(requests).toEqual([tab.url()]);
    expect(complaints).toEqual([]);
    expect(await tab.getByRole('heading', { level: 1 }).count()).toBe(1);
    expect(await tab.getByRole('searchbox').count()).toBe(0);
    await context.close();
  });

  test.each(payloads)('T37: show the hostile value %j as text, run nothing and load nothing', async (payload) => {
    const hostile = unpack(answerFacts(language, () => payload));
    const shown = payload.toWellFormed().replaceAll('\0', '\ufffd').replaceAll('\u0007', '\ufffd');
    for (const path of [start, `${layout(language).systems}/02-crm/index.html`]) {
      const { tab, context, requests } = await open(join(hostile.root, path));
      expect(requests).toEqual([tab.url()]);
      expect(await tab.title()).not.toContain('run');
      expect(await tab.locator('img, iframe, [onerror], a[href^="javascript"]').count()).toBe(0);
      // One script is the page's own.
      expect(await tab.locator('script').count()).toBe(1);
      expect(await tab.locator('main').innerText()).toContain(shown);
      await context.close();
    }
  });

  test('have nothing for axe to find: light, dark, wide, narrow and in forced colours', async () => {
    const forced = { ...narrow, forcedColors: 'active' } as const;
    for (const path of paths) {
      const { tab, context } = await open(join(root, path));
      expect(await findings(tab, [wide, darkWide, narrow, darkNarrow, forced])).toEqual([]);
      await context.close();
    }
  });

  test('do not scroll sideways at 320 px, whatever a value holds', async () => {
    const long = unpack(answerFacts(language, () => 'x'.repeat(400)));
    for (const path of paths) {
      const { tab, context } = await open(join(long.root, path), { viewport: { width: 320, height: 800 } });
      expect(await tab.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(320);
      await context.close();
    }
  });

  test('lead to every file of the answer by a path beside them, and to nothing else but the authority', () => {
    const files = facts.systems.flatMap(({ page, collections, files: given }) => [
      page,
      ...collections.flatMap(({ json, csv, documents }) => [json, csv, ...documents.map(({ path }) => path)]),
      ...given.map(({ path }) => path),
    ]);
    const reached = new Set<string>();
    for (const [path, html] of Object.entries(pages)) {
      for (const [, address = ''] of html.matchAll(/href="([^"]*)"/g)) {
        if (/^\.\.?\//.test(address)) reached.add(posix.join(posix.dirname(path), decodeURI(address)));
        else if (!address.startsWith('mailto:')) expect(address).toBe(facts.authority.url);
      }
    }
    for (const path of files.filter((each) => each !== undefined)) expect([...reached]).toContain(path);
    for (const path of [layout(language).withheld, layout(language).letter]) expect([...reached]).toContain(path);
  });

  test('find the words typed, in any order, and say how many parts hold them', async () => {
    const { tab, context, complaints } = await open(join(root, start));
    await tab.getByRole('searchbox').fill('lampe pære');
    const rows = tab.locator('tbody tr:visible');
    expect(await rows.count()).toBe(1);
    expect(await rows.first().innerText()).toContain('Web');
    expect(await tab.getByRole('status').innerText()).toMatch(/^1 /);
    await rows.first().getByRole('link').click();
    await tab.getByRole('searchbox').fill('nothing has this');
    expect(await tab.locator('[data-find]:visible').count()).toBe(0);
    await tab.getByRole('searchbox').fill('');
    expect(await tab.locator('[data-find][hidden]').count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

/** What a reader finds on the pages together. */
const textOf = async (facts: AnswerFacts): Promise<string> => {
  const { root, pages } = unpack(facts);
  const texts: string[] = [];
  for (const path of Object.keys(pages)) {
    const { tab, context } = await open(join(root, path));
    texts.push(await tab.locator('main').innerText());
    await context.close();
  }
  return texts.join('\n');
};

describe('the pages tell', () => {
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
    const nothing = { state: 'EMPTY' as const, collections: [], files: [], found: { rows: 0, documents: 0 } };
    const empty = facts.systems.map((each) => ({ ...each, ...nothing }));
    const text = await textOf({ ...facts, systems: empty });
    expect(text).toContain('Vi fandt ingen data om dig');
    expect(text).not.toContain('Svaret er ikke fuldstændigt');
  });

  test('that there are data, and why they are withheld, where all of them were held back', async () => {
    const text = await textOf(allWithheld(answerFacts('da'), 'others'));
    expect(text).not.toContain('Vi fandt ingen data om dig');
    expect(text).not.toMatch(/0 poster|Intet fundet\./);
    expect(text).toContain('Vi har data om dig, men du får dem ikke');
    expect(text).toMatch(/Nyhedsbreve\s+Alt er udeladt: hensyn til andre/);
    expect(text).toContain('4 poster er udeladt. Det handler også om andre mennesker');
  });

  test('fields that the data map does not describe, under their own names', async () => {
    const facts = answerFacts('da', (text) => text);
    const [, crm] = facts.systems;
    const [first, ...others] = crm?.collections ?? [];
    if (!crm || !first) throw new Error('the customer register is not in the facts');
    const sample = [{ ...first.sample[0], shoe_size: 43 }];
    const systems = [{ ...crm, collections: [{ ...first, sample }, ...others] }];
    expect(await textOf({ ...facts, systems, leftOut: [] })).toMatch(/shoe_size\s+43/);
  });

  test('what is left out and why, and where nothing was found', async () => {
    const text = await textOf(answerFacts('da'));
    expect(text).toContain('2 poster ligner dig, men passer ikke helt.');
    expect(text).toMatch(/Dataportabilitet\s+Ikke din aftale\./i);
    expect(text).toMatch(/fandt ingen data om dig:\s+Nyhedsbrev/);
    const none = withheldPage({ ...answerFacts('en'), leftOut: [] });
    expect(none).toContain('Nothing is left out.');
  });

  test('a document that is held back in the part for portability too, where its row told what the person provided', () => {
    const facts = answerFacts('da');
    const systems = facts.systems.map((each) => {
      const collections = Object.entries(each.system.collections).map(([name, of]) => [
        name,
        { ...of, provided: true },
      ]);
      return { ...each, system: { ...each.system, collections: Object.fromEntries(collections) } };
    });
    const { name: system = '', collections: [first] = [] } = systems.find((each) => each.collections.length > 0) ?? {};
    const held = {
      kind: 'held',
      system,
      collection: first?.name ?? '',
      what: 'documents',
      count: 1,
      ground: 'others',
    } as const;
    expect(portabilityReadme({ ...facts, systems, leftOut: [held] }, true)).toContain('1 dokument er udeladt.');
  });

  test('64-bit numbers exactly', async () => {
    const facts = answerFacts('da', (text) => text);
    const [, crm] = facts.systems;
    const [first] = crm?.collections ?? [];
    if (!crm || !first) throw new Error('the customer register is not in the facts');
    const systems = [{ ...crm, collections: [{ ...first, sample: [{ id: 9007199254740993n }] }] }];
    expect(await textOf({ ...facts, systems, leftOut: [] })).toContain('9007199254740993');
  });

  test('in five lines of the read-me file what to open', () => {
    for (const language of languages) {
      const lines = readme(answerFacts(language)).split('\n');
      expect(lines).toHaveLength(6);
      expect(lines[1]).toContain({ da: 'START-HER.html', en: 'START-HERE.html' }[language]);
    }
  });
});
