import type { NamedHead } from './anchor.ts';
import { type AuditEntry, type AuditHead, emptyChain, entryHash } from './audit.ts';

/** Where a chain stood, by count and hash. */
type Stand = Pick<AuditHead, 'n' | 'hash'>;

/** What is wrong, and where: entry `n` of a request, or an anchor by its file. */
export interface AuditFinding {
  readonly rule:
    | 'entry-missing'
    | 'entry-moved'
    | 'entry-changed'
    | 'chain-cut'
    | 'chain-forked'
    | 'chain-missing'
    | 'anchor-forged'
    | 'anchor-missing';
  readonly requestId?: string;
  readonly n?: number;
  readonly anchor?: string;
}

/** An entry and the number that it is stored under. */
export interface StoredEntry {
  readonly place: number;
  readonly entry: AuditEntry;
}

/** A chain as the table shows it; `head`: what the request says of it, absent when the request is gone. */
export interface StoredChain {
  readonly requestId: string;
  readonly head?: Stand;
  readonly entries: readonly StoredEntry[];
}

/** A head that was anchored, and in which anchor. */
export interface AnchoredHead extends NamedHead {
  readonly anchor: string;
}

/** The first place where the entries do not follow from each other. */
const brokenAt = ({ requestId, entries }: StoredChain): AuditFinding | undefined => {
  let before: Stand = emptyChain;
  for (const { place, entry } of entries) {
    const n = before.n + 1;
    if (place !== n) return { rule: 'entry-missing', requestId, n };
    if (entry.n !== n || entry.requestId !== requestId) return { rule: 'entry-moved', requestId, n };
    // Its predecessor is not what it was when this entry was written; the first has none.
    if (entry.previous !== before.hash) return { rule: 'entry-changed', requestId, n: Math.max(1, n - 1) };
    before = { n, hash: entryHash(entry) };
  }
  return undefined;
};

const against = (chain: StoredChain, { n, hash }: Stand): AuditFinding | undefined => {
  const { requestId, entries } = chain;
  const stored = entries[n - 1];
  if (!stored) return { rule: 'chain-cut', requestId, n: entries.length + 1 };
  return entryHash(stored.entry) === hash ? undefined : { rule: 'chain-forked', requestId, n };
};

/** The request names the last entry: not one before it, and none that is not there. */
const headFinding = (chain: StoredChain): AuditFinding | undefined => {
  const { requestId, head, entries } = chain;
  if (!head) return { rule: 'chain-missing', requestId };
  if (head.n < entries.length) return { rule: 'chain-forked', requestId, n: head.n + 1 };
  const found = against(chain, head);
  return found?.rule === 'chain-forked' ? { ...found, rule: 'entry-changed' } : found;
};

/**
 * Finds what was edited, removed, reordered, cut off or forked in one chain, given what was anchored of it. A chain that was rewritten
 * whole, with its head, shows only against an anchor: what is younger than the last anchor is guarded by the chain alone.
 */
export const checkChain = (chain: StoredChain, anchored: readonly AnchoredHead[]): AuditFinding[] => {
  const own = brokenAt(chain) ?? headFinding(chain);
  if (own) return [own];
  const oldest = anchored.toSorted((a, b) => a.n - b.n);
  for (const { anchor, ...head } of oldest) {
    const found = against(chain, head);
    if (found) return [{ ...found, anchor }];
  }
  return [];
};
