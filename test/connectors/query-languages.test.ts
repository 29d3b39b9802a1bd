import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rest } from '../../connectors/rest.ts';
import { collectionOf, systemOf } from './systems.ts';

// What each language reads as one quoted text, by a reader that knows nothing of how it was written.
const backslashed = (text: string) => text.replace(/\\(.)/gs, '$1');
const soqlNames: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };
const single = /^'((?:[^'\\]|\\.)*)'$/s;

const languages: Readonly<Record<string, { quote: string; whole: RegExp; read: (text: string) => string }>> = {
  odata: { quote: "'", whole: /^'((?:[^']|'')*)'$/s, read: (text) => text.replaceAll("''", "'") },
  superoffice: { quote: "'", whole: single, read: backslashed },
  soql: {
    quote: "'",
    whole: /^'((?:[^'"\\\n\r]|\\[nrtbf"'\\])*)'$/,
    read: (text) => text.replace(/\\(.)/g, (_, character: string) => soqlNames[character] ?? character),
  },
  zendesk: { quote: '"', whole: /^"((?:[^"\\]|\\.)*)"$/s, read: backslashed },
  json: { quote: '"', whole: /^("(?:[^"\\\p{Cc}]|\\.)*")$/u, read: (text) => JSON.parse(text) as string },
};

const payloads = [
  "o'brien@b.example",
  "' or '1'='1",
  "'' or ''=''",
  "\\' or 1 eq 1 or 'a' eq \\'",
  '\\',
  "\\\\'",
  "'",
  '"',
  '" OR role:admin "',
  '\\" type:user \\"',
  "x') or (email ne '",
  "' OR Name LIKE '%",
  "' LIMIT 1 //",
  "'; DROP TABLE held; --",
  '"},{"email":{"$ne":""}}',
  'a\nb',
  'a\r\nrole:admin',
  'a\tb\bc\fd',
  '*',
  '%',
  '_',
  '{value}',
  '{fields}',
  '{value|json}',
  '$&',
  '$1',
  "$'",
  '$`',
  'a&b=c#d',
  '\u0000',
  '\u2028',
  '😀',
  'ʼ or ＇',
];

let base: string;
let query = '';

const server = createServer((request, response) => {
  query = new URL(request.url ?? '/', base).searchParams.get('q') ?? '';
  response.writeHead(200).end('{"rows":[]}');
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const connectorFor = (template: string) => {
  const held = collectionOf({ fields: ['id'], options: { path: '/', query: { q: template }, itemsPath: 'rows' } });
  const system = systemOf('rest', { held }, { baseUrl: base });
  const connector = rest({ system, secret: {}, allowLoopback: true });
  return async (value: string): Promise<string> => {
    for await (const _ of connector.find({ name: 'held', collection: held, field: 'id', values: [value] }));
    return query;
  };
};

test.each(Object.entries(languages))('a value is one text in %s, whatever it holds', async (name, language) => {
  const { quote, whole, read } = language;
  const send = connectorFor(`${quote}{value|${name}}${quote}`);
  const readBack = async (value: string) => read(whole.exec(await send(value))?.[1] ?? 'more than one text');
  for (const payload of payloads) expect(await readBack(payload), payload).toBe(payload);
  const values = fc
    .string({ unit: 'grapheme-composite', minLength: 1 })
    .filter((value) => !['.', '..'].includes(value));
  await fc.assert(
    fc.asyncProperty(values, async (value) => (await readBack(value)) === value),
    { numRuns: 200 },
  );
});

test('T44: a value is its letters in a regular expression, whatever it holds', async () => {
  const send = connectorFor('^{value|regex}$');
  for (const payload of [...payloads, '.*', '(a+)+$', 'a|b', '[a-z]', 'a{2}', '\\d', 'a^b$c', 'x-y/z']) {
    const expression = new RegExp(await send(payload));
    expect(expression.test(payload), payload).toBe(true);
    expect(expression.test(`${payload}x`), payload).toBe(false);
    expect(expression.test('jens.hansen@nordlys.example'), payload).toBe(false);
  }
});

test('a language that is not known, and a value without one between quotes, are refused before anything is asked', () => {
  expect(() => connectorFor("'{value|sql}'")).toThrow(/collections\.held\.options\.query\.q.*odata/);
  expect(() => connectorFor("'{value}'")).toThrow(/collections\.held\.options\.query\.q/);
});
