import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { pagePath, systemFolder } from '../../domain/answer-layout.ts';
import { complaintBody } from '../../domain/complaint-bodies.ts';
import type { Language } from '../../domain/config.ts';
import type { Row } from '../../domain/connector.ts';
import { DataMap } from '../../domain/data-map.ts';
import { leftOut } from '../../domain/left-out.ts';
import type { AnswerFacts, AnswerSystem } from '../../web/package/answer.ts';

const folder = join(import.meta.dirname, '../../demo/systems');
const { systems } = DataMap.parse({
  version: 1,
  systems: Object.assign(
    {},
    ...readdirSync(folder).map((name) => parse(readFileSync(join(folder, name), 'utf8')).systems),
  ),
});

const customer: Row = {
  id: 1042,
  name: 'Søren Ærøskøbing',
  email: 'soren@example.org',
  phone: '+45 20 00 00 00',
  street: 'Ågade 3, 2. tv.',
  postcode: '8000',
  town: 'Aarhus C',
  born: '1979-03-04',
  segment: 'P',
  marketing: true,
  created: '2019-11-30T08:15:00+01:00',
};

const note: Row = {
  id: 7,
  customer: 1042,
  written: '2024-02-29T12:00:00Z',
  author: 'BH',
  channel: '1',
  text: 'Ringede.',
};

const order: Row = {
  orderId: 'O-1',
  customerId: 1042,
  placed: '2025-05-05T10:00:00Z',
  status: 'DELIVERED',
  total: 349.5,
  lines: [
    { sku: 'A1', name: 'Lampe', count: 2, price: 149.5 },
    { sku: 'B2', name: 'Pære', count: 1, price: 50.5 },
  ],
};

const place = (name: string, collection: string, ending: string) => `systemer/01-${name}/${collection}.${ending}`;

const held = (name: string, collection: string, rows: number, sample: readonly Row[]) => ({
  name: collection,
  rows,
  sample,
  json: place(name, collection, 'json'),
  csv: place(name, collection, 'csv'),
  documents: [],
});

const answered: Readonly<Record<string, Partial<AnswerSystem>>> = {
  crm: {
    state: 'OK',
    collections: [
      held('crm', 'customers', 1, [customer]),
      held('crm', 'notes', 2, [note, { ...note, id: 8, channel: '3', text: null }]),
    ],
  },
  webshop: {
    state: 'PARTIAL',
    reason: 'LimitReached',
    collections: [held('webshop', 'orders', 1200, [order]), held('webshop', 'shipments', 0, [])],
  },
  newsletter: { state: 'EMPTY' },
  support: { state: 'FAILED', reason: 'SourceUnavailable', possibleMatches: 2 },
  archive: { state: 'OK', files: [{ path: 'systemer/01-archive/filer/owner-0001.pdf', bytes: 182_334 }] },
};

/** Replaces every text that comes from a source or a person. */
export type Typing = (text: string) => string;

const retype = (value: unknown, typed: Typing): never => {
  if (typeof value === 'string') return typed(value) as never;
  if (Array.isArray(value)) return value.map((each) => retype(each, typed)) as never;
  if (value === null || typeof value !== 'object') return value as never;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, retype(inner, typed)])) as never;
};

const answeredSystems = (language: Language, typed: Typing): AnswerSystem[] =>
  Object.entries(systems)
    .sort()
    .map(([name, system]): AnswerSystem => {
      const { state = 'EMPTY', reason, collections = [], files = [] } = answered[name] ?? {};
      const samples = collections.map((each) => ({ ...each, sample: retype(each.sample, typed) as readonly Row[] }));
      const { possibleMatches = 0 } = answered[name] ?? {};
      const page = pagePath(systemFolder(Object.keys(systems), name, language));
      const found = { rows: collections.reduce((sum, { rows }) => sum + rows, 0), documents: files.length };
      return { name, system, page, state, reason, possibleMatches, collections: samples, files, found };
    });

/** An answer about a made-up person with every state a system can have. `typed` changes what sources and people wrote. */
export const answerFacts = (language: Language, typed: Typing = (text) => text): AnswerFacts => ({
  language,
  organisation: {
    name: 'Nordlys Handel A/S',
    address: 'Havnegade 12, 8000 Aarhus C',
    phone: '+45 70 00 00 00',
    email: 'kundeservice@nordlys.example',
  },
  dpo: { name: 'Dorte Ågård', email: 'dpo@nordlys.example', language: 'da' },
  timeZone: 'Europe/Copenhagen',
  reference: 'K7F-4QX-92M',
  person: { name: typed('Søren Ærøskøbing'), email: 'soren@example.org' },
  rights: ['access', 'portability'],
  receivedAt: '2026-11-23T09:22:00Z',
  gatheredAt: '2026-11-25T14:00:00Z',
  authority: complaintBody('DK'),
  systems: answeredSystems(language, typed),
  leftOut: leftOut(answeredSystems(language, typed), [{ right: 'portability', reason: typed('Ikke din aftale.') }]),
});

/** An answer in which the newsletter alone held something, all of which was held back. */
export const allWithheld = (facts: AnswerFacts, ground: string): AnswerFacts => {
  const nothing = { state: 'EMPTY', reason: undefined, collections: [], files: [], possibleMatches: 0 } as const;
  const found = { rows: 0, documents: 0 };
  const none = { name: 'subscriptions', rows: 0, sample: [], documents: [] };
  const held = { system: 'newsletter', collection: 'subscriptions', what: 'rows', count: 4, ground } as const;
  return {
    ...facts,
    systems: facts.systems.map((each) => ({
      ...each,
      ...nothing,
      found,
      ...(each.name === 'newsletter' ? { state: 'OK', collections: [none] } : {}),
    })),
    leftOut: leftOut([], [], [held]),
  };
};
