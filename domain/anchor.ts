import type { AuditHead } from './audit.ts';
import { canonical, sha256 } from './canonical.ts';

/** Where a request's chain stood. */
export interface NamedHead extends Pick<AuditHead, 'n' | 'hash'> {
  readonly requestId: string;
}

/** What is signed: the Merkle root over the heads of the chains that grew since the anchor before, which it names, so that none can be taken out. */
export interface Anchor {
  readonly version: 1;
  /** ISO instant. */
  readonly at: string;
  /** Instant of the anchor before; empty in the first. */
  readonly after: string;
  readonly count: number;
  readonly root: string;
}

/** An anchor as it lies in the Audit bucket; `signature`: ECDSA P-256 over the SHA-256 of the anchor's canonical JSON, DER in base64. */
export interface SignedAnchor {
  readonly anchor: Anchor;
  readonly heads: readonly NamedHead[];
  readonly signature: string;
}

/** Leaf and node begin with different signs, so that no node can pass for a leaf (RFC 6962). */
const leaf = ({ requestId, n, hash }: NamedHead): string => sha256(`0${canonical({ requestId, n, hash })}`);
const node = (left: string, right: string): string => sha256(`1${left}${right}`);

const level = (hashes: readonly string[]): string[] =>
  hashes.flatMap((left, at) => {
    if (at % 2 === 1) return [];
    const right = hashes[at + 1];
    return [right === undefined ? left : node(left, right)];
  });

/** The Merkle root over heads in the order of their requests' ids; of none it is the hash of nothing. */
export const merkleRoot = (heads: readonly NamedHead[]): string => {
  let hashes = heads.toSorted((a, b) => (a.requestId < b.requestId ? -1 : 1)).map(leaf);
  while (hashes.length > 1) hashes = level(hashes);
  return hashes[0] ?? sha256('');
};

export const anchorOf = (heads: readonly NamedHead[], at: Date, after: string): Anchor => ({
  version: 1,
  at: at.toISOString(),
  after,
  count: heads.length,
  root: merkleRoot(heads),
});

/** The bytes that are signed. */
export const signedText = (anchor: Anchor): string => canonical(anchor);
