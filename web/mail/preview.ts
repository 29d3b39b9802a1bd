import { type Template, templates } from '../../domain/change.ts';
import { complaintBody } from '../../domain/complaint-bodies.ts';
import type { Language } from '../../domain/config.ts';
import type { LetterFacts } from './facts.ts';
import { type Letter, letter } from './letters.tsx';

const sample: LetterFacts = {
  language: 'da',
  organisation: {
    name: 'Nordlys Handel A/S',
    address: 'Havnegade 12, 8000 Aarhus C',
    phone: '+45 70 00 00 00',
    email: 'kundeservice@nordlys.example',
  },
  dpo: { name: 'Dorte Ågård', email: 'dpo@nordlys.example', language: 'da' },
  timeZone: 'Europe/Copenhagen',
  reference: 'K7F-4QX-92M',
  rights: ['access', 'erasure'],
  receivedAt: '2026-11-26T09:22:00Z',
  strictDate: '2026-12-26',
  due: '2026-12-28',
  link: 'https://privatliv.nordlys.example/r/4pXo2v7tQm0yJ8c1sKfB6wZ3hN5dLrGa9uEiTjYk0Vx',
  linkExpiresAt: '2026-12-10T09:22:00Z',
  authority: complaintBody('DK'),
};

const instructions = {
  da: 'Arkivet er i rum 014 i kælderen.\nMapperne står efter efternavn.',
  en: 'The archive is in room 014 in the basement.\nFolders stand by surname.',
};

const titles = {
  da: ['Kundekartotek', 'Nyhedsbrev', 'Papirarkiv', 'Support', 'Webshop'],
  en: ['Customer register', 'Newsletter', 'Paper archive', 'Support', 'Web shop'],
};

const answers = [
  { state: 'OK', rows: 15, documents: 3, possibleMatches: 1 },
  { state: 'EMPTY', rows: 0, documents: 0, possibleMatches: 0 },
  { state: 'OK', rows: 0, documents: 1, possibleMatches: 0 },
  { state: 'PARTIAL', rows: 1200, documents: 0, possibleMatches: 0, reason: 'LimitReached' },
  { state: 'FAILED', rows: 0, documents: 0, possibleMatches: 0, reason: 'SourceUnavailable' },
] as const;

const reason = {
  da: 'Vi skal gemme fakturaer i fem år efter bogføringsloven.\nResten er slettet.',
  en: 'The bookkeeping act makes us keep invoices for five years.\nThe rest is erased.',
};

const whyLonger = {
  da: 'Dine data står i syv systemer, og to af dem er på papir.\nVi går dem igennem i hånden.',
  en: 'Your data are in seven systems, and two of them are on paper.\nWe go through them by hand.',
};

const outcomes = (language: Language): LetterFacts['outcomes'] => [
  { right: 'access', outcome: 'approve' },
  { right: 'erasure', outcome: 'refuse', reason: reason[language] },
];

/** A clarification: it is access alone that waits. */
const question: LetterFacts['question'] = { waiting: ['access'], running: ['erasure'] };

type More = Partial<LetterFacts>;

/** What each mail tells beside the case itself. */
const more: Readonly<Record<Template, (language: Language) => More>> = {
  confirm: () => ({ code: 'K7F4QX', linkExpiresAt: '2026-11-29T09:22:00Z' }),
  receipt: () => ({}),
  start: () => ({}),
  'owner-task': (language) => ({
    task: { owner: 'Per Møller', system: titles[language][2] ?? '', instructions: instructions[language] },
  }),
  'owner-reminder': (language) => ({
    task: { owner: 'Per Møller', system: titles[language][2] ?? '', deputies: true },
  }),
  decide: (language) => ({
    systems: answers.map((answer, at) => ({ ...answer, title: titles[language][at] ?? '' })),
  }),
  lacking: (language) => ({
    systems: answers.map((answer, at) => ({ ...answer, title: titles[language][at] ?? '' })),
  }),
  second: () => ({}),
  'handed-over': () => ({ status: 'REVIEW' }),
  'decider-code': () => ({ code: '48213975', link: undefined, linkExpiresAt: undefined }),
  'needs-person': () => ({ problem: { step: 'gather', error: 'SourceUnavailable' } }),
  ready: (language) => ({ outcomes: outcomes(language) }),
  partly: (language) => ({ outcomes: outcomes(language)?.slice(1) }),
  answered: (language) => ({ outcomes: outcomes(language)?.slice(1) }),
  code: () => ({ code: '48213975', link: undefined, linkExpiresAt: undefined }),
  expired: () => ({ link: undefined, linkExpiresAt: undefined }),
  'time-limit': () => ({ threshold: '7', status: 'REVIEW', extendBy: '2026-12-26', question }),
  extended: (language) => ({
    strictDate: '2027-02-26',
    due: '2027-02-26',
    extension: { ground: 'complexity', reason: whyLonger[language], rights: ['access'] },
  }),
  asked: () => ({ question }),
  'person-answered': () => ({ status: 'GATHERING' }),
  calendar: () => ({}),
  remind: () => ({ code: 'K7F4QX', linkExpiresAt: '2026-12-06T09:22:00Z' }),
  unproven: () => ({}),
  expiring: () => ({}),
  closed: () => ({ link: undefined, linkExpiresAt: undefined }),
  'new-link': () => ({}),
  withdrawn: () => ({ link: undefined, linkExpiresAt: undefined }),
  'case-withdrawn': () => ({ link: undefined, linkExpiresAt: undefined }),
  'task-ended': (language) => ({
    task: { owner: 'Per Møller', system: titles[language][2] ?? '' },
    link: undefined,
    linkExpiresAt: undefined,
  }),
  undelivered: () => ({ undelivered: { template: 'ready', to: 'subject', reason: 'bounced' } }),
};

/** The facts of a made-up case, complete for the mail. */
export const sampleFacts = (template: Template, language: Language): LetterFacts => ({
  ...sample,
  ...more[template](language),
  language,
});

export interface Preview extends Letter {
  /** Name of the mail and its language: `ready.da`. */
  readonly name: string;
  readonly language: Language;
}

const previewOf = (name: string, template: Template, language: Language, also: More = {}): Preview => ({
  name: `${name}.${language}`,
  language,
  ...letter(template, { ...sampleFacts(template, language), ...also }),
});

/** Every mail in every language, told about a made-up case. */
export const previews = (): Preview[] =>
  (['da', 'en'] as const).flatMap((language) => [
    ...templates.map((template) => previewOf(template, template, language)),
    previewOf('owner-reminder-deputy', 'owner-reminder', language, {
      task: { owner: 'Per Møller', system: titles[language][2] ?? '', deputy: true },
    }),
    previewOf('ready-parts', 'ready', language, { files: 3, outcomes: [] }),
    previewOf('partly-more', 'partly', language, { parts: 2 }),
    previewOf('ready-rest', 'ready', language, { rest: true, outcomes: [] }),
    previewOf('ready-nothing', 'ready', language, { nothingHeld: true, outcomes: [] }),
    previewOf('ready-for-you', 'ready', language, { behalf: 'person', outcomes: [] }),
    previewOf('ready-to-sender', 'ready', language, { behalf: 'sender', nothingHeld: true, outcomes: [] }),
    previewOf('answered-elsewhere', 'answered', language, { behalf: 'person', outcomes: outcomes(language) }),
    previewOf('time-limit-due', 'time-limit', language, { threshold: 'due', extendBy: undefined, question: undefined }),
  ]);
