import { canonical, sha256 } from './canonical.ts';
import type { HeldBack } from './left-out.ts';
import type { Right, SourceRecord } from './request.ts';

/** One file of the answer: its place in the ZIP, and size in bytes, SHA-256 and CRC-32 of its content. */
export interface ManifestFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly crc32: number;
  /** Size and SHA-256 as it lies ready, deflated; a file without lies as it is. */
  readonly packed?: { readonly bytes: number; readonly sha256: string };
  /** Goes out only when this right is approved; a file without belongs to access. */
  readonly right?: 'portability';
}

/** What the DPO decides on and the person gets: every system asked, how it ended, and every file of the answer. */
export interface Manifest {
  readonly version: 1;
  readonly reference: string;
  readonly round: number;
  /** Hash of the manifest of the answer that was sent before, where this one only adds what was missing in it. */
  readonly addedTo?: string;
  /** Hash of the manifest that was approved, where this one is of a part of it: a right was refused. */
  readonly approved?: string;
  readonly language: string;
  /** SHA-256 of the data map that the request began with. */
  readonly dataMap: string;
  readonly systems: readonly ManifestSystem[];
  /** What the DPO held back, and why; absent where it is nothing. */
  readonly heldBack?: readonly HeldBack[];
  /** SHA-256 of the list of every place that was cut, row by row, which stays with the evidence. */
  readonly cuts?: readonly { readonly system: string; readonly collection: string; readonly sha256: string }[];
  readonly files: readonly ManifestFile[];
}

export interface ManifestSystem {
  readonly system: string;
  readonly state: SourceRecord['state'];
  readonly rows: number;
  readonly documents: number;
  readonly reason?: string;
}

/** The exact bytes of `manifest.json`; their SHA-256 is what a decision is bound to (security.md 3.5). */
export const manifestText = (manifest: Manifest): string => `${canonical(manifest)}\n`;

/**
 * The text of the manifest as it goes out: the approved one, to the byte; where a right was refused one that names no file of it. What systems
 * hold is the answer to access, and goes out with that alone.
 */
export const textToSend = (approved: string, granted: readonly Right[]): string => {
  const manifest = JSON.parse(approved) as Manifest;
  const files = manifest.files.filter(({ right }) => granted.includes(right ?? 'access'));
  if (files.length === manifest.files.length) return approved;
  const { heldBack: _, cuts: __, ...rest } = manifest;
  const told = granted.includes('access') ? manifest : { ...rest, systems: [] };
  return manifestText({ ...told, approved: sha256(approved), files });
};
