import { describe, expect, test } from 'vitest';
import { categoryLabel } from '../../domain/data-categories.ts';
import { parseDataMap, readDataMap } from '../../domain/data-map.ts';
import { graphOfFides, readFides } from '../../domain/fides.ts';
import { importFides } from '../../domain/fides-import.ts';
import { planOf, planOfGraph } from '../../domain/plan.ts';

const shop = `
dataset:
  - fides_key: shop
    name: Web shop
    description: What customers bought.
    collections:
      - name: customer
        fields:
          - name: id
            fides_meta: { primary_key: true, data_type: integer }
          - name: email
            data_categories: [user.contact.email]
            fides_meta: { identity: email, length: 80 }
          - name: profile
            fields:
              - name: birthday
                description: As typed by the customer
                data_categories: [user.demographic.date_of_birth.imagined]
              - name: address_id
                fidesops_meta:
                  references: [{ dataset: shop, field: address.id, direction: to }]
      - name: address
        fields:
          - name: id
            fides_meta: { primary_key: true }
      - name: zOrder
        after: [mail.letter]
        fields:
          - name: number
          - name: customer_id
            fides_meta:
              references: [{ dataset: shop, field: customer.id, direction: from }]
      - name: staff
        fides_meta: { skip_processing: true }
        fields: [{ name: id }]
  - fides_key: mail
    collections:
      - name: letter
        fields:
          - name: phone
            fides_meta: { identity: phone_number }
          - name: customer
            fides_meta:
              references: [{ dataset: shop, field: customer.id }]
`;

const read = (text: string) => readFides([{ name: 'shop.yml', text }]);
const plan = (kinds: string[], text = shop) => planOfGraph(graphOfFides(read(text).datasets), kinds);

describe('a Fides dataset', () => {
  test('is planned from its identities, nested fields, directions and orders', () => {
    expect(plan(['email']).steps.map(({ collection, after }) => [collection, after])).toEqual([
      ['shop.customer', []],
      ['mail.letter', ['shop.customer']],
      ['shop.address', ['shop.customer']],
      ['shop.zOrder', ['mail.letter', 'shop.customer']],
    ]);
    expect(plan(['email']).steps[2]?.inputs).toEqual([
      { field: 'shop.address.id', from: 'shop.customer.profile.address_id' },
    ]);
  });

  test('a reference without direction is also walked the other way', () => {
    expect(plan(['phone_number']).steps.map(({ collection }) => collection)).toEqual([
      'mail.letter',
      'shop.customer',
      'shop.address',
      'shop.zOrder',
    ]);
    expect(plan(['phone_number']).steps[1]?.inputs).toEqual([
      { field: 'shop.customer.id', from: 'mail.letter.customer' },
    ]);
  });

  test('with direction `from` it is not', () => {
    const directed = shop.replace('field: customer.id }', 'field: customer.id, direction: from }');
    expect(plan(['phone_number'], directed).unreachable).toEqual(['shop.address', 'shop.customer', 'shop.zOrder']);
  });

  test.each([
    [
      'a reference to nothing',
      'field: address.id',
      'field: adress.id',
      'unknown-reference',
      'did you mean "shop.address"?',
      21,
    ],
    [
      'a reference to no field',
      'field: address.id',
      'field: address.idd',
      'unknown-reference',
      'did you mean "id"?',
      21,
    ],
    ['a direction that is none', 'direction: to', 'direction: too', 'invalid-value', 'did you mean "to"?', 21],
    [
      'a collection that is named twice',
      'name: address\n',
      'name: customer\n',
      'duplicate-name',
      'described twice',
      22,
    ],
    ['a missing name', '- name: number', '- title: number', 'missing-key', '"name" is missing', 29],
    ['an order after nothing', 'after: [mail.letter]', 'after: [mail.leter]', 'unknown-reference', 'mail.letter', 26],
    [
      'a collection that refers to itself',
      'dataset: shop, field: address.id',
      'dataset: shop, field: customer.id',
      'self-reference',
      'shop.customer refers to itself',
      21,
    ],
    [
      'a reference to what is not asked',
      'dataset: shop, field: address.id',
      'dataset: shop, field: staff.id',
      'unknown-reference',
      'skip_processing',
      21,
    ],
  ])('%s is found with its line', (_, before, after, rule, message, line) => {
    expect(shop).toContain(before);
    const { findings } = read(shop.replace(before, after));
    const finding = findings.find((each) => each.rule === rule);
    expect(finding).toMatchObject({ file: 'shop.yml', message: expect.stringContaining(message) });
    expect(Math.abs((finding?.line ?? 0) - line)).toBeLessThanOrEqual(1);
  });
});

test('everything that is wrong in a Fides file is told at once', () => {
  const wrong = shop
    .replace('direction: to', 'direction: too')
    .replace('- name: number', '- title: number')
    .replace('field: customer.id, direction: from', 'field: customer.idd, direction: from')
    .replace('name: address\n', 'name: customer\n');
  expect(new Set(read(wrong).findings.map(({ rule }) => rule))).toEqual(
    new Set(['invalid-value', 'missing-key', 'unknown-reference', 'duplicate-name']),
  );
});

describe('importFides', () => {
  const yaml = importFides(read(shop).datasets);
  const { map, findings } = readDataMap([{ name: 'import.yaml', text: yaml }]);
  if (!map) throw new Error(JSON.stringify(findings));

  test('nothing is deployed before a person wrote what it could not know', () => {
    const parsed = parseDataMap([{ name: 'import.yaml', text: yaml }]);
    const rules = 'findings' in parsed ? parsed.findings.map(({ rule }) => rule) : [];
    expect([findings, new Set(rules)]).toEqual([[], new Set(['to-do'])]);
  });

  test('gives a map of ours with labels from the categories, and says where a person must write', () => {
    const { customer, zorder } = map.systems.shop?.collections ?? {};
    expect(customer?.fields.email).toEqual({ label: { da: 'E-mail', en: 'E-mail' }, category: 'user.contact.email' });
    expect(customer?.fields['profile.birthday']?.label).toEqual({ da: 'Fødselsdato', en: 'Date of birth' });
    expect(customer?.primaryKey).toEqual(['id']);
    expect(zorder).toMatchObject({ at: 'zOrder', after: ['mail.letter'] });
    expect(map.systems.shop?.art15.legalBasis.en).toBe('TODO');
  });

  test('the import is planned as the dataset was', () => {
    const lower = (text: string) => JSON.parse(text.replaceAll('shop.zOrder', 'shop.zorder'));
    const kinds = ['email', 'phone_number'];
    expect(planOf(map, kinds)).toEqual(lower(JSON.stringify(plan(kinds))));
    expect(
      planOf(map, ['phone_number'])
        .steps.map(({ collection }) => collection)
        .sort(),
    ).toEqual(['mail.letter', 'shop.address', 'shop.customer', 'shop.zorder']);
  });

  test('takes from categories of the older taxonomy what the person provided and what was derived', () => {
    const older = shop.replace(
      '- name: number',
      `- name: number
          - { name: given, data_categories: [user.provided.identifiable] }
          - { name: made, data_categories: [user.derived] }`,
    );
    const yaml = importFides(read(older).datasets);
    const imported = readDataMap([{ name: 'import.yaml', text: yaml }]);
    expect(imported).toMatchObject({
      map: {
        systems: {
          shop: { collections: { zorder: { fields: { given: { provided: true }, made: { provided: false } } } } },
        },
      },
    });
    expect(yaml.match(/provided:/g)).toHaveLength(2);
  });

  test('keeps each field that holds a kind of identity, and the plan asks by all of them', () => {
    const second = shop.replace(
      '- name: number',
      '- { name: e1, fides_meta: { identity: email } }\n          - { name: e2, fides_meta: { identity: email } }',
    );
    const imported = readDataMap([{ name: 'import.yaml', text: importFides(read(second).datasets) }]).map;
    expect(imported?.systems.shop?.collections.zorder?.identity).toEqual({ email: ['e1', 'e2'] });
    const step = imported && planOf(imported, ['email']).steps.find(({ collection }) => collection === 'shop.zorder');
    expect(step?.inputs).toEqual([
      { field: 'shop.zorder.customer_id', from: 'shop.customer.id' },
      { field: 'shop.zorder.e1', from: 'identity.email' },
      { field: 'shop.zorder.e2', from: 'identity.email' },
    ]);
  });
});

describe('categoryLabel', () => {
  test.each([
    ['user.contact.email', 'E-mail'],
    ['user.contact.email.work', 'E-mail'],
    ['user.contact.fax', 'Kontaktoplysning'],
    ['user.contactless', 'Oplysning om dig'],
    ['user', 'Oplysning om dig'],
  ])('%s is called %s in Danish', (category, label) => {
    expect(categoryLabel(category)?.da).toBe(label);
  });

  test('knows no other taxonomy', () => {
    expect(categoryLabel('usercontact.email')).toBeUndefined();
    expect(categoryLabel('constructor')).toBeUndefined();
  });
});
