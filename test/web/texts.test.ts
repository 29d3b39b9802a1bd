import { expect, test } from 'vitest';
import answerDa from '../../web/texts/answer.da.json' with { type: 'json' };
import answerEn from '../../web/texts/answer.en.json' with { type: 'json' };
import pagesDa from '../../web/texts/da.json' with { type: 'json' };
import deadlineDa from '../../web/texts/deadline.da.json' with { type: 'json' };
import deadlineEn from '../../web/texts/deadline.en.json' with { type: 'json' };
import pagesEn from '../../web/texts/en.json' with { type: 'json' };
import groundsDa from '../../web/texts/grounds.da.json' with { type: 'json' };
import groundsEn from '../../web/texts/grounds.en.json' with { type: 'json' };
import mailDa from '../../web/texts/mail.da.json' with { type: 'json' };
import mailEn from '../../web/texts/mail.en.json' with { type: 'json' };
import overviewDa from '../../web/texts/overview.da.json' with { type: 'json' };
import overviewEn from '../../web/texts/overview.en.json' with { type: 'json' };
import personDa from '../../web/texts/person.da.json' with { type: 'json' };
import personEn from '../../web/texts/person.en.json' with { type: 'json' };
import reviewDa from '../../web/texts/review.da.json' with { type: 'json' };
import reviewEn from '../../web/texts/review.en.json' with { type: 'json' };
import staffDa from '../../web/texts/staff.da.json' with { type: 'json' };
import staffEn from '../../web/texts/staff.en.json' with { type: 'json' };

const da = { ...pagesDa, ...personDa, ...staffDa, ...reviewDa, ...overviewDa, ...deadlineDa };
const en = { ...pagesEn, ...personEn, ...staffEn, ...reviewEn, ...overviewEn, ...deadlineEn };

const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
const sentences = (text: string): string[] => text.split(/(?<=[.?!:])\s+/);
const words = (sentence: string): number => sentence.split(/\s+/).filter(Boolean).length;
const danish = Object.entries(da);

test('both languages hold the same texts in the same order', () => {
  expect(Object.keys(en)).toEqual(Object.keys(da));
  expect(danish.length).toBeGreaterThan(300);
});

test('a text has the same places to fill in both languages', () => {
  const differing = danish.filter(([key, text]) => places(text).join() !== places(en[key as 'form.next']).join());
  expect(differing).toEqual([]);
});

test('a text that counts something has a form for one and a form for more', () => {
  const counting = [da, en, mailDa, mailEn, answerDa, answerEn, groundsDa, groundsEn].flatMap((texts) =>
    Object.entries(texts).filter(([key, text]) => {
      const counts = /\{(n|rows|documents|count)\} (?!(of|af) )\p{Ll}/u.test(text.replace('{n} ZIP', ''));
      return counts && !/_(one|other)$/.test(key);
    }),
  );
  expect(counting).toEqual([]);
});

test('no text is empty or ends in a blank', () => {
  const texts = [...danish, ...Object.entries(en)];
  expect(texts.filter(([, text]) => text.trim() !== text || text === '')).toEqual([]);
});

test('a Danish sentence has fewer than 20 words', () => {
  const long = danish.flatMap(([key, text]) =>
    sentences(text)
      .filter((sentence) => words(sentence) >= 20)
      .map((sentence) => `${key}: ${sentence}`),
  );
  expect(long).toEqual([]);
});

test('no text cites a paragraph of the law: it says what the law means; the steps of a time limit name the rule too', () => {
  const citing = [...danish, ...Object.entries(en)].filter(
    ([key, text]) => !Object.hasOwn(deadlineDa, key) && /§|\bart(ikel|icle|\.)\s*\d/i.test(text),
  );
  expect(citing).toEqual([]);
});

test('Danish speaks to the reader as du, and names no one De', () => {
  expect(
    danish.filter(([, text]) => /\b(Dem|Deres)\b(?! skal)/.test(text) || /(?<=[a-zæøå,] )De\b/.test(text)),
  ).toEqual([]);
});
