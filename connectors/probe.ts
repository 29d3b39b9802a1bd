import type { Connector, Lookup } from '../domain/connector.ts';
import type { Canary, Collection, System } from '../domain/data-map.ts';
import { SourceMalformed, SourceUnavailable } from '../domain/errors.ts';

// A value that any type of column can be compared with, and that nobody is known by.
const nobody = '0';

const fieldToAsk = ({ identity, references, primaryKey }: Collection): string =>
  Object.values(identity).flat()[0] ?? references.find(({ from }) => from)?.field ?? String(primaryKey[0]);

const lookupOf = (system: System, canary: Canary | undefined): Lookup | undefined => {
  const name = canary?.collection ?? Object.keys(system.collections)[0] ?? '';
  const collection = system.collections[name];
  if (!collection) return undefined;
  return { name, collection, field: canary?.field ?? fieldToAsk(collection), values: [canary?.value ?? nobody] };
};

/**
 * The `check` of every connector: looks for the canary, or for nobody where the map names none, and reads one page at most.
 * Throws SourceUnavailable when the canary is missing, SourceMalformed when its collection is.
 */
export const probe = async (system: System, find: Connector['find']): Promise<void> => {
  const { canary } = system;
  const lookup = lookupOf(system, canary);
  if (!lookup) throw new SourceMalformed('the canary, or the system, has no collection to ask');
  for await (const { found, cursor } of find(lookup)) {
    if (!canary || found.some(({ row }) => String(row[lookup.field]) === canary.value)) return;
    if (cursor === undefined) break;
  }
  if (canary) throw new SourceUnavailable(`${lookup.name}: the source does not know its canary`);
};
