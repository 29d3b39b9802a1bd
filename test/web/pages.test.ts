import { describe, expect, test } from 'vitest';
import { brand } from '../../web/brand.ts';
import { letter } from '../../web/mail/letters.tsx';
import { sampleFacts } from '../../web/mail/preview.ts';
import { withheldPage } from '../../web/package/withheld-page.tsx';
import { errorPage } from '../../web/pages/error.tsx';
import { sentPage } from '../../web/pages/sent.tsx';
import { startPage } from '../../web/pages/start.tsx';
import { rules } from './html-rules.ts';
import { answerFacts } from './package-facts.ts';
import { config, specimens } from './specimens.ts';

const languages = ['da', 'en'] as const;
const both = languages.flatMap((language) => specimens(language).map((each) => ({ language, ...each })));

describe.each(languages)('every page in %s', (language) => {
  test('is valid HTML with every field labelled and every reference answered', async () => {
    const found = [];
    for (const { name, html } of specimens(language)) {
      const { results } = await rules.validateString(html, name);
      const messages = results.flatMap((result) => result.messages);
      found.push(...messages.map(({ ruleId, message, selector }) => `${name}: ${ruleId} ${message} ${selector}`));
    }
    expect(found).toEqual([]);
  });

  test('says its language, and names itself before the organisation in the title', () => {
    for (const { name, html } of specimens(language)) {
      expect(html, name).toMatch(new RegExp(`^<!doctype html>\\n<html lang="${language}">`));
      expect(html, name).toMatch(/<title>[^<]+ - Nordlys Handel A\/S<\/title>/);
      expect(html.match(/<h1>/g), name).toHaveLength(1);
    }
  });

  test('leaves no place of a text unfilled', () => {
    for (const { name, html } of specimens(language)) {
      expect(
        html.replaceAll(`$${'{filename}'}`, '').match(/\{\w+\}|undefined|\[object|NaN|Invalid Date/g),
        name,
      ).toBeNull();
    }
  });

  test('puts the word for an error first in the title when a form comes back, and only then', () => {
    const word = { da: 'Fejl: ', en: 'Error: ' }[language];
    for (const { name, html } of specimens(language)) {
      const wrong = html.includes('class="error-summary"');
      expect(html.includes(`<title>${word}`), name).toBe(wrong);
    }
    expect(specimens(language).filter(({ html }) => html.includes('error-summary')).length).toBeGreaterThan(8);
  });
});

test('an error on top leads to its field, and the field names its error', () => {
  const wrong = both.filter(({ html }) => html.includes('class="error-summary"'));
  for (const { name, html } of wrong) {
    const summary = html.slice(
      html.indexOf('class="error-summary"'),
      html.indexOf('</div>', html.indexOf('error-summary')),
    );
    const targets = [...summary.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(targets.length, name).toBeGreaterThan(0);
    for (const id of targets) {
      expect(html, `${name} ${id}`).toMatch(new RegExp(`<(input|textarea)[^>]* id="${id}"`));
      expect(html, `${name} ${id}`).toContain(`id="${id}-error"`);
      expect(html, `${name} ${id}`).toMatch(new RegExp(`aria-describedby="[^"]*\\b${id}-error"`));
    }
  }
});

test('pages carry no script, no inline style and no handler, and load nothing from elsewhere', () => {
  for (const { name, html } of both) {
    expect(html, name).not.toMatch(/<script|<style|<iframe|<img|\sstyle=|\son\w+=|http-equiv/i);
    const loaded = [...html.matchAll(/<link [^>]*href="([^"]+)"/g)].map(([, address]) => address);
    const own = loaded.filter((address) => address !== '/assets/overview.css');
    expect(own, name).toEqual(['/assets/icon.svg', '/assets/styles.css', '/assets/brand.css']);
  }
});

test('a first page weighs less than 60 kB with its styles', async () => {
  const { readFileSync } = await import('node:fs');
  const styles = readFileSync(new URL('../../web/styles.css', import.meta.url));
  expect(styles.length).toBeLessThan(20_480);
  const html = startPage({ language: 'da', config, path: '/' });
  expect(html.length + styles.length + brand(config.colour).length).toBeLessThan(60_000);
});

/** Every tag with the names of its attributes: what was typed must not add, end or change one. */
const tagsOf = (html: string): string[] =>
  [...html.matchAll(/<(?:!--|\/?[a-z]\w*)(?:\s+[^\s"'<>=]+(?:="[^"]*")?)*/gi)].map(([tag]) =>
    tag.replaceAll(/="[^"]*"/g, ''),
  );

const payloads = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'><svg onload=alert(1)>",
  '</textarea><script>alert(1)</script>',
  '</title><script>alert(1)</script>',
  '&lt;b&gt;<b>',
  '{{7*7}}<%= 7*7 %>',
  '<!--<script>',
];

test('T03, T09: the DPO is told of an address that several may read, or that looks like another', () => {
  const htmlOf = (name: string) => specimens('da').find((each) => each.name === name)?.html ?? '';
  expect(htmlOf('staff-address')).toContain('Det læses som p\u043Estkasse.example');
  expect(htmlOf('staff-address')).toContain('xn--');
  expect(htmlOf('staff-address')).toContain('Flere kan læse adressen');
  expect(htmlOf('staff-VERIFIED')).not.toMatch(/Flere kan læse adressen|ligner måske en andens/);
});

test('the DPO reads what they decide on with one of anything in the singular', () => {
  const shown = (language: 'da' | 'en') =>
    both.find((each) => each.language === language && each.name === 'staff-one')?.html;
  expect(shown('da')).toContain('Du afgør 1 række og 0 dokumenter med fingeraftrykket');
  expect(shown('en')).toContain('You decide on 1 row and 0 documents with the fingerprint');
});

test('a name of an error stands on no page: what failed is said in words, and only what nobody has foreseen is named', () => {
  for (const { name, html } of both) expect(html, name).not.toMatch(/SourceUnavailable|LimitReached|OwnerAsked/);
  const unforeseen = both.find(({ name }) => name === 'staff-stuck-unforeseen');
  expect(unforeseen?.html).toContain(
    'Der skete en uventet fejl. Giv dens navn videre til jeres it: <code>TypeError</code>',
  );
});

describe.each(payloads)('T34: what somebody typed stays text: %s', (payload) => {
  test.each(languages)('on every page in %s', (language) => {
    const plain = specimens(language);
    const hostile = specimens(language, () => payload);
    expect(hostile.map(({ name }) => name)).toEqual(plain.map(({ name }) => name));
    for (const [at, { name, html }] of hostile.entries()) {
      expect(tagsOf(html), name).toEqual(tagsOf(plain[at]?.html ?? ''));
    }
    const shown = hostile.filter(({ html }) => html.includes(escaped(payload)));
    expect(shown.length).toBeGreaterThan(30);
  });
});

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

test.each(['javascript:alert(1)', ' JaVaScRiPt:alert(1)', 'data:text/html,x', 'vbscript:x', '//evil.example'])(
  'T36: an address that could run a script never becomes a link: %s',
  (address) => {
    const organisation = { ...config.organisation, privacyNotice: address };
    const html = startPage({ language: 'da', config: { ...config, organisation }, path: '/' });
    expect(html).toContain('Sådan bruger vi personoplysninger');
    expect(html).not.toContain(`href="${address}`);
  },
);

test('whoever disagrees is given one address to write to, by their page, the mails and the answer', () => {
  const after = (text: string, heading: string) => text.slice(text.lastIndexOf(heading)).match(/[\w.]+@[\w.]+/)?.[0];
  const page = both.find(({ name, language }) => name === 'status-REFUSED' && language === 'da')?.html ?? '';
  expect(after(page, 'Er du utilfreds?')).toBe(config.dpo.email);
  expect(after(letter('answered', sampleFacts('answered', 'da')).text, 'Er du uenig?')).toBe(config.dpo.email);
  const facts = answerFacts('da');
  expect(after(withheldPage(facts), 'Er du uenig?')).toBe(facts.dpo.email);
});

test('links stay in the language of the page', () => {
  const html = startPage({ language: 'en', config, path: '/' });
  expect(html).toContain('href="/want?lang=en"');
  expect(html).toContain('href="/?lang=da"');
  expect(startPage({ language: 'da', config, path: '/' })).toContain('href="/want?lang=da"');
});

test('the receipt keeps its day in the other language', () => {
  const html = sentPage({ language: 'da', config, path: '/sent/K7F', reference: 'K7F', receivedOn: '2026-01-31' });
  expect(html).toContain('href="/sent/K7F?on=2026-01-31&amp;lang=en"');
  expect(html).toContain('lørdag den 28. februar 2026');
});

test('a site of one language offers no other', () => {
  const one = { ...config, languages: ['en'] as ('da' | 'en')[] };
  expect(startPage({ language: 'en', config: one, path: '/' })).not.toContain('hreflang');
});

test('an unknown status is explained as the nearest known one', () => {
  const at = (status: number) => errorPage({ language: 'en', config, path: '/', status });
  expect(at(418)).toContain('We did not understand');
  expect(at(502)).toContain('Something went wrong on our side');
});
