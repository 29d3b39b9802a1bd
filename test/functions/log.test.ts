import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { errorName, type LogFields, log } from '../../functions/lib/log.ts';

afterEach(() => vi.restoreAllMocks());

/** What a call writes. */
const written = (what: string, fields: object): string[] => {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
  log.error(what, fields as LogFields);
  return lines;
};

test('T42: whatever a field holds, it is one line of at most 2,000 plain signs, and no field more than the list allows', () => {
  const nasty = fc.constantFrom(
    '\r\n{"level":"INFO"}',
    '\u001b[2J',
    '\u009b31m',
    '\u0085',
    '\u2028',
    '\u007f',
    '\0',
    'x'.repeat(5_000),
  );
  const value = fc.oneof(nasty, fc.string(), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(value, value, value, (requestId, reason, email) => {
      const [line = '', ...more] = written('page failed', { requestId, reason, email, cause: email, count: 1 });
      expect(more).toEqual([]);
      expect(line).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]{1,2000}$/u);
      expect(Object.keys(JSON.parse(line)).sort()).toEqual(['count', 'level', 'reason', 'requestId', 'what']);
    }),
  );
});

test('T42, T60: of an error only its name is told, and no name that somebody else could have written', () => {
  const error = (name: string) => Object.assign(new Error('anna@example.org', { cause: 'anna@example.org' }), { name });
  expect(errorName(error('SourceUnavailable'))).toBe('SourceUnavailable');
  for (const name of ['anna@example.org', 'a b', 'x\ny', '', 'y'.repeat(80)])
    expect(errorName(error(name))).toBe('Error');
  expect(errorName('anna@example.org')).toBe('Error');
});
