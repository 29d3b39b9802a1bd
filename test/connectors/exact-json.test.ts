import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactNumber, parseExactly } from '../../connectors/exact-json.ts';

test('every whole number comes out with all its digits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (number) => {
      expect(String(exactNumber(`${number}`))).toBe(`${number}`);
      expect(String(parseExactly(`${number}`))).toBe(`${number}`);
    }),
  );
});

test('every number that JavaScript can write is read as that number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const text = JSON.stringify(number);
      expect(Number(parseExactly(text))).toBe(Number(text));
    }),
  );
});

test('other JSON is read as JSON', () => {
  fc.assert(
    fc.property(fc.json({ noUnicodeString: false }), (text) => {
      const plain = JSON.parse(text, (_, value) => (typeof value === 'number' ? String(value) : value));
      if (text.includes('__proto__')) return;
      const exact = JSON.parse(
        JSON.stringify(parseExactly(text), (_, value) => (typeof value === 'object' ? value : String(value))),
      );
      expect(JSON.stringify(exact)).toBe(
        JSON.stringify(plain, (_, value) => (typeof value === 'object' ? value : String(value))),
      );
    }),
  );
});

test('a decimal that does not fit keeps its digits as a text', () => {
  expect(parseExactly('[0.1234567890123456789, 1e400, 1.50, -0.0]')).toEqual([
    '0.1234567890123456789',
    '1e400',
    1.5,
    -0,
  ]);
});

test('a member that stands twice is refused, however it is written, and a text that only looks like one is not', () => {
  for (const text of ['{"a":1,"a":1}', '[{"b":{"a\\"":1,"a\\u0022" : 2}}]'])
    expect(() => parseExactly(text)).toThrow('a member stands twice');
  const texts = ['{"a":"\\"a\\":","b":{"a":[]}}', '[{"a":"x\\\\"},{"a":":"},"a"]', '"a:"', '{"0":{"0":["0"]}}'];
  for (const text of texts) expect(parseExactly(text)).toEqual(JSON.parse(text));
});

test('a member named __proto__ is refused at any depth', () => {
  expect(() => parseExactly('{"a":[{"__proto__":{"b":1}}]}')).toThrow(SyntaxError);
});
