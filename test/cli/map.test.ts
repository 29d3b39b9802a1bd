import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'cli/privacy.ts');
const folder = mkdtempSync(join(tmpdir(), 'privacy-map-'));
afterAll(() => rmSync(folder, { recursive: true }));

const privacy = (args: readonly string[], cwd = root) =>
  spawnSync(process.execPath, [program, 'map', ...args], { cwd, encoding: 'utf8' });

const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const dataset = written(
  'fides.yml',
  `dataset:
  - fides_key: crm
    collections:
      - name: person
        fields:
          - { name: id, fides_meta: { primary_key: true } }
          - { name: email, fides_meta: { identity: email } }
      - name: orphan
        fields:
          - { name: id }
`,
);

test('check takes the map of the working directory and finds nothing', () => {
  const { status, stdout, stderr } = privacy(['check', '--json']);
  expect([status, JSON.parse(stdout)]).toEqual([0, { findings: [] }]);
  expect(stderr).toContain('nothing to mend');
});

test('check prints findings with file, line and column and exits with 3', () => {
  const file = written('bad.yaml', 'version: 1\nsystems:\n  crm: { titel: x }\n');
  const { status, stdout } = privacy(['check', file, '--json']);
  const { findings } = JSON.parse(stdout);
  expect(status).toBe(3);
  expect(findings).toContainEqual({
    file,
    line: 3,
    column: 10,
    rule: 'unknown-key',
    message: '"titel" is not known here: did you mean "title"?',
  });
  expect(privacy(['check', file]).stdout).toContain(`${file}:3:10 unknown-key: "titel"`);
});

const fixed = (name: string, changes: readonly (readonly [string, string])[]): string => {
  const text = readFileSync(join(root, 'systems', name), 'utf8');
  return changes.reduce((held, [before, after]) => {
    expect(held).toContain(before);
    return held.replace(before, after);
  }, text);
};

test.each([
  ['an unknown option of a connector', [['schema: public', 'shema: public']], 'unknown-key', 'did you mean "schema"?'],
  ['an option of a wrong type', [['schema: public', 'schema: public, timeout: fast']], 'invalid-value', 'timeout'],
  ['a database without a secret', [['      secret: privacy/customers\n', '']], 'missing-key', 'secret'],
  ['a secret in clear text', [['schema: public', 'schema: public, password: hunter2']], 'secret', 'Secrets Manager'],
  [
    'an unknown option of a collection',
    [['primaryKey: [id]', 'primaryKey: [id]\n        options: { scan: true }']],
    'unknown-key',
    '"scan"',
  ],
  ['an unknown connector', [['type: postgres', 'type: mysq']], 'unknown-connector', 'did you mean "mysql"?'],
] as const)('check finds %s at its line, and exits with 3', (_, changes, rule, message) => {
  const text = fixed('customers.yaml', changes);
  const { status, stdout } = privacy(['check', written('options.yaml', text), '--json']);
  const { findings } = JSON.parse(stdout);
  expect(status).toBe(3);
  const found = findings.find((each: { rule: string }) => each.rule === rule);
  expect(found.message).toContain(message);
  const at = text.split('\n')[found.line - 1]?.slice(found.column - 1);
  expect(at).toMatch(/^(shema|timeout|connector|password|scan|type)\b/);
  expect(stdout).not.toContain('hunter2');
});

const withPreset = (preset: string, at: string, options = ''): string => {
  const rest = `type: rest\n      options: { preset: ${preset} }`;
  const text = fixed('orders.yaml', [
    ['connector: { type: dynamodb }', `connector:\n      ${rest}`],
    ['at: orders', `at: ${at}${options}`],
  ]);
  return written('preset.yaml', text);
};

test('check asks a collection of a preset for nothing that the preset says', () => {
  const { findings } = JSON.parse(privacy(['check', withPreset('stripe', 'charge'), '--json']).stdout);
  expect(findings.filter(({ rule }: { rule: string }) => !/reach|reference/.test(rule))).toEqual([]);
});

test.each([
  ['a preset that there is none of', () => withPreset('stripes', 'charge'), 'did you mean "stripe"?'],
  ['a collection that the preset has not', () => withPreset('stripe', 'payout'), 'path'],
  [
    'a query in a language that is not known',
    () => withPreset('stripe', 'charge', '\n        options: { query: { q: "{value|sql}" } }'),
    'odata',
  ],
])('check finds %s, and exits with 3', (_, file, message) => {
  const { status, stdout } = privacy(['check', file()]);
  expect(status).toBe(3);
  expect(stdout).toContain(message);
});

test('check reads a Fides dataset and finds what no identity reaches', () => {
  const { status, stdout } = privacy(['check', dataset, '--json']);
  expect([status, JSON.parse(stdout).findings]).toMatchObject([3, [{ line: 8, column: 9, rule: 'unreachable' }]]);
});

test('plan prints steps in order, without what the person is known by', () => {
  const { status, stdout, stderr } = privacy([
    'plan',
    'demo/systems',
    '--identity',
    'email=agnes@example.dk',
    '--json',
  ]);
  const { steps, unreachable } = JSON.parse(stdout);
  expect([status, stderr, unreachable]).toEqual([0, '', []]);
  expect(steps).toContainEqual({
    collection: 'crm.notes',
    wave: 2,
    after: ['crm.customers'],
    inputs: [{ field: 'crm.notes.customer', from: 'crm.customers.id' }],
  });
  expect(stdout).not.toContain('agnes');
});

test('plan exits with 3 when a collection is not reached, and says where the way is missing', () => {
  const { status, stdout } = privacy(['plan', dataset, '--identity', 'email=a@b.dk', '--json']);
  expect(status).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    steps: [{ collection: 'crm.person', after: [], inputs: [{ field: 'crm.person.email', from: 'identity.email' }] }],
    unreachable: ['crm.orphan'],
    missing: [{ collection: 'crm.orphan', path: ['crm.orphan'] }],
  });
});

test('plan begins from several identities', () => {
  const { stdout } = privacy(['plan', dataset, '--identity', 'phone=1', '--identity', 'email=a@b.dk', '--json']);
  expect(JSON.parse(stdout).unreachable).toEqual(['crm.orphan']);
});

test('wrong calls exit with 2, name what is wrong and repeat no identity', () => {
  const calls: [string[], RegExp][] = [
    [['plan', 'demo/systems'], /--identity/],
    [['plan', 'demo/systems', '--identity', 'agnes@example.dk'], /--identity: write KIND=VALUE/],
    [['plan', 'nowhere.yaml', '--identity', 'email=x'], /nowhere\.yaml: no such file or folder/],
    [['check', '--jsn'], /--jsn/],
    [['import-fides', 'systems'], /not a Fides dataset/],
  ];
  for (const [args, message] of calls) {
    const { status, stdout, stderr } = privacy(args);
    expect([args, status, stdout]).toEqual([args, 2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('agnes');
  }
});

test('a folder without a map is a wrong call', () => {
  const empty = join(folder, 'empty');
  mkdirSync(join(empty, 'systems'), { recursive: true });
  expect(privacy(['check'], empty)).toMatchObject({ status: 2, stderr: expect.stringContaining('no YAML file') });
});

test('import-fides writes a map that plan takes', () => {
  const { status, stdout, stderr } = privacy(['import-fides', dataset]);
  expect([status, stderr]).toEqual([0, expect.stringContaining('texts say TODO')]);
  const { stdout: plan } = privacy(['plan', written('imported.yaml', stdout), '--identity', 'email=x', '--json']);
  expect(JSON.parse(plan)).toMatchObject({ steps: [{ collection: 'crm.person' }], unreachable: ['crm.orphan'] });
});

test('what an import could not know is found by check, each text at its place, before anything is deployed', () => {
  const { stdout: yaml } = privacy(['import-fides', dataset]);
  const reached = yaml.replace('      orphan:', '      orphan:\n        identity: { email: id }');
  const { status, stdout } = privacy(['check', written('to-do.yaml', reached), '--json']);
  const { findings } = JSON.parse(stdout) as { findings: { rule: string; line: number; column: number }[] };
  expect(status).toBe(3);
  const places = findings.map(({ line, column }) => reached.split('\n')[line - 1]?.slice(column - 1));
  expect(places.length).toBeGreaterThan(5);
  expect(findings.map(({ rule }) => rule)).toEqual(places.map(() => 'to-do'));
  for (const place of places) expect(place).toMatch(/^(name|email|da|en): (TODO|todo@)/);
});

test('graph writes one SVG', () => {
  const { status, stdout } = privacy(['graph', 'demo/systems', '--identity', 'email=x']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^<svg (?:.*\n)+<\/svg>\n$/);
  expect(stdout).toContain('Data map: 9 of 9 collections are reached from email');
});

const collectionText = (
  name: string,
  more: string,
  label = 'label: { da: Nummer, en: Number }',
): string => `      ${name}:
        title: { da: Ting, en: Things }
        primaryKey: [id]
        ${more}
        fields:
          id: { ${label} }
`;

const systemText = (name: string, collections: string): string => `version: 1
systems:
  ${name}:
    title: { da: Lager, en: Store }
    owner: { name: Ejer, email: ejer@nordlys.example }
    connector: { type: dynamodb }
    art15:
      purposes: [{ da: Salg, en: Sale }]
      legalBasis: { da: Aftale, en: Contract }
      recipients: []
      retention: { da: Et år, en: A year }
      source: { da: Dig, en: You }
    collections:
${collections}`;

const identity = 'identity: { email: id }';
const refersTo = (place: string) => `references: [{ field: id, from: ${place} }]`;

test.each([
  ['a reference to nothing', collectionText('order', refersTo('shop.person.id')), 'unknown-reference', 'from:'],
  [
    'two collections of one name',
    `${collectionText('person', identity)}${collectionText('person', identity)}`,
    'duplicate-name',
    'person',
  ],
  [
    'a cycle that nothing leads into',
    `${collectionText('a', refersTo('shop.b.id'))}${collectionText('b', refersTo('shop.a.id'))}`,
    'cycle-without-entry',
    'a:',
  ],
  ['a field without a label', collectionText('person', identity, 'category: user.name'), 'missing-label', 'id:'],
])('check finds %s at its place, and exits with 3', (_, collections, rule, at) => {
  const text = systemText('shop', collections);
  const { status, stdout } = privacy(['check', written('bad-map.yaml', text), '--json']);
  const { findings } = JSON.parse(stdout) as { findings: { rule: string; line: number; column: number }[] };
  expect(status).toBe(3);
  const found = findings.find((each) => each.rule === rule);
  expect(findings.map((each) => each.rule)).toContain(rule);
  const place = text.split('\n')[(found?.line ?? 0) - 1]?.slice((found?.column ?? 0) - 1);
  expect(place?.startsWith(at), place).toBe(true);
});

test('check finds a system that two files describe, in the second of them', () => {
  const [first, second] = ['one.yaml', 'two.yaml'].map((name) =>
    written(name, systemText('shop', collectionText('person', identity))),
  ) as [string, string];
  const { status, stdout } = privacy(['check', first, second, '--json']);
  expect(status).toBe(3);
  expect(JSON.parse(stdout).findings).toEqual([
    expect.objectContaining({ file: second, line: 3, column: 3, rule: 'duplicate-name' }),
  ]);
});
