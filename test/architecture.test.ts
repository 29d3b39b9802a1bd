import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Who may import whom (docs/architecture.md). `type x` means types only: the import must vanish when compiled. */
const rules: Readonly<Record<string, readonly string[]>> = {
  domain: ['zod', 'yaml', 'temporal-polyfill', 'node:crypto', 'node:url'],
  connectors: [
    'domain',
    'node:',
    'zod',
    'kysely',
    'pg',
    'mysql2',
    'tedious',
    'hyparquet',
    'jmespath',
    '@aws-sdk',
    '@smithy',
  ],
  functions: [
    'domain',
    'connectors',
    'web',
    'node:',
    'zod',
    '@middy',
    '@fontsource',
    'nodemailer',
    'openid-client',
    'type aws-lambda',
  ],
  'functions/aws': ['domain', 'web', 'functions', 'node:', '@aws-sdk', '@smithy', 'nodemailer', 'zod'],
  web: ['domain', 'functions/routes.ts', 'd3-array', 'hono', 'ical-generator', 'pdfkit', 'fontkit', 'node:crypto'],
  infra: [
    'functions/routes.ts',
    'functions/aws/keys.ts',
    'type functions',
    'domain',
    'connectors/described.ts',
    'demo/tables.ts',
    'node:',
    'aws-cdk-lib',
    'constructs',
    'cdk-nag',
    'esbuild',
  ],
  local: [
    'node:',
    'jsonata',
    'dynalite',
    'classic-level',
    '@smithy',
    '@aws-sdk/checksums',
    'postal-mime',
    'nodemailer',
    'temporal-polyfill',
    'hono',
    'zod',
  ],
  demo: ['domain', 'node:', '@electric-sql', '@aws-sdk', 'oidc-provider', 'pg', 'yaml', 'zod'],
  cli: [
    'ajv',
    'domain',
    'connectors',
    'functions/aws',
    'functions/lib',
    'node:',
    'commander',
    'yaml',
    'yauzl',
    'zod',
    '@aws-sdk',
    'esbuild',
    'web',
  ],
};

const root = join(import.meta.dirname, '..');
const statement = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;

interface Import {
  readonly file: string;
  readonly type: boolean;
  readonly name: string;
}

const partOf = (file: string): string =>
  file.startsWith('functions/aws/') ? 'functions/aws' : (file.split('/')[0] ?? '');

const importsIn = (folder: string): Import[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => {
      const path = posix.join(folder, file);
      return [...readFileSync(join(root, path), 'utf8').matchAll(statement)].map(([, type, name = '']) => ({
        file: path,
        type: Boolean(type),
        name: name.startsWith('.') ? posix.join(posix.dirname(path), name) : name,
      }));
    });

const names = (name: string, allowed: string): boolean =>
  name === allowed || name.startsWith(`${allowed}/`) || (allowed.endsWith(':') && name.startsWith(allowed));

const mayImport = ({ file, type, name }: Import): boolean => {
  const part = partOf(file);
  const folder = part.split('/')[0] as string;
  if (part === folder && names(name, folder)) return true;
  const allowed = rules[part] ?? [];
  return allowed.some((rule) => (rule.startsWith('type ') ? type && names(name, rule.slice(5)) : names(name, rule)));
};

describe.each(Object.keys(rules).filter((part) => !part.includes('/')))('%s', (part) => {
  const found = importsIn(part);

  test('holds modules', () => expect(found.length).toBeGreaterThan(0));

  test('imports only what its rule allows', () => {
    expect(found.filter((each) => !mayImport(each)).map(({ file, name }) => `${file} imports ${name}`)).toEqual([]);
  });
});

const sources = (part: string) =>
  readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => ({ file: posix.join(part, file), text: readFileSync(join(root, part, file), 'utf8') }));

test("the AWS SDK is called only in functions/aws and by connectors, which use their vendor's client", () => {
  const called = sources('functions').filter(
    ({ file, text }) => !file.startsWith('functions/aws/') && text.includes("'@aws-sdk"),
  );
  expect(called.map(({ file }) => file)).toEqual([]);
});

test('the domain reads no clock, no randomness and no environment', () => {
  const impure = /Date\.now|new Date\(\)|Math\.random|randomBytes|randomUUID|process\./;
  expect(
    sources('domain')
      .filter(({ text }) => impure.test(text))
      .map(({ file }) => file),
  ).toEqual([]);
});

test('nothing builds code at run time', () => {
  const dynamic = /\beval\(|new Function\(/;
  const parts = ['domain', 'connectors', 'functions', 'web', 'infra'];
  expect(
    parts
      .flatMap(sources)
      .filter(({ text }) => dynamic.test(text))
      .map(({ file }) => file),
  ).toEqual([]);
});

test('a service of the local cloud is one file to all others: its parts are imported by itself alone', () => {
  const services = ['dynamodb', 'lambda', 's3', 'ses', 'states'];
  const isOf = (service: string, file: string) => new RegExp(`^local/${service}([-/].+)?\\.ts$`).test(file);
  const parts = importsIn('local').flatMap(({ file, name }) => {
    const service = services.find((each) => isOf(each, name) && name !== `local/${each}.ts`);
    return service ? [{ file, name, service }] : [];
  });
  expect(parts.length).toBeGreaterThan(0);
  const strange = parts.filter(({ file, service }) => !isOf(service, file));
  expect(strange.map(({ file, name }) => `${file} imports ${name}`)).toEqual([]);
});

test('no folder is named after nothing', () => {
  const empty = ['src', 'common', 'shared', 'utils', 'helpers', 'services', 'models', 'types'];
  const folders = Object.keys(rules).flatMap((part) => empty.map((name) => join(root, part, name)));
  expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
});
