import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { AnswerFacts } from '../../web/package/answer.ts';
import { letter } from '../../web/package/letter.ts';
import { letterPdf } from '../../web/package/pdf.ts';
import { readme } from '../../web/package/readme.ts';
import { startPage } from '../../web/package/start-page.tsx';
import { letterFonts } from './letter-fonts.ts';
import { allWithheld, answerFacts } from './package-facts.ts';

const languages = ['da', 'en'] as const;
const folder = mkdtempSync(join(tmpdir(), 'privacy-letter-'));
const poppler = spawnSync('which', ['pdftotext']).status === 0;
if (!poppler) console.log('SKIPPED: pdftotext is not on this machine');

afterAll(() => rmSync(folder, { recursive: true }));

/** What the blocks of a letter say, a line each. */
const wordsOf = (facts: AnswerFacts): string =>
  letter(facts)
    .flatMap((block) => {
      if (block.kind === 'list' || block.kind === 'address') return block.items;
      if (block.kind === 'table') return block.rows.map(([name, texts]) => `${name} | ${texts.join(' | ')}`);
      return [block.text];
    })
    .join('\n');

const run = (tool: string, content: Buffer, ...args: string[]): string => {
  const file = join(folder, 'letter.pdf');
  writeFileSync(file, content);
  const { stdout, stderr } = spawnSync(tool, [...args, file, ...(tool === 'pdftotext' ? ['-'] : [])], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
};

const without = (facts: AnswerFacts, state: 'EMPTY' | 'FAILED'): AnswerFacts => ({
  ...facts,
  systems: facts.systems.map((each) => {
    const found = { rows: 0, documents: 0 };
    return { ...each, state, collections: [], files: [], found };
  }),
});

describe.each(languages)('the letter in %s', (language) => {
  const facts = answerFacts(language);

  test('is a PDF 1.7 with tags, language and a title that is shown', async () => {
    const text = (await letterPdf(facts, letterFonts)).toString('latin1');
    expect(text).toMatch(/^%PDF-1\.7\n.*%%EOF\s*$/s);
    expect(text).toMatch(/\/MarkInfo \d+ 0 R/);
    expect(text).toContain('/Marked true');
    expect(text).toMatch(/\/StructTreeRoot \d+ 0 R/);
    expect(text).toContain(`/Lang (${language})`);
    expect(text).toContain('/DisplayDocTitle true');
    for (const type of ['H1', 'H2', 'H3', 'P', 'L', 'LI', 'Table', 'TR', 'TH', 'TD']) {
      expect(text).toMatch(new RegExp(`/S /${type}\\b`));
    }
    const title = { da: 'Svar på din anmodning om indsigt', en: 'Answer to your request for access' }[language];
    const utf16 = Buffer.from(`\ufeff${title} - ${facts.reference}`, 'utf16le').swap16().toString('latin1');
    expect(text).toContain(language === 'da' ? `(${utf16})` : `(${title} - ${facts.reference})`);
  });

  test('is the same bytes when it is built twice', async () => {
    expect((await letterPdf(facts, letterFonts)).equals(await letterPdf(answerFacts(language), letterFonts))).toBe(
      true,
    );
  });

  test('tells of every system that holds data its purposes, kinds, recipients, retention, source and decisions', () => {
    const words = wordsOf(facts);
    const told = facts.systems.filter(({ state }) => state !== 'EMPTY');
    expect(told.length).toBe(4);
    for (const { system } of told) {
      const { purposes, legalBasis, recipients, retention, source } = system.art15;
      for (const text of [...purposes, legalBasis, retention, source]) expect(words).toContain(text[language]);
      for (const { name } of recipients) expect(words).toContain(name);
    }
    const head = { da: 'Automatiske afgørelser |', en: 'Automated decisions |' }[language];
    expect(words.split(head)).toHaveLength(told.length + 1);
    expect(words).toContain(facts.authority.name);
    expect(words).toContain(facts.authority.url);
    expect(words).toContain(facts.dpo.email);
  });

  test.skipIf(!poppler)('can be read, page by page, and by a machine that reads aloud', async () => {
    const content = await letterPdf(facts, letterFonts);
    const text = run('pdftotext', content, '-layout', '-enc', 'UTF-8').replaceAll(/\s+/g, ' ');
    for (const part of ['Søren Ærøskøbing', 'Havnegade 12, 8000 Aarhus C', 'Dorte Ågård', facts.reference]) {
      expect(text).toContain(part);
    }
    const structure = run('pdfinfo', content, '-struct-text');
    expect(structure).toMatch(/H1 \(block\)\n\s+"/);
    // What stands below each page is no part of what is read.
    expect(structure).not.toContain({ da: 'side 1 af', en: 'page 1 of' }[language]);
    expect(text).toContain({ da: 'side 1 af', en: 'page 1 of' }[language]);
    expect(run('pdfinfo', content)).toMatch(/Tagged: +yes/);
  });
});

describe('the letter tells', () => {
  test('whether data are processed: yes, no, or not known because something is missing', () => {
    const facts = answerFacts('en');
    expect(wordsOf(facts)).toContain('Nordlys Handel A/S processes data about you.');
    const none = wordsOf(without(facts, 'EMPTY'));
    expect(none).toContain('We found no data about you in our systems.');
    expect(none).not.toContain('About the data');
    const unknown = wordsOf(without(facts, 'FAILED'));
    expect(unknown).toContain('So we can not say that we hold none.');
    expect(unknown).not.toContain('processes data about you');
  });

  test('that data are processed, withheld and why, where all that was found was held back', () => {
    const facts = allWithheld(answerFacts('da'), 'others');
    const words = wordsOf(facts);
    expect(words).toContain('Nordlys Handel A/S behandler oplysninger om dig.');
    expect(words).toContain('Du får ikke en kopi af dem');
    expect(words).not.toContain('Vi fandt ingen oplysninger');
    expect(words).not.toContain('Du får en kopi');
    expect(words).toContain('Nyhedsbreve | Alt er udeladt: hensyn til andre');
    expect(words).toContain('Nyhedsbreve, Tilmeldinger: 4 poster er udeladt. Det handler også om andre mennesker');
    expect(words.split('Automatiske afgørelser |')).toHaveLength(2);
    const added = wordsOf({ ...facts, addedTo: { sentAt: '2026-11-24T09:22:00Z' } });
    expect(added).not.toContain('Der er ingen data om dig');
    expect(added).toContain('Du får ikke en kopi af dem');
  });

  test('that nothing was found where what was held back is not about the person', () => {
    const words = wordsOf(allWithheld(answerFacts('en'), 'not-personal'));
    expect(words).toContain('We found no data about you in our systems.');
    expect(words).toContain('Everything is left out: not about you');
    expect(words).not.toContain('About the data');
  });

  test('of a system all of whose rows were held back what its data are for, in a mixed answer', () => {
    const facts = answerFacts('da');
    const [crm] = facts.systems.filter(({ name }) => name === 'crm');
    const withheld = allWithheld(facts, 'trade-secret');
    const systems = withheld.systems.map((each) => (each.name === 'crm' && crm ? crm : each));
    const words = wordsOf({ ...withheld, systems });
    expect(words).toContain('Du får en kopi');
    expect(words).toContain('Nyhedsbreve | Alt er udeladt: forretningshemmelighed');
    expect(words.split('Automatiske afgørelser |')).toHaveLength(3);
  });

  test('where nothing was found, what is missing and why, near matches, and a refused right with its reason', () => {
    const words = wordsOf(answerFacts('da'));
    expect(words).toContain('Nyhedsbreve | Intet fundet');
    expect(words).toContain('Support: Vi kunne ikke hente data fra dette system.');
    expect(words).toContain('Support: 2 poster ligner dig, men passer ikke helt.');
    expect(words).toContain('Dataportabilitet: Ikke din aftale.');
    expect(wordsOf({ ...answerFacts('en'), leftOut: [] })).toContain('Nothing is left out.');
  });

  test('of portability, which folder it is in and what for, and not that it is answered on its own; the read-me and the start page too', () => {
    for (const [language, folder, for_] of [
      ['da', 'dataportabilitet', 'artikel 20'],
      ['en', 'portability', 'Article 20'],
    ] as const) {
      const asked = { ...answerFacts(language), rights: ['access', 'portability'], leftOut: [] } as const;
      const none = { ...asked, rights: ['access'] } as const;
      expect(wordsOf(asked)).not.toMatch(/på for sig|on its own/);
      for (const [told, untold] of [
        [wordsOf(asked), wordsOf(none)],
        [readme(asked), readme(none)],
        [startPage(asked), startPage(none)],
      ] as const) {
        expect(told).toMatch(new RegExp(`${folder}[^a-z]`));
        expect(told).toContain(for_);
        expect(untold).not.toContain(for_);
      }
    }
  });

  test('of other rights only that they are answered on their own', () => {
    const facts = { ...answerFacts('en'), rights: ['access', 'erasure'] } as const;
    expect(wordsOf(facts)).toContain('You also asked for erasure.');
    expect(wordsOf({ ...facts, rights: ['access'] })).not.toContain('You also asked for');
  });

  test.skipIf(!poppler)(
    'names in other alphabets, and of signs that no font has where they stand: never a question mark',
    async () => {
      const textOf = async (typed: (text: string) => string) =>
        run('pdftotext', await letterPdf(answerFacts('da', typed), letterFonts), '-enc', 'UTF-8').replaceAll(
          /\s+/g,
          ' ',
        );
      const some = await textOf((text) => `Łukasz Nguyễn Αθηνά Жанна 李小龍 मोहन A\u030Ase ${text}`);
      expect(some).toContain('Łukasz Nguyễn Αθηνά Жанна Åse Søren Ærøskøbing Hele navnet står i START-HER.html');
      // In a text what is missing is marked, and the end of the letter says where it stands.
      expect(some).toContain('Жанна […] Åse Ikke din aftale.');
      expect(some).toContain('[…] står i stedet for skrifttegn');
      const none = await textOf(() => 'محمد علي');
      expect(none).toContain('Navnet står i START-HER.html');
      for (const text of [some, none]) expect(text.replaceAll('Er noget forkert?', '')).not.toContain('?');
      expect(await textOf((text) => text)).not.toContain('[…]');
    },
  );

  test.skipIf(!poppler)('who it is to, and nothing else, in the window of an envelope', async () => {
    const boxes = run('pdftotext', await letterPdf(answerFacts('da'), letterFonts), '-bbox', '-l', '1');
    const box = /<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)/g;
    const words = [...boxes.matchAll(box)].map(([, ...at]) => ({ at: at.slice(0, 4).map(Number), word: at[4] }));
    const millimetres = ([left = 0, top = 0, right = 0, bottom = 0]: number[]) =>
      [left, top, right, bottom].map((point) => (point * 25.4) / 72) as [number, number, number, number];
    const inWindow = words.filter(({ at }) => {
      const [, top, , bottom] = millimetres(at);
      return bottom > 45 && top < 90;
    });
    expect(inWindow.map(({ word }) => word)).toEqual(['Søren', 'Ærøskøbing', 'soren@example.org']);
    for (const { at } of inWindow) {
      const [left, top, right, bottom] = millimetres(at);
      expect(left >= 20 && right <= 105 && top >= 45 && bottom <= 90).toBe(true);
    }
  });

  test.skipIf(!poppler)('every word of a text that is longer than a page, in order', async () => {
    const reason = Array.from({ length: 1500 }, (_, at) => `ord${at}`).join(' ');
    const facts = { ...answerFacts('da'), leftOut: [{ kind: 'right', right: 'erasure', reason } as const] };
    const [first, ...others] = facts.systems;
    if (!first) throw new Error('no system is in the facts');
    const art15 = { ...first.system.art15, retention: { da: reason, en: reason } };
    const long = { ...facts, systems: [{ ...first, system: { ...first.system, art15 } }, ...others] };
    const text = run('pdftotext', await letterPdf(long, letterFonts), '-layout', '-enc', 'UTF-8');
    const words = text.match(/\bord\d+\b/g) ?? [];
    expect(words.join(' ')).toBe(`${reason} ${reason}`);
  });
});
