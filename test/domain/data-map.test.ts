import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDataMap, type SourceFile } from '../../domain/data-map.ts';

const root = join(import.meta.dirname, '../..');
const folder = (path: string): SourceFile[] =>
  readdirSync(join(root, path)).map((name) => ({ name, text: readFileSync(join(root, path, name), 'utf8') }));
const examples = folder('systems');

/** The findings of the examples with one text of one file replaced. */
const found = (name: string, before: string, after: string) => {
  const files = examples.map((file) => {
    if (file.name !== name) return file;
    expect(file.text).toContain(before);
    return { name, text: file.text.replace(before, after) };
  });
  const result = parseDataMap(files);
  return 'findings' in result ? result.findings : [];
};

/** The line of the examples' file where a text stands. */
const lineOf = (name: string, text: string): number => {
  const file = examples.find((each) => each.name === name)?.text ?? '';
  return file.slice(0, file.indexOf(text)).split('\n').length;
};

describe('parseDataMap', () => {
  test.each(['systems', 'demo/systems'])('takes the maps of %s', (path) => {
    expect(parseDataMap(folder(path))).toMatchObject({
      map: { version: 1 },
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  test('finds a collection that says the person provided it while none of its fields is', () => {
    const none = examples.map(({ name, text }) => ({
      name,
      text: text
        .replaceAll('{ label:', '{ provided: false, label:')
        .replace('primaryKey: [id]', 'primaryKey: [id]\n        provided: true'),
    }));
    const said = none.filter(({ name }) => name === 'customers.yaml');
    expect(parseDataMap(said)).toMatchObject({
      findings: [{ rule: 'provides-nothing', message: expect.stringContaining('no field is') }],
    });
  });

  test('gives the same map and hash whatever the order of files, keys and comments', () => {
    const first = parseDataMap(examples);
    const { 'customers.yaml': customers = '' } = Object.fromEntries(examples.map(({ name, text }) => [name, text]));
    const moved = customers
      .replace(/( {4}owner: .*\n)((?:.*\n)*?)( {4}art15:)/, '$2$1$3')
      .replace('# The customer', '# A customer');
    expect(moved).not.toBe(customers);
    const others = examples.filter(({ name }) => name !== 'customers.yaml');
    expect(parseDataMap([...others.toReversed(), { name: 'z.yaml', text: moved }])).toEqual(first);
    expect(JSON.stringify(parseDataMap(examples.toReversed()))).toBe(JSON.stringify(first));
  });

  test('the hash changes with a label', () => {
    const changed = examples.map(({ name, text }) => ({
      name,
      text: text.replace('da: Telefon,', 'da: Telefonnummer,'),
    }));
    expect(parseDataMap(changed)).not.toHaveProperty('hash', (parseDataMap(examples) as { hash: string }).hash);
  });

  const customers = 'customers.yaml';
  test.each([
    [
      'a canary in no collection',
      '    collections:',
      '    canary: { collection: persn, field: email, value: k@example.org }\n    collections:',
      'unknown-reference',
      'did you mean "person"?',
    ],
    [
      'a deputy without an address',
      'language: da }',
      'language: da, deputies: [the office] }',
      'invalid-value',
      'mail',
    ],
    ['an unknown connector', 'type: postgres', 'type: postgress', 'unknown-connector', 'did you mean "postgres"?'],
    ['an unknown key', 'primaryKey: [id]', 'primarykey: [id]', 'unknown-key', 'did you mean "primaryKey"?'],
    [
      'a missing label',
      '{ label: { da: Navn, en: Name }, category: user.name }',
      '{ category: user.name }',
      'missing-label',
      'write label: { da: ..., en: ... }',
    ],
    ['a label in one language', '{ da: Navn, en: Name }', '{ da: Navn }', 'missing-label', 'write en: ...'],
    [
      'a reference to no system',
      'customers.person.id }',
      'customer.person.id }',
      'unknown-reference',
      'did you mean "customers"?',
    ],
    [
      'a reference to no collection',
      'customers.person.id }',
      'customers.persons.id }',
      'unknown-reference',
      'did you mean "person"?',
    ],
    [
      'a reference to no field',
      'customers.person.id }',
      'customers.person.ids }',
      'unknown-reference',
      'did you mean "id"?',
    ],
    ['a reference without an end', 'from: customers.person.id }', '}', 'missing-key', 'from: or to:'],
    [
      'a referring field that is not described',
      'field: person_id,',
      'field: personid,',
      'undescribed-field',
      'did you mean "person_id"?',
    ],
    [
      'an identity that is not described',
      '{ email: email }',
      '{ email: mail }',
      'undescribed-field',
      '"mail" is not described',
    ],
    [
      'a primary key that is not described',
      'primaryKey: [id]',
      'primaryKey: [number]',
      'undescribed-field',
      '"number" is not described',
    ],
    [
      'a field of when the person was last seen that is not described',
      'primaryKey: [id]',
      'primaryKey: [id]\n        lastSeen: placed',
      'undescribed-field',
      '"placed" is not described',
    ],
    [
      'a name that cannot be used',
      'person:\n        title: { da: Stam',
      'Person:\n        title: { da: Stam',
      'invalid-name',
      'lower-case letters',
    ],
    ['a name that stands twice', '          name: {', '          email: {', 'duplicate-name', 'stands here twice'],
    ['a name that JavaScript reserves', '          phone: {', '          __proto__: {', 'reserved-name', 'rename it'],
    [
      'an unreachable collection',
      'from: customers.person.id',
      'to: customers.person.id',
      'unreachable',
      'customers.note would never be asked',
    ],
    [
      'a password among options',
      'options: { schema',
      'options: { password: hunter2, schema',
      'secret',
      'Secrets Manager',
    ],
    [
      'a login in an address',
      'schema: public',
      "url: 'postgres://app:hunter2@db.example/x'",
      'secret',
      'Secrets Manager',
    ],
    ['a key by its form', 'schema: public', 'schema: AKIAIOSFODNN7EXAMPLE', 'secret', 'Secrets Manager'],
    [
      'a password beside the options',
      'options: { schema',
      'password: hunter2\n      options: { schema',
      'secret',
      'Secr',
    ],
    [
      'a password where its name belongs',
      'secret: privacy/customers',
      "secret: 'hunter2!'",
      'invalid-value',
      'the name of',
    ],
    [
      'a collection that refers to itself',
      'identity: { email: email }',
      'identity: { email: email }\n        references: [{ field: id, from: customers.person.name }]',
      'self-reference',
      'customers.person refers to itself',
    ],
    [
      'an order against the references',
      'identity: { email: email }',
      'identity: { email: email }\n        after: [customers.note]',
      'impossible-order',
      'customers.person cannot be asked after customers.note',
    ],
    ['a letter that is not UTF-8', 'da: Navn', 'da: N\uFFFDvn', 'encoding', 'UTF-8'],
  ])('finds %s', (_, before, after, rule, message) => {
    const findings = found(customers, before, after);
    const finding = findings.find((each) => each.rule === rule);
    expect(finding).toMatchObject({ file: customers, message: expect.stringContaining(message) });
    expect(Math.abs((finding?.line ?? 0) - lineOf(customers, before))).toBeLessThanOrEqual(6);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  test('tells everything that is wrong at once, and of what a faulty collection leads to nothing', () => {
    const [customersText = '', ordersText = ''] = [customers, 'orders.yaml'].map(
      (name) => examples.find((each) => each.name === name)?.text ?? '',
    );
    const alone = (text: string) => `      alone:
        title: { da: x, en: x }
        primaryKey: [id]
        references: [{ field: id, from: ${text} }]
        fields: { id: { label: { da: x, en: x } } }
`;
    const wrong = customersText
      .replace('type: postgres', 'type: postgress')
      .replace('schema: public', 'schema: public, password: hunter2')
      .replace('{ label: { da: Navn, en: Name }, category: user.name }', '{ category: user.name }')
      .replace('customers.person.id }', 'customers.persons.id }')
      .replace('identity: { email: email }', 'identity: { email: mail }')
      .concat(alone('orders.alone.id'), alone('orders.alone.id'));
    const files = [
      { name: customers, text: wrong },
      { name: 'orders.yaml', text: `${ordersText}${alone('customers.alone.id')}` },
    ];
    const result = parseDataMap(files);
    const findings = 'findings' in result ? result.findings : [];
    expect(findings.map(({ file, rule }) => `${file} ${rule}`).sort()).toEqual([
      'customers.yaml cycle-without-entry',
      'customers.yaml duplicate-name',
      'customers.yaml missing-label',
      'customers.yaml secret',
      'customers.yaml undescribed-field',
      'customers.yaml unknown-connector',
      'customers.yaml unknown-reference',
      'orders.yaml cycle-without-entry',
    ]);
  });

  test.each([
    ['UTF-16', 'utf16le'],
    ['Latin-1', 'latin1'],
  ] as const)('refuses a file in %s', (_, encoding) => {
    const text = Buffer.from(`version: 1\nsystems: {} # \u00e6\u00f8\n`, encoding).toString('utf8');
    expect(parseDataMap([{ name: 'x.yaml', text }])).toMatchObject({
      findings: [{ rule: 'encoding', file: 'x.yaml' }],
    });
  });

  test('points at the key itself', () => {
    expect(found(customers, 'type: postgres', 'type: postgress')).toEqual([
      {
        file: customers,
        line: lineOf(customers, 'type: postgres'),
        column: 7,
        rule: 'unknown-connector',
        message: '"postgress" is not known here: did you mean "postgres"?',
      },
    ]);
  });

  test('finds a cycle that no identity enters', () => {
    const cycle = 'identity: { email: email }';
    const findings = found(customers, cycle, 'references: [{ field: id, from: customers.note.person_id }]');
    expect(findings.map(({ rule }) => rule)).toEqual([
      'cycle-without-entry',
      'cycle-without-entry',
      'cycle-without-entry',
    ]);
    expect(findings.map(({ file }) => file)).toEqual([customers, customers, 'orders.yaml']);
  });

  test('finds a system that two files describe, at the second', () => {
    const result = parseDataMap([...examples, { name: 'zz.yaml', text: examples[0]?.text ?? '' }]);
    expect(result).toMatchObject({
      findings: [
        { file: 'zz.yaml', rule: 'duplicate-name', message: expect.stringContaining(examples[0]?.name ?? '-') },
      ],
    });
  });

  test('T36, T45: finds addresses of HTTP connectors that are not https or not public', () => {
    const connector = 'type: postgres\n      secret: privacy/customers\n      options: { schema: public }';
    const rest = (url: string) =>
      found(customers, connector, `type: rest\n      options: { baseUrl: '${url}' }`).map(({ rule }) => rule);
    expect(rest('https://api.example/v1')).toEqual([]);
    expect(rest('http://api.example/v1')).toEqual(['insecure-address']);
    const inside = ['localhost', 'localhost.', 'db.internal', '127.0.0.1', '2130706433', '0x7f.1', '10.1.2.3'];
    const more = ['172.20.0.1', '192.168.0.9', '169.254.169.254', '[::1]', '[fd00::1]', '[::ffff:10.0.0.1]'];
    for (const host of [...inside, ...more]) {
      expect([host, rest(`https://${host}/v1`)]).toEqual([host, ['private-address']]);
    }
  });

  test('takes placeholders and mappings whose names only sound secret', () => {
    const mapping =
      'options: { query: { api_key: "{value}" }, paging: { param: pageToken }, fields: { token: consent.token } }';
    expect(found(customers, 'options: { schema: public }', mapping)).toEqual([]);
  });

  test.each([
    ['nothing', '', 'missing-key'],
    ['a list', '- a\n- b\n', 'invalid-value'],
    ['no systems', 'version: 1\nsystems: {}\n', 'empty-map'],
    ['two documents', 'version: 1\n---\nversion: 1\n', 'yaml'],
    [
      'an alias bomb',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[...'bcdefg'].map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`).join('\n')}\n`,
      'yaml',
    ],
  ])('refuses %s', (_, text, rule) => {
    expect(parseDataMap([{ name: 'x.yaml', text }])).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ file: 'x.yaml', rule, line: expect.any(Number) })]),
    });
  });

  test('refuses no files at all', () => {
    expect(parseDataMap([])).toMatchObject({ findings: [{ rule: 'empty-map' }] });
  });
});
