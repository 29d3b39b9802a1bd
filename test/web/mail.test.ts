import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HtmlValidate } from 'html-validate';
import PostalMime from 'postal-mime';
import { describe, expect, test } from 'vitest';
import { thresholds } from '../../domain/alarms.ts';
import { templates } from '../../domain/change.ts';
import { reasons } from '../../domain/reasons.ts';
import { type MimeFacts, mimeOf } from '../../functions/aws/mime.ts';
import { alertText } from '../../web/mail/alert.ts';
import type { LetterFacts } from '../../web/mail/facts.ts';
import { letter } from '../../web/mail/letters.tsx';
import { previews, sampleFacts } from '../../web/mail/preview.ts';

const languages = ['da', 'en'] as const;
const every = templates.flatMap((template) => languages.map((language) => ({ template, language })));
const staff = [
  'case-withdrawn',
  'task-ended',
  'undelivered',
  'start',
  'owner-task',
  'owner-reminder',
  'decide',
  'second',
  'handed-over',
  'decider-code',
  'lacking',
  'needs-person',
  'time-limit',
  'person-answered',
  'calendar',
  'unproven',
];

const rules = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
  root: true,
  rules: {
    'void-style': 'off',
    'doctype-style': ['error', { style: 'lowercase' }],
    'no-trailing-whitespace': 'off',
    'long-title': 'off',
    // The older word of the two, which old mail programs and screen readers know.
    'presentation-role-style': ['error', { prefer: 'presentation' }],
  },
});

const payloads = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '{{7*7}}',
  `$${'{7*7}'}`,
  '<%= 7*7 %>',
  '</style><style>*{display:none}</style>',
];

const hostile = (template: (typeof templates)[number], language: 'da' | 'en', text: string): LetterFacts => {
  const facts = sampleFacts(template, language);
  return {
    ...facts,
    organisation: { ...facts.organisation, name: text, address: text },
    systems: facts.systems?.map((system) => ({ ...system, title: text, reason: text })),
    task: facts.task && { owner: text, system: text, instructions: text },
    outcomes: facts.outcomes?.map((outcome) => ({ ...outcome, reason: text })),
    problem: facts.problem && { step: text, error: text },
  };
};

const unescaped = (html: string): string =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** Words that a reader of the HTML sees, in their order. */
const wordsOfHtml = (html: string): string[] =>
  unescaped(
    html
      .replace(/^[\s\S]*<td class="paper">/, '')
      // Text mails have no button that may not work.
      .replaceAll(/<p class="soft">[^<]*<br\/>/g, '')
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll('&nbsp;', ' '),
  ).match(/[\p{L}\p{N}@./:_-]+/gu) ?? [];

describe.each(every)('the mail $template in $language', ({ template, language }) => {
  const facts = sampleFacts(template, language);
  const { subject, text, html } = letter(template, facts);

  test('is valid HTML', async () => {
    const { results } = await rules.validateString(html, `${template}.${language}.html`);
    expect(results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`))).toEqual(
      [],
    );
  });

  test('says the same facts in HTML and in text', () => {
    const inText = new Set(text.match(/[\p{L}\p{N}@./:_-]+/gu));
    const words = wordsOfHtml(html);
    expect(words.length).toBeGreaterThan(20);
    // A colon that separates name and value stands in the text only.
    expect(words.filter((word) => !inText.has(word) && !inText.has(`${word}:`))).toEqual([]);
  });

  test('is far below the 102 kB at which mail programs cut', () => {
    expect(Buffer.byteLength(html)).toBeLessThan(20_000);
    expect(Buffer.byteLength(text)).toBeLessThan(6_000);
  });

  test('loads nothing: no picture, no style sheet, no script, no frame', () => {
    expect(html).not.toMatch(/<(img|link|script|iframe|object|video|audio|source|form|base)\b|url\(|@import|\ssrc=/i);
    const addresses = [...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => address);
    expect(addresses.every((address) => [facts.link, facts.authority.url].includes(address))).toBe(true);
  });

  test('says its language and direction on the document and on the first element of the body', () => {
    const marks = `lang="${language}" dir="ltr"`;
    expect(html).toContain(`<html ${marks}>`);
    expect(html).toContain(`<body><div ${marks}>`);
  });

  test('has a subject with the case number and without personal data', () => {
    expect(subject).toContain(facts.reference);
    expect(subject.length).toBeLessThan(90);
    expect(subject).not.toContain('@');
    expect(subject).not.toMatch(new RegExp(facts.code ?? 'no code here'));
    const neutral = { da: /^Din henvendelse/, en: /^Your request/ }[language];
    expect(neutral.test(subject)).toBe(!staff.includes(template));
  });

  test.each(payloads)('T35: writes %s as text', (payload) => {
    const bad = letter(template, hostile(template, language, payload));
    expect(unescaped(bad.html)).toContain(payload);
    expect(bad.html).not.toMatch(/<script|<img|onerror=alert\(1\)>|<\/style><style>/);
    expect(bad.text.replaceAll(/\s+/g, ' ')).toContain(payload);
    expect(`${bad.html}${bad.text}${bad.subject}`).not.toContain('49');
  });

  test('leaves no place unfilled', () => {
    expect(`${subject}${text}${html.replace(/<style>.*<\/style>/, '')}`).not.toMatch(/\{\w+\}|undefined|NaN|Invalid/);
  });
});

test('every mail has a preview in every language', () => {
  const names = previews().map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(every.map(({ template, language }) => `${template}.${language}`)));
});

test.each(languages)('no name of an error stands in a mail: what failed is said in words, in %s', (language) => {
  for (const code of [...reasons, 'States.Timeout', 'TypeError']) {
    const [system] = sampleFacts('decide', language).systems ?? [];
    const systems = system ? [{ ...system, state: 'FAILED' as const, reason: code }] : [];
    const decide = letter('decide', { ...sampleFacts('decide', language), systems });
    const stuck = letter('needs-person', {
      ...sampleFacts('needs-person', language),
      problem: { step: 'gather', error: code },
    });
    expect(`${decide.text} ${decide.html} ${stuck.text} ${stuck.html}`, code).not.toContain(code);
  }
});

describe('the texts of the mails and of the answer', () => {
  const texts = (kind: string, language: string): Record<string, string> =>
    JSON.parse(readFileSync(join(import.meta.dirname, `../../web/texts/${kind}.${language}.json`), 'utf8'));

  test.each(['mail', 'answer', 'grounds'])('have the same keys and places in both languages: %s', (kind) => {
    const [da, en] = [texts(kind, 'da'), texts(kind, 'en')];
    expect(Object.keys(da).sort()).toEqual(Object.keys(en).sort());
    for (const [key, text] of Object.entries(da)) {
      expect(en[key]?.match(/\{\w+\}/g)?.sort(), key).toEqual(text.match(/\{\w+\}/g)?.sort());
    }
  });

  test.each(['mail', 'answer', 'grounds'])(
    'have sentences of fewer than 20 words and no paragraph signs in Danish: %s',
    (kind) => {
      const sentences = Object.values(texts(kind, 'da')).flatMap((text) => text.split(/[.!?:]\s|\n/));
      expect(sentences.filter((sentence) => sentence.split(/\s+/).length >= 20)).toEqual([]);
      expect(sentences.filter((sentence) => sentence.includes('§'))).toEqual([]);
    },
  );
});

describe('mails tell each reader what they need', () => {
  const text = (template: (typeof templates)[number], more: Partial<LetterFacts> = {}) =>
    letter(template, { ...sampleFacts(template, 'da'), ...more }).text.replaceAll(/\s+/g, ' ');

  test('the person is given the unrolled date, the owner a day of their own, the DPO the last day by law', () => {
    expect(text('receipt')).toContain('26. december 2026');
    expect(text('receipt')).not.toContain('28. december 2026');
    expect(text('owner-task')).toContain('26. december 2026');
    expect(text('owner-task')).not.toContain('28. december 2026');
    expect(text('start')).toContain('28. december 2026');
  });

  test('the first mail is the same whatever was asked: it carries nothing that a stranger chose to send', () => {
    const asked: Partial<LetterFacts> = {
      rights: ['objection'],
      outcomes: [{ right: 'access', outcome: 'refuse', reason: 'valgt af en fremmed' }],
      task: { owner: 'valgt af en fremmed', system: 'valgt af en fremmed' },
      nothingHeld: true,
    };
    expect(text('confirm', asked)).toBe(text('confirm'));
    expect(text('confirm')).toContain('K7F4QX');
  });

  test('a reminder to confirm asks whether it was the reader, and says what to do if not, as the first mail does', () => {
    for (const template of ['confirm', 'remind'] as const) {
      expect(text(template)).toContain('Var det dig?');
      expect(text(template)).toContain('Var det ikke dig? Så skal du ikke gøre noget.');
      expect(text(template)).not.toContain('Du har sendt');
    }
  });

  test('what was granted is told as done: it is approved only once it is', () => {
    const granted = [{ right: 'erasure', outcome: 'approve' }] as const;
    expect(text('answered', { outcomes: granted })).toContain('Vi har gjort det, du bad om.');
    expect(text('partly', { outcomes: granted })).toContain('Vi har gjort det, du bad om.');
    const english = letter('answered', { ...sampleFacts('answered', 'en'), outcomes: granted }).text;
    expect(english).toContain('We have done what you asked for.');
  });

  test('a refusal says its reason, the authority and the court', () => {
    const refused = text('answered');
    for (const part of ['bogføringsloven', 'Datatilsynet', 'https://www.datatilsynet.dk', 'domstolene']) {
      expect(refused).toContain(part);
    }
    // Also when another right of the same request was granted and its answer is ready.
    expect(text('ready')).toContain('Begrundelse: Vi skal gemme fakturaer');
  });

  test('an alarm says what is owed: a request that nobody proved closes by itself, and of a part that was sent the rest is missing', () => {
    const overdue = (more: Partial<LetterFacts>) =>
      text('time-limit', { threshold: 'due', question: undefined, ...more });
    expect(overdue({ status: 'REVIEW' })).toContain('Svar personen nu. Sagen bliver stående åben');
    const unproven = overdue({ status: 'AWAITING_PROOF' });
    expect(unproven).toContain('Sagen lukkes snart af sig selv');
    expect(unproven).not.toMatch(/stående åben|forlænge fristen/);
    expect(overdue({ status: 'REVIEW', rest: true })).toContain('En del af svaret er sendt. Send resten nu');
    expect(text('time-limit', { rest: true })).toContain('En del af svaret er sendt, men resten mangler.');
    expect(text('time-limit', { rest: true })).not.toContain('ikke besvaret');
    expect(text('time-limit', { status: 'AWAITING_PROOF' })).toContain('lukkes sagen derefter af sig selv');
  });

  test('an alarm before the last day by law, which a suspension moved, tells both dates and calls nothing overdue', () => {
    const facts = { ...sampleFacts('time-limit', 'da'), threshold: 'due', unpaused: '2026-12-23' } as const;
    const { subject, text: sent } = letter('time-limit', facts);
    const told = sent.replaceAll(/\s+/g, ' ');
    expect(subject).toBe(
      'Fristen er overskredet, når pausen ikke tælles med: sag K7F-4QX-92M, sidste dag 28. december 2026',
    );
    expect(told).toContain('Lovens sidste dag er mandag den 28. december 2026.');
    expect(told).toContain('Uden den pause er sidste dag onsdag den 23. december 2026.');
    expect(told).not.toContain('Svar personen nu');
  });

  test.each(['da', 'en'] as const)(
    'the second channel names its cause in words of plain ASCII, one day as one, in %s',
    (language) => {
      const { dpo, timeZone } = sampleFacts('time-limit', language);
      const config = { dpo: { ...dpo, language }, timeZone } as Parameters<typeof alertText>[1];
      const reference = 'K7F-4QX-92M';
      const causes = [
        ...thresholds,
        'taken-over',
        'no-progress',
        'notice-unsent',
        'outbox-stuck',
        'holidays-missing',
        'mail-undelivered',
      ] as const;
      const subjects = causes.map((about) => alertText({ about, reference }, config).subject);
      for (const subject of subjects) expect(subject).toMatch(/^Privacy@ K7F-4QX-92M: [A-Za-z0-9 ]{8,60}$/);
      expect(subjects.join()).not.toMatch(/undefined|target,|outbox|taken-over/);
      expect(subjects).toContain(`Privacy@ K7F-4QX-92M: ${language === 'da' ? '1 dag tilbage' : '1 day left'}`);
      const { message } = alertText({ about: '7', reference, date: '2026-12-23', due: '2026-12-28' }, config);
      expect(
        message
          .split('\n')
          .slice(2, 4)
          .map((line) => line.match(/\d+/)?.[0]),
      ).toEqual(['28', '23']);
    },
  );

  test('an answer that holds nothing says so', () => {
    expect(text('ready', { nothingHeld: true })).toContain('Vi fandt ingen data om dig');
    expect(text('ready')).not.toContain('Vi fandt ingen data om dig');
  });

  test('the DPO sees a failed system as failed and never as empty', () => {
    expect(text('decide')).toContain('Webshop: Fejl: kunne ikke spørges (systemet svarer ikke)');
    expect(text('decide')).toContain('Nyhedsbrev: Intet fundet');
    expect(text('decide')).toContain('Kundekartotek: 15 rækker og 3 dokumenter, 1 muligt match');
  });

  test('a one-time code is in the mail and neither in its subject nor in its preview line', () => {
    const { html, subject } = letter('code', sampleFacts('code', 'da'));
    expect(html).toContain('48213975');
    expect(`${subject}${/<div class="preview">(.*?)<\/div>/.exec(html)?.[1]}`).not.toContain('48213975');
  });
});

const mail: MimeFacts = {
  from: 'privacy@nordlys.example',
  fromName: 'Nordlys Handel A/S, Århus',
  to: 'soren@example.org',
  subject: 'Din henvendelse K7F-4QX-92M: bekræft din e-mail',
  text: 'Bekræft\n',
  html: '<!doctype html><p>Bekræft</p>',
  reference: 'K7F-4QX-92M',
  mailId: 'a1b2c3',
  domain: 'nordlys.example',
  staff: false,
  language: 'da',
  headers: { 'X-SES-CONFIGURATION-SET': 'mails' },
};

const parsed = async (more: Partial<MimeFacts> = {}) => PostalMime.parse(await mimeOf({ ...mail, ...more }));

describe('a mail as SES gets it', () => {
  test('T41: has exactly one recipient, both bodies, and the headers that keep machines from answering', async () => {
    const { to, cc, bcc, from, subject, text, html, headers } = await parsed();
    expect({ to, cc, bcc, from, subject }).toEqual({
      to: [{ address: mail.to, name: '' }],
      cc: undefined,
      bcc: undefined,
      from: { address: mail.from, name: mail.fromName },
      subject: mail.subject,
    });
    expect([text?.trim(), html?.trim()]).toEqual([mail.text.trim(), mail.html]);
    const held = Object.fromEntries(headers.map(({ key, value }) => [key, value]));
    expect(held).toMatchObject({
      'auto-submitted': 'auto-generated',
      'x-auto-response-suppress': 'OOF, AutoReply',
      'content-language': 'da',
      'x-ses-configuration-set': 'mails',
      'message-id': '<a1b2c3@nordlys.example>',
    });
    expect(held['list-unsubscribe']).toBeUndefined();
  });

  test('stands in one thread for each case and reader, which does not give the reader away', async () => {
    const [first, second] = [await parsed(), await parsed({ mailId: 'd4e5f6', subject: 'Noget andet' })];
    expect(second.references).toBe(first.references);
    expect(second.inReplyTo).toBe(first.inReplyTo);
    expect((await parsed({ staff: true })).references).not.toBe(first.references);
    expect((await parsed({ reference: 'BCD-FGH-JK2' })).references).not.toBe(first.references);
  });

  test.each([
    { subject: 'Hej\r\nBcc: ond@example.org' },
    { subject: 'Hej\nBcc: ond@example.org' },
    { fromName: 'Navn\r\nBcc: ond@example.org' },
    { to: 'a@example.org\r\nBcc: ond@example.org' },
    { to: 'a@example.org, ond@example.org' },
    { to: 'a@example.org; ond@example.org' },
    { to: 'A <a@example.org>' },
    { to: 'a@example.org ond@example.org' },
    { to: 'gruppe:a@example.org,b@example.org;' },
    { to: '' },
    { from: 'a@example.org\nX: y' },
    { mailId: 'a\r\nBcc: ond@example.org' },
    { domain: 'nordlys.example>\r\nBcc: ond@example.org' },
    { headers: { 'X-SES-CONFIGURATION-SET': 'a\r\nBcc: ond@example.org' } },
  ])('T41: is refused, not mended, when a header could be broken: %j', async (more) => {
    await expect(mimeOf({ ...mail, ...more })).rejects.toThrow(TypeError);
  });
});
