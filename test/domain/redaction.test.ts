import { expect, test } from 'vitest';
import { isCpr } from '../../domain/cpr.ts';
import { cutter, type Mark } from '../../domain/marks.ts';
import { findIn, namesToFind, noNames, redacted } from '../../domain/redaction.ts';

const found = (text: string, names = noNames) =>
  findIn(text, names).map(({ kind, span: [from, to] }) => `${kind} ${text.slice(from, to)}`);

test.each([
  ['070761-4285', true],
  ['0707614285', true],
  ['070761 4285', true],
  // No modulus 11: given out since 2007, and told by the line between its parts.
  ['010565-1234', true],
  ['0105651234', false],
  // No such day: 31 April, month 13, 29 February 1900 and 2001, but that of 2000.
  ['310465-1234', false],
  ['011365-1234', false],
  ['290200-0001', false],
  ['290201-4001', false],
  ['290200-4001', true],
])('whether %s is a CPR number: %s', (text, is) => {
  expect(isCpr(text)).toBe(is);
});

test('CPR numbers, e-mail addresses and phone numbers are found in a text, and other numbers are not', () => {
  expect(
    found(
      'Hun er 070761-4285, søs.bæk@øst.dk, +45 20 30 40 50 eller 20304050, ordre 10002345, 1234567, den 24-12-2026.',
    ),
  ).toEqual(['cpr 070761-4285', 'email søs.bæk@øst.dk', 'phone +45 20 30 40 50', 'phone 20304050']);
});

test("words of other people's names are found with a capital, first name and surname as one, the person's own are not", () => {
  const names = namesToFind(['Åse Lund', 'Jens Bæk-Holm'], ['Jens Hansen']);
  expect(found('Åse Lund ringede for Jens Hansen. Bæk-Holm svarede, lund og åse ikke. LUND!', names)).toEqual([
    'name Åse Lund',
    'name Bæk-Holm',
    'name LUND',
  ]);
});

test('the places of a text that are blacked out are replaced as one where they touch', () => {
  expect(
    redacted(
      'en to tre',
      [
        [3, 5],
        [4, 6],
      ],
      'X',
    ),
  ).toBe('en Xtre');
});

const about = { system: 's', collection: 'c' } as const;
const cut = (marks: readonly Partial<Mark>[]) =>
  cutter(
    marks.map((mark) => ({ ...about, choice: 'withhold', ground: 'others', ...mark }) as Mark),
    { names: namesToFind(['Åse Lund'], []), instead: (ground) => `[${ground}]` },
  );
const row = { id: 7, text: 'Åse Lund ringede', note: null };

test('a field, a row and a value that are held back are replaced or left out, each with its reason', () => {
  expect(cut([{ field: 'id' }])(row, 0).row).toEqual({ ...row, id: '[others]' });
  expect(cut([{ row: 1 }])(row, 1)).toEqual({ row: undefined, cuts: [{ row: 1, ground: 'others' }] });
  expect(cut([{ row: 1, field: 'note', ground: 'given' }])(row, 1).row).toEqual({ ...row, note: '[given]' });
  expect(cut([{ row: 1, field: 'note' }])(row, 2)).toEqual({ row, cuts: [] });
});

test('a choice for one value goes before that for its field, and one for a row before that for all', () => {
  const byPattern: Partial<Mark> = { field: 'text', choice: 'redact', patterns: ['name'] };
  const one = cut([byPattern, { row: 3, field: 'text', choice: 'send' }]);
  expect(one(row, 2).row).toEqual({ ...row, text: '[others] ringede' });
  expect(one(row, 2).cuts).toEqual([{ row: 2, field: 'text', ground: 'others', spans: [[0, 8]] }]);
  expect(one(row, 3).row).toEqual(row);
  expect(one(row, 3).cuts).toEqual([]);
  const all = cut([{}, { row: 4, choice: 'send' }]);
  expect([all(row, 3).row, all(row, 4).row]).toEqual([undefined, row]);
});

const typed = 'Poul sagde: ring til 22334455 eller p@hemmelig.example.';
const patterns: Partial<Mark> = { field: 'text', choice: 'redact', patterns: ['phone', 'email'], ground: 'given' };
const poul: Partial<Mark> = { row: 3, field: 'text', choice: 'redact', spans: [[0, 4]] };

test("what is blacked out of one value is added to what its field's patterns find there, each with its reason", () => {
  const both = cut([patterns, poul])({ text: typed }, 3);
  expect(both.row).toEqual({ text: '[others] sagde: ring til [given] eller [given].' });
  expect(both.cuts).toEqual([
    { row: 3, field: 'text', ground: 'others', spans: [[0, 4]] },
    {
      row: 3,
      field: 'text',
      ground: 'given',
      spans: [
        [21, 29],
        [36, 54],
      ],
    },
  ]);
  // A place that both have is one, and has the value's own reason; one that was unticked for this value is sent.
  const overlap = cut([patterns, { ...poul, spans: [[15, 25]], except: [[36, 54]] }])({ text: typed }, 3);
  expect(overlap.row).toEqual({ text: 'Poul sagde: rin[others] eller p@hemmelig.example.' });
});

test('a field that is held back in all rows is so where a part was blacked out before, but not where that was chosen knowing it', () => {
  const all: Partial<Mark> = { field: 'text' };
  expect(cut([all, poul])({ text: typed }, 3).row).toEqual({ text: '[others]' });
  expect(cut([all, { ...poul, over: true }])({ text: typed }, 3).row).toEqual({
    text: '[others] sagde: ring til 22334455 eller p@hemmelig.example.',
  });
  expect(cut([all, { ...poul, choice: 'send' }])({ text: typed }, 3).row).toEqual({ text: typed });
});
