import type { Collection, System } from './data-map.ts';

/** A value as a source holds it. Dates are ISO 8601 texts, bytes are base64 texts; a bigint keeps 64-bit numbers exact. */
export type Value = string | number | bigint | boolean | null | readonly Value[] | { readonly [name: string]: Value };
export type Row = Readonly<Record<string, Value>>;

/** A file that belongs to a row. `open` streams its bytes; it may be called more than once. */
export interface FoundDocument {
  /** The name the source gives it: data, never used as a path. */
  readonly name: string;
  readonly contentType: string;
  /** Bytes, where the source says. */
  readonly size?: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface Found {
  readonly row: Row;
  readonly documents?: readonly FoundDocument[];
}

/** A page of rows, and where to go on after it when the step is resumed (absent on the last page). */
export interface Page {
  readonly found: readonly Found[];
  readonly cursor?: string;
}

/** What to look for: rows of `collection` whose `field` holds one of `values` (parameters only, never text of a query). */
export interface Lookup {
  readonly name: string;
  readonly collection: Collection;
  readonly field: string;
  readonly values: readonly string[];
}

/**
 * A place that holds personal data. Could not look is never nothing found: a connector throws SourceUnavailable (asking again may
 * help) or SourceMalformed, and answers no row only when the source said so. It streams page by page, and it may over-match
 * (collations, LIKE, prefix search): the caller compares every row's field byte for byte.
 */
export interface Connector {
  find(lookup: Lookup, from?: { readonly cursor?: string; readonly signal?: AbortSignal }): AsyncIterable<Page>;
  /** Asks the source for as little as possible, to tell an outage from an empty answer. Throws SourceUnavailable. */
  check(): Promise<void>;
  /** Ends connections. */
  close?(): Promise<void>;
}

/** What a connector is made from: its system's description, and its secret's fields (from Secrets Manager, by name). */
export interface ConnectorContext {
  readonly system: System;
  readonly secret: Readonly<Record<string, string>>;
  /** True only off AWS: allows loopback addresses and plain http (decisions.md 17). */
  readonly allowLoopback: boolean;
}

export type ConnectorFactory = (context: ConnectorContext) => Connector;
