import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as failures from '../../domain/errors.ts';
import { reasonNamed } from '../../domain/reasons.ts';
import texts from '../../web/texts/staff.da.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const sourcesOf = (...folders: string[]): string =>
  folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => read(join(folder, file))),
    )
    .join('\n');
const steps = sourcesOf('domain', 'functions/lib', 'functions/tasks');

const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = '']) => name);

/** Errors of pages and of the command line, and one of S3 that a step knows: no step ends by them. */
const elsewhere = new Set(['Refusal', 'SignInRefused', 'InvalidDeadlineFacts', 'InvalidBreachFacts', 'AccessDenied']);

test('every name that a failure or a missing answer gets on a record is told in words', () => {
  const machine = read('statemachines/privacy-request.asl.json');
  const names = [
    ...Object.keys(failures),
    ...found(steps + sourcesOf('connectors'), /override readonly name = '(\w+)'/g),
    ...found(steps, /\breason: '(\w+)'/g).filter((name) => /^[A-Z]/.test(name)),
    // Codes are written as names of errors are.
    ...found(steps, /(?:return|\?|\[|,) '([A-Z]\w+)'/g).filter((name) => /^[A-Z][a-z]+[A-Z][a-z]+\w*$/.test(name)),
    ...found(machine, /"((?:Lambda|Runtime|Sandbox|States)\.\w+)"/g).filter((name) => name !== 'States.ALL'),
    ...found(machine, /"error": "(\w+)"/g),
  ];
  expect(new Set(names).size).toBeGreaterThan(20);
  const untold = names.filter((name) => !elsewhere.has(name) && reasonNamed(name) === undefined);
  expect([...new Set(untold)]).toEqual([]);
});

test('everything that an audit chain notes is told in words on the page of the case', () => {
  const noted = found(steps, /\bactor\([^,]+, '(\w+)'/g);
  expect(new Set(noted).size).toBeGreaterThan(30);
  expect(noted.filter((what) => !Object.hasOwn(texts, `audit.${what}`))).toEqual([]);
});
