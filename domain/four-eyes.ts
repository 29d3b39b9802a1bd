import { actor, type Change, mustBe, refuse } from './change.ts';
import type { Decider } from './deciders.ts';
import { type Choice, decide } from './decision.ts';
import type { Case, Proposal, Request, Right } from './request.ts';

type Choices = Readonly<Partial<Record<Right, Choice>>>;

/** Why what one person decided counts no more: what is sent has changed since, or they gave the case away for a conflict of interest. */
const whyLapsed = ({ manifest, conflicts = [] }: Request, { by, at, ...shown }: Proposal): Lapse | undefined => {
  if (conflicts.some((each) => each.key === by && each.at >= at)) return 'conflict';
  return manifest?.stale || manifest?.hash !== shown.manifest ? 'changed' : undefined;
};
export type Lapse = 'changed' | 'conflict';

const proposalIn = ({ request }: Case) => {
  const { status, proposal } = request;
  return status === 'REVIEW' && proposal ? { proposal, why: whyLapsed(request, proposal) } : undefined;
};

/** What one person decided and another has to agree to, while it is about what is shown now. */
export const openProposal = (held: Case): Proposal | undefined => {
  const found = proposalIn(held);
  return found?.why ? undefined : found?.proposal;
};

/** What one person decided that fell away before another agreed, and why. */
export const lapsedProposal = (held: Case): { proposal: Proposal; why: Lapse } | undefined => {
  const { proposal, why } = proposalIn(held) ?? {};
  return proposal && why && { proposal, why };
};

const concluded = ({ request, audit, ...change }: Change, by: string, second?: string): Change => {
  const { proposal: _, ...rest } = request;
  const facts = { ...audit.facts, by, ...(second ? { second } : {}) };
  return { ...change, request: rest, audit: { ...audit, facts } };
};

const proposed = (held: Case, proposal: Proposal, others: readonly Decider[]): Change => {
  const { round } = held.request;
  const asked = others.map(({ key }) => key);
  return {
    request: { ...held.request, proposal: { ...proposal, asked } },
    mails: others.map(({ key }) => ({ template: 'second', to: `dpo:${key}` as const, cause: `second-${proposal.at}` })),
    audit: actor('dpo', 'PROPOSED', { round, by: proposal.role, manifest: proposal.manifest }),
  };
};

/**
 * Decides as a person of the configuration. With four eyes a release waits for another of `others`; a refusal of everything releases
 * nothing and is taken at once (T30). Refuses what `decide` refuses.
 */
export const decideAs = (
  held: Case,
  { choices, ...shown }: { choices: Choices; manifest: string; incomplete?: string },
  who: { readonly by: Decider; readonly others: readonly Decider[]; readonly fourEyes: boolean },
  now: Date,
): Change => {
  const { by, others, fourEyes } = who;
  const change = decide(held, choices, { ...shown, by: by.role }, now);
  const releases = Object.values(choices).some((choice) => choice?.outcome === 'approve');
  if (!fourEyes || !releases) return concluded(change, by.role);
  const { key, role } = by;
  return proposed(held, { ...shown, choices: { ...choices }, by: key, role, at: now.toISOString() }, others);
};

/** Agrees to what another person decided: only that other person's decision, on what both were shown. `shown`: when the one shown was made. */
export const agree = (held: Case, by: Decider, shown: string, now: Date): Change => {
  mustBe(held.request, 'REVIEW');
  const first = openProposal(held);
  if (!first) return refuse(held.request, 'decided by a first person');
  if (first.by === by.key) refuse(held.request, 'agreed to by another person');
  if (first.at !== shown) refuse(held.request, 'still decided as it was shown');
  const { manifest, incomplete, role } = first;
  const what = { manifest, by: role, second: by.role, ...(incomplete ? { incomplete } : {}) };
  return concluded(decide(held, first.choices, what, now), role, by.role);
};
