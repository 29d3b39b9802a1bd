import { actor, type Change, refuse } from './change.ts';
import { type Decider, decidersOf } from './deciders.ts';
import { type Case, type handOverGrounds, isOver } from './request.ts';

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

/** Hands the case to another of those who may decide: they get the mails from now on. Anybody of them may still decide. */
export const handOver = (
  held: Case,
  to: Decider,
  why: { readonly ground: HandOverGround; readonly note?: string },
  by: Decider,
  now: Date,
): Change => {
  if (isOver(held.request.status)) refuse(held.request, 'open');
  const handedTo = { ...why, key: to.key, role: to.role, by: by.role, at: now.toISOString() };
  return {
    request: { ...held.request, handedTo },
    mails: [{ template: 'handed-over', to: `dpo:${to.key}`, cause: `handed-${handedTo.at}` }],
    audit: actor('dpo', 'HANDED_OVER', { to: to.role, by: by.role, ground: why.ground }),
  };
};
