import * as z from 'zod';
import type { Canary, Collection } from './data-map.ts';

export interface OutlinedReference {
  readonly field: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What a collection says of how it is found. */
export interface OutlinedCollection {
  readonly primaryKey: readonly string[];
  readonly identity: Collection['identity'];
  readonly references: readonly OutlinedReference[];
  readonly after?: readonly string[] | undefined;
  readonly lastSeen?: string | undefined;
  /** Absent where it can't be read. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Of a data map what says how collections are found. It can be read of maps too in which other things are wrong. */
export interface MapOutline {
  readonly systems: Readonly<
    Record<
      string,
      {
        readonly connector: { readonly type: string };
        readonly canary?: Pick<Canary, 'collection' | 'field'> | undefined;
        readonly collections: Readonly<Record<string, OutlinedCollection>>;
      }
    >
  >;
}

const unreadable = { primaryKey: [], identity: {}, references: [] };
const text = z.string().optional().catch(undefined);
const Reference = z.object({ field: z.string(), from: text, to: text }).nullable().catch(null);
const references = z.array(Reference).transform((all) => all.filter((each) => each !== null));

const Outlined = z
  .object({
    primaryKey: z.array(z.string()).catch([]),
    identity: z.record(z.string(), z.union([z.string(), z.array(z.string())])).catch({}),
    references: references.catch([]),
    after: z.array(z.string()).optional().catch(undefined),
    lastSeen: text,
    fields: z.record(z.string(), z.unknown()).optional().catch(undefined),
  })
  .catch(unreadable);

const System = z
  .object({
    connector: z.object({ type: z.string().catch('') }).catch({ type: '' }),
    canary: z.object({ collection: z.string(), field: z.string() }).optional().catch(undefined),
    collections: z.record(z.string(), Outlined).catch({}),
  })
  .catch({ connector: { type: '' }, collections: {} });

const Outline = z.object({ systems: z.record(z.string(), System).catch({}) }).catch({ systems: {} });

/** Reads the outline of whatever a file holds. */
export const outlineOf = (value: unknown): MapOutline => Outline.parse(value);
