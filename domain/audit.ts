import { canonical, sha256 } from './canonical.ts';

/** Who did it, without naming a person. */
export type Actor = 'subject' | 'dpo' | 'workflow' | 'watchdog' | 'housekeeping' | `owner:${string}`;

/** What an entry tells: identifiers, counts, hashes and codes. Never a name, an address or a text someone typed. */
export interface AuditFact {
  readonly what: string;
  readonly by: Actor;
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** Entry n of one request: it carries the hash of entry n - 1, so that no entry can be changed, moved or taken out unseen. */
export interface AuditEntry extends AuditFact {
  readonly requestId: string;
  readonly n: number;
  /** ISO instant. */
  readonly at: string;
  readonly previous: string;
}

/** The head of a chain: how many entries, the hash of the last, and when it was written (ISO instant). */
export interface AuditHead {
  readonly n: number;
  readonly hash: string;
  readonly at: string;
}

/** Where every chain starts. */
export const emptyChain: AuditHead = { n: 0, hash: '', at: '' };

/** SHA-256 over the entry's canonical JSON. */
export const entryHash = (entry: AuditEntry): string => sha256(canonical(entry));

/** The next entry of a chain and its new head. */
export const append = (requestId: string, head: AuditHead, fact: AuditFact, at: string) => {
  const entry: AuditEntry = { requestId, n: head.n + 1, at, previous: head.hash, ...fact };
  return { entry, head: { n: entry.n, hash: entryHash(entry), at } satisfies AuditHead };
};
