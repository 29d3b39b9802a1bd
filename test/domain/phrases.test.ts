import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placesOf } from '../../domain/phrases.ts';

const places = (text: string, ...phrases: string[]) =>
  placesOf(text, phrases).map(([from, to]) => text.slice(from, to));

test('typed words are found wherever they stand, whatever their case and signs', () => {
  expect(places('A.b og a.B, men ikke aXb', 'a.b', ' ')).toEqual(['A.b', 'a.B']);
  expect(places('a.b(c) [x] a+b {2} 1/2 \\d', '[x]', '{2}', '\\d', '^', '$', '|')).toEqual(['[x]', '{2}', '\\d']);
  expect(places('Lene Bæk-Holm, Bæk\u2011Holm, bæk-\nholm', 'Bæk-Holm')).toHaveLength(3);
  expect(places("O’Neil og O'Neil", "O'Neil")).toHaveLength(2);
});

test('typed words that overlap are blacked out together', () => {
  expect(places('Ring til Poul Hemmelig.', 'Ring til Poul', 'Poul Hemmelig')).toEqual(['Ring til Poul Hemmelig']);
});

test('a name goes with its genitive, and a short one is not found inside other words', () => {
  expect(places("Bo bolig Bos Bo's skole Ole Oles BO skabo", 'Bo', 'Ole')).toEqual([
    'Bo',
    'Bos',
    "Bo's",
    'Ole',
    'Oles',
    'BO',
  ]);
  expect(places('Hemmeligsagen og Pouls vej, brystkræft', 'Poul', 'Hemmelig', 'kræft')).toEqual([
    'Hemmelig',
    'Pouls',
    'kræft',
  ]);
  // Scripts that do not part their words.
  expect(places('王伟是邻居', '王伟')).toEqual(['王伟']);
});

test('a number is found however its digits are grouped, and not inside a longer one', () => {
  const text = '22334455 22 33 44 55 2233-4455 +4522334455 004522334455, ikke 122334455 eller 223344556';
  for (const typed of ['22334455', '22 33 44 55'])
    expect(places(text, typed)).toEqual(['22334455', '22 33 44 55', '2233-4455', '22334455', '22334455']);
  expect(places('412.000 kr., 412000 kr. og 1412000', '412.000')).toEqual(['412.000', '412000']);
  expect(places('nr. 22 og 222', '22')).toEqual(['22']);
});

const word = fc.stringMatching(/^[A-Za-zæøåÆØÅéüö]{2,9}$/);
const gap = fc.stringMatching(/^[ \t\n\r\u00a0\u2028]{1,4}$/);
const form = fc.constantFrom('NFC', 'NFD');

test('any words are found with any white space between them, in either case, composed or decomposed', () => {
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 4 }),
      gap,
      form,
      form,
      fc.boolean(),
      (words, between, a, b, loud) => {
        const typed = words.join(' ').normalize(a);
        const stands = (loud ? words.join(between).toUpperCase() : words.join(between)).normalize(b);
        expect(places(`1: ${stands}.`, typed)).toEqual([stands]);
      },
    ),
  );
});

test('any number of eight digits is found in any groups', () => {
  const digits = fc.stringMatching(/^\d{8}$/);
  const groups = fc.array(fc.constantFrom('', '', ' ', '.', '-', '\u00a0', '\n', ') '), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(digits, groups, (number, between) => {
      const stands = [...number].map((each, n) => (n === 0 ? each : `${between[n]}${each}`)).join('');
      expect(places(`tlf. ${stands}, tak`, number)).toEqual([stands]);
    }),
  );
});

test('a text of a million signs that nobody sees is looked through at once', () => {
  const phrases = ['a b', 'Poul Hemmelig', '22334455', 'Bæk-Holm'];
  for (const sign of ['\ufeff', '\u00ad', ' ', '2 ', 'Poul ', '-'])
    expect(placesOf(sign.repeat(250_000), phrases).length).toBeLessThan(100_000);
});
