import * as z from 'zod/mini';
import { thresholds } from './alarms.ts';
import { rules } from './deadline-steps.ts';
import { HeldBack } from './left-out.ts';
import { lastFour } from './reference.ts';

/** The rights a person may ask for: Art. 15, 20, 16, 17, 18, 21 and 22(3) GDPR. */
export const rights = [
  'access',
  'portability',
  'rectification',
  'erasure',
  'restriction',
  'objection',
  'human-review',
] as const;
export const Right = z.enum(rights);
export type Right = z.infer<typeof Right>;

/** The rights that are answered with a package of data. */
export const answeredWithData = (right: Right): right is DataRight => right === 'access' || right === 'portability';
export type DataRight = Extract<Right, 'access' | 'portability'>;

/** In the order of a request's life; the last four are side exits and the end. */
export const statuses = [
  'RECEIVED',
  'AWAITING_PROOF',
  'VERIFIED',
  'GATHERING',
  'REVIEW',
  'APPROVED',
  'DELIVERED',
  'CLOSED',
  'REFUSED',
  'WITHDRAWN',
  'UNVERIFIED_CLOSED',
] as const;
export const Status = z.enum(statuses);
export type Status = z.infer<typeof Status>;

const over: readonly Status[] = ['CLOSED', 'REFUSED', 'WITHDRAWN', 'UNVERIFIED_CLOSED'];
export const isOver = (status: Status): boolean => over.includes(status);
/** Whether nothing is left to answer: it is over, or the answer is out. */
export const isAnswered = (status: Status): boolean => isOver(status) || status === 'DELIVERED';

/** What an execution of the state machine is started for. */
export const steps = ['prove', 'start', 'gather', 'review', 'deliver'] as const;
export const Step = z.enum(steps);
export type Step = z.infer<typeof Step>;

const Instant = z.iso.datetime();

/** Who asks, as they typed it: personal data, never in logs, history or mails but to themselves. */
export const Person = z.object({
  name: z.string(),
  email: z.string(),
  customerNumber: z.optional(z.string()),
  alsoKnownAs: z.optional(z.string()),
  details: z.optional(z.string()),
  onBehalfOf: z.optional(z.object({ name: z.string(), relation: z.string() })),
});
export type Person = z.infer<typeof Person>;

/** One segment of the workflow: the execution is named `<requestId>-segment-<n>`. */
export const Segment = z.object({
  n: z.int(),
  step: Step,
  at: Instant,
  /** The execution waits until then: a decision can be taken back so long. */
  from: z.optional(Instant),
});
export type Segment = z.infer<typeof Segment>;

/** What the person was asked beyond the mailbox, and what they answered: texts that people typed. */
export const Ask = z.object({
  kind: z.enum(['identity', 'clarification']),
  question: z.string(),
  at: Instant,
  answer: z.optional(z.string()),
  answeredAt: z.optional(Instant),
});
export type Ask = z.infer<typeof Ask>;

/** Why a right is refused: Art. 12(5), Art. 11(2) and 12(2), and that it does not apply or the law makes an exception (Art. 15(4), 17(3) ...). */
export const refusalGrounds = ['unfounded', 'excessive', 'not-identified', 'no-right', 'other'] as const;
const RefusalGround = z.enum(refusalGrounds);
export type RefusalGround = z.infer<typeof RefusalGround>;

/** What one person decided while another has still to agree. `by`: their key (domain/deciders.ts); `asked`: the keys of those who may. */
export const Proposal = z.object({
  manifest: z.string(),
  choices: z.partialRecord(
    Right,
    z.object({
      outcome: z.enum(['approve', 'refuse']),
      ground: z.optional(RefusalGround),
      reason: z.optional(z.string()),
    }),
  ),
  incomplete: z.optional(z.string()),
  by: z.string(),
  asked: z.optional(z.array(z.string())),
  role: z.string(),
  at: Instant,
});
export type Proposal = z.infer<typeof Proposal>;

/** A mail that did not arrive; `mail` is its id in the outbox, `to` and `about` are the mail's own. */
export const Undelivered = z.object({
  mail: z.string(),
  template: z.string(),
  to: z.union([
    z.enum(['subject', 'dpo']),
    z.templateLiteral(['dpo:', z.string()]),
    z.templateLiteral(['owner:', z.string()]),
  ]),
  about: z.optional(z.string()),
  /** `returned`: tried for hours and given up; `suppressed`: SES sends nothing to an address that bounced or complained before. */
  reason: z.enum(['bounced', 'returned', 'suppressed', 'rejected', 'complaint']),
  at: Instant,
});
export type Undelivered = z.infer<typeof Undelivered>;

export const handOverGrounds = ['away', 'conflict', 'knows', 'other'] as const;

/** Two people of the controller saw it, or an issuer signed the person in. `subject`: a keyed pseudonym that holds for this request only. */
export const SecondProof = z.discriminatedUnion('method', [
  z.object({ at: Instant, method: z.literal('manual'), reason: z.string(), by: z.string(), second: z.string() }),
  z.object({ at: Instant, method: z.literal('oidc'), issuer: z.string(), subject: z.string() }),
]);

/** That whoever asks may act for the person it is about. `email`: where the systems know that person; `reason`: what showed it. */
export const Authority = z.object({
  email: z.string(),
  answerTo: z.enum(['person', 'sender']),
  reason: z.string(),
  by: z.string(),
  at: Instant,
});
export type Authority = z.infer<typeof Authority>;

/** The answer as it lies ready: a ZIP, or several that hold no more than one can be expected to open. */
export const Package = z.object({
  parts: z.array(z.object({ key: z.string(), bytes: z.int(), sha256: z.string(), downloads: z.int() })),
  builtAt: Instant,
  expiresAt: Instant,
});
export type Package = z.infer<typeof Package>;

/** An answer that lacked something: what the decision was bound to, which systems were missing, and why it was sent all the same. */
export const Sent = z.object({
  at: Instant,
  round: z.int(),
  manifest: z.string(),
  attempt: z.string(),
  missing: z.array(z.string()),
  reason: z.string(),
  package: z.optional(Package),
});
export type Sent = z.infer<typeof Sent>;

export const Request = z.object({
  requestId: z.string(),
  reference: z.string(),
  schemaVersion: z.literal(1),
  /** Counts writes: a write names the version it read, and loses when somebody else was first. */
  version: z.int(),
  language: z.enum(['da', 'en']),
  receivedAt: Instant,
  person: Person,
  status: Status,
  proof: z.optional(z.object({ at: Instant, method: z.literal('mailbox') })),
  /** What opens the elevated systems. */
  secondProof: z.optional(SecondProof),
  /** One of them wrote it, the other has still to confirm. `by`: their key (domain/deciders.ts). */
  proofProposal: z.optional(z.object({ reason: z.string(), by: z.string(), role: z.string(), at: Instant })),
  /** Without it nothing is looked for on behalf of another person. */
  authority: z.optional(Authority),
  /** The DPO was asked whether it is proper: from then on the next move is theirs. */
  startAskedAt: z.optional(Instant),
  startedAt: z.optional(Instant),
  /** Gathering counts rounds; a new round makes decisions on the old one impossible. */
  round: z.int(),
  /** Random prefix of this request's objects in the Evidence bucket. */
  evidence: z.string(),
  /** Which system is asked in which wave of the plan in force. */
  planned: z.optional(
    z.array(
      z.object({
        system: z.string(),
        wave: z.int(),
        /** Round in which it was asked again: what it answered before does not count. */
        since: z.optional(z.int()),
        /** Other systems whose values it is asked for. */
        from: z.optional(z.array(z.string())),
      }),
    ),
  ),
  dataMap: z.optional(z.string()),
  manifest: z.optional(
    z.object({
      hash: z.string(),
      round: z.int(),
      rows: z.int(),
      documents: z.int(),
      /** What is held back was changed since: nothing is decided before it is made anew. */
      stale: z.optional(z.boolean()),
      /** How many choices to hold something back do not fit what systems answered since: what they were about may be in the answer. */
      lost: z.optional(z.array(z.object({ system: z.string(), collection: z.string(), count: z.int() }))),
      /** What is held back of what was found, by collection. */
      heldBack: z.optional(z.array(HeldBack)),
      /** Which attempt wrote it, and the list of where its files lie. */
      attempt: z.string(),
    }),
  ),
  package: z.optional(Package),
  /** Answers that were sent without everything, while the case stays open for the rest. */
  sent: z.optional(z.array(Sent)),
  /** The round in which the DPO was told that systems failed. */
  lackingTold: z.optional(z.int()),
  /** The round that was opened for the answer to be made anew, with other choices of what is held back. */
  madeAnew: z.optional(z.int()),
  /** The round in which the DPO goes on without the owners who have not answered. */
  unawaited: z.optional(z.int()),
  /** Who has it in place of the DPO, from whom and why. `key`: theirs (domain/deciders.ts); `note`: typed. */
  handedTo: z.optional(
    z.object({
      key: z.string(),
      role: z.string(),
      by: z.string(),
      at: Instant,
      ground: z.enum(handOverGrounds),
      note: z.optional(z.string()),
    }),
  ),
  /** Who gave it away for a conflict of interest. `key`: theirs (domain/deciders.ts). */
  conflicts: z.optional(z.array(z.object({ key: z.string(), at: Instant }))),
  /** Waits for a second person. */
  proposal: z.optional(Proposal),
  deliveredAt: z.optional(Instant),
  downloads: z.int(),
  /** It was handed out on paper or a stick. */
  handedOut: z.optional(z.object({ at: Instant, way: z.enum(['post', 'in-person']), by: z.string() })),
  /** Mails with a download link that the person asked for beside the first. */
  links: z.optional(z.int()),
  /** Mails with a link to the page of the case that the person asked for when theirs had ended. */
  statusLinks: z.optional(z.int()),
  segment: Segment,
  /** Something failed and waits for the DPO: which step, and the error's name. */
  needsPerson: z.optional(z.object({ at: Instant, step: Step, error: z.string() })),
  confirmMails: z.int(),
  asks: z.optional(z.array(Ask)),
  /** Alarms of the time limit that were raised, each once: `7@2026-12-23`. */
  raised: z.optional(z.array(z.string())),
  /** Mails that did not arrive, each until the DPO has seen to it. */
  undelivered: z.optional(z.array(Undelivered)),
  /** When its first mail may go out, where too many went to its address before. */
  askFrom: z.optional(Instant),
  /** So many came for this address that it has got no mail yet. */
  silent: z.optional(z.boolean()),
  audit: z.object({ n: z.int(), hash: z.string(), at: z.string() }),
  endedAt: z.optional(Instant),
  /** What housekeeping has done about it, and when (domain/chores.ts). */
  chores: z.optional(z.record(z.string(), Instant)),
  /** Legal hold: nothing of it is purged while it stands. */
  hold: z.optional(z.object({ at: Instant })),
  /** Since then it holds nothing personal (domain/purge.ts). */
  purgedAt: z.optional(Instant),
  /** When the watchdog looks at it again; gone when the request is over. */
  nextActionAt: z.optional(Instant),
});
export type Request = z.infer<typeof Request>;

export const Decision = z.object({
  outcome: z.enum(['approve', 'refuse']),
  at: Instant,
  /** Of a refusal; older records have none. */
  ground: z.optional(RefusalGround),
  /** Given to the person; required for a refusal (Art. 12(4)). */
  reason: z.optional(z.string()),
  /** Delivered although a system failed: why (security.md 3.7). */
  incomplete: z.optional(z.string()),
  /** The manifest that the decision names; absent when refused before anything was gathered. */
  manifest: z.optional(z.string()),
  /** Who decided, and who agreed where two must: `dpo`, `deputy-1` ... */
  by: z.optional(z.string()),
  second: z.optional(z.string()),
});
export type Decision = z.infer<typeof Decision>;

/** Two further months, and why: the person reads the reason (Art. 12(3)). */
export const Extension = z.object({ at: Instant, ground: z.enum(['complexity', 'number']), reason: z.string() });
export type Extension = z.infer<typeof Extension>;

const StoredStep = z.object({
  rule: z.enum(rules),
  date: z.optional(z.string()),
  asked: z.optional(z.string()),
  answered: z.optional(z.string()),
  days: z.optional(z.int()),
  day: z.optional(z.int()),
  year: z.optional(z.int()),
  country: z.optional(z.string()),
  timeZone: z.optional(z.string()),
});

/** As domain/deadline.ts computed them from what was known; a stored date never changes because a table did. */
export const StoredDeadline = z.object({
  strictDate: z.string(),
  due: z.string(),
  dueExclusive: Instant,
  dueWithoutSuspension: z.string(),
  firstMonthEnd: z.string(),
  internalTarget: z.string(),
  /** The last day to refuse: an extension does not move it (Art. 12(4)). */
  refuseBy: z.string(),
  alarms: z.array(z.object({ threshold: z.enum(thresholds), at: Instant, date: z.string() })),
  rulesVersion: z.string(),
  holidayListVersion: z.string(),
  /** Its steps; records of earlier versions hold English sentences. */
  derivation: z.array(z.union([StoredStep, z.string()])),
});

/** Each right asked for has its own state, time limit and decision. */
export const RightRecord = z.object({
  right: Right,
  status: Status,
  deadline: StoredDeadline,
  extension: z.optional(Extension),
  decision: z.optional(Decision),
});
export type RightRecord = z.infer<typeof RightRecord>;

/** Whether the answer that is to be sent grants it. */
export const isGranted = ({ status, decision }: RightRecord): boolean =>
  status === 'APPROVED' && decision?.outcome === 'approve';

/** Whether the decision refuses the rest of a right of which a part is with the person. */
export const refusesRest = ({ status, decision }: Pick<RightRecord, 'status' | 'decision'>): boolean =>
  decision?.outcome === 'refuse' && (status === 'DELIVERED' || status === 'CLOSED');

/** Whether what is with the person, or goes to them, answers access. */
export const sendsAccess = (rights: readonly RightRecord[]): boolean =>
  rights.some(
    // A delivered one that is refused is the rest, which was given up: a part of it is out.
    ({ right, status, decision }) => right === 'access' && (status === 'DELIVERED' || decision?.outcome !== 'refuse'),
  );

/** Missing data is a visible state: there is no "skipped" (security.md 3.7). */
export const sourceStates = ['OK', 'EMPTY', 'PARTIAL', 'FAILED', 'MANUAL', 'EXCLUDED'] as const;

/** A file of the answer, as `domain/manifest.ts` describes it, and who wrote it. */
export const AnswerFile = z.object({
  path: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  crc32: z.int(),
  packed: z.optional(z.object({ bytes: z.int(), sha256: z.string() })),
  right: z.optional(z.literal('portability')),
  /** What a document is called where it came from: for pages. No manifest has it, for it outlives what was gathered. */
  name: z.optional(z.string()),
  /** Which attempt wrote it: no attempt ever writes over what another one wrote. */
  attempt: z.string(),
});
export type StoredFile = z.infer<typeof AnswerFile>;

/** What one system answered in one wave of one round. */
export const SourceRecord = z.object({
  system: z.string(),
  round: z.int(),
  wave: z.int(),
  state: z.enum(sourceStates),
  at: Instant,
  /** A code, never a message of the source: SourceUnavailable, LimitReached, OwnerAsked ... */
  reason: z.optional(z.string()),
  rows: z.int(),
  documents: z.int(),
  possibleMatches: z.int(),
  /** Where the attempt that answered wrote. */
  attempt: z.optional(z.string()),
  collections: z.array(
    z.object({
      name: z.string(),
      rows: z.int(),
      documents: z.int(),
      /** The newest date in the field that the data map names for it, YYYY-MM-DD. */
      lastSeen: z.optional(z.string()),
      /** Tables and what describes them. */
      files: z.array(AnswerFile),
      /** The list of its documents: who wrote it, and what its bytes are. */
      listed: z.optional(z.object({ attempt: z.string(), bytes: z.int(), sha256: z.string() })),
    }),
  ),
  /** For MANUAL: open until the owner has answered. */
  answeredAt: z.optional(Instant),
  /** For MANUAL: what the owner answered, in a word. */
  answer: z.optional(z.enum(['found', 'nothing', 'not-me'])),
  /** What the owner gave, until the round closes and it is written among the answer's files: typed text, and files under a prefix. */
  given: z.optional(z.object({ text: z.optional(z.string()), uploads: z.string() })),
  /** Whom the owner says to ask instead. */
  named: z.optional(z.string()),
});
export type SourceRecord = z.infer<typeof SourceRecord>;

/** A request with its rights and what its sources answered. */
export interface Case {
  readonly request: Request;
  readonly rights: readonly RightRecord[];
  readonly sources: readonly SourceRecord[];
}

/** Whether what a person typed names this case: the last four signs of its number. */
export const namesCase = (request: Pick<Request, 'reference'>, typed: string): boolean =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '') === lastFour(request.reference);

/** Whether a mail carries the answer to the request. */
export const isAnswer = ({ template }: Pick<Undelivered, 'template'>): boolean =>
  template === 'ready' || template === 'answered';

/** Whether the answer came back: it waits for the DPO, and the workflow has nothing to do meanwhile (F31). */
export const answerCameBack = ({ status, undelivered = [] }: Pick<Request, 'status' | 'undelivered'>): boolean =>
  status === 'APPROVED' && undelivered.some(isAnswer);
