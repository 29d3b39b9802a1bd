import * as z from 'zod/mini';
import type { Right, SourceRecord } from './request.ts';

/** How much of a collection the DPO held back for one reason: whole rows, values, places in texts, or documents. */
export const HeldBack = z.object({
  system: z.string(),
  collection: z.string(),
  field: z.optional(z.string()),
  what: z.enum(['rows', 'values', 'places', 'documents']),
  count: z.int(),
  ground: z.string(),
});
export type HeldBack = z.infer<typeof HeldBack>;

/** The same without the fields: how much of each collection, and why. */
export const byCollection = (all: readonly HeldBack[]): HeldBack[] => {
  const sums = new Map<string, HeldBack>();
  for (const { field: _, ...held } of all) {
    const key = [held.system, held.collection, held.what, held.ground].join(' ');
    sums.set(key, { ...held, count: held.count + (sums.get(key)?.count ?? 0) });
  }
  return [...sums.values()];
};

/** Something that is not in the answer although the person asked for it. */
export type LeftOut =
  /** Data of a system that may exist and is missing, or was not looked for. */
  | {
      readonly kind: 'system';
      readonly system: string;
      readonly state: SourceRecord['state'];
      readonly reason?: string;
    }
  /** Rows that resemble what was looked for and are not exactly it: they may be about somebody else. */
  | { readonly kind: 'near-matches'; readonly system: string; readonly count: number }
  /** What the DPO held back. */
  | ({ readonly kind: 'held' } & HeldBack)
  /** A right that was refused before the data were gathered. */
  | { readonly kind: 'right'; readonly right: Right; readonly reason?: string };

const missing: readonly SourceRecord['state'][] = ['FAILED', 'PARTIAL', 'MANUAL', 'EXCLUDED'];

interface Asked {
  readonly name: string;
  readonly state: SourceRecord['state'];
  readonly reason?: string;
  readonly possibleMatches: number;
}

/** What is left out of an answer, by system in the order given. */
export const leftOut = (
  systems: readonly Asked[],
  refused: readonly { right: Right; reason?: string }[],
  heldBack: readonly HeldBack[] = [],
): LeftOut[] => [
  ...heldBack.map((each): LeftOut => ({ kind: 'held', ...each })),
  ...systems
    .filter(({ state }) => missing.includes(state))
    .map(({ name, state, reason }): LeftOut => ({ kind: 'system', system: name, state, reason })),
  ...systems
    .filter(({ possibleMatches }) => possibleMatches > 0)
    .map(({ name, possibleMatches }): LeftOut => ({ kind: 'near-matches', system: name, count: possibleMatches })),
  ...refused.map((right): LeftOut => ({ kind: 'right', ...right })),
];
