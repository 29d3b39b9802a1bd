import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { published } from '../../bench/generate-schemas.ts';
import { parseConfig } from '../../domain/config.ts';

const root = join(import.meta.dirname, '../..');
const example = readFileSync(join(root, 'privacy.config.yaml'), 'utf8');

/** The findings of the example with one text replaced, as `line:column rule`. */
const found = (before: string, after: string) => {
  expect(example).toContain(before);
  const result = parseConfig('privacy.config.yaml', example.replace(before, after));
  return 'findings' in result ? result.findings : [];
};
const lineOf = (text: string) => example.slice(0, example.indexOf(text)).split('\n').length;
const issuer = (more: string) => `{ ${more}issuer: 'https://login.example', clientId: 'a', secret: 'a/b' }`;

describe('parseConfig', () => {
  test.each(['privacy.config.yaml', 'demo/privacy.config.yaml'])('takes %s', (file) => {
    const result = parseConfig(file, readFileSync(join(root, file), 'utf8'));
    expect(result).toHaveProperty('config.country', 'DK');
    expect(result).toHaveProperty('config.limits.mailsPerAddressPerDay', 3);
  });

  test.each([
    ['an unknown key', 'colour:', 'color:', 'unknown-key', '"color" is not known here: did you mean "colour"?'],
    [
      'an unknown zone',
      'Europe/Copenhagen',
      'Europe/Kopenhagen',
      'unknown-time-zone',
      'did you mean "Europe/Copenhagen"?',
    ],
    ['an offset as zone', 'Europe/Copenhagen', "'+01:00'", 'unknown-time-zone', 'not an IANA time zone'],
    [
      'an unknown country',
      'country: DK',
      'country: DX',
      'unknown-country',
      'the public holidays of "DX" are not known',
    ],
    ['a policy that is none', 'Policy: suspend', 'Policy: suspent', 'invalid-value', 'did you mean "suspend"?'],
    ['a language that is none', '[da, en]', '[da, eng]', 'invalid-value', 'did you mean "en"?'],
    ['a language twice', '[da, en]', '[da, da]', 'duplicate-name', '"da" stands here twice'],
    ['a sender that is not verified', 'privatliv@eksempel', 'privatliv@andet', 'mail-identity', 'not covered'],
    [
      'one secret for staff and people',
      'country: DK',
      `proof: ${issuer("name: 'Konto', ")}\nsignIn: ${issuer('')}\ncountry: DK`,
      'duplicate-name',
      'is the secret of signIn',
    ],
    ['a colour that is none', "'#0b5c8a'", 'blue', 'invalid-value', 'colour'],
    [
      'an address that is not https',
      'https://eksempel.example',
      'http://eksempel.example',
      'invalid-value',
      'privacyNotice',
    ],
    ['a key that stands twice', 'country: DK', 'country: DK\ncountry: DK', 'duplicate-name', 'stands here twice'],
    ['broken YAML', '[da, en]', '[da, en', 'yaml', ''],
  ])('finds %s', (_, before, after, rule, message) => {
    const [first] = found(before, after);
    expect(first).toMatchObject({ file: 'privacy.config.yaml', rule, message: expect.stringContaining(message) });
    expect(Math.abs((first?.line ?? 0) - lineOf(before))).toBeLessThanOrEqual(1);
    expect(first?.column).toBeGreaterThan(0);
  });

  test('finds what is missing at the part it is missing from', () => {
    expect(found('  email: dpo@eksempel.example\n', '')).toEqual([
      {
        file: 'privacy.config.yaml',
        line: 10,
        column: 1,
        rule: 'missing-key',
        message: '"email" is missing: write email: ...',
      },
    ]);
    expect(parseConfig('c.yaml', '')).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ rule: 'missing-key', line: 1, column: 1 })]),
    });
  });

  test('tells everything at once', () => {
    expect(
      found('country: DK\ntimeZone: Europe/Copenhagen', 'country: QQ\ntimeZone: Nowhere').map(({ rule }) => rule),
    ).toEqual(['unknown-country', 'unknown-time-zone']);
  });
});

test.each(published())('docs/schema/$name is what the schema gives', ({ name, schema }) => {
  const written = readFileSync(join(root, 'docs/schema', name), 'utf8');
  expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(schema)));
});
