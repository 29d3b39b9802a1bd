import type { Case, Request, Right, RightRecord, Status } from './request.ts';

/** How a right ended. */
export const outcomes = ['delivered', 'refused', 'withdrawn', 'unproven'] as const;
export type Outcome = (typeof outcomes)[number];

interface About {
  readonly at: string;
  readonly requestId: string;
  readonly right: Right;
  readonly receivedAt: string;
  /** The law's last day as it stood then, YYYY-MM-DD. */
  readonly due: string;
}

/** Something that a month's figures count, as it happened: identifiers, dates and codes only, so that it outlives the purge. */
export type Fact =
  | (About & { readonly what: 'received' | 'late' | 'reopened' })
  | (About & { readonly what: 'extended'; readonly ground: string })
  | (About & {
      readonly what: 'answered';
      readonly outcome: Outcome;
      readonly extended: boolean;
      /** For a refusal: the code of its ground. */
      readonly ground?: string;
    });

const ends: Readonly<Partial<Record<Status, Outcome>>> = {
  DELIVERED: 'delivered',
  CLOSED: 'delivered',
  REFUSED: 'refused',
  WITHDRAWN: 'withdrawn',
  UNVERIFIED_CLOSED: 'unproven',
};

type Told = Fact extends infer Each ? (Each extends Fact ? Omit<Each, keyof About> : never) : never;

const answeredAs = (record: RightRecord, outcome: Outcome): Told => {
  const ground = record.decision?.ground;
  return { what: 'answered', outcome, extended: record.extension !== undefined, ...(ground ? { ground } : {}) };
};

const isReply = (status: Status): boolean => ends[status] === 'delivered' || ends[status] === 'refused';

/**
 * Whether its last day has passed without an answer: the watchdog has said so, or it is only answered now. Who never proved that it was them
 * could not be answered (Art. 12(2)).
 */
const isLate = ({ deadline, status }: RightRecord, { raised, proof }: Request, at: string): boolean =>
  proof !== undefined &&
  (raised?.includes(`due@${deadline.due}`) === true || (isReply(status) && deadline.dueExclusive <= at));

interface Step {
  readonly before: RightRecord | undefined;
  readonly after: RightRecord;
  readonly wasLate: boolean;
  readonly late: boolean;
}

const toldOf = ({ before, after, wasLate, late }: Step): Told[] => {
  const [was, is] = [before && ends[before.status], ends[after.status]];
  const told: Told[] = [];
  if (!before) told.push({ what: 'received' });
  if (after.extension && !before?.extension) told.push({ what: 'extended', ground: after.extension.ground });
  if (late && !wasLate && !was) told.push({ what: 'late' });
  if (is && !was) told.push(answeredAs(after, is));
  if (was && !is) told.push({ what: 'reopened' });
  return told;
};

/** What a change adds to the month's figures. `at`: the instant of its audit entry. */
export const factsOf = (held: Case | undefined, next: Case, at: string): Fact[] => {
  const { requestId, receivedAt, purgedAt } = next.request;
  if (purgedAt) return [];
  return next.rights.flatMap((after) => {
    const { right, deadline } = after;
    const before = held?.rights.find((each) => each.right === right);
    const wasLate = held !== undefined && before !== undefined && isLate(before, held.request, '');
    const about: About = { at, requestId, right, receivedAt, due: deadline.due };
    const told = toldOf({ before, after, wasLate, late: isLate(after, next.request, at) });
    return told.map((each) => ({ ...about, ...each }) as Fact);
  });
};
