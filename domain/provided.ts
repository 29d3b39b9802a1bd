import type { Collection } from './data-map.ts';

/** A collection with only the fields whose values the person provided (Art. 20(1)); undefined where the data map names none. */
export const provided = (collection: Collection): Collection | undefined => {
  const names = collection.provided ?? [];
  if (names.length === 0) return undefined;
  const fields = Object.entries(collection.fields).filter(([name]) => names.includes(name));
  return { ...collection, fields: Object.fromEntries(fields) };
};
