import { expect, test } from 'vitest';
import type { Case, Request, RightRecord } from '../../domain/request.ts';
import { statusPage } from '../../web/pages/status.tsx';
import { textOf } from '../journeys/visitor.ts';
import { caseOf, config } from './specimens.ts';

const manifest = { hash: 'a'.repeat(64), round: 1, rows: 3, documents: 0, attempt: 'a' };
const sent = '2026-11-27T09:00:00Z';
const file = {
  parts: [{ key: 'k', bytes: 1, sha256: 'a', downloads: 0 }],
  builtAt: sent,
  expiresAt: '2026-12-11T09:00:00.000Z',
};

/** A case of somebody who asks for themselves. */
const held = (status: Request['status'], more: Partial<Request> = {}): Case =>
  caseOf(status, (text) => text, { authority: undefined, ...more });

const shown = ({ request, rights }: Case, now = '2026-11-27T10:00:00Z', language: 'da' | 'en' = 'da'): string =>
  textOf(statusPage({ language, config, path: `/request/${request.reference}`, request, rights, now: new Date(now) }));

const at = '2026-11-27T09:58:00.000Z';
const refused: Partial<RightRecord> = { status: 'REFUSED', decision: { outcome: 'refuse', at, reason: 'Nej tak' } };

test('a decision that can still be taken back is not told, and the right is not said to be over', () => {
  const { request, rights } = held('APPROVED');
  const [access, erasure] = rights as [RightRecord, RightRecord];
  const pending = [
    { ...access, decision: { outcome: 'approve', at } },
    { ...erasure, ...refused },
  ] as RightRecord[];
  const text = shown({ request, rights: pending, sources: [] });
  expect(text).not.toMatch(/Afsluttet|Afvist|Nej tak/);
  expect(text.match(/Vi arbejder på det/g)).toHaveLength(2);
  const before = pending.map((record) =>
    record.right === 'erasure' ? { ...erasure, ...refused, decision: { ...refused.decision, at: sent } } : record,
  ) as RightRecord[];
  expect(shown({ request, rights: before, sources: [] })).toMatch(/Afvist[\s\S]*Nej tak/);
});

test('a refusal at the start looks like no decision until it stands', () => {
  const { request, rights } = held('APPROVED');
  const pending = rights.map((record) => ({ ...record, decision: refused.decision })) as RightRecord[];
  const text = shown({ request, rights: pending, sources: [] });
  expect(text).toContain('Vi ser på din anmodning.');
  expect(text).not.toMatch(/gør svaret klar|Nej tak|Afvist/);
  expect(text.match(/Færdig/g)).toHaveLength(2);
  expect(shown(held('APPROVED', { startedAt: at }))).toContain('Vi gør svaret klar.');
});

test('the reason for more time is gone once the answer is sent', () => {
  const longer = (status: Request['status']): Case => {
    const { request, rights, sources } = held(status);
    const extension = { at, ground: 'complexity', reason: 'Syv systemer' } as const;
    return { request, rights: rights.map((record) => ({ ...record, extension })), sources };
  };
  expect(shown(longer('REVIEW'))).toContain('Syv systemer');
  expect(shown(longer('DELIVERED'))).not.toContain('Syv systemer');
});

test('a refused request shows as done what was done, and the rest as not done', () => {
  const words = (more: Partial<Request>) =>
    /Hvor langt er vi\?(.*)Det har du bedt om/.exec(shown(held('REFUSED', more)))?.[1]?.match(/Færdig|Ikke udført/g);
  expect(words({})).toEqual(['Færdig', 'Færdig', 'Ikke udført', 'Ikke udført', 'Ikke udført']);
  expect(words({ manifest })).toEqual(['Færdig', 'Færdig', 'Færdig', 'Færdig', 'Ikke udført']);
});

test('a new link is offered only where it would be sent, and no day to fetch by that is past', () => {
  const offered = (given: Case, now?: string) => [
    shown(given, now).includes('Send et nyt link'),
    shown(given, now).includes('Du kan hente svaret til og med'),
  ];
  const partly = {
    sent: [
      { at: sent, round: 1, manifest: 'a', attempt: 'a', missing: ['x'], reason: 'Arkivet er lukket', package: file },
    ],
  };
  expect(offered(held('DELIVERED', { package: file }))).toEqual([true, true]);
  expect(offered(held('REVIEW', partly))).toEqual([true, true]);
  expect(offered(held('REVIEW', partly), '2026-12-12T09:00:00Z')).toEqual([false, false]);
  expect(offered(held('APPROVED', partly))).toEqual([false, false]);
  expect(offered(held('DELIVERED', { package: file, links: 3 }))).toEqual([false, true]);
});

test('who asked for somebody else reads that the answer went to that person, and of no link of their own', () => {
  const { email } = config.dpo;
  const authority = { email, answerTo: 'person', reason: 'Fuldmagt', by: 'dpo', at } as const;
  const text = shown(held('DELIVERED', { package: file, authority }));
  expect(text).toContain('Svaret er sendt. Link og kode er sendt til den person, det handler om.');
  expect(text).not.toMatch(/Dit svar er klar|Du kan hente svaret til og med/);
});

test('an answer that is late is told as late, with whom to ask and where to complain', () => {
  const last = '2026-12-23T22:00:00Z';
  const after = '2026-12-23T23:30:00Z';
  expect(shown(held('REVIEW'), last)).toContain('Du får svar senest onsdag den 23. december 2026');
  expect(shown(held('REVIEW'), last)).not.toContain('forsinket');
  const late = shown(held('REVIEW'), after);
  expect(late).toMatch(/Svaret er forsinket.*Du skulle have haft svar senest onsdag den 23\. december 2026/);
  expect(late).toMatch(/klage til Datatilsynet.*domstolene/);
  expect(late).not.toContain('Du får svar senest');
  expect(shown(held('REVIEW'), after, 'en')).toMatch(/The answer is late.*You have the right to complain to/);
  for (const status of ['DELIVERED', 'REFUSED', 'WITHDRAWN'] as const) {
    expect(shown(held(status), after)).not.toMatch(/forsinket|skulle have haft/);
  }
  const asks = [{ kind: 'identity', question: 'Hvem?', at: sent, suspends: true }] as const;
  expect(shown(held('REVIEW', { asks: [...asks] }), after)).not.toMatch(/forsinket|skulle have haft|får svar senest/);
});
