import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const program = new URL('../../cli/privacy.ts', import.meta.url).pathname;
const empty = mkdtempSync(join(tmpdir(), 'privacy-cli-'));
const configured = mkdtempSync(join(tmpdir(), 'privacy-cli-'));

afterAll(() => {
  for (const folder of [empty, configured]) rmSync(folder, { recursive: true });
});

function configure(text: string): void {
  writeFileSync(join(configured, 'privacy.config.yaml'), text);
}

function privacy(args: string, cwd = empty): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args.split(' ').filter(Boolean)], { cwd, encoding: 'utf8' });
}

function answer(args: string, cwd = empty): Record<string, unknown> {
  const { status, stdout, stderr } = privacy(`${args} --json`, cwd);
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

const zoned = 'deadline --received 2026-01-31T13:00:00+01:00 --country DK --timezone Europe/Copenhagen';
const february = 'deadline --received 2026-02-10T13:00:00+01:00';

describe('privacy deadline', () => {
  test('prints date, exclusive instant and derivation as JSON', () => {
    expect(answer(`${zoned} --suspended 2026-02-02..2026-02-05`)).toMatchObject({
      due: '2026-03-03',
      dueExclusive: '2026-03-03T23:00:00Z',
      derivation: expect.arrayContaining(['received Saturday 31 January 2026 in Europe/Copenhagen']),
    });
    expect(answer(zoned)).toMatchObject({ due: '2026-03-02', strictDate: '2026-02-28' });
  });

  test('prints text for people without --json', () => {
    const { status, stdout } = privacy(zoned);
    expect(status).toBe(0);
    expect(stdout).toContain('Due:                      2026-03-02, before 2026-03-02T23:00:00Z');
    expect(stdout).toContain('- there is no 31 February: 28 February 2026 instead (Reg. 1182/71 Art. 3(2)(c))');
  });

  test('takes the extension, the refusal and several suspensions', () => {
    expect(answer(`${zoned} --extended`).due).toBe('2026-04-30');
    expect(answer(`${zoned} --refusal`).due).toBe('2026-03-02');
    const twice = '--suspended 2026-02-02..2026-02-05 --suspended 2026-02-04..2026-02-10';
    expect(answer(`${zoned} ${twice}`).due).toBe('2026-03-09');
    expect(answer(`${zoned} --suspended 2026-02-02..`).due).toBe('2026-03-02');
    expect(answer(`${zoned} --suspended 2026-02-02..2026-02-10 --policy restart`).due).toBe('2026-03-10');
  });

  test('counts for Denmark without a configuration', () => {
    expect(answer('deadline --received 2026-03-31T22:30:00Z').due).toBe('2026-05-01');
    // 5 June is a holiday of shops and banks only.
    expect(answer('deadline --received 2026-05-05T12:00:00Z').due).toBe('2026-06-05');
  });

  test('counts in the capital of a country that is named without a zone', () => {
    // 23:30 in Copenhagen is half past midnight of the next day in Helsinki.
    expect(answer('deadline --received 2026-11-09T22:30:00Z').due).toBe('2026-12-09');
    expect(answer('deadline --received 2026-11-09T22:30:00Z --country FI').due).toBe('2026-12-10');
  });

  test('counts for the configured controller, and options go before', () => {
    configure('version: 1\ncountry: GB-EAW\ntimeZone: Europe/London\nsuspensionPolicy: uk-pause\n');
    const suspended = `${february} --suspended 2026-02-11..2026-02-12`;
    expect(answer(suspended, configured)).toMatchObject({ due: '2026-03-12', dueExclusive: '2026-03-13T00:00:00Z' });
    expect(answer(`${suspended} --policy suspend`, configured).due).toBe('2026-03-11');
    expect(answer(`${february} --timezone Europe/Paris`, configured).dueExclusive).toBe('2026-03-10T23:00:00Z');
  });

  test.each(['country: 7', 'country: [', 'suspensionPolicy: never'])('says which file is wrong: %s', (text) => {
    configure(text);
    const { status, stdout, stderr } = privacy(february, configured);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('privacy.config.yaml');
  });

  test.each([
    ['deadline', '--received'],
    ['deadline --received 2026-02-30T12:00:00Z', '--received'],
    ['deadline --received 2026-02-10T12:00:00', '--received'],
    ['deadline --received 2026-02-10', '--received'],
    ['deadline --received soon', '--received'],
    [`${february} --timezone Europe/Roskilde`, '--timezone'],
    [`${february} --country ZZ`, '--country'],
    [`${february} --refusal --extended`, '--refusal'],
    [`${february} --policy never`, '--policy'],
    [`${february} --suspended 2026-02-11`, '--suspended'],
    [`${february} --suspended ..2026-02-11`, '--suspended'],
    [`${february} --suspended 2026-02-11..2026-02-30`, '--suspended'],
    [`${february} --suspended 2026-02-11..2026-02-10`, '--suspended'],
    [`${february} --suspended 2026-02-01..2026-02-12`, '--suspended'],
    [`${february} --urgent`, '--urgent'],
    [`${february} tomorrow`, 'tomorrow'],
    ['breach-clock', '--aware'],
    ['breach-clock --aware 2026-02-30T12:00:00Z', '--aware'],
    ['breach-clock --aware 2026-02-10T12:00:00Z --timezone Nowhere', '--timezone'],
    ['dead-line', 'dead-line'],
  ])('%s: exit 2, nothing on stdout, and the message names %s', (args, named) => {
    const { status, stdout, stderr } = privacy(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(named);
    expect(stderr).not.toContain('    at ');
  });

  test('help is data: stdout and exit 0', () => {
    const { status, stdout } = privacy('deadline --help');
    expect(status).toBe(0);
    expect(stdout).toContain('--suspended');
  });
});

describe('privacy breach-clock', () => {
  test('prints target and legal end', () => {
    const aware = 'breach-clock --aware 2026-11-20T15:00:00+01:00 --timezone Europe/Copenhagen';
    expect(answer(aware)).toEqual({ target: '2026-11-23T14:00:00Z', legal: '2026-11-23T15:00:00Z' });
    expect(privacy(aware).stdout).toContain('Target: 2026-11-23T14:00:00Z');
  });
});
