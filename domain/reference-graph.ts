import type { MapOutline, OutlinedReference } from './map-outline.ts';

/** A field of a collection: `collection` is `system.collection`. */
export interface Place {
  readonly collection: string;
  readonly field: string;
}

/** Values of `from` are looked for in `to`; with `either`, or the other way round, whichever is reached first. */
export interface Flow {
  readonly from: Place;
  readonly to: Place;
  readonly either?: boolean;
}

/** `second` is asked after `first`, although it takes no values from there. */
export interface Order {
  readonly first: string;
  readonly second: string;
}

/** A data map as the planner sees it, whatever format it was written in. */
export interface ReferenceGraph {
  /** In order of name. */
  readonly collections: readonly string[];
  /** Fields that hold an identity of a kind, such as email. */
  readonly entries: readonly { readonly kind: string; readonly at: Place }[];
  readonly flows: readonly Flow[];
  readonly orders: readonly Order[];
}

/** `system.collection.field` in its parts; a field may hold dots itself. */
export const placeOf = (path: string): Place => {
  const [system = '', collection = '', ...field] = path.split('.');
  return { collection: `${system}.${collection}`, field: field.join('.') };
};

/** What is wrong with a collection that refers to itself: it would be asked for what it answered itself. */
export const selfReference = (id: string): string =>
  `${id} refers to itself: describe it a second time under another name (with at:), and refer to that`;

export const pathOf = ({ collection, field }: Place): string => `${collection}.${field}`;

const flowsOf = (here: Place, { from, to }: OutlinedReference): Flow[] => {
  if (from !== undefined && from === to) return [{ from: placeOf(from), to: here, either: true }];
  return [
    ...(from === undefined ? [] : [{ from: placeOf(from), to: here }]),
    ...(to === undefined ? [] : [{ from: here, to: placeOf(to) }]),
  ];
};

/** The graph of a data map. What a person looks up by hand gives no values to others. */
export const graphOf = (map: MapOutline): ReferenceGraph => {
  const all = Object.entries(map.systems).flatMap(([system, { connector, collections }]) =>
    Object.entries(collections).map(([name, held]) => ({ id: `${system}.${name}`, type: connector.type, held })),
  );
  const manual = new Set(all.filter(({ type }) => type === 'manual').map(({ id }) => id));
  const gives = ({ from, to, either }: Flow): Flow[] => {
    if (!manual.has(from.collection)) return [manual.has(to.collection) ? { from, to } : { from, to, either }];
    return either && !manual.has(to.collection) ? [{ from: to, to: from }] : [];
  };
  return {
    collections: all.map(({ id }) => id).sort(),
    entries: all.flatMap(({ id, held }) =>
      Object.entries(held.identity).flatMap(([kind, fields]) =>
        [fields].flat().map((field) => ({ kind, at: { collection: id, field } })),
      ),
    ),
    flows: all.flatMap(({ id, held }) =>
      held.references.flatMap((each) => flowsOf({ collection: id, field: each.field }, each).flatMap(gives)),
    ),
    orders: all.flatMap(({ id, held }) => (held.after ?? []).map((first) => ({ first, second: id }))),
  };
};

/** One graph of several. */
export const mergedGraph = (graphs: readonly ReferenceGraph[]): ReferenceGraph => ({
  collections: graphs.flatMap(({ collections }) => collections).sort(),
  entries: graphs.flatMap(({ entries }) => entries),
  flows: graphs.flatMap(({ flows }) => flows),
  orders: graphs.flatMap(({ orders }) => orders),
});
