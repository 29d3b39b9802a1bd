import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterAll, describe, expect, test } from 'vitest';
import { templates } from '../../domain/change.ts';

const program = join(import.meta.dirname, '../../cli/privacy.ts');
const folder = mkdtempSync(join(tmpdir(), 'privacy-mails-'));

afterAll(() => rmSync(folder, { recursive: true }));

const privacy = (...args: string[]) =>
  spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });

describe('privacy email preview', () => {
  const { status, stdout } = privacy('email', 'preview', '--out', 'mails');
  const read = (name: string) => readFileSync(join(folder, 'mails', name), 'utf8');

  test('writes every mail in every language as html, txt and eml', () => {
    expect(status).toBe(0);
    const wanted = templates.flatMap((template) =>
      ['da', 'en'].flatMap((language) => ['html', 'txt', 'eml'].map((ending) => `${template}.${language}.${ending}`)),
    );
    expect(readdirSync(join(folder, 'mails'))).toEqual(expect.arrayContaining(wanted));
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(readdirSync(join(folder, 'mails')).length / 3);
  });

  test('writes mails that a mail program reads, with both bodies', async () => {
    const { subject, html, text } = await PostalMime.parse(read('decide.da.eml'));
    expect(subject).toBe('Godkend svar i sagen K7F-4QX-92M senest 28. december 2026');
    expect(html?.trim()).toBe(read('decide.da.html').trim());
    expect(read('decide.da.txt').trim()).toBe(`${subject}\n\n${text?.trim()}`);
  });

  test('is a usage error with an option it does not know', () => {
    expect(privacy('email', 'preview', '--to', 'x').status).toBe(2);
  });
});
