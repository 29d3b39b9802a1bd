import type { Collection } from './data-map.ts';

/** A collection with only the fields whose values the person provided (Art. 20(1)); undefined where the data map names none. */
export const provided = (collection: Collection): Collection | undefined => {
  const fields = Object.entries(collection.fields).filter(
    ([, field]) => field.provided ?? collection.provided ?? false,
  );
  return fields.length > 0 ? { ...collection, fields: Object.fromEntries(fields) } : undefined;
};
