import { expect, test } from 'vitest';
import { shownName } from '../../domain/answer-layout.ts';

test('T39: of a document’s own name only its last part is shown, without what cannot be seen or turns letters around, and not too long', () => {
  const names = [
    ['kontrakt æøå 2009.pdf', 'kontrakt æøå 2009.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\bo\\brev.docx', 'brev.docx'],
    ['faktura\u202efdp.exe', 'fakturafdp.exe'],
    ['to\r\nlinjer\0.txt', 'tolinjer.txt'],
    ['e\u0301te\u0301.txt', 'été.txt'],
    ['/', ''],
  ] as const;
  for (const [name, shown] of names) expect(shownName(name)).toBe(shown);
  expect([...shownName('\u{1F600}'.repeat(500))]).toHaveLength(120);
});
