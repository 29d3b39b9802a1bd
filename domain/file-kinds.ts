/** Why an owner's file is not taken: nothing is in it, it is too large or a program, or its first bytes are not those of what its name says. */
export type FileProblem = 'empty' | 'large' | 'program' | 'kind';

/** 50 MB a file: a scanned binder, not a film. */
export const mostBytes = 50_000_000;

/** Bytes at the beginning of a file that tell what it is. */
export const headBytes = 64;

const zip = ['PK\x03\x04', 'PK\x05\x06'];
const ole = ['\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1'];

/** What a file with this extension begins with; after `@n` at place n. */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  pdf: ['%PDF-'],
  png: ['\x89PNG\r\n\x1A\n'],
  jpg: ['\xFF\xD8\xFF'],
  jpeg: ['\xFF\xD8\xFF'],
  gif: ['GIF87a', 'GIF89a'],
  webp: ['@8WEBP'],
  wav: ['@8WAVE'],
  mp3: ['ID3', '\xFF\xFB', '\xFF\xF3', '\xFF\xF2'],
  mp4: ['@4ftyp'],
  zip,
  docx: zip,
  xlsx: zip,
  odt: zip,
  ods: zip,
  doc: ole,
  xls: ole,
};

/** Windows, Linux and macOS programs, and scripts that say who runs them. */
const programs = ['MZ', '\x7FELF', '\xCF\xFA\xED\xFE', '\xCA\xFE\xBA\xBE', '#!'];

/** Files that are read as text: no byte of theirs is 0, unless they say that they are UTF-16. */
const texts = new Set(['txt', 'csv', 'json', 'xml', 'eml']);
const utf16 = ['\xFF\xFE', '\xFE\xFF'];

const begins = (head: string, beginning: string): boolean => {
  const [, place = '0', text = beginning] = /^@(\d+)(.*)$/s.exec(beginning) ?? [];
  return head.startsWith(text, Number(place));
};
const beginsWithOne = (head: string, all: readonly string[]): boolean => all.some((each) => begins(head, each));

/** What its size alone says is wrong with a file. */
export const sizeProblem = (bytes: number): FileProblem | undefined => {
  if (bytes === 0) return 'empty';
  return bytes > mostBytes ? 'large' : undefined;
};

/** What is wrong with a file, from its name and its first bytes as Latin-1. A name that says nothing known is checked for programs only. */
export const fileProblem = (name: string, head: string): FileProblem | undefined => {
  if (beginsWithOne(head, programs)) return 'program';
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]?.toLowerCase() ?? '';
  if (texts.has(extension)) return head.includes('\0') && !beginsWithOne(head, utf16) ? 'kind' : undefined;
  const wanted = Object.hasOwn(beginnings, extension) ? beginnings[extension] : undefined;
  return wanted && !beginsWithOne(head, wanted) ? 'kind' : undefined;
};
