import { expect, test } from 'vitest';
import { fileProblem } from '../../domain/file-kinds.ts';

test.each([
  ['brev.pdf', '%PDF-1.7'],
  ['BREV.PDF', '%PDF-1.4'],
  ['foto.jpg', '\xFF\xD8\xFF\xE0'],
  ['foto.webp', 'RIFF\x10\0\0\0WEBPVP8 '],
  ['lyd.wav', 'RIFF\x10\0\0\0WAVEfmt '],
  ['film.mp4', '\0\0\0\x18ftypmp42'],
  ['ark.xlsx', 'PK\x03\x04\x14\0'],
  ['gammel.doc', '\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1'],
  ['noter.txt', 'M\xF8de den 3.'],
  ['udtræk.csv', '\xFF\xFEa\0b\0'],
  ['tegning.dwg', 'AC1032'],
  ['uden endelse', 'hvad som helst'],
])('%s is taken when it begins as its name says', (name, head) => {
  expect(fileProblem(name, head)).toBeUndefined();
});

test.each([
  ['brev.pdf', '<html>'],
  ['foto.png', '\xFF\xD8\xFF\xE0'],
  ['lyd.wav', 'RIFF\x10\0\0\0WEBPVP8 '],
  ['noter.txt', 'a\0b'],
  ['ark.docx', '%PDF-1.7'],
])('%s is not taken when it begins otherwise', (name, head) => {
  expect(fileProblem(name, head)).toBe('kind');
});

test.each(['brev.pdf', 'foto.heic', 'uden endelse'])('a program is not taken, whatever it is called: %s', (name) => {
  for (const head of ['MZ\x90\0', '\x7FELF\x02', '\xCF\xFA\xED\xFE', '#!/bin/sh\n']) {
    expect(fileProblem(name, head)).toBe('program');
  }
});
