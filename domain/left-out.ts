import type { Right, SourceRecord } from './request.ts';

/**
 * Something that is not in the answer although the person asked for it. Fields, rows and documents that are held back get a kind of
 * their own here when the DPO can hold them back.
 */
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
): LeftOut[] => [
  ...systems
    .filter(({ state }) => missing.includes(state))
    .map(({ name, state, reason }): LeftOut => ({ kind: 'system', system: name, state, reason })),
  ...systems
    .filter(({ possibleMatches }) => possibleMatches > 0)
    .map(({ name, possibleMatches }): LeftOut => ({ kind: 'near-matches', system: name, count: possibleMatches })),
  ...refused.map((right): LeftOut => ({ kind: 'right', ...right })),
];
