import type { Config, Language } from '../../domain/config.ts';
import type { DataMap, System } from '../../domain/data-map.ts';
import { type Decider, decidersOf } from '../../domain/deciders.ts';
import { type Answers, fieldsOf, formSteps, validateStep } from '../../domain/form.ts';
import { mailAddress } from '../../domain/form-mail.ts';
import type { Fact } from '../../domain/month.ts';
import { filters, type Summary, under } from '../../domain/overview.ts';
import { zipsOf } from '../../domain/package.ts';
import { referenceFrom } from '../../domain/reference.ts';
import { type MonthTotals, monthAfter, reportOf } from '../../domain/report.ts';
import {
  type Case,
  type Person,
  type Request,
  type Right,
  type RightRecord,
  rights,
  type SourceRecord,
  type Status,
  statuses,
} from '../../domain/request.ts';
import { accessibilityPage } from '../../web/pages/accessibility.tsx';
import { type ConfirmState, confirmPage } from '../../web/pages/confirm.tsx';
import { deciderCodePage } from '../../web/pages/decider-code.tsx';
import { type DownloadState, downloadPage } from '../../web/pages/download.tsx';
import { endedLinkPage } from '../../web/pages/ended-link.tsx';
import { errorPage } from '../../web/pages/error.tsx';
import { formPage } from '../../web/pages/form.tsx';
import { type OverviewProps, overviewPage } from '../../web/pages/overview.tsx';
import { ownerPage } from '../../web/pages/owner.tsx';
import { type OwnerFilesProps, ownerFilesPage } from '../../web/pages/owner-files.tsx';
import { type ProofProblem, proofPage } from '../../web/pages/proof.tsx';
import { reportPage } from '../../web/pages/report.tsx';
import { dataPage, type ReviewProps, rowPage, textPage } from '../../web/pages/review.tsx';
import { sentPage } from '../../web/pages/sent.tsx';
import { type SignInState, signInPage } from '../../web/pages/sign-in.tsx';
import { type StaffProblem, type StaffProps, staffPage } from '../../web/pages/staff.tsx';
import { startPage } from '../../web/pages/start.tsx';
import { statusPage } from '../../web/pages/status.tsx';

/** Puts in what somebody outside typed: the identity for a plain page, a payload for a hostile one. */
export type Typing = (text: string) => string;

export interface Specimen {
  readonly name: string;
  readonly html: string;
}

export const config: Config = {
  version: 1,
  organisation: {
    name: 'Nordlys Handel A/S',
    address: 'Havnegade 12, 8000 Aarhus C',
    phone: '+45 70 10 20 30',
    email: 'privacy@nordlys.example',
    privacyNotice: 'https://nordlys.example/privatliv',
  },
  dpo: { name: 'Karen Højgaard', email: 'dpo@nordlys.example', language: 'da' },
  country: 'DK',
  timeZone: 'Europe/Copenhagen',
  suspensionPolicy: 'suspend',
  languages: ['da', 'en'],
  colour: '#0b5c8a',
  mail: { from: 'privacy@nordlys.example', identity: 'nordlys.example' },
  start: 'ask',
  limits: { mailsPerAddressPerDay: 3, requestsPerClientPerHour: 30, requestsPerHour: 2000 },
  delivery: { partMegabytes: 2000 },
  retention: { evidenceDays: 30, personDays: 180, recordYears: 3 },
};

const reference = 'K7F-4QX-92M';
const receivedAt = '2026-11-23T13:05:00.000Z';
const now = new Date('2026-11-27T09:00:00Z');

const personOf = (typed: Typing): Person => ({
  name: typed('Søren Ærø Ågesen'),
  email: 'soren.agesen@eksempel.dk',
  customerNumber: typed('NH-204811'),
  alsoKnownAs: typed('Søren Holm, soren@gammel.example'),
  details: typed('Alt om min ordre i foråret 2025.\nOgså mine samtaler med kundeservice.'),
  onBehalfOf: { name: typed('Ellen Ågesen'), relation: typed('Søn med fuldmagt') },
});

const authorityOf = (typed: Typing): Request['authority'] => ({
  email: 'ellen.agesen@eksempel.dk',
  answerTo: 'person',
  reason: typed('Fuldmagt af 3. marts, set i original.'),
  by: 'dpo',
  at: '2026-11-24T08:10:00.000Z',
});

const requestOf = (status: Status, typed: Typing, more: Partial<Request> = {}): Request => ({
  requestId: 'r-1',
  reference,
  schemaVersion: 1,
  version: 7,
  language: 'da',
  receivedAt,
  person: personOf(typed),
  ...(['RECEIVED', 'AWAITING_PROOF', 'VERIFIED'].includes(status) ? {} : { authority: authorityOf(typed) }),
  status,
  round: 1,
  evidence: 'evidence/1',
  downloads: 1,
  segment: { n: 3, step: 'review', at: receivedAt },
  confirmMails: 1,
  audit: { n: 9, hash: 'a', at: '2026-11-26T09:22:00Z' },
  ...more,
});

const deadline: RightRecord['deadline'] = {
  strictDate: '2026-12-23',
  due: '2026-12-23',
  dueExclusive: '2026-12-23T23:00:00.000Z',
  dueWithoutSuspension: '2026-12-23',
  firstMonthEnd: '2026-12-23',
  internalTarget: '2026-12-16',
  refuseBy: '2026-12-23',
  alarms: [{ threshold: '14', at: '2026-12-08T23:00:00.000Z', date: '2026-12-23' }],
  rulesVersion: '1',
  holidayListVersion: '2026-1',
  derivation: [
    { rule: 'received', date: '2026-11-23', timeZone: 'Europe/Copenhagen' },
    { rule: 'month', country: 'DK' },
    { rule: 'same-day', date: '2026-12-23' },
    { rule: 'working-day', date: '2026-12-23', timeZone: 'Europe/Copenhagen' },
  ],
};

const recordOf = (right: Right, status: Status, typed: Typing): RightRecord => {
  const at = '2026-12-01T09:30:00.000Z';
  if (status === 'REFUSED') {
    return {
      right,
      status,
      deadline,
      decision: { outcome: 'refuse', at, reason: typed('Vi skal gemme fakturaer i fem år.') },
    };
  }
  const decided = ['APPROVED', 'DELIVERED', 'CLOSED'].includes(status);
  const decision = { outcome: 'approve' as const, at, incomplete: typed('Arkivet er lukket til januar.') };
  return { right, status, deadline, ...(decided ? { decision } : {}) };
};

const systemOf = (title: string, owner: string, typed: Typing): System => ({
  title: { da: title, en: title },
  owner: { name: typed(owner), email: 'ejer@nordlys.example', language: 'da' },
  tier: 'basic',
  network: 'public',
  connector: { type: 'postgres', options: {} },
  instructions: {
    da: typed('Se i skabet med kontrakter.\nMapperne er ordnet efter efternavn.'),
    en: typed('Look in the cupboard with contracts.\nThe binders are ordered by surname.'),
  },
  art15: {
    purposes: [{ da: 'Salg', en: 'Sales' }],
    legalBasis: { da: 'Aftale', en: 'Contract' },
    recipients: [],
    retention: { da: '5 år', en: '5 years' },
    source: { da: 'Dig selv', en: 'Yourself' },
  },
  collections: {
    person: {
      title: { da: typed('Personer'), en: typed('People') },
      primaryKey: ['id'],
      identity: {},
      references: [],
      fields: {},
      options: {},
    },
  },
});

const mapOf = (typed: Typing): DataMap => ({
  version: 1,
  systems: {
    crm: systemOf('Kundesystem', 'Mette Dahl', typed),
    shop: systemOf('Netbutik', 'Jonas Kruse', typed),
    newsletter: systemOf('Nyhedsbrev', 'Mette Dahl', typed),
    support: systemOf('Kundeservice', 'Aisha Noor', typed),
    archive: systemOf('Papirarkiv', 'Bent Friis', typed),
    loyalty: systemOf('Bonusklub', 'Jonas Kruse', typed),
  },
});

const sourceOf = (system: string, state: SourceRecord['state'], more: Partial<SourceRecord> = {}): SourceRecord => ({
  system,
  round: 1,
  wave: 1,
  state,
  at: '2026-11-24T08:00:00.000Z',
  rows: 0,
  documents: 0,
  possibleMatches: 0,
  collections: [],
  ...more,
});

const sourcesOf = (typed: Typing): SourceRecord[] => [
  sourceOf('crm', 'OK', {
    rows: 1204,
    documents: 2,
    possibleMatches: 3,
    collections: [
      {
        name: 'person',
        rows: 1204,
        documents: 2,
        lastSeen: '2021-05-03',
        files: [{ path: typed('kundesystem/person.csv'), bytes: 183_402, sha256: 'ab', crc32: 1, attempt: 'a' }],
      },
    ],
  }),
  sourceOf('shop', 'EMPTY'),
  sourceOf('newsletter', 'FAILED', { reason: 'SourceUnavailable' }),
  sourceOf('support', 'PARTIAL', { rows: 5, reason: 'LimitReached' }),
  sourceOf('archive', 'MANUAL', { reason: 'OwnerAsked' }),
];

const planned = ['crm', 'shop', 'newsletter', 'support', 'archive', 'loyalty'].map((system) => ({ system, wave: 1 }));
const manifest = { hash: '3f2a91bc44d07e15'.repeat(4), round: 1, rows: 1209, documents: 2, attempt: 'a' };
const heldBack = (['rows', 'values', 'places', 'documents'] as const).map((what, n) => ({
  ...{ system: 'crm', collection: 'person', what, count: n + 1 },
  ground: n % 2 ? 'others' : 'trade-secret',
}));
const built = {
  parts: [{ key: 'package.zip', bytes: 1_240_000, sha256: 'cd', downloads: 1 }],
  builtAt: '2026-12-02T09:00:00.000Z',
  expiresAt: '2026-12-16T09:00:00.000Z',
};
const large = {
  ...built,
  parts: [1, 2, 3].map((n) => ({ key: `part-${n}.zip`, bytes: 1_990_000_000, sha256: 'cd', downloads: n % 2 })),
};
/** A part of the answer is sent, the rest still missing. */
const partly = (typed: Typing): Pick<Request, 'sent'> => ({
  sent: [
    {
      at: '2026-12-02T09:00:00.000Z',
      round: 1,
      manifest: manifest.hash,
      attempt: 'a',
      missing: ['archive'],
      reason: typed('Arkivet i kælderen er under vand.'),
      package: built,
    },
  ],
});
const timeline = [
  ['RECEIVED', 'subject'],
  ['PROOF_ASKED', 'workflow'],
  ['PROVEN', 'subject'],
  ['STARTED', 'dpo'],
  ['PLANNED', 'workflow'],
  ['OWNER_ANSWERED', 'owner:archive'],
  ['MANIFEST_SHOWN', 'workflow'],
  ['NEW_CODE_WITHOUT_WORDS', 'watchdog'],
].map(([what = '', by = ''], n) => ({ what, by: by as 'subject', at: `2026-11-2${n}T09:0${n}:00.000Z` }));
const marked = { by: 'deputy-1', system: 'crm', collection: 'person', row: 1, choice: 'withhold', ground: 'others' };

/** Portability alone, to be decided. */
const portabilityOf = (typed: Typing): Case => {
  const table = { bytes: 402, sha256: 'ab', crc32: 1, attempt: 'a', right: 'portability' } as const;
  const [crm, ...others] = sourcesOf(typed);
  const files = [{ ...table, path: 'dataportabilitet/01-crm/person.csv' }];
  return {
    ...caseOf('REVIEW', typed, { manifest: { ...manifest, rows: 1204, documents: 0 } }),
    rights: [recordOf('portability', 'REVIEW', typed)],
    sources: [
      sourceOf('crm', 'OK', { ...crm, collections: (crm?.collections ?? []).map((each) => ({ ...each, files })) }),
      ...others,
    ],
  };
};

export const caseOf = (status: Status, typed: Typing, more: Partial<Request> = {}): Case => ({
  request: requestOf(status, typed, { planned, proof: { at: receivedAt, method: 'mailbox' }, ...more }),
  rights: [recordOf('access', status, typed), recordOf('erasure', status, typed)],
  sources: sourcesOf(typed),
});

const answersOf = (typed: Typing): Answers => {
  const { name, customerNumber, alsoKnownAs, details } = personOf(typed);
  return {
    want: { rights: [...rights] },
    who: { who: 'other', otherName: typed('Ellen Ågesen'), relation: typed('Søn') },
    you: { name, email: 'soren@hotmial.com', customerNumber, alsoKnownAs },
    details: { details },
    answer: { language: 'da' },
  };
};

const formSpecimens = (frame: { language: Language; config: Config }, typed: Typing): Specimen[] => {
  const answers = answersOf(typed);
  return formSteps.flatMap((step) => {
    const props = { ...frame, path: `/${step}`, step, answers, stamp: step === 'check' ? 'signed.1' : undefined };
    const full = { name: `form-${step}`, html: formPage({ ...props, fields: fieldsOf(step, answers), errors: {} }) };
    const empty = {
      name: `form-${step}-empty`,
      html: formPage({ ...props, answers: {}, fields: new Map(), errors: {} }),
    };
    const typedFields = new Map([
      ['who', ['other']],
      ['name', [typed('') + 'N'.repeat(200)]],
      ['details', [typed('') + 'D'.repeat(1600)]],
      ['email', [typed('no address')]],
    ]);
    const known = new Map([...typedFields].filter(([field]) => new Map(fieldsOf(step, answers)).has(field)));
    const failed = validateStep(step, known, {});
    if (!('errors' in failed)) return step === 'check' ? [full] : [full, empty];
    const wrong = formPage({ ...props, fields: failed.kept, errors: failed.errors });
    return [full, empty, { name: `form-${step}-wrong`, html: wrong }];
  });
};

const confirmStates: readonly ConfirmState[] = [
  { kind: 'open' },
  { kind: 'wrong-code', left: 3 },
  { kind: 'locked', again: true },
  { kind: 'sent-again' },
  { kind: 'confirmed' },
];
const downloadStates: readonly DownloadState[] = [
  { kind: 'ready' },
  { kind: 'code-sent' },
  { kind: 'wrong-code', left: 1 },
  { kind: 'not-typed', problem: 'last4' },
  { kind: 'locked' },
  { kind: 'void' },
  { kind: 'expired' },
];

/** Pages of a case that more than one person answers for. */
const handedTo = (to: Decider | undefined, typed: Typing): Request['handedTo'] => ({
  key: to?.key ?? '',
  role: to?.role ?? '',
  by: 'dpo',
  at: '2026-11-26T12:00:00.000Z',
  ground: 'conflict',
  note: typed('Jeg kender personen.'),
});

const twoPeople = (typed: Typing) => {
  const deputies = [{ name: typed('Bo Lund'), email: 'bo.lund@nordlys.example', language: 'da' as const }];
  const people = decidersOf({ dpo: { ...config.dpo, deputies } });
  const [first, second] = people;
  const at = '2026-11-26T12:00:00.000Z';
  const map = mapOf(typed);
  const systems = Object.fromEntries(
    Object.entries(map.systems).map(([name, system]) => [name, { ...system, tier: 'elevated' as const }]),
  );
  const choices = {
    access: { outcome: 'approve' as const },
    erasure: { outcome: 'refuse' as const, ground: 'no-right' as const, reason: typed('Bogføring.') },
  };
  const by = { by: first?.key ?? '', role: 'dpo', at };
  const proposal = { manifest: manifest.hash, choices, incomplete: typed('Arkivet er lukket.'), ...by };
  const proofProposal = { reason: typed('Mødte op og viste pas.'), ...by };
  const review = (more: Partial<Request>) => caseOf('REVIEW', typed, { manifest, ...more });
  const proof = { at, method: 'mailbox' as const };
  const code: StaffProblem[] = [{ field: 'code', problem: 'code' }];
  return [
    {
      name: 'lost',
      held: review({ manifest: { ...manifest, lost: [{ system: 'crm', collection: 'notes', count: 2 }] } }),
    },
    { name: 'proposed', held: review({ proposal }), more: { people } },
    {
      name: 'code-wrong',
      held: review({ proposal }),
      sent: { action: 'agree', last4: typed('92MX') },
      problems: code,
      more: { people, ...(second ? { sent: second } : {}) },
    },
    { name: 'lapsed', held: review({ proposal: { ...proposal, manifest: 'before' } }), more: { people } },
    {
      name: 'conflict',
      held: review({ proposal, handedTo: handedTo(second, typed), conflicts: [{ key: by.by, at }] }),
      more: { people, handler: second },
    },
    { name: 'held-back', held: review({ proposal, manifest: { ...manifest, heldBack } }), more: { people } },
    { name: 'known', held: review({ proposal }), more: { people, known: first, moved: true } },
    { name: 'handed-over', held: review({ handedTo: handedTo(second, typed) }), more: { people, handler: second } },
    {
      name: 'hand-over-wrong',
      held: review({}),
      sent: { action: 'hand-over', last4: typed('92MX') },
      problems: [
        { field: 'to', problem: 'person' as const },
        { field: 'ground', problem: 'ground-hand-over' as const },
      ],
      more: { people, handler: first },
    },
    { name: 'proof', held: review({ proof, proofProposal }), more: { people, map: { ...map, systems } } },
  ];
};

const staffSpecimens = (frame: { language: Language; config: Config }, typed: Typing): Specimen[] => {
  const shown = (
    held: Case,
    problems: readonly StaffProblem[] = [],
    sent: Record<string, string> = {},
    more: Partial<StaffProps> = {},
  ) =>
    staffPage({
      people: decidersOf(config),
      ...frame,
      path: `/dpo/request/${reference}`,
      ...held,
      map: mapOf(typed),
      timeline: [...timeline, { what: 'MARKED', by: 'dpo' as const, at: '2026-11-29T10:00:00.000Z', facts: marked }],
      now,
      problems,
      typed: sent,
      ...more,
    });
  const stuck = { at: receivedAt, step: 'gather' as const, error: 'SourceUnavailable' };
  const problems: StaffProblem[] = [
    { field: 'outcome-access', problem: 'choose' },
    { field: 'ground-erasure', problem: 'ground' },
    { field: 'reason-erasure', problem: 'reason' },
    { field: 'incomplete', problem: 'incomplete' },
    { field: 'last4', problem: 'last4' },
  ];
  const sent = { action: 'decide', 'outcome-erasure': 'refuse', last4: typed('XXXX') };
  const undelivered = [
    { mail: 'a1', template: 'ready', to: 'subject' as const, reason: 'bounced' as const, at: receivedAt },
    { mail: 'a2', template: 'owner-task', to: 'owner:archive' as const, reason: 'suppressed' as const, at: receivedAt },
  ];
  return [
    ...statuses.map((status) => ({ name: `staff-${status}`, html: shown(caseOf(status, typed, { manifest })) })),
    { name: 'staff-portability', html: shown(portabilityOf(typed)) },
    { name: 'staff-one', html: shown(caseOf('REVIEW', typed, { manifest: { ...manifest, rows: 1, documents: 0 } })) },
    { name: 'staff-stale', html: shown(caseOf('REVIEW', typed, { manifest: { ...manifest, stale: true } })) },
    { name: 'staff-wrong', html: shown(caseOf('REVIEW', typed, { manifest }), problems, sent) },
    { name: 'staff-suspended', html: shown(suspended(caseOf('REVIEW', typed, { manifest }))) },
    ...questions(typed).map(({ name, asks }) => ({
      name: `staff-${name}`,
      html: shown(caseOf('REVIEW', typed, { manifest, asks })),
    })),
    {
      name: 'staff-extend-wrong',
      html: shown(
        caseOf('REVIEW', typed, { manifest }),
        [
          { field: 'ground', problem: 'ground' },
          { field: 'reason', problem: 'reason' },
        ],
        { action: 'extend', last4: typed('XXXX') },
      ),
    },
    {
      name: 'staff-undo',
      html: shown(
        caseOf('APPROVED', typed, {
          manifest,
          segment: { n: 5, step: 'deliver', at: receivedAt, from: '2026-11-27T09:12:00.000Z' },
        }),
      ),
    },
    ...twoPeople(typed).map(({ name, held, sent: form, problems: wrong, more }) => ({
      name: `staff-${name}`,
      html: shown(held, wrong, form, more),
    })),
    {
      name: 'staff-hand-out',
      html: shown(
        caseOf('DELIVERED', typed, { manifest, package: built, deliveredAt: receivedAt }),
        [{ field: 'way', problem: 'way' }],
        { action: 'hand-out', last4: typed('92MX') },
      ),
    },
    { name: 'staff-rest', html: shown(caseOf('REVIEW', typed, partly(typed))) },
    { name: 'staff-supplement', html: shown(caseOf('REVIEW', typed, { manifest, ...partly(typed) })) },
    { name: 'staff-stuck', html: shown(caseOf('GATHERING', typed, { needsPerson: stuck })) },
    {
      name: 'staff-stuck-unforeseen',
      html: shown(caseOf('GATHERING', typed, { needsPerson: { ...stuck, error: 'TypeError' } })),
    },
    {
      name: 'staff-address',
      html: shown(
        caseOf('VERIFIED', typed, {
          person: { ...personOf(typed), email: mailAddress('info@p\u043Estkasse.example') },
        }),
      ),
    },
    {
      name: 'staff-undelivered',
      html: shown(caseOf('APPROVED', typed, { manifest, undelivered }), [{ field: 'deal', problem: 'deal' }], {
        action: 'undelivered',
      }),
    },
    {
      name: 'staff-ask-code',
      html: shown(
        caseOf('REVIEW', typed, { manifest }),
        [],
        { action: 'ask', kind: 'clarification', question: typed('Hvilken periode?'), last4: typed('92MX') },
        decidersOf({ dpo: config.dpo }).map((sentTo) => ({ sent: sentTo }))[0],
      ),
    },
  ];
};

const reviewSpecimens = (frame: { language: Language; config: Config }, typed: Typing): Specimen[] => {
  const field = (da: string, more = {}) => ({ label: { da, en: da }, ...more });
  const text = typed('Talte med Karen Lund, 010203-0405, om ordren.');
  const collection = {
    title: { da: typed('Notater'), en: typed('Notes') },
    primaryKey: ['id'],
    identity: {},
    references: [],
    options: {},
    fields: {
      id: field('Nummer'),
      kind: field('Kanal', { codes: { 1: { da: 'Telefon', en: 'Phone' } } }),
      text: field('Notat', { freeText: true, category: 'user.content' }),
    },
  };
  const props: ReviewProps = {
    ...frame,
    path: `/dpo/request/${reference}/data/crm/notes`,
    reference,
    system: mapOf(typed).systems.crm as System,
    name: 'notes',
    collection,
    marks: [
      { system: 'crm', collection: 'notes', field: 'kind', choice: 'withhold', ground: 'not-personal' },
      { system: 'crm', collection: 'notes', row: 51, choice: 'withhold', ground: 'others' },
    ],
    outdated: 0,
    open: true,
    sent: { fields: new Map(), problems: [] },
  };
  const rows = [0, 1, 2].map((id) => ({ id, kind: 1, text }));
  const shown = [{ path: 'systemer/02-crm/filer/notes-0001.pdf', bytes: 48_211 }];
  const documents = { from: 50, total: 51, shown };
  const data = { from: 50, total: 1_204, rows, perPage: 50, documents };
  const row = {
    n: 51,
    total: 1_204,
    row: rows[0] ?? {},
    found: { text: [{ kind: 'cpr' as const, span: [22, 33] as const }] },
    struck: { text: [[10, 20] as const] },
  };
  const sent = (target: string) => ({
    fields: new Map([
      ['target', [target]],
      ['choice', ['redact']],
      ['words', [typed('Lund')]],
    ]),
    problems: [{ field: 'ground' as const, problem: 'ground' as const }],
  });
  const deputies = [{ name: typed('Anna Bech'), email: 'anna@nordlys.example', language: 'da' as const }];
  const people = decidersOf({ dpo: { ...config.dpo, deputies } });
  const [first, ...others] = people;
  const who = { ...frame, path: props.path, reference, to: props.path, people, fields: new Map() };
  const fields = sent('field:text').fields;
  const wrong = { field: 'code', problem: 'code' } as const;
  return [
    { name: 'review-who', html: deciderCodePage(who) },
    { name: 'review-who-one', html: deciderCodePage({ ...who, people: others, fields }) },
    ...(first
      ? [
          { name: 'review-who-asked', html: deciderCodePage({ ...who, sent: first }) },
          { name: 'review-who-sent', html: deciderCodePage({ ...who, sent: first, fields, problem: wrong }) },
        ]
      : []),
    { name: 'review-data', html: dataPage({ ...props, ...data }) },
    { name: 'review-data-closed', html: dataPage({ ...props, ...data, open: false, outdated: 2 }) },
    { name: 'review-data-wrong', html: dataPage({ ...props, ...data, sent: sent('field:text') }) },
    { name: 'review-row', html: rowPage({ ...props, path: `${props.path}/51`, ...row }) },
    {
      name: 'review-text',
      html: textPage({
        ...props,
        path: `${props.path}/text`,
        collection: undefined,
        document: 'systemer/01-archive/svar.txt',
        value: text,
        found: [{ kind: 'cpr' as const, span: [22, 33] as const }],
        struck: [[10, 20] as const],
      }),
    },
    {
      name: 'review-row-wrong',
      html: rowPage({ ...props, path: `${props.path}/51`, ...row, sent: sent('value:text') }),
    },
  ];
};

const ownerSpecimens = (frame: { language: Language; config: Config }, typed: Typing): Specimen[] => {
  const task = {
    ...frame,
    path: `/task/${reference}/archive`,
    held: caseOf('GATHERING', typed),
    name: 'archive',
    system: mapOf(typed).systems.archive as System,
    now: new Date('2026-12-01T09:30:00.000Z'),
    uploaded: [
      { name: typed('kontrakt 2019.pdf'), bytes: 482_113 },
      { name: typed('billede.png'), bytes: 1_204, problem: 'kind' as const },
    ],
  };
  const files = (count: number, more: Partial<OwnerFilesProps> = {}): string =>
    ownerFilesPage({
      ...frame,
      path: `${task.path}/files`,
      task: { ...task, page: task.path, filesPage: `${task.path}/files` },
      uploaded: task.uploaded.slice(0, count).map((file, n) => ({ ...file, id: `${n}` })),
      upload: { url: 'https://bucket.example/', fields: { key: 'uploads/1-$' + '{filename}', policy: 'eyJ9' } },
      problems: [],
      chosen: [],
      ...more,
    });
  const problems = [
    { field: 'answer', problem: 'choose' as const },
    { field: 'last4', problem: 'last4' as const },
  ];
  return [
    { name: 'owner-open', html: ownerPage({ ...task, open: true, problems: [], typed: { answer: 'found' } }) },
    {
      name: 'owner-urgent',
      html: ownerPage({ ...task, now: new Date('2026-12-30T09:30:00.000Z'), open: true, problems: [], typed: {} }),
    },
    { name: 'owner-files-none', html: files(0) },
    { name: 'owner-files', html: files(1) },
    { name: 'owner-files-refused', html: files(2) },
    { name: 'owner-files-wrong', html: files(1, { problems: ['remove', 'last4'] }) },
    { name: 'owner-wrong', html: ownerPage({ ...task, open: true, problems, typed: { last4: typed('X') } }) },
    {
      name: 'owner-done',
      html: ownerPage({ ...task, open: false, uploaded: [], problems: [], typed: {} }),
    },
    {
      name: 'owner-late',
      html: ownerPage({
        ...task,
        open: false,
        late: true,
        uploaded: [],
        problems: [],
        typed: { text: 'Mappe 7' },
      }),
    },
  ];
};

/** A question was answered: the last day is later than it would have been. */
const suspended = (held: Case): Case => ({
  ...held,
  rights: held.rights.map((record) => ({
    ...record,
    deadline: { ...record.deadline, strictDate: '2027-01-02', due: '2027-01-04', refuseBy: '2027-01-04' },
  })),
});

/** A question of the DPO: open, answered badly, answered. */
const questions = (typed: Typing) => {
  const ask = {
    kind: 'identity' as const,
    question: typed('Hvilken butik har du handlet i?'),
    at: receivedAt,
  };
  return [
    { name: 'asked', asks: [ask] },
    { name: 'asked-clarification', asks: [{ ...ask, kind: 'clarification' as const }] },
    { name: 'asked-wrong', asks: [ask], wrong: { problem: 'answer' as const, typed: '', form: 'answer' as const } },
    {
      name: 'asked-answered',
      asks: [{ ...ask, answer: typed('Den i Odense.'), answeredAt: '2026-11-26T08:00:00.000Z' }],
    },
  ];
};

const personSpecimens = (frame: { language: Language; config: Config }, typed: Typing): Specimen[] => {
  const at = (path: string) => ({ ...frame, path });
  const request = requestOf('AWAITING_PROOF', typed, { package: built });
  return [
    ...confirmStates.map((state) => ({
      name: `confirm-${state.kind}`,
      html: confirmPage({ ...at(`/confirm/${reference}`), request, state }),
    })),
    ...(['code', 'last4'] as const).map((problem) => ({
      name: `confirm-no-${problem}`,
      html: confirmPage({ ...at(`/confirm/${reference}`), request, state: { kind: 'open' }, problem }),
    })),
    {
      name: 'status-withdraw-wrong',
      html: statusPage({
        ...at(`/request/${reference}`),
        now,
        ...caseOf('GATHERING', typed),
        wrong: { problem: 'last4', typed: '', form: 'withdraw' },
      }),
    },
    ...statuses.map((status) => ({
      name: `status-${status}`,
      html: statusPage({ ...at(`/request/${reference}`), now, ...caseOf(status, typed, { package: built }) }),
    })),
    ...questions(typed).map(({ name, asks, wrong }) => ({
      name: `status-${name}`,
      html: statusPage({
        ...at(`/request/${reference}`),
        now,
        ...caseOf('REVIEW', typed, { asks }),
        ...(wrong ? { wrong } : {}),
      }),
    })),
    {
      name: 'status-sign-in',
      html: statusPage({
        ...at(`/request/${reference}`),
        now,
        ...caseOf('REVIEW', typed),
        config: { ...config, proof },
        wantsProof: true,
      }),
    },
    {
      name: 'status-more-proof',
      html: statusPage({ ...at(`/request/${reference}`), now, ...caseOf('REVIEW', typed), wantsProof: true }),
    },
    ...(['ended', 'not-typed', 'asked'] as const).map((state) => ({
      name: `link-${state}`,
      html: endedLinkPage({ ...at('/c/x'), state }),
    })),
    ...proofProblems.map((problem) => ({
      name: `proof-${problem}`,
      html: proofPage({ ...at('/proven'), problem, ...(problem === 'expired' ? {} : { reference }) }),
    })),
    ...downloadStates.map((state) => ({
      name: `download-${state.kind}`,
      html: downloadPage({
        ...at(`/download/${reference}`),
        request,
        zips: zipsOf(request),
        state,
        meant: state.kind === 'code-sent',
      }),
    })),
    {
      name: 'download-portability',
      html: downloadPage({
        ...at(`/download/${reference}`),
        request,
        zips: zipsOf(request),
        opensWith: 'dataportabilitet/LAES-MIG.txt',
        state: { kind: 'ready' },
      }),
    },
    ...[
      requestOf('REVIEW', typed, partly(typed)),
      requestOf('DELIVERED', typed, { ...partly(typed), package: large }),
    ].map((several, n) => ({
      name: n === 0 ? 'download-first' : 'download-parts',
      html: downloadPage({
        ...at(`/download/${reference}`),
        request: several,
        zips: zipsOf(several),
        state: { kind: 'code-sent' },
        meant: true,
      }),
    })),
    {
      name: 'status-overdue',
      html: statusPage({
        ...at(`/request/${reference}`),
        now: new Date('2026-12-28T09:00:00Z'),
        ...caseOf('REVIEW', typed),
      }),
    },
    {
      name: 'status-partly',
      html: statusPage({ ...at(`/request/${reference}`), now, ...caseOf('REVIEW', typed, partly(typed)) }),
    },
  ];
};

const proof = {
  name: 'Kundelogin',
  issuer: 'https://login.nordlys.example',
  clientId: 'privacy',
  secret: 'privacy/proof',
  scope: 'openid email',
};

const proofProblems: readonly ProofProblem[] = [
  'expired',
  'denied',
  'refused',
  'used',
  'unavailable',
  'unverified',
  'no-match',
  'too-weak',
  'closed',
];

const signInStates: readonly SignInState[] = [
  { kind: 'ask', request: reference },
  { kind: 'done', to: '/dpo' },
  ...(['leave', 'left', 'expired', 'denied', 'refused', 'used', 'unavailable', 'not-staff'] as const).map((kind) => ({
    kind,
  })),
];

const summaries: readonly Summary[] = [
  { due: '2026-11-20', status: 'GATHERING', waits: 'dpo', failed: 'step', rights: ['access'] },
  { due: '2026-11-26', status: 'REVIEW', waits: 'dpo', rights: ['access', 'portability'] },
  { due: '2026-12-01', status: 'GATHERING', waits: 'owner', rights: ['access'] },
  { due: '2026-12-24', status: 'AWAITING_PROOF', waits: 'person', rights: ['erasure'] },
  { due: '2026-12-28', status: 'CLOSED', waits: 'dpo', failed: 'mail', rights: [] },
  { due: '2027-03-01', status: 'APPROVED', waits: 'us', rights: ['human-review'] },
].map((each, n) => ({
  ...{ requestId: 'r', reference: referenceFrom(new Uint8Array(8).map((_, at) => 41 * n + 11 * at)) },
  ...{ receivedAt, target: '2026-11-19' },
  ...each,
})) as Summary[];

const totals = (n: number): MonthTotals => ({ received: 40 + 3 * n, closed: 30 + 4 * n, days: [3, 5, 9, n, 2, 1, 0] });
const lastMonths = Array.from({ length: 12 }, (_, n) => ({ month: monthAfter('2025-12', n), totals: totals(n) }));

const fact = (n: number, more: object): Fact =>
  ({
    at: `2026-11-${10 + n}T09:00:00.000Z`,
    requestId: `r-${n}`,
    right: 'access',
    receivedAt: '2026-10-20T09:00:00.000Z',
    due: '2026-11-20',
    ...more,
  }) as Fact;
const facts = [
  ...[1, 2, 3].map((n) => fact(n, { what: 'received' })),
  fact(4, { what: 'answered', outcome: 'delivered', extended: false }),
  fact(5, { what: 'answered', outcome: 'refused', extended: false, ground: 'excessive', right: 'erasure' }),
  fact(6, { what: 'answered', outcome: 'refused', extended: false }),
  fact(7, { what: 'extended', ground: 'complexity' }),
  fact(8, { what: 'late' }),
  fact(15, { what: 'answered', outcome: 'delivered', extended: true }),
];

const overviewSpecimens = (frame: { language: Language; config: Config }, typed: Typing): Specimen[] => {
  const staff = { ...frame, who: 'dpo@nordlys.example', month: '2026-11', today: '2026-11-26', months: lastMonths };
  const list = (open: readonly Summary[], more: Partial<OverviewProps> = {}) => ({
    ...{ ...staff, path: '/dpo', open, listed: open, more: false, filter: 'all' as const, pageNumber: 1, pages: 1 },
    counts: Object.fromEntries(filters.map((each) => [each, under(each, open, staff.today).length])) as never,
    ...more,
  });
  const report = (of: string, held: readonly Fact[]) =>
    reportPage({
      ...staff,
      path: `/dpo/report/${of}`,
      of,
      report: reportOf(held, 'Europe/Copenhagen'),
      madeAt: receivedAt,
    });
  return [
    { name: 'overview', html: overviewPage(list(summaries)) },
    { name: 'overview-empty', html: overviewPage(list([])) },
    {
      name: 'overview-many',
      html: overviewPage(list(summaries, { more: true, pageNumber: 2, pages: 3, filter: 'mine' })),
    },
    { name: 'overview-sought', html: overviewPage(list(summaries, { sought: typed('K7F') })) },
    {
      name: 'overview-feed',
      html: overviewPage(list(summaries, { feed: `https://svar.example/calendar/${'A'.repeat(43)}` })),
    },
    { name: 'report', html: report('2026-11', facts) },
    { name: 'report-empty', html: report('2026-10', []) },
  ];
};

/** Every page in every state that it has. */
export const specimens = (language: Language, typed: Typing = (text) => text): Specimen[] => {
  const frame = { language, config };
  const errors = [400, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503, 418, 502];
  return [
    { name: 'start', html: startPage({ ...frame, path: '/' }) },
    { name: 'accessibility', html: accessibilityPage({ ...frame, path: '/accessibility' }) },
    ...formSpecimens(frame, typed),
    { name: 'sent', html: sentPage({ ...frame, path: `/sent/${reference}`, reference, receivedOn: '2026-11-23' }) },
    ...personSpecimens(frame, typed),
    ...staffSpecimens(frame, typed),
    ...reviewSpecimens(frame, typed),
    ...ownerSpecimens(frame, typed),
    ...overviewSpecimens(frame, typed),
    ...signInStates.map((state) => ({
      name: `sign-in-${state.kind}`,
      html: signInPage({ ...frame, path: '/dpo/sign-in', state }),
    })),
    ...errors.map((status) => ({ name: `error-${status}`, html: errorPage({ ...frame, path: '/', status }) })),
    { name: 'error-typed', html: errorPage({ ...frame, path: '/', status: 404, typed: [typed('En mappe fra 2009')] }) },
  ];
};
