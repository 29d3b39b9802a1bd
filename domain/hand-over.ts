import { actor, type Change, refuse } from './change.ts';
import { type Decider, decidersOf } from './deciders.ts';
import { type Case, type handOverGrounds, isOver, type Request } from './request.ts';

/** Why a case changes hands, as the audit chain says it: what is typed beside it stays on the record. */
export type HandOverGround = (typeof handOverGrounds)[number];

/** Who has the case: whoever it was handed to, by their key, while the configuration still names them; else the DPO. */
export const handlerOf = (
  handedTo: string | undefined,
  config: Parameters<typeof decidersOf>[0],
): Decider | undefined => {
  const people = decidersOf(config);
  return people.find(({ key }) => key === handedTo) ?? people[0];
};

type Deciders = Parameters<typeof decidersOf>[0] & { readonly dpo: { readonly fourEyes?: boolean | undefined } };

/**
 * Who may decide the case: nobody who gave it away for a conflict of interest of their own, or everybody where too few would be left.
 */
export const mayDecide = ({ conflicts = [] }: Request, config: Deciders): Decider[] => {
  const people = decidersOf(config);
  const free = people.filter(({ key }) => !conflicts.some((each) => each.key === key));
  return free.length >= (config.dpo.fourEyes ? 2 : 1) ? free : people;
};

/** Whether somebody may decide the case, for all that is known of conflicts. */
export const isFree = (request: Request, { key }: Decider, config: Deciders): boolean =>
  mayDecide(request, config).some((each) => each.key === key);

/** Refuses what somebody with a conflict of interest does to the case. */
export const mustBeFree = (request: Request, by: Decider, config: Deciders): void => {
  if (!isFree(request, by, config)) refuse(request, 'decided by somebody without a conflict');
};

/** Their yes to what another decided is not awaited any more. */
const withoutTheirYes = ({ proposal }: Request, { key }: Decider): Pick<Request, 'proposal'> =>
  proposal?.asked ? { proposal: { ...proposal, asked: proposal.asked.filter((each) => each !== key) } } : {};

/** Hands the case to another of those who may decide: they get the mails from now on. Who says it is for a conflict of theirs is out of it. */
export const handOver = (
  held: Case,
  to: Decider,
  why: { readonly ground: HandOverGround; readonly note?: string },
  by: Decider,
  now: Date,
): Change => {
  if (isOver(held.request.status)) refuse(held.request, 'open');
  const at = now.toISOString();
  const { conflicts = [] } = held.request;
  if (conflicts.some(({ key }) => key === to.key)) refuse(held.request, 'given to somebody without a conflict');
  const handedTo = { ...why, key: to.key, role: to.role, by: by.role, at };
  const leaves = why.ground === 'conflict' && by.key !== to.key;
  const out = leaves ? { conflicts: [...conflicts, { key: by.key, at }], ...withoutTheirYes(held.request, by) } : {};
  return {
    request: { ...held.request, handedTo, ...out },
    mails: [{ template: 'handed-over', to: `dpo:${to.key}`, cause: `handed-${at}` }],
    audit: actor('dpo', 'HANDED_OVER', { to: to.role, by: by.role, ground: why.ground }),
  };
};
